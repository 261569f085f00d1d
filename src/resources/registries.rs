//! Logins of registries, out of the provider block.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::explain;
use crate::helm::fetch::{ChartSource, Credentials, FetchError, Logins, acr_credentials};
use crate::provider::{Context, RegistryLogin};
use crate::schema::Planned;
use crate::time::Patience;

/// The logins of the provider block. A login of Azure is asked for when its registry is.
pub(super) struct Registries {
    context: Arc<Context>,
    logins: BTreeMap<String, RegistryLogin>,
    /// Trust, for the registries that give out logins.
    source: ChartSource,
}

impl Registries {
    pub(super) fn new(
        context: Arc<Context>,
        logins: BTreeMap<String, RegistryLogin>,
        source: ChartSource,
    ) -> Self {
        Self { context, logins, source }
    }
}

#[async_trait]
impl Logins for Registries {
    async fn of(&self, host: &str, patience: &Patience) -> Result<Option<Credentials>, FetchError> {
        match self.logins.get(host) {
            None => Ok(None),
            Some(RegistryLogin::Basic { username, password }) => {
                Ok(Some(Credentials { username: username.clone(), password: password.clone() }))
            }
            Some(RegistryLogin::Acr) => {
                let no = |reason: String| FetchError::Login { host: host.to_owned(), reason };
                let doing = format!("logging in to {host}");
                let azure = match self.context.cloud("azure") {
                    Ok(Planned::Known(azure)) => azure,
                    Ok(Planned::Unknown) => return Err(no(explain::not_configured().detail)),
                    Err(error) => return Err(no(explain::cloud(&error, &doing, None).detail)),
                };
                let token = azure
                    .access_token(patience)
                    .await
                    .map_err(|error| no(explain::cloud(&error, &doing, None).detail))?;
                acr_credentials(host, None, &token, &self.source, patience).await.map(Some)
            }
        }
    }
}
