//! The one transport of this room: HTTP/1.1 over rustls, built at the first request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream;
use reqwest::header::HeaderMap;
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;

use crate::https;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may stay silent: Azure's own gateway gives up after 60 s.
const SILENCE: Duration = Duration::from_secs(100);

/// An answer, of whatever status.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub(super) status: u16,
    /// Headers.
    pub(super) headers: HeaderMap,
    /// The whole body.
    pub(super) body: Bytes,
}

impl Reply {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The transport itself cannot be made: the file of certificate authorities is at fault.
    #[error("{0}")]
    Trust(String),
    /// The connection said so.
    #[error("{reason}")]
    Cut {
        /// What the connection said.
        reason: String,
        /// Whether the request may have arrived.
        perhaps_sent: bool,
    },
}

/// Sends requests. Cloning is done by sharing it.
#[derive(Debug)]
pub(super) struct Transport {
    ca_file: Option<PathBuf>,
    direct: bool,
    client: OnceCell<reqwest::Client>,
}

impl Transport {
    /// A transport that trusts the machine's certificate authorities and those in the file.
    pub(super) fn new(ca_file: Option<PathBuf>) -> Self {
        Self { ca_file, direct: false, client: OnceCell::new() }
    }

    /// A transport that never goes through a proxy: for the metadata service of this machine.
    pub(super) fn direct() -> Self {
        Self { ca_file: None, direct: true, client: OnceCell::new() }
    }

    async fn client(&self) -> Result<&reqwest::Client, NoAnswer> {
        self.client
            .get_or_try_init(|| async {
                let (ca_file, direct) = (self.ca_file.clone(), self.direct);
                // Reading the machine's trust store is file work.
                tokio::task::spawn_blocking(move || build(ca_file.as_deref(), direct))
                    .await
                    .map_err(|error| NoAnswer::Trust(error.to_string()))?
            })
            .await
    }

    /// Sends one request, once.
    pub(super) async fn exchange(&self, request: &azure_core::Request) -> Result<Reply, NoAnswer> {
        let client = self.client().await?;
        let unusable = |reason: String| NoAnswer::Cut { reason, perhaps_sent: false };
        let method = reqwest::Method::from_bytes(request.method().as_ref().as_bytes())
            .map_err(|error| unusable(error.to_string()))?;
        let mut outgoing = client.request(method, request.url().clone());
        for (name, value) in request.headers().iter() {
            let mut text = reqwest::header::HeaderValue::from_str(value.as_str())
                .map_err(|_| unusable(format!("header {} holds what no header may hold", name.as_str())))?;
            // No layer below may print a token.
            text.set_sensitive(name.as_str().eq_ignore_ascii_case("authorization"));
            outgoing = outgoing.header(name.as_str(), text);
        }
        let azure_core::Body::Bytes(body) = request.body() else {
            return Err(unusable("a streamed body cannot be sent".to_owned()));
        };
        // An empty body is sent too where Azure wants to see a length.
        if !body.is_empty() || matches!(request.method(), azure_core::Method::Post) {
            outgoing = outgoing.body(body.clone());
        }
        let answer = outgoing.send().await.map_err(|error| cut(error, None))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| cut(error, Some(true)))?;
        Ok(Reply { status, headers, body })
    }
}

/// A connection that was never made has not carried the request; everything else may have.
fn cut(error: reqwest::Error, perhaps_sent: Option<bool>) -> NoAnswer {
    let perhaps_sent = perhaps_sent.unwrap_or_else(|| !(error.is_connect() || error.is_builder()));
    NoAnswer::Cut { reason: https::reasons(error), perhaps_sent }
}

fn build(ca_file: Option<&Path>, direct: bool) -> Result<reqwest::Client, NoAnswer> {
    let extra = ca_file.map(authorities).transpose()?.unwrap_or_default();
    let tls = https::tls(extra, None).map_err(|error| NoAnswer::Trust(error.to_string()))?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("terraform-provider-bud/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        // A token must not follow a redirection to somebody else.
        .redirect(reqwest::redirect::Policy::none());
    if direct {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| NoAnswer::Trust(error.to_string()))
}

/// The certificates in a PEM file.
fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, NoAnswer> {
    let bad = |reason: String| NoAnswer::Trust(format!("{}: {reason}", file.display()));
    let text = std::fs::read(file).map_err(|error| bad(error.to_string()))?;
    https::certificates(&text).map_err(bad)
}

#[async_trait]
impl azure_core::HttpClient for Transport {
    async fn execute_request(
        &self,
        request: &azure_core::Request,
    ) -> azure_core::Result<azure_core::Response> {
        let reply = self
            .exchange(request)
            .await
            .map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Io, error))?;
        into_sdk(&reply)
    }
}

/// The answer in the SDK's form.
pub(super) fn into_sdk(reply: &Reply) -> azure_core::Result<azure_core::Response> {
    use azure_core::error::ErrorKind;
    let status = azure_core::StatusCode::try_from(reply.status)
        .map_err(|error| azure_core::Error::message(ErrorKind::DataConversion, error.to_string()))?;
    let mut headers = azure_core::headers::Headers::new();
    for (name, value) in &reply.headers {
        if let Ok(text) = value.to_str() {
            headers.insert(name.as_str().to_owned(), text.to_owned());
        }
    }
    let body = reply.body.clone();
    Ok(azure_core::Response::new(status, headers, Box::pin(stream::once(async move { Ok(body) }))))
}
