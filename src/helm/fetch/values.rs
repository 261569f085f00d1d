//! The user's values: files and lines of the command line, in Helm's order.

use std::io::Read as _;
use std::path::Path;

use super::folder::io_error;
use crate::helm::chart::set::{BadSet, Kind, json, set, set_literal};
use crate::helm::chart::{BadValues, merge, read_values};
use crate::helm::value::{Map, Value};

/// The largest values file.
const LARGEST: u64 = 100 << 20;

/// What the user gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueOptions {
    /// `-f`: later files lie over earlier ones.
    pub files: Vec<String>,
    /// `--set-json`.
    pub json: Vec<String>,
    /// `--set`.
    pub set: Vec<String>,
    /// `--set-string`.
    pub text: Vec<String>,
    /// `--set-file`.
    pub file: Vec<String>,
    /// `--set-literal`.
    pub literal: Vec<String>,
}

/// Why the values cannot be used, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// A file cannot be read.
    #[error("{0}")]
    Read(String),
    /// A file is no values file.
    #[error("failed to parse {file}: {error}")]
    File {
        /// Which one.
        file: String,
        /// Why.
        error: BadValues,
    },
    /// A line of JSON is none.
    #[error("failed parsing --set-json data JSON: {0}")]
    JsonObject(String),
    /// A line with JSON values cannot be carried out.
    #[error("failed parsing --set-json data {0}")]
    Json(String),
    /// Another line cannot be carried out.
    #[error("failed parsing --{flag} data: {error}")]
    Line {
        /// Which flag.
        flag: &'static str,
        /// Why.
        error: BadSet,
    },
}

impl ValueOptions {
    /// Reads and merges everything.
    pub fn read(&self) -> Result<Map, ValuesError> {
        let mut values = Map::new();
        for file in &self.files {
            let data = read_file(file).map_err(ValuesError::Read)?;
            let over = read_values(&data).map_err(|error| ValuesError::File { file: file.clone(), error })?;
            merge(&mut values, over);
        }
        for line in &self.json {
            if line.trim_start().starts_with('{') {
                let parsed: serde_json::Value =
                    serde_json::from_str(line.trim()).map_err(|_| ValuesError::JsonObject(line.clone()))?;
                if let Value::Map(over) = json(&parsed) {
                    merge(&mut values, over);
                }
            } else {
                set(line, &mut values, Kind::Json).map_err(|_| ValuesError::Json(line.clone()))?;
            }
        }
        let bad = |flag| move |error| ValuesError::Line { flag, error };
        for line in &self.set {
            set(line, &mut values, Kind::Typed).map_err(bad("set"))?;
        }
        for line in &self.text {
            set(line, &mut values, Kind::Text).map_err(bad("set-string"))?;
        }
        for line in &self.file {
            let read = |name: &str| Ok(String::from_utf8_lossy(&read_file(name)?).into_owned());
            set(line, &mut values, Kind::File(&read)).map_err(bad("set-file"))?;
        }
        for line in &self.literal {
            set_literal(line, &mut values).map_err(bad("set-literal"))?;
        }
        Ok(values)
    }
}

/// A file, or what comes in where it is called `-`.
fn read_file(name: &str) -> Result<Vec<u8>, String> {
    let mut data = Vec::new();
    if name.trim() == "-" {
        std::io::stdin().lock().take(LARGEST).read_to_end(&mut data).map_err(|error| error.to_string())?;
        return Ok(data);
    }
    let path = Path::new(name);
    let said = |error: std::io::Error| io_error("open", path, &error).to_string();
    std::fs::File::open(path).map_err(said)?.take(LARGEST).read_to_end(&mut data).map_err(said)?;
    Ok(data)
}
