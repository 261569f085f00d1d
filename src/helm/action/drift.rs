//! What others have changed in a release's objects, as far as the release says what they shall be.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::error::ActionError;
use super::managers::HELM;
use super::objects::{Target, Unknown, parse, resolve};
use super::ownership::{AT_ONCE, claim_all, look};
use crate::helm::release::Record;
use crate::kube::{Apply, Client, Conflicts, DryRun, Validation, Writing};

/// What differs: `kind/namespace/name` of an object to the paths in it, such as `.spec.replicas`; an object
/// that is gone has the one path `.`.
pub type Drift = BTreeMap<String, Vec<String>>;

/// Looks for drift of a revision's objects: two requests for each, nothing is written. The server itself says
/// what an apply would change, so that what it fills in by itself is no drift.
///
/// # Errors
/// As the API's.
pub async fn drift(client: &Client, record: &Record) -> Result<Drift, ActionError> {
    let drafts = parse(&record.manifest, &record.name)?;
    let mut targets = resolve(client, &drafts, &record.namespace, Unknown::Refuse).await?;
    targets.retain(|target| !target.at.name.is_empty());
    claim_all(&mut targets, &record.name, &record.namespace);
    let looks: Vec<_> = targets.iter().map(|target| of(client, target)).collect();
    let found: Vec<Option<(String, Vec<String>)>> =
        stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn of(client: &Client, target: &Target) -> Result<Option<(String, Vec<String>)>, ActionError> {
    let namespace = target.at.namespace.as_deref().unwrap_or_default();
    let key = format!("{}/{namespace}/{}", target.at.kind.kind, target.at.name);
    let Some(live) = look(client, target).await? else { return Ok(Some((key, vec![".".to_owned()]))) };
    let writing =
        Writing { manager: HELM.to_owned(), dry_run: DryRun::Server, validation: Validation::Ignore };
    let apply = Apply { writing, conflicts: Conflicts::Force };
    let corrected = client.apply(&target.at, &target.object, &apply).await?;
    let mut paths = Vec::new();
    differences(&live, &corrected, "", &mut paths);
    Ok((!paths.is_empty()).then_some((key, paths)))
}

/// What of an object's metadata is nobody's wish.
const SERVERS: [&str; 4] =
    [".metadata.managedFields", ".metadata.resourceVersion", ".metadata.generation", ".status"];

fn differences(live: &Value, corrected: &Value, path: &str, paths: &mut Vec<String>) {
    if live == corrected || SERVERS.contains(&path) {
        return;
    }
    match (live, corrected) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let plain =
                    key.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-');
                let path = if plain { format!("{path}.{key}") } else { format!("{path}[{key:?}]") };
                differences(&live[key], &corrected[key], &path, paths);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{path}[{at}]"), paths);
            }
        }
        _ => paths.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_by_their_paths() {
        let live = json!({ "metadata": { "generation": 3, "labels": { "a/b": "1" } }, "status": 1,
            "spec": { "replicas": 3, "list": [{ "x": 1 }, 2], "short": [1] } });
        let wanted = json!({ "metadata": { "generation": 4, "labels": { "a/b": "2" } },
            "spec": { "replicas": 1, "list": [{ "x": 2 }, 2], "short": [] } });
        let mut paths = Vec::new();
        differences(&live, &wanted, "", &mut paths);
        assert_eq!(paths, [".metadata.labels[\"a/b\"]", ".spec.list[0].x", ".spec.replicas", ".spec.short"]);
    }
}
