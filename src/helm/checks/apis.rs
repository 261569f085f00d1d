//! Versions of Kubernetes' own APIs that the wanted version has no more, or not yet.
//!
//! The versions are those of Kubernetes' deprecation guide; other people's APIs are not in it.

use super::finding::Finding;
use super::objects::Objects;
use super::selection::Check;
use crate::helm::render::KubeVersion;

/// Group and version, kinds (none: all), the minor version of Kubernetes 1 that dropped it, what to write.
const REMOVED: &[(&str, &[&str], u32, &str)] = &[
    ("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 16, "apps/v1"),
    ("extensions/v1beta1", &["NetworkPolicy"], 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", &["PodSecurityPolicy"], 16, "Pod Security admission"),
    ("extensions/v1beta1", &["Ingress"], 22, "networking.k8s.io/v1"),
    ("apps/v1beta1", &[], 16, "apps/v1"),
    ("apps/v1beta2", &[], 16, "apps/v1"),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        22,
        "admissionregistration.k8s.io/v1",
    ),
    ("apiextensions.k8s.io/v1beta1", &[], 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", &[], 22, "apiregistration.k8s.io/v1"),
    ("authentication.k8s.io/v1beta1", &["TokenReview"], 22, "authentication.k8s.io/v1"),
    ("authorization.k8s.io/v1beta1", &[], 22, "authorization.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 22, "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", &["Lease"], 22, "coordination.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 22, "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", &[], 22, "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", &[], 22, "scheduling.k8s.io/v1"),
    (
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        22,
        "storage.k8s.io/v1",
    ),
    ("batch/v1beta1", &["CronJob"], 25, "batch/v1"),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"], 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", &["Event"], 25, "events.k8s.io/v1"),
    ("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 25, "autoscaling/v2"),
    ("policy/v1beta1", &["PodDisruptionBudget"], 25, "policy/v1"),
    ("policy/v1beta1", &["PodSecurityPolicy"], 25, "Pod Security admission"),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], 25, "node.k8s.io/v1"),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 26, "autoscaling/v2"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", &[], 26, "flowcontrol.apiserver.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27, "storage.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", &[], 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", &[], 32, "flowcontrol.apiserver.k8s.io/v1"),
];

/// Group and version, kinds (none: all), the minor version of Kubernetes 1 that brought it.
const ADDED: &[(&str, &[&str], u32)] = &[
    ("networking.k8s.io/v1", &["Ingress", "IngressClass"], 19),
    ("batch/v1", &["CronJob"], 21),
    ("discovery.k8s.io/v1", &["EndpointSlice"], 21),
    ("policy/v1", &["PodDisruptionBudget"], 21),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"], 23),
    ("storage.k8s.io/v1", &["CSIStorageCapacity"], 24),
    ("flowcontrol.apiserver.k8s.io/v1", &[], 29),
    (
        "admissionregistration.k8s.io/v1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        30,
    ),
];

pub(super) fn check(objects: &Objects<'_>, version: &KubeVersion, found: &mut Vec<Finding>) {
    let digits: String = version.minor.chars().take_while(char::is_ascii_digit).collect();
    let (true, Ok(minor)) = (version.major == "1", digits.parse::<u32>()) else { return };
    let fits = |kinds: &[&str], kind: &str| kinds.is_empty() || kinds.contains(&kind);
    for object in &objects.0 {
        for (api, kinds, removed, instead) in REMOVED {
            if object.api_version == *api && fits(kinds, &object.kind) && minor >= *removed {
                found.push(object.finding(
                    Check::RemovedApis,
                    "apiVersion",
                    format!("Kubernetes 1.{minor} has no {api} {}: it went with 1.{removed}.", object.kind),
                    "The cluster refuses the object.",
                    &format!("Use {instead}, or a version of the chart that does."),
                ));
            }
        }
        for (api, kinds, added) in ADDED {
            if object.api_version == *api && fits(kinds, &object.kind) && minor < *added {
                found.push(object.finding(
                    Check::RemovedApis,
                    "apiVersion",
                    format!("Kubernetes 1.{minor} has no {api} {} yet: it came with 1.{added}.", object.kind),
                    "The cluster refuses the object.",
                    "Upgrade the cluster, or use an older version of the chart.",
                ));
            }
        }
    }
}
