//! The patch from one revision to the next for releases that are written by patches, as Helm 3 wrote them.
//!
//! Kinds that are built in get a strategic merge patch: all of the new object, so that what others changed in
//! it comes back, and the removal of what only the old one had. The server merges lists by their keys. Other
//! kinds get the difference of the two as a JSON merge patch.
//!
//! Source: Kubernetes 1.36, the `patchMergeKey` and `patchStrategy` tags of `k8s.io/api`; Helm 4.3,
//! `pkg/kube/client.go` (`createPatch`).

use serde_json::{Map, Value, json};

use crate::kube::Patch;

/// Groups whose kinds understand strategic merge patches.
const BUILT_IN: [&str; 18] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Lists that are merged, by the last names of their path, and the field that tells their entries apart.
const KEYS: [(&[&str], &str); 20] = [
    (&["spec", "containers"], "name"),
    (&["spec", "initContainers"], "name"),
    (&["spec", "ephemeralContainers"], "name"),
    (&["containers", "ports"], "containerPort"),
    (&["initContainers", "ports"], "containerPort"),
    (&["containers", "env"], "name"),
    (&["initContainers", "env"], "name"),
    (&["containers", "volumeMounts"], "mountPath"),
    (&["initContainers", "volumeMounts"], "mountPath"),
    (&["containers", "volumeDevices"], "devicePath"),
    (&["initContainers", "volumeDevices"], "devicePath"),
    (&["spec", "volumes"], "name"),
    (&["spec", "imagePullSecrets"], "name"),
    (&["spec", "hostAliases"], "ip"),
    (&["spec", "topologySpreadConstraints"], "topologyKey"),
    (&["spec", "resourceClaims"], "name"),
    (&["spec", "schedulingGates"], "name"),
    (&["metadata", "ownerReferences"], "uid"),
    (&["webhooks"], "name"),
    (&["secrets"], "name"),
];

/// The patch that brings an object from what the last revision has to what the next one has. `group` is its
/// API group.
pub(super) fn patch(group: &str, old: &Value, new: &Value) -> Patch {
    if BUILT_IN.contains(&group) {
        let mut path = vec![text(new, "kind")];
        return Patch::Strategic(strategic(old, new, &mut path));
    }
    Patch::Merge(merge(old, new))
}

fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_default().to_owned()
}

/// The field that tells the entries of the list at this path apart; none where the list is one value.
fn merge_key(path: &[String]) -> Option<&'static str> {
    let ends = |tail: &[&str]| {
        path.len() > tail.len() && path.iter().rev().zip(tail.iter().rev()).all(|(a, b)| a == b)
    };
    // Ports are merged in a Service; elsewhere, such as in a NetworkPolicy, a list of ports is one value.
    if path.len() == 3 && path[0] == "Service" && ends(&["spec", "ports"]) {
        return Some("port");
    }
    KEYS.iter().find(|(tail, _)| ends(tail)).map(|(_, key)| *key)
}

/// Whether an object at this path is one of several forms, so that fields of another form must go.
fn is_one_of(path: &[String]) -> bool {
    let ends = |name: &str| path.last().is_some_and(|last| last == name);
    ends("volumes") || (path.len() == 3 && path[0] == "Deployment" && ends("strategy"))
}

fn strategic(old: &Value, new: &Value, path: &mut Vec<String>) -> Value {
    match (old, new) {
        (_, Value::Object(fields)) => {
            let mut patch = Map::new();
            for (key, value) in fields {
                path.push(key.clone());
                patch.insert(key.clone(), strategic(&old[key], value, path));
                path.pop();
            }
            for key in old.as_object().into_iter().flat_map(Map::keys) {
                if !fields.contains_key(key) {
                    patch.insert(key.clone(), Value::Null);
                }
            }
            if is_one_of(path) {
                let keys: Vec<&String> = fields.keys().collect();
                patch.insert("$retainKeys".to_owned(), json!(keys));
            }
            Value::Object(patch)
        }
        (_, Value::Array(entries)) => {
            let Some(key) = merge_key(path) else { return new.clone() };
            let find = |list: &Value, id: &Value| {
                list.as_array().into_iter().flatten().find(|one| one[key] == *id).cloned().unwrap_or_default()
            };
            let mut patch: Vec<Value> =
                entries.iter().map(|entry| strategic(&find(old, &entry[key]), entry, path)).collect();
            for entry in old.as_array().into_iter().flatten() {
                if find(new, &entry[key]).is_null() {
                    patch.push(json!({ key: entry[key], "$patch": "delete" }));
                }
            }
            Value::Array(patch)
        }
        _ => new.clone(),
    }
}

/// The JSON merge patch (RFC 7386) from one to the other.
fn merge(old: &Value, new: &Value) -> Value {
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else { return new.clone() };
    let mut patch = Map::new();
    for (key, value) in after {
        match before.get(key) {
            Some(same) if same == value => {}
            Some(other) => {
                patch.insert(key.clone(), merge(other, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_built_in_kinds_are_merged_by_their_keys() {
        let pod = |containers: Value, volumes: Value| json!({ "kind": "Deployment", "spec": { "template": { "spec": { "containers": containers, "volumes": volumes } } } });
        let old = pod(
            json!([{ "name": "a", "args": ["x"], "env": [{ "name": "E", "value": "1" }] }, { "name": "gone" }]),
            json!([{ "name": "v", "emptyDir": {} }]),
        );
        let new =
            pod(json!([{ "name": "a", "env": [] }]), json!([{ "name": "v", "configMap": { "name": "c" } }]));
        let Patch::Strategic(patch) = patch("apps", &old, &new) else { panic!("a built-in kind") };
        let spec = &patch["spec"]["template"]["spec"];
        assert_eq!(
            spec["containers"],
            json!([{ "name": "a", "args": null, "env": [{ "name": "E", "$patch": "delete" }] },
                   { "name": "gone", "$patch": "delete" }])
        );
        assert_eq!(
            spec["volumes"],
            json!([{ "name": "v", "configMap": { "name": "c" }, "emptyDir": null, "$retainKeys": ["configMap", "name"] }])
        );
    }

    #[test]
    fn ports_are_merged_in_services_and_one_value_elsewhere() {
        let with = |kind: &str, ports: Value| json!({ "kind": kind, "spec": { "ports": ports } });
        let of = |kind: &str| {
            let (old, new) = (with(kind, json!([{ "port": 1 }])), with(kind, json!([{ "port": 2 }])));
            match patch("", &old, &new) {
                Patch::Strategic(patch) => patch["spec"]["ports"].clone(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(of("Service"), json!([{ "port": 2 }, { "port": 1, "$patch": "delete" }]));
        assert_eq!(of("NetworkPolicy"), json!([{ "port": 2 }]));
    }

    #[test]
    fn other_kinds_get_the_difference() {
        let old = json!({ "kind": "X", "spec": { "a": 1, "b": [1], "c": 3 } });
        let new = json!({ "kind": "X", "spec": { "a": 1, "b": [2], "d": {} } });
        assert_eq!(
            patch("x.io", &old, &new),
            Patch::Merge(json!({ "spec": { "b": [2], "c": null, "d": {} } }))
        );
    }
}
