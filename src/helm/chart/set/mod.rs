//! `--set` and its kin: one line of text that changes values.

mod input;
mod literal;
mod parser;

pub use parser::BadSet;

use crate::helm::value::{Map, Value};
use parser::{Parser, Reading};

/// How the values of a line are read.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// `--set`: truth values, null and whole numbers are recognised.
    Typed,
    /// `--set-string`: every value is a text.
    Text,
    /// `--set-json` with paths: every value is JSON.
    Json,
    /// `--set-file`: every value is the name of a file, which this reads.
    File(&'a dyn Fn(&str) -> Result<String, String>),
}

impl std::fmt::Debug for Kind<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Typed => "Typed",
            Self::Text => "Text",
            Self::Json => "Json",
            Self::File(_) => "File",
        })
    }
}

/// Carries out one line on the values, which are changed as far as the line could be read.
pub fn set(line: &str, values: &mut Map, kind: Kind<'_>) -> Result<(), BadSet> {
    let reading = match kind {
        Kind::Typed => Reading::Typed,
        Kind::Text => Reading::Text,
        Kind::Json => Reading::Json,
        Kind::File(read) => Reading::File(read),
    };
    Parser::new(line, reading).run(values)
}

/// `--set-literal`: everything behind the first equals sign is the value.
pub fn set_literal(line: &str, values: &mut Map) -> Result<(), BadSet> {
    literal::run(line, values)
}

/// JSON as values, numbers as Go reads them.
pub fn json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(json).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
