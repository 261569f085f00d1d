//! How virtual machines look.

use serde_json::{Map, Value, json};

use super::super::super::clock::stamp;
use super::super::super::message::{Answer, Refusal, Request};
use super::super::super::world::World;
use super::super::disk;
use super::super::kind::Kind;
use super::super::list;
use super::super::place::Place;
use super::super::read;
use super::super::store::{Object, State};
use super::{Power, at, console, power, storage_profile, text_at};

/// GET of one machine, with `$expand=instanceView` or `userData`.
pub(crate) fn get(world: &mut World, request: &Request, place: &Place) -> Result<Answer, Refusal> {
    let mut answer = read::get(world, place)?;
    let expand = request.parameter("$expand").unwrap_or_default().to_lowercase();
    let object = read::existing(world, place)?;
    if let Some(body) = &mut answer.body {
        if expand.contains("instanceview") {
            body["properties"]["instanceView"] = instance(world, object);
        }
        if let Some(data) = object.content.properties.get("userData").filter(|_| expand.contains("userdata"))
        {
            body["properties"]["userData"] = data.clone();
        }
    }
    Ok(answer)
}

/// The list with `statusOnly=true`: all machines of the subscription with their power states.
pub(crate) fn statuses(world: &mut World, request: &Request) -> Answer {
    let places: Vec<Place> =
        world.azure.of_kind(Kind::VirtualMachine).map(|object| object.place.clone()).collect();
    let seen = list::visible(world, request, places);
    let items: Vec<&Object> = seen.iter().filter_map(|place| world.azure.get(place)).collect();
    list::page_of(world, request, &items, |object| {
        json!({
            "id": object.id(),
            "name": object.name(),
            "type": Kind::VirtualMachine.type_name(),
            "location": object.content.location,
            "properties": {
                "vmId": object.machine.as_ref().map(|machine| machine.id.clone()),
                "provisioningState": read::state(object),
                "instanceView": instance(world, object),
            },
        })
    })
}

/// The properties as Azure shows them: without what is secret.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    properties.remove("userData");
    if let Some(profile) = properties.get_mut("osProfile").and_then(Value::as_object_mut) {
        profile.remove("customData");
    }
    if let Some(machine) = &object.machine {
        properties.insert("vmId".into(), json!(machine.id));
    }
    properties.insert("timeCreated".into(), json!(stamp(object.created)));
    if let Some(profile) = properties.get_mut("storageProfile") {
        if let Some(item) = profile.get_mut("osDisk") {
            current(world, item);
        }
        for item in profile.get_mut("dataDisks").and_then(Value::as_array_mut).into_iter().flatten() {
            current(world, item);
        }
    }
    properties
}

/// A disk's size and kind are those of the disk, whoever changed it.
fn current(world: &World, item: &mut Value) {
    let Some(found) = storage_profile::place_of(item).and_then(|place| world.azure.get(&place)) else {
        return;
    };
    item["diskSizeGB"] = json!(disk::size(found));
    item["managedDisk"]["storageAccountType"] = json!(disk::sku(found));
}

/// The instance view.
pub(crate) fn instance(world: &World, object: &Object) -> Value {
    let now = world.clock.stamp();
    let properties = &object.content.properties;
    let state = object.state;
    let word = match state {
        State::Succeeded => "succeeded",
        State::Updating => "updating",
        State::Deleting => "deleting",
        State::Failed => "failed",
    };
    let mut provisioning = json!({
        "code": format!("ProvisioningState/{word}"),
        "level": if state == State::Failed { "Error" } else { "Info" },
        "displayStatus": if state == State::Succeeded { "Provisioning succeeded" } else { word },
        "time": now,
    });
    let failed = if state == State::Failed { world.azure.failure(&object.place) } else { None };
    if let Some(error) = failed {
        provisioning["code"] =
            json!(format!("ProvisioningState/failed/{}", error["code"].as_str().unwrap_or_default()));
        provisioning["message"] = error["message"].clone();
    }
    let machine = object.machine.as_ref();
    let current = machine.map_or(Power::Absent, |machine| machine.power);
    let statuses: Vec<Value> = std::iter::once(provisioning).chain(power::status(current)).collect();
    let disks: Vec<Value> = storage_profile::disks(properties)
        .map(|disk| {
            json!({
                "name": disk["name"],
                "statuses": [{
                    "code": "ProvisioningState/succeeded",
                    "level": "Info",
                    "displayStatus": "Provisioning succeeded",
                    "time": now,
                }],
            })
        })
        .collect();
    let generation = storage_profile::disks(properties)
        .next()
        .and_then(storage_profile::place_of)
        .and_then(|place| world.azure.get(&place))
        .and_then(|disk| disk.text("hyperVGeneration"))
        .unwrap_or("V2");
    let mut view = json!({ "statuses": statuses, "disks": disks, "hyperVGeneration": generation });
    if current == Power::Running {
        view["computerName"] = json!(text_at(properties, "osProfile.computerName"));
        view["osName"] = json!("ubuntu");
        view["osVersion"] = json!("24.04");
        view["vmAgent"] = json!({
            "vmAgentVersion": "2.9.1.1",
            "statuses": [{
                "code": "ProvisioningState/succeeded",
                "level": "Info",
                "displayStatus": "Ready",
                "message": "Guest Agent is running",
                "time": now,
            }],
        });
    }
    if at(properties, "diagnosticsProfile.bootDiagnostics.enabled").and_then(Value::as_bool) == Some(true)
        && let Some(machine) = machine
    {
        view["bootDiagnostics"] =
            json!({ "serialConsoleLogBlobUri": console::address(&world.servers.azure(), machine) });
    }
    view
}
