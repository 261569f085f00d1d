//! Claims that several nodes shall write to, on a storage class for one node.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::objects::{Object, Objects, at};
use super::selection::Check;
use crate::helm::value::Value;

/// Classes that clouds and distributions bring along, whose volumes one node mounts at a time.
const SINGLE: [(&str, &str); 15] = [
    ("default", "Azure disks on AKS"),
    ("managed", "Azure disks"),
    ("managed-premium", "Azure disks"),
    ("managed-csi", "Azure disks"),
    ("managed-csi-premium", "Azure disks"),
    ("azure-disk", "Azure disks"),
    ("local-path", "folders of one node"),
    ("gp2", "EBS volumes"),
    ("gp3", "EBS volumes"),
    ("ebs-sc", "EBS volumes"),
    ("standard-rwo", "persistent disks of Google"),
    ("premium-rwo", "persistent disks of Google"),
    ("hcloud-volumes", "volumes of Hetzner"),
    ("do-block-storage", "volumes of DigitalOcean"),
    ("linode-block-storage", "volumes of Linode"),
];

/// Provisioners of such volumes.
const PROVISIONERS: [(&str, &str); 9] = [
    ("disk.csi.azure.com", "Azure disks"),
    ("kubernetes.io/azure-disk", "Azure disks"),
    ("rancher.io/local-path", "folders of one node"),
    ("ebs.csi.aws.com", "EBS volumes"),
    ("kubernetes.io/aws-ebs", "EBS volumes"),
    ("pd.csi.storage.gke.io", "persistent disks of Google"),
    ("kubernetes.io/gce-pd", "persistent disks of Google"),
    ("csi.hetzner.cloud", "volumes of Hetzner"),
    ("dobs.csi.digitalocean.com", "volumes of DigitalOcean"),
];

/// `classes`: those of the cluster, which know better than their names.
pub(super) fn check(objects: &Objects<'_>, classes: &BTreeMap<String, String>, found: &mut Vec<Finding>) {
    // A class of the release itself says what it is, whatever it is called.
    let own: BTreeMap<&str, &str> = objects
        .0
        .iter()
        .filter(|object| object.kind == "StorageClass")
        .map(|class| (class.name.as_str(), class.text_at(&["provisioner"]).unwrap_or_default()))
        .collect();
    let provisioner =
        |class: &str| own.get(class).copied().or_else(|| classes.get(class).map(String::as_str));
    let kind_of = |class: &str| match provisioner(class) {
        Some(provisioner) => {
            PROVISIONERS.iter().find(|(name, _)| *name == provisioner).map(|(_, what)| *what)
        }
        None => SINGLE.iter().find(|(name, _)| *name == class).map(|(_, what)| *what),
    };
    for object in &objects.0 {
        for (field, claim) in claims(object) {
            // Without a class the cluster's default one counts; an empty name asks for none.
            let class = match at(claim, &["storageClassName"]).and_then(Value::as_str) {
                Some("") => continue,
                class => class.unwrap_or_default(),
            };
            let modes = at(claim, &["accessModes"]).and_then(Value::as_list).unwrap_or_default();
            let Some(mode) = modes.iter().position(|mode| mode.as_str() == Some("ReadWriteMany")) else {
                continue;
            };
            // Raw devices may be shared, and a volume that is named is there already.
            let is_block = at(claim, &["volumeMode"]).and_then(Value::as_str) == Some("Block");
            let is_named =
                at(claim, &["volumeName"]).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
            let (Some(what), false) = (kind_of(class), is_block || is_named) else { continue };
            found.push(object.finding(
                Check::AccessModes,
                &format!("{field}.accessModes[{mode}]"),
                match class {
                    "" => format!("ReadWriteMany is asked of the cluster's default storage class, which makes {what}."),
                    class => format!("ReadWriteMany is asked of the storage class {class:?}, which makes {what}."),
                },
                "Only one node at a time can mount those: the claim stays pending, or pods on a second node do.",
                "Take ReadWriteOnce with one node, or a class of a file system in the network.",
            ));
        }
    }
}

/// The claims that an object makes, with their paths.
fn claims<'a>(object: &'a Object<'_>) -> Vec<(String, &'a Value)> {
    match object.kind.as_str() {
        "PersistentVolumeClaim" => {
            object.at(&["spec"]).map(|spec| ("spec".to_owned(), spec)).into_iter().collect()
        }
        "StatefulSet" => {
            let templates =
                object.at(&["spec", "volumeClaimTemplates"]).and_then(Value::as_list).unwrap_or_default();
            templates
                .iter()
                .enumerate()
                .filter_map(|(index, one)| {
                    Some((format!("spec.volumeClaimTemplates[{index}].spec"), at(one, &["spec"])?))
                })
                .collect()
        }
        _ => {
            let volumes =
                object.pod().and_then(|pod| pod.get("volumes")).and_then(Value::as_list).unwrap_or_default();
            volumes
                .iter()
                .enumerate()
                .filter_map(|(index, volume)| {
                    let spec = at(volume, &["ephemeral", "volumeClaimTemplate", "spec"])?;
                    Some((format!("volumes[{index}].ephemeral.volumeClaimTemplate.spec"), spec))
                })
                .collect()
        }
    }
}
