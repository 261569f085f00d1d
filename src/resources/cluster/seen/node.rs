//! A Node object in our words.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::declaration::{DisksSeen, NodeSeen, TaintSeen};

/// Prefix of the labels that name a node's roles.
const ROLE: &str = "node-role.kubernetes.io/";

/// The label of members of etcd.
pub(super) const ETCD: &str = "node-role.kubernetes.io/etcd";

/// What a node writes on its Node object itself, as the unit `bud-report` does.
const REPORTED: &str = "bud.studio/";

/// Reads a Node.
pub(super) fn read(node: &Json) -> NodeSeen {
    let (meta, spec, status) = (&node["metadata"], &node["spec"], &node["status"]);
    let info = |key: &str| text(&status["nodeInfo"][key]);
    let reported = |key: &str| text(&meta["annotations"][format!("{REPORTED}{key}")]);
    let percent = |key: &str| reported(key).and_then(|percent| percent.parse().ok());
    let addresses = |kind: &str| {
        let listed = list(&status["addresses"]).iter().filter(|one| one["type"] == kind);
        listed.filter_map(|one| text(&one["address"])).collect()
    };
    let conditions = list(&status["conditions"]);
    let readiness = conditions.iter().find(|one| one["type"] == "Ready");
    let ready = readiness.is_some_and(|one| one["status"] == "True");
    let labels = labels(node);
    NodeSeen {
        ready,
        not_ready_reason: (!ready).then(|| why_not(readiness)),
        schedulable: spec["unschedulable"] != true,
        pressures: conditions
            .iter()
            .filter(|one| one["type"] != "Ready" && one["status"] == "True")
            .filter_map(|one| text(&one["type"]))
            .collect(),
        roles: labels.keys().filter_map(|label| label.strip_prefix(ROLE)).map(str::to_owned).collect(),
        internal_addresses: addresses("InternalIP"),
        external_addresses: addresses("ExternalIP"),
        kubernetes_version: info("kubeletVersion"),
        kernel_version: info("kernelVersion"),
        os: info("osImage"),
        container_runtime: info("containerRuntimeVersion"),
        architecture: info("architecture"),
        gpus: gpus(&status["allocatable"]),
        nvidia_driver: reported("nvidia-driver"),
        system: reported("system"),
        booted_system: reported("booted-system"),
        disks: DisksSeen { root: percent("disk-root"), boot: percent("disk-boot"), k3s: percent("disk-k3s") },
        labels,
        taints: list(&spec["taints"])
            .iter()
            .filter_map(|one| {
                Some(TaintSeen {
                    key: text(&one["key"])?,
                    value: text(&one["value"]),
                    effect: text(&one["effect"])?,
                })
            })
            .collect(),
        created_at: text(&meta["creationTimestamp"]),
    }
}

/// Why a node is not ready.
fn why_not(readiness: Option<&Json>) -> String {
    let Some(readiness) = readiness else { return "its kubelet has said nothing yet".to_owned() };
    let part = |key: &str| text(&readiness[key]);
    match (part("reason"), part("message")) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "its kubelet does not say why".to_owned(),
    }
}

/// GPUs that pods can ask for.
fn gpus(allocatable: &Json) -> i64 {
    let all = allocatable.as_object().into_iter().flatten();
    let gpus = all.filter(|(name, _)| *name == "nvidia.com/gpu" || name.starts_with("nvidia.com/mig-"));
    gpus.filter_map(|(_, count)| count.as_str()?.parse::<i64>().ok()).sum()
}

/// The labels of an object.
pub(super) fn labels(object: &Json) -> BTreeMap<String, String> {
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// A text that is there and not empty.
pub(super) fn text(value: &Json) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_that_reports_is_read_whole() {
        let node = json!({
            "metadata": {
                "name": "gpu-0",
                "creationTimestamp": "2026-01-02T03:04:05Z",
                "labels": { "node-role.kubernetes.io/control-plane": "true", ETCD: "true", "gpu": "on" },
                "annotations": {
                    "bud.studio/system": "/nix/store/a", "bud.studio/booted-system": "/nix/store/b",
                    "bud.studio/disk-root": "71", "bud.studio/disk-k3s": "full", "bud.studio/nvidia-driver": "570.1",
                },
            },
            "spec": { "unschedulable": true, "taints": [{ "key": "gpu", "effect": "NoSchedule" }] },
            "status": {
                "conditions": [
                    { "type": "DiskPressure", "status": "True" },
                    { "type": "MemoryPressure", "status": "False" },
                    { "type": "Ready", "status": "True", "reason": "KubeletReady" },
                ],
                "addresses": [
                    { "type": "InternalIP", "address": "10.0.0.4" },
                    { "type": "ExternalIP", "address": "203.0.113.7" },
                    { "type": "Hostname", "address": "gpu-0" },
                ],
                "allocatable": { "cpu": "24", "nvidia.com/gpu": "1", "nvidia.com/mig-1g.5gb": "7" },
                "nodeInfo": { "kubeletVersion": "v1.36.3+k3s1", "containerRuntimeVersion": "" },
            },
        });
        let seen = read(&node);
        assert_eq!((seen.ready, seen.not_ready_reason, seen.schedulable), (true, None, false));
        assert_eq!(
            (seen.pressures, seen.roles),
            (vec!["DiskPressure".to_owned()], vec!["control-plane".into(), "etcd".into()])
        );
        assert_eq!(
            (seen.internal_addresses, seen.external_addresses),
            (vec!["10.0.0.4".to_owned()], vec!["203.0.113.7".to_owned()])
        );
        assert_eq!((seen.gpus, seen.nvidia_driver.as_deref()), (8, Some("570.1")));
        assert_eq!(
            (seen.system.as_deref(), seen.booted_system.as_deref()),
            (Some("/nix/store/a"), Some("/nix/store/b"))
        );
        assert_eq!(
            (seen.disks.root, seen.disks.boot, seen.disks.k3s),
            (Some(71), None, None),
            "what is no number is not one"
        );
        assert_eq!(
            (seen.kubernetes_version.as_deref(), seen.container_runtime),
            (Some("v1.36.3+k3s1"), None)
        );
        assert_eq!((seen.taints[0].value.clone(), seen.taints[0].effect.as_str()), (None, "NoSchedule"));
    }

    #[test]
    fn a_node_that_is_not_ready_says_why() {
        let with =
            |conditions: Json| read(&json!({ "status": { "conditions": conditions } })).not_ready_reason;
        assert_eq!(with(json!([])).as_deref(), Some("its kubelet has said nothing yet"));
        let silent = json!([{ "type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status." }]);
        assert_eq!(with(silent).as_deref(), Some("NodeStatusUnknown: Kubelet stopped posting node status."));
    }
}
