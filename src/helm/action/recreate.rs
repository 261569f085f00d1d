//! Pods made anew although their templates did not change (`recreate_pods`).

use serde_json::Value;

use super::error::ActionError;
use super::objects::{Target, text};
use super::work::Work;
use crate::kube::{Deletion, Kind, Scope, Selector};

/// Deletes the pods of the workloads among the objects; their controllers make new ones.
pub(super) async fn pods(work: &Work<'_>, targets: &[Target]) -> Result<(), ActionError> {
    let kind = Kind::new("v1", "Pod", "pods", Scope::Namespaced);
    for target in targets {
        let Some(labels) = selector(&target.object) else { continue };
        let listing =
            work.client.list(&kind, target.at.namespace.as_deref(), &Selector::labels(labels)).await?;
        for pod in listing.items {
            work.check()?;
            let at = kind.at(target.at.namespace.as_deref(), text(&pod, "/metadata/name"));
            let uid = Some(text(&pod, "/metadata/uid").to_owned());
            work.client.delete(&at, &Deletion { uid, ..Deletion::default() }).await?;
        }
    }
    Ok(())
}

/// The labels of a workload's pods, in the API's syntax.
pub(super) fn selector(object: &Value) -> Option<String> {
    let workload = matches!(
        text(object, "/kind"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController"
    );
    let spec = &object["spec"]["selector"];
    let labels = spec.get("matchLabels").unwrap_or(spec).as_object().filter(|labels| !labels.is_empty())?;
    let pairs = labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    workload.then(|| pairs.collect::<Vec<_>>().join(","))
}
