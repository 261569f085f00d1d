//! What of an expression can be seen without evaluating it.

use std::path::Path;
use std::rc::Rc;

/// A place in a file, counted from 1; columns are characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file.
    pub(super) file: Rc<Path>,
    /// Line.
    pub(super) line: usize,
    /// Column.
    pub(super) column: usize,
}

/// One entry of an object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its key, absent where it is computed.
    pub(super) key: Option<String>,
    /// Where the key stands.
    pub(super) place: Place,
    /// Its value.
    pub(super) value: Node,
}

/// An expression, as far as its shape shows.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// An object or map with these entries.
    Object(Vec<Entry>),
    /// A list with these elements.
    Tuple(Vec<Node>),
    /// A collection whose elements are each one of these; their keys or positions do not show.
    Elements(Vec<Node>),
    /// One of these, or a merger of them.
    Either(Vec<Node>),
    /// A local value, or a part of one.
    Local(String, Vec<Step>),
    /// A string.
    Text(String),
    /// Nothing can be seen.
    Opaque,
}

/// A step into a value.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The entry of that key.
    Key(String),
    /// The element at that position.
    Position(usize),
    /// Any entry or element.
    Any,
}

impl Node {
    /// The part of the value behind a step.
    pub(super) fn select(&self, step: &Step) -> Self {
        match self {
            Self::Object(entries) => Self::Either(
                entries
                    .iter()
                    .filter(|entry| match (step, &entry.key) {
                        (Step::Key(wanted), Some(key)) => wanted == key,
                        (Step::Position(_), _) => false,
                        (Step::Key(_), None) | (Step::Any, _) => true,
                    })
                    .map(|entry| entry.value.clone())
                    .collect(),
            ),
            Self::Tuple(items) => match step {
                Step::Position(position) => items.get(*position).cloned().unwrap_or(Self::Opaque),
                Step::Any => Self::Either(items.clone()),
                Step::Key(_) => Self::Opaque,
            },
            Self::Elements(items) => Self::Either(items.clone()),
            Self::Either(alternatives) => {
                Self::Either(alternatives.iter().map(|alternative| alternative.select(step)).collect())
            }
            Self::Local(name, steps) => {
                let mut steps = steps.clone();
                steps.push(step.clone());
                Self::Local(name.clone(), steps)
            }
            Self::Text(_) | Self::Opaque => Self::Opaque,
        }
    }

    /// The value of an object's entry, if the value is a plain object that has it.
    pub(super) fn entry(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Object(entries) => {
                entries.iter().find(|entry| entry.key.as_deref() == Some(key)).map(|entry| &entry.value)
            }
            _ => None,
        }
    }

    /// The string, if the value is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
