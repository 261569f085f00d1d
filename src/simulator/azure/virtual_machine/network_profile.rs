//! The network interfaces of a virtual machine.

use serde_json::{Map, Value, json};

use super::super::super::message::Refusal;
use super::super::super::world::World;
use super::super::draft::Draft;
use super::super::kind::Kind;
use super::super::network_interface::configurations;
use super::super::place::Place;
use super::super::reference::reference;
use super::super::reservation;
use super::super::sku::Sku;
use super::super::store::Object;
use super::{Power, at, invalid, missing, zone};

const PATH: &str = "networkProfile.networkInterfaces";

/// The interfaces that a description names.
pub(crate) fn interfaces(properties: &Map<String, Value>) -> Vec<Place> {
    at(properties, PATH)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| Place::parse(item["id"].as_str()?))
        .collect()
}

/// Whether an interface is its machine's primary one.
pub(crate) fn leads(machine: &Object, interface: &Place) -> bool {
    let items = at(&machine.content.properties, PATH).and_then(Value::as_array);
    items.into_iter().flatten().any(|item| {
        item["properties"]["primary"] == true
            && item["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&interface.id()))
    })
}

/// Refuses accelerated networking on a machine type without it.
pub(crate) fn check_accelerated(machine: &str, sku: Option<Sku>) -> Result<(), Refusal> {
    if sku.is_none_or(|sku| sku.family.accelerated) {
        return Ok(());
    }
    let message = format!(
        "VM size of virtual machine {machine} is not permitted to enable accelerated networking on network interface(s)."
    );
    Err(Refusal::bad("VMSizeIsNotPermittedToEnableAcceleratedNetworking", message))
}

/// Checks the interfaces.
pub(super) fn check(
    world: &World,
    draft: &mut Draft,
    sku: Sku,
    existing: Option<&Object>,
) -> Result<(), Refusal> {
    let id = draft.place.id();
    let Some(items) = draft
        .content
        .properties
        .get_mut("networkProfile")
        .and_then(|profile| profile.get_mut("networkInterfaces"))
        .and_then(Value::as_array_mut)
        .filter(|items| !items.is_empty())
    else {
        return Err(missing("networkProfile"));
    };
    if let [only] = items.as_mut_slice() {
        only["properties"]["primary"] = json!(true);
    }
    let primaries = items.iter().filter(|item| item["properties"]["primary"] == true).count();
    if primaries != 1 {
        let message = format!("Virtual machine {id} must have one network interface set as the primary.");
        return Err(Refusal::bad("VirtualMachineMustHaveOneNetworkInterfaceAsPrimary", message));
    }
    let count = items.len();
    if count > usize::try_from(sku.interfaces()).unwrap_or(usize::MAX) {
        let message = format!(
            "The number of network interfaces for virtual machine {} exceeds the maximum allowed for the virtual machine \
             size {}. The number of network interfaces is {count} and the maximum allowed is {}.",
            draft.place.name(),
            sku.name(),
            sku.interfaces()
        );
        return Err(Refusal::bad("NetworkInterfaceCountExceeded", message));
    }
    let mut seen: Vec<String> = Vec::new();
    for item in &*items {
        let place = item["id"].as_str().and_then(Place::parse);
        let Some(place) = place.filter(|place| place.kind == Kind::NetworkInterface) else {
            return Err(invalid("networkProfile.networkInterfaces.id"));
        };
        if seen.contains(&place.key()) {
            return Err(invalid("networkProfile.networkInterfaces.id"));
        }
        seen.push(place.key());
        // One that is not there is refused with the other references.
        if let Some(interface) = world.azure.get(&place) {
            check_one(world, &id, draft.content.zones.as_ref(), sku, interface)?;
        }
    }
    let before: Vec<String> = existing
        .map(|existing| interfaces(&existing.content.properties).iter().map(Place::key).collect())
        .unwrap_or_default();
    let state = existing.and_then(|existing| existing.machine.as_ref());
    let stands = state.is_some_and(|state| state.provisioned && state.power != Power::Deallocated);
    if stands && (before.len() != seen.len() || seen.iter().any(|key| !before.contains(key))) {
        let message = format!(
            "Secondary network interfaces cannot be added to or deleted from virtual machine {id} while it is running."
        );
        return Err(Refusal::bad(
            "AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported",
            message,
        ));
    }
    Ok(())
}

fn check_one(
    world: &World,
    id: &str,
    zones: Option<&Value>,
    sku: Sku,
    interface: &Object,
) -> Result<(), Refusal> {
    let owner = world.azure.machine_of(&interface.place).filter(|owner| !owner.id().eq_ignore_ascii_case(id));
    if let Some(owner) = owner {
        let message = format!(
            "Network Interface {} is used by existing resource {}. In order to delete the network interface, it must be \
             dissociated from the resource. To learn more, see aka.ms/deletenic.",
            interface.id(),
            owner.id()
        );
        return Err(Refusal::bad("NicInUse", message));
    }
    reservation::check(world, interface, Some(id))?;
    if interface.content.properties.get("enableAcceleratedNetworking") == Some(&json!(true)) {
        check_accelerated(id, Some(sku))?;
    }
    for (_, configuration) in configurations(interface) {
        let public =
            reference(configuration.get("publicIPAddress")).and_then(|place| world.azure.get(&place));
        let Some(public) = public else { continue };
        let only = public.content.zones.as_ref().and_then(Value::as_array).filter(|zones| zones.len() == 1);
        if only.is_some() && zone(zones).is_some() && zone(zones) != zone(public.content.zones.as_ref()) {
            let message = format!(
                "Compute resource {id} has a zone constraint {} but the PublicIPAddress {} used by the compute resource via \
                 NetworkInterface or LoadBalancer has a different zone constraint {}.",
                zone(zones).unwrap_or_default(),
                public.id(),
                zone(public.content.zones.as_ref()).unwrap_or_default()
            );
            return Err(Refusal::bad("ComputeResourceAndPublicIpZonesMismatch", message));
        }
    }
    Ok(())
}
