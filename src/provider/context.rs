//! What the provider block and the environment come to.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Environment;
use super::registry::{self, RegistryLogin};
use crate::cloud::{Cloud, CloudError};
use crate::node::progress::{Lines, Progress, Silent};
use crate::schema::{Field, Planned, Unread};
use crate::secret::Secret;
use crate::value::{Path, Value};

/// The configured values; each may be known only after apply.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Default cloud.
    pub cloud: Planned<Option<String>>,
    /// Name of the environment.
    pub environment: Planned<Option<String>>,
    /// Tags below those of the resources.
    pub default_tags: Planned<BTreeMap<String, String>>,
    /// Default time to live.
    pub ttl: Planned<Option<String>>,
    /// Default region.
    pub location: Planned<Option<String>>,
    /// What the check of sizes, zones and quotas does at plan: `error`, `warn` or `off`.
    pub preflight: Planned<Option<String>>,
    /// A private key that opens machines, or the file that holds one.
    pub ssh_key: Planned<Option<SshKey>>,
    /// How machines are logged in to.
    pub ssh: Planned<Ssh>,
    /// Chart repositories by their public address, and where to fetch them instead.
    pub chart_mirrors: Planned<BTreeMap<String, String>>,
    /// How registries are logged in to, by host.
    pub registry_auth: Planned<BTreeMap<String, RegistryLogin>>,
    /// Default connection of what lives in a cluster.
    pub kubernetes: Planned<Kubernetes>,
    /// Proxy for SSH and Kubernetes.
    pub proxy_url: Planned<Option<String>>,
    /// Names of tags that others rewrite.
    pub ignored_keys: Vec<String>,
    /// Beginnings of names of tags that others rewrite.
    pub ignored_prefixes: Vec<String>,
}

impl Settings {
    fn read(environment: &dyn Environment, config: &Value) -> Self {
        let ignore = config.get("ignore_tags");
        Self {
            cloud: planned(config.get("cloud")),
            environment: planned(config.get("environment")),
            default_tags: match planned::<Option<BTreeMap<String, String>>>(config.get("default_tags")) {
                Planned::Known(tags) => Planned::Known(tags.unwrap_or_default()),
                Planned::Unknown => Planned::Unknown,
            },
            ttl: planned(config.get("ttl")),
            location: planned(config.get("location")),
            preflight: planned(config.get("preflight")),
            ssh_key: ssh_key(config.get("ssh")),
            ssh: ssh(environment, config.get("ssh")),
            chart_mirrors: or_none(planned(config.get("chart_mirrors"))),
            registry_auth: registry::logins(config.get("registry_auth")),
            kubernetes: kubernetes(environment, config.get("kubernetes")),
            proxy_url: match planned::<Option<String>>(config.get("proxy_url")) {
                Planned::Known(None) => Planned::Known(environment.argument("proxy_url")),
                given => given,
            },
            ignored_keys: planned(ignore.get("keys")).known().flatten().unwrap_or_default(),
            ignored_prefixes: planned(ignore.get("key_prefixes")).known().flatten().unwrap_or_default(),
        }
    }

    /// Whether a tag is one that others rewrite.
    #[must_use]
    pub fn ignores(&self, tag: &str) -> bool {
        self.ignored_keys.iter().any(|key| key == tag)
            || self.ignored_prefixes.iter().any(|prefix| tag.starts_with(prefix))
    }
}

fn or_none<T: Default>(planned: Planned<Option<T>>) -> Planned<T> {
    match planned {
        Planned::Known(value) => Planned::Known(value.unwrap_or_default()),
        Planned::Unknown => Planned::Unknown,
    }
}

/// Where the private key of the provider's `ssh` block is.
#[derive(Clone, Debug)]
pub enum SshKey {
    /// The key itself.
    Key(Secret),
    /// Its file.
    File(String),
}

fn ssh_key(block: &Value) -> Planned<Option<SshKey>> {
    let key: Planned<Option<Secret>> = planned(block.get("private_key"));
    let file: Planned<Option<String>> = planned(block.get("private_key_file"));
    match (key, file) {
        (Planned::Known(Some(key)), _) => Planned::Known(Some(SshKey::Key(key))),
        (Planned::Unknown, _) | (_, Planned::Unknown) => Planned::Unknown,
        (_, Planned::Known(file)) => Planned::Known(file.map(SshKey::File)),
    }
}

/// How machines are logged in to.
#[derive(Clone, Debug, Default)]
pub struct Ssh {
    /// A private key, or its file.
    pub key: Option<SshKey>,
    /// The socket of an agent whose keys are used.
    pub agent: Option<std::path::PathBuf>,
    /// A machine through which the others are reached.
    pub bastion: Option<Bastion>,
}

/// A machine through which others are reached.
#[derive(Clone, Debug)]
pub struct Bastion {
    /// Address.
    pub host: String,
    /// Port of its SSH server.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The host key that it must present, `ssh-ed25519 AAAA…`.
    pub host_key: Option<String>,
    /// Its own key, where it has another than the machines.
    pub key: Option<Secret>,
}

fn ssh(environment: &dyn Environment, block: &Value) -> Planned<Ssh> {
    let Planned::Known(key) = ssh_key(block) else { return Planned::Unknown };
    let Planned::Known(agent): Planned<Option<bool>> = planned(block.get("agent")) else {
        return Planned::Unknown;
    };
    let socket = agent.unwrap_or_default().then(|| environment.get("SSH_AUTH_SOCK")).flatten();
    let Planned::Known(bastion): Planned<Option<super::declaration::BastionBlock>> =
        planned(block.get("bastion"))
    else {
        return Planned::Unknown;
    };
    let bastion = bastion.and_then(|bastion| {
        Some(Bastion {
            host: bastion.host?,
            port: bastion.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(22),
            user: bastion.user.unwrap_or_else(|| "root".to_owned()),
            host_key: bastion.host_key,
            key: bastion.private_key,
        })
    });
    Planned::Known(Ssh { key, agent: socket.map(Into::into), bastion })
}

/// Which cluster is meant where a resource names none.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    /// Content of a kubeconfig.
    pub kubeconfig: Option<Secret>,
    /// Paths of kubeconfigs, used where there is no content; those of `KUBECONFIG` are several.
    pub files: Vec<std::path::PathBuf>,
    /// Context in place of the current one.
    pub context: Option<String>,
}

fn kubernetes(environment: &dyn Environment, block: &Value) -> Planned<Kubernetes> {
    let (kubeconfig, path, context): (Planned<Option<Secret>>, Planned<Option<String>>, _) =
        (planned(block.get("kubeconfig")), planned(block.get("config_path")), planned(block.get("context")));
    let (Planned::Known(kubeconfig), Planned::Known(path), Planned::Known(context)) =
        (kubeconfig, path, context)
    else {
        return Planned::Unknown;
    };
    let files = match path {
        Some(path) => vec![path.into()],
        None => environment
            .argument("kubernetes.config_path")
            .map(|paths| std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect())
            .unwrap_or_default(),
    };
    Planned::Known(Kubernetes { kubeconfig, files, context })
}

/// The provider block was checked before: a value that cannot be read is one that is not known yet.
fn planned<T: Field>(value: &Value) -> Planned<T> {
    match T::read(value, &Path::root()) {
        Ok(read) => Planned::Known(read),
        Err(Unread::Unknown | Unread::Wrong(_)) => Planned::Unknown,
    }
}

/// The provider as configured: shared by all resources, replaced by every `ConfigureProvider`.
pub struct Context {
    environment: Box<dyn Environment>,
    configured: RwLock<Configured>,
    progress: Arc<dyn Progress>,
}

#[derive(Clone)]
struct Configured {
    settings: Arc<Settings>,
    #[cfg(feature = "azure")]
    azure: Planned<Arc<Result<Arc<crate::cloud::azure::Azure>, CloudError>>>,
}

impl Context {
    /// A provider that is not configured yet: as with an empty block.
    #[must_use]
    pub fn new(environment: Box<dyn Environment>) -> Self {
        let nothing = Value::Map(BTreeMap::new());
        let configured = RwLock::new(Self::read(environment.as_ref(), &nothing));
        let progress = progress(environment.as_ref());
        Self { environment, configured, progress }
    }

    /// Who is told what happens to nodes: the file that `BUD_PROGRESS` names, or nobody.
    #[must_use]
    pub fn progress(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.progress)
    }

    /// Takes a configuration; earlier clients are let go.
    pub fn configure(&self, config: &Value) {
        let configured = Self::read(self.environment.as_ref(), config);
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = configured;
    }

    fn read(environment: &dyn Environment, config: &Value) -> Configured {
        Configured {
            settings: Arc::new(Settings::read(environment, config)),
            #[cfg(feature = "azure")]
            azure: azure_settings(environment, config.get("azure")).map_or(Planned::Unknown, |settings| {
                Planned::Known(Arc::new(crate::cloud::azure::Azure::new(settings).map(Arc::new)))
            }),
        }
    }

    /// The configured values.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.configured.read().unwrap_or_else(PoisonError::into_inner).settings)
    }

    /// The client of a cloud; unknown while an argument that it needs is known only after apply.
    ///
    /// # Errors
    /// [`CloudError::Setting`] where the configuration cannot be used.
    pub fn cloud(&self, name: &str) -> Result<Planned<Arc<dyn Cloud>>, CloudError> {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner).clone();
        match name {
            #[cfg(feature = "azure")]
            "azure" => match configured.azure {
                Planned::Unknown => Ok(Planned::Unknown),
                Planned::Known(client) => match client.as_ref() {
                    Ok(client) => Ok(Planned::Known(Arc::clone(client) as Arc<dyn Cloud>)),
                    Err(error) => Err(error.clone()),
                },
            },
            _ => {
                let _ = configured;
                Err(CloudError::Setting {
                    argument: "cloud",
                    reason: format!("this build of the provider cannot make networks in {name:?}"),
                })
            }
        }
    }
}

/// A progress file that cannot be opened is told in the log: nothing that is made may hang on it.
fn progress(environment: &dyn Environment) -> Arc<dyn Progress> {
    let Some(path) = environment.get(super::env::PROGRESS) else { return Arc::new(Silent) };
    match std::fs::OpenOptions::new().create(true).append(true).open(&path) {
        Ok(file) => Arc::new(Lines::new(file)),
        Err(error) => {
            tracing::warn!(path, %error, "the file that BUD_PROGRESS names cannot be written");
            Arc::new(Silent)
        }
    }
}

/// The account's settings from block and environment; absent while one of them is unknown.
#[cfg(feature = "azure")]
fn azure_settings(environment: &dyn Environment, block: &Value) -> Option<crate::cloud::azure::Settings> {
    use super::AzureBlock;

    let block = Option::<AzureBlock>::read(block, &Path::of("azure")).ok()?;
    let text = |given: Option<&String>, name: &str| {
        given.cloned().or_else(|| environment.argument(&format!("azure.{name}")))
    };
    let secret = |given: Option<&Secret>, name: &str| {
        given.cloned().or_else(|| environment.argument(&format!("azure.{name}")).map(Secret::new))
    };
    let truth =
        |given: Option<bool>, name: &str| given.or_else(|| environment.truth(&format!("azure.{name}")));
    let given = block.as_ref();
    Some(crate::cloud::azure::Settings {
        subscription_id: text(given.and_then(|block| block.subscription_id.as_ref()), "subscription_id"),
        tenant_id: text(given.and_then(|block| block.tenant_id.as_ref()), "tenant_id"),
        client_id: text(given.and_then(|block| block.client_id.as_ref()), "client_id"),
        client_secret: secret(given.and_then(|block| block.client_secret.as_ref()), "client_secret"),
        client_certificate_path: text(
            given.and_then(|block| block.client_certificate_path.as_ref()),
            "client_certificate_path",
        )
        .map(Into::into),
        client_certificate_password: secret(
            given.and_then(|block| block.client_certificate_password.as_ref()),
            "client_certificate_password",
        ),
        oidc_token: secret(given.and_then(|block| block.oidc_token.as_ref()), "oidc_token"),
        oidc_token_file_path: text(
            given.and_then(|block| block.oidc_token_file_path.as_ref()),
            "oidc_token_file_path",
        )
        .map(Into::into),
        oidc_request_url: text(given.and_then(|block| block.oidc_request_url.as_ref()), "oidc_request_url"),
        oidc_request_token: secret(
            given.and_then(|block| block.oidc_request_token.as_ref()),
            "oidc_request_token",
        ),
        ado_service_connection_id: text(
            given.and_then(|block| block.ado_service_connection_id.as_ref()),
            "ado_service_connection_id",
        ),
        use_oidc: truth(given.and_then(|block| block.use_oidc), "use_oidc"),
        use_msi: truth(given.and_then(|block| block.use_msi), "use_msi"),
        msi_endpoint: text(None, "msi_endpoint"),
        use_cli: truth(given.and_then(|block| block.use_cli), "use_cli"),
        environment: text(given.and_then(|block| block.environment.as_ref()), "environment"),
        resource_manager_endpoint: text(
            given.and_then(|block| block.resource_manager_endpoint.as_ref()),
            "resource_manager_endpoint",
        ),
        authority_host: text(given.and_then(|block| block.authority_host.as_ref()), "authority_host"),
        ca_file: text(given.and_then(|block| block.ca_file.as_ref()), "ca_file").map(Into::into),
        register_providers: given.and_then(|block| block.register_providers),
    })
}
