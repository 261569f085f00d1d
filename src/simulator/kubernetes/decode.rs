//! What an object must be before anything else is looked at: its kind, its types, and fields that are known.

use serde_json::{Value, json};

use super::api::Call;
use super::failure::Failure;
use super::kinds::Kind;
use super::shape::Shape;

/// Checks kind and types, and drops or refuses unknown fields as the query asks.
pub(crate) fn check(call: &Call<'_>, kind: &Kind, object: &mut Value) -> Result<(), Failure> {
    if !object.is_object() {
        return Err(Failure::bad(format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct {{ {} }}",
            kind.name
        )));
    }
    for (field, expected) in [("kind", kind.name.clone()), ("apiVersion", kind.api_version())] {
        match object[field].as_str() {
            None | Some("") => object[field] = json!(expected),
            Some(sent) if sent == expected => {}
            Some(_) => {
                return Err(Failure::bad(format!(
                    "{} in version \"{}\" cannot be handled as a {}: converting ({}.{}) to ({}.{}): unknown conversion",
                    object["kind"].as_str().unwrap_or_default(),
                    object["apiVersion"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default(),
                    kind.name,
                    object["apiVersion"].as_str().unwrap_or_default().replace('/', "."),
                    object["kind"].as_str().unwrap_or_default(),
                    if kind.group.is_empty() { "core" } else { kind.group.as_str() },
                    kind.name,
                )));
            }
        }
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let mut unknown = Vec::new();
    if let Err((path, wanted, found)) = walk(object, &kind.shape, "", &mut unknown) {
        return Err(Failure::bad(format!(
            "{} in version \"{}\" cannot be handled as a {}: json: cannot unmarshal {found} into Go struct field {}{path} of type {wanted}",
            kind.name, kind.version, kind.name, kind.name,
        )));
    }
    let strict = call.request.parameter("fieldValidation").is_some_and(|value| value == "Strict");
    if strict && !unknown.is_empty() {
        let words: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
        return Err(Failure::bad(format!(
            "{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}",
            kind.name,
            kind.version,
            kind.name,
            words.join(", ")
        )));
    }
    Ok(())
}

/// Drops nulls and unknown fields; the error is where a type is wrong.
fn walk(
    value: &mut Value,
    shape: &Shape,
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), (String, &'static str, &'static str)> {
    let wrong = |wanted, value: &Value| Err((path.to_owned(), wanted, name(value)));
    match shape {
        Shape::Text if !value.is_string() => wrong("string", value),
        Shape::Boolean if !value.is_boolean() => wrong("bool", value),
        Shape::Integer if !value.is_i64() && !value.is_u64() => wrong("int32", value),
        Shape::Number if !value.is_number() => wrong("float64", value),
        Shape::Either if !value.is_string() && !value.is_i64() => wrong("intstr.IntOrString", value),
        Shape::Map(of) => {
            let Some(fields) = value.as_object_mut() else { return wrong("map", value) };
            let quantity = matches!(**of, Shape::Text);
            for (key, inner) in fields.iter_mut() {
                // A quantity may be written as a number, and is kept as a text.
                if quantity && inner.is_number() && is_quantities(path) {
                    *inner = json!(inner.to_string());
                }
                if inner.is_null() && quantity {
                    *inner = json!("");
                }
                walk(inner, of, &format!("{path}.{key}"), unknown)?;
            }
            Ok(())
        }
        Shape::List { of, .. } => {
            let Some(items) = value.as_array_mut() else { return wrong("slice", value) };
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, of, &format!("{path}[{index}]"), unknown)?;
            }
            Ok(())
        }
        Shape::Named(_) | Shape::Fields(_) | Shape::Whole(_) => {
            let Some(known) = shape.fields() else { return Ok(()) };
            let Some(fields) = value.as_object_mut() else { return wrong("object", value) };
            fields.retain(|key, inner| {
                let is_known = known.contains_key(key);
                if !is_known {
                    unknown.push(format!("{path}.{key}").trim_start_matches('.').to_owned());
                }
                is_known && !inner.is_null()
            });
            for (key, inner) in fields.iter_mut() {
                if let Some(field) = known.get(key) {
                    walk(inner, &field.shape, &format!("{path}.{key}"), unknown)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_quantities(path: &str) -> bool {
    ["limits", "requests", "hard", "capacity", "allocatable"].iter().any(|end| path.ends_with(end))
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
