//! YAML as Helm reads and writes it: the dialect of sigs.k8s.io/yaml over go.yaml.in/yaml v2.
//!
//! Reading goes through JSON there, which decides what a value may be: numbers become float64, keys become
//! strings. Writing sorts keys and is byte-exact. No crate does either: libyaml's ports accept and print
//! what Go's does not. What this room does not know: charts and templates.

mod characters;
mod compose;
mod construct;
mod emit;
mod encoding;
mod order;
mod resolve;
mod scalars;
mod scan;
mod tags;
mod time;
mod token;
mod write;

#[cfg(test)]
mod tests;

use super::value::Value;
use construct::Numbers;

pub(crate) use write::{write_pretty, write_through_json};

/// Why a text is no YAML, in the words of Helm's reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What Helm would say, as `error converting YAML to JSON: yaml: line 2: …`.
    pub message: String,
    /// The line, from 1, where the reader knows it.
    pub line: Option<usize>,
}

/// Reads the first document of a text as `yaml.Unmarshal` into an `interface{}` does. An empty text is
/// `Value::Null`. Numbers are `Value::Float`.
pub fn read(text: &[u8]) -> Result<Value, YamlError> {
    read_with(text, Numbers::Floats)
}

/// Reads the first document of a text as Kubernetes reads an object that is sent to it: whole numbers within
/// int64 are `Value::Int` and keep every digit, where [`read`] rounds those above 2^53.
pub fn read_object(text: &[u8]) -> Result<Value, YamlError> {
    read_with(text, Numbers::Whole)
}

fn read_with(text: &[u8], numbers: Numbers) -> Result<Value, YamlError> {
    compose::read(text, numbers).map_err(|fault| YamlError {
        message: format!("error converting YAML to JSON: {}", fault.message),
        line: fault.line,
    })
}

/// Writes a value as `yaml.Marshal` does, with the newline at the end.
pub fn write(value: &Value) -> String {
    // What JSON cannot hold has no text in Helm either.
    write_through_json(value).unwrap_or_default()
}
