//! Long-running operations: how they begin and how they end.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::clock::Clock;
use super::super::faults::Ending;
use super::super::message::Refusal;
use super::super::world::World;
use super::Circumstances;
use super::kind::Kind;
use super::place::Place;
use super::store::{Author, Azure, State};
use super::virtual_machine::{self, Switch};

/// What an operation does when it ends well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes the target and what was written with it ready.
    Put,
    /// Takes the target away.
    Delete,
    /// Switches a virtual machine.
    Switch(Switch),
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// Such as `PutVirtualNetworkOperation`.
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) target: Place,
    /// What was written with the target.
    with: Vec<Place>,
    pub(crate) location: String,
    pub(crate) status: String,
    pub(crate) error: Option<Value>,
    pub(crate) started: String,
    pub(crate) ended: Option<String>,
    /// Polls that do not find it yet.
    pub(crate) unseen: u32,
    /// The point of provisioning time at which it ends.
    pub(crate) due: f64,
    order: u64,
    ending: Option<Ending>,
    started_by_portal: bool,
}

impl Operation {
    /// Whether it is still going on.
    pub(crate) fn running(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether what failed is inside the machine: it was made and started, and its agent never reported.
    pub(crate) fn failed_inside(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.code.starts_with("OSProvisioning"))
    }
}

/// Begins an operation on an object and on those that are written with it.
pub(crate) fn begin(
    world: &mut World,
    work: Work,
    target: &Place,
    with: &[Place],
    circumstances: &Circumstances,
) -> String {
    let kind = target.kind;
    let seconds = match work {
        Work::Put => kind.put_seconds(),
        Work::Delete => kind.delete_seconds(),
        Work::Switch(switch) => switch.seconds(),
    };
    begin_for(world, work, target, with, seconds, circumstances)
}

/// Begins an operation that takes so many simulated seconds.
pub(crate) fn begin_for(
    world: &mut World,
    work: Work,
    target: &Place,
    with: &[Place],
    seconds: f64,
    circumstances: &Circumstances,
) -> String {
    let kind = target.kind;
    let verb = match work {
        Work::Put => "Put",
        Work::Delete => "Delete",
        Work::Switch(switch) => switch.verb(),
    };
    let location = world
        .azure
        .get(&target.top())
        .map(|object| object.content.location.clone())
        .filter(|location| !location.is_empty())
        .unwrap_or_else(|| "global".to_owned());
    let id = Uuid::new_v4().to_string();
    let quirks = world.quirks.clone();
    let operation = Operation {
        id: id.clone(),
        name: format!("{verb}{}Operation", kind.noun()),
        work,
        target: target.clone(),
        with: with.to_vec(),
        location,
        status: "InProgress".to_owned(),
        error: None,
        started: world.clock.stamp(),
        ended: None,
        unseen: if circumstances.author == Author::Client { quirks.poll_404 } else { 0 },
        due: world.clock.after(seconds),
        order: world.azure.operations.len() as u64,
        ending: circumstances.ending.clone(),
        started_by_portal: circumstances.author == Author::Portal,
    };
    world.azure.supersede(target, &operation, &world.clock);
    for place in std::iter::once(target).chain(with) {
        if let Some(object) = world.azure.get_mut(place) {
            object.running = Some(id.clone());
            object.state = if work == Work::Delete { State::Deleting } else { State::Updating };
            object.touch();
            if work != Work::Delete {
                object.unseen.late = quirks.late_succeeded_reads;
            }
        }
    }
    world.azure.active.insert(operation.order, id.clone());
    world.azure.operations.insert(id.clone(), operation);
    id
}

impl Azure {
    /// Ends every operation whose time has come, in the order of their times.
    pub(crate) fn settle(&mut self, clock: &Clock) {
        let mut due: Vec<(f64, u64, String)> = self
            .active
            .values()
            .filter_map(|id| self.operations.get(id))
            .filter(|operation| clock.passed(operation.due))
            .map(|operation| (operation.due, operation.order, operation.id.clone()))
            .collect();
        due.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        for (_, _, id) in due {
            self.finish(&id, clock);
        }
    }

    /// Ends what the portal began: it is not waited for.
    pub(crate) fn finish_all(&mut self, clock: &Clock) {
        let portal: Vec<String> = self
            .active
            .values()
            .filter_map(|id| self.operations.get(id))
            .filter(|operation| operation.started_by_portal)
            .map(|operation| operation.id.clone())
            .collect();
        for id in portal {
            self.finish(&id, clock);
        }
    }

    fn finish(&mut self, id: &str, clock: &Clock) {
        let Some(operation) = self.operations.get(id).cloned() else { return };
        let blocked = if operation.work == Work::Delete { self.blocked(&operation.target) } else { None };
        let (status, error) = match (&operation.ending, blocked) {
            (None, None) => ("Succeeded".to_owned(), None),
            (None, Some(error)) => ("Failed".to_owned(), Some(error)),
            (Some(ending), _) => (
                ending.status.clone(),
                (ending.status == "Failed" || ending.status == "Canceled")
                    .then(|| json!({ "code": ending.code, "message": ending.message, "details": [] })),
            ),
        };
        let terminal = ["Succeeded", "Failed", "Canceled"].contains(&status.as_str());
        if let Some(operation) = self.operations.get_mut(id) {
            operation.status.clone_from(&status);
            operation.error = error;
            operation.ended = terminal.then(|| clock.stamp());
        }
        if !terminal {
            return;
        }
        self.active.remove(&operation.order);
        if operation.target.kind == Kind::VirtualMachine {
            virtual_machine::ended(self, clock, &operation, status == "Succeeded");
        }
        match (operation.work, status.as_str()) {
            (Work::Delete, "Succeeded") if operation.target.kind == Kind::Group => {
                self.remove_group(&operation.target, clock);
            }
            (Work::Delete, "Succeeded") => self.remove(&operation.target),
            _ => self.release(&operation, status == "Succeeded"),
        }
    }

    /// Lets the objects of an ended operation go.
    fn release(&mut self, operation: &Operation, well: bool) {
        for place in std::iter::once(&operation.target).chain(&operation.with) {
            let Some(object) = self.get_mut(place) else { continue };
            if object.running.as_deref() != Some(&operation.id) {
                continue;
            }
            object.running = None;
            object.touch();
            let before = object.before.take();
            object.state = match (well, place.kind) {
                (true, _) | (false, Kind::Group) => State::Succeeded,
                (false, _) => State::Failed,
            };
            if !well
                && operation.work == Work::Put
                && let Some(before) = before
            {
                self.replace(place, before);
            }
        }
    }

    /// Cancels the operation that is working on an object, because another one begins.
    fn supersede(&mut self, target: &Place, by: &Operation, clock: &Clock) {
        let Some(id) = self.get(target).and_then(|object| object.running.clone()) else { return };
        if let Some(earlier) = self.operations.get_mut(&id)
            && earlier.running()
        {
            let message = format!(
                "Operation {} ({}) was canceled and superseded by operation {} ({}).",
                earlier.name, earlier.id, by.name, by.id
            );
            "Canceled".clone_into(&mut earlier.status);
            earlier.ended = Some(clock.stamp());
            earlier.error = Some(if target.kind.computes() {
                let message = "Operation execution has been preempted by a more recent operation.";
                Refusal::new(409, "OperationPreempted", message).body()
            } else {
                Refusal::bad("Canceled", "Operation was canceled.")
                    .detail("CanceledAndSupersededDueToAnotherOperation", message)
                    .body()
            });
            self.active.remove(&earlier.order);
        }
        // What was written with the earlier operation goes on with nobody waiting for it.
        let earlier = self.operations.get(&id);
        let left: Vec<Place> = earlier
            .into_iter()
            .flat_map(|earlier| std::iter::once(&earlier.target).chain(&earlier.with))
            .filter(|place| place.key() != target.key())
            .cloned()
            .collect();
        for place in left {
            if let Some(object) = self.get_mut(&place)
                && object.running.as_deref() == Some(id.as_str())
            {
                object.running = None;
                object.before = None;
                object.state = State::Succeeded;
                object.touch();
            }
        }
    }

    /// The error of the last operation on an object that failed.
    pub(crate) fn failure(&self, target: &Place) -> Option<&Value> {
        let key = target.key();
        self.operations
            .values()
            .filter(|operation| operation.target.key() == key)
            .max_by_key(|operation| operation.order)
            .and_then(|operation| operation.error.as_ref())
    }

    fn remove_group(&mut self, group: &Place, clock: &Clock) {
        let inside: Vec<Place> = self.in_group(group).iter().map(|object| object.place.clone()).collect();
        for place in inside {
            if place.kind == Kind::VirtualMachine {
                self.compute.bills.pause(&place.key(), clock.after(0.0));
            }
            self.remove(&place);
        }
        self.remove(group);
    }

    /// Why a resource group cannot go: something outside uses what is in it.
    fn blocked(&self, target: &Place) -> Option<Value> {
        if target.kind != Kind::Group {
            return None;
        }
        let key = target.key();
        let held: Vec<String> = self
            .in_group(target)
            .into_iter()
            .filter(|object| self.users(&object.place).iter().any(|user| user.place.in_group().key() != key))
            .map(|object| format!("'{}'", object.id()))
            .collect();
        if held.is_empty() {
            return None;
        }
        let message = format!(
            "Deletion of resource group '{}' failed as resources with identifiers {} could not be deleted. The \
             provisioning state of the resource group will be rolled back. The tracking Id is '{}'. Please check \
             audit logs for more details.",
            target.group,
            held.join(","),
            Uuid::new_v4()
        );
        Some(json!({ "code": "ResourceGroupDeletionBlocked", "message": message, "details": [] }))
    }
}
