//! Refresh: what the cluster says of a release. A cluster that cannot be asked keeps the state (hosts.md HB3).

use std::collections::BTreeMap;

use super::declaration::ReleaseSpec;
use super::notes::{self, Key, Notes};
use super::{Release, explain, from_cluster, outputs};
use crate::diagnostics::Diagnostic;
use crate::helm::action::drift::{Drift, drift};
use crate::helm::action::{self, ActionError};
use crate::helm::release::{Record, Status};
use crate::kube::Client;
use crate::outcome::Presence;
use crate::resources::clusters::{self, Way};
use crate::schema::{Attributes as _, Draft, Planned};
use crate::secret::Secret;
use crate::state::Private;
use crate::time::Patience;
use crate::value::{Path, Value};

impl Release {
    pub(super) async fn refresh(
        &self,
        state: &Value,
        private: &mut Private,
        patience: &Patience,
    ) -> Result<Presence<Value>, Diagnostic> {
        let kubeconfig: Planned<Option<Secret>> = Draft::root(state).planned("kubeconfig")?;
        let client = match self.clusters.of(&kubeconfig) {
            Way::Open(client) => client.within(patience),
            Way::NotKnown => {
                return Ok(Presence::Unseen(
                    "The provider's kubernetes block is not known yet, so the cluster was not asked."
                        .to_owned(),
                ));
            }
            Way::Unusable(problem) | Way::NoFile(problem) => return Ok(Presence::Unseen(problem.detail)),
        };
        let text = |name: &str| state.get(name).as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        self.seen.take(&(client.server(), namespace.clone(), name.clone()));
        let (history, drawn) = match action::look(&client, &namespace, &name).await {
            Ok(seen) => seen,
            Err(error) => return unseen(&error, &namespace, &name),
        };
        let Some(last) = history.last().filter(|last| last.info.status != Status::Uninstalled) else {
            return Ok(Presence::Gone);
        };
        let mut now = state.clone();
        now.set("manifest_diff", Value::Null);
        Key::draw(private);
        if state.get("cluster_uid").is_null()
            && let Ok(uid) = client.cluster_uid().await
        {
            // Brought in from elsewhere.
            now.set("cluster_uid", Value::string(uid));
        }
        let due =
            due(state, last).or_else(|| notes::due(private).filter(|_| unmet(private)).map(str::to_owned));
        Notes(private).set_due(due);
        if newer(state, last, private) {
            outputs::stamp(&mut now, last);
            now.set("notes", outputs::notes(&last.info.notes, &outputs::secrets_of(last)));
        }
        self.look_closer(&client, state, last, &mut now, private).await?;
        self.seen.remember((client.server(), namespace, name), (history, drawn));
        Ok(Presence::Here(now))
    }

    /// What only some releases ask for: drift, and values that live in the cluster.
    async fn look_closer(
        &self,
        client: &Client,
        state: &Value,
        last: &Record,
        now: &mut Value,
        private: &mut Private,
    ) -> Result<(), Diagnostic> {
        let mut arguments = state.clone();
        for name in ["kubeconfig", "timeouts", "version"] {
            arguments.set(name, Value::Null);
        }
        // A state that was brought in from elsewhere may lack arguments: it asks for nothing.
        let Ok(spec) = ReleaseSpec::from_object(&arguments, &Path::root()) else { return Ok(()) };
        if spec.values_from.is_some()
            && let (Some(key), Ok(from)) = (Key::remembered(private), from_cluster::read(client, &spec).await)
            && notes::from(private).is_some()
            && notes::from(private) != from.digest(&key).as_deref()
        {
            Notes(private).set_due(Some("a Secret of values_from has changed".into()));
        }
        if spec.drift == "off" {
            now.set("drifted", Value::Map(BTreeMap::new()));
            return Ok(());
        }
        // Who cannot be asked about drift keeps what was known of it.
        let Ok(found) = drift(client, last).await else { return Ok(()) };
        now.set("drifted", shown(ignored(found, spec.ignore_drift.as_deref().unwrap_or_default())));
        Ok(())
    }
}

fn unseen(error: &ActionError, namespace: &str, name: &str) -> Result<Presence<Value>, Diagnostic> {
    if let Some(reason) = clusters::unseen_action(error) {
        return Ok(Presence::Unseen(reason));
    }
    let told = explain::explain(error, namespace, name).0.into_iter().next();
    Err(told.unwrap_or_else(|| Diagnostic::bug("An error without a word for it.")))
}

/// Why a release is due whose conditions did not hold.
pub(super) const UNMET: &str = "ready_when did not hold";

/// Whether conditions did not hold, which refresh itself does not look at.
pub(super) fn unmet(private: &Private) -> bool {
    notes::due(private) == Some(UNMET)
}

/// Whether the cluster says something else than the state. That conditions did not hold is what it cannot say.
fn newer(state: &Value, last: &Record, private: &Private) -> bool {
    state.get("revision") != &Value::int(i64::from(last.version))
        || (!unmet(private) && state.get("status").as_str() != Some(last.info.status.name()))
}

/// Why the next plan has something to do.
fn due(state: &Value, last: &Record) -> Option<String> {
    let status = last.info.status;
    if status.is_pending() || status == Status::Uninstalling {
        return Some(format!("revision {} is {status}", last.version));
    }
    let known = state.get("revision");
    (!known.is_null() && known != &Value::int(i64::from(last.version)))
        .then(|| format!("revision {} was made by something else", last.version))
}

/// Drift without what the user does not want to hear of.
fn ignored(mut found: Drift, patterns: &[String]) -> Drift {
    for (object, paths) in &mut found {
        paths.retain(|path| !patterns.iter().any(|pattern| matches(pattern, object, path)));
    }
    found.retain(|_, paths| !paths.is_empty());
    found
}

/// `Kind/namespace/name`, with `*` for any part, or with a path behind a colon that begins the drift's.
fn matches(pattern: &str, object: &str, path: &str) -> bool {
    let (wanted, field) = match pattern.split_once(':') {
        Some((wanted, field)) => (wanted, Some(field)),
        None => (pattern, None),
    };
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (wanted, object) = (parts(wanted), parts(object));
    let same = wanted.len() == object.len()
        && wanted.iter().zip(&object).all(|(wanted, part)| wanted == "*" || wanted == part);
    let below = |field: &str| {
        path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    same && field.is_none_or(below)
}

fn shown(drift: Drift) -> Value {
    let list = |paths: Vec<String>| Value::List(paths.into_iter().map(Value::string).collect());
    Value::Map(drift.into_iter().map(|(object, paths)| (object, list(paths))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_named_by_object_and_path() {
        let found = || {
            Drift::from([
                (
                    "Deployment/shop/web".to_owned(),
                    vec![".spec.replicas".to_owned(), ".spec.replicasX".to_owned()],
                ),
                ("ConfigMap/shop/web".to_owned(), vec![".data.a".to_owned()]),
            ])
        };
        let left = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
            let left = ignored(found(), &patterns);
            left.into_iter()
                .map(|(object, paths)| format!("{object} {}", paths.join(" ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(left(&["ConfigMap/shop/web"]), ["Deployment/shop/web .spec.replicas .spec.replicasX"]);
        assert_eq!(
            left(&["Deployment/*/*:.spec.replicas"]),
            ["ConfigMap/shop/web .data.a", "Deployment/shop/web .spec.replicasX"]
        );
        assert_eq!(left(&["*/shop/web:.data", "Deployment/shop/*"]), Vec::<String>::new());
        assert_eq!(left(&["Deployment/shop"]).len(), 2);
    }
}
