//! What can be wrong with a value on the wire, and where.

use crate::diagnostics::Diagnostic;
use crate::value::{JsonFault, Kind, Path, Step};

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes end early.
    #[error("the bytes end in the middle of a value")]
    Truncated,
    /// The bytes go on after the value.
    #[error("{0} bytes follow the value")]
    Trailing(usize),
    /// Another type than the schema's.
    #[error("{expected} is required, {found} is given")]
    Mismatch {
        /// The schema's type in words.
        expected: String,
        /// What is there instead.
        found: &'static str,
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
    /// A key that is there twice.
    #[error("the key is there twice")]
    Twice,
    /// A text that is no UTF-8.
    #[error("the text is not UTF-8")]
    Utf8,
    /// No finite decimal number.
    #[error("the number is not a finite decimal number")]
    Number,
    /// The type beside a dynamic value is none.
    #[error("the type of a dynamic value cannot be read")]
    Type,
    /// Dynamic elements of one collection with different types.
    #[error("the elements of a collection must all be of one type")]
    Mixed,
    /// Nested too deeply.
    #[error("the value is nested more than {0} levels deep")]
    Depth(usize),
    /// Too many parts.
    #[error("the value has more than {0} parts")]
    Size(usize),
    /// A refinement longer than the protocol allows.
    #[error("the refinement of an unknown value is {0} bytes long")]
    Refinement(usize),
    /// A value that was sent as JSON.
    #[error(transparent)]
    Json(JsonFault),
    /// A state in the form of hosts before 0.12.
    #[error("the state is in the form of a host before 0.12, which is not supported")]
    Flatmap,
}

/// A value that cannot be read or written, and where it stands. The path ends at a set, since elements
/// of sets cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Fault {
    /// Where.
    pub path: Path,
    /// What.
    pub problem: Problem,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self { path: Path::root(), problem }
    }
}

impl From<JsonFault> for Fault {
    fn from(fault: JsonFault) -> Self {
        Self { path: fault.path.clone(), problem: Problem::Json(fault) }
    }
}

impl Fault {
    /// Another type than the given one.
    pub(super) fn mismatch(kind: &Kind, found: &'static str) -> Self {
        Problem::Mismatch { expected: kind.words(), found }.into()
    }

    /// The same fault, seen from one level further up.
    #[must_use]
    pub(super) fn under(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }

    /// The same fault, seen from the set in which it is.
    #[must_use]
    pub(super) fn under_set(mut self) -> Self {
        self.path = Path::root();
        self
    }

    /// A value that the host sent and that is not of the schema's type.
    #[must_use]
    pub fn received(self) -> Diagnostic {
        let detail = format!(
            "The host sent a value that does not fit the provider's schema: {}. A state or a plan that was \
             made by another version of the provider must be made again with this one.",
            self.problem
        );
        place(Diagnostic::error("Value does not fit the schema", detail), self.path)
    }

    /// A value of our own that is not of the schema's type.
    #[must_use]
    pub fn answered(self) -> Diagnostic {
        let detail = format!("The answer does not fit the provider's own schema: {}.", self.problem);
        place(Diagnostic::bug(detail), self.path)
    }
}

fn place(diagnostic: Diagnostic, path: Path) -> Diagnostic {
    if path.0.is_empty() { diagnostic } else { diagnostic.at(path) }
}
