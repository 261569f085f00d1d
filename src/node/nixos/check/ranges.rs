//! Ranges of addresses: in form, apart from each other, of the same families, large enough.

use ipnet::IpNet;

use crate::node::nixos::cluster::Cluster;
use crate::node::nixos::problem::Problem;
use crate::node::nixos::system::k3s::{most_pods, node_prefix};

pub(super) fn check(cluster: &Cluster, found: &mut Vec<Problem>) {
    let kubernetes = &cluster.kubernetes;
    let own = [("pods", &kubernetes.pod_ranges), ("services", &kubernetes.service_ranges)];
    let others = [("nodes", &kubernetes.node_ranges), ("api_sources", &kubernetes.api_sources)];
    for (what, ranges) in own.into_iter().chain(others) {
        for range in ranges.iter().filter(|range| **range != range.trunc()) {
            let truncated = range.trunc().to_string();
            found.push(Problem::HostBits { what, range: range.to_string(), truncated });
        }
    }
    for (what, ranges) in own {
        if ranges.is_empty() {
            found.push(Problem::NoRange { what });
        }
        for family in ["IPv4", "IPv6"] {
            if ranges.iter().filter(|range| name(range) == family).count() > 1 {
                found.push(Problem::TwoRanges { what, family });
            }
        }
    }
    overlaps(cluster, found);
    families(cluster, found);
    sizes(cluster, found);
}

fn name(range: &IpNet) -> &'static str {
    match range {
        IpNet::V4(_) => "IPv4",
        IpNet::V6(_) => "IPv6",
    }
}

/// Pods, services, nodes and the VPN are apart; who may reach the API may be anywhere.
fn overlaps(cluster: &Cluster, found: &mut Vec<Problem>) {
    let kubernetes = &cluster.kubernetes;
    let mut all: Vec<(&str, IpNet)> = Vec::new();
    for (what, ranges) in [
        ("pods", &kubernetes.pod_ranges),
        ("services", &kubernetes.service_ranges),
        ("nodes", &kubernetes.node_ranges),
    ] {
        all.extend(ranges.iter().map(|range| (what, *range)));
    }
    let vpn = cluster.nodes.iter().find_map(|(name, node)| cluster.settings_of(name, node).wireguard);
    all.extend(vpn.map(|vpn| ("the VPN", vpn.address.trunc())));
    for (at, (what, range)) in all.iter().enumerate() {
        for (other, second) in &all[at + 1..] {
            // Ranges of nodes may be parts of each other.
            if (*what, *other) != ("nodes", "nodes") && (range.contains(second) || second.contains(range)) {
                let text = |what: &str, range: &IpNet| format!("{range} of {what}");
                found.push(Problem::OverlappingRanges {
                    first: text(what, range),
                    second: text(other, second),
                });
            }
        }
    }
}

fn families(cluster: &Cluster, found: &mut Vec<Problem>) {
    let kubernetes = &cluster.kubernetes;
    for family in ["IPv4", "IPv6"] {
        let pods = kubernetes.pod_ranges.iter().any(|range| name(range) == family);
        let services = kubernetes.service_ranges.iter().any(|range| name(range) == family);
        if pods != services {
            found.push(Problem::FamiliesDiffer);
            return;
        }
        if !pods {
            continue;
        }
        for (node, data) in &cluster.nodes {
            let addresses = data.addresses;
            // A machine whose addresses nobody told is asked by k3s itself; one that lacks a family is not.
            let known = addresses.ipv4.is_some() || addresses.ipv6.is_some();
            let has = if family == "IPv4" { addresses.ipv4.is_some() } else { addresses.ipv6.is_some() };
            if (known || kubernetes.is_dual_stack()) && !has {
                found.push(Problem::NodeLacksFamily { node: node.clone(), family });
            }
        }
    }
}

fn sizes(cluster: &Cluster, found: &mut Vec<Problem>) {
    let kubernetes = &cluster.kubernetes;
    for range in &kubernetes.service_ranges {
        let least = if matches!(range, IpNet::V4(_)) { 12 } else { 108 };
        if range.prefix_len() < least {
            found.push(Problem::ServiceRangeTooLarge { range: range.to_string() });
        }
    }
    let pods = most_pods(cluster);
    let nodes = u64::try_from(cluster.nodes.len()).unwrap_or(u64::MAX);
    for range in &kubernetes.pod_ranges {
        // Each node has a /64 of IPv6.
        let share = if matches!(range, IpNet::V4(_)) { node_prefix(pods) } else { 64 };
        let bits = u32::from(share.saturating_sub(range.prefix_len()));
        let holds = if range.prefix_len() > share { 0 } else { 1_u64.checked_shl(bits).unwrap_or(u64::MAX) };
        if holds < nodes {
            found.push(Problem::PodRangeTooSmall { range: range.to_string(), holds, pods, nodes });
        }
    }
}
