//! The namespace of a release.

use serde_json::json;

use super::error::ActionError;
use super::managers::HELM;
use super::work::Work;
use crate::kube::{Kind, KubeError, Scope, Writing};
use crate::outcome::Presence;

/// Makes the namespace where it is missing. Whoever may not look at namespaces may still have one.
pub(super) async fn ensure(work: &Work<'_>) -> Result<(), ActionError> {
    let kind = Kind::new("v1", "Namespace", "namespaces", Scope::Cluster);
    match work.client.get(&kind.at(None, &work.namespace)).await {
        Ok(Presence::Here(_)) => return Ok(()),
        Ok(_) | Err(KubeError::Forbidden { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // The label is Helm's (`pkg/action/install.go`).
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": work.namespace, "labels": { "name": work.namespace } },
    });
    match work.client.create(&kind, None, &namespace, &Writing::by(HELM)).await {
        Ok(_) | Err(KubeError::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
