//! Values files: their documents, and laying one over another.

use crate::helm::value::{Map, Value};
use crate::helm::yaml::{self, YamlError};

/// Why a values file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValues {
    /// It is no YAML.
    #[error("cannot unmarshal yaml document: {0}")]
    Yaml(#[from] YamlError),
    /// A line that starts like a separator is none.
    #[error("error reading yaml document: invalid Yaml document separator: {0}")]
    Separator(String),
    /// It is YAML, and no mapping.
    #[error(
        "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {0} into Go value of type map[string]interface {{}}"
    )]
    NotMap(&'static str),
}

/// Reads a values file; later documents lie over earlier ones.
pub fn read_values(data: &[u8]) -> Result<Map, BadValues> {
    let mut values = Map::new();
    for document in documents(data)? {
        match yaml::read(document)? {
            Value::Map(map) => merge(&mut values, map),
            Value::Null => {}
            Value::Bool(_) => return Err(BadValues::NotMap("bool")),
            Value::Int(_) | Value::Float(_) => return Err(BadValues::NotMap("number")),
            Value::String(_) => return Err(BadValues::NotMap("string")),
            Value::List(_) => return Err(BadValues::NotMap("array")),
        }
    }
    Ok(values)
}

/// Lays a mapping over another: tables are merged, everything else replaces.
pub fn merge(base: &mut Map, over: Map) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Map(base)), Value::Map(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// The documents of a stream, as Kubernetes' reader splits it: at lines that start with `---`, behind which
/// nothing but a comment may stand. A separator at the start of a document belongs to it.
fn documents(data: &[u8]) -> Result<Vec<&[u8]>, BadValues> {
    let mut found = Vec::new();
    let (mut start, mut line) = (0, 0);
    while line < data.len() {
        let end = data[line..].iter().position(|byte| *byte == b'\n').map_or(data.len(), |at| line + at + 1);
        if let Some(rest) = data[line..end].strip_prefix(b"---") {
            let rest = rest.trim_ascii();
            if !rest.is_empty() && rest[0] != b'#' {
                return Err(BadValues::Separator(String::from_utf8_lossy(rest).into_owned()));
            }
            if line > start {
                found.push(&data[start..line]);
                start = end;
            }
        }
        line = end;
    }
    if start < data.len() {
        found.push(&data[start..]);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_stand_alone_on_their_line() {
        let split = |text: &'static str| documents(text.as_bytes()).unwrap();
        assert_eq!(split("---\na: 1\n---  \nb: 2\n"), [b"---\na: 1\n".as_slice(), b"b: 2\n"]);
        assert_eq!(split("a: 1\n--- # yes\nb: 2"), [b"a: 1\n".as_slice(), b"b: 2"]);
        assert!(split("").is_empty());
        assert_eq!(documents(b"---a: 1\n"), Err(BadValues::Separator("a: 1".to_owned())));
    }
}
