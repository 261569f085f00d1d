//! Deployments, replica sets, stateful sets and daemon sets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::deleting;
use super::super::store::Key;
use super::{condition, controls, hash, is_ready, leaves, owner, pod, suffix, text};

const REVISION: &str = "deployment.kubernetes.io/revision";

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn share(value: &Value, of: u64, up: bool) -> u64 {
    match value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<u64>().ok()) {
        Some(percent) if up => (percent * of).div_ceil(100),
        Some(percent) => percent * of / 100,
        None => count(value),
    }
}

/// Deployments: a replica set for each template, and a rollout from the old ones to the new one.
pub(crate) fn deployments(cluster: &mut Cluster, now: &str) {
    for (key, deployment) in cluster.objects("apps", "deployments", "") {
        if leaves(&deployment) {
            continue;
        }
        let (space, template) = (key.namespace.clone(), &deployment["spec"]["template"]);
        let wanted = count(&deployment["spec"]["replicas"]);
        let all: Vec<(Key, Arc<Value>)> = cluster
            .objects("apps", "replicasets", &space)
            .into_iter()
            .filter(|(_, set)| controls(&deployment, set))
            .collect();
        let name = format!("{}-{}", key.name, hash(template));
        let new = Key::new("apps", "replicasets", &space, &name);
        let revision =
            |set: &Value| text(&set["metadata"]["annotations"][REVISION]).parse::<u64>().unwrap_or(0);
        let last = all.iter().map(|(_, set)| revision(set)).max().unwrap_or(0);
        let known = all.iter().find(|(key, _)| *key == new).map(|(_, set)| revision(set));
        let current = if known == Some(last) { last } else { last + 1 };
        let paused = deployment["spec"]["paused"] == true;
        if known.is_none() && !paused {
            let mut template = template.clone();
            let digest = json!(hash(&deployment["spec"]["template"]));
            template["metadata"]["labels"]["pod-template-hash"] = digest.clone();
            let mut selector = deployment["spec"]["selector"].clone();
            selector["matchLabels"]["pod-template-hash"] = digest;
            let object = json!({
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": { "labels": template["metadata"]["labels"], "annotations": { REVISION: current.to_string() }, "ownerReferences": owner(&deployment) },
                "spec": { "replicas": 0, "selector": selector, "template": template },
                "status": { "replicas": 0 },
            });
            cluster.make(new.clone(), object, now);
            cluster.event(
                &deployment,
                "Normal",
                "ScalingReplicaSet",
                &format!("Scaled up replica set {name} to {wanted}"),
                now,
            );
        } else if known.is_some_and(|known| known != current) {
            cluster.change(&new, |set| set["metadata"]["annotations"][REVISION] = json!(current.to_string()));
        }
        let old: Vec<&(Key, Arc<Value>)> = all.iter().filter(|(key, _)| *key != new).collect();
        let old_total: u64 = old.iter().map(|(_, set)| count(&set["spec"]["replicas"])).sum();
        let old_pods: u64 = old.iter().map(|(_, set)| count(&set["status"]["replicas"])).sum();
        let fresh = cluster.store.get(&new).cloned().unwrap_or_default();
        let ready_new = count(&fresh["status"]["readyReplicas"]);
        let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
        let recreate = deployment["spec"]["strategy"]["type"] == "Recreate";
        if !paused {
            let room = if recreate {
                if old_pods == 0 { wanted } else { 0 }
            } else {
                (wanted + share(&rolling["maxSurge"], wanted, true))
                    .saturating_sub(old_pods.max(old_total))
                    .min(wanted)
            };
            let at = count(&fresh["spec"]["replicas"]);
            let scaled = if wanted < at { wanted } else { at.max(room) };
            cluster.change(&new, |set| set["spec"]["replicas"] = json!(scaled));
            let least = wanted.saturating_sub(share(&rolling["maxUnavailable"], wanted, false));
            let mut spare = if recreate {
                old_total
            } else {
                (old_total + ready_new).saturating_sub(least).min(old_total)
            };
            for (key, set) in old {
                let has = count(&set["spec"]["replicas"]);
                let gone = has.min(spare);
                spare -= gone;
                if gone > 0 {
                    cluster.change(key, |set| set["spec"]["replicas"] = json!(has - gone));
                }
            }
        }
        report(cluster, &key, &deployment, &new, current, now);
    }
}

fn report(cluster: &mut Cluster, key: &Key, deployment: &Value, new: &Key, revision: u64, now: &str) {
    let all = cluster.objects("apps", "replicasets", &key.namespace);
    let sum = |field: &str| -> u64 {
        all.iter()
            .filter(|(_, set)| controls(deployment, set))
            .map(|(_, set)| count(&set["status"][field]))
            .sum()
    };
    let wanted = count(&deployment["spec"]["replicas"]);
    let (replicas, ready) = (sum("replicas"), sum("readyReplicas"));
    let updated = cluster.store.get(new).map_or(0, |set| count(&set["status"]["replicas"]));
    let fresh = cluster.store.get(new).map_or(0, |set| count(&set["status"]["readyReplicas"]));
    let unavailable =
        share(&deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], wanted, false);
    let available = ready + unavailable >= wanted;
    let done = updated >= wanted && fresh >= wanted && replicas == updated;
    let old = deployment["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let conditioned = |class: &str, status: bool, reason: &str, message: String| {
        let status = if status { "True" } else { "False" };
        let same =
            old.iter().find(|one| one["type"] == class && one["status"] == status && one["reason"] == reason);
        same.cloned().unwrap_or_else(|| {
            json!({ "type": class, "status": status, "reason": reason, "message": message, "lastTransitionTime": now, "lastUpdateTime": now })
        })
    };
    let (reason, message) = if done {
        ("NewReplicaSetAvailable", format!("ReplicaSet \"{}\" has successfully progressed.", new.name))
    } else {
        ("ReplicaSetUpdated", format!("ReplicaSet \"{}\" is progressing.", new.name))
    };
    let conditions = json!([
        if available {
            conditioned(
                "Available",
                true,
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.".to_owned(),
            )
        } else {
            conditioned(
                "Available",
                false,
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.".to_owned(),
            )
        },
        conditioned("Progressing", true, reason, message),
    ]);
    cluster.change(key, |object| {
        object["metadata"]["annotations"][REVISION] = json!(revision.to_string());
        let mut status =
            json!({ "observedGeneration": object["metadata"]["generation"], "conditions": conditions });
        for (field, value) in [
            ("replicas", replicas),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", wanted.saturating_sub(ready)),
        ] {
            if value > 0 {
                status[field] = json!(value);
            }
        }
        object["status"] = status;
    });
}

fn owned(cluster: &Cluster, object: &Value, space: &str) -> Vec<(Key, Arc<Value>)> {
    cluster.objects("", "pods", space).into_iter().filter(|(_, pod)| controls(object, pod)).collect()
}

fn is_over(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded"))
}

fn remove(cluster: &mut Cluster, key: &Key, pod: &Value, now: &str) {
    let grace = if pod["spec"]["nodeName"].is_string() { 30 } else { 0 };
    deleting::begin(cluster, key, now, grace);
}

/// Replica sets: as many pods as they want.
pub(crate) fn replica_sets(cluster: &mut Cluster, now: &str) {
    for (key, set) in cluster.objects("apps", "replicasets", "") {
        if leaves(&set) {
            continue;
        }
        let wanted = usize::try_from(count(&set["spec"]["replicas"])).unwrap_or(0);
        let mut pods: Vec<_> = owned(cluster, &set, &key.namespace)
            .into_iter()
            .filter(|(_, pod)| !leaves(pod) && !is_over(pod))
            .collect();
        for _ in pods.len()..wanted {
            pod(cluster, &set, &format!("{}-{}", key.name, suffix()), &set["spec"]["template"], now);
        }
        if pods.len() > wanted {
            // Those that are not ready go first.
            pods.sort_by_key(|(_, pod)| is_ready(pod));
            for (key, pod) in pods.iter().take(pods.len() - wanted) {
                remove(cluster, key, pod, now);
            }
        }
        let pods: Vec<_> = owned(cluster, &set, &key.namespace)
            .into_iter()
            .filter(|(_, pod)| !leaves(pod) && !is_over(pod))
            .collect();
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        cluster.change(&key, |set| {
            let mut status = json!({
                "replicas": pods.len(), "fullyLabeledReplicas": pods.len(), "observedGeneration": set["metadata"]["generation"],
            });
            if ready > 0 {
                status["readyReplicas"] = json!(ready);
                status["availableReplicas"] = json!(ready);
            }
            set["status"] = status;
        });
    }
}

/// Stateful sets: pods one after the other, each with its claims.
pub(crate) fn stateful_sets(cluster: &mut Cluster, now: &str) {
    for (key, set) in cluster.objects("apps", "statefulsets", "") {
        if leaves(&set) {
            continue;
        }
        let wanted = count(&set["spec"]["replicas"]);
        let revision = format!("{}-{}", key.name, hash(&set["spec"]["template"]));
        let parallel = set["spec"]["podManagementPolicy"] == "Parallel";
        let pods = owned(cluster, &set, &key.namespace);
        let number = |key_of: &Key| {
            key_of.name.rsplit('-').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
        };
        let mut settled = true;
        for index in 0..wanted {
            if !settled && !parallel {
                break;
            }
            let name = format!("{}-{index}", key.name);
            match pods.iter().find(|(pod, _)| pod.name == name) {
                None => {
                    make(cluster, &set, &name, &revision, now);
                    settled = false;
                }
                Some((_, pod)) => settled &= is_ready(pod),
            }
        }
        if let Some((pod, object)) = pods
            .iter()
            .filter(|(pod, object)| number(pod) >= wanted && !leaves(object))
            .max_by_key(|(pod, _)| number(pod))
        {
            remove(cluster, pod, object, now);
            settled = false;
        }
        let stale = pods
            .iter()
            .filter(|(_, pod)| {
                text(&pod["metadata"]["labels"]["controller-revision-hash"]) != revision && !leaves(pod)
            })
            .max_by_key(|(pod, _)| number(pod));
        let on_delete = set["spec"]["updateStrategy"]["type"] == "OnDelete";
        let broken = stale.is_some_and(|(_, pod)| !is_ready(pod));
        if let Some((pod, object)) = stale.filter(|_| (settled || broken) && !on_delete) {
            remove(cluster, pod, object, now);
        }
        let pods = owned(cluster, &set, &key.namespace);
        let new = |pod: &Value| text(&pod["metadata"]["labels"]["controller-revision-hash"]) == revision;
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let updated = pods.iter().filter(|(_, pod)| new(pod) && !leaves(pod)).count();
        let fresh = pods.iter().filter(|(_, pod)| new(pod) && is_ready(pod)).count() as u64;
        let done = fresh == wanted && pods.len() as u64 == wanted;
        cluster.change(&key, |set| {
            let current = if done || set["status"]["currentRevision"].is_null() {
                json!(revision)
            } else {
                set["status"]["currentRevision"].clone()
            };
            set["status"] = json!({
                "replicas": pods.len(), "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": updated,
                "currentReplicas": if done { updated } else { pods.len().saturating_sub(updated) }, "collisionCount": 0,
                "updateRevision": revision, "currentRevision": current, "observedGeneration": set["metadata"]["generation"],
            });
        });
    }
}

fn make(cluster: &mut Cluster, set: &Value, name: &str, revision: &str, now: &str) {
    let space = text(&set["metadata"]["namespace"]).to_owned();
    let mut template = set["spec"]["template"].clone();
    template["metadata"]["labels"]["controller-revision-hash"] = json!(revision);
    template["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(name);
    template["spec"]["hostname"] = json!(name);
    for claim in set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let volume = text(&claim["metadata"]["name"]);
        let full = format!("{volume}-{name}");
        let object = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "labels": set["spec"]["selector"]["matchLabels"], "finalizers": ["kubernetes.io/pvc-protection"] },
            "spec": claim["spec"], "status": { "phase": "Pending" },
        });
        cluster.make(Key::new("", "persistentvolumeclaims", &space, &full), object, now);
        let entry = json!({ "name": volume, "persistentVolumeClaim": { "claimName": full } });
        match template["spec"]["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(entry),
            None => template["spec"]["volumes"] = json!([entry]),
        }
    }
    pod(cluster, set, name, &template, now);
}

/// Daemon sets: a pod on each node that it fits.
pub(crate) fn daemon_sets(cluster: &mut Cluster, now: &str) {
    for (key, set) in cluster.objects("apps", "daemonsets", "") {
        if leaves(&set) {
            continue;
        }
        let digest = hash(&set["spec"]["template"]);
        let selector = &set["spec"]["template"]["spec"]["nodeSelector"];
        let nodes: Vec<String> = cluster
            .objects("", "nodes", "")
            .into_iter()
            .filter(|(_, node)| {
                condition(node, "Ready")
                    && selector
                        .as_object()
                        .into_iter()
                        .flatten()
                        .all(|(name, value)| node["metadata"]["labels"][name] == *value)
            })
            .map(|(node, _)| node.name)
            .collect();
        let pods = owned(cluster, &set, &key.namespace);
        for node in &nodes {
            let here = pods.iter().find(|(_, pod)| pod["spec"]["nodeName"] == node.as_str());
            match here {
                None => {
                    let mut template = set["spec"]["template"].clone();
                    template["metadata"]["labels"]["controller-revision-hash"] = json!(digest);
                    template["spec"]["nodeName"] = json!(node);
                    pod(cluster, &set, &format!("{}-{}", key.name, suffix()), &template, now);
                }
                Some((pod, object)) => {
                    let stale = object["metadata"]["labels"]["controller-revision-hash"] != digest.as_str();
                    if stale && !leaves(object) {
                        remove(cluster, pod, object, now);
                        break;
                    }
                }
            }
        }
        for (pod, object) in &pods {
            if !nodes.iter().any(|node| object["spec"]["nodeName"] == node.as_str()) && !leaves(object) {
                let known = cluster
                    .store
                    .get(&Key::new("", "nodes", "", text(&object["spec"]["nodeName"])))
                    .is_some();
                if !known {
                    deleting::begin(cluster, pod, now, 0);
                }
            }
        }
        let pods = owned(cluster, &set, &key.namespace);
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let updated = pods
            .iter()
            .filter(|(_, pod)| {
                pod["metadata"]["labels"]["controller-revision-hash"] == digest.as_str() && !leaves(pod)
            })
            .count();
        cluster.change(&key, |set| {
            set["status"] = json!({
                "desiredNumberScheduled": nodes.len(), "currentNumberScheduled": pods.len(), "numberMisscheduled": 0,
                "numberReady": ready, "numberAvailable": ready, "numberUnavailable": nodes.len().saturating_sub(ready),
                "updatedNumberScheduled": updated, "observedGeneration": set["metadata"]["generation"],
            });
        });
    }
}
