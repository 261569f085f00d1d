//! What a PUT asks for, after its form has been checked.

use serde_json::{Map, Value};

use super::super::message::{Refusal, Request};
use super::check::Check;
use super::kind::Kind;
use super::place::Place;
use super::region;
use super::store::{Content, Object};
use super::tags;

/// An object that shall be, with those that live in it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// The children that shall be; absent: those that are there stay.
    pub(crate) children: Option<Vec<Draft>>,
}

impl Draft {
    /// A child written inside its parent's body.
    pub(crate) fn inline(parent: &Place, kind: Kind, item: &Value) -> Self {
        let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
        let properties = item.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        Self {
            place: parent.child(kind, name),
            content: Content { properties, ..Content::default() },
            children: None,
        }
    }
}

/// The body of a write as JSON.
pub(crate) fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        let message = format!(
            "The content media type '{kind}' is not supported. Only 'application/json' is supported."
        );
        return Err(Refusal::new(415, "UnsupportedMediaType", message));
    }
    let invalid = |reason: &str| {
        let message = format!("The request content was invalid and could not be deserialized: '{reason}'.");
        Refusal::bad("InvalidRequestContent", message)
    };
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(invalid("the body is not an object")),
        Err(error) => Err(invalid(&error.to_string())),
    }
}

/// Refuses members that Azure Resource Manager does not know at the top of a body.
pub(crate) fn check_top(
    request: &Request,
    fields: &Map<String, Value>,
    known: &[&str],
) -> Result<(), Refusal> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let raw = String::from_utf8_lossy(&request.body);
            let message = format!(
                "The request content was invalid and could not be deserialized: 'Could not find member '{name}' on object \
                 of type 'ResourceDefinition'. Path '{name}', line 1, position {}.'.",
                Check::of(&raw).position(name)
            );
            Err(Refusal::bad("InvalidRequestContent", message))
        }
    }
}

/// Reads and checks the body of a PUT.
pub(crate) fn read(request: &Request, place: &Place, existing: Option<&Object>) -> Result<Draft, Refusal> {
    let fields = body(request)?;
    let kind = place.kind;
    let child = kind.parent().is_some();
    let mut known = vec!["id", "name", "type", "etag", "properties"];
    if !child {
        known.extend(["location", "tags"]);
    }
    if kind.zonal() {
        known.push("zones");
    }
    if !kind.skus().is_empty() {
        known.push("sku");
    }
    known.extend(match kind {
        Kind::VirtualMachine => ["identity", "resources", "managedBy"].as_slice(),
        Kind::Disk => ["managedBy", "managedByExtended", "extendedLocation"].as_slice(),
        Kind::AvailabilitySet => ["systemData"].as_slice(),
        _ => [].as_slice(),
    });
    check_top(request, &fields, &known)?;
    let mut content = Content::default();
    if !child {
        content.location = location(fields.get("location"), place, existing)?;
        content.tags = tags::check(fields.get("tags"))?;
    }
    if !kind.accepts_name(place.name()) {
        return Err(Refusal::bad("InvalidResourceName", kind.name_rule(place.name())));
    }
    if let Some(name) = fields.get("name").and_then(Value::as_str)
        && !name.eq_ignore_ascii_case(place.name())
    {
        let message = format!(
            "The resource name '{name}' in the body does not match '{}' in the address.",
            place.name()
        );
        return Err(Refusal::bad("InvalidRequestFormat", message));
    }
    if !kind.skus().is_empty() {
        content.sku = sku(fields.get("sku"), kind)?;
    }
    if kind.zonal() {
        content.zones = zones(fields.get("zones"), place, &content.location)?;
    }
    if kind == Kind::VirtualMachine {
        content.identity = super::virtual_machine::identity::read(fields.get("identity"))?;
    }
    let empty = Value::Object(Map::new());
    let properties = fields.get("properties").filter(|value| !value.is_null()).unwrap_or(&empty);
    let raw = String::from_utf8_lossy(&request.body);
    content.properties = Check::for_kind(&raw, kind).properties(kind.form(), properties, "properties")?;
    // A network that is written with `"subnets": null` loses them, as with `[]`.
    if kind == Kind::VirtualNetwork && properties.get("subnets").is_some_and(Value::is_null) {
        content.properties.insert("subnets".to_owned(), Value::Array(Vec::new()));
    }
    Ok(Draft { place: place.clone(), content, children: None })
}

fn location(value: Option<&Value>, place: &Place, existing: Option<&Object>) -> Result<String, Refusal> {
    let Some(Value::String(given)) = value else {
        let message = "The location property is required for this definition.";
        return Err(Refusal::bad("LocationRequired", message));
    };
    let Some(location) = region::canonical(given) else {
        let message = format!(
            "The provided location '{given}' is not available for resource type '{}'. List of available regions for the \
             resource type is '{}'.",
            place.kind.type_name(),
            region::listed()
        );
        return Err(Refusal::bad("LocationNotAvailableForResourceType", message));
    };
    if let Some(existing) = existing.filter(|existing| existing.content.location != location) {
        let message = format!(
            "The resource '{}' already exists in location '{}' in resource group '{}'. A resource with the same name \
             cannot be created in location '{location}'. Please select a new resource name.",
            existing.name(),
            existing.content.location,
            existing.place.group
        );
        return Err(Refusal::new(409, "InvalidResourceLocation", message));
    }
    Ok(location.to_owned())
}

/// The SKU of a body.
pub(crate) fn sku(value: Option<&Value>, kind: Kind) -> Result<Option<Value>, Refusal> {
    let Some(given) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let word = |name: &str, words: &[&'static str], default: &'static str| match given.get(name) {
        None | Some(Value::Null) => Some(default),
        Some(Value::String(text)) => words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied(),
        Some(_) => None,
    };
    let known =
        given.as_object().is_some_and(|sku| sku.keys().all(|key| ["name", "tier"].contains(&key.as_str())));
    if kind.computes() {
        let name = word("name", kind.skus(), kind.skus().first().copied().unwrap_or_default());
        if let (true, Some(name)) = (known, name) {
            return Ok(Some(serde_json::json!({ "name": name })));
        }
        let message = format!("The value {given} of parameter sku is invalid.");
        return Err(Refusal::bad("InvalidParameter", message).target("sku.name"));
    }
    match (known, word("name", kind.skus(), "Basic"), word("tier", &["Regional", "Global"], "Regional")) {
        (true, Some(name), Some(tier)) => Ok(Some(serde_json::json!({ "name": name, "tier": tier }))),
        _ => Err(super::check::parse_error()
            .detail("InvalidJson", format!("Error converting value {given} to type 'Sku'. Path 'sku'."))),
    }
}

fn zones(value: Option<&Value>, place: &Place, location: &str) -> Result<Option<Value>, Refusal> {
    let Some(given) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let names: Option<Vec<&str>> =
        given.as_array().and_then(|zones| zones.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let Some(names) = names else {
        let message = format!(
            "The request content was invalid and could not be deserialized: 'Error converting value {given} to type \
             'System.String[]'. Path 'zones'.'."
        );
        return Err(Refusal::bad("InvalidRequestContent", message));
    };
    if names.is_empty() {
        return Ok(None);
    }
    let resource = format!("{}/{}", place.kind.type_name(), place.name());
    if !region::has_zones(location) {
        let message = format!(
            "The resource '{resource}' does not support availability zones at location '{location}'."
        );
        return Err(Refusal::bad("LocationNotSupportAvailabilityZones", message));
    }
    if names.iter().any(|zone| !["1", "2", "3"].contains(zone)) {
        let message = format!(
            "The zone(s) '{}' for resource '{resource}' is not supported. The supported zones for location '{location}' \
             are '1,2,3'",
            names.join(",")
        );
        return Err(Refusal::bad("InvalidAvailabilityZone", message));
    }
    Ok(Some(given.clone()))
}
