//! values.schema.json: what values may be, said in the words of the validator that Helm uses.
//!
//! Our own validator, because the tree and the order of the complaints are part of Helm's output and its
//! patterns are Go's. Drafts 4 to 2020-12. A reference to another document is refused: nothing is fetched
//! here.

mod complaint;
mod formats;
mod keywords;
mod objects;
mod references;

use serde_json::Value as Json;

use crate::helm::value::{Map, Value};
use keywords::Validator;

/// Holds values against a schema.
///
/// # Errors
/// Helm's text: what is wrong with the values, or with the schema.
pub fn check(values: &Map, schema: &[u8], warnings: &mut Vec<String>) -> Result<(), String> {
    let schema: Json = serde_json::from_slice(schema).map_err(|error| bad_json(&error))?;
    let values = Json::Object(values.iter().map(|(key, value)| (key.clone(), json(value))).collect());
    let mut validator = Validator::new(&schema)?;
    let complaint = validator.run(&values);
    warnings.append(&mut validator.warnings);
    if let Some(fault) = validator.fault {
        return Err(fault);
    }
    complaint.map_or(Ok(()), |complaint| Err(complaint.text()))
}

fn bad_json(error: &serde_json::Error) -> String {
    if error.is_eof() { "unexpected EOF".to_owned() } else { error.to_string() }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::String(text) => Json::String(text.clone()),
        Value::List(list) => Json::Array(list.iter().map(json).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
    }
}

#[cfg(test)]
mod tests;
