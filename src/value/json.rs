//! Values as the hosts write them in JSON: state files, and values that a host sends as JSON.
//!
//! Source: cty's JSON form. Numbers keep their digits, `dynamic` is `{"type": T, "value": v}`, a missing
//! attribute is null, and primitives are converted into each other where cty does so.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::number::canonical;
use super::{Kind, Number, Path, Step, Value};

/// How deep values may be nested; only `dynamic` can nest deeper than its own schema.
const DEPTH: usize = 128;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// No JSON at all.
    #[error("the JSON cannot be read at line {line}, column {column}")]
    Syntax {
        /// Line, counted from 1 in the innermost value.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// Another type than the schema's.
    #[error("{expected} is required")]
    Mismatch {
        /// The schema's type in words.
        expected: String,
    },
    /// A tuple of the wrong length.
    #[error("a tuple of {expected} elements is required, {found} are given")]
    Length {
        /// How many the type has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An attribute that the schema does not have.
    #[error("there is no attribute of this name")]
    Surplus,
    /// The type in a dynamic value is none.
    #[error("the type of a dynamic value cannot be read")]
    Type,
    /// Nested too deeply.
    #[error("the value is nested more than {DEPTH} levels deep")]
    Depth,
    /// Unknown values have no JSON.
    #[error("an unknown value has no JSON")]
    Unknown,
}

/// A value that cannot be read from JSON or written as JSON, and where it stands. The path ends at a
/// set, since elements of sets cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct JsonFault {
    /// Where.
    pub path: Path,
    /// What.
    pub problem: JsonProblem,
}

impl From<JsonProblem> for JsonFault {
    fn from(problem: JsonProblem) -> Self {
        Self { path: Path::root(), problem }
    }
}

impl JsonFault {
    fn under(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }

    fn under_set(mut self) -> Self {
        self.path = Path::root();
        self
    }
}

/// What happens to attributes that the type does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surplus {
    Refused,
    Dropped,
}

impl Value {
    /// Reads a value of the given type; attributes that the type does not have are refused.
    ///
    /// # Errors
    /// [`JsonFault`] with the place and what is wrong there.
    pub fn from_json(json: &[u8], kind: &Kind) -> Result<Self, JsonFault> {
        read(parse(json)?, kind, Surplus::Refused, DEPTH)
    }

    /// Reads a stored state of another version of the type: attributes that the type does not have any
    /// more are dropped, those that it did not have yet are null.
    ///
    /// # Errors
    /// [`JsonFault`] with the place and what is wrong there.
    pub fn from_older_json(json: &[u8], kind: &Kind) -> Result<Self, JsonFault> {
        read(parse(json)?, kind, Surplus::Dropped, DEPTH)
    }

    /// Writes the value as JSON: every attribute of the type, null where there is none.
    ///
    /// # Errors
    /// [`JsonFault`] where the value is unknown or not of the type.
    pub fn to_json(&self, kind: &Kind) -> Result<String, JsonFault> {
        let mut text = String::new();
        write(self, kind, &mut text)?;
        Ok(text)
    }
}

// === Reading ===

fn parse<'json, T: serde::Deserialize<'json>>(json: &'json [u8]) -> Result<T, JsonFault> {
    serde_json::from_slice(json)
        .map_err(|fault| JsonProblem::Syntax { line: fault.line(), column: fault.column() }.into())
}

fn read(json: &RawValue, kind: &Kind, surplus: Surplus, depth: usize) -> Result<Value, JsonFault> {
    let depth = depth.checked_sub(1).ok_or(JsonProblem::Depth)?;
    let text = json.get();
    if text == "null" {
        return Ok(Value::Null);
    }
    match kind {
        Kind::String | Kind::Number | Kind::Bool => {
            primitive(text, kind).ok_or_else(|| mismatch(kind).into())
        }
        Kind::Dynamic => dynamic(text, surplus, depth),
        Kind::List(element) => {
            let mut values = Vec::new();
            for (index, json) in array(text, kind)?.into_iter().enumerate() {
                let value = read(json, element, surplus, depth);
                values.push(value.map_err(|fault| fault.under(Step::Index(index)))?);
            }
            Ok(Value::List(values))
        }
        Kind::Set(element) => {
            let values = array(text, kind)?.into_iter().map(|json| read(json, element, surplus, depth));
            Ok(Value::List(values.collect::<Result<_, _>>().map_err(JsonFault::under_set)?))
        }
        Kind::Tuple(elements) => {
            let found = array(text, kind)?;
            if found.len() != elements.len() {
                return Err(JsonProblem::Length { expected: elements.len(), found: found.len() }.into());
            }
            let mut values = Vec::new();
            for (index, (json, element)) in found.into_iter().zip(elements).enumerate() {
                let value = read(json, element, surplus, depth);
                values.push(value.map_err(|fault| fault.under(Step::Index(index)))?);
            }
            Ok(Value::List(values))
        }
        Kind::Map(element) => {
            let mut entries = BTreeMap::new();
            for (key, json) in object(text, kind)? {
                let value = read(json, element, surplus, depth);
                let value = value.map_err(|fault| fault.under(Step::Key(key.clone())))?;
                entries.insert(normal(key), value);
            }
            Ok(Value::Map(entries))
        }
        Kind::Object(attributes) => {
            let mut found = object(text, kind)?;
            let mut entries = BTreeMap::new();
            for (name, attribute) in attributes {
                let value = match found.remove(name) {
                    Some(json) => read(json, attribute, surplus, depth)
                        .map_err(|fault| fault.under(Step::Attribute(name.clone())))?,
                    None => Value::Null,
                };
                entries.insert(name.clone(), value);
            }
            match found.into_keys().next() {
                Some(name) if surplus == Surplus::Refused => {
                    Err(JsonFault::from(JsonProblem::Surplus).under(Step::Attribute(name)))
                }
                _ => Ok(Value::Map(entries)),
            }
        }
    }
}

fn dynamic(text: &str, surplus: Surplus, depth: usize) -> Result<Value, JsonFault> {
    let mut pair = object(text, &Kind::Dynamic)?;
    let (Some(kind), Some(value)) = (pair.remove("type"), pair.remove("value")) else {
        return Err(mismatch(&Kind::Dynamic).into());
    };
    let kind = serde_json::from_str(kind.get()).ok().and_then(|json| Kind::from_json(&json));
    let kind = kind.ok_or(JsonProblem::Type)?;
    if kind == Kind::Dynamic {
        // Only null and unknown have no type of their own.
        return if value.get() == "null" { Ok(Value::Null) } else { Err(JsonProblem::Type.into()) };
    }
    let value = read(value, &kind, surplus, depth)?;
    Ok(Value::Typed(Box::new(kind), Box::new(value)))
}

/// A primitive, converted as cty does.
fn primitive(text: &str, kind: &Kind) -> Option<Value> {
    let number = |text: &str| Number::parse(text).map(Value::Number);
    match (text.as_bytes().first()?, kind) {
        (b'"', kind) => {
            let text: String = serde_json::from_str(text).ok()?;
            match (kind, text.as_str()) {
                (Kind::Number, text) => number(text),
                (Kind::Bool, "true" | "1") => Some(Value::Bool(true)),
                (Kind::Bool, "false" | "0") => Some(Value::Bool(false)),
                (Kind::Bool, _) => None,
                _ => Some(Value::String(normal(text))),
            }
        }
        (b't' | b'f', Kind::Bool) => Some(Value::Bool(text == "true")),
        (b't' | b'f' | b'-' | b'0'..=b'9', Kind::String) => Some(Value::string(text)),
        (b'-' | b'0'..=b'9', Kind::Number) => number(text),
        _ => None,
    }
}

fn array<'json>(text: &'json str, kind: &Kind) -> Result<Vec<&'json RawValue>, JsonFault> {
    serde_json::from_str(text).map_err(|_| mismatch(kind).into())
}

fn object<'json>(text: &'json str, kind: &Kind) -> Result<BTreeMap<String, &'json RawValue>, JsonFault> {
    serde_json::from_str(text).map_err(|_| mismatch(kind).into())
}

fn mismatch(kind: &Kind) -> JsonProblem {
    JsonProblem::Mismatch { expected: kind.words() }
}

/// The text in normalisation form C, in which values are compared.
fn normal(text: String) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        _ => text.nfc().collect(),
    }
}

// === Writing ===

fn write(value: &Value, kind: &Kind, into: &mut String) -> Result<(), JsonFault> {
    match (kind, value) {
        (_, Value::Unknown(_)) => Err(JsonProblem::Unknown.into()),
        (_, Value::Null) => {
            into.push_str("null");
            Ok(())
        }
        (Kind::Dynamic, Value::Typed(kind, value)) => {
            into.push_str("{\"type\":");
            into.push_str(&kind.to_json().to_string());
            into.push_str(",\"value\":");
            write(value, kind, into)?;
            into.push('}');
            Ok(())
        }
        (Kind::Bool, Value::Bool(truth)) => {
            into.push_str(if *truth { "true" } else { "false" });
            Ok(())
        }
        (Kind::Number, Value::Number(number)) => {
            into.push_str(&digits(number));
            Ok(())
        }
        (Kind::String, Value::String(text)) => {
            quote(text, into);
            Ok(())
        }
        (Kind::List(_) | Kind::Set(_) | Kind::Tuple(_), Value::List(values)) => elements(values, kind, into),
        (Kind::Map(_) | Kind::Object(_), Value::Map(values)) => entries(values, kind, into),
        _ => Err(mismatch(kind).into()),
    }
}

fn elements(values: &[Value], kind: &Kind, into: &mut String) -> Result<(), JsonFault> {
    if let Kind::Tuple(kinds) = kind
        && kinds.len() != values.len()
    {
        return Err(JsonProblem::Length { expected: kinds.len(), found: values.len() }.into());
    }
    for (index, value) in values.iter().enumerate() {
        into.push(if index == 0 { '[' } else { ',' });
        match kind {
            Kind::Set(element) => write(value, element, into).map_err(JsonFault::under_set)?,
            Kind::List(element) => {
                write(value, element, into).map_err(|fault| fault.under(Step::Index(index)))?;
            }
            Kind::Tuple(kinds) => {
                write(value, &kinds[index], into).map_err(|fault| fault.under(Step::Index(index)))?;
            }
            _ => return Err(mismatch(kind).into()),
        }
    }
    into.push_str(if values.is_empty() { "[]" } else { "]" });
    Ok(())
}

fn entries(values: &BTreeMap<String, Value>, kind: &Kind, into: &mut String) -> Result<(), JsonFault> {
    into.push('{');
    let mut separator = "";
    let mut put = |name: &str, value: &Value, kind: &Kind, step: Step| {
        into.push_str(separator);
        separator = ",";
        quote(name, into);
        into.push(':');
        write(value, kind, into).map_err(|fault| fault.under(step))
    };
    match kind {
        Kind::Map(element) => {
            for (key, value) in values {
                put(key, value, element, Step::Key(key.clone()))?;
            }
        }
        Kind::Object(attributes) => {
            for (name, attribute) in attributes {
                let value = values.get(name).unwrap_or(&Value::Null);
                put(name, value, attribute, Step::Attribute(name.clone()))?;
            }
            if let Some(name) = values.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(JsonFault::from(JsonProblem::Surplus).under(Step::Attribute(name.clone())));
            }
        }
        _ => return Err(mismatch(kind).into()),
    }
    into.push('}');
    Ok(())
}

fn quote(text: &str, into: &mut String) {
    into.push_str(&serde_json::Value::from(text).to_string());
}

/// The number's own text where it is JSON, else the same number as JSON.
fn digits(number: &Number) -> String {
    let text = number.text();
    if serde_json::from_str::<&RawValue>(text).is_ok() {
        return text.to_owned();
    }
    match canonical(text) {
        Some((_, significant, _)) if significant.is_empty() => "0".into(),
        Some((negative, significant, exponent)) => {
            format!("{}{significant}e{exponent}", if negative { "-" } else { "" })
        }
        // A number is only ever made from a decimal text.
        None => "0".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &str) -> Kind {
        Kind::from_json(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[track_caller]
    fn both_ways(json: &str, of: &str) {
        let value = Value::from_json(json.as_bytes(), &kind(of)).unwrap();
        assert_eq!(value.to_json(&kind(of)).unwrap(), json);
    }

    #[test]
    fn what_is_read_is_written_back() {
        both_ways(r#"{"a":"ü\n","b":1234567890.12345678901}"#, r#"["object",{"a":"string","b":"number"}]"#);
        both_ways(r"[18446744073709551616,1e400]", r#"["set","number"]"#);
        both_ways(r#"[true,null,{"k":[]}]"#, r#"["tuple",["bool","string",["map",["list","bool"]]]]"#);
        both_ways(r#"{"type":["tuple",["number"]],"value":[0.1]}"#, r#""dynamic""#);
        both_ways("null", r#""dynamic""#);
        both_ways("{}", r#"["map","string"]"#);
    }

    #[test]
    fn a_missing_attribute_is_null() {
        let value = Value::from_json(b"{}", &kind(r#"["object",{"a":"string"}]"#)).unwrap();
        assert_eq!(value, Value::object([("a", Value::Null)]));
    }

    #[test]
    fn an_attribute_too_many_is_refused_except_in_an_older_state() {
        let of = kind(r#"["list",["object",{"a":"string"}]]"#);
        let json = br#"[{"a":"x","old":1}]"#;
        let fault = Value::from_json(json, &of).unwrap_err();
        assert_eq!((fault.path.to_string().as_str(), fault.problem), ("[0].old", JsonProblem::Surplus));
        let value = Value::from_older_json(json, &of).unwrap();
        assert_eq!(value, Value::List(vec![Value::object([("a", Value::string("x"))])]));
    }

    #[test]
    fn primitives_are_converted_as_the_hosts_do() {
        let of = kind(r#"["tuple",["bool","bool","number","string","string"]]"#);
        let value = Value::from_json(br#"["1","false","1.50",1.50,true]"#, &of).unwrap();
        let number = Value::Number(Number::parse("1.5").unwrap());
        let expected =
            [Value::Bool(true), Value::Bool(false), number, Value::string("1.50"), Value::string("true")];
        assert_eq!(value, Value::List(expected.to_vec()));
    }

    #[test]
    fn the_fault_says_where() {
        let of = kind(r#"["object",{"a":["map",["list","number"]],"s":["set",["list","bool"]]}]"#);
        let fault = |json: &str| Value::from_json(json.as_bytes(), &of).unwrap_err();
        assert_eq!(fault(r#"{"a":{"k":[1,"x"]}}"#).path.to_string(), r#"a["k"][1]"#);
        assert_eq!(fault(r#"{"s":[[true],[1]]}"#).path.to_string(), "s");
        assert_eq!(fault(r#"{"a":"#).problem, JsonProblem::Syntax { line: 1, column: 5 });
        assert_eq!(fault("[]").problem, JsonProblem::Mismatch { expected: "object".into() });
    }

    #[test]
    fn strings_are_brought_into_normal_form() {
        let value = Value::from_json("\"e\u{301}\"".as_bytes(), &Kind::String).unwrap();
        assert_eq!(value, Value::string("\u{e9}"));
    }

    #[test]
    fn endless_nesting_is_refused() {
        let mut json = "null".to_owned();
        for _ in 0..200 {
            json = format!(r#"{{"type":["list","dynamic"],"value":[{json}]}}"#);
        }
        let fault = Value::from_json(json.as_bytes(), &Kind::Dynamic).unwrap_err();
        assert!(matches!(fault.problem, JsonProblem::Depth | JsonProblem::Mismatch { .. }));
        let brackets = "[".repeat(1_000_000);
        assert!(Value::from_json(brackets.as_bytes(), &Kind::Dynamic).is_err());
    }

    #[test]
    fn unknown_values_and_odd_numbers() {
        assert_eq!(Value::unknown().to_json(&Kind::Bool).unwrap_err().problem, JsonProblem::Unknown);
        for (text, json) in [("+5", "5e0"), (".5", "5e-1"), ("5.", "5e0"), ("-.0", "0"), ("007", "7e0")] {
            let value = Value::Number(Number::parse(text).unwrap());
            assert_eq!(value.to_json(&Kind::Number).unwrap(), json);
            assert_eq!(Value::from_json(json.as_bytes(), &Kind::Number).unwrap(), value);
        }
    }
}
