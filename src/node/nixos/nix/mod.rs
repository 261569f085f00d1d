//! Values of the Nix language, and the only writer of them.
//!
//! What comes from outside can only ever be a [`Nix::Text`], a name or a number; code is `&'static str`,
//! which no user can give.

mod name;
mod parse;
mod text;
mod write;

use std::collections::BTreeMap;

pub use parse::{ModuleFault, check_module};
pub use write::{Nul, expression, module, module_with_imports};

/// A value, or one of the few forms of code that a configuration needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nix {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A string; whatever stands in it arrives as it is.
    Text(String),
    /// A string made of text and of code whose value is put in.
    Pieces(Vec<Piece>),
    /// A list.
    List(Vec<Nix>),
    /// An attribute set.
    Set(Set),
    /// Code of ours.
    Code(&'static str),
    /// An attribute of some code of ours, found by names from outside.
    Select(&'static str, Vec<String>),
    /// A function of ours applied to a value.
    Apply(&'static str, Box<Nix>),
}

/// A part of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// Code of ours whose value is put in.
    Code(&'static str),
}

/// An attribute set; sorted, so that the same set gives the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set(BTreeMap<String, Nix>);

impl Set {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value at a path of names. Sets are merged and lists joined; anything else is replaced.
    pub fn put<Name: AsRef<str>>(&mut self, path: &[Name], value: impl Into<Nix>) {
        let Some((last, way)) = path.split_last() else { return };
        let mut set = self;
        for name in way {
            let place = set.0.entry(name.as_ref().to_owned()).or_insert_with(|| Nix::Set(Set::new()));
            if !matches!(place, Nix::Set(_)) {
                *place = Nix::Set(Set::new());
            }
            let Nix::Set(inner) = place else { return };
            set = inner;
        }
        set.lay(last.as_ref(), value.into());
    }

    /// Puts a value at a dotted path of plain names of ours.
    pub fn at(&mut self, path: &'static str, value: impl Into<Nix>) {
        self.put(&path.split('.').collect::<Vec<_>>(), value);
    }

    /// The same set with a value at a dotted path.
    #[must_use]
    pub fn with(mut self, path: &'static str, value: impl Into<Nix>) -> Self {
        self.at(path, value);
        self
    }

    /// Takes in another set.
    pub fn take_in(&mut self, other: Set) {
        for (name, value) in other.0 {
            self.lay(&name, value);
        }
    }

    fn lay(&mut self, name: &str, value: Nix) {
        match (self.0.get_mut(name), value) {
            (Some(Nix::Set(old)), Nix::Set(new)) => old.take_in(new),
            (Some(Nix::List(old)), Nix::List(new)) => old.extend(new),
            (_, value) => {
                self.0.insert(name.to_owned(), value);
            }
        }
    }

    /// Names and values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Nix)> {
        self.0.iter()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Nix)> for Set {
    fn from_iter<Pairs: IntoIterator<Item = (String, Nix)>>(pairs: Pairs) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Nix {
    /// A list of strings.
    pub fn texts<Text: AsRef<str>>(texts: impl IntoIterator<Item = Text>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.as_ref().to_owned())).collect())
    }
}

impl From<bool> for Nix {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Nix {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<i64> for Nix {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Nix {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Nix {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Set> for Nix {
    fn from(value: Set) -> Self {
        Self::Set(value)
    }
}

impl From<Vec<Nix>> for Nix {
    fn from(value: Vec<Nix>) -> Self {
        Self::List(value)
    }
}
