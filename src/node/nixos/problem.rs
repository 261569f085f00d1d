//! What can be wrong with a cluster's data; all of it is found before anything is written.

use super::nix::{ModuleFault, Nul};

/// One thing that is wrong, with what it is wrong about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum Problem {
    #[error("{role:?} is no role; there are primary, server, ingress and worker")]
    UnknownRole { role: String },
    #[error("{key:?} in overrides is no role, pool or node of this cluster")]
    UnknownOverride { key: String },
    #[error("{what} {name:?} is no host name: up to 63 small letters, digits and hyphens")]
    BadName { what: &'static str, name: String },
    #[error("the cluster has no node")]
    NoNodes,
    #[error("the cluster has no primary and no server")]
    NoServer,
    #[error("{second} is a primary beside {first}; a cluster has one")]
    SecondPrimary { first: String, second: String },
    #[error("nobody could log in: no user has a key and may use sudo")]
    NoLogin,

    #[error("user {name:?} has a name that no login can have")]
    BadUser { name: String },
    #[error("user {name} is given twice")]
    DuplicateUser { name: String },
    #[error("user {user} has a key that is no public SSH key: {key:?}")]
    BadSshKey { user: String, key: String },

    #[error("the pin's hash {hash:?} is not sha256- and 44 letters of base64")]
    BadHash { hash: String },
    #[error("the pin's revision {revision:?} is not 40 hexadecimal digits")]
    BadRevision { revision: String },
    #[error("the pin's release {release:?} is not of the form 26.05")]
    BadRelease { release: String },
    #[error("the pinned NixOS has no Kubernetes 1.{minor}; it has {}", minors(.known))]
    UnknownKubernetes { minor: u32, known: Vec<u32> },

    #[error("{what}: {range} has bits set behind its prefix; {truncated} is meant")]
    HostBits { what: &'static str, range: String, truncated: String },
    #[error("{first} and {second} overlap")]
    OverlappingRanges { first: String, second: String },
    #[error("{what} has two ranges of {family}; one is allowed")]
    TwoRanges { what: &'static str, family: &'static str },
    #[error("{what} has no range")]
    NoRange { what: &'static str },
    #[error("pods and services must have the same families of addresses")]
    FamiliesDiffer,
    #[error("pods have {family} addresses, but node {node} has none")]
    NodeLacksFamily { node: String, family: &'static str },
    #[error("service range {range} is larger than Kubernetes allows (/12, or /108 for IPv6)")]
    ServiceRangeTooLarge { range: String },
    #[error("pod range {range} holds {holds} nodes of {pods} pods each, the cluster has {nodes}")]
    PodRangeTooSmall { range: String, holds: u64, pods: u32, nodes: u64 },
    #[error("{place}: {pods} pods are more than a node can hold (1 to 4000)")]
    BadMaxPods { place: String, pods: u32 },
    #[error("{name:?} is neither a host name nor an address")]
    BadApiName { name: String },

    #[error("{place}: {flag:?} is no flag; one looks like --name or --name=value")]
    BadFlag { place: String, flag: String },
    #[error("{place}: {flag} is set by the cluster and cannot be a further flag")]
    OwnedFlag { place: String, flag: String },
    #[error("{place}: {component:?} is no component of k3s that can be left out")]
    UnknownComponent { place: String, component: String },
    #[error("{place}: {component} is left out, but the cluster's ingress needs it")]
    NeededComponent { place: String, component: String },
    #[error("node {node}: servers must leave out the same components and agree in their flags")]
    ServersDiffer { node: String },
    #[error("node {node}: taint {taint:?} is none: key=value:NoSchedule|PreferNoSchedule|NoExecute")]
    BadTaint { node: String, taint: String },
    #[error("snapshot schedule {schedule:?} does not have the five fields of cron")]
    BadSchedule { schedule: String },

    #[error("{place}: wireguard-native and the VPN both want UDP port {port}")]
    PortTaken { place: String, port: u16 },
    #[error("{key:?} is no WireGuard key: 32 bytes in base64")]
    BadWireGuardKey { key: String },
    #[error("VPN peer {name:?} is given twice, or its key or addresses are another's")]
    DuplicatePeer { name: String },
    #[error("{place}: GPU mode operator is for Ubuntu hosts; on NixOS it is host or none")]
    OperatorOnNixos { place: String },
    #[error("{place}: {driver:?} is no branch of the NVIDIA driver in nixpkgs")]
    BadDriver { place: String, driver: String },
    #[error("{place}: {profile:?} is no MIG profile of the form 1g.10gb, or its count is not 1 to 7")]
    BadMigProfile { place: String, profile: String },

    #[error("node {node}: the system disk is given as {at}; it needs a serial number or a by-id link")]
    BadSystemDisk { node: String, at: String },
    #[error("node {node}: {at:?} cannot be what a disk is known by")]
    BadDiskId { node: String, at: String },
    #[error("node {node}: two disks are known by {at}")]
    DuplicateDisk { node: String, at: String },
    #[error(
        "node {node}: disk name {name:?} is not 1 to 32 small letters, digits and hyphens, or given twice"
    )]
    BadDiskName { node: String, name: String },
    #[error("node {node}: nothing can be mounted at {mount:?}")]
    BadMount { node: String, mount: String },
    #[error("node {node}: two disks are mounted at {mount}")]
    DuplicateMount { node: String, mount: String },

    #[error("module {module}: {fault}")]
    BadModule { module: String, fault: ModuleFault },
    #[error("{place}: {url:?} is no address of a {what}")]
    BadUrl { place: String, what: &'static str, url: String },
    #[error("{place}: {key:?} is no cache key of the form name:base64")]
    BadCacheKey { place: String, key: String },
    #[error("{place}: a certificate is not in PEM form")]
    BadCertificate { place: String },
    #[error("{place}: {name:?} is no name of a time server")]
    BadTimeServer { place: String, name: String },
    #[error("node {node}: {name:?} is no name of a networkd file")]
    BadNetworkdName { node: String, name: String },
    #[error("{place}: {host:?} is no host of a registry")]
    BadRegistry { place: String, host: String },
    #[error(
        "{place}: no file can be laid at {path:?}: an absolute path without . and .. outside of /nix, /proc, /sys, /dev and /run"
    )]
    BadFilePath { place: String, path: String },
    #[error("{place}: {path} is written by the cluster itself")]
    FileTaken { place: String, path: String },
    #[error(transparent)]
    Nul(#[from] Nul),
}

/// `1.35 and 1.36`.
fn minors(known: &[u32]) -> String {
    known.iter().map(|minor| format!("1.{minor}")).collect::<Vec<_>>().join(", ")
}
