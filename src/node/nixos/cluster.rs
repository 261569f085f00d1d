//! What a cluster and its nodes are, as data.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::disk::{DataDisk, DiskAt};
use super::kept::Kept;
use super::pin::Pin;
use super::problem::Problem;
use super::settings::Settings;
use crate::secret::Secret;

/// A cluster: all that its nodes' systems are made of.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Name.
    pub name: String,
    /// What never changes while the cluster lives; the identifiers of its disks come from it.
    pub seed: String,
    /// The NixOS that the nodes are built from, chosen once and kept.
    pub pin: Pin,
    /// Kubernetes as the whole cluster has it.
    pub kubernetes: Kubernetes,
    /// Who may log in.
    pub users: Vec<User>,
    /// Settings of every node.
    pub settings: Settings,
    /// Settings by role, pool or node name; laid over the others in this order.
    pub overrides: BTreeMap<String, Settings>,
    /// The nodes by name.
    pub nodes: BTreeMap<String, Node>,
}

/// Kubernetes as the whole cluster has it.
#[derive(Clone, Debug)]
pub struct Kubernetes {
    /// Minor version: the 36 of 1.36.
    pub minor: u32,
    /// Addresses of pods, one range for each family.
    pub pod_ranges: Vec<IpNet>,
    /// Addresses of services, one range for each family.
    pub service_ranges: Vec<IpNet>,
    /// Where nodes speak to each other from; the firewall opens the cluster's own ports to them.
    pub node_ranges: Vec<IpNet>,
    /// Who may reach the API from elsewhere.
    pub api_sources: Vec<IpNet>,
    /// Further names and addresses in the API's certificate.
    pub api_names: Vec<String>,
    /// How pods of different nodes reach each other.
    pub flannel: Flannel,
    /// What carries traffic from outside.
    pub ingress: Ingress,
    /// Whether Secrets are encrypted in etcd.
    pub secrets_encryption: bool,
    /// Whether nodes give images to each other.
    pub embedded_registry: bool,
    /// Snapshots of etcd.
    pub snapshots: Option<Snapshots>,
}

/// Whether pods and services have addresses of both families.
pub type DualStack = bool;

impl Kubernetes {
    /// Whether pods have addresses of both families.
    pub fn is_dual_stack(&self) -> DualStack {
        self.has_ipv6() && self.pod_ranges.iter().any(|range| matches!(range, IpNet::V4(_)))
    }

    /// Whether pods have IPv6 addresses.
    pub fn has_ipv6(&self) -> bool {
        self.pod_ranges.iter().any(|range| matches!(range, IpNet::V6(_)))
    }
}

/// How pods of different nodes reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flannel {
    /// Wrapped in UDP.
    Vxlan,
    /// Wrapped and encrypted.
    WireGuardNative,
    /// By routes alone.
    HostGateway,
    /// Not at all; something else will do it.
    None,
}

impl Flannel {
    /// The name that k3s knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::WireGuardNative => "wireguard-native",
            Self::HostGateway => "host-gw",
            Self::None => "none",
        }
    }
}

/// What carries traffic from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingress {
    /// Traefik, on each node that carries ingress.
    Traefik,
    /// Nothing of ours.
    None,
}

/// Snapshots of etcd.
#[derive(Clone, Debug)]
pub struct Snapshots {
    /// When, in cron's form.
    pub schedule: String,
    /// How many are kept.
    pub retention: u32,
    /// Where they are copied to.
    pub store: Option<ObjectStore>,
}

/// An S3 store.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    /// Host and port.
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Region.
    pub region: String,
    /// Folder in the bucket.
    pub folder: String,
    /// Access key.
    pub access_key: Secret,
    /// Secret key.
    pub secret_key: Secret,
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Public keys, one line each.
    pub keys: Vec<String>,
    /// Whether sudo asks for nothing.
    pub administrator: bool,
}

/// A node: what it is for, what it runs on and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The pool that it belongs to.
    pub pool: Option<String>,
    /// What it is for.
    pub role: Role,
    /// Whose machine it is.
    pub cloud: Cloud,
    /// Its processor.
    pub architecture: Architecture,
    /// How it starts.
    pub firmware: Firmware,
    /// Its NVIDIA GPUs.
    pub gpu: Option<GpuHardware>,
    /// Its addresses in the private network.
    pub addresses: Addresses,
    /// The disk that NixOS is installed on.
    pub system_disk: DiskAt,
    /// Disk and boot loader of the NixOS that runs there, which stay; none where the disk is laid out by us.
    pub keeps: Option<Kept>,
    /// Disks that live longer than the machine.
    pub data_disks: Vec<DataDisk>,
    /// systemd-networkd files of a host whose network is not plain DHCP, by file name.
    pub networkd: BTreeMap<String, String>,
    /// Taints from the first moment on.
    pub taints: Vec<Taint>,
    /// Whether it carries ingress although its role does not say so.
    pub carries_ingress: bool,
    /// Whether pods may not ask the cloud's metadata service for the machine's identity.
    pub guards_metadata: bool,
}

/// What a node is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The server that founded the cluster.
    Primary,
    /// A further server.
    Server,
    /// An agent that carries traffic from outside.
    Ingress,
    /// An agent.
    Worker,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Primary, Self::Server, Self::Ingress, Self::Worker];

    /// The name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Server => "server",
            Self::Ingress => "ingress",
            Self::Worker => "worker",
        }
    }

    /// Whether it is part of the control plane.
    pub fn is_server(self) -> bool {
        matches!(self, Self::Primary | Self::Server)
    }
}

impl std::str::FromStr for Role {
    type Err = Problem;

    fn from_str(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|role| role.name() == name);
        found.ok_or_else(|| Problem::UnknownRole { role: name.to_owned() })
    }
}

/// Whose machine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cloud {
    /// Microsoft Azure.
    Azure,
    /// Amazon EC2.
    Aws,
    /// The user's own.
    Hosts,
}

/// A processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `x86_64`.
    X86,
    /// `aarch64`.
    Arm,
}

impl Architecture {
    /// The platform that Nix knows.
    pub fn platform(self) -> &'static str {
        match self {
            Self::X86 => "x86_64-linux",
            Self::Arm => "aarch64-linux",
        }
    }
}

/// How a machine starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Firmware {
    /// UEFI.
    Efi,
    /// The old way.
    Bios,
}

/// NVIDIA GPUs of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuHardware {
    /// Whether they hang on a switch of their own (`NVSwitch`) and need a fabric manager.
    pub nvswitch: bool,
    /// Whether NVIDIA's open kernel modules know them (Turing and later).
    pub open_modules: bool,
}

/// Addresses in the private network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// IPv4.
    pub ipv4: Option<Ipv4Addr>,
    /// IPv6.
    pub ipv6: Option<Ipv6Addr>,
}

/// A taint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

impl Cluster {
    /// Settings of one node: the cluster's, then its role's, its pool's and its own.
    pub(super) fn settings_of(&self, name: &str, node: &Node) -> Settings {
        let keys = [Some(node.role.name()), node.pool.as_deref(), Some(name)];
        let mut seen = Vec::new();
        let mut settings = self.settings.clone();
        for key in keys.into_iter().flatten() {
            // A node may be called as its pool is.
            if !seen.contains(&key) {
                seen.push(key);
                if let Some(over) = self.overrides.get(key) {
                    settings.lay(over);
                }
            }
        }
        settings
    }

    /// Whether a node carries traffic from outside. Without any that is there for it, servers do.
    pub fn carries_ingress(&self, node: &Node) -> bool {
        let named = |node: &Node| node.role == Role::Ingress || node.carries_ingress;
        if self.kubernetes.ingress == Ingress::None {
            false
        } else if self.nodes.values().any(named) {
            named(node)
        } else {
            node.role.is_server()
        }
    }

    /// Labels that a node gets through the API once it has registered.
    pub fn labels_of(&self, node: &Node) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([("bud/role".to_owned(), node.role.name().to_owned())]);
        if let Some(pool) = &node.pool {
            labels.insert("bud/pool".to_owned(), pool.clone());
        }
        if self.carries_ingress(node) {
            labels.insert(super::system::INGRESS_LABEL.to_owned(), "true".to_owned());
            // Once one node has it, the others' ports 80 and 443 are left alone.
            labels.insert("svccontroller.k3s.cattle.io/enablelb".to_owned(), "true".to_owned());
        }
        if node.gpu.is_some() {
            labels.insert("gpu".to_owned(), "on".to_owned());
        }
        labels
    }
}
