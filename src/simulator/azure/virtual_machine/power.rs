//! Switching virtual machines on and off.

use serde_json::json;

use super::super::super::message::{Answer, Refusal, Request};
use super::super::super::world::World;
use super::super::Circumstances;
use super::super::busy;
use super::super::operation::{self, Work};
use super::super::place::Place;
use super::super::poll;
use super::super::read;
use super::super::resource_group;
use super::super::store::{Author, Azure};
use super::{allocation, console, is_spot, sku_of, text_at, vanish, view};

/// Whether a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// It has never been there.
    Absent,
    Starting,
    Running,
    Stopping,
    /// Off, but its hardware is kept and paid for.
    Stopped,
    Deallocating,
    /// Off, and its hardware given back.
    Deallocated,
}

/// What switches a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    Start,
    PowerOff,
    Restart,
    Deallocate,
}

impl Power {
    /// As the instance view spells it.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            Self::Starting => Some("starting"),
            Self::Running => Some("running"),
            Self::Stopping => Some("stopping"),
            Self::Stopped => Some("stopped"),
            Self::Deallocating => Some("deallocating"),
            Self::Deallocated => Some("deallocated"),
        }
    }
}

impl Switch {
    /// Simulated seconds that it takes.
    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::Start | Self::Restart => 30.0,
            Self::PowerOff => 15.0,
            Self::Deallocate => 40.0,
        }
    }

    /// In the names of operations.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::PowerOff => "PowerOff",
            Self::Restart => "Restart",
            Self::Deallocate => "Deallocate",
        }
    }
}

/// An action on a machine, by its name in small letters.
pub(crate) fn act(
    world: &mut World,
    request: &Request,
    place: &Place,
    action: &str,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    let object = read::existing(world, place)?;
    let place = object.place.clone();
    let switch = match action {
        "start" => Switch::Start,
        "poweroff" => Switch::PowerOff,
        "restart" => Switch::Restart,
        "deallocate" => Switch::Deallocate,
        "instanceview" => return Ok(Answer::json(200, view::instance(world, object))),
        "retrievebootdiagnosticsdata" => return console::addresses(world, request, object),
        "simulateeviction" => {
            evict(world, &place)?;
            return Ok(Answer::empty(204));
        }
        other => {
            let message =
                format!("Azure may know the action '{other}', but this simulator does not model it.");
            return Err(Refusal::new(501, "NotModelledBySimulator", message));
        }
    };
    resource_group::open(world, &place.in_group())?;
    busy::check_family(world, request, &place)?;
    let id = begin(world, &place, switch, circumstances)?;
    Ok(poll::begun(world, request, &id, Answer::empty(202)))
}

/// Begins to switch a machine; the id of the operation.
fn begin(
    world: &mut World,
    place: &Place,
    switch: Switch,
    circumstances: &Circumstances,
) -> Result<String, Refusal> {
    let object = read::existing(world, place)?;
    let content = object.content.clone();
    let power = object.machine.as_ref().map_or(Power::Absent, |machine| machine.power);
    if power == Power::Absent {
        let message = format!("Cannot {} VM '{}': it has failed to be created.", switch.verb(), place.name());
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    if switch == Switch::Restart && power != Power::Running {
        let message = format!("Cannot restart VM '{}' because it is not running.", place.name());
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    let mut circumstances = circumstances.clone();
    if switch == Switch::Start && power == Power::Deallocated && circumstances.author == Author::Client {
        allocation::decide(world, place, &content, &mut circumstances)?;
    }
    if let Some(machine) = world.azure.get_mut(place).and_then(|object| object.machine.as_mut()) {
        machine.power = match switch {
            Switch::Start if power != Power::Running => Power::Starting,
            Switch::PowerOff if power == Power::Running => Power::Stopping,
            Switch::Deallocate if power != Power::Deallocated => Power::Deallocating,
            _ => power,
        };
        machine.moves = power == Power::Deallocated;
    }
    Ok(operation::begin(world, Work::Switch(switch), place, &[], &circumstances))
}

/// The end of switching.
pub(super) fn switched(azure: &mut Azure, now: f64, place: &Place, switch: Switch, well: bool) {
    let Some(machine) = azure.get_mut(place).and_then(|object| object.machine.as_mut()) else { return };
    let before = machine.power;
    machine.power = match (switch, before, well) {
        (Switch::Start, Power::Starting, true) => Power::Running,
        (Switch::Start, Power::Starting, false) if machine.moves => Power::Deallocated,
        (Switch::Start, Power::Starting, false) => Power::Stopped,
        (Switch::PowerOff, Power::Stopping, true) => Power::Stopped,
        (Switch::Deallocate, Power::Deallocating, true) => Power::Deallocated,
        (_, Power::Stopping | Power::Deallocating, false) => Power::Running,
        (_, power, _) => power,
    };
    if machine.power == Power::Deallocated {
        machine.temporary = None;
    }
    let boots = well && (switch == Switch::Restart || switch == Switch::Start && before == Power::Starting);
    if boots {
        boot(azure, place);
    }
    bill(azure, now, place);
}

/// The machine boots: its console says so.
pub(super) fn boot(azure: &mut Azure, place: &Place) {
    let Some(object) = azure.get_mut(place) else { return };
    let computer = text_at(&object.content.properties, "osProfile.computerName").to_owned();
    if let Some(machine) = object.machine.as_mut().filter(|machine| machine.power == Power::Running) {
        machine.boots += 1;
        let said = console::boot(&computer, &machine.id);
        machine.console.push_str(&said);
    }
}

/// Hardware that is kept is paid for.
pub(super) fn bill(azure: &mut Azure, now: f64, place: &Place) {
    let Some(object) = azure.get(place) else { return };
    let (key, id) = (place.key(), object.id());
    let power = object.machine.as_ref().map_or(Power::Absent, |machine| machine.power);
    let (sku, spot) = (sku_of(object).map(super::Sku::name), is_spot(&object.content.properties));
    if power == Power::Deallocated || power == Power::Absent {
        azure.compute.bills.pause(&key, now);
    } else if let Some(sku) = sku {
        azure.compute.bills.run(&key, &id, &sku, spot, now);
    }
}

/// Takes a spot machine's hardware away, by its eviction policy.
pub(crate) fn evict(world: &mut World, place: &Place) -> Result<(), Refusal> {
    let object = read::existing(world, place)?;
    if !is_spot(&object.content.properties) {
        let message = "This operation is not allowed on a VM that is not an Azure Spot VM.";
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    let place = object.place.clone();
    if object.text("evictionPolicy") == Some("Delete") {
        vanish(&mut world.azure, &world.clock, &place);
    } else {
        force(world, &place, Power::Deallocated);
    }
    Ok(())
}

/// Puts a machine into a state at once, as the world outside does: what is under way is overtaken.
pub(crate) fn force(world: &mut World, place: &Place, power: Power) {
    let Some(machine) = world.azure.get_mut(place).and_then(|object| object.machine.as_mut()) else { return };
    if machine.power == Power::Absent {
        return;
    }
    let before = std::mem::replace(&mut machine.power, power);
    if power == Power::Deallocated {
        machine.temporary = None;
    }
    if power == Power::Running && before != Power::Running {
        boot(&mut world.azure, place);
    }
    bill(&mut world.azure, world.clock.after(0.0), place);
}

/// The power state as a status of the instance view.
pub(super) fn status(power: Power) -> Option<serde_json::Value> {
    let word = power.word()?;
    Some(json!({
        "code": format!("PowerState/{word}"),
        "level": "Info",
        "displayStatus": format!("VM {word}"),
    }))
}
