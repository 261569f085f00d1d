//! Holds a body against a [`Form`].

use serde_json::{Map, Value};

use super::super::message::Refusal;
use super::form::{Field, Form, Need, Shape};
use super::kind::Kind;
use super::place::Place;

/// A body that is being checked.
pub(crate) struct Check<'a> {
    /// The body as it was sent, for positions in messages.
    raw: &'a str,
    /// Whether the compute provider reads it, which words its refusals in its own way.
    computes: bool,
}

impl<'a> Check<'a> {
    /// A check of this body.
    pub(crate) fn of(raw: &'a str) -> Self {
        Self { raw, computes: false }
    }

    /// A check of a body for this kind of object.
    pub(crate) fn for_kind(raw: &'a str, kind: Kind) -> Self {
        Self { raw, computes: kind.computes() }
    }

    /// The properties that count: without nulls and without what is read-only.
    pub(crate) fn properties(
        &self,
        form: &Form,
        value: &Value,
        path: &str,
    ) -> Result<Map<String, Value>, Refusal> {
        let Value::Object(given) = value else { return Err(self.wrong_type(value, form.name, path)) };
        for name in given.keys() {
            if !form.fields.iter().any(|field| field.name == name) {
                return Err(self.unparsable(&format!("{path}.{name}"), format!(
                    "Could not find member '{name}' on object of type '{}'. Path '{path}.{name}', line 1, position {}.",
                    form.name,
                    self.position(name)
                )));
            }
        }
        let mut kept = Map::new();
        for field in form.fields {
            match given.get(field.name).filter(|value| !value.is_null()) {
                None if field.need == Need::Required => return Err(self.missing(field, path)),
                Some(value) if field.need != Need::ReadOnly => {
                    let path = format!("{path}.{}", field.name);
                    kept.insert(field.name.to_owned(), self.value(&field.shape, value, &path)?);
                }
                _ => {}
            }
        }
        Ok(kept)
    }

    fn value(&self, shape: &Shape, value: &Value, path: &str) -> Result<Value, Refusal> {
        match (shape, value) {
            (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => Ok(value.clone()),
            (Shape::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                Ok(value.clone())
            }
            (Shape::Number, Value::Number(_)) => Ok(value.clone()),
            (Shape::OneOf(words), Value::String(given)) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(given))
                .map(|word| Value::from(*word))
                .ok_or_else(|| self.wrong_type(value, "Enum", path)),
            (Shape::List(item), Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, value)| self.value(item, value, &format!("{path}[{at}]")))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            (Shape::Object(form), Value::Object(_)) => self.properties(form, value, path).map(Value::Object),
            (Shape::Reference(_), Value::Object(_)) => self.reference(shape, value, path),
            (Shape::NotModelled, Value::Array(items)) if items.is_empty() => Ok(value.clone()),
            (Shape::NotModelled, _) => Err(Refusal::new(
                501,
                "NotModelledBySimulator",
                format!("Azure knows '{path}', but this simulator does not model it."),
            )),
            (Shape::Text, _) => Err(self.wrong_type(value, "System.String", path)),
            (Shape::Bool, _) => Err(self.wrong_type(value, "System.Boolean", path)),
            (Shape::Integer, _) => Err(self.wrong_type(value, "System.Int32", path)),
            (Shape::Number, _) => Err(self.wrong_type(value, "System.Double", path)),
            (Shape::OneOf(_), _) => Err(self.wrong_type(value, "Enum", path)),
            (Shape::List(_), _) => Err(self.wrong_type(value, "List", path)),
            (Shape::Object(form), _) => Err(self.wrong_type(value, form.name, path)),
            (Shape::Reference(_), _) => Err(self.wrong_type(value, "ResourceReference", path)),
        }
    }

    fn reference(&self, shape: &Shape, value: &Value, path: &str) -> Result<Value, Refusal> {
        let (Shape::Reference(kind), Value::Object(fields)) = (shape, value) else {
            return Err(self.wrong_type(value, "ResourceReference", path));
        };
        if let Some(name) = fields.keys().find(|name| *name != "id") {
            return Err(self.unparsable(path, format!(
                "Could not find member '{name}' on object of type 'ResourceReference'. Path '{path}.{name}', line 1, \
                 position {}.",
                self.position(name)
            )));
        }
        let id = match fields.get("id") {
            Some(Value::String(id)) => id,
            None | Some(Value::Null) => {
                let message = format!("Value for reference id is missing. Path {path}.");
                return Err(parse_error().detail("MissingJsonReferenceId", message));
            }
            Some(other) => return Err(self.wrong_type(other, "System.String", path)),
        };
        match Place::parse(id) {
            Some(place) if place.kind == *kind => Ok(value.clone()),
            _ => Err(parse_error().detail(
                "InvalidJsonReferenceFormat",
                format!(
                    "Reference Id {id} is not formatted correctly. The Id is expected to reference resources of type \
                     {}. Path {path}.",
                    kind.collection()
                ),
            )),
        }
    }

    fn missing(&self, field: &Field, path: &str) -> Refusal {
        if self.computes {
            let path = format!("{path}.{}", field.name);
            let path = path.strip_prefix("properties.").unwrap_or(&path);
            let message = format!("Required parameter '{path}' is missing (null).");
            return Refusal::bad("InvalidParameter", message).target(path);
        }
        self.unparsable(
            path,
            format!(
                "Required property '{}' not found in JSON. Path '{path}', line 1, position {}.",
                field.name,
                self.raw.len()
            ),
        )
    }

    fn wrong_type(&self, value: &Value, wanted: &str, path: &str) -> Refusal {
        let last = path.rsplit(['.', '[']).next().unwrap_or_default();
        self.unparsable(
            path,
            format!(
                "Error converting value {value} to type '{wanted}'. Path '{path}', line 1, position {}.",
                self.position(last)
            ),
        )
    }

    fn unparsable(&self, path: &str, message: String) -> Refusal {
        if self.computes {
            return Refusal::bad("BadRequest", message).target(path);
        }
        parse_error().detail("InvalidJson", message)
    }

    /// Where a property stands in the body, counted from 1; 1 if it cannot be told.
    pub(crate) fn position(&self, name: &str) -> usize {
        self.raw.find(&format!("\"{name}\"")).unwrap_or(0) + 1
    }
}

/// What the network provider says first about anything it cannot read.
pub(crate) fn parse_error() -> Refusal {
    Refusal::bad("InvalidRequestFormat", "Cannot parse the request.")
}
