//! One system: the modules that a node's folder in the flake holds, one file for each subject.
//!
//! [`Kind`] has neither name nor address, so that no module can come to hang on one.

mod base;
mod disks;
mod firewall;
mod gpu;
mod hardware;
mod housekeeping;
pub(super) mod k3s;
mod leave;
mod network;
mod report;
mod vpn;

use std::collections::BTreeMap;

use super::cluster::{Architecture, Cloud, Cluster, Firmware, GpuHardware, Node, Role};
use super::kept::Kept;
use super::nix::{Set, module, module_with_imports};
use super::problem::Problem;
use super::settings::{GpuMode, Settings, WireGuard, WireGuardNodes};

/// The label of nodes that carry traffic from outside; Traefik runs where it is.
pub(super) const INGRESS_LABEL: &str = "bud/ingress";

/// What a node is, without what is its alone.
pub(super) struct Kind {
    pub(super) role: Role,
    cloud: Cloud,
    architecture: Architecture,
    firmware: Firmware,
    gpu: Option<GpuHardware>,
    keeps: Option<Kept>,
    /// Label, mount point and kind of each data disk's file system.
    data: Vec<(String, String, &'static str)>,
    /// Whether the node brings its own networkd files.
    own_network: bool,
    carries_ingress: bool,
    guards_metadata: bool,
    vpn: Option<WireGuard>,
    settings: Settings,
}

impl Kind {
    pub(super) fn of(cluster: &Cluster, node: &Node, settings: Settings) -> Self {
        let label = |disk: &super::DataDisk| (disk.label(), disk.mount.clone(), disk.file_system.name());
        let gpu = settings.gpu.as_ref().map_or(GpuMode::Host, |gpu| gpu.mode);
        Self {
            role: node.role,
            cloud: node.cloud,
            architecture: node.architecture,
            firmware: node.firmware,
            gpu: node.gpu.filter(|_| gpu == GpuMode::Host),
            keeps: node.keeps.clone(),
            data: node.data_disks.iter().map(label).collect(),
            own_network: !node.networkd.is_empty(),
            carries_ingress: cluster.carries_ingress(node),
            guards_metadata: node.guards_metadata,
            vpn: settings.wireguard.clone().filter(|vpn| has_vpn(node.role, vpn)),
            settings,
        }
    }
}

/// Whether nodes of a role have the VPN.
pub(super) fn has_vpn(role: Role, vpn: &WireGuard) -> bool {
    match vpn.nodes {
        WireGuardNodes::Primary => role == Role::Primary,
        WireGuardNodes::Servers => role.is_server(),
    }
}

/// Name and options of each module of ours.
pub(super) fn modules(cluster: &Cluster, kind: &Kind) -> Vec<(&'static str, Set)> {
    let mut modules = vec![
        ("base", base::options(cluster, kind)),
        ("disks", disks::options(cluster, kind)),
        ("firewall", firewall::options(cluster, kind)),
        ("hardware", hardware::options(kind)),
        ("housekeeping", housekeeping::options(kind)),
        ("k3s", k3s::options(cluster, kind)),
        ("leave", leave::options(kind)),
        ("network", network::options(kind)),
        ("report", report::options(kind)),
    ];
    if let Some(gpu) = kind.gpu {
        modules.push(("gpu", gpu::options(gpu, kind)));
    }
    if let Some(vpn) = &kind.vpn {
        modules.push(("vpn", vpn::options(vpn)));
    }
    modules
}

/// The files of a system, by name.
pub(super) fn files(cluster: &Cluster, kind: &Kind) -> Result<BTreeMap<String, String>, Problem> {
    let mut files = BTreeMap::new();
    let mut imports = Vec::new();
    for (name, options) in modules(cluster, kind) {
        let file = format!("{name}.nix");
        files.insert(file.clone(), module(&options)?);
        imports.push(file);
    }
    // The user's own come last in the folder; in NixOS the order of modules decides nothing but lists.
    for (at, user) in kind.settings.modules.iter().enumerate() {
        let file = format!("user-{:02}.nix", at + 1);
        files.insert(file.clone(), user.text.clone());
        imports.push(file);
    }
    files.insert("configuration.nix".to_owned(), module_with_imports(&imports, &Set::new())?);
    Ok(files)
}
