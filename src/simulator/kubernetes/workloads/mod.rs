//! Controllers: what becomes of objects over time.

mod claims;
mod jobs;
mod pods;
mod replicas;
mod spaces;

use serde_json::{Value, json};

use super::super::clock::Clock;
use super::cluster::Cluster;
use super::store::Key;
use super::{certificates, definitions, deleting};

/// One round of all controllers.
pub(crate) fn settle(cluster: &mut Cluster, clock: &Clock) {
    if !cluster.etcd.has_quorum() {
        return;
    }
    let now = super::cluster::seconds(&clock.stamp());
    spaces::settle(cluster, &now);
    definitions::settle(cluster, &now);
    certificates::settle(cluster, clock, &now);
    claims::settle(cluster, &now);
    replicas::deployments(cluster, &now);
    replicas::replica_sets(cluster, &now);
    replicas::stateful_sets(cluster, &now);
    replicas::daemon_sets(cluster, &now);
    jobs::settle(cluster, &now);
    pods::settle(cluster, clock, &now);
    spaces::services(cluster, clock, &now);
    spaces::budgets(cluster);
    deleting::collect(cluster, &now);
}

/// Text of a field.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether an object is being deleted.
pub(crate) fn leaves(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// The reference to an owner that controls.
pub(crate) fn owner(object: &Value) -> Value {
    json!([{
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Whether one object controls another.
pub(crate) fn controls(owner: &Value, object: &Value) -> bool {
    let mut owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    owners.any(|one| one["uid"] == owner["metadata"]["uid"] && one["controller"] == true)
}

/// Whether a pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready") && !leaves(pod)
}

/// Whether a condition is true.
pub(crate) fn condition(object: &Value, class: &str) -> bool {
    let mut all = object["status"]["conditions"].as_array().into_iter().flatten();
    all.any(|one| one["type"] == class && one["status"] == "True")
}

/// A short name for a template: the same for the same one.
pub(crate) fn hash(template: &Value) -> String {
    use sha2::Digest as _;
    let sum = sha2::Sha256::digest(template.to_string());
    let letters = b"bcdfghjklmnpqrstvwxz2456789";
    sum.iter().take(10).map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect()
}

/// Makes a pod of a template for an owner.
pub(crate) fn pod(cluster: &mut Cluster, owned_by: &Value, name: &str, template: &Value, now: &str) {
    let namespace = text(&owned_by["metadata"]["namespace"]).to_owned();
    let mut object = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"] });
    object["metadata"]["ownerReferences"] = owner(owned_by);
    let account = text(&object["spec"]["serviceAccountName"]);
    let account = if account.is_empty() { "default" } else { account }.to_owned();
    if cluster.store.get(&Key::new("", "serviceaccounts", &namespace, &account)).is_none() {
        let why = format!(
            "Error creating: pods \"{name}\" is forbidden: error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
        );
        cluster.event(owned_by, "Warning", "FailedCreate", &why, now);
        return;
    }
    object["spec"]["serviceAccountName"] = json!(account);
    object["status"] = json!({ "phase": "Pending", "qosClass": "BestEffort" });
    let key = Key::new("", "pods", &namespace, name);
    if cluster.store.get(&key).is_none() {
        cluster.make(key, object, now);
        cluster.event(owned_by, "Normal", "SuccessfulCreate", &format!("Created pod: {name}"), now);
    }
}

/// A few letters for a name.
pub(crate) fn suffix() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..5].to_owned()
}
