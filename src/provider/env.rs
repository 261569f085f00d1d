//! The environment: every variable the provider reads, and the only place that reads them.

use std::collections::BTreeMap;

/// A variable and what it stands in for.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Argument of the provider block that wins over it.
    pub argument: &'static str,
    /// Names, the first that is set and not empty counts.
    pub names: &'static [&'static str],
}

/// Every variable. Precedence: argument, then variable, then default.
pub const VARIABLES: &[Variable] = &[
    Variable { argument: "azure.subscription_id", names: &["ARM_SUBSCRIPTION_ID"] },
    Variable { argument: "azure.tenant_id", names: &["ARM_TENANT_ID"] },
    Variable { argument: "azure.client_id", names: &["ARM_CLIENT_ID"] },
    Variable { argument: "azure.client_secret", names: &["ARM_CLIENT_SECRET"] },
    Variable { argument: "azure.client_certificate_path", names: &["ARM_CLIENT_CERTIFICATE_PATH"] },
    Variable { argument: "azure.client_certificate_password", names: &["ARM_CLIENT_CERTIFICATE_PASSWORD"] },
    Variable { argument: "azure.oidc_token", names: &["ARM_OIDC_TOKEN"] },
    Variable { argument: "azure.oidc_token_file_path", names: &["ARM_OIDC_TOKEN_FILE_PATH"] },
    Variable {
        argument: "azure.oidc_request_url",
        names: &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
    },
    Variable {
        argument: "azure.oidc_request_token",
        names: &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
    },
    Variable {
        argument: "azure.ado_service_connection_id",
        names: &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
    },
    Variable { argument: "azure.use_oidc", names: &["ARM_USE_OIDC"] },
    Variable { argument: "azure.use_msi", names: &["ARM_USE_MSI"] },
    Variable { argument: "azure.msi_endpoint", names: &["ARM_MSI_ENDPOINT"] },
    Variable { argument: "azure.use_cli", names: &["ARM_USE_CLI"] },
    Variable { argument: "azure.environment", names: &["ARM_ENVIRONMENT"] },
    Variable { argument: "azure.resource_manager_endpoint", names: &["BUD_AZURE_RESOURCE_MANAGER_ENDPOINT"] },
    Variable { argument: "azure.authority_host", names: &["BUD_AZURE_AUTHORITY_HOST"] },
    Variable { argument: "azure.ca_file", names: &["BUD_AZURE_CA_FILE"] },
    Variable { argument: "kubernetes.config_path", names: &["KUBECONFIG"] },
    Variable { argument: "proxy_url", names: &["BUD_PROXY_URL"] },
];

/// Names a file to which one line of JSON is appended for each thing that happens to a node
/// ([`crate::node::progress::Event`]); `terraform-provider-bud progress FILE` draws them. A host says no more than
/// "Still creating".
pub(super) const PROGRESS: &str = "BUD_PROGRESS";

/// Where variables come from: the process, or a map in tests.
pub trait Environment: Send + Sync {
    /// The value of a variable, absent where it is not set or empty.
    fn get(&self, name: &str) -> Option<String>;

    /// The value that the variables give to an argument of the provider block.
    fn argument(&self, argument: &str) -> Option<String> {
        let variable = VARIABLES.iter().find(|variable| variable.argument == argument)?;
        variable.names.iter().find_map(|name| self.get(name))
    }

    /// The same for a truth value: `true` or `1`, `false` or `0`; anything else is nothing.
    fn truth(&self, argument: &str) -> Option<bool> {
        match self.argument(argument)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
}

/// The environment of this process.
#[derive(Clone, Copy, Debug)]
pub struct Process;

impl Environment for Process {
    #[allow(clippy::disallowed_methods, reason = "the one reader of the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        BTreeMap::get(self, name).filter(|value| !value.is_empty()).cloned()
    }
}
