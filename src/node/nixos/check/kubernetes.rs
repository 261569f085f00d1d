//! k3s' flags and components, taints, GPUs and the VPN.

use super::names;
use crate::node::nixos::cluster::{Cluster, Flannel, Ingress, Node};
use crate::node::nixos::problem::Problem;
use crate::node::nixos::settings::{GpuMode, GpuSharing, Settings};

/// Flags that the cluster sets itself, or that would make a node another's.
const OWNED: [&str; 37] = [
    "--agent-token",
    "--agent-token-file",
    "--cluster-cidr",
    "--cluster-init",
    "--cluster-reset",
    "--cluster-reset-restore-path",
    "--config",
    "--data-dir",
    "--disable",
    "--disable-agent",
    "--embedded-registry",
    "--etcd-s3",
    "--etcd-snapshot-retention",
    "--etcd-snapshot-schedule-cron",
    "--flannel-backend",
    "--flannel-ipv6-masq",
    "--node-external-ip",
    "--node-ip",
    "--node-label",
    "--node-name",
    "--node-taint",
    "--private-registry",
    "--resolv-conf",
    "--secrets-encryption",
    "--server",
    "--service-cidr",
    "--tls-san",
    "--token",
    "--token-file",
    "--with-node-id",
    "--write-kubeconfig",
    "--write-kubeconfig-mode",
    "-c",
    "-d",
    "-i",
    "-s",
    "-t",
];

/// What k3s can leave out.
const COMPONENTS: [&str; 7] =
    ["coredns", "local-storage", "metrics-server", "network-policy", "runtimes", "servicelb", "traefik"];

pub(super) fn cluster(cluster: &Cluster, found: &mut Vec<Problem>) {
    let kubernetes = &cluster.kubernetes;
    for name in kubernetes.api_names.iter().filter(|name| !names::is_host(name)) {
        found.push(Problem::BadApiName { name: name.clone() });
    }
    if let Some(snapshots) = &kubernetes.snapshots {
        let field = |field: &str| {
            field.chars().all(|letter| letter.is_ascii_alphanumeric() || "*/,-".contains(letter))
        };
        let fields: Vec<&str> = snapshots.schedule.split(' ').collect();
        if fields.len() != 5 || !fields.iter().all(|part| !part.is_empty() && field(part)) {
            found.push(Problem::BadSchedule { schedule: snapshots.schedule.clone() });
        }
    }
    // k3s refuses a server whose settings are not those of the others.
    let mut servers = cluster.nodes.iter().filter(|(_, node)| node.role.is_server());
    let critical = |name: &str, node: &Node| {
        let settings = cluster.settings_of(name, node);
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        (sorted(settings.server_flags), sorted(settings.disable))
    };
    if let Some((name, node)) = servers.next() {
        let first = critical(name, node);
        for (name, node) in servers {
            if critical(name, node) != first {
                found.push(Problem::ServersDiffer { node: name.clone() });
            }
        }
    }
}

pub(super) fn node(name: &str, node: &Node, found: &mut Vec<Problem>) {
    for taint in &node.taints {
        let effect = matches!(taint.effect.as_str(), "NoSchedule" | "PreferNoSchedule" | "NoExecute");
        let part = |text: &str| {
            let inner = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
            text.len() <= 63 && text.bytes().all(inner)
        };
        let (domain, key) = taint.key.split_once('/').unwrap_or(("x", &taint.key));
        if !effect || key.is_empty() || !part(key) || !names::is_domain(domain) || !part(&taint.value) {
            let taint = format!("{}={}:{}", taint.key, taint.value, taint.effect);
            found.push(Problem::BadTaint { node: name.to_owned(), taint });
        }
    }
}

pub(super) fn settings(cluster: &Cluster, place: &str, settings: &Settings, found: &mut Vec<Problem>) {
    let owned = || place.to_owned();
    for flag in settings.server_flags.iter().chain(&settings.agent_flags) {
        let word = flag.split('=').next().unwrap_or_default();
        let letters = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if OWNED.contains(&word) {
            found.push(Problem::OwnedFlag { place: owned(), flag: word.to_owned() });
        } else if !word.starts_with("--")
            || word.len() < 3
            || !word.bytes().all(letters)
            || flag.contains(char::is_control)
        {
            found.push(Problem::BadFlag { place: owned(), flag: flag.clone() });
        }
    }
    for component in &settings.disable {
        let needed = cluster.kubernetes.ingress == Ingress::Traefik
            && matches!(component.as_str(), "traefik" | "servicelb");
        if needed {
            found.push(Problem::NeededComponent { place: owned(), component: component.clone() });
        } else if !COMPONENTS.contains(&component.as_str()) {
            found.push(Problem::UnknownComponent { place: owned(), component: component.clone() });
        }
    }
    if let Some(pods) = settings.max_pods.filter(|pods| !(1..=4000).contains(pods)) {
        found.push(Problem::BadMaxPods { place: owned(), pods });
    }
    gpu(place, settings, found);
    vpn(cluster, place, settings, found);
}

fn gpu(place: &str, settings: &Settings, found: &mut Vec<Problem>) {
    let Some(gpu) = &settings.gpu else { return };
    let place = place.to_owned();
    if gpu.mode == GpuMode::Operator {
        found.push(Problem::OperatorOnNixos { place: place.clone() });
    }
    if let Some(driver) = &gpu.driver {
        let named = ["production", "stable", "latest", "beta", "dc"].contains(&driver.as_str())
            || ["dc_", "legacy_"].iter().any(|start| {
                let number = driver.strip_prefix(start).unwrap_or_default();
                number.len() == 3 && number.bytes().all(|letter| letter.is_ascii_digit())
            });
        if !named {
            found.push(Problem::BadDriver { place: place.clone(), driver: driver.clone() });
        }
    }
    if let GpuSharing::Mig { profile, count } = &gpu.sharing {
        let form = profile.split_once("g.").is_some_and(|(slices, memory)| {
            let number = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
            let memory = memory.strip_suffix("+me").unwrap_or(memory);
            number(slices) && memory.strip_suffix("gb").is_some_and(number)
        });
        if !form || !(1..=7).contains(count) {
            found.push(Problem::BadMigProfile { place, profile: profile.clone() });
        }
    }
}

fn vpn(cluster: &Cluster, place: &str, settings: &Settings, found: &mut Vec<Problem>) {
    let Some(vpn) = &settings.wireguard else { return };
    if cluster.kubernetes.flannel == Flannel::WireGuardNative && (51820..=51821).contains(&vpn.port) {
        found.push(Problem::PortTaken { place: place.to_owned(), port: vpn.port });
    }
    let keys = vpn.peers.iter().map(|peer| peer.public_key.as_str());
    for key in keys.filter(|key| !names::is_base64(key, 32)) {
        found.push(Problem::BadWireGuardKey { key: key.to_owned() });
    }
    if !names::is_base64(vpn.private_key.expose().trim(), 32) {
        // The key itself is a secret and stays out of the message.
        found.push(Problem::BadWireGuardKey { key: "(the node's own)".to_owned() });
    }
    for (at, peer) in vpn.peers.iter().enumerate() {
        let taken = vpn.peers[..at].iter().any(|other| {
            other.name == peer.name
                || other.public_key == peer.public_key
                || other.allowed_ips.iter().any(|range| {
                    peer.allowed_ips.iter().any(|mine| mine.contains(range) || range.contains(mine))
                })
        });
        if taken {
            found.push(Problem::DuplicatePeer { name: peer.name.clone() });
        }
    }
}
