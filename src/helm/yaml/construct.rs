//! Makes values of composed nodes: go-yaml's decoder into an `interface{}`, then JSON.

use super::resolve::{Dialect, Scalar, resolve};
use super::scan::Fault;
use crate::helm::render::float_key;
use crate::helm::value::{Map, Value};

/// What go-yaml finds wrong only once the whole document is parsed.
#[derive(Debug, Clone)]
pub(super) enum Late {
    /// When it decodes the nodes.
    Decoding(Fault),
    /// When the decoded values become JSON.
    Converting(Fault),
}

impl Late {
    fn decoding(message: impl AsRef<str>) -> Self {
        Self::Decoding(Fault::new(message))
    }

    /// JSON's words stand for themselves.
    fn converting(message: String) -> Self {
        Self::Converting(Fault { message, line: None })
    }
}

type Result<T, E = Late> = std::result::Result<T, E>;

/// What tags of YAML itself begin with.
pub(super) const LONG_TAG: &str = "tag:yaml.org,2002:";

/// A node with what its parent must know.
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) kind: NodeKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// `<<` in the place of a key.
    Merge,
    Scalar,
    Sequence,
    Mapping,
    /// What an alias stands for, and whether that is a mapping.
    Alias(bool),
}

/// A scalar with its tag resolved.
pub(super) fn scalar(text: String, tag: &str, is_implicit: bool) -> Result<Node> {
    if is_implicit && text == "<<" || tag.strip_prefix(LONG_TAG) == Some("merge") && text == "<<" {
        return Ok(Node { value: Value::String(text), kind: NodeKind::Merge });
    }
    let value = if tag.is_empty() && !is_implicit { Value::String(text) } else { tagged(text, tag)? };
    Ok(Node { value, kind: NodeKind::Scalar })
}

fn tagged(text: String, tag: &str) -> Result<Value> {
    let short = tag.strip_prefix(LONG_TAG).unwrap_or(if tag.is_empty() { "" } else { "?" });
    let found = match short {
        "str" => return Ok(Value::String(text)),
        "binary" => {
            use base64::Engine as _;
            let clean: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
            return match base64::engine::general_purpose::STANDARD.decode(clean) {
                Ok(bytes) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
                Err(_) => Err(Late::decoding("!!binary value contains invalid base64 data")),
            };
        }
        "" | "bool" | "int" | "float" | "null" | "timestamp" => {
            resolve(&text, Dialect::V2, matches!(short, "" | "timestamp"))
        }
        _ => return Ok(Value::String(text)),
    };
    let fits = short.is_empty() || found.tag().strip_prefix("!!") == Some(short);
    if !fits && !(short == "float" && matches!(found, Scalar::Int(_))) {
        return Err(Late::decoding(format!("cannot decode {} `{text}` as a !!{short}", found.tag())));
    }
    #[allow(clippy::cast_precision_loss, reason = "JSON makes every number a float64")]
    Ok(match found {
        Scalar::Null => Value::Null,
        Scalar::Bool(truth) => Value::Bool(truth),
        // Until it is known whether this is a key.
        Scalar::Int(int) => Value::Int(int),
        Scalar::Uint(uint) => Value::Float(uint as f64),
        Scalar::Float(float) => Value::Float(float),
        Scalar::Timestamp | Scalar::Text => Value::String(text),
    })
}

/// Refuses what can be no key, which is decoded before its value is.
pub(super) fn checked_key(key: &Node) -> Result<()> {
    match &key.value {
        value @ (Value::List(_) | Value::Map(_)) => Err(no_key(value)),
        _ => Ok(()),
    }
}

fn no_key(value: &Value) -> Late {
    Late::decoding(format!("invalid map key: {}", go_syntax(value)))
}

/// Puts a pair into a mapping, or merges it in.
pub(super) fn put(map: &mut Map, key: Node, value: Node, numbers: Numbers) -> Result<()> {
    if key.kind == NodeKind::Merge {
        return merge(map, value);
    }
    let name = match key.value {
        Value::String(text) => text,
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float_key(float),
        Value::Bool(truth) => truth.to_string(),
        Value::Null => {
            let shown = go_syntax(&value.value);
            let message = format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}");
            return Err(Late::converting(message));
        }
        other => return Err(no_key(&other)),
    };
    map.insert(name, settled(value.value, numbers)?);
    Ok(())
}

fn merge(map: &mut Map, value: Node) -> Result<()> {
    let wrong = || Late::decoding("map merge requires map or sequence of maps as the value");
    match (value.kind, value.value) {
        (NodeKind::Mapping | NodeKind::Alias(true), Value::Map(over)) => map.extend(over),
        (NodeKind::Sequence, Value::List(items)) => {
            // The first of them wins.
            for item in items.into_iter().rev() {
                let Value::Map(over) = item else { return Err(wrong()) };
                map.extend(over);
            }
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

/// What becomes of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// All numbers are float64, as where Go's JSON is read into an `interface{}`.
    Floats,
    /// They stay whole, as where Kubernetes reads an object.
    Whole,
}

/// A value as JSON gives it: none that JSON cannot write.
pub(super) fn settled(value: Value, numbers: Numbers) -> Result<Value> {
    #[allow(clippy::cast_precision_loss, reason = "what Helm does too")]
    Ok(match value {
        Value::Int(int) if numbers == Numbers::Floats => Value::Float(int as f64),
        Value::Float(float) if !float.is_finite() => {
            let shown = match float {
                _ if float.is_nan() => "NaN",
                _ if float > 0.0 => "+Inf",
                _ => "-Inf",
            };
            return Err(Late::converting(format!("json: unsupported value: {shown}")));
        }
        other => other,
    })
}

/// `%#v` of a decoded value, as two errors show it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => crate::helm::render::float_shortest(*float),
        Value::String(text) => crate::helm::render::quote(text.as_bytes()),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Map(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    format!("{}:{}", crate::helm::render::quote(key.as_bytes()), go_syntax(value))
                })
                .collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", pairs.join(", "))
        }
    }
}
