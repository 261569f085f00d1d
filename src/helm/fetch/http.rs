//! One request after another, to whoever has charts.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::error::{FetchError, is_passing};
use super::remote::{ChartSource, Credentials};
use crate::https::{self, TlsError};
use crate::outcome::Recovery;
use crate::time::Patience;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(15);
/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a request is made at most that only failed for a moment.
const TRIES: u32 = 4;
/// The longest wait that a server may ask for; whoever wants more is not waited for.
const LONGEST: Duration = Duration::from_secs(60);

/// A client with the certificates of one source.
#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Http {
    /// A client that trusts the machine's authorities and the source's own.
    pub(super) fn new(source: &ChartSource) -> Result<Self, FetchError> {
        Self::with(source, reqwest::redirect::Policy::limited(10))
    }

    /// A client that goes nowhere else than where it is sent, for what nobody else may see.
    pub(super) fn strict(source: &ChartSource) -> Result<Self, FetchError> {
        Self::with(source, reqwest::redirect::Policy::none())
    }

    fn with(source: &ChartSource, redirects: reqwest::redirect::Policy) -> Result<Self, FetchError> {
        let trust = |what| move |reason: String| FetchError::Trust { what, reason };
        let extra = match &source.ca {
            Some(pem) => https::certificates(pem).map_err(trust("certificate authority"))?,
            None => Vec::new(),
        };
        let client = match &source.client_certificate {
            None => None,
            Some((chain, key)) => {
                let chain = https::certificates(chain).map_err(trust("client certificate"))?;
                let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
                    .map_err(|error| trust("client key")(error.to_string()))?;
                Some((chain, key))
            }
        };
        let tls = https::tls(extra, client).map_err(|error| {
            let what = match error {
                TlsError::Trust(_) => "trusted authorities",
                TlsError::Client(_) => "client certificate",
            };
            trust(what)(error.to_string())
        })?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("terraform-provider-bud/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(redirects)
            .build()
            .map_err(|error| trust("TLS")(error.to_string()))?;
        Ok(Self { client })
    }

    /// Asks until there is an answer that is not one of a bad moment; of any status.
    pub(super) async fn get(
        &self,
        url: &Url,
        accept: &str,
        authorization: Option<&HeaderValue>,
        limit: u64,
        patience: &Patience,
    ) -> Result<Reply, FetchError> {
        self.ask(url, limit, patience, || {
            let request = self.client.get(url.clone()).header("Accept", accept);
            match authorization {
                Some(value) => request.header(AUTHORIZATION, value.clone()),
                None => request,
            }
        })
        .await
    }

    /// Sends a form, and asks again as `get` does: for requests that may be made twice.
    pub(super) async fn post(
        &self,
        url: &Url,
        form: &str,
        limit: u64,
        patience: &Patience,
    ) -> Result<Reply, FetchError> {
        self.ask(url, limit, patience, || {
            let request = self.client.post(url.clone()).header("Accept", "application/json");
            request.header("Content-Type", "application/x-www-form-urlencoded").body(form.to_owned())
        })
        .await
    }

    async fn ask(
        &self,
        url: &Url,
        limit: u64,
        patience: &Patience,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Reply, FetchError> {
        let mut tries = 1;
        loop {
            let ended = |ended| FetchError::Ended { url: shown(url), ended };
            patience.check().map_err(ended)?;
            let answer = patience.finish(once(request(), url, limit)).await.map_err(ended)?;
            let asked = match &answer {
                Ok(reply) if !is_passing(reply.status) => return answer,
                Ok(reply) => reply.again(),
                Err(error) => match error.recovery() {
                    Recovery::Retry(again) => again,
                    _ => return answer,
                },
            };
            let pause = asked.unwrap_or(Duration::from_millis(250) * 2_u32.pow(tries));
            // What the server says is worth more to the user than a timeout that was certain to come.
            if tries == TRIES || pause > LONGEST || pause >= patience.left() {
                return answer;
            }
            patience.pause(pause).await.map_err(ended)?;
            tries += 1;
        }
    }
}

async fn once(request: reqwest::RequestBuilder, url: &Url, limit: u64) -> Result<Reply, FetchError> {
    let unreachable =
        |error: reqwest::Error| FetchError::Unreachable { url: shown(url), reason: https::reasons(error) };
    let mut answer = request.send().await.map_err(unreachable)?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(FetchError::TooLarge { url: shown(url), limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body: body.freeze() })
}

impl Reply {
    /// The body of an answer that is what was asked for.
    pub(super) fn body(self, url: &Url, credentials: bool) -> Result<Bytes, FetchError> {
        match self.status {
            200..=299 => Ok(self.body),
            status @ (401 | 403) => Err(FetchError::Denied { url: shown(url), status, given: credentials }),
            status => {
                let (said, again) = (said(&self.body), self.again());
                Err(FetchError::Refused { url: shown(url), status, said, again })
            }
        }
    }

    /// When to ask again, where the answer says so: in seconds or as a date.
    fn again(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at =
            ::time::OffsetDateTime::parse(text, &::time::format_description::well_known::Rfc2822).ok()?;
        Some((at - crate::time::now()).try_into().unwrap_or_default())
    }
}

/// The header of a name and a password. What no header may hold is no password either.
pub(super) fn basic(credentials: &Credentials) -> Option<HeaderValue> {
    use base64::Engine as _;
    let pair = format!("{}:{}", credentials.username, credentials.password.expose());
    header(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// The header of a token.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    header(&format!("Bearer {token}"))
}

fn header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// An address without a password and a query, which may hold one too.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Only addresses that cannot have them refuse.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.set_query(None);
    url.to_string()
}

/// The messages of a registry's answer.
fn said(body: &[u8]) -> String {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else { return String::new() };
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let texts: Vec<&str> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
    texts.join("; ").chars().take(300).collect()
}
