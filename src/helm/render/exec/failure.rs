//! Go's errors of an execution: a chain in which each text ends with the text of the next.

use crate::helm::render::{RenderError, RenderErrorKind};

/// A failure, in a box so that what succeeds carries no room for it.
#[derive(Debug)]
pub(crate) struct Failure(Box<Link>);

/// One link of the chain.
#[derive(Debug)]
struct Link {
    kind: RenderErrorKind,
    /// What comes before the text of the inner link.
    head: String,
    inner: Option<Failure>,
    place: Option<Place>,
}

/// Where it happened.
#[derive(Debug)]
struct Place {
    template: String,
    line: usize,
    column: usize,
    expression: String,
    cause: String,
}

/// The node that was being carried out.
#[derive(Debug)]
pub(super) struct Where {
    pub(super) template: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) expression: String,
}

impl Failure {
    /// A plain error of Go.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self(Box::new(Link { kind: RenderErrorKind::Execute, head: text.into(), inner: None, place: None }))
    }

    /// A limit of ours.
    pub(crate) fn limit(text: impl Into<String>) -> Self {
        Self::text(text).of(RenderErrorKind::Limit)
    }

    /// A template that refused, marked as Helm marks it.
    pub(crate) fn refused(text: &str) -> Self {
        let head = format!("HELM_ERR_START{text}HELM_ERR_END");
        Self::text(head).of(RenderErrorKind::Refused)
    }

    fn of(mut self, kind: RenderErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same failure after some words.
    pub(crate) fn wrap(self, head: impl Into<String>) -> Self {
        Self(Box::new(Link { kind: self.0.kind, head: head.into(), inner: Some(self), place: None }))
    }

    /// A failure at a node, as Go's `ExecError`.
    pub(super) fn at(place: Where, cause: &str, inner: Option<Failure>) -> Self {
        let head = format!(
            "template: {}:{}:{}: executing {} at <{}>: {cause}",
            place.file,
            place.line,
            place.column,
            crate::helm::render::go::quote(place.template.as_bytes()),
            place.expression,
        );
        let cause = match &inner {
            Some(inner) if inner.innermost().is_none() => format!("{cause}{}", inner.full()),
            _ => cause.to_owned(),
        };
        let Where { file, line, column, expression, .. } = place;
        Self(Box::new(Link {
            kind: inner.as_ref().map_or(RenderErrorKind::Execute, |inner| inner.0.kind),
            head,
            inner,
            place: Some(Place { template: file, line, column, expression, cause }),
        }))
    }

    fn chain(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(Some(&*self.0), |link| link.inner.as_ref().map(|inner| &*inner.0))
    }

    fn full(&self) -> String {
        self.chain().map(|link| link.head.as_str()).collect()
    }

    fn innermost(&self) -> Option<&Place> {
        self.chain().filter_map(|link| link.place.as_ref()).last()
    }

    /// The error as Helm shows it for a file.
    pub(crate) fn into_error(self) -> RenderError {
        let full = self.full();
        let mut starts = Vec::new();
        let mut at = 0;
        for link in self.chain() {
            starts.push(at);
            at += link.head.len();
        }
        let message = shown(&full, &starts);
        let error = RenderError {
            kind: self.0.kind,
            message,
            template: String::new(),
            line: 0,
            column: 0,
            expression: String::new(),
            cause: full.replace("HELM_ERR_START", "").replace("HELM_ERR_END", ""),
        };
        match self.innermost() {
            None => error,
            Some(place) => RenderError {
                template: place.template.clone(),
                line: place.line,
                column: place.column,
                expression: place.expression.clone(),
                cause: place.cause.replace("HELM_ERR_START", "").replace("HELM_ERR_END", ""),
                ..error
            },
        }
    }
}

/// Helm's words for a chain: the reason alone for `fail` and `required`, else a line of place, expression and
/// cause for each link, or Go's text where a link is none of a template.
fn shown(full: &str, starts: &[usize]) -> String {
    let mut tokens = full.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return full.to_owned();
    };
    if let (Some(start), Some(end)) = (rest.find("HELM_ERR_START"), rest.rfind("HELM_ERR_END")) {
        let start = start + "HELM_ERR_START".len();
        if start <= end {
            return format!("execution error at ({location}): {}", &rest[start..end]);
        }
    }
    let mut lines: Vec<[String; 3]> = Vec::new();
    for start in starts {
        let Some(parsed) = parse(&full[*start..]) else { return full.to_owned() };
        if lines.last() != Some(&parsed) {
            lines.push(parsed);
        }
    }
    let mut out = String::new();
    for [location, function, message] in lines {
        if !location.is_empty() {
            out.push_str(&format!("{location}\n  "));
        }
        if !function.is_empty() {
            out.push_str(&format!("{function}\n    "));
        }
        if !message.is_empty() {
            out.push_str(&format!("{message}\n"));
        }
    }
    out.trim().to_owned()
}

/// Place, function and message of one link's text.
fn parse(text: &str) -> Option<[String; 3]> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some([String::new(), String::new(), text.to_owned()]);
    }
    let cut = |message: &str| message.split(" template:").next().unwrap_or_default().to_owned();
    if let Some((name, after)) = rest.split_once(": executing ")
        && let Some((function, after)) = after.strip_prefix('"').and_then(|after| after.split_once('"'))
        && let Some((location, message)) =
            after.strip_prefix(" at <").and_then(|after| after.split_once(">: "))
    {
        let function = format!("executing \"{function}\" at <{location}>:");
        return Some([name.to_owned(), function, cut(message)]);
    }
    let (name, message) = rest.rsplit_once(": ")?;
    Some([name.to_owned(), String::new(), cut(message)])
}
