//! Who administers a cluster: a group of our own and the one binding that gives it its rights.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::kube::kind::{Kind, Scope, Selector};
use crate::kube::{Apply, Client, Conflicts, Deletion, KubeError, Writing};

/// The label of our bindings, with the cluster's name.
const LABEL: &str = "bud.studio/administrators-of";

/// The administrators of a cluster. Another revocation is another group: certificates of earlier ones have no
/// rights once [`unbind_others`] has taken their binding away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrators {
    cluster: String,
    group: String,
}

impl Administrators {
    /// Those of a cluster, after this revocation if there was one.
    #[must_use]
    pub fn of(cluster: &str, revocation: Option<&str>) -> Self {
        let mut group = format!("bud:admin:{cluster}");
        if let Some(revocation) = revocation {
            let digest = Sha256::digest(revocation);
            group.push(':');
            for byte in &digest[..6] {
                group.push_str(&format!("{byte:02x}"));
            }
        }
        Self { cluster: cluster.to_owned(), group }
    }

    /// The name that stands in audit logs.
    #[must_use]
    pub fn user(&self) -> &'static str {
        "bud"
    }

    /// The group, which is the binding's name as well.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }
}

fn bindings() -> Kind {
    Kind::new("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", Scope::Cluster)
}

/// Makes the group administrators.
///
/// # Errors
/// As every call.
pub async fn bind(client: &Client, whom: &Administrators) -> Result<(), KubeError> {
    let object = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": whom.group, "labels": { (LABEL): whom.cluster } },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": whom.group }],
    });
    let apply = Apply { writing: Writing::by("bud"), conflicts: Conflicts::Force };
    client.apply(&bindings().at(None, &whom.group), &object, &apply).await.map(drop)
}

/// Takes the rights of every earlier group away.
///
/// # Errors
/// As every call.
pub async fn unbind_others(client: &Client, whom: &Administrators) -> Result<(), KubeError> {
    let kind = bindings();
    let ours = client.list(&kind, None, &Selector::labels(format!("{LABEL}={}", whom.cluster))).await?;
    for binding in ours.items {
        let name = binding["metadata"]["name"].as_str().unwrap_or_default();
        if name != whom.group {
            client.delete(&kind.at(None, name), &Deletion::default()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Administrators;

    #[test]
    fn each_revocation_is_another_group() {
        let first = Administrators::of("dev", None);
        assert_eq!(first.group(), "bud:admin:dev");
        let (one, two) = (Administrators::of("dev", Some("1")), Administrators::of("dev", Some("2")));
        assert_eq!(one.group(), "bud:admin:dev:6b86b273ff34");
        assert_ne!(one.group(), two.group());
    }
}
