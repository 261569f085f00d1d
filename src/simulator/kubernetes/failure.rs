//! Refusals of an API server: the object `Status`, with reason, details and causes in the server's own words.

use serde_json::{Value, json};

use super::super::message::Answer;
use super::kinds::Kind;

/// A refusal. Boxed, because it travels as the rare half of every result.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: u16,
    reason: &'static str,
    message: String,
    details: Value,
}

impl Failure {
    /// A refusal with status, reason and message.
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts { code, reason, message: message.into(), details: Value::Null }))
    }

    /// The request cannot be understood.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// Nothing is served at a path.
    pub(crate) fn no_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource").with(json!({}))
    }

    /// Nobody serves this group: the answer is no object.
    pub(crate) fn no_group() -> Self {
        Self::new(404, "", "404 page not found\n")
    }

    /// There is no such object.
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.qualified())).about(kind, name)
    }

    /// There is one already.
    pub(crate) fn exists(kind: &Kind, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.qualified()))
            .about(kind, name)
    }

    /// Somebody else was faster.
    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified());
        Self::new(409, "Conflict", message).about(kind, name)
    }

    /// The caller may not.
    pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {why}", kind.qualified())
        } else {
            format!("{} \"{name}\" is forbidden: {why}", kind.qualified())
        };
        Self::new(403, "Forbidden", message).about(kind, name)
    }

    /// The object's fields are wrong.
    pub(crate) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let words: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let said = if words.len() == 1 { words[0].clone() } else { format!("[{}]", words.join(", ")) };
        let qualified =
            if kind.group.is_empty() { kind.name.clone() } else { format!("{}.{}", kind.name, kind.group) };
        let causes: Vec<Value> = causes
            .iter()
            .map(|cause| json!({ "reason": cause.reason, "message": cause.message, "field": cause.field }))
            .collect();
        Self::new(422, "Invalid", format!("{qualified} \"{name}\" is invalid: {said}")).with(json!({
            "name": name, "group": kind.group, "kind": kind.name, "causes": causes,
        }))
    }

    /// The same refusal with what it is about.
    pub(crate) fn about(self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({ "name": name, "kind": kind.plural });
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        self.with(details)
    }

    /// The same refusal with details.
    pub(crate) fn with(mut self, details: Value) -> Self {
        self.0.details = details;
        self
    }

    /// The same refusal with causes.
    pub(crate) fn causes(mut self, causes: Vec<Value>) -> Self {
        self.0.details["causes"] = Value::Array(causes);
        self
    }

    /// The object.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.0.message, "code": self.0.code,
        });
        if !self.0.reason.is_empty() {
            body["reason"] = json!(self.0.reason);
        }
        if !self.0.details.is_null() {
            body["details"] = self.0.details.clone();
        }
        body
    }

    /// The answer.
    pub(crate) fn answer(&self) -> Answer {
        if self.0.code == 404 && self.0.reason.is_empty() {
            return Answer::bytes(404, "text/plain; charset=utf-8", self.0.message.clone().into());
        }
        let answer = Answer::json(self.0.code, self.body());
        if self.0.code == 429 { answer.with("Retry-After", "1") } else { answer }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cause {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Cause {
    /// A field that must be there.
    pub(crate) fn required(field: impl Into<String>, more: &str) -> Self {
        let more = if more.is_empty() { String::new() } else { format!(": {more}") };
        Self { field: field.into(), reason: "FieldValueRequired", message: format!("Required value{more}") }
    }

    /// A value that is wrong.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self { field: field.into(), reason: "FieldValueInvalid", message }
    }

    /// A value that is none of those known.
    pub(crate) fn unsupported(field: impl Into<String>, value: &Value, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|one| format!("\"{one}\"")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", known.join(", "));
        Self { field: field.into(), reason: "FieldValueNotSupported", message }
    }

    /// A change that is not allowed.
    pub(crate) fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }
}
