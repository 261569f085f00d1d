//! GET of one object, and how objects look.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal};
use super::super::world::World;
use super::kind::Kind;
use super::place::Place;
use super::store::{Object, State};
use super::{
    availability_set, disk, nat_gateway, network_interface, public_ip, resource_group, security_group,
    security_rule, subnet, virtual_machine, virtual_network,
};

/// The object at a place, whether or not a quirk hides it.
pub(crate) fn existing<'a>(world: &'a World, place: &Place) -> Result<&'a Object, Refusal> {
    world.azure.get(place).ok_or_else(|| absent(place))
}

/// Azure Resource Manager's 404, or for a child the network provider's own.
fn absent(place: &Place) -> Refusal {
    if place.kind.parent().is_some() {
        return Refusal::new(404, "NotFound", format!("Resource {} not found.", place.id()));
    }
    let message = format!(
        "The Resource '{}/{}' under resource group '{}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix",
        place.kind.type_name(),
        place.names.join("/"),
        place.group
    );
    Refusal::new(404, "ResourceNotFound", message)
}

/// GET of one object.
pub(crate) fn get(world: &mut World, place: &Place) -> Result<Answer, Refusal> {
    let object = world.azure.get_mut(place).ok_or_else(|| absent(place))?;
    if object.unseen.reads > 0 {
        object.unseen.reads -= 1;
        return Err(absent(place));
    }
    let body = shown(world, existing(world, place)?);
    if let Some(object) = world.azure.get_mut(place)
        && object.state == State::Succeeded
    {
        object.unseen.late = object.unseen.late.saturating_sub(1);
    }
    Ok(Answer::json(200, body))
}

/// An object as Azure shows it.
pub(crate) fn shown(world: &World, object: &Object) -> Value {
    let kind = object.place.kind;
    let mut properties = match kind {
        Kind::Group => return resource_group::shown(object),
        Kind::VirtualNetwork => virtual_network::shown(world, object),
        Kind::Subnet => subnet::shown(world, object),
        Kind::SecurityGroup => security_group::shown(world, object),
        Kind::SecurityRule => security_rule::shown(world, object),
        Kind::PublicAddress => public_ip::shown(world, object),
        Kind::NatGateway => nat_gateway::shown(world, object),
        Kind::NetworkInterface => network_interface::shown(world, object),
        Kind::Disk => disk::shown(world, object),
        Kind::AvailabilitySet => availability_set::shown(world, object),
        Kind::VirtualMachine => virtual_machine::view::shown(world, object),
    };
    if kind != Kind::AvailabilitySet {
        properties.insert("provisioningState".into(), json!(state(object)));
    }
    let mut body = Map::new();
    body.insert("id".into(), json!(object.id()));
    body.insert("name".into(), json!(object.name()));
    body.insert("type".into(), json!(kind.type_name()));
    if matches!(kind.namespace(), super::kind::NETWORK) || kind == Kind::VirtualMachine {
        body.insert("etag".into(), json!(object.etag));
    }
    if kind.parent().is_none() {
        if !kind.computes() {
            properties.insert("resourceGuid".into(), json!(object.guid));
        }
        body.insert("location".into(), json!(object.content.location));
        if let Some(tags) = &object.content.tags {
            body.insert("tags".into(), json!(tags));
        }
        if let Some(sku) = &object.content.sku {
            body.insert("sku".into(), sku.clone());
        }
        if let Some(zones) = &object.content.zones {
            body.insert("zones".into(), zones.clone());
        }
        if let Some(identity) = virtual_machine::identity::shown(object) {
            body.insert("identity".into(), identity);
        }
        if let Some(owner) = world.azure.machine_of(&object.place).filter(|_| kind == Kind::Disk) {
            body.insert("managedBy".into(), json!(owner.id()));
        }
    }
    body.insert("properties".into(), Value::Object(properties));
    Value::Object(body)
}

pub(crate) fn state(object: &Object) -> &'static str {
    if object.state == State::Succeeded && object.unseen.late > 0 {
        return State::Updating.word();
    }
    if object.state == State::Updating && object.machine.as_ref().is_some_and(|machine| !machine.provisioned)
    {
        return "Creating";
    }
    object.state.word()
}
