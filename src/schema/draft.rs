//! Reading an object of which parts may not be known yet.

use super::{Field, Unread};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::{Path, Value};

/// A value in a plan: known, or known only after apply.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned<T> {
    /// It is known.
    Known(T),
    /// It, or a part of it, is known only after apply.
    Unknown,
}

impl<T> Planned<T> {
    /// The known value.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

/// An object in a configuration or a plan, read attribute by attribute; what is wrong is collected.
#[derive(Debug)]
pub struct Draft<'a> {
    value: &'a Value,
    path: Path,
}

impl<'a> Draft<'a> {
    /// The whole object of a resource.
    #[must_use]
    pub fn root(value: &'a Value) -> Self {
        Self { value, path: Path::root() }
    }

    /// A nested object that stands at the given path.
    #[must_use]
    pub fn nested(value: &'a Value, path: Path) -> Self {
        Self { value, path }
    }

    /// The path of the object.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of one of its attributes.
    #[must_use]
    pub fn at(&self, name: &str) -> Path {
        self.path.attribute(name)
    }

    /// The attribute as it stands.
    #[must_use]
    pub fn raw(&self, name: &str) -> &'a Value {
        self.value.get(name)
    }

    /// Reads an attribute; absent where it is null, unknown, or wrong, which is then added to the
    /// diagnostics.
    pub fn get<T: Field>(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        let value = self.value.get(name);
        if value.is_null() {
            return None;
        }
        match T::read(value, &self.at(name)) {
            Ok(read) => Some(read),
            Err(Unread::Unknown) => None,
            Err(Unread::Wrong(diagnostic)) => {
                diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Reads an attribute, telling unknown from known; wrong values are the error.
    ///
    /// # Errors
    /// The diagnostic on the attribute.
    pub fn planned<T: Field>(&self, name: &str) -> Result<Planned<T>, Diagnostic> {
        match T::read(self.value.get(name), &self.at(name)) {
            Ok(read) => Ok(Planned::Known(read)),
            Err(Unread::Unknown) => Ok(Planned::Unknown),
            Err(Unread::Wrong(diagnostic)) => Err(*diagnostic),
        }
    }

    /// The entries of a map of objects, each with its key; none where the map is null or unknown.
    #[must_use]
    pub fn entries(&self, name: &str) -> Vec<(&'a str, Draft<'a>)> {
        let path = self.at(name);
        self.value
            .get(name)
            .as_map()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), Draft::nested(value, path.key(key))))
            .collect()
    }
}
