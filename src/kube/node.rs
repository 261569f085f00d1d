//! Nodes: what they are labelled with, what keeps pods away, whether they are ready, and that none leaves with pods
//! on it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client::Client;
use super::error::KubeError;
use super::kind::{Kind, Scope};
use super::wait::Verdict;
use super::writing::{Apply, Conflicts, Patch, Writing};
use crate::outcome::Presence;

/// The manager of what we write on Nodes.
const MANAGER: &str = "bud";

/// Where it is remembered which taints are ours: others' are left alone.
const TAINTS: &str = "bud.studio/taints";

/// How often a change of taints is tried that lost against another writer.
const TRIES: u32 = 5;

/// A taint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value, may be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// The kind.
#[must_use]
pub fn nodes() -> Kind {
    Kind::new("v1", "Node", "nodes", Scope::Cluster)
}

/// Whether a Node is ready, and has this many GPUs to give. Its driver may come up later than the kubelet.
#[must_use]
pub fn ready(node: Option<&Value>, gpus: u64) -> Verdict {
    let Some(node) = node else { return Verdict::NotYet };
    let conditions = node["status"]["conditions"].as_array();
    let is_ready = conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    if is_ready && allocatable(node) >= gpus { Verdict::Holds } else { Verdict::NotYet }
}

/// How many GPUs a Node has to give: `nvidia.com/gpu`, and instances of GPUs that were cut.
fn allocatable(node: &Value) -> u64 {
    let resources = node["status"]["allocatable"].as_object();
    let counts = resources
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name == "nvidia.com/gpu" || name.starts_with("nvidia.com/mig-"));
    counts.filter_map(|(_, count)| count.as_str()?.parse::<u64>().ok()).sum()
}

impl Client {
    /// Gives a Node these labels as ours: those that we gave it before and that are not here any more go.
    /// `Gone` where it has not registered.
    ///
    /// # Errors
    /// As every call.
    pub async fn label_node(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<Presence<()>, KubeError> {
        let at = nodes().at(None, name);
        // An apply would make a Node that nobody stands behind.
        if self.get(&at).await?.here().is_none() {
            return Ok(Presence::Gone);
        }
        let object =
            json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels } });
        let apply = Apply { writing: Writing::by(MANAGER), conflicts: Conflicts::Force };
        self.apply(&at, &object, &apply).await?;
        Ok(Presence::Here(()))
    }

    /// Gives a Node these taints as ours; Kubernetes' own and other people's stay. `Gone` where it has not
    /// registered.
    ///
    /// # Errors
    /// As every call.
    pub async fn taint_node(&self, name: &str, taints: &[Taint]) -> Result<Presence<()>, KubeError> {
        let at = nodes().at(None, name);
        let mut tries = 0;
        loop {
            tries += 1;
            let Some(node) = self.get(&at).await?.here() else { return Ok(Presence::Gone) };
            let Some(patch) = tainted(&node, taints) else { return Ok(Presence::Here(())) };
            match self.patch(&at, &Patch::Merge(patch), &Writing::by(MANAGER)).await {
                Err(KubeError::Changed { .. }) if tries < TRIES => {}
                done => return done.map(|_| Presence::Here(())),
            }
        }
    }

    /// Keeps new pods away from a Node, or lets them come again.
    ///
    /// # Errors
    /// As every call.
    pub async fn cordon_node(&self, name: &str, cordoned: bool) -> Result<(), KubeError> {
        let patch = Patch::Merge(json!({ "spec": { "unschedulable": cordoned } }));
        self.patch(&nodes().at(None, name), &patch, &Writing::by(MANAGER)).await.map(drop)
    }
}

/// The change that gives a Node these taints; nothing where it has them.
fn tainted(node: &Value, taints: &[Taint]) -> Option<Value> {
    let id = |key: &str, effect: &str| format!("{key}:{effect}");
    let before = node["metadata"]["annotations"][TAINTS].as_str().unwrap_or_default();
    let ours: Vec<&str> = before.split(' ').filter(|word| !word.is_empty()).collect();
    let wanted: Vec<String> = taints.iter().map(|taint| id(&taint.key, &taint.effect)).collect();
    let there = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let text = |taint: &Value, key: &str| taint[key].as_str().unwrap_or_default().to_owned();
    let mut list: Vec<Value> = there
        .iter()
        .filter(|taint| {
            let id = id(&text(taint, "key"), &text(taint, "effect"));
            !ours.contains(&id.as_str()) && !wanted.contains(&id)
        })
        .cloned()
        .collect();
    for taint in taints {
        let known = there.iter().find(|one| {
            text(one, "key") == taint.key
                && text(one, "effect") == taint.effect
                && text(one, "value") == taint.value
        });
        let fresh = || json!({ "key": taint.key, "value": taint.value, "effect": taint.effect });
        list.push(known.cloned().unwrap_or_else(fresh));
    }
    let note = wanted.join(" ");
    let same = list.len() == there.len() && list.iter().all(|taint| there.contains(taint));
    if same && note == before {
        return None;
    }
    Some(json!({
        "metadata": {
            "resourceVersion": node["metadata"]["resourceVersion"],
            "annotations": { (TAINTS): note },
        },
        "spec": { "taints": list },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, value: &str) -> Taint {
        Taint { key: key.into(), value: value.into(), effect: "NoSchedule".into() }
    }

    #[test]
    fn a_node_is_ready_when_its_gpus_are() {
        let node = |status: &str, gpus: &str| json!({ "status": { "conditions": [{ "type": "Ready", "status": status }], "allocatable": { "cpu": "4", "nvidia.com/gpu": gpus } } });
        assert_eq!(ready(None, 0), Verdict::NotYet);
        assert_eq!(ready(Some(&node("False", "1")), 1), Verdict::NotYet);
        assert_eq!(ready(Some(&node("True", "0")), 1), Verdict::NotYet);
        assert_eq!(ready(Some(&node("True", "0")), 0), Verdict::Holds);
        assert_eq!(ready(Some(&node("True", "4")), 4), Verdict::Holds);
        let cut = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }], "allocatable": { "nvidia.com/mig-1g.5gb": "7" } } });
        assert_eq!(ready(Some(&cut), 1), Verdict::Holds);
    }

    #[test]
    fn only_our_own_taints_come_and_go() {
        let kubernetes = json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z" });
        let mut node = json!({ "metadata": { "resourceVersion": "7" }, "spec": { "taints": [kubernetes] } });
        let patch = tainted(&node, &[taint("gpu", "on")]).unwrap();
        assert_eq!(patch["metadata"]["resourceVersion"], "7", "somebody else's write in between is noticed");
        assert_eq!(patch["metadata"]["annotations"][TAINTS], "gpu:NoSchedule");
        assert_eq!(patch["spec"]["taints"][0], kubernetes);
        assert_eq!(patch["spec"]["taints"][1]["value"], "on");
        node["metadata"]["annotations"] = patch["metadata"]["annotations"].clone();
        node["spec"] = patch["spec"].clone();
        assert_eq!(tainted(&node, &[taint("gpu", "on")]), None);
        assert_eq!(tainted(&node, &[taint("gpu", "off")]).unwrap()["spec"]["taints"][1]["value"], "off");
        let patch = tainted(&node, &[]).unwrap();
        assert_eq!(patch["spec"]["taints"], json!([kubernetes]));
    }
}
