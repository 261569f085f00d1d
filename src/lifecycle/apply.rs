//! Applying: what exists goes back to the host, whatever happened.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{Applied, Apply, ApplyDone, Managed, patience};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Attribute;
use crate::state::{Half, Held, Private};
use crate::value::Value;

/// Answers `ApplyResourceChange`.
pub async fn apply(managed: &dyn Managed, request: Apply, stop: CancellationToken) -> ApplyDone {
    let planned_private = Private::read(&request.private);
    if request.planned.is_null() {
        return delete(managed, request, &planned_private, stop).await;
    }
    let held = Held::default();
    let private = planned_private.stored();
    let creates = request.prior.is_null();
    let done = if creates {
        let patience = patience(&request.planned, "create", managed.limits(&request.planned).create, stop);
        let work = managed.create(&request.planned, &request.config, &held, &patience);
        AssertUnwindSafe(work).catch_unwind().await
    } else {
        let patience = patience(&request.planned, "update", managed.limits(&request.planned).update, stop);
        let (prior, planned, config) = (&request.prior, &request.planned, &request.config);
        let work = managed.update(prior, planned, config, &private, &held, &patience);
        AssertUnwindSafe(work).catch_unwind().await
    };
    let outcome = done.unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()));
    match outcome {
        Ok(Applied { state, diagnostics }) => {
            let (_, kept) = held.now().unwrap_or((Value::Null, private));
            settle(managed, state, &kept, diagnostics)
        }
        // A null state with errors: nothing was made, or the prior state is kept.
        Err(diagnostics) => match held.now() {
            Some((state, kept)) => settle(managed, state, &kept, diagnostics),
            None => ApplyDone {
                state: if creates { Value::Null } else { request.prior.clone() },
                private: if creates { Vec::new() } else { private.write() },
                identity: if creates { Value::Null } else { request.identity },
                diagnostics,
            },
        },
    }
}

async fn delete(
    managed: &dyn Managed,
    request: Apply,
    planned: &Private,
    stop: CancellationToken,
) -> ApplyDone {
    let create_follows = planned.half == Some(Half::Create)
        && managed.identity_of(&request.prior).is_some_and(|identity| identity == planned.identity);
    let patience = patience(&request.prior, "delete", managed.limits(&request.prior).delete, stop);
    let work = managed.delete(&request.prior, planned, create_follows, &patience);
    let done = AssertUnwindSafe(work).catch_unwind().await;
    let outcome = done.unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()));
    match outcome {
        Ok(diagnostics) => {
            ApplyDone { state: Value::Null, private: Vec::new(), identity: Value::Null, diagnostics }
        }
        Err(diagnostics) => ApplyDone {
            state: request.prior,
            private: planned.stored().write(),
            identity: request.identity,
            diagnostics,
        },
    }
}

fn settle(managed: &dyn Managed, state: Value, private: &Private, diagnostics: Diagnostics) -> ApplyDone {
    let state = without_write_only(&managed.schema().block.attributes, state.settled());
    let identity = managed.resource_identity(&state);
    ApplyDone {
        identity: if identity.is_wholly_known() { identity } else { Value::Null },
        state,
        private: private.stored().write(),
        diagnostics,
    }
}

/// A state never holds write-only values, nor lacks an attribute.
fn without_write_only(attributes: &[Attribute], state: Value) -> Value {
    let Value::Map(mut entries) = state else { return state };
    for attribute in attributes {
        if attribute.write_only || !entries.contains_key(attribute.name) {
            entries.insert(attribute.name.to_owned(), Value::Null);
        }
    }
    Value::Map(entries)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Diagnostic {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Diagnostic::bug(format!(
        "The operation ended in a panic: {text}. What exists by now is kept in the state."
    ))
}
