//! Tokens of service accounts, which end by themselves.
//!
//! Source: Kubernetes, authentication.k8s.io/v1 `TokenRequest`, the subresource `token` of service accounts.

use std::time::Duration;

use hyper::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Kind, Scope};
use super::request::Again;
use crate::outcome::Presence;
use crate::secret::Secret;

/// The shortest time that the API takes for a token.
pub const SHORTEST_TOKEN: Duration = Duration::from_secs(600);

/// A token of a service account.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The token.
    pub token: Secret,
    /// When it ends, which the server may have put earlier than was asked.
    pub expires: OffsetDateTime,
}

impl Client {
    /// Asks for a token of a service account; nothing in the cluster changes. `Gone` where there is no such account.
    ///
    /// # Errors
    /// As every call; [`KubeError::Invalid`] for a time that the server does not give.
    pub async fn token(
        &self,
        namespace: &str,
        account: &str,
        lasts: Duration,
    ) -> Result<Presence<Token>, KubeError> {
        let at = Kind::new("v1", "ServiceAccount", "serviceaccounts", Scope::Namespaced)
            .at(Some(namespace), account);
        let asked = Asked::new("request a token of", &at);
        let mut path = at.path();
        path.push("token");
        let object = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "expirationSeconds": lasts.as_secs() },
        });
        // One token more hurts nobody.
        let request = self.request(Method::POST, &path, asked.clone()).again(Again::Harmless);
        let given = match self.object(&request.body("application/json", &object)).await {
            Err(KubeError::NotFound { .. }) => return Ok(Presence::Gone),
            given => given?,
        };
        let missing =
            |what: &str| KubeError::Answer { asked: asked.clone(), reason: format!("it has no {what}") };
        let token = given["status"]["token"].as_str().ok_or_else(|| missing("token"))?;
        let ends = given["status"]["expirationTimestamp"].as_str().unwrap_or_default();
        let expires = OffsetDateTime::parse(ends, &Rfc3339).map_err(|_| missing("end"))?;
        Ok(Presence::Here(Token { token: Secret::new(token), expires }))
    }
}
