//! From the protocol's messages to values.

use std::collections::BTreeMap;

use super::fault::{Fault, Problem};
use super::msgpack;
use super::proto::tfplugin6::{DynamicValue, RawState, ResourceIdentityData};
use crate::schema::IdentityAttribute;
use crate::value::{Kind, Value};

/// The value of a message; null where there is none.
///
/// # Errors
/// [`Fault`] where it is not of the type.
pub fn value(message: Option<&DynamicValue>, kind: &Kind) -> Result<Value, Fault> {
    match message {
        Some(message) if !message.msgpack.is_empty() => msgpack::read(&message.msgpack, kind),
        Some(message) if !message.json.is_empty() => Ok(Value::from_json(&message.json, kind)?),
        _ => Ok(Value::Null),
    }
}

/// The identity in a message; null where there is none.
///
/// # Errors
/// [`Fault`] where it is not of the type.
pub fn identity(
    message: Option<&ResourceIdentityData>,
    attributes: &[IdentityAttribute],
) -> Result<Value, Fault> {
    match message {
        Some(message) if !attributes.is_empty() => {
            value(message.identity_data.as_ref(), &identity_kind(attributes))
        }
        _ => Ok(Value::Null),
    }
}

/// The JSON of a stored state.
///
/// # Errors
/// [`Fault`] where the state has the form of a host before 0.12.
pub(super) fn stored(message: Option<RawState>) -> Result<Vec<u8>, Fault> {
    let state = message.unwrap_or_default();
    match state.json.is_empty() {
        false => Ok(state.json),
        true if state.flatmap.is_empty() => Ok(b"null".to_vec()),
        true => Err(Problem::Flatmap.into()),
    }
}

/// The type of an identity.
#[must_use]
pub fn identity_kind(attributes: &[IdentityAttribute]) -> Kind {
    let kinds: BTreeMap<_, _> =
        attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.kind.clone())).collect();
    Kind::Object(kinds)
}
