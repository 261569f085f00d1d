//! Availability sets.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal};
use super::super::world::World;
use super::Circumstances;
use super::draft::Draft;
use super::form::{Form, Shape, optional, read_only};
use super::kind::Kind;
use super::place::Place;
use super::put;
use super::read;
use super::store::Object;

pub(crate) static FORM: Form = Form {
    name: "AvailabilitySetProperties",
    fields: &[
        optional("platformFaultDomainCount", Shape::Integer),
        optional("platformUpdateDomainCount", Shape::Integer),
        optional("proximityPlacementGroup", Shape::NotModelled),
        read_only("virtualMachines"),
        read_only("statuses"),
        read_only("scheduledEventsPolicy"),
    ],
};

/// How many fault domains a region has.
pub(crate) fn fault_domains(location: &str) -> u32 {
    if super::region::has_zones(location) { 3 } else { 2 }
}

/// Carries a PUT out; it takes no time.
pub(crate) fn put(
    world: &mut World,
    mut draft: Draft,
    existing: Option<&Object>,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    let most = i64::from(fault_domains(&draft.content.location));
    let properties = &mut draft.content.properties;
    properties.entry("platformFaultDomainCount").or_insert(json!(most));
    properties.entry("platformUpdateDomainCount").or_insert(json!(5));
    for (name, range) in [("platformFaultDomainCount", 1..=most), ("platformUpdateDomainCount", 1..=20)] {
        let value = properties[name].as_i64().unwrap_or_default();
        if !range.contains(&value) {
            let message = format!(
                "The specified {} count {value} must fall in the range {} to {}.",
                if name.contains("Fault") { "fault domain" } else { "update domain" },
                range.start(),
                range.end()
            );
            return Err(Refusal::bad("InvalidParameter", message).target(name));
        }
    }
    if let Some(existing) = existing {
        for name in ["platformFaultDomainCount", "platformUpdateDomainCount"] {
            if existing.content.properties.get(name) != properties.get(name) {
                return Err(super::virtual_machine::change::refused(name));
            }
        }
    }
    let place = draft.place.clone();
    put::write(world, draft, circumstances.author);
    if let Some(object) = world.azure.get_mut(&place) {
        object.before = None;
        object.touch();
    }
    Ok(Answer::json(200, read::shown(world, read::existing(world, &place)?)))
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let machines: Vec<Value> = world
        .azure
        .users(&object.place)
        .into_iter()
        .filter(|user| user.place.kind == Kind::VirtualMachine)
        .map(|user| json!({ "id": user.id }))
        .collect();
    properties.insert("virtualMachines".into(), json!(machines));
    properties
}

/// Carries a DELETE out; it takes no time.
pub(crate) fn delete(world: &mut World, place: &Place) -> Result<Answer, Refusal> {
    super::resource_group::open(world, &place.in_group())?;
    if world.azure.get(place).is_none() {
        return Ok(Answer::empty(204));
    }
    if !world.azure.users(place).is_empty() {
        let message = format!(
            "Availability Set '{}' cannot be deleted. Before deleting an Availability Set please ensure that it does not \
             contain any VM.",
            place.name()
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    world.azure.remove(place);
    Ok(Answer::empty(200))
}
