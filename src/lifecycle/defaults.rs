//! Lays declared defaults and remembered values into a configuration.

use std::collections::BTreeMap;

use crate::schema::{Attribute, Nesting, Presence, Shape};
use crate::value::Value;

/// The planned object before the resource has its say. Defaults are laid over the configuration, never
/// over what the host proposes (HM7: in lists the host copies computed leaves by position). `prior` is
/// null on create; computed attributes then are unknown, else they keep their prior value.
#[must_use]
pub(super) fn lay(attributes: &[Attribute], config: &Value, prior: &Value) -> Value {
    let planned = attributes
        .iter()
        .map(|attribute| {
            let (config, prior) = (config.get(attribute.name), prior.get(attribute.name));
            (attribute.name.to_owned(), attribute_value(attribute, config, prior))
        })
        .collect();
    Value::Map(planned)
}

fn attribute_value(attribute: &Attribute, config: &Value, prior: &Value) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if !config.is_null() {
        return nested(attribute, config);
    }
    match attribute.presence {
        Presence::Required | Presence::Optional => Value::Null,
        Presence::OptionalComputed | Presence::Computed => match &attribute.rule.default {
            Some(default) => default.clone(),
            None if prior.is_null() => Value::unknown(),
            None => prior.clone(),
        },
    }
}

/// A configured value with the defaults of its nested attributes.
fn nested(attribute: &Attribute, config: &Value) -> Value {
    let Shape::Nested(nesting, attributes) = &attribute.shape else {
        return config.clone();
    };
    let object = |element: &Value| match element {
        Value::Map(_) => lay_nested(attributes, element),
        other => other.clone(),
    };
    match (nesting, config) {
        (Nesting::Single, config) => object(config),
        (Nesting::List, Value::List(elements)) => Value::List(elements.iter().map(object).collect()),
        (Nesting::Map, Value::Map(entries)) => {
            Value::Map(entries.iter().map(|(key, element)| (key.clone(), object(element))).collect())
        }
        (_, other) => other.clone(),
    }
}

/// Leaves of nested objects are never remembered (R23): configuration or default, else null.
fn lay_nested(attributes: &[Attribute], config: &Value) -> Value {
    let entries: BTreeMap<String, Value> = attributes
        .iter()
        .map(|attribute| {
            let given = config.get(attribute.name);
            let value = if attribute.write_only {
                Value::Null
            } else if given.is_null() {
                attribute.rule.default.clone().unwrap_or(Value::Null)
            } else {
                nested(attribute, given)
            };
            (attribute.name.to_owned(), value)
        })
        .collect();
    Value::Map(entries)
}
