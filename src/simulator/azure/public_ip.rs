//! Public addresses.

use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::draft::Draft;
use super::kind::Kind;
use super::store::{Object, State};

/// Checks a public address and gives it its address.
pub(crate) fn prepare(
    world: &mut World,
    draft: &mut Draft,
    existing: Option<&Object>,
) -> Result<(), Refusal> {
    let id = draft.place.id();
    let name =
        |sku: &Option<Value>| sku.as_ref().and_then(|sku| sku["name"].as_str()).unwrap_or("Basic").to_owned();
    let sku = name(&draft.content.sku);
    if sku == "Basic" && draft.content.zones.is_some() {
        let message =
            format!("Zones not allowed in basic SKU resource {id} in this region. Please use standard SKU.");
        return Err(Refusal::bad("ZonesNotAllowedInBasicSkuResource", message));
    }
    if sku == "Basic" && existing.is_none() {
        let message = "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.";
        return Err(Refusal::bad("IPv4BasicSkuPublicIpCountLimitReached", message));
    }
    let properties = &mut draft.content.properties;
    // Real Azure takes it and drops it.
    properties.remove("deleteOption");
    properties.entry("publicIPAllocationMethod").or_insert(json!("Dynamic"));
    properties.entry("publicIPAddressVersion").or_insert(json!("IPv4"));
    properties.entry("idleTimeoutInMinutes").or_insert(json!(4));
    if sku == "Standard" && properties["publicIPAllocationMethod"] != "Static" {
        let message = format!("Standard sku publicIp {id} must have AllocationMethod set to Static.");
        return Err(Refusal::bad("StandardSkuPublicIPAddressesMustBeStatic", message));
    }
    let minutes = properties["idleTimeoutInMinutes"].as_i64().unwrap_or_default();
    if !(4..=30).contains(&minutes) {
        let message = format!("The idle timeout {minutes} of {id} must be between 4 and 30 minutes.");
        return Err(Refusal::bad("InvalidIdleTimeout", message));
    }
    if let Some(existing) = existing {
        if name(&existing.content.sku) != sku || existing.content.zones != draft.content.zones {
            let changed = if existing.content.zones == draft.content.zones { "sku" } else { "zones" };
            let message = format!("Changing property '{changed}' of resource {id} is not allowed.");
            return Err(Refusal::new(409, "PropertyChangeNotAllowed", message));
        }
        if existing.text("publicIPAddressVersion") != properties["publicIPAddressVersion"].as_str() {
            let message = format!("Public IP address version of resource {id} cannot be changed.");
            return Err(Refusal::bad("PublicIPAddressVersionCannotBeChanged", message));
        }
    }
    let version = properties["publicIPAddressVersion"].as_str().unwrap_or("IPv4").to_owned();
    let address = match existing.and_then(|existing| existing.text("ipAddress")) {
        Some(address) => address.to_owned(),
        None => world.azure.next_address(&version),
    };
    properties.insert("ipAddress".into(), json!(address));
    Ok(())
}

/// The properties as Azure shows them: the address comes when the object is ready.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    if object.before.is_none() && object.state != State::Succeeded {
        properties.remove("ipAddress");
    }
    properties.entry("ipTags").or_insert_with(|| json!([]));
    for user in world.azure.users(&object.place) {
        let property = if user.place.kind == Kind::NatGateway { "natGateway" } else { "ipConfiguration" };
        properties.insert(property.into(), json!({ "id": user.id }));
    }
    properties
}
