//! One finding: where, what, why, and what to do.

use std::fmt;

use super::selection::Check;

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// Where.
    pub place: Place,
    /// What is there, in a sentence.
    pub what: String,
    /// Why that is most likely a mistake.
    pub why: String,
    /// What to do.
    pub advice: String,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of the user's values.
    Value {
        /// Its path, as `--set` takes it.
        path: String,
    },
    /// A file of the chart.
    File {
        /// Its path with that of its chart.
        path: String,
        /// The line, from 1.
        line: Option<usize>,
    },
    /// An object of the release.
    Object {
        /// Its kind.
        kind: String,
        /// Its namespace; empty where it has none.
        namespace: String,
        /// Its name.
        name: String,
        /// The field in it; empty for the whole.
        field: String,
        /// The template that it comes from.
        template: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { path } => write!(f, "values {path}"),
            Self::File { path, line: None } => f.write_str(path),
            Self::File { path, line: Some(line) } => write!(f, "{path}:{line}"),
            Self::Object { kind, namespace, name, field, template } => {
                write!(f, "{kind} ")?;
                if !namespace.is_empty() {
                    write!(f, "{namespace}/")?;
                }
                f.write_str(name)?;
                if !field.is_empty() {
                    write!(f, " {field}")?;
                }
                write!(f, " ({template})")
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, place, what, why, advice } = self;
        write!(f, "{}: {place}: {what} {why} {advice}", check.name())
    }
}
