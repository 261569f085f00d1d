//! The token endpoint of the login authority: two grants, one way to read what it says.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::{Method, Request};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::super::http::{NoAnswer, Reply, Transport, into_sdk};
use super::{Desk, Failure, Issued, Source, passing, refused, silent};
use crate::secret::Secret;

/// The transport as the SDK's flows see it: every answer that is no token is an error of ours, before
/// the SDK can log its body or lose what it says.
#[derive(Debug)]
struct Counter(Arc<Transport>);

/// An answer that is no token.
#[derive(Debug, thiserror::Error)]
#[error("{status} {reason}")]
struct Refusal {
    status: u16,
    reason: String,
}

#[async_trait]
impl azure_core::HttpClient for Counter {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<azure_core::Response> {
        let reply =
            self.0.exchange(request).await.map_err(|error| azure_core::Error::new(ErrorKind::Io, error))?;
        tracing::debug!(url = %request.url(), status = reply.status, "login authority answered");
        if (200..300).contains(&reply.status) {
            return into_sdk(&reply);
        }
        let refusal = Refusal { status: reply.status, reason: said(&reply) };
        Err(azure_core::Error::new(ErrorKind::Credential, refusal))
    }
}

/// What the authority says: its error and the description's first line.
pub(super) fn said(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let error = text("error").or_else(|| body.pointer("/error/code").and_then(Value::as_str));
    let description = text("error_description")
        .or_else(|| body.pointer("/error/message").and_then(Value::as_str))
        .or_else(|| text("message"));
    let line = description.unwrap_or_default().lines().next().unwrap_or_default();
    match error {
        Some(error) => format!("HTTP {}, {error}: {line}", reply.status),
        None => format!("HTTP {}, {line}", reply.status),
    }
}

impl Desk {
    /// A token for a signed statement of who we are.
    pub(super) async fn by_assertion(&self, source: Source, assertion: &str) -> Result<Issued, Failure> {
        let tenant = Self::needed(self.settings.tenant_id.as_ref(), "azure.tenant_id", source)?;
        let client = Self::needed(self.settings.client_id.as_ref(), "azure.client_id", source)?;
        let counter: Arc<dyn azure_core::HttpClient> = Arc::new(Counter(Arc::clone(&self.transport)));
        let scope = self.endpoints.scope.as_str();
        let host = &self.endpoints.authority;
        let answer = azure_identity::federated_credentials_flow::perform(
            counter,
            client,
            assertion,
            &[scope],
            tenant,
            host,
        )
        .await
        .map_err(|error| explain(source, host, error))?;
        Ok(Issued {
            token: Secret::new(answer.access_token().secret()),
            lifetime: Duration::from_secs(answer.expires_in),
        })
    }

    /// A token for a password. Not the SDK's flow: that knows the public cloud only.
    pub(super) async fn by_secret(&self) -> Result<Issued, Failure> {
        let source = Source::Secret;
        Self::needed(self.settings.tenant_id.as_ref(), "azure.tenant_id", source)?;
        let client = Self::needed(self.settings.client_id.as_ref(), "azure.client_id", source)?;
        let secret = self.settings.client_secret.clone().unwrap_or_default();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client)
            .append_pair("scope", &self.endpoints.scope)
            .append_pair("client_secret", secret.expose())
            .append_pair("grant_type", "client_credentials")
            .finish();
        let url = self.token_endpoint(source)?;
        let mut request = Request::new(url, Method::Post);
        request.insert_header("content-type", "application/x-www-form-urlencoded");
        request.set_body(form);
        let counter = Counter(Arc::clone(&self.transport));
        let answer = azure_core::HttpClient::execute_request(&counter, &request)
            .await
            .map_err(|error| explain(source, &self.endpoints.authority, error))?;
        let body = answer.into_body().collect().await.map_err(|error| refused(source, error.to_string()))?;
        read_token(source, &body)
    }

    /// Where this tenant's tokens are issued.
    pub(super) fn token_endpoint(&self, source: Source) -> Result<Url, Failure> {
        let tenant = Self::needed(self.settings.tenant_id.as_ref(), "azure.tenant_id", source)?;
        self.endpoints
            .authority
            .join(&format!("/{tenant}/oauth2/v2.0/token"))
            .map_err(|error| refused(source, format!("the tenant id makes no address: {error}")))
    }
}

/// Reads an issued token; the numbers come as numbers or as text.
pub(super) fn read_token(source: Source, body: &[u8]) -> Result<Issued, Failure> {
    let body: Value =
        serde_json::from_slice(body).map_err(|_| refused(source, "the answer to the login is no JSON"))?;
    let number = |key: &str| {
        let value = body.get(key)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let token = body.get("access_token").and_then(Value::as_str);
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(refused(source, "the answer to the login holds no access token"));
    };
    let lifetime = number("expires_in").or_else(|| left_until(number("expires_on")?)).unwrap_or(300);
    Ok(Issued { token: Secret::new(token), lifetime: Duration::from_secs(lifetime) })
}

/// Seconds from now until a Unix time.
pub(super) fn left_until(unix: u64) -> Option<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(unix.saturating_sub(now.as_secs()))
}

fn explain(source: Source, host: &Url, error: azure_core::Error) -> Failure {
    let host = host.host_str().unwrap_or_default();
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        let reason = refusal.reason.clone();
        return if matches!(refusal.status, 408 | 429 | 500 | 502 | 503 | 504) {
            passing(source, reason)
        } else {
            refused(source, reason)
        };
    }
    match error.into_downcast::<NoAnswer>() {
        Ok(no_answer) => silent(source, host, no_answer),
        Err(error) => refused(source, format!("{host}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: reqwest::header::HeaderMap::new(), body: body.to_owned().into() }
    }

    #[test]
    fn the_authoritys_words_are_kept_to_one_line() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace ID: x"}"#;
        assert_eq!(
            said(&reply(401, body)),
            "HTTP 401, invalid_client: AADSTS7000215: Invalid client secret."
        );
        assert_eq!(said(&reply(502, "<html>")), "HTTP 502, ");
    }

    #[test]
    fn numbers_may_be_text() {
        let issued = read_token(Source::Secret, br#"{"access_token":"t","expires_in":"3599"}"#).unwrap();
        assert_eq!((issued.token.expose(), issued.lifetime.as_secs()), ("t", 3599));
        assert!(read_token(Source::Secret, br#"{"expires_in":1}"#).is_err());
    }
}
