//! The machine's firewall: per role what is open to whom, and everything for pods and services.

use std::fmt::Write as _;

use ipnet::IpNet;

use super::Kind;
use crate::node::nixos::cluster::{Cluster, Flannel};
use crate::node::nixos::nix::{Nix, Set};

/// What is open on a node, by who may use it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Openings {
    /// To everybody.
    pub(super) tcp: Vec<u16>,
    /// To everybody.
    pub(super) udp: Vec<u16>,
    /// To the cluster's nodes.
    pub(super) node_tcp: Vec<&'static str>,
    /// To the cluster's nodes.
    pub(super) node_udp: Vec<&'static str>,
}

pub(super) fn openings(cluster: &Cluster, kind: &Kind) -> Openings {
    let mut open = Openings { node_tcp: vec!["10250"], ..Openings::default() };
    if kind.role.is_server() {
        open.node_tcp.extend(["6443", "2379:2380"]);
    }
    if kind.carries_ingress {
        open.tcp.extend([80, 443]);
    }
    if cluster.kubernetes.embedded_registry {
        open.node_tcp.push("5001");
    }
    match cluster.kubernetes.flannel {
        Flannel::Vxlan => open.node_udp.push("8472"),
        // One port for each family.
        Flannel::WireGuardNative => open.node_udp.push("51820:51821"),
        Flannel::HostGateway | Flannel::None => {}
    }
    if let Some(vpn) = &kind.vpn {
        open.udp.push(vpn.port);
    }
    open
}

pub(super) fn options(cluster: &Cluster, kind: &Kind) -> Set {
    let open = openings(cluster, kind);
    let ports = |ports: &[u16]| Nix::List(ports.iter().map(|port| Nix::Int(i64::from(*port))).collect());
    let mut set = Set::new();
    set.at("networking.firewall.enable", true);
    // k3s writes iptables rules; one language on a machine is enough.
    set.at("networking.nftables.enable", false);
    set.at("networking.firewall.allowedTCPPorts", ports(&open.tcp));
    set.at("networking.firewall.allowedUDPPorts", ports(&open.udp));
    // Answers of pods leave by other interfaces than the strict filter expects.
    set.at("networking.firewall.checkReversePath", "loose");
    let mut trusted = vec!["cni0", "flannel.1", "flannel-v6.1"];
    if cluster.kubernetes.flannel == Flannel::WireGuardNative {
        trusted.extend(["flannel-wg", "flannel-wg-v6"]);
    }
    if kind.vpn.is_some() {
        trusted.push(super::vpn::INTERFACE);
    }
    set.at("networking.firewall.trustedInterfaces", Nix::texts(trusted));
    set.at("networking.firewall.extraCommands", rules(cluster, kind, &open));
    if kind.guards_metadata {
        set.at("networking.firewall.extraStopCommands", METADATA_OPEN);
    }
    set
}

/// Rules by where a packet comes from, which the firewall's options cannot say.
fn rules(cluster: &Cluster, kind: &Kind, open: &Openings) -> String {
    let kubernetes = &cluster.kubernetes;
    let mut rules = String::from("# Pods and services.\n");
    for range in kubernetes.pod_ranges.iter().chain(&kubernetes.service_ranges) {
        rule(&mut rules, range, "");
    }
    rules.push_str("# The cluster's nodes.\n");
    for range in &kubernetes.node_ranges {
        for port in &open.node_tcp {
            rule(&mut rules, range, &format!(" -p tcp --dport {port}"));
        }
        for port in &open.node_udp {
            rule(&mut rules, range, &format!(" -p udp --dport {port}"));
        }
    }
    if kind.role.is_server() && !kubernetes.api_sources.is_empty() {
        rules.push_str("# Who may reach the API from elsewhere.\n");
        for range in &kubernetes.api_sources {
            rule(&mut rules, range, " -p tcp --dport 6443");
        }
    }
    if kind.guards_metadata {
        rules.push_str(METADATA_CLOSED);
    }
    rules
}

fn rule(rules: &mut String, from: &IpNet, what: &str) {
    let program = if matches!(from, IpNet::V4(_)) { "iptables" } else { "ip6tables" };
    let _ = writeln!(rules, "{program} -A nixos-fw -s {from}{what} -j nixos-fw-accept");
}

/// A pod that asks for the machine's identity gets no answer. The raw table comes before the rules of
/// Kubernetes; the rule is taken out first, so that a reload does not add it twice.
const METADATA_CLOSED: &str = "\
# The cloud's metadata service is not for pods.
iptables -t raw -D PREROUTING -i cni0 -d 169.254.169.254 -j DROP 2> /dev/null || true
iptables -t raw -I PREROUTING -i cni0 -d 169.254.169.254 -j DROP
";

const METADATA_OPEN: &str =
    "iptables -t raw -D PREROUTING -i cni0 -d 169.254.169.254 -j DROP 2> /dev/null || true\n";
