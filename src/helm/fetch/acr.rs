//! Azure Container Registry: a token of Entra ID buys a login.
//!
//! The registry's own protocol: `POST /oauth2/exchange` with the access token gives a refresh token, which is
//! the password of the user [`NOBODY`] wherever a registry asks for one. Source: Microsoft, "Authenticate with
//! an Azure container registry", and the AAD OAuth document of the ACR project.

use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::error::FetchError;
use super::http::{Http, shown};
use super::remote::{ChartSource, Credentials};
use crate::secret::Secret;
use crate::time::Patience;

/// The user of a login by token.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// The largest answer.
const LARGEST: u64 = 1 << 20;

/// The login of a registry (`HOST[:PORT]`) for whoever the token of Entra ID is for. Only the trust and the
/// scheme of `source` are looked at.
///
/// # Errors
/// [`FetchError::Denied`] where the registry does not let them in.
pub async fn acr_credentials(
    registry: &str,
    tenant: Option<&str>,
    token: &Secret,
    source: &ChartSource,
    patience: &Patience,
) -> Result<Credentials, FetchError> {
    let scheme = if source.plain_http { "http" } else { "https" };
    let text = format!("{scheme}://{registry}/oauth2/exchange");
    let url = Url::parse(&text).map_err(|error| FetchError::Address { text, reason: error.to_string() })?;
    let form = {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "access_token").append_pair("service", registry);
        if let Some(tenant) = tenant {
            form.append_pair("tenant", tenant);
        }
        form.append_pair("access_token", token.expose()).finish()
    };
    let http = Http::strict(source)?;
    let body = http.post(&url, &form, LARGEST, patience).await?.body(&url, true)?;
    let unreadable = |reason: String| FetchError::Unreadable { url: shown(&url), what: "token", reason };
    let answer: Value = serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))?;
    let password = answer["refresh_token"]
        .as_str()
        .ok_or_else(|| unreadable("there is no refresh_token in it".to_owned()))?;
    Ok(Credentials { username: NOBODY.to_owned(), password: Secret::new(password) })
}
