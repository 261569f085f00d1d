//! States that earlier versions stored.

use super::{Managed, Upgrade};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, Nesting, Shape};
use crate::value::Value;

/// Answers `UpgradeResourceState`, which the hosts send for every object each time, whatever its
/// version. Attributes that the schema does not have any more are dropped, missing ones become null.
#[must_use]
pub fn upgrade(managed: &dyn Managed, request: &Upgrade) -> (Option<Value>, Diagnostics) {
    let block = &managed.schema().block;
    let decoded = if request.version == block.version {
        Value::from_json(&request.json, &block.kind())
            .map_err(|reason| unreadable(request, &reason.to_string()))
    } else {
        serde_json::from_slice::<serde_json::Value>(&request.json)
            .map_err(|reason| unreadable(request, &reason.to_string()))
            .and_then(|json| managed.upgrade(request.version, json))
            .and_then(|json| {
                Value::from_older_json(json.to_string().as_bytes(), &block.kind())
                    .map_err(|reason| unreadable(request, &reason.to_string()))
            })
    };
    match decoded {
        Ok(Value::Null) => (None, unreadable(request, "it is null").into()),
        Ok(state) => (Some(complete(&block.attributes, state)), Diagnostics::none()),
        Err(diagnostic) => (None, diagnostic.into()),
    }
}

/// The state with every attribute that the schema has.
fn complete(attributes: &[Attribute], state: Value) -> Value {
    let Value::Map(mut entries) = state else { return state };
    for attribute in attributes {
        let value = entries.remove(attribute.name).unwrap_or(Value::Null);
        let value = match (&attribute.shape, value) {
            (Shape::Nested(Nesting::Single, nested), value @ Value::Map(_)) => complete(nested, value),
            (Shape::Nested(Nesting::List, nested), Value::List(elements)) => {
                Value::List(elements.into_iter().map(|element| complete(nested, element)).collect())
            }
            (Shape::Nested(Nesting::Map, nested), Value::Map(elements)) => Value::Map(
                elements.into_iter().map(|(key, element)| (key, complete(nested, element))).collect(),
            ),
            (_, value) => value,
        };
        entries.insert(attribute.name.to_owned(), value);
    }
    Value::Map(entries)
}

fn unreadable(request: &Upgrade, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "State cannot be read",
        format!(
            "The stored state of a {} (schema version {}) cannot be read: {reason}. Restore the state from a \
             backup, or remove the object from the state and import it again.",
            request.type_name, request.version
        ),
    )
}
