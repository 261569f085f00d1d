//! What has to wait because something else is going on.

use super::super::message::{Refusal, Request};
use super::super::world::World;
use super::operation::Work;
use super::place::Place;
use super::poll;
use super::reference::references;
use super::store::{Content, Object};

/// Refuses a write while a dependent operation is running: one on the parent, a sibling or a child, or
/// the object's own deletion. A write on the object itself supersedes the one before.
pub(crate) fn check_family(world: &World, request: &Request, target: &Place) -> Result<(), Refusal> {
    let azure = &world.azure;
    let top = target.top();
    let family = azure.get(&top).into_iter().chain(azure.children(&top));
    for member in family {
        let Some(operation) = member.running.as_ref().and_then(|id| azure.operations.get(id)) else {
            continue;
        };
        if !operation.running() {
            continue;
        }
        let own = operation.target.key() == target.key();
        if own && operation.work == Work::Put && !target.kind.computes() {
            continue;
        }
        if target.kind.computes() {
            if operation.work == Work::Delete {
                return Err(gone(target));
            }
            return Err(conflict());
        }
        let message = format!(
            "Another operation on this or dependent resource is in progress. To retrieve status of the operation use \
             uri: {}.",
            poll::status_address(request, operation)
        );
        return Err(delayed(world, Refusal::new(429, "AnotherOperationInProgress", message)));
    }
    Ok(())
}

/// What the compute provider says of two changes at a time.
pub(crate) fn conflict() -> Refusal {
    let message = "The request failed due to conflict with a concurrent request. To resolve it, please refer to \
                   https://aka.ms/activitylog to get more details on the conflicting requests.";
    Refusal::new(409, "Conflict", message)
}

fn gone(target: &Place) -> Refusal {
    let message = format!("{} is being deleted: '{}'.", target.kind.noun(), target.name());
    Refusal::new(409, "OperationNotAllowed", message)
}

/// Refuses a write that refers to an object which is not ready.
pub(crate) fn check_references(world: &World, user: &Place, content: &Content) -> Result<(), Refusal> {
    for place in references(content) {
        let Some(other) = world.azure.get(&place).filter(|other| is_running(world, other)) else { continue };
        let last = other
            .running
            .as_ref()
            .and_then(|id| world.azure.operations.get(id))
            .map(|operation| operation.name.clone())
            .unwrap_or_default();
        let message = format!(
            "Cannot proceed with operation because resource {} used by resource {} is not in Succeeded state. Resource \
             is in {} state and the last operation that updated/is updating the resource is {last}.",
            other.id(),
            user.id(),
            other.state.word()
        );
        let refusal = Refusal::new(429, "RetryableError", "A retryable error occurred.")
            .detail("ReferencedResourceNotProvisioned", message);
        return Err(delayed(world, refusal));
    }
    Ok(())
}

fn is_running(world: &World, object: &Object) -> bool {
    object
        .running
        .as_ref()
        .and_then(|id| world.azure.operations.get(id))
        .is_some_and(super::operation::Operation::running)
}

fn delayed(world: &World, refusal: Refusal) -> Refusal {
    match poll::retry_after(world) {
        Some(seconds) => refusal.with("Retry-After", seconds),
        None => refusal,
    }
}
