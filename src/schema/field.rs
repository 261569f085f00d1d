//! The Rust types that an attribute can have, and how they are read and written.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Nesting, Rule, Shape, declare};
use crate::diagnostics::Diagnostic;
use crate::secret::Secret;
use crate::value::{Kind, Number, Path, Value};

/// Why a value could not be read as its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Unread {
    /// It, or a part of it, is known only after apply.
    Unknown,
    /// It is wrong; the diagnostic names it.
    Wrong(Box<Diagnostic>),
}

impl Unread {
    /// A wrong value.
    pub fn wrong(summary: &str, detail: impl Into<String>, path: &Path) -> Self {
        Self::Wrong(Box::new(Diagnostic::error(summary, detail).at(path.clone())))
    }

    /// What to tell, where everything should have been known by now.
    #[must_use]
    pub fn into_diagnostic(self, path: &Path) -> Diagnostic {
        match self {
            Self::Wrong(diagnostic) => *diagnostic,
            Self::Unknown => {
                Diagnostic::bug(format!("The value of {path} is not known although it must be by now."))
                    .at(path.clone())
            }
        }
    }
}

/// A type that an attribute can have.
pub trait Field: Sized {
    /// Whether the configuration may leave it out.
    const OPTIONAL: bool = false;
    /// Whether it is hidden in plans.
    const SENSITIVE: bool = false;

    /// Its type in Terraform's words.
    fn shape() -> Shape;

    /// Reads a known value.
    ///
    /// # Errors
    /// [`Unread`], with the path of the part that is unknown or wrong.
    fn read(value: &Value, path: &Path) -> Result<Self, Unread>;

    /// Writes the value.
    fn write(&self) -> Value;
}

fn mismatch(value: &Value, wanted: &Kind, path: &Path) -> Unread {
    match value {
        Value::Unknown(_) => Unread::Unknown,
        Value::Null => Unread::wrong(
            "Missing value",
            format!("The attribute {path} is null, and it must have a value of type {}.", wanted.words()),
            path,
        ),
        _ => Unread::wrong(
            "Wrong type",
            format!("The attribute {path} must have a value of type {}.", wanted.words()),
            path,
        ),
    }
}

impl Field for String {
    fn shape() -> Shape {
        Shape::Plain(Kind::String)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        value.as_str().map(str::to_owned).ok_or_else(|| mismatch(value, &Kind::String, path))
    }
    fn write(&self) -> Value {
        Value::string(self.clone())
    }
}

impl Field for bool {
    fn shape() -> Shape {
        Shape::Plain(Kind::Bool)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        value.as_bool().ok_or_else(|| mismatch(value, &Kind::Bool, path))
    }
    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Field for i64 {
    fn shape() -> Shape {
        Shape::Plain(Kind::Number)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        match value {
            Value::Number(number) => number.as_i64().ok_or_else(|| {
                Unread::wrong(
                    "Not a whole number",
                    format!("The attribute {path} is {number}, and it must be a whole number."),
                    path,
                )
            }),
            other => Err(mismatch(other, &Kind::Number, path)),
        }
    }
    fn write(&self) -> Value {
        Value::int(*self)
    }
}

impl Field for f64 {
    fn shape() -> Shape {
        Shape::Plain(Kind::Number)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        match value {
            Value::Number(number) => Ok(number.as_f64()),
            other => Err(mismatch(other, &Kind::Number, path)),
        }
    }
    fn write(&self) -> Value {
        Number::from_f64(*self).map_or(Value::Null, Value::Number)
    }
}

impl Field for Secret {
    const SENSITIVE: bool = true;
    fn shape() -> Shape {
        Shape::Plain(Kind::String)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        value.as_str().map(Secret::new).ok_or_else(|| mismatch(value, &Kind::String, path))
    }
    fn write(&self) -> Value {
        Value::string(self.expose())
    }
}

impl<T: Field> Field for Option<T> {
    const OPTIONAL: bool = true;
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        T::shape()
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        if value.is_null() { Ok(None) } else { T::read(value, path).map(Some) }
    }
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
}

impl<T: Field> Field for Vec<T> {
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        match T::shape() {
            Shape::Plain(kind) => Shape::Plain(Kind::list(kind)),
            Shape::Nested(_, attributes) => Shape::Nested(Nesting::List, attributes),
        }
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        let elements = value.as_list().ok_or_else(|| mismatch(value, &Kind::list(Kind::Dynamic), path))?;
        elements.iter().enumerate().map(|(at, element)| T::read(element, &path.index(at))).collect()
    }
    fn write(&self) -> Value {
        Value::List(self.iter().map(T::write).collect())
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    const SENSITIVE: bool = T::SENSITIVE;
    fn shape() -> Shape {
        match T::shape() {
            Shape::Plain(kind) => Shape::Plain(Kind::map(kind)),
            Shape::Nested(_, attributes) => Shape::Nested(Nesting::Map, attributes),
        }
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        let entries = value.as_map().ok_or_else(|| mismatch(value, &Kind::map(Kind::Dynamic), path))?;
        entries.iter().map(|(key, entry)| Ok((key.clone(), T::read(entry, &path.key(key))?))).collect()
    }
    fn write(&self) -> Value {
        Value::Map(self.iter().map(|(key, entry)| (key.clone(), entry.write())).collect())
    }
}

impl Field for Duration {
    fn shape() -> Shape {
        Shape::Plain(Kind::String)
    }
    fn read(value: &Value, path: &Path) -> Result<Self, Unread> {
        let text = String::read(value, path)?;
        crate::value::parse_duration(&text).ok_or_else(|| {
            Unread::wrong(
                "Bad duration",
                format!(
                    "The attribute {path} is {text:?}, which is no duration. Write a number and a unit (s, m, \
                     h or d), several of them in a row if needed, such as \"90m\", \"1h30m\" or \"2d\"."
                ),
                path,
            )
        })
    }
    fn write(&self) -> Value {
        Value::string(format!("{}s", self.as_secs_f64()))
    }
}

declare! {
    /// How long each operation may take.
    pub struct Timeouts {
        /// Time that a create may take, as a duration such as `"30m"`.
        create: Option<Duration> = Rule::plain(),
        /// Time that a refresh may take, as a duration such as `"5m"`.
        read: Option<Duration> = Rule::plain(),
        /// Time that an update may take, as a duration such as `"30m"`.
        update: Option<Duration> = Rule::plain(),
        /// Time that a destroy may take, as a duration such as `"30m"`.
        delete: Option<Duration> = Rule::plain(),
    }
}
