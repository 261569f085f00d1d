//! k3s. Who founds the cluster and whom to join is not in here, nor is any node's name or address: k3s
//! reads them from files outside of the store.

use super::Kind;
use crate::node::nixos::cluster::{Cluster, Ingress, Kubernetes};
use crate::node::nixos::nix::{Nix, Piece, Set};
use crate::node::nixos::placed::paths;
use crate::node::nixos::systemd;
use ipnet::IpNet;

/// What systemd-resolved writes for others to read: without the stub on loopback, for which k3s would put
/// a public name server into every pod.
const RESOLV_CONF: &str = "/run/systemd/resolve/resolv.conf";

/// How many pods a node takes where nothing is said: Kubernetes' own default.
pub(in crate::node::nixos) const MAX_PODS: u32 = 110;

pub(super) fn options(cluster: &Cluster, kind: &Kind) -> Set {
    let kubernetes = &cluster.kubernetes;
    let server = kind.role.is_server();
    let mut set = Set::new();
    set.at("services.k3s.enable", true);
    set.at("services.k3s.package", Nix::Select("pkgs", vec![format!("k3s_1_{}", kubernetes.minor)]));
    set.at("services.k3s.role", if server { "server" } else { "agent" });
    set.at("services.k3s.configPath", paths::K3S_CONFIG);
    set.at("services.k3s.environmentFile", paths::JOIN);
    set.at("services.k3s.tokenFile", if server { paths::SERVER_TOKEN } else { paths::AGENT_TOKEN });
    let mut flags = vec![format!("--resolv-conf={RESOLV_CONF}")];
    if server {
        // Agents know only their own token: the servers' opens the whole cluster.
        set.at("services.k3s.agentTokenFile", paths::AGENT_TOKEN);
        flags.extend(server_flags(cluster));
        flags.extend(kind.settings.server_flags.iter().map(|flag| systemd::word(flag)));
        let mut without = kind.settings.disable.clone();
        match kubernetes.ingress {
            Ingress::Traefik => traefik(&mut set),
            Ingress::None if !without.iter().any(|name| name == "traefik") => without.push("traefik".into()),
            Ingress::None => {}
        }
        set.at("services.k3s.disable", Nix::texts(without));
    }
    flags.extend(kind.settings.agent_flags.iter().map(|flag| systemd::word(flag)));
    set.at("services.k3s.extraFlags", Nix::texts(flags));
    kubelet(kind, &mut set);
    unit(kind, &mut set);
    set
}

/// Flags that every server has alike.
fn server_flags(cluster: &Cluster) -> Vec<String> {
    let kubernetes = &cluster.kubernetes;
    let mut flags = vec![
        format!("--cluster-cidr={}", list(&kubernetes.pod_ranges)),
        format!("--service-cidr={}", list(&kubernetes.service_ranges)),
        format!("--flannel-backend={}", kubernetes.flannel.name()),
        "--write-kubeconfig-mode=0600".to_owned(),
    ];
    if kubernetes.has_ipv6() {
        // The addresses of pods are private; outside of the cluster nobody knows the way back.
        flags.push("--flannel-ipv6-masq".to_owned());
    }
    if kubernetes.secrets_encryption {
        flags.push("--secrets-encryption".to_owned());
    }
    if kubernetes.embedded_registry {
        flags.push("--embedded-registry".to_owned());
    }
    flags.extend(mask_flags(cluster));
    flags.extend(kubernetes.api_names.iter().map(|name| systemd::word(&format!("--tls-san={name}"))));
    if let Some(snapshots) = &kubernetes.snapshots {
        flags.push(systemd::word(&format!("--etcd-snapshot-schedule-cron={}", snapshots.schedule)));
        flags.push(format!("--etcd-snapshot-retention={}", snapshots.retention));
    }
    flags
}

fn list(ranges: &[IpNet]) -> String {
    ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The most pods that any node of the cluster takes.
pub(in crate::node::nixos) fn most_pods(cluster: &Cluster) -> u32 {
    let of = |(name, node): (&String, _)| cluster.settings_of(name, node).max_pods.unwrap_or(MAX_PODS);
    cluster.nodes.iter().map(of).max().unwrap_or(MAX_PODS)
}

/// Length of the prefix of one node's share of the IPv4 pods, as short as the pods need.
pub(in crate::node::nixos) fn node_prefix(pods: u32) -> u8 {
    // Network, broadcast and the bridge's own address are nobody's.
    let bits = (pods.saturating_add(3)).next_power_of_two().trailing_zeros();
    24.min(u8::try_from(32 - bits.min(32)).unwrap_or(24))
}

/// Flags that make a node's share of the pods larger than the usual /24.
fn mask_flags(cluster: &Cluster) -> Option<String> {
    let prefix = node_prefix(most_pods(cluster));
    let ipv4 = cluster.kubernetes.pod_ranges.iter().any(|range| matches!(range, IpNet::V4(_)));
    if prefix == 24 || !ipv4 {
        return None;
    }
    let family = if Kubernetes::is_dual_stack(&cluster.kubernetes) { "-ipv4" } else { "" };
    Some(format!("--kube-controller-manager-arg=node-cidr-mask-size{family}={prefix}"))
}

fn kubelet(kind: &Kind, set: &mut Set) {
    set.at("services.k3s.gracefulNodeShutdown.enable", true);
    set.at("services.k3s.gracefulNodeShutdown.shutdownGracePeriod", "60s");
    set.at("services.k3s.gracefulNodeShutdown.shutdownGracePeriodCriticalPods", "20s");
    // logind would not hold a shutdown back for longer than five seconds.
    set.at("services.logind.settings.Login.InhibitDelayMaxSec", 90);
    let config = Set::new()
        .with("maxPods", i64::from(kind.settings.max_pods.unwrap_or(MAX_PODS)))
        .with("imageGCHighThresholdPercent", 75)
        .with("imageGCLowThresholdPercent", 65)
        .with("containerLogMaxSize", "20Mi")
        .with("containerLogMaxFiles", 5);
    set.at("services.k3s.extraKubeletConfig", config);
}

fn unit(kind: &Kind, set: &mut Set) {
    // A node that left stays out, also after a restart.
    set.at("systemd.services.k3s.unitConfig.ConditionPathExists", format!("!{}", super::leave::LEFT));
    let mounts: Vec<&String> = kind.data.iter().map(|(_, mount, _)| mount).collect();
    if !mounts.is_empty() {
        // Without its disk k3s would begin anew in an empty folder.
        set.at("systemd.services.k3s.unitConfig.RequiresMountsFor", Nix::texts(mounts));
    }
}

/// Traefik on every node that carries ingress, with the addresses of clients as they are.
fn traefik(set: &mut Set) {
    let values = serde_json::json!({
        "deployment": { "kind": "DaemonSet" },
        "service": { "spec": { "externalTrafficPolicy": "Local" } },
        "nodeSelector": { (super::INGRESS_LABEL): "true" },
        "tolerations": [
            { "key": "CriticalAddonsOnly", "operator": "Exists" },
            { "key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule" },
        ],
    });
    let manifest = Set::new()
        .with("apiVersion", "helm.cattle.io/v1")
        .with("kind", "HelmChartConfig")
        .with("metadata.name", "traefik")
        .with("metadata.namespace", "kube-system")
        // YAML is wanted; JSON is YAML.
        .with("spec.valuesContent", Nix::Pieces(vec![Piece::Text(values.to_string())]));
    set.at("services.k3s.manifests.bud-traefik.target", "bud-traefik.yaml");
    set.at("services.k3s.manifests.bud-traefik.content", manifest);
}
