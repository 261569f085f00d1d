//! Lists of whatever is in a resource group or in the subscription, with filters.

use serde_json::{Map, Value, json};

use super::super::clock::stamp;
use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::kind::Kind;
use super::list;
use super::place::Place;
use super::store::Object;

/// A `$filter`: comparisons that must all hold.
pub(crate) struct Filter(Vec<(String, String)>);

impl Filter {
    /// The filter of a request; without one everything passes.
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        let Some(text) = request.parameter("$filter").filter(|text| !text.trim().is_empty()) else {
            return Ok(Self(Vec::new()));
        };
        let wrong = || {
            let message = format!("Invalid $filter '{text}' specified in the query string.");
            Refusal::bad("InvalidFilterInQueryString", message)
        };
        let mut found = Vec::new();
        let mut rest = text.trim();
        loop {
            let (comparison, tail) = comparison(rest).ok_or_else(wrong)?;
            found.push(comparison);
            rest = tail.trim_start();
            if rest.is_empty() {
                break;
            }
            rest = strip_word(rest, "and").ok_or_else(wrong)?;
        }
        let is_tag = |name: &str| name == "tagname" || name == "tagvalue";
        let tags = found.iter().filter(|(name, _)| is_tag(name)).count();
        let names = found.iter().filter(|(name, _)| name == "tagname").count();
        // Azure does not combine tags with anything else, nor looks for a value without a name.
        if tags > 0 && (tags != found.len() || names != 1 || tags > 2) {
            return Err(wrong());
        }
        Ok(Self(found))
    }

    /// Whether an object passes.
    pub(crate) fn takes(&self, object: &Object) -> bool {
        let wanted =
            |name: &str| self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        self.0.iter().all(|(name, value)| match name.as_str() {
            "tagname" => object.content.tags.iter().flatten().any(|(tag, content)| {
                tag.eq_ignore_ascii_case(value)
                    && wanted("tagvalue").is_none_or(|text| content.as_str() == Some(text))
            }),
            "resourcetype" => object.place.kind.type_name().eq_ignore_ascii_case(value),
            "resourcegroup" => object.place.group.eq_ignore_ascii_case(value),
            "name" => object.name().eq_ignore_ascii_case(value),
            "location" => object.content.location.eq_ignore_ascii_case(value),
            // The value is looked at together with the name.
            _ => true,
        })
    }
}

/// `name eq 'value'`, where a quote in the value is doubled.
fn comparison(text: &str) -> Option<((String, String), &str)> {
    let end = text.find(char::is_whitespace)?;
    let name = text[..end].to_lowercase();
    if !["tagname", "tagvalue", "resourcetype", "resourcegroup", "name", "location"].contains(&name.as_str())
    {
        return None;
    }
    let mut rest = strip_word(text[end..].trim_start(), "eq")?.trim_start().strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(tail) => {
                value.push('\'');
                rest = tail;
            }
            None => return Some(((name, value), rest)),
        }
    }
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let tail = &text[word.len()..];
    (head.eq_ignore_ascii_case(word) && tail.starts_with(char::is_whitespace)).then(|| tail.trim_start())
}

/// `GET …/resources`.
pub(crate) fn list(world: &mut World, request: &Request, group: Option<&Place>) -> Result<Answer, Refusal> {
    let filter = Filter::of(request)?;
    let group = group.map(Place::key);
    let places: Vec<Place> = world
        .azure
        .all()
        .into_iter()
        .filter(|object| object.place.kind != Kind::Group && object.place.kind.parent().is_none())
        .filter(|object| group.as_ref().is_none_or(|key| object.place.in_group().key() == *key))
        .filter(|object| filter.takes(object))
        .map(|object| object.place.clone())
        .collect();
    let seen = list::visible(world, request, places);
    let expand = request.parameter("$expand").unwrap_or_default();
    let items: Vec<Value> =
        seen.iter().filter_map(|place| world.azure.get(place)).map(|object| brief(object, &expand)).collect();
    Ok(list::page(world, request, &items))
}

fn brief(object: &Object, expand: &str) -> Value {
    let mut body = Map::new();
    body.insert("id".into(), json!(object.id()));
    body.insert("name".into(), json!(object.name()));
    body.insert("type".into(), json!(object.place.kind.type_name()));
    body.insert("location".into(), json!(object.content.location));
    for (name, value) in [("sku", &object.content.sku), ("zones", &object.content.zones)] {
        if let Some(value) = value {
            body.insert(name.into(), value.clone());
        }
    }
    if let Some(tags) = &object.content.tags {
        body.insert("tags".into(), json!(tags));
    }
    for part in expand.split(',').map(str::trim) {
        match part {
            "createdTime" => body.insert("createdTime".into(), json!(stamp(object.created))),
            "provisioningState" => body.insert("provisioningState".into(), json!(object.state.word())),
            _ => None,
        };
    }
    Value::Object(body)
}
