//! Virtual machines.
//!
//! [`put`] makes one or changes it: each profile has a file that checks it, [`change`] says what may
//! change. [`power`] switches it, [`view`] shows it, and [`ended`] is where the outcome of an operation
//! becomes the state of the machine.

mod allocation;
pub(crate) mod change;
pub(crate) mod console;
mod form;
mod hardware;
pub(crate) mod identity;
pub(crate) mod inside;
pub(crate) mod network_profile;
mod os_profile;
pub(crate) mod power;
pub(crate) mod storage_profile;
pub(crate) mod view;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::clock::Clock;
use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::draft::{self, Draft};
use super::kind::Kind;
use super::operation::{self, Operation, Work};
use super::place::Place;
use super::sku::Sku;
use super::store::{Author, Azure, Object};
use super::{busy, poll, put, read, reservation, resource_group, tags};

pub(crate) use form::FORM;
pub(crate) use power::{Power, Switch};

/// Simulated seconds that making a machine takes.
pub(crate) const CREATE_SECONDS: f64 = 60.0;
/// Simulated seconds that deleting one takes.
pub(crate) const DELETE_SECONDS: f64 = 40.0;
/// Simulated seconds that giving one another size takes.
const RESIZE_SECONDS: f64 = 45.0;
/// Simulated seconds that any other change takes.
const CHANGE_SECONDS: f64 = 8.0;

/// What a virtual machine is beside its description.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// `vmId`.
    pub(crate) id: String,
    pub(crate) power: Power,
    /// Whether it ever ran: one that never did is a failed creation.
    pub(crate) provisioned: bool,
    /// What was written on its temporary disk.
    pub(crate) temporary: Option<String>,
    /// Whether its ports answer while it runs.
    pub(crate) reachable: bool,
    /// What its serial console said.
    pub(crate) console: String,
    /// What opens the address of the console's text.
    pub(crate) console_key: String,
    /// How often it has booted.
    pub(crate) boots: u32,
    /// Whether the change under way boots it anew on other hardware.
    moves: bool,
}

/// A property below a profile, such as `osProfile.computerName`.
pub(crate) fn at<'a>(properties: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut value = properties.get(names.next()?)?;
    for name in names {
        value = value.get(name)?;
    }
    Some(value).filter(|value| !value.is_null())
}

/// A property's text.
pub(crate) fn text_at<'a>(properties: &'a Map<String, Value>, path: &str) -> &'a str {
    at(properties, path).and_then(Value::as_str).unwrap_or_default()
}

/// The machine type of a machine that exists.
pub(crate) fn sku_of(object: &Object) -> Option<Sku> {
    Sku::find(text_at(&object.content.properties, "hardwareProfile.vmSize"))
}

/// Whether a description asks for spot capacity.
pub(crate) fn is_spot(properties: &Map<String, Value>) -> bool {
    ["Spot", "Low"].contains(&text_at(properties, "priority"))
}

/// The zone of a description, or nothing.
pub(crate) fn zone(zones: Option<&Value>) -> Option<&str> {
    zones?.as_array()?.first()?.as_str()
}

pub(crate) fn missing(path: &str) -> Refusal {
    Refusal::bad("InvalidParameter", format!("Required parameter '{path}' is missing (null).")).target(path)
}

pub(crate) fn invalid(path: &str) -> Refusal {
    Refusal::bad("InvalidParameter", format!("The value of parameter {path} is invalid.")).target(path)
}

/// Carries a PUT out.
pub(crate) fn put(
    world: &mut World,
    request: &Request,
    draft: Draft,
    existing: Option<&Object>,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    let status = if existing.is_some() { 200 } else { 201 };
    write(world, request, draft, existing, circumstances, status)
}

/// PATCH: what is said changes, the rest stays.
pub(crate) fn patch(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    resource_group::open(world, &place.in_group())?;
    let existing = read::existing(world, place)?.clone();
    put::preconditions(request, place, Some(&existing))?;
    let fields = draft::body(request)?;
    draft::check_top(request, &fields, &["tags", "properties", "identity", "plan", "zones"])?;
    let mut content = existing.content.clone();
    forget_sizes(&mut content.properties);
    if fields.contains_key("tags") {
        content.tags = tags::check(fields.get("tags"))?;
    }
    if fields.contains_key("identity") {
        content.identity = identity::read(fields.get("identity"))?;
    }
    if let Some(zones) = fields.get("zones").filter(|zones| !zones.is_null()) {
        content.zones = Some(zones.clone());
    }
    if let Some(given) = fields.get("properties").filter(|given| given.is_object()) {
        let mut whole = Value::Object(content.properties);
        merge(&mut whole, given);
        let raw = String::from_utf8_lossy(&request.body);
        content.properties =
            super::check::Check::for_kind(&raw, place.kind).properties(&FORM, &whole, "properties")?;
    }
    let draft = Draft { place: existing.place.clone(), content, children: None };
    write(world, request, draft, Some(&existing), circumstances, 200)
}

/// Sizes of disks are the disks' own: one that grew since is not to be shrunk by what was said once.
fn forget_sizes(properties: &mut Map<String, Value>) {
    let Some(storage) = properties.get_mut("storageProfile").and_then(Value::as_object_mut) else { return };
    let (os, data) = (storage.remove("osDisk"), storage.remove("dataDisks"));
    let forget = |mut item: Value| {
        item.as_object_mut().map(|item| item.remove("diskSizeGB"));
        item
    };
    storage.extend(os.map(|os| ("osDisk".to_owned(), forget(os))));
    if let Some(Value::Array(items)) = data {
        storage.insert("dataDisks".to_owned(), items.into_iter().map(forget).collect());
    }
}

/// Objects are merged, everything else is replaced.
fn merge(into: &mut Value, given: &Value) {
    match (into, given) {
        (Value::Object(into), Value::Object(given)) => {
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, given) => *into = given.clone(),
    }
}

fn write(
    world: &mut World,
    request: &Request,
    mut draft: Draft,
    existing: Option<&Object>,
    circumstances: &Circumstances,
    status: u16,
) -> Result<Answer, Refusal> {
    let place = draft.place.clone();
    busy::check_family(world, request, &place)?;
    let disks = prepare(world, &mut draft, existing)?;

    let sku = Sku::find(text_at(&draft.content.properties, "hardwareProfile.vmSize"));
    let before = existing.filter(|object| provisioned(object));
    let power = existing.and_then(|object| object.machine.as_ref()).map(|machine| machine.power);
    let resized = before.and_then(sku_of).map(Sku::name) != sku.map(Sku::name);
    let allocates = before.is_none() || resized && power != Some(Power::Deallocated);
    let mut circumstances = circumstances.clone();
    if allocates && circumstances.author == Author::Client {
        allocation::decide(world, &place, &draft.content, &mut circumstances)?;
    }
    let seconds = match before {
        None => CREATE_SECONDS,
        Some(_) if resized => RESIZE_SECONDS,
        Some(_) => CHANGE_SECONDS,
    };
    for disk in disks {
        let place = disk.place.clone();
        put::write(world, disk, circumstances.author);
        if let Some(object) = world.azure.get_mut(&place) {
            object.before = None;
            object.touch();
        }
    }
    put::write(world, draft, circumstances.author);
    if let Some(object) = world.azure.get_mut(&place) {
        let machine = object.machine.get_or_insert_with(|| {
            Box::new(Machine {
                id: Uuid::new_v4().to_string(),
                power: Power::Absent,
                provisioned: false,
                temporary: None,
                reachable: true,
                console: String::new(),
                console_key: Uuid::new_v4().simple().to_string(),
                boots: 0,
                moves: false,
            })
        });
        machine.moves = allocates;
        if before.is_none() {
            object.before = None;
        }
    }
    let id = operation::begin_for(world, Work::Put, &place, &[], seconds, &circumstances);
    let body = read::shown(world, read::existing(world, &place)?);
    Ok(poll::begun(world, request, &id, Answer::json(status, body)))
}

fn provisioned(object: &Object) -> bool {
    object.machine.as_ref().is_some_and(|machine| machine.provisioned)
}

/// Checks a description, fills in what Azure fills in, and says which disks come with it.
fn prepare(world: &mut World, draft: &mut Draft, existing: Option<&Object>) -> Result<Vec<Draft>, Refusal> {
    if let Some(existing) = existing {
        change::keep(draft, existing);
        change::check(world, draft, existing)?;
    }
    let id = draft.place.id();
    let zones = draft.content.zones.clone();
    let zones: Vec<&str> =
        zones.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    if zones.len() > 1 {
        let message = format!("Virtual machine '{id}' can be in one availability zone at most.");
        return Err(Refusal::bad("InvalidParameter", message).target("zones"));
    }
    let size = text_at(&draft.content.properties, "hardwareProfile.vmSize").to_owned();
    if size.is_empty() {
        return Err(missing("hardwareProfile.vmSize"));
    }
    let before = existing.and_then(sku_of);
    let location = draft.content.location.clone();
    // What runs goes on where its machine type is no longer sold.
    let sku = match before.filter(|before| before.name().eq_ignore_ascii_case(&size)) {
        Some(same) if existing.is_some_and(provisioned) => same,
        _ => super::sku::available(world, &id, &size, &location, &zones)?,
    };
    draft.content.properties.insert("hardwareProfile".into(), json!({ "vmSize": sku.name() }));
    let image = storage_profile::image(world, draft, existing)?;
    hardware::check(world, draft, sku, &image)?;
    os_profile::check(draft, existing)?;
    network_profile::check(world, draft, sku, existing)?;
    check_spot(draft, sku)?;
    check_set(world, draft, &zones)?;
    // Its disks are looked at by name, and some of them are not there yet.
    let mut others = draft.content.clone();
    others.properties.remove("storageProfile");
    world.azure.check_references(&draft.place, &location, &others)?;
    busy::check_references(world, &draft.place, &others)?;
    let disks = storage_profile::prepare(world, draft, sku, &image, existing)?;
    let spot = is_spot(&draft.content.properties);
    super::usage::check_machine(&world.azure, &location, sku, spot, before)?;
    Ok(disks)
}

fn check_spot(draft: &mut Draft, sku: Sku) -> Result<(), Refusal> {
    let properties = &mut draft.content.properties;
    if is_spot(properties) {
        if !sku.family.spot {
            let message = format!(
                "The VM size '{}' is not supported for Azure Spot VMs. See http://aka.ms/AzureSpot/errormessages.",
                sku.name()
            );
            return Err(Refusal::new(409, "OperationNotAllowed", message));
        }
        properties.insert("priority".into(), json!("Spot"));
        properties.entry("evictionPolicy").or_insert(json!("Deallocate"));
        if let Some(price) = at(properties, "billingProfile.maxPrice").and_then(Value::as_f64) {
            let unlimited = (price + 1.0).abs() < f64::EPSILON;
            if !unlimited && price < 0.000_01 {
                return Err(invalid("billingProfile.maxPrice"));
            }
        }
        return Ok(());
    }
    for name in ["evictionPolicy", "billingProfile"] {
        if properties.contains_key(name) {
            let message =
                format!("Parameter '{name}' is allowed only for Azure Spot VMs, with priority 'Spot'.");
            return Err(Refusal::new(409, "OperationNotAllowed", message).target(name));
        }
    }
    Ok(())
}

fn check_set(world: &World, draft: &Draft, zones: &[&str]) -> Result<(), Refusal> {
    let Some(place) = super::reference::reference(draft.content.properties.get("availabilitySet")) else {
        return Ok(());
    };
    let refuse =
        |message: String| Refusal::new(409, "OperationNotAllowed", message).target("availabilitySet");
    if !zones.is_empty() {
        return Err(Refusal::bad(
            "BadRequest",
            "Virtual Machine cannot be created because both Availability Zone and Availability Set were specified. \
             Deploying an Availability Set to an Availability Zone isn't supported.",
        ));
    }
    if is_spot(&draft.content.properties) {
        return Err(refuse("Azure Spot VMs cannot be in an Availability Set.".to_owned()));
    }
    let set = world.azure.get(&place);
    let aligned = set.and_then(|set| set.content.sku.as_ref()).is_some_and(|sku| sku["name"] == "Aligned");
    if set.is_some() && !aligned {
        return Err(refuse(
            "Addition of a VM with managed disks to non-managed Availability Set or addition of a VM with blob based disks \
             to managed Availability Set is not supported. Please create an Availability Set with 'managed' property set \
             in order to add a VM with managed disks to it."
                .to_owned(),
        ));
    }
    Ok(())
}

/// What the end of an operation means for its machine; before the object itself is let go.
pub(crate) fn ended(azure: &mut Azure, clock: &Clock, operation: &Operation, well: bool) {
    let place = &operation.target;
    let key = place.key();
    // At infinite speed it ends before its time.
    let now = operation.due.min(clock.after(0.0));
    match operation.work {
        Work::Put => {
            let Some(object) = azure.get_mut(place) else { return };
            let Some(machine) = object.machine.as_mut() else { return };
            let first = !machine.provisioned;
            if well && (first || machine.moves && machine.power != Power::Deallocated) {
                if machine.power != Power::Stopped {
                    machine.power = Power::Running;
                }
                machine.provisioned = true;
                machine.temporary = None;
                power::boot(azure, place);
                power::bill(azure, now, place);
            } else if !well && first && operation.failed_inside() {
                // It runs and says why; only its agent never answered.
                machine.power = Power::Running;
                machine.provisioned = true;
                power::boot(azure, place);
                power::bill(azure, now, place);
            } else if !well && first {
                reservation::reserve(azure, now, &interfaces(azure, place), &place.id());
            }
        }
        Work::Switch(switch) => power::switched(azure, now, place, switch, well),
        Work::Delete if well => {
            azure.compute.bills.pause(&key, now);
            remove_parts(azure, now, place);
        }
        Work::Delete => {}
    }
}

/// The interfaces of a machine.
fn interfaces(azure: &Azure, place: &Place) -> Vec<Place> {
    azure.get(place).map(|object| network_profile::interfaces(&object.content.properties)).unwrap_or_default()
}

/// What goes with a deleted machine, and what is kept for one that failed.
fn remove_parts(azure: &mut Azure, now: f64, place: &Place) {
    let Some(object) = azure.get(place).cloned() else { return };
    if !provisioned(&object) {
        reservation::reserve(azure, now, &interfaces(azure, place), &place.id());
    }
    let properties = &object.content.properties;
    let mut going: Vec<Place> = storage_profile::disks(properties)
        .filter(|disk| disk["deleteOption"] == "Delete")
        .filter_map(|disk| Place::parse(disk["managedDisk"]["id"].as_str()?))
        .collect();
    going.extend(
        at(properties, "networkProfile.networkInterfaces")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|item| item["properties"]["deleteOption"] == "Delete")
            .filter_map(|item| Place::parse(item["id"].as_str()?)),
    );
    for part in going {
        azure.remove(&part);
    }
}

/// Takes a machine away at once, with what goes with it: somebody outside did it.
pub(crate) fn vanish(azure: &mut Azure, clock: &Clock, place: &Place) {
    let now = clock.after(0.0);
    azure.compute.bills.pause(&place.key(), now);
    remove_parts(azure, now, place);
    azure.remove(place);
}

/// Whether a place is a virtual machine's.
pub(crate) fn is_machine(object: &Object) -> bool {
    object.place.kind == Kind::VirtualMachine
}
