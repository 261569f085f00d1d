//! Custom resource definitions: what they bring, and that they are established.

use serde_json::json;

use super::cluster::{Cluster, seconds};
use super::kinds;
use super::store::Key;

const GROUP: &str = "apiextensions.k8s.io";

/// Reads all definitions again; those without conditions get theirs.
pub(crate) fn read_again(cluster: &mut Cluster) {
    let mut custom = Vec::new();
    for (_, definition) in cluster.objects(GROUP, "customresourcedefinitions", "") {
        let established = definition["status"]["conditions"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["type"] == "Established" && one["status"] == "True"));
        if established && !definition["metadata"]["deletionTimestamp"].is_string() {
            custom.extend(kinds::defined(&definition));
        }
    }
    cluster.custom = custom;
}

/// Establishes what is new, and lets go what is deleted once its objects are gone.
pub(crate) fn settle(cluster: &mut Cluster, now: &str) {
    let mut changed = false;
    for (key, definition) in cluster.objects(GROUP, "customresourcedefinitions", "") {
        let spec = &definition["spec"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        if definition["metadata"]["deletionTimestamp"].is_string() {
            let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
            let all: Vec<Key> =
                cluster.objects(&group, &plural, "").into_iter().map(|(key, _)| key).collect();
            for one in &all {
                super::deleting::begin(cluster, one, now, 0);
            }
            if cluster.objects(&group, &plural, "").is_empty() {
                super::deleting::drop_finalizer(cluster, &key, "customresourcecleanup.apiextensions.k8s.io");
                changed = true;
            }
            continue;
        }
        if definition["status"]["conditions"].is_array() {
            continue;
        }
        let versions = spec["versions"].as_array().into_iter().flatten();
        let stored: Vec<&serde_json::Value> =
            versions.filter(|version| version["storage"] == true).map(|version| &version["name"]).collect();
        let condition = |class: &str, reason: &str, message: &str| json!({ "type": class, "status": "True", "reason": reason, "message": message, "lastTransitionTime": seconds(now) });
        let status = json!({
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
            "acceptedNames": spec["names"], "storedVersions": stored,
        });
        cluster.change(&key, |object| {
            object["status"] = status;
            let finalizer = json!("customresourcecleanup.apiextensions.k8s.io");
            match object["metadata"]["finalizers"].as_array_mut() {
                Some(list) if !list.contains(&finalizer) => list.push(finalizer),
                Some(_) => {}
                None => object["metadata"]["finalizers"] = json!([finalizer]),
            }
        });
        changed = true;
    }
    if changed {
        read_again(cluster);
    }
}
