//! Files that a node keeps outside of the store: what is secret, and what is its alone.
//!
//! Because name, addresses, taints and whom to join live here, replacing a server changes no other
//! node's system, and nodes of a kind are one system.

use std::collections::BTreeMap;

use super::cluster::{Cluster, Node};
use super::settings::Settings;
use crate::secret::Secret;

/// Where things lie on a node.
pub mod paths {
    /// Folder of what is ours.
    pub const FOLDER: &str = "/etc/bud";
    /// Name of the machine.
    pub const HOSTNAME: &str = "/etc/hostname";
    /// k3s' own configuration.
    pub const K3S_CONFIG: &str = "/etc/rancher/k3s/config.yaml";
    /// Registries, their mirrors and logins.
    pub const REGISTRIES: &str = "/etc/rancher/k3s/registries.yaml";
    /// Whom to join, or that this node founds the cluster.
    pub const JOIN: &str = "/etc/bud/k3s.env";
    /// The token that servers join with.
    pub const SERVER_TOKEN: &str = "/var/lib/bud/server-token";
    /// The token that agents join with.
    pub const AGENT_TOKEN: &str = "/var/lib/bud/agent-token";
    /// The VPN's private key.
    pub const WIREGUARD_KEY: &str = "/var/lib/bud/wireguard.key";
    /// The host key that the machine was born with, and that the installer carries on.
    pub const FIRST_HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";
    /// The host key that the installed system makes for itself.
    pub const HOST_KEY: &str = "/etc/ssh/ssh_host_bud_ed25519_key";
    /// The certificate that the cluster's authority gives it.
    pub const HOST_CERTIFICATE: &str = "/etc/ssh/ssh_host_bud_ed25519_key-cert.pub";
    /// Keys that may read the store over SSH and nothing else; `%u` is the user.
    pub const SERVED: &str = "/etc/bud/served/%u";
    /// How `bud-leave` behaves: `DRAIN`, `DRAIN_TIMEOUT`.
    pub const LEAVE: &str = "/etc/bud/leave.env";
    /// The key that sops-nix decrypts with, where the user has one.
    pub const AGE_KEY: &str = "/var/lib/sops-nix/key.txt";
    /// A finished system has this file on its root; such a disk is never formatted.
    pub const FINISHED: &str = "/var/lib/bud/finished";
    /// Folder of networkd files beside those of the system.
    pub const NETWORKD: &str = "/etc/systemd/network";

    /// All that the provider writes itself.
    pub(in crate::node::nixos) const OURS: [&str; 11] = [
        HOSTNAME,
        K3S_CONFIG,
        REGISTRIES,
        JOIN,
        SERVER_TOKEN,
        AGENT_TOKEN,
        WIREGUARD_KEY,
        FIRST_HOST_KEY,
        HOST_KEY,
        HOST_CERTIFICATE,
        FINISHED,
    ];
}

/// A file outside of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedFile {
    /// Absolute path.
    pub path: String,
    /// Its bits, such as 0o600.
    pub mode: u32,
    /// Group that may read it; the owner is always root.
    pub group: &'static str,
    /// What is in it.
    pub content: Secret,
}

impl PlacedFile {
    fn new(path: &str, mode: u32, content: impl Into<String>) -> Self {
        Self { path: path.to_owned(), mode, group: "root", content: Secret::new(content) }
    }

    /// A token; the join and the rotation write it anew.
    pub fn token(path: &str, token: &Secret) -> Self {
        Self::new(path, 0o600, format!("{}\n", token.expose()))
    }
}

/// How a node comes to its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// It founds it. Only while no other server has an initialised etcd.
    Found,
    /// It joins a living server.
    Server {
        /// Host of the server, a name or an address.
        host: String,
    },
}

impl Join {
    /// The environment file that k3s starts with.
    pub fn file(&self) -> PlacedFile {
        let text = match self {
            Self::Found => "K3S_CLUSTER_INIT=true\n".to_owned(),
            Self::Server { host } if host.contains(':') => format!("K3S_URL=https://[{host}]:6443\n"),
            Self::Server { host } => format!("K3S_URL=https://{host}:6443\n"),
        };
        PlacedFile::new(paths::JOIN, 0o600, text)
    }
}

/// The files of a node, sorted by path; tokens and [`Join`] come with the join.
pub(super) fn files(cluster: &Cluster, name: &str, node: &Node, settings: &Settings) -> Vec<PlacedFile> {
    let mut files = vec![
        PlacedFile::new(paths::HOSTNAME, 0o644, format!("{name}\n")),
        PlacedFile::new(paths::K3S_CONFIG, 0o600, k3s_config(cluster, name, node)),
        PlacedFile::new(paths::REGISTRIES, 0o600, registries(settings)),
    ];
    if let Some(vpn) = settings.wireguard.as_ref().filter(|vpn| super::system::has_vpn(node.role, vpn)) {
        let mut key = PlacedFile::new(paths::WIREGUARD_KEY, 0o640, format!("{}\n", vpn.private_key.expose()));
        // networkd reads it, and does not run as root.
        key.group = "systemd-network";
        files.push(key);
    }
    for (file, text) in &node.networkd {
        files.push(PlacedFile::new(&format!("{}/{file}", paths::NETWORKD), 0o644, text));
    }
    for (path, content) in &settings.files {
        files.push(PlacedFile { path: path.clone(), mode: 0o400, group: "root", content: content.clone() });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// k3s' configuration file: JSON, which is YAML too.
fn k3s_config(cluster: &Cluster, name: &str, node: &Node) -> String {
    let mut config = serde_json::Map::new();
    let mut put = |key: &str, value: serde_json::Value| config.insert(key.to_owned(), value);
    put("node-name", name.into());
    let ipv4 = node.addresses.ipv4.map(|address| address.to_string());
    let ipv6 =
        node.addresses.ipv6.filter(|_| cluster.kubernetes.has_ipv6()).map(|address| address.to_string());
    let addresses: Vec<String> = ipv4.into_iter().chain(ipv6).collect();
    if !addresses.is_empty() {
        put("node-ip", addresses.join(",").into());
    }
    if !node.taints.is_empty() {
        let taint = |taint: &super::Taint| format!("{}={}:{}", taint.key, taint.value, taint.effect);
        put("node-taint", node.taints.iter().map(taint).collect::<Vec<_>>().into());
    }
    let store = cluster.kubernetes.snapshots.as_ref().and_then(|all| all.store.as_ref());
    if let Some(store) = store.filter(|_| node.role.is_server()) {
        put("etcd-s3", true.into());
        put("etcd-s3-endpoint", store.endpoint.clone().into());
        put("etcd-s3-bucket", store.bucket.clone().into());
        put("etcd-s3-region", store.region.clone().into());
        put("etcd-s3-folder", store.folder.clone().into());
        put("etcd-s3-access-key", store.access_key.expose().into());
        put("etcd-s3-secret-key", store.secret_key.expose().into());
    }
    pretty(&config.into())
}

/// k3s' file of registries.
fn registries(settings: &Settings) -> String {
    let mut mirrors = BTreeMap::new();
    let mut configs = BTreeMap::new();
    for (host, registry) in &settings.registries {
        let mut mirror = serde_json::json!({ "endpoint": registry.mirrors });
        if !registry.rewrite.is_empty() {
            mirror["rewrite"] = serde_json::json!(registry.rewrite);
        }
        mirrors.insert(host, mirror);
        let mut config = serde_json::Map::new();
        if let Some(login) = &registry.login {
            let auth = serde_json::json!({ "username": login.username, "password": login.password.expose() });
            config.insert("auth".into(), auth);
        }
        if registry.insecure {
            config.insert("tls".into(), serde_json::json!({ "insecure_skip_verify": true }));
        } else if let Some(ca) = &registry.ca_file {
            config.insert("tls".into(), serde_json::json!({ "ca_file": ca }));
        }
        if !config.is_empty() {
            configs.insert(host, config);
        }
    }
    pretty(&serde_json::json!({ "mirrors": mirrors, "configs": configs }))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
