//! Resource groups.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::super::settings::SUBSCRIPTION;
use super::super::world::World;
use super::Circumstances;
use super::draft;
use super::group_resources::Filter;
use super::kind::Kind;
use super::list;
use super::operation::{self, Work};
use super::place::Place;
use super::poll;
use super::region;
use super::router::not_allowed;
use super::store::{Author, Content, Object, State, Unseen};
use super::tags;

/// A request to one group.
pub(crate) fn handle(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    match request.method.as_str() {
        "PUT" => put(world, request, place, circumstances),
        "GET" => get(world, place),
        "HEAD" => Ok(Answer::empty(if get(world, place).is_ok() { 204 } else { 404 })),
        "PATCH" => patch(world, request, place),
        "DELETE" => delete(world, request, place, circumstances),
        other => Err(not_allowed(other)),
    }
}

/// The group, or Azure's 404.
pub(crate) fn existing<'a>(world: &'a World, place: &Place) -> Result<&'a Object, Refusal> {
    world.azure.get(place).ok_or_else(|| absent(place))
}

/// The group, which must not be going away.
pub(crate) fn open(world: &World, place: &Place) -> Result<(), Refusal> {
    let group = existing(world, place)?;
    if group.state != State::Deleting {
        return Ok(());
    }
    let message = format!(
        "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
        group.place.group
    );
    Err(Refusal::new(409, "ResourceGroupBeingDeleted", message))
}

fn absent(place: &Place) -> Refusal {
    Refusal::new(
        404,
        "ResourceGroupNotFound",
        format!("Resource group '{}' could not be found.", place.group),
    )
}

/// A group as Azure shows it.
pub(crate) fn shown(object: &Object) -> Value {
    let mut body = Map::new();
    body.insert("id".into(), json!(object.id()));
    body.insert("name".into(), json!(object.place.group));
    body.insert("type".into(), json!(Kind::Group.type_name()));
    body.insert("location".into(), json!(object.content.location));
    if let Some(tags) = &object.content.tags {
        body.insert("tags".into(), json!(tags));
    }
    if let Some(manager) = object.content.properties.get("managedBy") {
        body.insert("managedBy".into(), manager.clone());
    }
    body.insert("properties".into(), json!({ "provisioningState": object.state.word() }));
    Value::Object(body)
}

/// `GET /subscriptions/{id}/resourcegroups`.
pub(crate) fn list(world: &mut World, request: &Request) -> Result<Answer, Refusal> {
    let filter = Filter::of(request)?;
    let places: Vec<Place> = world
        .azure
        .of_kind(Kind::Group)
        .filter(|object| filter.takes(object))
        .map(|object| object.place.clone())
        .collect();
    let seen = list::visible(world, request, places);
    let items: Vec<Value> = seen.iter().filter_map(|place| world.azure.get(place)).map(shown).collect();
    Ok(list::page(world, request, &items))
}

fn get(world: &mut World, place: &Place) -> Result<Answer, Refusal> {
    let group = world.azure.get_mut(place).ok_or_else(|| absent(place))?;
    if group.unseen.reads > 0 {
        group.unseen.reads -= 1;
        return Err(absent(place));
    }
    Ok(Answer::json(200, shown(group)))
}

fn put(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    let fields = draft::body(request)?;
    draft::check_top(
        request,
        &fields,
        &["id", "name", "type", "location", "tags", "properties", "managedBy"],
    )?;
    if !Kind::Group.accepts_name(&place.group) {
        let message = format!(
            "The provided resource group name '{}' has these invalid characters or ends with a period. The name can only \
             be a letter, digit, '-', '.', '(', ')' or '_', and is at most 90 characters long.",
            place.group
        );
        return Err(Refusal::bad("InvalidResourceGroupName", message));
    }
    let Some(given) = fields.get("location").and_then(Value::as_str) else {
        return Err(Refusal::bad(
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    let Some(location) = region::canonical(given) else {
        let message = format!(
            "The provided location '{given}' is not available for resource group. List of available regions is '{}'.",
            region::listed()
        );
        return Err(Refusal::bad("LocationNotAvailableForResourceGroup", message));
    };
    let mut content = Content {
        location: location.to_owned(),
        tags: tags::check(fields.get("tags"))?,
        ..Content::default()
    };
    if let Some(manager) = fields.get("managedBy").filter(|manager| manager.is_string()) {
        content.properties.insert("managedBy".into(), manager.clone());
    }
    if world.azure.get(place).is_none() {
        let place = Place::group(SUBSCRIPTION, &place.group);
        let quirks = &world.quirks;
        let unseen = Unseen { reads: quirks.get_404_reads, lists: quirks.list_lag_reads, writes: 0, late: 0 };
        let group = world.azure.insert(&place, content, circumstances.author, &world.clock);
        if circumstances.author == Author::Client {
            group.unseen = unseen;
        }
        return Ok(Answer::json(201, shown(group)));
    }
    open(world, place)?;
    let group = world.azure.get_mut(place).ok_or_else(|| absent(place))?;
    if group.content.location != location {
        let message = format!(
            "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
            group.content.location
        );
        return Err(Refusal::new(409, "InvalidResourceGroupLocation", message));
    }
    group.content = content;
    group.touch();
    Ok(Answer::json(200, shown(group)))
}

fn patch(world: &mut World, request: &Request, place: &Place) -> Result<Answer, Refusal> {
    open(world, place)?;
    let fields = draft::body(request)?;
    draft::check_top(request, &fields, &["name", "tags", "properties", "managedBy"])?;
    let given = tags::check(fields.get("tags"))?;
    let group = world.azure.get_mut(place).ok_or_else(|| absent(place))?;
    if given.is_some() {
        group.content.tags = given;
    }
    group.touch();
    Ok(Answer::json(200, shown(group)))
}

fn delete(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    open(world, place)?;
    let place = existing(world, place)?.place.clone();
    let id = operation::begin(world, Work::Delete, &place, &[], circumstances);
    Ok(poll::begun(world, request, &id, Answer::empty(202)))
}
