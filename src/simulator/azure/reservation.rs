//! Network interfaces that Azure keeps for a machine that failed.

use super::super::message::Refusal;
use super::super::world::World;
use super::kind::Kind;
use super::place::Place;
use super::store::{Azure, Object};

/// How long, in simulated seconds.
const SECONDS: f64 = 180.0;

/// For whom an interface is kept, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    machine: String,
    until: f64,
}

/// Keeps interfaces for a machine, from a point of provisioning time on.
pub(crate) fn reserve(azure: &mut Azure, from: f64, interfaces: &[Place], machine: &str) {
    for place in interfaces {
        if let Some(interface) = azure.get_mut(place) {
            interface.reserved = Some(Reservation { machine: machine.to_owned(), until: from + SECONDS });
        }
    }
}

/// Refuses to delete an interface, or to give it to a machine, while it is kept for another.
pub(crate) fn check(world: &World, interface: &Object, machine: Option<&str>) -> Result<(), Refusal> {
    if interface.place.kind != Kind::NetworkInterface {
        return Ok(());
    }
    let Some(reserved) = interface.reserved.as_ref().filter(|kept| !world.clock.passed(kept.until)) else {
        return Ok(());
    };
    if machine.is_some_and(|machine| machine.eq_ignore_ascii_case(&reserved.machine)) {
        return Ok(());
    }
    let message = format!(
        "Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide another nic(s) or \
         retry after 180 seconds. Reserved VM: {}",
        reserved.machine
    );
    let left = reserved.until - world.clock.after(0.0);
    Err(Refusal::bad("NicReservedForAnotherVm", message)
        .with("Retry-After", world.clock.retry_after(left).to_string()))
}
