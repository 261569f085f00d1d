//! Whether an object of a definition fits its structural schema.

use regex::Regex;
use serde_json::Value;

use super::failure::Cause;

/// Adds what does not fit. Types were looked at before.
pub(crate) fn check(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let known: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        causes.push(Cause::unsupported(path, value, &known));
    }
    match value {
        Value::Object(fields) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    causes.push(Cause::required(below(name), ""));
                }
            }
            for (name, inner) in fields {
                let known = &schema["properties"][name];
                let known = if known.is_object() { known } else { &schema["additionalProperties"] };
                if known.is_object() {
                    check(known, inner, &below(name), causes);
                }
            }
        }
        Value::Array(items) => {
            let size = items.len() as u64;
            if let Some(least) = schema["minItems"].as_u64().filter(|least| size < *least) {
                let why = format!("{path} in body should have at least {least} items");
                causes.push(Cause::invalid(path, &Value::from(size), &why));
            }
            for (index, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{path}[{index}]"), causes);
            }
        }
        Value::String(text) => {
            if let Some(pattern) = schema["pattern"].as_str()
                && Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
            {
                let why = format!("{path} in body should match '{pattern}'");
                causes.push(Cause::invalid(path, value, &why));
            }
            if let Some(least) = schema["minLength"].as_u64()
                && (text.chars().count() as u64) < least
            {
                let why = format!("{path} in body should be at least {least} chars long");
                causes.push(Cause::invalid(path, value, &why));
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
                let why = format!("{path} in body should be greater than or equal to {least}");
                causes.push(Cause::invalid(path, value, &why));
            }
            if let Some(most) = schema["maximum"].as_f64().filter(|most| number > *most) {
                let why = format!("{path} in body should be less than or equal to {most}");
                causes.push(Cause::invalid(path, value, &why));
            }
        }
        _ => {}
    }
}
