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

/// What an operation does when it ends well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes the target and what was written with it ready.
    Put,
    /// Takes the target away.
    Delete,
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// Such as `PutVirtualNetworkOperation`.
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) target: Place,
    pub(crate) location: String,
    pub(crate) status: String,
    pub(crate) error: Option<Value>,
    pub(crate) started: String,
    pub(crate) ended: Option<String>,
    /// Polls that do not find it yet.
    pub(crate) unseen: u32,
    due: f64,
    order: u64,
    ending: Option<Ending>,
    started_by_portal: bool,
}

impl Operation {
    /// Whether it is still going on.
    pub(crate) fn running(&self) -> bool {
        self.ended.is_none()
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
    let (verb, seconds) = match work {
        Work::Put => ("Put", kind.put_seconds()),
        Work::Delete => ("Delete", kind.delete_seconds()),
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
            object.state = if work == Work::Put { State::Updating } else { State::Deleting };
            object.touch();
            if work == Work::Put {
                object.unseen.late = quirks.late_succeeded_reads;
            }
        }
    }
    world.azure.operations.insert(id.clone(), operation);
    id
}

impl Azure {
    /// Ends every operation whose time has come, in the order of their times.
    pub(crate) fn settle(&mut self, clock: &Clock) {
        let mut due: Vec<(f64, u64, String)> = self
            .operations
            .values()
            .filter(|operation| operation.running() && clock.passed(operation.due))
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
            .operations
            .values()
            .filter(|operation| operation.running() && operation.started_by_portal)
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
        match (operation.work, status.as_str()) {
            (Work::Delete, "Succeeded") if operation.target.kind == Kind::Group => {
                self.remove_group(&operation.target);
            }
            (Work::Delete, "Succeeded") => self.remove(&operation.target),
            _ => self.release(id, status == "Succeeded", operation.work),
        }
    }

    /// Lets the objects of an ended operation go.
    fn release(&mut self, id: &str, well: bool, work: Work) {
        let places: Vec<Place> = self
            .all()
            .into_iter()
            .filter(|object| object.running.as_deref() == Some(id))
            .map(|object| object.place.clone())
            .collect();
        for place in places {
            let Some(object) = self.get_mut(&place) else { continue };
            object.running = None;
            object.touch();
            let before = object.before.take();
            object.state = match (well, place.kind) {
                (true, _) | (false, Kind::Group) => State::Succeeded,
                (false, _) => State::Failed,
            };
            if !well
                && work == Work::Put
                && let Some(before) = before
            {
                object.content = before;
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
            earlier.error = Some(
                Refusal::bad("Canceled", "Operation was canceled.")
                    .detail("CanceledAndSupersededDueToAnotherOperation", message)
                    .body(),
            );
        }
        // What was written with the earlier operation goes on with nobody waiting for it.
        let left: Vec<Place> = self
            .all()
            .into_iter()
            .filter(|object| object.running.as_deref() == Some(id.as_str()) && object.place != *target)
            .map(|object| object.place.clone())
            .collect();
        for place in left {
            if let Some(object) = self.get_mut(&place) {
                object.running = None;
                object.before = None;
                object.state = State::Succeeded;
                object.touch();
            }
        }
    }

    fn remove_group(&mut self, group: &Place) {
        let inside: Vec<Place> = self.in_group(group).iter().map(|object| object.place.clone()).collect();
        for place in inside {
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
