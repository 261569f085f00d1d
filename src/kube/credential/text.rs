//! The text of a kubeconfig of ours. The same cluster gives the same text, to the byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::certificate::Credential;
use crate::secret::Secret;

/// The extension that kubectl keeps and does not look at: how the cluster's servers are reached when the address of
/// the kubeconfig is not (operations.md B3).
pub const EXTENSION: &str = "bud.studio/access";

/// What a kubeconfig says.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    /// Name of cluster, user and context.
    pub name: String,
    /// The API server.
    pub server: Url,
    /// Its authority in PEM form.
    pub authority: String,
    /// Proxy for everybody who uses the kubeconfig.
    pub proxy: Option<Url>,
    /// The other servers.
    pub servers: Vec<Url>,
    /// The servers by SSH, through which the API is reached where nothing but port 22 is open.
    pub ssh: Vec<SshServer>,
    /// The authority of the servers' host keys, `ssh-ed25519 AAAA…`.
    pub ssh_authority: Option<String>,
}

/// A server as SSH reaches it. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshServer {
    /// Name of the node, for which its host certificate is.
    pub node: String,
    /// Address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The port of its API, as it reaches it itself.
    pub api_port: u16,
}

impl Kubeconfig {
    /// Its text, with what logs in.
    #[must_use]
    pub fn text(&self, credential: &Credential) -> Secret {
        let servers: Vec<&str> = self.servers.iter().map(address).collect();
        let ssh: Vec<Value> = self
            .ssh
            .iter()
            .map(|one| {
                json!({
                    "node": one.node, "host": one.host, "port": one.port, "user": one.user, "api_port": one.api_port,
                })
            })
            .collect();
        let mut cluster = json!({
            "server": address(&self.server),
            "certificate-authority-data": STANDARD.encode(&self.authority),
            "extensions": [{
                "name": EXTENSION,
                "extension": { "servers": servers, "ssh": ssh, "ssh_authority": self.ssh_authority },
            }],
        });
        if let Some(proxy) = &self.proxy {
            cluster["proxy-url"] = address(proxy).into();
        }
        let name = &self.name;
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": name, "cluster": cluster }],
            "users": [{ "name": name, "user": {
                "client-certificate-data": STANDARD.encode(&credential.certificate),
                "client-key-data": STANDARD.encode(credential.key.expose()),
            } }],
            "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
            "current-context": name,
        });
        match serde_norway::to_value(&config) {
            Ok(serde_norway::Value::Mapping(mapping)) => Secret::new(crate::kube::yaml::document(&mapping)),
            // JSON is YAML.
            _ => Secret::new(config.to_string()),
        }
    }
}

/// An address as people write it.
fn address(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}
