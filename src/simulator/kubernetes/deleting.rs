//! Deletion: finalizers, grace, and what becomes of the objects that one owned.

use serde_json::{Value, json};

use super::api::Call;
use super::cluster::Cluster;
use super::failure::Failure;
use super::reading;
use super::store::Key;
use super::target::Target;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Deletes one object.
pub(crate) fn delete(call: &mut Call<'_>, target: &Target) -> Result<Value, Failure> {
    let options = if call.request.body.is_empty() { json!({}) } else { call.body()? };
    one(call, target, &options)
}

/// Deletes all objects that the query names.
pub(crate) fn delete_all(call: &mut Call<'_>, target: &Target) -> Result<Value, Failure> {
    let options = if call.request.body.is_empty() { json!({}) } else { call.body()? };
    let selector = reading::selector(call, target)?;
    let list = reading::list(call, target)?;
    let kind = &target.kind;
    for (key, object) in call.cluster.objects(&kind.group, &kind.plural, &target.namespace) {
        if selector.fits(&object) {
            let mut one_target = target.clone();
            (one_target.namespace, one_target.name) = (key.namespace, key.name);
            one(call, &one_target, &options)?;
        }
    }
    Ok(list)
}

fn one(call: &mut Call<'_>, target: &Target, options: &Value) -> Result<Value, Failure> {
    let kind = &target.kind;
    let key = target.key();
    let Some(live) = call.cluster.store.get(&key).cloned() else {
        return Err(Failure::not_found(kind, &target.name));
    };
    for (field, path) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let wanted = &options["preconditions"][field];
        if wanted.is_string() && *wanted != live["metadata"][field] {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (wanted, found) = (text(wanted), text(&live["metadata"][field]));
            let message = format!(
                "Operation cannot be fulfilled on {} \"{}\": the {path} in the precondition ({wanted}) does not match the {path} in record ({found}). The object might have been {}",
                kind.name,
                target.name,
                if field == "uid" { "deleted and then recreated" } else { "modified" },
            );
            return Err(Failure::new(409, "Conflict", message).about(kind, &target.name));
        }
    }
    if kind.group.is_empty()
        && kind.plural == "namespaces"
        && ["default", "kube-system", "kube-public"].contains(&target.name.as_str())
    {
        return Err(Failure::forbidden(kind, &target.name, "this namespace may not be deleted"));
    }
    if call.is_dry()? || options["dryRun"].as_array().is_some_and(|all| !all.is_empty()) {
        return Ok(status(target, &live));
    }
    let parameter = |name: &str| call.request.parameter(name);
    let policy =
        options["propagationPolicy"].as_str().map(str::to_owned).or_else(|| parameter("propagationPolicy"));
    let grace = options["gracePeriodSeconds"]
        .as_u64()
        .or_else(|| parameter("gracePeriodSeconds").and_then(|text| text.parse().ok()));
    let finalizer = match policy.as_deref() {
        Some("Foreground") => Some(FOREGROUND),
        Some("Orphan") => Some(ORPHAN),
        _ => None,
    };
    if let Some(finalizer) = finalizer {
        call.cluster.change(&key, |object| match object["metadata"]["finalizers"].as_array_mut() {
            Some(list) => list.push(json!(finalizer)),
            None => object["metadata"]["finalizers"] = json!([finalizer]),
        });
    }
    let now = call.now();
    let is_running_pod = kind.group.is_empty()
        && kind.plural == "pods"
        && live["spec"]["nodeName"].is_string()
        && !matches!(live["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let grace = if is_running_pod {
        grace.unwrap_or_else(|| live["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30))
    } else {
        0
    };
    begin(call.cluster, &key, &now, grace);
    if kind.plural == "customresourcedefinitions" {
        super::definitions::read_again(call.cluster);
    }
    match call.cluster.store.get(&key) {
        Some(object) => Ok(reading::shown(kind, object)),
        None => Ok(status(target, &live)),
    }
}

fn status(target: &Target, live: &Value) -> Value {
    let mut details =
        json!({ "name": target.name, "kind": target.kind.plural, "uid": live["metadata"]["uid"] });
    if !target.kind.group.is_empty() {
        details["group"] = json!(target.kind.group);
    }
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })
}

/// Begins the deletion of an object; it is gone at once where nothing holds it.
pub(crate) fn begin(cluster: &mut Cluster, key: &Key, now: &str, grace: u64) {
    let Some(live) = cluster.store.get(key) else { return };
    let held = live["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty())
        || (key.group.is_empty() && key.plural == "namespaces")
        || grace > 0;
    if !held {
        cluster.store.remove(key);
        return;
    }
    cluster.change(key, |object| {
        let metadata = &mut object["metadata"];
        if metadata["deletionTimestamp"].is_null() {
            metadata["deletionTimestamp"] = json!(now);
            metadata["deletionGracePeriodSeconds"] = json!(grace);
            if object["spec"].is_object() && object["metadata"]["generation"].is_u64() {
                let generation = object["metadata"]["generation"].as_u64().unwrap_or(0);
                object["metadata"]["generation"] = json!(generation + 1);
            }
        }
        if key.group.is_empty() && key.plural == "namespaces" {
            object["status"]["phase"] = json!("Terminating");
        }
    });
}

/// Takes a finalizer off; an object that only it held is gone.
pub(crate) fn drop_finalizer(cluster: &mut Cluster, key: &Key, finalizer: &str) {
    cluster.change(key, |object| {
        if let Some(list) = object["metadata"]["finalizers"].as_array_mut() {
            list.retain(|one| one != finalizer);
            if list.is_empty()
                && let Some(metadata) = object["metadata"].as_object_mut()
            {
                metadata.remove("finalizers");
            }
        }
    });
    let free = cluster.store.get(key).is_some_and(|object| {
        object["metadata"]["deletionTimestamp"].is_string() && object["metadata"]["finalizers"].is_null()
    });
    if free {
        cluster.store.remove(key);
    }
}

/// The garbage collector: objects whose owners are gone go too, and owners that wait for theirs wait.
pub(crate) fn collect(cluster: &mut Cluster, now: &str) {
    let all: Vec<(Key, std::sync::Arc<Value>)> =
        cluster.store.all().map(|(key, object)| (key.clone(), std::sync::Arc::clone(object))).collect();
    let known: std::collections::HashSet<String> =
        all.iter().filter_map(|(_, object)| object["metadata"]["uid"].as_str().map(str::to_owned)).collect();
    for (key, object) in &all {
        let owners = object["metadata"]["ownerReferences"].as_array().map(Vec::as_slice).unwrap_or_default();
        let here = |owner: &Value| owner["uid"].as_str().is_some_and(|uid| known.contains(uid));
        if !owners.is_empty() && !owners.iter().any(here) && object["metadata"]["deletionTimestamp"].is_null()
        {
            begin(cluster, key, now, 0);
        }
    }
    for (key, object) in &all {
        let finalizers = object["metadata"]["finalizers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let deleted = object["metadata"]["deletionTimestamp"].is_string();
        if !deleted || finalizers.is_empty() {
            continue;
        }
        let uid = &object["metadata"]["uid"];
        let owned = |object: &Value| {
            let mut owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
            owners.any(|owner| owner["uid"] == *uid)
        };
        if finalizers.iter().any(|one| one == FOREGROUND) {
            let mut waits = false;
            for (child, one) in all.iter().filter(|(_, one)| owned(one)) {
                if one["metadata"]["deletionTimestamp"].is_null() {
                    let foreground = cluster.store.all().any(|(_, grandchild)| {
                        let mut owners =
                            grandchild["metadata"]["ownerReferences"].as_array().into_iter().flatten();
                        owners.any(|owner| owner["uid"] == one["metadata"]["uid"])
                    });
                    if foreground {
                        cluster
                            .change(child, |object| object["metadata"]["finalizers"] = json!([FOREGROUND]));
                    }
                    begin(cluster, child, now, 0);
                }
                waits |= cluster.store.get(child).is_some();
            }
            if !waits {
                drop_finalizer(cluster, key, FOREGROUND);
            }
        } else if finalizers.iter().any(|one| one == ORPHAN) {
            for (child, _) in all.iter().filter(|(_, one)| owned(one)) {
                cluster.change(child, |object| {
                    if let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() {
                        owners.retain(|owner| owner["uid"] != *uid);
                    }
                });
            }
            drop_finalizer(cluster, key, ORPHAN);
        } else if finalizers.iter().any(|one| one == "kubernetes.io/pvc-protection") {
            let used = all.iter().any(|(pod, one)| {
                pod.group.is_empty()
                    && pod.plural == "pods"
                    && pod.namespace == key.namespace
                    && one["spec"]["volumes"].as_array().is_some_and(|all| {
                        all.iter().any(|one| one["persistentVolumeClaim"]["claimName"] == key.name.as_str())
                    })
            });
            if !used {
                drop_finalizer(cluster, key, "kubernetes.io/pvc-protection");
            }
        }
    }
}
