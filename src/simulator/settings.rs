//! Who may log in to the simulated cloud, and where its servers are.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::charts::SHELF;

/// The subscription that exists.
pub(crate) const SUBSCRIPTION: &str = "5b1d0000-0000-4000-8000-000000000001";
/// A subscription that belongs to the other tenant.
pub(crate) const FOREIGN_SUBSCRIPTION: &str = "5b1d0000-0000-4000-8000-000000000002";
/// The tenant of the subscription.
pub(crate) const TENANT: &str = "7e4a0000-0000-4000-8000-000000000001";
/// Another tenant in which the same application may log in.
pub(crate) const FOREIGN_TENANT: &str = "7e4a0000-0000-4000-8000-000000000002";
/// The application that may log in.
pub(crate) const CLIENT: &str = "c11e0000-0000-4000-8000-000000000001";
/// The application's object in the tenant.
pub(crate) const PRINCIPAL: &str = "0b1e0000-0000-4000-8000-000000000001";
/// Its secret. It opens nothing but simulators.
pub(crate) const SECRET: &str = "simulated~client.secret-of-no-value-0001";
/// A secret of the application that is no longer valid.
pub(crate) const EXPIRED_SECRET: &str = "simulated~client.secret-of-no-value-0000";
/// Bearer of the OIDC request addresses.
pub(crate) const OIDC_BEARER: &str = "simulated-oidc-request-token";
/// Issuer and subject of the GitHub-like identity.
pub(crate) const GITHUB: (&str, &str) =
    ("https://token.actions.githubusercontent.com", "repo:bud/foundry:ref:refs/heads/main");
/// Issuer and subject of the Azure-DevOps-like identity.
pub(crate) const AZURE_DEVOPS: (&str, &str) =
    ("https://vstoken.dev.azure.com/de405000-0000-4000-8000-000000000001", "sc://bud/foundry/simulator");
/// Audience of an assertion that shall be exchanged for a token.
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";

/// Where the servers of a running simulator are, as `host:port`.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    pub(crate) https: String,
    pub(crate) http: String,
    pub(crate) control: String,
    pub(crate) proxy: String,
    pub(crate) charts: String,
    pub(crate) charts_http: String,
    pub(crate) ca_file: PathBuf,
}

impl Servers {
    /// Scheme and authority of Azure over https.
    pub(crate) fn azure(&self) -> String {
        format!("https://{}", self.https)
    }

    /// The line that a started simulator prints.
    pub(crate) fn ready(&self) -> Value {
        let (azure, http) = (self.azure(), format!("http://{}", self.http));
        json!({
            "pid": std::process::id(),
            "env": {
                "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
                "ARM_TENANT_ID": TENANT,
                "ARM_CLIENT_ID": CLIENT,
                "ARM_CLIENT_SECRET": SECRET,
                "BUD_AZURE_RESOURCE_MANAGER_ENDPOINT": azure,
                "BUD_AZURE_AUTHORITY_HOST": azure,
                "BUD_AZURE_CA_FILE": self.ca_file,
                "BUD_PROXY_URL": format!("socks5://{}", self.proxy),
            },
            "endpoints": {
                "control": format!("http://{}", self.control),
                "azure": azure,
                "azure_http": http,
                "authority": azure,
                "charts": format!("https://{}/{SHELF}", self.charts),
                "charts_http": format!("http://{}/{SHELF}", self.charts_http),
                "charts_oci": format!("oci://{}/{SHELF}", self.charts),
                "proxy": format!("socks5://{}", self.proxy),
                "managed_identity": format!("{http}/metadata/identity/oauth2/token"),
                "github_oidc": format!("{azure}/oidc/github?api-version=2.0"),
                "azure_devops_oidc": format!("{azure}/oidc/azure-devops"),
            },
            "oidc_request_token": OIDC_BEARER,
        })
    }
}
