//! Terraform's values as pure data: what crosses the wire, once decoded.
//!
//! Invariants: this room knows neither protobuf nor MessagePack, no schema and no resource. It does
//! no I/O. Numbers keep every digit, unknown values keep their refinement byte for byte.

mod duration;
mod json;
mod kind;
mod number;
mod path;
mod spelling;

use std::collections::BTreeMap;

pub use duration::parse_duration;
pub use json::{JsonFault, JsonProblem};
pub use kind::Kind;
pub use number::Number;
pub use path::{Path, Step};
pub use spelling::nearest;

/// One value of Terraform's type system.
///
/// Lists, sets and tuples are [`Value::List`]; maps and objects are [`Value::Map`]. Which of them is
/// meant is said by the [`Kind`] that accompanies every decoding and encoding.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Absent. The hosts do not distinguish an omitted attribute from an explicit null.
    Null,
    /// Known only after apply.
    Unknown(Refinement),
    /// A truth value.
    Bool(bool),
    /// A number with all its digits.
    Number(Number),
    /// A string in Unicode normalisation form C.
    String(String),
    /// Elements of a list, a set or a tuple, in the order of the wire.
    List(Vec<Value>),
    /// Entries of a map or attributes of an object.
    Map(BTreeMap<String, Value>),
    /// The value of an attribute of type `dynamic`, together with its own type.
    Typed(Box<Kind>, Box<Value>),
}

/// What a host already knows of an unknown value (not null, a prefix, bounds), kept as the bytes of
/// its MessagePack map so that it goes back unchanged; empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refinement(pub Vec<u8>);

impl Value {
    /// An unknown value without refinement.
    #[must_use]
    pub fn unknown() -> Self {
        Self::Unknown(Refinement::default())
    }

    /// A string value.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// A whole number.
    #[must_use]
    pub fn int(number: i64) -> Self {
        Self::Number(Number::from(number))
    }

    /// An object or a map from its entries.
    pub fn object<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Typed(_, inner) => inner.is_null(),
            _ => false,
        }
    }

    /// Whether the value itself is unknown; its parts may be unknown although it is not.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Typed(_, inner) => inner.is_unknown(),
            _ => false,
        }
    }

    /// Whether neither the value nor any part of it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(entries) => entries.values().all(Self::is_wholly_known),
            Self::Typed(_, inner) => inner.is_wholly_known(),
            _ => true,
        }
    }

    /// The attribute of an object or the entry of a map, null where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        const NOTHING: Value = Value::Null;
        match self {
            Self::Map(entries) => entries.get(name).unwrap_or(&NOTHING),
            Self::Unknown(_) => self,
            _ => &NOTHING,
        }
    }

    /// Sets an attribute of an object; does nothing to a value that is no object.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Self::Map(entries) = self {
            entries.insert(name.to_owned(), value);
        }
    }

    /// The text of a string, if the value is a known one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if the value is a known one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The entries of an object or map, if the value is a known one.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple, if the value is a known one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The same value with null in the place of everything unknown, as a state must be.
    #[must_use]
    pub fn settled(self) -> Self {
        match self {
            Self::Unknown(_) => Self::Null,
            Self::List(elements) => Self::List(elements.into_iter().map(Self::settled).collect()),
            Self::Map(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key, value.settled())).collect())
            }
            Self::Typed(kind, inner) => Self::Typed(kind, Box::new(inner.settled())),
            other => other,
        }
    }
}
