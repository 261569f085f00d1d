//! The provider's functions: what a configuration can ask of the foundry's tables.
//!
//! Invariants: every function is pure, as the hosts demand: equal arguments, equal results. Arguments
//! arrive decoded by their declared types; nothing in them is unknown.

mod default_rules;
mod image_tag;
mod ingress_hosts;
mod merge_kubeconfigs;
mod sku;

use std::collections::BTreeMap;

use crate::lifecycle::FunctionError;
use crate::schema::{Function, Parameter};
use crate::value::{Kind, Value};

/// A function and its body.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Name behind `provider::bud::`.
    pub name: &'static str,
    /// What it takes and gives.
    pub function: Function,
    /// The function itself: one argument per parameter.
    pub call: fn(Vec<Value>) -> Result<Value, FunctionError>,
}

/// All functions, by name.
#[must_use]
pub fn catalogue() -> Vec<Declared> {
    vec![
        default_rules::declare(),
        image_tag::declare(),
        ingress_hosts::declare(),
        merge_kubeconfigs::declare(),
        sku::declare(),
    ]
}

/// A parameter that takes neither null nor unknown values.
fn parameter(name: &'static str, doc: &'static str, kind: Kind) -> Parameter {
    Parameter { name, doc, kind, allow_null: false, allow_unknown: false }
}

/// An object type.
fn object(attributes: &[(&str, Kind)]) -> Kind {
    let attributes: BTreeMap<String, Kind> =
        attributes.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
    Kind::Object(attributes)
}

/// A refusal of one argument, counted from 0.
fn refuse(argument: usize, text: impl Into<String>) -> FunctionError {
    FunctionError { text: text.into(), argument }
}

/// An argument that is a string.
fn text(arguments: &[Value], argument: usize) -> Result<&str, FunctionError> {
    arguments.get(argument).and_then(Value::as_str).ok_or_else(|| mistyped(argument))
}

/// The elements of a list of strings.
fn texts(list: &Value, argument: usize) -> Result<Vec<String>, FunctionError> {
    let elements = list.as_list().ok_or_else(|| mistyped(argument))?;
    elements
        .iter()
        .map(|element| match element {
            Value::Null => {
                Err(refuse(argument, "An element of the list is null; every element must be a string."))
            }
            element => element.as_str().map(str::to_owned).ok_or_else(|| mistyped(argument)),
        })
        .collect()
}

/// The hosts convert arguments before they call, so nobody but ourselves can be to blame.
fn mistyped(argument: usize) -> FunctionError {
    refuse(argument, "The argument does not have its declared type. This is a bug in the provider.")
}

/// A list of names for a message: `"a", "b" and "c"`.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing".into(),
    }
}

/// What may have been meant, as a sentence with a blank in front, or nothing.
fn suggestion<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    crate::value::nearest(written, known).map(|name| format!(" Did you mean {name:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
