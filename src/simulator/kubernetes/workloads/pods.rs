//! Pods: where they run, and what becomes of their containers.

use serde_json::{Value, json};

use super::super::super::clock::Clock;
use super::super::cluster::Cluster;
use super::super::quantity;
use super::super::store::Key;
use super::{condition, leaves, text};

/// Simulated seconds until a container runs.
const START: f64 = 2.0;
/// Simulated seconds that the program of a job works.
const WORK: f64 = 2.0;
/// Simulated seconds that a pod takes to end.
const END: f64 = 1.0;
/// Simulated seconds between two starts of a container that crashes.
const AGAIN: f64 = 10.0;

/// Goes through all pods.
pub(crate) fn settle(cluster: &mut Cluster, clock: &Clock, now: &str) {
    for (key, pod) in cluster.objects("", "pods", "") {
        let uid = text(&pod["metadata"]["uid"]).to_owned();
        if leaves(&pod) {
            let node = Key::new("", "nodes", "", text(&pod["spec"]["nodeName"]));
            // A node that does not answer ends nothing; a grace of nothing is no question to it.
            let answers = cluster.store.get(&node).is_none_or(|node| condition(node, "Ready"));
            let forced = pod["metadata"]["deletionGracePeriodSeconds"] == 0;
            if forced || (answers && cluster.due(&uid, "end", END, clock)) {
                let finalizers =
                    pod["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
                if !finalizers {
                    cluster.store.remove(&key);
                    cluster.timers.retain(|(known, _), _| *known != uid);
                }
            }
            continue;
        }
        if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
            continue;
        }
        if pod["spec"]["nodeName"].is_null() {
            schedule(cluster, &key, &pod, now);
        } else {
            run(cluster, &key, &pod, clock, now);
        }
    }
}

fn schedule(cluster: &mut Cluster, key: &Key, pod: &Value, now: &str) {
    if let Some(why) = unbound_claim(cluster, key, pod) {
        return unscheduled(cluster, key, pod, &why, now);
    }
    let nodes = cluster.objects("", "nodes", "");
    let mut refused: Vec<(&str, usize)> = Vec::new();
    let mut best: Option<(usize, String)> = None;
    let pods = cluster.objects("", "pods", "");
    for (node_key, node) in &nodes {
        let on = |pod: &Value| pod["spec"]["nodeName"] == node_key.name.as_str();
        let why = unfit(pod, node, || pods.iter().map(|(_, pod)| &**pod).filter(|pod| on(pod)).collect());
        match why {
            None => {
                let load = pods.iter().filter(|(_, pod)| on(pod)).count();
                if best.as_ref().is_none_or(|(least, _)| load < *least) {
                    best = Some((load, node_key.name.clone()));
                }
            }
            Some(why) => match refused.iter_mut().find(|(known, _)| *known == why) {
                Some((_, times)) => *times += 1,
                None => refused.push((why, 1)),
            },
        }
    }
    let Some((_, node)) = best else {
        let why = if nodes.is_empty() {
            "no nodes available to schedule pods".to_owned()
        } else {
            let words: Vec<String> = refused.iter().map(|(why, times)| format!("{times} {why}")).collect();
            format!("0/{} nodes are available: {}.", nodes.len(), words.join(", "))
        };
        return unscheduled(cluster, key, pod, &why, now);
    };
    cluster.change(key, |pod| {
        pod["spec"]["nodeName"] = json!(node);
        pod["status"]["conditions"] =
            json!([{ "type": "PodScheduled", "status": "True", "lastTransitionTime": now, "lastProbeTime": null }]);
        pod["status"]["startTime"] = json!(now);
    });
    let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
    cluster.event(pod, "Normal", "Scheduled", &message, now);
}

fn unscheduled(cluster: &mut Cluster, key: &Key, pod: &Value, why: &str, now: &str) {
    cluster.change(key, |pod| {
        let since = pod["status"]["conditions"][0]["lastTransitionTime"].as_str().unwrap_or(now).to_owned();
        pod["status"]["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why,
            "lastTransitionTime": since, "lastProbeTime": null,
        }]);
    });
    cluster.event(pod, "Warning", "FailedScheduling", why, now);
}

fn unbound_claim(cluster: &Cluster, key: &Key, pod: &Value) -> Option<String> {
    for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
        let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() else { continue };
        let claim = Key::new("", "persistentvolumeclaims", &key.namespace, name);
        match cluster.store.get(&claim) {
            None => return Some(format!("persistentvolumeclaim \"{name}\" not found")),
            Some(claim) if claim["status"]["phase"] != "Bound" => {
                return Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
            }
            Some(_) => {}
        }
    }
    None
}

fn unfit<'a>(pod: &Value, node: &Value, others: impl FnOnce() -> Vec<&'a Value>) -> Option<&'static str> {
    if node["spec"]["unschedulable"] == true {
        return Some("node(s) were unschedulable");
    }
    if !condition(node, "Ready") {
        return Some("node(s) had untolerated taint {node.kubernetes.io/not-ready: }");
    }
    let tolerations = pod["spec"]["tolerations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tolerated = |taint: &Value| {
        tolerations.iter().any(|one| {
            let key = one["key"].as_str().unwrap_or_default();
            let effect = one["effect"].as_str().unwrap_or_default();
            (effect.is_empty() || one["effect"] == taint["effect"])
                && (key.is_empty() || one["key"] == taint["key"])
                && (one["operator"] == "Exists" || text(&one["value"]) == text(&taint["value"]))
        })
    };
    let taints = node["spec"]["taints"].as_array().into_iter().flatten();
    if taints.into_iter().any(|taint| taint["effect"] != "PreferNoSchedule" && !tolerated(taint)) {
        return Some("node(s) had untolerated taint(s)");
    }
    let labels = &node["metadata"]["labels"];
    let selected = pod["spec"]["nodeSelector"]
        .as_object()
        .into_iter()
        .flatten()
        .all(|(name, value)| labels[name] == *value);
    let affinity = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = affinity["nodeSelectorTerms"].as_array();
    let liked =
        terms.is_none_or(|terms| terms.iter().any(|term| super::super::selector::selects(term, labels)));
    if !selected || !liked {
        return Some("node(s) didn't match Pod's node affinity/selector");
    }
    let asked = |pod: &Value, resource: &str| -> f64 {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers
            .filter_map(|one| {
                let requests = &one["resources"]["requests"][resource];
                let amount =
                    if requests.is_null() { &one["resources"]["limits"][resource] } else { requests };
                amount.as_str().and_then(quantity::read)
            })
            .sum()
    };
    let others = others();
    for (resource, why) in [
        ("cpu", "Insufficient cpu"),
        ("memory", "Insufficient memory"),
        ("nvidia.com/gpu", "Insufficient nvidia.com/gpu"),
    ] {
        let wanted = asked(pod, resource);
        if wanted <= 0.0 {
            continue;
        }
        let has = node["status"]["allocatable"][resource].as_str().and_then(quantity::read).unwrap_or(0.0);
        let used: f64 = others.iter().map(|other| asked(other, resource)).sum();
        if used + wanted > has {
            return Some(why);
        }
    }
    None
}

fn run(cluster: &mut Cluster, key: &Key, pod: &Value, clock: &Clock, now: &str) {
    let uid = text(&pod["metadata"]["uid"]).to_owned();
    let node = Key::new("", "nodes", "", text(&pod["spec"]["nodeName"]));
    let Some(node) = cluster.store.get(&node).cloned() else { return };
    if !condition(&node, "Ready") {
        if condition(pod, "Ready") {
            cluster.change(key, |pod| set_ready(pod, false, now));
        }
        return;
    }
    let containers: Vec<Value> = pod["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let missing = containers.iter().find(|one| {
        let image = text(&one["image"]);
        cluster.missing_images.iter().any(|known| known == image)
    });
    if let Some(container) = missing.cloned() {
        let image = text(&container["image"]).to_owned();
        let why = format!("failed to pull and unpack image \"{image}\": not found");
        let reason =
            if cluster.due(&uid, "pull", AGAIN, clock) { "ImagePullBackOff" } else { "ErrImagePull" };
        cluster.change(key, |pod| {
            waiting(pod, &containers, reason, &why);
            set_ready(pod, false, now);
        });
        cluster.event(pod, "Warning", "Failed", &format!("Failed to pull image \"{image}\": {why}"), now);
        return;
    }
    if !cluster.due(&uid, "start", START, clock) {
        cluster.change(key, |pod| {
            waiting(pod, &containers, "ContainerCreating", "");
            set_ready(pod, false, now);
        });
        return;
    }
    let crashes = containers
        .iter()
        .any(|one| cluster.crashing_images.iter().any(|known| one["image"] == known.as_str()));
    let policy = text(&pod["spec"]["restartPolicy"]).to_owned();
    if crashes {
        crash(cluster, key, pod, &containers, clock, now);
        return;
    }
    if policy != "Always" {
        let owned_by_job = pod["metadata"]["ownerReferences"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["kind"] == "Job"));
        // A program of a bare pod that is not restarted ends as one of a job does.
        let _ = owned_by_job;
        if cluster.due(&uid, "work", WORK, clock) {
            cluster.change(key, |pod| ended(pod, &containers, 0, now));
            return;
        }
    }
    if pod["status"]["phase"] == "Running" && condition(pod, "Ready") {
        return;
    }
    let address = pod["status"]["podIP"].as_str().map_or_else(
        || {
            cluster.addresses += 1;
            format!("10.42.{}.{}", cluster.addresses / 250, 2 + cluster.addresses % 250)
        },
        str::to_owned,
    );
    let host = node["status"]["addresses"][0]["address"].clone();
    cluster.change(key, |pod| {
        pod["status"]["phase"] = json!("Running");
        pod["status"]["podIP"] = json!(address);
        pod["status"]["podIPs"] = json!([{ "ip": address }]);
        pod["status"]["hostIP"] = host;
        let statuses: Vec<Value> = containers
            .iter()
            .map(|one| status(one, &json!({ "running": { "startedAt": now } }), true, 0))
            .collect();
        pod["status"]["containerStatuses"] = json!(statuses);
        let inits: Vec<Value> = pod["spec"]["initContainers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| status(one, &json!({ "terminated": { "exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now } }), true, 0))
            .collect();
        if !inits.is_empty() {
            pod["status"]["initContainerStatuses"] = json!(inits);
        }
        set_ready(pod, true, now);
    });
    for one in &containers {
        let image = text(&one["image"]);
        cluster.event(
            pod,
            "Normal",
            "Pulled",
            &format!("Container image \"{image}\" already present on machine"),
            now,
        );
        cluster.event(pod, "Normal", "Started", &format!("Started container {}", text(&one["name"])), now);
    }
}

fn crash(cluster: &mut Cluster, key: &Key, pod: &Value, containers: &[Value], clock: &Clock, now: &str) {
    if text(&pod["spec"]["restartPolicy"]) == "Never" {
        cluster.change(key, |pod| ended(pod, containers, 1, now));
        return;
    }
    let uid = text(&pod["metadata"]["uid"]).to_owned();
    let restarts = pod["status"]["containerStatuses"][0]["restartCount"].as_u64().unwrap_or(0);
    if restarts > 0 && !cluster.due(&uid, "again", AGAIN, clock) {
        return;
    }
    cluster.timers.insert((uid, "again"), clock.after(AGAIN));
    // The first start is no restart; a world without time stops counting.
    let restarts = (restarts + 1).min(5);
    cluster.change(key, |pod| {
        pod["status"]["phase"] = json!("Running");
        let statuses: Vec<Value> = containers
            .iter()
            .map(|one| {
                let name = text(&one["name"]);
                let why = format!("back-off 10s restarting failed container={name}");
                let mut status =
                    status(one, &json!({ "waiting": { "reason": "CrashLoopBackOff", "message": why } }), false, restarts);
                let since = pod["status"]["startTime"].clone();
                status["lastState"] = json!({ "terminated": { "exitCode": 1, "reason": "Error", "startedAt": since, "finishedAt": since } });
                status
            })
            .collect();
        pod["status"]["containerStatuses"] = json!(statuses);
        set_ready(pod, false, now);
    });
    cluster.event(
        pod,
        "Warning",
        "BackOff",
        &format!("Back-off restarting failed container in pod {}", key.name),
        now,
    );
}

fn status(container: &Value, state: &Value, ready: bool, restarts: u64) -> Value {
    json!({
        "name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": ready,
        "restartCount": restarts, "state": state, "lastState": {},
    })
}

fn waiting(pod: &mut Value, containers: &[Value], reason: &str, message: &str) {
    let mut state = json!({ "waiting": { "reason": reason } });
    if !message.is_empty() {
        state["waiting"]["message"] = json!(message);
    }
    let statuses: Vec<Value> = containers.iter().map(|one| status(one, &state, false, 0)).collect();
    pod["status"]["containerStatuses"] = json!(statuses);
}

fn ended(pod: &mut Value, containers: &[Value], code: i32, now: &str) {
    let good = code == 0;
    pod["status"]["phase"] = json!(if good { "Succeeded" } else { "Failed" });
    let state = json!({ "terminated": {
        "exitCode": code, "reason": if good { "Completed" } else { "Error" }, "startedAt": now, "finishedAt": now,
    } });
    let statuses: Vec<Value> = containers.iter().map(|one| status(one, &state, false, 0)).collect();
    pod["status"]["containerStatuses"] = json!(statuses);
    set_ready(pod, false, now);
    if good {
        for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
            if condition["type"] == "Ready" || condition["type"] == "ContainersReady" {
                condition["reason"] = json!("PodCompleted");
            }
        }
    }
}

fn set_ready(pod: &mut Value, ready: bool, now: &str) {
    let word = if ready { "True" } else { "False" };
    let known = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let conditions: Vec<Value> =
        [("PodScheduled", "True"), ("Initialized", "True"), ("ContainersReady", word), ("Ready", word)]
            .into_iter()
            .map(|(class, status)| {
                let same = known.iter().find(|one| one["type"] == class && one["status"] == status).cloned();
                same.unwrap_or_else(|| {
            let mut one =
                json!({ "type": class, "status": status, "lastTransitionTime": now, "lastProbeTime": null });
            if status == "False" {
                one["reason"] = json!("ContainersNotReady");
            }
            one
        })
            })
            .collect();
    pod["status"]["conditions"] = json!(conditions);
}
