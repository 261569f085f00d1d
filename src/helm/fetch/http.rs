//! One request after another, to whoever has charts.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::error::FetchError;
use super::remote::{ChartSource, Credentials};
use crate::time::Patience;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(15);
/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a request is made at most that only failed for a moment.
const TRIES: u32 = 4;

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
        let trust = |what| move |reason: String| FetchError::Trust { what, reason };
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let extra = match &source.ca {
            Some(pem) => certificates(pem).map_err(trust("certificate authority"))?,
            None => Vec::new(),
        };
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(&crypto))
            .map_err(|error| trust("trusted authorities")(error.to_string()))?;
        let builder = rustls::ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .map_err(|error| trust("TLS")(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut tls = match &source.client_certificate {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = certificates(chain).map_err(trust("client certificate"))?;
                let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
                    .map_err(|error| trust("client key")(error.to_string()))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| trust("client certificate")(error.to_string()))?
            }
        };
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("terraform-provider-bud/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::limited(10))
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
        let mut tries = 1;
        loop {
            let ended = |ended| FetchError::Ended { url: shown(url), ended };
            patience.check().map_err(ended)?;
            let asked = self.once(url, accept, authorization, limit);
            let answer = patience.finish(asked).await.map_err(ended)?;
            let passing = match &answer {
                Ok(reply) => reply.status == 429 || reply.status >= 500,
                Err(FetchError::Unreachable { .. }) => true,
                Err(_) => false,
            };
            if !passing || tries == TRIES {
                return answer;
            }
            patience.pause(Duration::from_millis(250) * 2_u32.pow(tries)).await.map_err(ended)?;
            tries += 1;
        }
    }

    async fn once(
        &self,
        url: &Url,
        accept: &str,
        authorization: Option<&HeaderValue>,
        limit: u64,
    ) -> Result<Reply, FetchError> {
        let unreachable =
            |error: reqwest::Error| FetchError::Unreachable { url: shown(url), reason: reasons(error) };
        let mut request = self.client.get(url.clone()).header("Accept", accept);
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
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
}

impl Reply {
    /// The body of an answer that is what was asked for.
    pub(super) fn body(self, url: &Url, credentials: bool) -> Result<Bytes, FetchError> {
        match self.status {
            200..=299 => Ok(self.body),
            status @ (401 | 403) => Err(FetchError::Denied { url: shown(url), status, given: credentials }),
            status => Err(FetchError::Refused { url: shown(url), status, said: said(&self.body) }),
        }
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

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if found.is_empty() { Err("it holds no certificate in PEM form".to_owned()) } else { Ok(found) }
}

fn reasons(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = inner.source();
    }
    text
}
