//! NAT gateways.

use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::draft::Draft;
use super::reference::references;
use super::store::Object;

/// Checks a NAT gateway.
pub(crate) fn prepare(world: &World, draft: &mut Draft) -> Result<(), Refusal> {
    let id = draft.place.id();
    if draft.content.sku.as_ref().and_then(|sku| sku["name"].as_str()) != Some("Standard") {
        let message = format!("NAT gateway {id} must have sku Standard.");
        return Err(Refusal::bad("InvalidNatGatewaySku", message));
    }
    if draft.content.zones.as_ref().and_then(Value::as_array).is_some_and(|zones| zones.len() > 1) {
        let message = format!("NAT gateway {id} can be in one availability zone at most.");
        return Err(Refusal::bad("NatGatewayMultipleZonesNotAllowed", message));
    }
    draft.content.properties.entry("idleTimeoutInMinutes").or_insert(json!(4));
    let minutes = draft.content.properties["idleTimeoutInMinutes"].as_i64().unwrap_or_default();
    if !(4..=120).contains(&minutes) {
        let message = format!("The idle timeout {minutes} of {id} must be between 4 and 120 minutes.");
        return Err(Refusal::bad("InvalidIdleTimeout", message));
    }
    if let Some(existing) = world.azure.get(&draft.place)
        && existing.content.zones != draft.content.zones
    {
        let message = format!("Changing property 'zones' of resource {id} is not allowed.");
        return Err(Refusal::new(409, "PropertyChangeNotAllowed", message));
    }
    for address in references(&draft.content) {
        let Some(found) = world.azure.get(&address) else { continue };
        if found.text("publicIPAddressVersion") != Some("IPv4") {
            let message =
                format!("NAT gateway {id} cannot use public IP address {} of version IPv6.", found.id());
            return Err(Refusal::bad("NatGatewayPublicIpVersionNotSupported", message));
        }
        // An address of all zones or of none fits everywhere; one of a single zone only there.
        let zones = found.content.zones.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
        if zones == 1 && found.content.zones != draft.content.zones {
            let message =
                format!("Zones of NAT gateway {id} and public IP address {} do not match.", found.id());
            return Err(Refusal::bad("NatGatewayAndPublicIpZonesMismatch", message));
        }
        let other =
            world.azure.users(&address).into_iter().find(|user| user.place.key() != draft.place.key());
        if let Some(other) = other {
            let message = format!(
                "Resource {id} is referencing public IP address {} that is already allocated to resource {}.",
                found.id(),
                other.id
            );
            return Err(Refusal::bad("PublicIPAddressInUse", message));
        }
    }
    Ok(())
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let subnets: Vec<Value> =
        world.azure.users(&object.place).into_iter().map(|user| json!({ "id": user.id })).collect();
    if !subnets.is_empty() {
        properties.insert("subnets".into(), json!(subnets));
    }
    properties
}
