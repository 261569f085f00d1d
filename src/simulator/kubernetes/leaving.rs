//! A node leaves its cluster: cordon, evictions with budgets, its member of etcd.

use serde_json::json;

use super::super::clock::Clock;
use super::cluster::{Cluster, seconds};
use super::deleting;
use super::selector::selects;
use super::store::Key;

/// How a node is leaving.
#[derive(Clone, Debug)]
pub(crate) struct Leaving {
    /// `wait`, `force` or `skip`.
    pub(crate) drain: String,
    /// When it gives up waiting for pods.
    pub(crate) until: f64,
}

/// One step of it; none while pods are still there. The error is the unit's status and what it says.
pub(crate) fn step(
    cluster: &mut Cluster,
    node: &str,
    leaving: &Leaving,
    clock: &Clock,
) -> Option<Result<(), (u32, Vec<String>)>> {
    let key = Key::new("", "nodes", "", node);
    let server = cluster.etcd.member(node).is_some();
    if server && cluster.etcd.size() == 1 {
        return Some(Err((76, vec![format!("{node} is the last server")])));
    }
    if !cluster.etcd.has_quorum() {
        return Some(Err((77, vec!["the other servers have no quorum".to_owned()])));
    }
    let now = seconds(&clock.stamp());
    cluster.change(&key, |object| object["spec"]["unschedulable"] = json!(true));
    if leaving.drain != "skip" {
        let mut waits = Vec::new();
        for (pod_key, pod) in cluster.objects("", "pods", "") {
            let mut owners = pod["metadata"]["ownerReferences"].as_array().into_iter().flatten();
            let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
            if pod["spec"]["nodeName"] != node || over || owners.any(|owner| owner["kind"] == "DaemonSet") {
                continue;
            }
            if pod["metadata"]["deletionTimestamp"].is_string() {
                waits.push(format!("pod {}/{} is ending", pod_key.namespace, pod_key.name));
                continue;
            }
            let budget = cluster
                .objects("policy", "poddisruptionbudgets", &pod_key.namespace)
                .into_iter()
                .find(|(_, budget)| selects(&budget["spec"]["selector"], &pod["metadata"]["labels"]));
            let allowed =
                budget.as_ref().and_then(|(_, budget)| budget["status"]["disruptionsAllowed"].as_i64());
            if allowed.is_some_and(|allowed| allowed <= 0) && leaving.drain != "force" {
                let name = budget.map(|(key, _)| key.name).unwrap_or_default();
                waits.push(format!(
                    "pod {}/{} is held by the disruption budget {name}",
                    pod_key.namespace, pod_key.name
                ));
                continue;
            }
            if let Some((budget, _)) = budget {
                let left = allowed.unwrap_or(0) - 1;
                cluster.change(&budget, |budget| budget["status"]["disruptionsAllowed"] = json!(left.max(0)));
            }
            let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
            deleting::begin(cluster, &pod_key, &now, grace);
            waits.push(format!("pod {}/{} is ending", pod_key.namespace, pod_key.name));
        }
        if !waits.is_empty() {
            return clock.passed(leaving.until).then_some(Err((75, waits)));
        }
    }
    if server && cluster.etcd.leave(node).is_none() {
        return Some(Err((78, vec![format!("{node} is still a member of etcd")])));
    }
    Some(Ok(()))
}

/// Takes away a node that is gone, with its password and its member.
pub(crate) fn forget(cluster: &mut Cluster, node: &str) -> Result<(), String> {
    if !cluster.etcd.has_quorum() {
        return Err("Error from server: etcdserver: request timed out".to_owned());
    }
    cluster.etcd.leave(node);
    cluster.store.remove(&Key::new("", "nodes", "", node));
    let password = format!("{node}.node-password.k3s");
    cluster.store.remove(&Key::new("", "secrets", "kube-system", &password));
    let gone: Vec<Key> = cluster
        .objects("", "pods", "")
        .into_iter()
        .filter(|(_, pod)| pod["spec"]["nodeName"] == node)
        .map(|(key, _)| key)
        .collect();
    for key in &gone {
        cluster.store.remove(key);
    }
    Ok(())
}
