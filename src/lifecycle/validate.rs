//! What the hosts do not check in a configuration, and we must.
//!
//! Source: facts of plugin protocol 6, section 3.3: a value on an attribute that only the provider
//! sets, null elements in nested collections (OpenTofu 1.12.6 crashes on them later), null for a
//! required nested attribute, write-only values where the host cannot keep them out of its state.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, Nesting, Presence, Shape};
use crate::value::{Path, Value};

/// Checks an object of the given attributes.
#[must_use]
pub fn check(attributes: &[Attribute], config: &Value, write_only_allowed: bool) -> Diagnostics {
    let mut diagnostics = Diagnostics::none();
    object(attributes, config, &Path::root(), write_only_allowed, &mut diagnostics);
    diagnostics
}

fn object(
    attributes: &[Attribute],
    config: &Value,
    path: &Path,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        let value = config.get(attribute.name);
        let path = path.attribute(attribute.name);
        if value.is_null() {
            if attribute.presence == Presence::Required {
                diagnostics.push(
                    Diagnostic::error(
                        "Missing value",
                        format!("The attribute {path} is required, and it is missing or null."),
                    )
                    .at(path),
                );
            }
            continue;
        }
        if attribute.presence == Presence::Computed {
            diagnostics.push(
                Diagnostic::error(
                    "Value for a computed attribute",
                    format!(
                        "The attribute {path} is set by the provider alone. Remove it from the configuration."
                    ),
                )
                .at(path),
            );
            continue;
        }
        if attribute.write_only && !write_only_allowed {
            diagnostics.push(
                Diagnostic::error(
                    "Write-only value not supported",
                    format!(
                        "The attribute {path} is write-only, and this host would store it. Use Terraform 1.11 or \
                         OpenTofu 1.11 or newer."
                    ),
                )
                .at(path.clone()),
            );
        }
        one(attribute, value, &path, write_only_allowed, diagnostics);
    }
}

fn one(
    attribute: &Attribute,
    value: &Value,
    path: &Path,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    if let (Some(text), false) = (value.as_str(), attribute.rule.one_of.is_empty())
        && !attribute.rule.one_of.contains(&text)
    {
        let choices: Vec<String> = attribute.rule.one_of.iter().map(|choice| format!("{choice:?}")).collect();
        diagnostics.push(
            Diagnostic::error(
                "Value not allowed",
                format!("The attribute {path} is {text:?}. It must be one of {}.", choices.join(", ")),
            )
            .at(path.clone()),
        );
    }
    let Shape::Nested(nesting, nested) = &attribute.shape else {
        plain_elements(value, path, diagnostics);
        return;
    };
    match (nesting, value) {
        (Nesting::Single, Value::Map(entries)) => {
            if !nested.is_empty() && entries.values().all(Value::is_null) {
                let names: Vec<&str> = nested.iter().map(|attribute| attribute.name).collect();
                diagnostics.push(
                    Diagnostic::warning(
                        "Nothing set in an object",
                        format!(
                            "The object {path} sets none of the attributes it has. Unknown names in it are \
                             dropped by the host without a word, so this may be a misspelling. It knows: {}.",
                            names.join(", ")
                        ),
                    )
                    .at(path.clone()),
                );
            }
            object(nested, value, path, write_only_allowed, diagnostics);
        }
        (Nesting::List, Value::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                element_object(nested, element, &path.index(index), write_only_allowed, diagnostics);
            }
        }
        (Nesting::Map, Value::Map(entries)) => {
            for (key, element) in entries {
                element_object(nested, element, &path.key(key.clone()), write_only_allowed, diagnostics);
            }
        }
        _ => {}
    }
}

fn element_object(
    nested: &[Attribute],
    element: &Value,
    path: &Path,
    write_only_allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    if element.is_null() {
        diagnostics.push(null_element(path));
    } else if !element.is_unknown() {
        object(nested, element, path, write_only_allowed, diagnostics);
    }
}

/// Null elements in plain lists and maps mean nothing anywhere in this provider.
fn plain_elements(value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    match value {
        Value::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                if element.is_null() {
                    diagnostics.push(null_element(&path.index(index)));
                }
                plain_elements(element, &path.index(index), diagnostics);
            }
        }
        Value::Map(entries) => {
            for (key, element) in entries {
                if element.is_null() {
                    diagnostics.push(null_element(&path.key(key.clone())));
                }
                plain_elements(element, &path.key(key.clone()), diagnostics);
            }
        }
        _ => {}
    }
}

fn null_element(path: &Path) -> Diagnostic {
    Diagnostic::error("Null element", format!("The element {path} is null. Remove it or give it a value."))
        .at(path.clone())
}
