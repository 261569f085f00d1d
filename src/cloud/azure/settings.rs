//! What the provider block says about Azure, as plain data.

use std::path::PathBuf;

use crate::secret::Secret;

/// Everything that can be set. This room reads no environment: whoever fills it has done so.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Subscription in which everything is made.
    pub subscription_id: Option<String>,
    /// Tenant that issues the tokens.
    pub tenant_id: Option<String>,
    /// Application (or user-assigned identity) that logs in.
    pub client_id: Option<String>,
    /// Its password.
    pub client_secret: Option<Secret>,
    /// Its certificate with private key, PFX or PEM.
    pub client_certificate_path: Option<PathBuf>,
    /// Password of the PFX file.
    pub client_certificate_password: Option<Secret>,
    /// Token of another identity provider, as it is.
    pub oidc_token: Option<Secret>,
    /// File that holds such a token; read again at every login.
    pub oidc_token_file_path: Option<PathBuf>,
    /// Address at which the CI system issues such a token.
    pub oidc_request_url: Option<String>,
    /// Token for that address.
    pub oidc_request_token: Option<Secret>,
    /// Azure DevOps: the service connection to log in with.
    pub ado_service_connection_id: Option<String>,
    /// Log in with a token of another identity provider.
    pub use_oidc: Option<bool>,
    /// Log in with the managed identity of this machine.
    pub use_msi: Option<bool>,
    /// Where the managed identity's tokens are issued, if not at the metadata service.
    pub msi_endpoint: Option<String>,
    /// Log in as the Azure CLI does; absent: yes, if there is nothing else and the CLI is there.
    pub use_cli: Option<bool>,
    /// `public`, `usgovernment` or `china`.
    pub environment: Option<String>,
    /// Address of the resource manager instead of the environment's.
    pub resource_manager_endpoint: Option<String>,
    /// Address of the login authority instead of the environment's.
    pub authority_host: Option<String>,
    /// PEM file with further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Register Microsoft.Network in a subscription that lacks it; absent: yes.
    pub register_providers: Option<bool>,
}
