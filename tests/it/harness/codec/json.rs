//! The JSON of a state file, by the type of the value.

use std::collections::BTreeMap;

use bud::value::{Kind, Number, Value};
use serde_json::value::RawValue;

/// Writes a value as a state file holds it. States are wholly known.
pub(crate) fn to_json(kind: &Kind, value: &Value) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match (kind, value) {
        (Kind::Dynamic, Value::Typed(kind, value)) => {
            format!("{{\"value\": {}, \"type\": {}}}", to_json(kind, value), kind.to_json())
        }
        (_, Value::Null) => "null".to_owned(),
        (_, Value::Unknown(_)) => panic!("an unknown value in a state"),
        (_, Value::Bool(truth)) => truth.to_string(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::String(text)) => quoted(text),
        (_, Value::List(elements)) => {
            let element = |index: usize| match kind {
                Kind::List(element) | Kind::Set(element) => element.as_ref(),
                Kind::Tuple(kinds) => &kinds[index],
                _ => panic!("a list is no {}", kind.words()),
            };
            let elements = elements.iter().enumerate().map(|(index, one)| to_json(element(index), one));
            format!("[{}]", elements.collect::<Vec<_>>().join(", "))
        }
        (Kind::Map(element), Value::Map(entries)) => {
            let entries =
                entries.iter().map(|(key, entry)| format!("{}: {}", quoted(key), to_json(element, entry)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        (Kind::Object(attributes), Value::Map(_)) => {
            let entries = attributes
                .iter()
                .map(|(name, kind)| format!("{}: {}", quoted(name), to_json(kind, value.get(name))));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => panic!("{value:?} is no {}", kind.words()),
    }
}

pub(crate) fn from_json(kind: &Kind, json: &[u8]) -> Result<Value, String> {
    let json: &RawValue = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    read(kind, json.get())
}

fn read(kind: &Kind, json: &str) -> Result<Value, String> {
    let json = json.trim();
    if json == "null" {
        return Ok(Value::Null);
    }
    match kind {
        Kind::Dynamic => {
            let parts: BTreeMap<String, Box<RawValue>> = parse(json)?;
            let part =
                |name: &str| parts.get(name).map(|part| part.get()).ok_or(format!("{name} is missing"));
            let kind: serde_json::Value = parse(part("type")?)?;
            let kind = Kind::from_json(&kind).ok_or_else(|| format!("{kind} is no type"))?;
            let value = read(&kind, part("value")?)?;
            Ok(Value::Typed(Box::new(kind), Box::new(value)))
        }
        Kind::String => match parse::<serde_json::Value>(json)? {
            serde_json::Value::String(text) => Ok(super::text(&text)),
            serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Ok(Value::string(json)),
            _ => Err("a string is required".to_owned()),
        },
        Kind::Number => {
            let text = parse::<String>(json).unwrap_or_else(|_| json.to_owned());
            Number::parse(&text).map(Value::Number).ok_or_else(|| "a number is required".to_owned())
        }
        Kind::Bool => match json.trim_matches('"') {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("a bool is required".to_owned()),
        },
        Kind::List(element) | Kind::Set(element) => {
            let elements: Vec<Box<RawValue>> = parse(json)?;
            elements.iter().map(|one| read(element, one.get())).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Tuple(kinds) => {
            let elements: Vec<Box<RawValue>> = parse(json)?;
            if elements.len() != kinds.len() {
                return Err(format!("a tuple of length {} is required", kinds.len()));
            }
            let pairs = kinds.iter().zip(&elements);
            pairs.map(|(kind, one)| read(kind, one.get())).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Map(element) => {
            let entries: BTreeMap<String, Box<RawValue>> = parse(json)?;
            let entries = entries.into_iter().map(|(key, entry)| Ok((key, read(element, entry.get())?)));
            entries.collect::<Result<_, String>>().map(Value::Map)
        }
        Kind::Object(attributes) => {
            let entries: BTreeMap<String, Box<RawValue>> = parse(json)?;
            if let Some(name) = entries.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(format!("unsupported attribute {name:?}"));
            }
            let attribute = |(name, kind): (&String, &Kind)| {
                let value = entries.get(name).map_or(Ok(Value::Null), |entry| read(kind, entry.get()));
                Ok((name.clone(), value.map_err(|fault| format!("{name}: {fault}"))?))
            };
            attributes.iter().map(attribute).collect::<Result<_, String>>().map(Value::Map)
        }
    }
}

fn parse<'json, T: serde::Deserialize<'json>>(json: &'json str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}
