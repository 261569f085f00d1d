//! What can go wrong in a render, in Helm's words and with the place.

/// What kind of failure it was, for callers that must decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderErrorKind {
    /// The template is not in the template language.
    Parse,
    /// The template could not be carried out.
    Execute,
    /// A template called `fail`, or `required` found nothing.
    Refused,
    /// A limit of [`super::Limits`] was reached.
    Limit,
}

/// A render that failed.
///
/// Its `Display` is what `helm template` prints after `Error: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// What kind of failure it was.
    pub kind: RenderErrorKind,
    /// The whole message as Helm prints it, several lines for nested includes.
    pub message: String,
    /// The template of the innermost place, as `chart/templates/x.yaml`.
    pub template: String,
    /// The line, from 1; 0 where there is none.
    pub line: usize,
    /// The column in bytes, from 0 as Go counts; 0 where a parse error knows none.
    pub column: usize,
    /// The expression at that place, as `.Values.a.b`; empty where there is none.
    pub expression: String,
    /// The innermost reason, as `nil pointer evaluating interface {}.b`.
    pub cause: String,
}
