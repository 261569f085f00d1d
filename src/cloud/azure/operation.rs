//! Long-running operations: what to ask next, as a pure decision, and the loop that asks.

use std::time::Duration;

use azure_core::Method;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::client::{Client, Failed, Success, refusal};
use super::endpoints::Endpoints;
use super::error_codes::{self, Meaning};
use super::request::{Call, NETWORK, shown};
use super::retry;
use crate::cloud::{Answer, CloudError};
use crate::time::{Ended, Patience};

/// How long the address of an operation, or an object that was made, may be unknown.
const UNKNOWN: Duration = Duration::from_secs(120);
/// First pause where Azure names none, for an operation and for an object that should be ready.
const FIRST: Duration = Duration::from_secs(1);
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// The longest that we choose.
const LONGEST: Duration = Duration::from_secs(10);
/// Where Azure says that no pause is needed, it grows from here nevertheless.
const SHORTEST: Duration = Duration::from_millis(20);
/// How long Azure must ask us to wait for it to be worth looking at the object in the meantime.
const LONG: Duration = Duration::from_secs(3);
/// How often a whole call is repeated after Azure failed inside the operation.
const HICCUPS: u32 = 3;

/// What is being watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// The operation's own address: always 200, the state is in the body.
    Operation(Url),
    /// The address of its result: 202 until it is done.
    Result(Url),
    /// The object itself.
    Object,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// It is done, with the object's last known body (null: read it, or there is none).
    Done(Value),
    /// Ask again what is watched, after the time that Azure named.
    Ask(Watch, Option<Duration>),
    /// It failed.
    Failed(Box<Answer>),
}

/// What the first answer to a call says.
pub(super) fn begin(call: &Call, success: &Success, endpoints: &Endpoints) -> Step {
    let after = error_codes::retry_after(&success.reply);
    let named = |header: &str| {
        let text = success.reply.header(header)?;
        let url = success.url.join(text).ok()?;
        if endpoints.is_manager(&url) {
            return Some(url);
        }
        // The object itself tells as much, and is where our token belongs.
        tracing::warn!(header, url = shown(&url), "an operation at a foreign address is not asked");
        None
    };
    if let Some(url) = named("azure-asyncoperation") {
        return Step::Ask(Watch::Operation(url), after);
    }
    if success.reply.status == 202 {
        return match named("location") {
            Some(url) => Step::Ask(Watch::Result(url), after),
            None => Step::Ask(Watch::Object, after),
        };
    }
    match call.method {
        Method::Delete | Method::Post => Step::Done(Value::Null),
        method => of_object(method, &success.body, after),
    }
}

/// What an answer about the thing that is watched says.
pub(super) fn next(watch: &Watch, method: Method, success: &Success) -> Step {
    let after = error_codes::retry_after(&success.reply);
    match watch {
        Watch::Operation(_) => of_operation(watch, &success.body, after),
        Watch::Result(_) if success.reply.status == 202 => Step::Ask(watch.clone(), after),
        // The result's body is not always the object's: it is read afterwards.
        Watch::Result(_) => Step::Done(Value::Null),
        Watch::Object if method == Method::Delete => Step::Ask(Watch::Object, after),
        Watch::Object => of_object(method, &success.body, after),
    }
}

/// An operation's body. Anything that is not an end, and holds no error, goes on.
fn of_operation(watch: &Watch, body: &Value, after: Option<Duration>) -> Step {
    let status = body.get("status").and_then(Value::as_str).unwrap_or_default();
    let is = |end: &str| status.eq_ignore_ascii_case(end);
    let error = body.get("error").filter(|error| error.is_object());
    let named = error.is_some_and(|error| {
        ["code", "message"]
            .iter()
            .any(|key| error.get(key).and_then(Value::as_str).is_some_and(|t| !t.is_empty()))
    });
    if is("Succeeded") {
        return Step::Done(Value::Null);
    }
    if is("Failed") || is("Canceled") || named {
        return Step::Failed(Box::new(failure(status, body)));
    }
    Step::Ask(watch.clone(), after)
}

/// An object's body: done unless its state is one that passes. Other tags neither break an object nor
/// mend it: whether it had failed before is not theirs to say.
fn of_object(method: Method, body: &Value, after: Option<Duration>) -> Step {
    let state = provisioning_state(body);
    let is = |end: &str| state.eq_ignore_ascii_case(end);
    let broken = is("Failed") || is("Canceled");
    if state.is_empty() || is("Succeeded") || broken && method == Method::Patch {
        return Step::Done(body.clone());
    }
    if broken {
        return Step::Failed(Box::new(failure(state, body)));
    }
    Step::Ask(Watch::Object, after)
}

/// The state that an object shows, empty where it shows none.
pub(super) fn provisioning_state(body: &Value) -> &str {
    body.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default()
}

/// What a failed operation says; the status stands in for a code that is missing.
fn failure(status: &str, body: &Value) -> Answer {
    let mut answer = match body.get("error").filter(|error| error.is_object()) {
        Some(error) => error_codes::read_body(error),
        None => error_codes::read_body(&Value::Null),
    };
    answer.status = 200;
    if answer.code.is_empty() {
        status.clone_into(&mut answer.code);
    }
    answer
}

/// How long to wait before asking again, the first time with `asks` 0: what Azure named, else growing;
/// never past what is left, so that a large number does not keep us from the last look.
pub(super) fn pause(watch: &Watch, asks: u32, named: Option<Duration>, left: Duration) -> Duration {
    let grown = |first: Duration, factor: f64, longest: Duration| {
        first.mul_f64(factor.powi(i32::try_from(asks.min(20)).unwrap_or(20))).min(longest)
    };
    let wanted = match (named, watch) {
        (Some(named), _) => named.max(grown(SHORTEST, 2.0, FIRST)),
        (None, Watch::Object) => grown(FIRST_LOOK, 1.5, LONGEST),
        (None, _) => grown(FIRST, 1.5, LONGEST),
    };
    wanted.min(left.mul_f64(0.9)).max(SHORTEST)
}

/// Whether what a call changes is mostly ready long before Azure wants its operation asked: a part of the
/// network that was made now, or tags. The object itself may be looked at meanwhile.
fn is_quick(call: &Call, first: &Success) -> bool {
    match call.method {
        Method::Put => call.api == NETWORK && first.reply.status == 201,
        Method::Patch => only_tags(call).is_some(),
        _ => false,
    }
}

/// The tags of a call that changes nothing else.
fn only_tags(call: &Call) -> Option<&Value> {
    let body = call.body.as_ref()?.as_object()?;
    body.get("tags").filter(|_| body.len() == 1)
}

/// Whether an object shows that the change is done. A reader that lags behind shows the state of before:
/// that of something new is not there at all, and tags must be those that were sent.
fn shows(call: &Call, body: &Value) -> bool {
    let ready = provisioning_state(body).eq_ignore_ascii_case("Succeeded");
    ready && (call.method != Method::Patch || only_tags(call) == body.get("tags"))
}

impl Client {
    /// Looks at an object until Azure wants its operation asked, for which the time is left that is returned.
    async fn early(&self, call: &Call, named: Duration, patience: &Patience) -> Result<Value, Duration> {
        let begun = Instant::now();
        for asks in 0.. {
            let left = named.saturating_sub(begun.elapsed());
            let pause = pause(&Watch::Result(self.endpoints.manager.clone()), asks, None, patience.left());
            if pause >= left || patience.pause(pause).await.is_err() {
                break;
            }
            match self.send(&Call::get(&call.path, call.api), patience).await {
                Ok(seen) if shows(call, &seen.body) => return Ok(seen.body),
                // Only the operation knows why.
                Ok(seen) if provisioning_state(&seen.body).eq_ignore_ascii_case("Failed") => break,
                Ok(_) => {}
                Err(failed) if super::client::answer_of(&failed.error).is_some_and(|a| a.status == 404) => {}
                // What it is, the operation's own address tells as well.
                Err(_) => break,
            }
        }
        Err(named.saturating_sub(begun.elapsed()))
    }

    /// Sends a call that changes something and waits until the change is finished. Returns the
    /// object, null after a removal. What passes is repeated as a whole.
    pub(super) async fn write(&self, call: &Call, patience: &Patience) -> Result<Value, Failed> {
        let (mut tries, mut hiccups, mut perhaps_done) = (0, 0, false);
        loop {
            tries += 1;
            // Boxed: many nodes wait at once, each in a future that holds all of this.
            let failed = match Box::pin(self.write_once(call, patience)).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            perhaps_done |= failed.perhaps_done;
            let meaning = match &failed.error {
                // Refusals of the request itself have been repeated where that helps.
                CloudError::Refused { answer, .. } if answer.status == 200 => error_codes::meaning_of(answer),
                _ => return Err(Failed { perhaps_done, ..failed }),
            };
            hiccups += u32::from(meaning == Meaning::Hiccup);
            let again = meaning == Meaning::Busy || (meaning == Meaning::Hiccup && hiccups <= HICCUPS);
            let pause = retry::pause(tries, None, &self.chance);
            if !again || patience.pause(pause).await.is_err() {
                return Err(Failed { perhaps_done, ..failed });
            }
            tracing::debug!(
                path = call.path,
                tries,
                "the operation was superseded or got in the way, once more"
            );
        }
    }

    async fn write_once(&self, call: &Call, patience: &Patience) -> Result<Value, Failed> {
        let first = self.send(call, patience).await?;
        // From here on something was done, whatever else goes wrong.
        self.follow(call, &first, patience).await.map_err(|error| Failed { error, perhaps_done: true })
    }

    async fn follow(&self, call: &Call, first: &Success, patience: &Patience) -> Result<Value, CloudError> {
        let mut step = begin(call, first, &self.endpoints);
        let mut last_seen = format!("HTTP {}", first.reply.status);
        let mut unknown_since: Option<Instant> = None;
        let (mut asks, mut looking) = (0, false);
        if let Step::Ask(watch @ (Watch::Operation(_) | Watch::Result(_)), Some(named)) = &step
            && *named > LONG
            && is_quick(call, first)
        {
            match Box::pin(self.early(call, *named, patience)).await {
                Ok(body) => return Ok(body),
                Err(left) => step = Step::Ask(watch.clone(), Some(left)),
            }
        }
        loop {
            let (watch, named) = match step {
                Step::Failed(answer) => return Err(refusal(call, shown(&first.url), *answer)),
                Step::Done(body) if call.method == Method::Delete || body != Value::Null => return Ok(body),
                Step::Done(_) if call.method == Method::Post => return Ok(Value::Null),
                // The operation is over; the object says whether its change is.
                Step::Done(_) => (Watch::Object, Some(Duration::ZERO)),
                Step::Ask(watch, named) => (watch, named),
            };
            if watch == Watch::Object && !looking {
                (looking, asks) = (true, 0);
            }
            let over = |why: Ended| CloudError::Waited {
                what: format!("{} {}", call.method, call.path),
                last_seen: last_seen.clone(),
                why,
            };
            patience.pause(pause(&watch, asks, named, patience.left())).await.map_err(over)?;
            asks += 1;
            let ask = match &watch {
                Watch::Operation(url) | Watch::Result(url) => Call::follow(url.clone()),
                Watch::Object => Call::get(&call.path, call.api),
            };
            match self.send(&ask, patience).await {
                Ok(success) => {
                    unknown_since = None;
                    last_seen = seen(&success);
                    step = next(&watch, call.method, &success);
                }
                Err(failed) => {
                    let refused = super::client::answer_of(&failed.error);
                    if refused.is_none_or(|answer| answer.status != 404) {
                        return Err(failed.error);
                    }
                    let gone = refused.is_some_and(error_codes::is_missing);
                    if watch == Watch::Object && call.method == Method::Delete && gone {
                        return Ok(Value::Null);
                    }
                    // Azure's parts learn of each other with a delay.
                    let since = *unknown_since.get_or_insert_with(Instant::now);
                    "HTTP 404".clone_into(&mut last_seen);
                    step = if since.elapsed() < UNKNOWN {
                        Step::Ask(watch, None)
                    } else if watch == Watch::Object {
                        return Err(failed.error);
                    } else {
                        unknown_since = None;
                        Step::Ask(Watch::Object, None)
                    };
                }
            }
        }
    }
}

/// What a poll showed, for the error of a wait that ended early.
fn seen(success: &Success) -> String {
    let status = success.body.get("status").and_then(Value::as_str);
    let state = provisioning_state(&success.body);
    match status {
        Some(status) => format!("operation {status}"),
        None if !state.is_empty() => format!("provisioningState {state}"),
        None => format!("HTTP {}", success.reply.status),
    }
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
