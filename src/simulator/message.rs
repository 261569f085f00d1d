//! A request as it was read and an answer as it will be written, without any connection.

use bytes::Bytes;
use serde_json::{Value, json};

/// One HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method in capital letters.
    pub(crate) method: String,
    /// Path, still percent-encoded, without the query.
    pub(crate) path: String,
    /// Query, still percent-encoded, without the question mark.
    pub(crate) query: String,
    /// Header lines, names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// Body.
    pub(crate) body: Bytes,
    /// Scheme and authority under which the client reached us, such as `https://127.0.0.1:8443`.
    pub(crate) origin: String,
}

impl Request {
    /// The first header of a name given in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter, decoded; names are compared without regard to case, as Azure does.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// The path's segments, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// Percent-decoding of one path segment, in which a plus sign is a plus sign.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = hex.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: Vec<(String, String)>,
    /// JSON body, if any.
    pub(crate) body: Option<Value>,
    /// Body that is no JSON, if any: its media type and its bytes.
    pub(crate) content: Option<(String, Bytes)>,
}

impl Answer {
    /// An answer with a body.
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body), content: None }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, content: None }
    }

    /// An answer of plain text.
    pub(crate) fn plain(text: String) -> Self {
        Self::bytes(200, "text/plain; charset=utf-8", text.into())
    }

    /// An answer of bytes of a media type.
    pub(crate) fn bytes(status: u16, media: &str, bytes: Bytes) -> Self {
        Self { status, headers: Vec::new(), body: None, content: Some((media.to_owned(), bytes)) }
    }

    /// The same answer with one more header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A refusal in Azure's error envelope. Boxed, because it travels as the rare half of every result.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: u16,
    code: String,
    message: String,
    target: Option<String>,
    details: Vec<Value>,
    headers: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal with status, code and message.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self(Box::new(Parts {
            status,
            code,
            message,
            target: None,
            details: Vec::new(),
            headers: Vec::new(),
        }))
    }

    /// A refusal of the request's content, status 400.
    pub(crate) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// The same refusal with one inner error.
    pub(crate) fn detail(mut self, code: &str, message: impl Into<String>) -> Self {
        self.0.details.push(json!({ "code": code, "message": message.into() }));
        self
    }

    /// The same refusal with an inner error that names a target.
    pub(crate) fn detail_at(mut self, code: &str, target: &str, message: impl Into<String>) -> Self {
        self.0.details.push(json!({ "code": code, "target": target, "message": message.into() }));
        self
    }

    /// The same refusal with what it is about.
    pub(crate) fn target(mut self, target: &str) -> Self {
        self.0.target = Some(target.to_owned());
        self
    }

    /// The same refusal with a header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The error object, as it stands in answers and in failed operations.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "code": self.0.code, "message": self.0.message, "details": self.0.details });
        if let Some(target) = &self.0.target {
            body["target"] = json!(target);
        }
        body
    }

    /// The whole answer.
    pub(crate) fn answer(&self) -> Answer {
        let mut answer = Answer::json(self.0.status, json!({ "error": self.body() }));
        answer.headers.clone_from(&self.0.headers);
        answer.with("x-ms-error-code", self.0.code.clone())
    }
}
