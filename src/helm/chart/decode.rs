//! Reading a YAML document into fields, with the conversions and the errors of Go's JSON decoder.

use crate::helm::value::{Map, Value};

/// A value of the wrong kind, in the words of Go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("json: cannot unmarshal {found} into Go {place} of type {wanted}")]
pub(crate) struct WrongKind {
    /// What there is: `string`, `number`, `bool`, `array`, `object`.
    found: &'static str,
    /// Where: `value`, or `struct field Metadata.name`.
    place: String,
    /// The Go type that was wanted.
    wanted: String,
}

/// Where in the document a field stands: the Go struct's name and the path of fields.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: &'static str,
    path: String,
}

impl Place {
    /// The document itself.
    pub(crate) fn root(root: &'static str) -> Self {
        Self { root, path: String::new() }
    }

    /// A field within.
    pub(crate) fn field(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { root: self.root, path }
    }

    /// The same path, told from a nested struct.
    pub(crate) fn within(&self, root: &'static str) -> Self {
        Self { root, path: self.path.clone() }
    }

    /// The error for a value that is not of the wanted type.
    pub(crate) fn wrong(&self, value: &Value, wanted: &str) -> WrongKind {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let place = if self.path.is_empty() {
            "value".to_owned()
        } else {
            format!("struct field {}.{}", self.root, self.path)
        };
        WrongKind { found, place, wanted: wanted.to_owned() }
    }

    /// A text; a number or a truth value that YAML made of one is made a text again.
    pub(crate) fn text(&self, value: &Value) -> Result<String, WrongKind> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            Value::Bool(truth) => Ok(truth.to_string()),
            Value::Int(number) => Ok(number.to_string()),
            Value::Float(number) => Ok(number_text(*number)),
            _ => Err(self.wrong(value, "string")),
        }
    }

    /// A truth value.
    pub(crate) fn truth(&self, value: &Value) -> Result<bool, WrongKind> {
        match value {
            Value::Null => Ok(false),
            Value::Bool(truth) => Ok(*truth),
            _ => Err(self.wrong(value, "bool")),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, value: &Value) -> Result<Vec<String>, WrongKind> {
        self.list(value, "[]string")?.iter().map(|one| self.text(one)).collect()
    }

    /// A list.
    pub(crate) fn list<'a>(&self, value: &'a Value, wanted: &str) -> Result<&'a [Value], WrongKind> {
        match value {
            Value::Null => Ok(&[]),
            Value::List(list) => Ok(list),
            _ => Err(self.wrong(value, wanted)),
        }
    }

    /// A mapping.
    pub(crate) fn map<'a>(&self, value: &'a Value, wanted: &str) -> Result<Option<&'a Map>, WrongKind> {
        match value {
            Value::Null => Ok(None),
            Value::Map(map) => Ok(Some(map)),
            _ => Err(self.wrong(value, wanted)),
        }
    }
}

/// A number as Helm writes it where a text is wanted: whole ones in digits, others with the digits that
/// single precision needs.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        return format!("{number:.0}");
    }
    #[allow(clippy::cast_possible_truncation, reason = "Helm rounds to single precision")]
    let short = number as f32;
    let exponent = if short == 0.0 { 0 } else { scientific_exponent(short) };
    if !(-4..21).contains(&exponent) {
        let text = format!("{short:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, size) = exponent.strip_prefix('-').map_or(('+', exponent), |size| ('-', size));
        return format!("{digits}e{sign}{size:0>2}");
    }
    format!("{short}")
}

fn scientific_exponent(number: f32) -> i32 {
    let text = format!("{number:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default()
}

/// Whether a key means the field: Go's decoder does not care for case.
pub(crate) fn names(key: &str, field: &str) -> bool {
    key.eq_ignore_ascii_case(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_texts_that_helm_makes_of_them() {
        for (number, expected) in [(1.0, "1"), (1.1, "1.1"), (0.1, "0.1"), (16.5, "16.5"), (1e-7, "1e-07")] {
            assert_eq!(number_text(number), expected);
        }
    }
}
