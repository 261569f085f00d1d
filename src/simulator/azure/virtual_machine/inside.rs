//! What is inside a virtual machine, as the control endpoint sees it: its disks, its console, its custom
//! data.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::super::world::World;
use super::super::kind::Kind;
use super::super::place::Place;
use super::super::store::Object;
use super::{Power, network_profile, sku_of, storage_profile, text_at};

/// The machine of a name, in a resource group where several have it.
pub(crate) fn find(world: &World, name: &str, group: Option<&str>) -> Result<Place, String> {
    let mut found = world
        .azure
        .of_kind(Kind::VirtualMachine)
        .filter(|object| object.name().eq_ignore_ascii_case(name))
        .filter(|object| group.is_none_or(|group| object.place.group.eq_ignore_ascii_case(group)));
    match (found.next(), found.next()) {
        (Some(object), None) => Ok(object.place.clone()),
        (None, _) => Err(format!("there is no machine {name}")),
        (Some(_), Some(_)) => Err(format!("{name} is the name of several machines; add ?group=")),
    }
}

/// All machines.
pub(crate) fn all(world: &World) -> Vec<Value> {
    world.azure.of_kind(Kind::VirtualMachine).map(|object| one(world, object)).collect()
}

/// One machine; null if it is gone.
pub(crate) fn shown(world: &World, place: &Place) -> Value {
    world.azure.get(place).map(|object| one(world, object)).unwrap_or_default()
}

fn one(world: &World, object: &Object) -> Value {
    let properties = &object.content.properties;
    let machine = object.machine.as_deref();
    let mut disks = Map::new();
    if sku_of(object).is_some_and(super::Sku::temporary) {
        disks.insert("temporary".into(), json!(machine.and_then(|machine| machine.temporary.clone())));
    }
    for (name, place) in named_disks(object) {
        let written = world.azure.get(&place).and_then(|disk| disk.written.clone());
        disks.insert(name, json!(written));
    }
    let nics: Vec<String> = network_profile::interfaces(properties).iter().map(Place::id).collect();
    json!({
        "id": object.id(),
        "power": machine.and_then(|machine| machine.power.word()),
        "state": object.state.word(),
        "sku": text_at(properties, "hardwareProfile.vmSize"),
        "reachable": machine.is_some_and(|machine| machine.power == Power::Running && machine.reachable),
        "boots": machine.map_or(0, |machine| machine.boots),
        "billed": machine.is_some_and(|machine| {
            machine.provisioned && machine.power != Power::Deallocated
        }),
        "nics": nics,
        "disks": disks,
        "custom_data": text_at(properties, "osProfile.customData"),
        "console": machine.map(|machine| machine.console.clone()),
    })
}

/// `os` and the luns, with the disks.
fn named_disks(object: &Object) -> Vec<(String, Place)> {
    storage_profile::disks(&object.content.properties)
        .enumerate()
        .filter_map(|(at, disk)| {
            let name = if at == 0 { "os".to_owned() } else { disk["lun"].to_string() };
            Some((name, storage_profile::place_of(disk)?))
        })
        .collect()
}

/// Writes a text on disks: `temporary`, `os`, or the lun of a data disk.
pub(crate) fn write(
    world: &mut World,
    place: &Place,
    texts: &BTreeMap<String, Option<String>>,
) -> Result<(), String> {
    let object = world.azure.get(place).cloned().ok_or("the machine is gone")?;
    let named = named_disks(&object);
    for (name, text) in texts {
        if name == "temporary" {
            if !sku_of(&object).is_some_and(super::Sku::temporary) {
                return Err(format!("{} has no temporary disk", object.name()));
            }
            let machine = world.azure.get_mut(place).and_then(|object| object.machine.as_mut());
            match machine.filter(|machine| machine.power == Power::Running) {
                Some(machine) => machine.temporary.clone_from(text),
                None => return Err(format!("{} does not run", object.name())),
            }
            continue;
        }
        let (_, disk) = named
            .iter()
            .find(|(known, _)| known == name)
            .ok_or_else(|| format!("{} has no disk {name}", object.name()))?;
        if let Some(disk) = world.azure.get_mut(disk) {
            disk.written.clone_from(text);
        }
    }
    Ok(())
}

/// The machine says something on its console.
pub(crate) fn say(world: &mut World, place: &Place, text: &str) {
    if let Some(machine) = world.azure.get_mut(place).and_then(|object| object.machine.as_mut()) {
        machine.console.push_str(text);
    }
}

/// Whether the machine's ports answer.
pub(crate) fn set_reachable(world: &mut World, place: &Place, reachable: bool) {
    if let Some(machine) = world.azure.get_mut(place).and_then(|object| object.machine.as_mut()) {
        machine.reachable = reachable;
    }
}
