//! Claims of storage: bound where their class can serve them, Pending otherwise.

use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::store::Key;
use super::text;

/// What the classes' provisioners can do with `ReadWriteMany`.
const SHARING: [&str; 3] =
    ["nfs.csi.k8s.io", "file.csi.azure.com", "cluster.local/nfs-subdir-external-provisioner"];

/// Goes through all claims.
pub(crate) fn settle(cluster: &mut Cluster, now: &str) {
    for (key, claim) in cluster.objects("", "persistentvolumeclaims", "") {
        if claim["status"]["phase"] == "Bound" || claim["metadata"]["deletionTimestamp"].is_string() {
            continue;
        }
        let class_name = text(&claim["spec"]["storageClassName"]).to_owned();
        if class_name.is_empty() {
            continue;
        }
        let class =
            cluster.store.get(&Key::new("storage.k8s.io", "storageclasses", "", &class_name)).cloned();
        let Some(class) = class else {
            let why = format!("storageclass.storage.k8s.io \"{class_name}\" not found");
            cluster.event(&claim, "Warning", "ProvisioningFailed", &why, now);
            continue;
        };
        let provisioner = text(&class["provisioner"]).to_owned();
        if provisioner == "kubernetes.io/no-provisioner" {
            continue;
        }
        let mut modes = claim["spec"]["accessModes"].as_array().into_iter().flatten();
        if modes.any(|mode| mode == "ReadWriteMany") && !SHARING.contains(&provisioner.as_str()) {
            let why = format!(
                "failed to provision volume with StorageClass \"{class_name}\": Only support ReadWriteOnce access mode"
            );
            cluster.event(&claim, "Warning", "ProvisioningFailed", &why, now);
            continue;
        }
        if class["volumeBindingMode"] == "WaitForFirstConsumer" && !is_used(cluster, &key) {
            let why = "waiting for first consumer to be created before binding";
            cluster.event(&claim, "Normal", "WaitForFirstConsumer", why, now);
            continue;
        }
        bind(cluster, &key, &claim, &class, now);
    }
}

fn is_used(cluster: &Cluster, key: &Key) -> bool {
    cluster.objects("", "pods", &key.namespace).iter().any(|(_, pod)| {
        let mut volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
        volumes.any(|one| one["persistentVolumeClaim"]["claimName"] == key.name.as_str())
    })
}

fn bind(cluster: &mut Cluster, key: &Key, claim: &Value, class: &Value, now: &str) {
    let name = format!("pvc-{}", text(&claim["metadata"]["uid"]));
    let storage = claim["spec"]["resources"]["requests"]["storage"].clone();
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": { "annotations": { "pv.kubernetes.io/provisioned-by": class["provisioner"] } },
        "spec": {
            "capacity": { "storage": storage }, "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"], "storageClassName": claim["spec"]["storageClassName"],
            "volumeMode": "Filesystem",
            "csi": { "driver": class["provisioner"], "volumeHandle": name },
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": key.name, "namespace": key.namespace,
                "uid": claim["metadata"]["uid"],
            },
        },
        "status": { "phase": "Bound" },
    });
    cluster.make(Key::new("", "persistentvolumes", "", &name), volume, now);
    cluster.change(key, |claim| {
        claim["spec"]["volumeName"] = json!(name);
        claim["status"] = json!({
            "phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": { "storage": storage },
        });
    });
}
