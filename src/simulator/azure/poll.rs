//! Looking at operations: the two addresses that lead to one, and what they answer.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::super::quirks::{OperationHeaders, RetryAfter};
use super::super::world::World;
use super::kind::{COMPUTE, Kind, NETWORK};
use super::operation::{Operation, Work};
use super::read;

/// Azure's Retry-After of the network provider, in simulated seconds.
const RETRY_AFTER: f64 = 10.0;

/// The value of the Retry-After header now.
pub(crate) fn retry_after(world: &World) -> Option<String> {
    match world.quirks.retry_after {
        RetryAfter::Scaled => Some(world.clock.retry_after(RETRY_AFTER).to_string()),
        RetryAfter::Absent => None,
        RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
    }
}

/// Where an operation's status is.
pub(crate) fn status_address(request: &Request, operation: &Operation) -> String {
    address(request, operation, "operations")
}

fn result_address(request: &Request, operation: &Operation) -> String {
    if operation.target.kind == Kind::Group {
        return format!(
            "{}/subscriptions/{}/operationresults/{}?api-version=2021-04-01",
            request.origin, operation.target.subscription, operation.id
        );
    }
    if operation.target.kind.computes() {
        return format!("{}&monitor=true", address(request, operation, "operations"));
    }
    address(request, operation, "operationResults")
}

fn address(request: &Request, operation: &Operation, collection: &str) -> String {
    let version = request.parameter("api-version").unwrap_or_default();
    let (namespace, collection) = match operation.target.kind {
        Kind::Disk => (COMPUTE, "DiskOperations"),
        kind if kind.computes() => (COMPUTE, collection),
        _ => (NETWORK, collection),
    };
    format!(
        "{}/subscriptions/{}/providers/{namespace}/locations/{}/{collection}/{}?api-version={version}",
        request.origin, operation.target.subscription, operation.location, operation.id
    )
}

/// The answer that begins an operation, with the headers that lead to it.
pub(crate) fn begun(world: &World, request: &Request, id: &str, answer: Answer) -> Answer {
    let Some(operation) = world.azure.operations.get(id) else { return answer };
    // Only a PUT may come without a Location: what it makes has an address of its own.
    let located = operation.work != Work::Put || operation.target.kind == Kind::Disk;
    let quirk = world.quirks.operation_headers;
    let mut answer = answer;
    let polled = operation.target.kind != Kind::Group && quirk == OperationHeaders::Documented;
    if polled {
        answer = answer
            .with("Azure-AsyncOperation", status_address(request, operation))
            .with("Azure-AsyncNotification", "Enabled");
    }
    if located || quirk == OperationHeaders::LocationOnly {
        answer = answer.with("Location", result_address(request, operation));
    }
    match retry_after(world) {
        Some(seconds) => answer.with("Retry-After", seconds),
        None => answer,
    }
}

/// `GET …/operations/{id}`.
pub(crate) fn status(world: &mut World, id: &str) -> Result<Answer, Refusal> {
    let operation = seen(world, id)?;
    let mut body = Map::new();
    body.insert(
        "id".into(),
        json!(format!(
            "/subscriptions/{}/providers/{}/locations/{}/operations/{id}",
            operation.target.subscription,
            operation.target.kind.namespace(),
            operation.location
        )),
    );
    body.insert("name".into(), json!(id));
    body.insert("status".into(), json!(operation.status));
    body.insert("startTime".into(), json!(operation.started));
    if let Some(ended) = &operation.ended {
        body.insert("endTime".into(), json!(ended));
    }
    if let Some(error) = &operation.error {
        body.insert("error".into(), error.clone());
    }
    let answer = Answer::json(200, Value::Object(body));
    Ok(match retry_after(world).filter(|_| operation.running()) {
        Some(seconds) => answer.with("Retry-After", seconds),
        None => answer,
    })
}

/// `GET …/operationResults/{id}` and, for resource groups, `GET …/operationresults/{id}`.
pub(crate) fn result(world: &mut World, request: &Request, id: &str) -> Result<Answer, Refusal> {
    let operation = seen(world, id)?;
    if operation.running() {
        let answer = Answer::empty(202).with("Location", result_address(request, &operation));
        return Ok(match retry_after(world) {
            Some(seconds) => answer.with("Retry-After", seconds),
            None => answer,
        });
    }
    if let Some(error) = &operation.error {
        // Resource groups answer with capital keys.
        let body = if operation.target.kind == Kind::Group {
            json!({ "Error": { "Code": error["code"], "Message": error["message"], "Details": [] } })
        } else {
            json!({ "error": error })
        };
        return Ok(Answer::json(409, body));
    }
    match (operation.work, operation.target.kind) {
        (Work::Delete, Kind::Group) => Ok(Answer::empty(200)),
        (Work::Delete, _) => Ok(Answer::empty(204)),
        (Work::Switch(_), _) => Ok(Answer::empty(200)),
        (Work::Put, _) => match world.azure.get(&operation.target) {
            Some(object) => Ok(Answer::json(200, read::shown(world, object))),
            None => Ok(Answer::empty(204)),
        },
    }
}

fn seen(world: &mut World, id: &str) -> Result<Operation, Refusal> {
    let absent = || Refusal::new(404, "NotFound", format!("Operation {id} not found."));
    let operation = world.azure.operations.get_mut(id).ok_or_else(absent)?;
    if operation.unseen > 0 {
        operation.unseen -= 1;
        return Err(absent());
    }
    Ok(operation.clone())
}
