//! The judge: a restatement of what the hosts check in every answer of a provider.
//!
//! Each check returns what it finds wrong, one text with the place in it per fault; an empty list is
//! an acquittal. The hosts' own words are kept where they have some, so that a text found here can
//! be searched for.

mod compatible;
mod plan_valid;
mod replace;
mod result;

use std::fmt;

use bud::value::Value;

pub(crate) use compatible::compatible;
pub(crate) use plan_valid::plan_valid;
pub(crate) use replace::{Action, action, replace_paths};
pub(crate) use result::{
    applied, destroy_planned, final_plan, identity_kept, identity_planned, planned, read, upgraded,
    wholly_known, write_only_null,
};

/// What is wrong, one text per fault.
pub(crate) type Violations = Vec<String>;

/// A place in a value, for the texts; unlike a `Path` it also reaches into sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(String);

impl Place {
    /// The place of an attribute below this one.
    fn attribute(&self, name: &str) -> Self {
        Self(if self.0.is_empty() { name.to_owned() } else { format!("{}.{name}", self.0) })
    }

    /// The place of an element, by index or quoted key.
    fn element(&self, index: impl fmt::Debug) -> Self {
        Self(format!("{}[{index:?}]", self.0))
    }

    /// A text about this place.
    fn says(&self, text: impl fmt::Display) -> String {
        if self.0.is_empty() { text.to_string() } else { format!("{}: {text}", self.0) }
    }
}

/// A value in a text: short, and recognisable.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Unknown(_) => "unknown".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::List(elements) => {
            format!("[{}]", elements.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key} = {}", show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Typed(_, inner) => show(inner),
    }
}
