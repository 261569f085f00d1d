//! Nodes: registration with their passwords, heartbeats, and leaving etcd.

use serde_json::{Value, json};
use sha2::Digest as _;

use super::super::clock::Clock;
use super::cluster::{Cluster, seconds};
use super::store::Key;
use super::workloads::text;

const REMOVE: &str = "etcd.k3s.cattle.io/remove";
const REMOVED: &str = "etcd.k3s.cattle.io/removed-node-name";
const MEMBER: &str = "etcd.k3s.cattle.io/node-name";

/// What a machine registers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: String,
    /// The machine's own secret; none for nodes without machines.
    pub(crate) password: String,
    pub(crate) labels: Vec<String>,
    pub(crate) taints: Vec<String>,
    /// Its member of etcd, where it is a server.
    pub(crate) member: Option<String>,
}

/// Whether a node's password is the one that its name came with first. The first one is noted.
pub(crate) fn admits(cluster: &mut Cluster, node: &str, password: &str, now: &str) -> bool {
    let name = format!("{node}.node-password.k3s");
    let key = Key::new("", "secrets", "kube-system", &name);
    let sum =
        sha2::Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    use base64::Engine as _;
    let kept = base64::engine::general_purpose::STANDARD.encode(format!("$1:simulated:{sum}"));
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {}, "type": "Opaque", "immutable": true, "data": { "hash": kept },
    });
    let secret = cluster.make(key, object, now);
    secret["data"]["hash"] == kept.as_str()
}

/// Makes the node, or finds it again: labels and taints are those of its first registration.
pub(crate) fn register(cluster: &mut Cluster, node: &Node, now: &str) -> Result<(), String> {
    if !node.password.is_empty() && !admits(cluster, &node.name, &node.password, now) {
        return Err("Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag".to_owned());
    }
    let mut labels = json!({
        "kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64", "node.kubernetes.io/instance-type": "k3s",
    });
    if node.member.is_some() {
        for role in ["control-plane", "etcd", "master"] {
            labels[format!("node-role.kubernetes.io/{role}")] = json!("true");
        }
    }
    for label in &node.labels {
        let (name, value) = label.split_once('=').unwrap_or((label, ""));
        labels[name] = json!(value);
    }
    let taints: Vec<Value> = node
        .taints
        .iter()
        .filter_map(|taint| {
            let (head, effect) = taint.rsplit_once(':')?;
            let (key, value) = head.split_once('=').unwrap_or((head, ""));
            Some(json!({ "key": key, "value": value, "effect": effect }))
        })
        .collect();
    let object = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": { "labels": labels, "annotations": {} },
        "spec": { "taints": taints, "providerID": format!("k3s://{}", node.name) },
        "status": {
            "capacity": { "cpu": "4", "memory": "16Gi", "pods": "110" },
            "allocatable": { "cpu": "4", "memory": "16Gi", "pods": "110" },
            "nodeInfo": {
                "kubeletVersion": cluster.version, "osImage": "NixOS", "architecture": "amd64",
                "operatingSystem": "linux", "containerRuntimeVersion": "containerd://2.1.4-k3s1",
            },
        },
    });
    let key = Key::new("", "nodes", "", &node.name);
    cluster.make(key.clone(), object, now);
    let version = cluster.version.clone();
    cluster.change(&key, |object| {
        object["status"]["nodeInfo"]["kubeletVersion"] = json!(version);
        object["status"]["addresses"] = json!([
            { "type": "InternalIP", "address": node.address }, { "type": "Hostname", "address": node.name },
        ]);
        if let Some(member) = &node.member {
            object["metadata"]["annotations"][MEMBER] = json!(member);
        }
    });
    Ok(())
}

/// A node's machine answers, or has stopped to.
pub(crate) fn answers(cluster: &mut Cluster, name: &str, up: bool, now: &str) {
    let key = Key::new("", "nodes", "", name);
    let (status, reason, message) = if up {
        ("True", "KubeletReady", "kubelet is posting ready status")
    } else {
        ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    };
    cluster.change(&key, |node| {
        if node["status"]["conditions"][0]["status"] != status {
            node["status"]["conditions"] = json!([{
                "type": "Ready", "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": seconds(now), "lastTransitionTime": seconds(now),
            }]);
        }
        let unreachable = json!({ "key": "node.kubernetes.io/unreachable", "effect": "NoExecute" });
        let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        taints.retain(|taint| taint["key"] != unreachable["key"]);
        if !up {
            taints.push(unreachable);
        }
        node["spec"]["taints"] = json!(taints);
    });
}

/// Members leave where their nodes are told to, and where their nodes are deleted.
pub(crate) fn settle(cluster: &mut Cluster, clock: &Clock) {
    let _ = clock;
    for (key, node) in cluster.objects("", "nodes", "") {
        let annotations = &node["metadata"]["annotations"];
        if annotations[REMOVE] != "true" {
            continue;
        }
        let member = text(&annotations[MEMBER]).to_owned();
        if annotations[REMOVED].is_string() {
            // A member that has joined anew under the same name begins without a past.
            if annotations[REMOVED] != member.as_str() {
                cluster.change(&key, |node| {
                    if let Some(annotations) = node["metadata"]["annotations"].as_object_mut() {
                        annotations.remove(REMOVE);
                        annotations.remove(REMOVED);
                    }
                });
            }
            continue;
        }
        if cluster.etcd.leave(&key.name).is_some() || cluster.etcd.member(&key.name).is_none() {
            cluster.change(&key, |node| node["metadata"]["annotations"][REMOVED] = json!(member));
        }
    }
    for name in cluster.etcd.names() {
        let gone = cluster.store.get(&Key::new("", "nodes", "", &name)).is_none();
        if gone && cluster.etcd.size() > 1 {
            cluster.etcd.leave(&name);
        }
    }
}
