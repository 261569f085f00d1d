//! Whose objects they are: Helm's label and annotations.
//!
//! Source: Helm 4.3, `pkg/action/validate.go`.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::error::{ActionError, Stranger};
use super::objects::{Target, shown, text};
use super::options::Ownership;
use crate::kube::{Client, Kind, KubeError};
use crate::outcome::Presence;

/// How many requests are under way at once.
pub(super) const AT_ONCE: usize = 8;

const MANAGED_BY: &str = "/metadata/labels/app.kubernetes.io~1managed-by";
const RELEASE_NAME: &str = "/metadata/annotations/meta.helm.sh~1release-name";
const RELEASE_NAMESPACE: &str = "/metadata/annotations/meta.helm.sh~1release-namespace";

/// Marks an object as the release's.
pub(super) fn claim(object: &mut Value, name: &str, namespace: &str) {
    for (part, key, value) in [
        ("labels", "app.kubernetes.io/managed-by", "Helm"),
        ("annotations", "meta.helm.sh/release-name", name),
        ("annotations", "meta.helm.sh/release-namespace", namespace),
    ] {
        let place = &mut object["metadata"][part];
        if !place.is_object() {
            *place = json!({});
        }
        place[key] = json!(value);
    }
}

/// Marks all as the release's.
pub(super) fn claim_all(targets: &mut [Target], name: &str, namespace: &str) {
    for target in targets {
        claim(&mut target.object, name, namespace);
    }
}

/// Whether the release owns an object of the cluster.
pub(super) fn is_ours(object: &Value, name: &str, namespace: &str) -> bool {
    text(object, MANAGED_BY) == "Helm"
        && text(object, RELEASE_NAME) == name
        && text(object, RELEASE_NAMESPACE) == namespace
}

/// Whether an object shall stay when it leaves its release.
pub(super) fn is_kept(object: &Value) -> bool {
    let policy = text(object, "/metadata/annotations/helm.sh~1resource-policy");
    policy.trim().eq_ignore_ascii_case("keep")
}

/// One object of the cluster; a kind that is gone has none.
pub(super) async fn look(client: &Client, target: &Target) -> Result<Option<Value>, ActionError> {
    if target.at.name.is_empty() {
        return Ok(None);
    }
    match client.get(&target.at).await {
        Ok(Presence::Here(object)) => Ok(Some(object)),
        Ok(_) | Err(KubeError::NotFoundKind { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How many objects of one kind in one place are looked at by a list of all: one answer in the place of many.
const MANY: usize = 4;

/// The metadata of what the cluster has of each.
pub(super) async fn look_at_all(
    client: &Client,
    targets: &[&Target],
) -> Result<Vec<Option<Value>>, ActionError> {
    let mut places: BTreeMap<(&Kind, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (at, target) in targets.iter().enumerate().filter(|(_, target)| !target.at.name.is_empty()) {
        places.entry((&target.at.kind, target.at.namespace.as_deref())).or_default().push(at);
    }
    let mut seen: Vec<Option<Value>> = vec![None; targets.len()];
    let (many, few): (Vec<_>, Vec<_>) = places.into_iter().partition(|(_, all)| all.len() >= MANY);
    let mut alone: Vec<usize> = few.into_iter().flat_map(|(_, all)| all).collect();
    let lists: Vec<_> = many
        .into_iter()
        .map(|((kind, namespace), all)| async move { (client.glimpse(kind, namespace).await, all) })
        .collect();
    let answers: Vec<_> = stream::iter(lists).buffered(AT_ONCE).collect().await;
    for (answer, all) in answers {
        match answer {
            Ok(glimpse) => {
                let by_name: BTreeMap<String, Value> = glimpse
                    .items
                    .into_iter()
                    .map(|item| (text(&item, "/metadata/name").to_owned(), item))
                    .collect();
                for at in all {
                    seen[at] = by_name.get(&targets[at].at.name).cloned();
                    if seen[at].is_none() && !glimpse.is_all {
                        alone.push(at);
                    }
                }
            }
            // A kind that is gone has no objects.
            Err(KubeError::NotFoundKind { .. }) => {}
            // Who may look at each may not always list them.
            Err(KubeError::Forbidden { .. }) => alone.extend(all),
            Err(error) => return Err(error.into()),
        }
    }
    let looks: Vec<_> = alone
        .into_iter()
        .map(|at| async move {
            match client.metadata(&targets[at].at).await {
                Ok(Presence::Here(object)) => Ok((at, Some(object))),
                Ok(_) | Err(KubeError::NotFoundKind { .. }) => Ok((at, None)),
                Err(error) => Err(ActionError::from(error)),
            }
        })
        .collect();
    for (at, object) in stream::iter(looks).buffered(AT_ONCE).try_collect::<Vec<_>>().await? {
        seen[at] = object;
    }
    Ok(seen)
}

/// What is there of objects that the release has not had yet: each with the metadata of what the cluster has.
///
/// # Errors
/// [`ActionError::Strangers`] names all that somebody else owns.
pub(super) async fn check(
    client: &Client,
    targets: &[&Target],
    name: &str,
    namespace: &str,
    ownership: Ownership,
) -> Result<Vec<Option<Value>>, ActionError> {
    let seen = look_at_all(client, targets).await?;
    if ownership == Ownership::Take {
        return Ok(seen);
    }
    let strangers: Vec<Stranger> = targets
        .iter()
        .zip(&seen)
        .filter_map(|(target, seen)| {
            let object = seen.as_ref().filter(|object| !is_ours(object, name, namespace))?;
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let owner = some(text(object, RELEASE_NAME))
                .map(|release| format!("{}/{release}", text(object, RELEASE_NAMESPACE)));
            Some(Stranger { object: shown(&target.at), owner, managed_by: some(text(object, MANAGED_BY)) })
        })
        .collect();
    if strangers.is_empty() { Ok(seen) } else { Err(ActionError::Strangers(strangers)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_is_ours_and_nobody_elses() {
        let mut object = json!({ "metadata": { "name": "a", "labels": null } });
        assert!(!is_ours(&object, "web", "shop"));
        claim(&mut object, "web", "shop");
        assert!(is_ours(&object, "web", "shop"));
        assert!(!is_ours(&object, "web", "other"));
        assert!(!is_kept(&object));
        object["metadata"]["annotations"]["helm.sh/resource-policy"] = json!(" Keep ");
        assert!(is_kept(&object));
    }
}
