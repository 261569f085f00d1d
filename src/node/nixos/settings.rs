//! Settings that may differ by role, pool and node, and how one is laid over the other.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::secret::Secret;

/// What a cluster, a role, a pool or a node may set. Laid over each other, lists append, maps merge and
/// anything else is replaced where it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// NixOS modules of the user.
    pub modules: Vec<UserModule>,
    /// Binary caches, asked first.
    pub substituters: Vec<String>,
    /// Keys that sign what caches give, `name:base64`.
    pub trusted_public_keys: Vec<String>,
    /// Authorities that the machine trusts, in PEM.
    pub ca_certificates: Vec<String>,
    /// The way out where there is no direct one.
    pub proxy: Option<Proxy>,
    /// Name servers.
    pub dns_servers: Vec<std::net::IpAddr>,
    /// Time servers.
    pub time_servers: Vec<String>,
    /// Whether the installed system runs Azure's agent.
    pub azure_agent: Option<bool>,
    /// Further flags of k3s on servers.
    pub server_flags: Vec<String>,
    /// Further flags of k3s on agents.
    pub agent_flags: Vec<String>,
    /// Components of k3s that are left out.
    pub disable: Vec<String>,
    /// Most pods on a node.
    pub max_pods: Option<u32>,
    /// Registries, by the host that images name.
    pub registries: BTreeMap<String, Registry>,
    /// GPUs.
    pub gpu: Option<Gpu>,
    /// The operators' VPN.
    pub wireguard: Option<WireGuard>,
    /// Files that are laid on the machine before its first boot, by absolute path.
    pub files: BTreeMap<String, Secret>,
}

impl Settings {
    /// Lays other settings over these.
    pub(super) fn lay(&mut self, over: &Self) {
        // Taken apart, so that a new setting must be decided on.
        let Self {
            modules,
            substituters,
            trusted_public_keys,
            ca_certificates,
            proxy,
            dns_servers,
            time_servers,
            azure_agent,
            server_flags,
            agent_flags,
            disable,
            max_pods,
            registries,
            gpu,
            wireguard,
            files,
        } = over;
        append(&mut self.modules, modules);
        append(&mut self.substituters, substituters);
        append(&mut self.trusted_public_keys, trusted_public_keys);
        append(&mut self.ca_certificates, ca_certificates);
        append(&mut self.dns_servers, dns_servers);
        append(&mut self.time_servers, time_servers);
        append(&mut self.server_flags, server_flags);
        append(&mut self.agent_flags, agent_flags);
        append(&mut self.disable, disable);
        replace(&mut self.proxy, proxy.as_ref());
        replace(&mut self.azure_agent, azure_agent.as_ref());
        replace(&mut self.max_pods, max_pods.as_ref());
        replace(&mut self.gpu, gpu.as_ref());
        replace(&mut self.wireguard, wireguard.as_ref());
        self.registries.extend(registries.clone());
        self.files.extend(files.clone());
    }
}

/// Puts behind a list what it does not have yet.
fn append<Item: Clone + PartialEq>(list: &mut Vec<Item>, over: &[Item]) {
    for item in over {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn replace<Item: Clone>(place: &mut Option<Item>, over: Option<&Item>) {
    if let Some(over) = over {
        *place = Some(over.clone());
    }
}

/// A NixOS module of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModule {
    /// What it is called in messages: a path or a place in a list.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The way out where there is no direct one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// For http.
    pub http: Option<String>,
    /// For https.
    pub https: Option<String>,
    /// Hosts and ranges that are reached directly; the cluster's own are added.
    pub no_proxy: Vec<String>,
}

/// A registry as containerd asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Mirrors, asked in order.
    pub mirrors: Vec<String>,
    /// Changes of image names for the mirrors: pattern and replacement.
    pub rewrite: BTreeMap<String, String>,
    /// Login.
    pub login: Option<RegistryLogin>,
    /// Authority of its certificate: a path on the machine.
    pub ca_file: Option<String>,
    /// Whether its certificate is taken as it is.
    pub insecure: bool,
}

/// Login to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryLogin {
    /// User.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// GPUs of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Who owns driver and toolkit.
    pub mode: GpuMode,
    /// Driver: a branch that nixpkgs names, such as `production` or `dc_570`.
    pub driver: Option<String>,
    /// How pods share one.
    pub sharing: GpuSharing,
}

/// Who owns driver and toolkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuMode {
    /// NixOS.
    Host,
    /// NVIDIA's operator; not on NixOS.
    Operator,
    /// Nobody: the GPU is not used.
    None,
}

/// How pods share a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuSharing {
    /// Not at all.
    Exclusive,
    /// Cut into instances of one profile, such as `1g.10gb`.
    Mig {
        /// Profile of each instance.
        profile: String,
        /// How many of them on each GPU.
        count: u32,
    },
    /// One after the other; the device plugin's work.
    TimeSlicing,
    /// By `HAMi`; its device plugin's work.
    Hami,
}

/// The operators' VPN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireGuard {
    /// Address of the node in it, with the length of its prefix.
    pub address: IpNet,
    /// UDP port.
    pub port: u16,
    /// Which nodes have it.
    pub nodes: WireGuardNodes,
    /// Who may connect.
    pub peers: Vec<Peer>,
    /// The private key.
    pub private_key: Secret,
}

/// Which nodes have the VPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireGuardNodes {
    /// The primary.
    Primary,
    /// Every server.
    Servers,
}

/// Somebody who may connect to the VPN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Name.
    pub name: String,
    /// Public key.
    pub public_key: String,
    /// Addresses that it may use.
    pub allowed_ips: Vec<IpNet>,
}
