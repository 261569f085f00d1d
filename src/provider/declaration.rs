//! The arguments of the provider block.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::schema::{Attributes, Block, Rule, declare};
use crate::secret::Secret;

declare! {
    /// Azure: the account, the credential, and where Azure is.
    pub struct AzureBlock {
        /// Subscription in which everything is made. Also `ARM_SUBSCRIPTION_ID`.
        subscription_id: Option<String> = Rule::plain(),
        /// Tenant that issues the tokens. Also `ARM_TENANT_ID`.
        tenant_id: Option<String> = Rule::plain(),
        /// Application, or user-assigned identity, that logs in. Also `ARM_CLIENT_ID`.
        client_id: Option<String> = Rule::plain(),
        /// Password of the application. Also `ARM_CLIENT_SECRET`.
        client_secret: Option<Secret> = Rule::sensitive(),
        /// Certificate of the application with its private key, a PFX or PEM file. Also
        /// `ARM_CLIENT_CERTIFICATE_PATH`.
        client_certificate_path: Option<String> = Rule::plain(),
        /// Password of the PFX file. Also `ARM_CLIENT_CERTIFICATE_PASSWORD`.
        client_certificate_password: Option<Secret> = Rule::sensitive(),
        /// Token of another identity provider that Entra ID trusts. Also `ARM_OIDC_TOKEN`.
        oidc_token: Option<Secret> = Rule::sensitive(),
        /// File with such a token, read anew at every login. Also `ARM_OIDC_TOKEN_FILE_PATH`.
        oidc_token_file_path: Option<String> = Rule::plain(),
        /// Address at which GitHub Actions or Azure DevOps issues such a token. Also
        /// `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL` and `SYSTEM_OIDCREQUESTURI`.
        oidc_request_url: Option<String> = Rule::plain(),
        /// Token for that address. Also `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN` and
        /// `SYSTEM_ACCESSTOKEN`.
        oidc_request_token: Option<Secret> = Rule::sensitive(),
        /// Azure DevOps: the service connection to log in with. Also
        /// `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID` and `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`.
        ado_service_connection_id: Option<String> = Rule::plain(),
        /// Log in with a token of another identity provider. Also `ARM_USE_OIDC`.
        use_oidc: Option<bool> = Rule::plain(),
        /// Log in with the managed identity of this machine. Also `ARM_USE_MSI`.
        use_msi: Option<bool> = Rule::plain(),
        /// Log in as the Azure CLI does; by default the last way that is tried. Also `ARM_USE_CLI`.
        use_cli: Option<bool> = Rule::plain(),
        /// Cloud: `public`, `usgovernment` or `china`. Also `ARM_ENVIRONMENT`.
        environment: Option<String> = Rule::one_of(&["public", "usgovernment", "china"]),
        /// Address of the resource manager in place of the cloud's. Also
        /// `BUD_AZURE_RESOURCE_MANAGER_ENDPOINT`.
        resource_manager_endpoint: Option<String> = Rule::plain(),
        /// Address of the login authority in place of the cloud's. Also `BUD_AZURE_AUTHORITY_HOST`.
        authority_host: Option<String> = Rule::plain(),
        /// PEM file with further certificate authorities to trust. Also `BUD_AZURE_CA_FILE`.
        ca_file: Option<String> = Rule::plain(),
        /// Register resource providers that the subscription lacks; by default true.
        register_providers: Option<bool> = Rule::plain(),
    }
}

declare! {
    /// AWS: the account and where AWS is.
    pub struct AwsBlock {
        /// Region. Also `AWS_REGION`.
        region: Option<String> = Rule::plain(),
        /// Profile of the shared configuration. Also `AWS_PROFILE`.
        profile: Option<String> = Rule::plain(),
        /// Access key. Also `AWS_ACCESS_KEY_ID`.
        access_key: Option<String> = Rule::plain(),
        /// Secret key. Also `AWS_SECRET_ACCESS_KEY`.
        secret_key: Option<Secret> = Rule::sensitive(),
        /// Session token. Also `AWS_SESSION_TOKEN`.
        token: Option<Secret> = Rule::sensitive(),
        /// Role to assume.
        assume_role_arn: Option<String> = Rule::plain(),
        /// Address in place of AWS's. Also `AWS_ENDPOINT_URL`.
        endpoint_url: Option<String> = Rule::plain(),
        /// PEM file with further certificate authorities to trust. Also `AWS_CA_BUNDLE`.
        ca_file: Option<String> = Rule::plain(),
    }
}

declare! {
    /// Default connection of releases and secrets.
    pub struct KubernetesBlock {
        /// Content of a kubeconfig.
        kubeconfig: Option<Secret> = Rule::sensitive(),
        /// Path of a kubeconfig. Also `KUBECONFIG`.
        config_path: Option<String> = Rule::plain(),
        /// Context to use in place of the current one.
        context: Option<String> = Rule::plain(),
    }
}

declare! {
    /// A machine through which the others are reached.
    pub struct BastionBlock {
        /// Address.
        host: Option<String> = Rule::plain(),
        /// Port, 22 by default.
        port: Option<i64> = Rule::plain(),
        /// User.
        user: Option<String> = Rule::plain(),
        /// Public host key that it must present.
        host_key: Option<String> = Rule::plain(),
        /// Private key in OpenSSH or PEM form.
        private_key: Option<Secret> = Rule::sensitive(),
    }
}

declare! {
    /// How machines are reached.
    pub struct SshBlock {
        /// Private key in OpenSSH or PEM form.
        private_key: Option<Secret> = Rule::sensitive(),
        /// Path of a private key.
        private_key_file: Option<String> = Rule::plain(),
        /// Use the keys of the SSH agent.
        agent: Option<bool> = Rule::plain(),
        /// A machine through which the others are reached.
        bastion: Option<BastionBlock> = Rule::plain(),
    }
}

declare! {
    /// Credential of a registry.
    pub struct RegistryAuthBlock {
        /// Kind of login: `basic` (the default with a user), `acr` (Azure Container Registry, with the account of
        /// `azure`), `ecr` or `anonymous`. `ecr` is refused by this version.
        r#type: Option<String> = Rule::one_of(&["basic", "acr", "ecr", "anonymous"]),
        /// User, with `basic`.
        username: Option<String> = Rule::plain(),
        /// Password, with `basic`.
        password: Option<Secret> = Rule::sensitive(),
    }
}

declare! {
    /// Tags that others rewrite and that are no drift.
    pub struct IgnoreTagsBlock {
        /// Names of tags.
        keys: Option<Vec<String>> = Rule::plain(),
        /// Beginnings of names of tags.
        key_prefixes: Option<Vec<String>> = Rule::plain(),
    }
}

declare! {
    /// Cloudflare, for DNS records.
    pub struct CloudflareBlock {
        /// API token. Also `CLOUDFLARE_API_TOKEN`.
        api_token: Option<Secret> = Rule::sensitive(),
        /// Address in place of Cloudflare's.
        base_url: Option<String> = Rule::plain(),
    }
}

declare! {
    /// The provider block. Every argument is optional and may be known only after apply; nothing is
    /// contacted until it is needed.
    pub struct ProviderBlock {
        /// Default cloud of networks and pools: `azure`, `aws` or `hosts`.
        cloud: Option<String> = Rule::one_of(&["azure", "aws", "hosts"]),
        /// Name of the environment. Tags everything that this configuration makes; what `sweep` works by.
        environment: Option<String> = Rule::plain(),
        /// Tags laid below the tags of every resource.
        default_tags: Option<BTreeMap<String, String>> = Rule::plain(),
        /// Default time to live, such as `"4h"`.
        ttl: Option<Duration> = Rule::plain(),
        /// What the check of sizes, zones and quotas does at plan: `error`, `warn` or `off`.
        preflight: Option<String> = Rule::one_of(&["error", "warn", "off"]),
        /// Azure.
        azure: Option<AzureBlock> = Rule::plain(),
        /// AWS.
        aws: Option<AwsBlock> = Rule::plain(),
        /// Default connection of releases and secrets.
        kubernetes: Option<KubernetesBlock> = Rule::plain(),
        /// How machines are reached.
        ssh: Option<SshBlock> = Rule::plain(),
        /// Chart repositories by their public address, and where to fetch them instead.
        chart_mirrors: Option<BTreeMap<String, String>> = Rule::plain(),
        /// Image registries by their public name, and where to pull from instead.
        image_mirrors: Option<BTreeMap<String, String>> = Rule::plain(),
        /// Credentials of registries by host.
        registry_auth: Option<BTreeMap<String, RegistryAuthBlock>> = Rule::plain(),
        /// Proxy for SSH and Kubernetes, `socks5://` or `http://`. Also `BUD_PROXY_URL`.
        proxy_url: Option<String> = Rule::plain(),
        /// Default region of networks.
        location: Option<String> = Rule::plain(),
        /// Tags that others rewrite and that are no drift.
        ignore_tags: Option<IgnoreTagsBlock> = Rule::plain(),
        /// Cloudflare, for DNS records.
        cloudflare: Option<CloudflareBlock> = Rule::plain(),
    }
}

/// The declaration of the provider block.
#[must_use]
pub fn block() -> Block {
    Block {
        version: 0,
        doc: "Brings up Bud AI Foundry from nothing: networks and machines on Azure and AWS, NixOS and k3s on \
              them, and releases in the cluster.",
        attributes: ProviderBlock::attributes(),
    }
}
