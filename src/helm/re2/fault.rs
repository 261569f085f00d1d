//! What RE2 has against an expression.

use std::fmt;

pub(super) const CLASS_RANGE: &str = "invalid character class range";
pub(super) const ESCAPE: &str = "invalid escape sequence";
pub(super) const NAME: &str = "invalid named capture";
pub(super) const PERL: &str = "invalid or unsupported Perl syntax";
pub(super) const REPEATED_REPEAT: &str = "invalid nested repetition operator";
pub(super) const REPEAT_COUNT: &str = "invalid repeat count";
pub(super) const UTF8: &str = "invalid UTF-8";
pub(super) const NO_BRACKET: &str = "missing closing ]";
pub(super) const NO_PAREN: &str = "missing closing )";
pub(super) const NO_ARGUMENT: &str = "missing argument to repetition operator";
pub(super) const BACKSLASH: &str = "trailing backslash at end of expression";
pub(super) const PAREN: &str = "unexpected )";
pub(super) const DEPTH: &str = "expression nests too deeply";
pub(super) const LARGE: &str = "expression too large";

/// A fault and the part of the expression that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    what: &'static str,
    part: String,
}

impl Fault {
    pub(super) fn new(what: &'static str, part: impl Into<String>) -> Self {
        Self { what, part: part.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.what, self.part)
    }
}
