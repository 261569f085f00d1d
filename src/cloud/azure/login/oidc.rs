//! Login with a token of another identity provider, fetched anew at every login.

use azure_core::{Method, Request};
use serde_json::Value;
use url::Url;

use super::authority::said;
use super::{Desk, Failure, Issued, Source, passing, refused, silent};
use crate::cloud::CloudError;
use crate::secret::Secret;

/// For whom the foreign token must be made out.
const AUDIENCE: &str = "api://AzureADTokenExchange";
const SOURCE: Source = Source::Oidc;

impl Desk {
    /// Gets the foreign token and exchanges it.
    pub(super) async fn by_oidc(&self) -> Result<Issued, Failure> {
        let foreign = self.foreign_token().await?;
        self.by_assertion(SOURCE, foreign.expose()).await
    }

    async fn foreign_token(&self) -> Result<Secret, Failure> {
        let settings = &self.settings;
        if let Some(token) = settings.oidc_token.as_ref().filter(|token| !token.is_empty()) {
            return Ok(token.clone());
        }
        if let Some(path) = &settings.oidc_token_file_path {
            let bad = |reason: String| CloudError::Setting {
                argument: "azure.oidc_token_file_path",
                reason: format!("{}: {reason}", path.display()),
            };
            let text = tokio::fs::read_to_string(path).await.map_err(|error| bad(error.to_string()))?;
            let text = text.trim();
            return if text.is_empty() {
                Err(bad("it is empty".to_owned()).into())
            } else {
                Ok(Secret::new(text))
            };
        }
        let url = Self::needed(settings.oidc_request_url.as_ref(), "azure.oidc_request_url", SOURCE)?;
        let bearer =
            settings.oidc_request_token.as_ref().filter(|token| !token.is_empty()).ok_or_else(|| {
                CloudError::Setting {
                    argument: "azure.oidc_request_token",
                    reason: "a login at oidc_request_url needs it".to_owned(),
                }
            })?;
        let request = ask(url, bearer, settings.ado_service_connection_id.as_deref())?;
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let reply = self.transport.exchange(&request).await.map_err(|error| silent(SOURCE, &host, error))?;
        match reply.status {
            200..=299 => {}
            408 | 429 | 500 | 502 | 503 | 504 => {
                return Err(passing(SOURCE, format!("{host}: {}", said(&reply))));
            }
            _ => return Err(refused(SOURCE, format!("{host}: {}", said(&reply)))),
        }
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        ["value", "oidcToken"]
            .iter()
            .find_map(|key| body.get(key)?.as_str())
            .map(Secret::new)
            .ok_or_else(|| refused(SOURCE, format!("{host}: the answer holds no token")))
    }
}

/// GitHub Actions is asked with GET, Azure DevOps with POST and the service connection's id.
fn ask(url: &str, bearer: &Secret, service_connection: Option<&str>) -> Result<Request, Failure> {
    let mut url = Url::parse(url).map_err(|error| CloudError::Setting {
        argument: "azure.oidc_request_url",
        reason: format!("it is no address: {error}"),
    })?;
    let mut request = if let Some(connection) = service_connection.filter(|id| !id.is_empty()) {
        url.query_pairs_mut()
            .append_pair("api-version", "7.1")
            .append_pair("serviceConnectionId", connection);
        let mut request = Request::new(url, Method::Post);
        request.insert_header("content-type", "application/json");
        // Else Azure DevOps answers a bad token with a page for browsers.
        request.insert_header("x-tfs-fedauthredirect", "Suppress");
        request
    } else {
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        Request::new(url, Method::Get)
    };
    request.insert_header("accept", "application/json");
    request.insert_header("authorization", format!("Bearer {}", bearer.expose()));
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn github_is_asked_with_get_and_keeps_its_query() {
        let request = ask("https://ci.example/token?run=1", &Secret::new("b"), None).unwrap();
        assert_eq!(request.method(), &Method::Get);
        assert_eq!(
            request.url().as_str(),
            "https://ci.example/token?run=1&audience=api%3A%2F%2FAzureADTokenExchange"
        );
    }

    #[test]
    fn azure_devops_is_asked_with_post_and_the_connection() {
        let request = ask("https://dev.azure.com/o/_apis/x", &Secret::new("b"), Some("sc-1")).unwrap();
        assert_eq!(request.method(), &Method::Post);
        assert_eq!(request.url().query(), Some("api-version=7.1&serviceConnectionId=sc-1"));
    }
}
