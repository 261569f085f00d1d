//! The objects of a manifest by `kind/namespace/name`.

use crate::helm::manifest;
use crate::helm::template::Rendered;
use crate::helm::value::Value as Datum;
use crate::helm::yaml;

/// One object of a manifest.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// `kind/namespace/name`; without a namespace where the text names none and the kind is the cluster's own.
    pub(super) key: String,
    /// Its template.
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) text: String,
}

/// Kinds that live in no namespace, as far as Kubernetes itself has them: what a plan knows without a cluster.
const OF_THE_CLUSTER: [&str; 21] = [
    "APIService",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "CSINode",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// The objects and hooks of a render, in its order.
pub(super) fn rendered(rendered: &Rendered, namespace: &str) -> Vec<Document> {
    let objects = rendered.manifests.iter().map(|one| (&one.path, &one.content));
    let hooks = rendered.hooks.iter().map(|one| (&one.path, &one.manifest));
    objects.chain(hooks).filter_map(|(path, text)| document(path, text, namespace)).collect()
}

/// The objects of a manifest as it is stored.
pub(super) fn documents(text: &str, namespace: &str) -> Vec<Document> {
    manifest::documents(text)
        .into_iter()
        .filter_map(|text| {
            let named = text.trim_start_matches('\n').strip_prefix("# Source: ");
            let path = named.and_then(|rest| rest.lines().next()).unwrap_or_default();
            document(path.trim(), text, namespace)
        })
        .collect()
}

/// Nothing where the text holds no object, such as one of comments alone.
fn document(path: &str, text: &str, namespace: &str) -> Option<Document> {
    let object = yaml::read(text.as_bytes()).unwrap_or_default();
    let at = |object: &Datum, key: &str| -> Option<String> {
        object.as_map()?.get(key)?.as_str().map(str::to_owned)
    };
    let kind = at(&object, "kind")?;
    let metadata = object.as_map().and_then(|map| map.get("metadata")).cloned().unwrap_or_default();
    let name = at(&metadata, "name")
        .or_else(|| at(&metadata, "generateName").map(|prefix| format!("{prefix}*")))
        .unwrap_or_default();
    let given = at(&metadata, "namespace").filter(|given| !given.is_empty());
    let namespace = given.unwrap_or_else(|| {
        let cluster = OF_THE_CLUSTER.contains(&kind.as_str());
        if cluster { String::new() } else { namespace.to_owned() }
    });
    let key = format!("{kind}/{namespace}/{name}");
    Some(Document { key, path: path.to_owned(), kind, text: text.to_owned() })
}
