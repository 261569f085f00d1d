//! Tags: their rules, and their own PATCH.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::place::Place;
use super::{busy, draft, read, resource_group};

/// The tags of a body, or why Azure does not take them. Absent and null are no tags.
pub(crate) fn check(value: Option<&Value>) -> Result<Option<Map<String, Value>>, Refusal> {
    let tags = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(tags)) => tags,
        Some(other) => {
            let message = format!(
                "The request content was invalid and could not be deserialized: 'Error converting value {other} to \
                 type 'System.Collections.Generic.Dictionary`2[System.String,System.String]'. Path 'tags'.'."
            );
            return Err(Refusal::bad("InvalidRequestContent", message));
        }
    };
    if tags.len() > 50 {
        let message = format!("The tags count '{}' exceeds the maximum allowed count of '50'.", tags.len());
        return Err(Refusal::bad("InvalidTagsCount", message));
    }
    let mut seen = BTreeSet::new();
    for (name, value) in tags {
        let Value::String(text) = value else {
            let message = format!(
                "The request content was invalid and could not be deserialized: 'Error converting value {value} to \
                 type 'System.String'. Path 'tags.{name}'.'."
            );
            return Err(Refusal::bad("InvalidRequestContent", message));
        };
        if name.is_empty() || name.chars().count() > 512 {
            let message =
                format!("The tag name '{name}' is empty or exceeds the maximum length of '512' characters.");
            return Err(Refusal::bad("InvalidTagNameLength", message));
        }
        if text.chars().count() > 256 {
            let message =
                format!("The value of tag '{name}' exceeds the maximum length of '256' characters.");
            return Err(Refusal::bad("InvalidTagValueLength", message));
        }
        if name.chars().any(|c| "<>%&\\?/".contains(c) || c.is_control()) {
            let message = format!(
                "The tag names '{name}' have reserved characters '<,>,%,&,\\,?,/' or control characters."
            );
            return Err(Refusal::bad("InvalidTagNameCharacters", message));
        }
        let small = name.to_lowercase();
        if ["azure", "microsoft", "windows"].iter().any(|prefix| small.starts_with(prefix)) {
            let message = format!("The tag names '{name}' have reserved prefixes 'azure,microsoft,windows'.");
            return Err(Refusal::bad("InvalidTagNameReservedPrefix", message));
        }
        if !seen.insert(small) {
            let message = format!("The tag names contain the duplicate '{name}': they are case-insensitive.");
            return Err(Refusal::bad("DuplicateTagName", message));
        }
    }
    Ok(Some(tags.clone()))
}

/// PATCH of an object: its tags, all of them, at once.
pub(crate) fn update(world: &mut World, request: &Request, place: &Place) -> Result<Answer, Refusal> {
    resource_group::open(world, &place.in_group())?;
    read::existing(world, place)?;
    let fields = draft::body(request)?;
    draft::check_top(request, &fields, &["tags"])?;
    let given = check(fields.get("tags"))?;
    busy::check_family(world, request, place)?;
    if let Some(object) = world.azure.get_mut(place) {
        object.content.tags = given;
        object.touch();
    }
    Ok(Answer::json(200, read::shown(world, read::existing(world, place)?)))
}
