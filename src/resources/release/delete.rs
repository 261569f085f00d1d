//! Destroy: uninstall, also where the cluster is gone already.

use super::declaration::ReleaseSpec;
use super::whose::OWNER;
use super::{Release, explain, options};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::action::{self, ActionError, Hooks, Removal, Silent, Wait};
use crate::helm::release::{Status, Store};
use crate::kube::{Client, Deletion, Kind, Propagation, Scope};
use crate::resources::clusters::{self, Way};
use crate::resources::explain::not_configured;
use crate::schema::{Draft, Planned};
use crate::secret::Secret;
use crate::state::Private;
use crate::time::Patience;
use crate::value::{Path, Value};

/// Namespaces that a destroy never removes.
const KEPT: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

impl Release {
    pub(super) async fn remove(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        let text = |name: &str| prior.get(name).as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let unfinished = prior.get("status").as_str() != Some(Status::Deployed.name());
        if create_follows && unfinished && text("on_failed_install") != "reinstall" {
            self.let_go(prior, &namespace, &name, patience).await;
            return Ok(Diagnostic::warning(
                "Release is kept for the create that follows",
                format!(
                    "The install of release {name} in namespace {namespace} never came to its end. What it has made is \
                     kept and repaired. If that create does not come, the next one of this name repairs it."
                ),
            )
            .into());
        }
        let forgets = text("on_unreachable_destroy") == "forget";
        let kubeconfig: Planned<Option<Secret>> = Draft::root(prior).planned("kubeconfig")?;
        let client = match self.clusters.of(&kubeconfig) {
            Way::Open(client) => client.within(patience),
            Way::NotKnown if forgets => return Ok(forgotten(&name, "The provider is not configured.").into()),
            Way::NotKnown => return Err(not_configured().into()),
            Way::Unusable(problem) | Way::NoFile(problem) if forgets => {
                return Ok(forgotten(&name, &problem.detail).into());
            }
            Way::Unusable(problem) | Way::NoFile(problem) => return Err(problem.into()),
        };
        let done = self.take_down(prior, private, &client, patience).await;
        match done {
            Ok(warnings) => Ok(warnings),
            Err(Kept::Elsewhere { was, is }) if forgets => Ok(forgotten(
                &name,
                &format!("The cluster that answers is {is}, and the release was made in {was}."),
            )
            .into()),
            Err(Kept::Elsewhere { was, is }) => Err(Diagnostic::error(
                "Another cluster answers",
                format!(
                    "Release {name} was made in the cluster {was} (uid of kube-system), and {is} answers. Correct the \
                     kubeconfig. If the old cluster is gone, set on_unreachable_destroy = \"forget\" and apply before \
                     destroying, or run\n  tofu state rm ADDRESS"
                ),
            )
            .at(Path::of("kubeconfig"))
            .into()),
            Err(Kept::Action(error)) => match clusters::unseen_action(&error) {
                Some(reason) if forgets => Ok(forgotten(&name, &reason).into()),
                Some(_) => {
                    let mut told = explain::explain(&error, &namespace, &name);
                    if let Some(first) = told.0.first_mut() {
                        first.detail.push_str(
                            "\n\nIf the cluster is gone for good, set on_unreachable_destroy = \"forget\" and apply, or take \
                             the release out of the state with\n  tofu state rm ADDRESS",
                        );
                    }
                    Err(told)
                }
                None => Err(explain::explain(&error, &namespace, &name)),
            },
            Err(Kept::Wrong(problem)) => Err((*problem).into()),
        }
    }

    /// Takes the owner off a release that stands although its create did not end well, so that the create that
    /// follows knows it. A record that says itself that it is unfinished needs no such mark.
    async fn let_go(&self, prior: &Value, namespace: &str, name: &str, patience: &Patience) {
        let Ok(client) = self.client(prior, patience) else { return };
        let Ok(history) = action::history(&client, namespace, name).await else { return };
        let Some(last) = history.deployed() else { return };
        let mut last = last.clone();
        last.labels.insert(OWNER.to_owned(), String::new());
        // Where it does not arrive, the create refuses the release by name and says how to take it over.
        if let Err(error) = Store::new(&client, namespace, name).update(&last).await {
            tracing::warn!(%error, "the owner stays on the release");
        }
    }

    async fn take_down(
        &self,
        prior: &Value,
        private: &Private,
        client: &Client,
        patience: &Patience,
    ) -> Result<Diagnostics, Kept> {
        let text = |name: &str| prior.get(name).as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        self.seen.take(&(client.server(), namespace.clone(), name.clone()));
        let history = action::history(client, &namespace, &name).await?;
        if let Some(was) = prior.get("cluster_uid").as_str()
            && let Ok(is) = client.cluster_uid().await
            && is != was
        {
            return Err(Kept::Elsewhere { was: was.to_owned(), is });
        }
        let mut told = Diagnostics::none();
        let owner = history.last().and_then(|last| last.labels.get(OWNER));
        if let (Some(theirs), Some(ours)) = (owner, &private.owner)
            && theirs != ours
        {
            told.push(Diagnostic::warning(
                "Release has another owner",
                format!(
                    "Release {name} in namespace {namespace} was taken over by another resource, and stays."
                ),
            ));
            return Ok(told);
        }
        if !history.is_empty() {
            let removal = removal(prior).map_err(|problem| Kept::Wrong(Box::new(problem)))?;
            let removed = action::uninstall(client, &namespace, &name, &removal, &Silent, patience).await;
            let removed = removed.map_err(|failed| Kept::Action(failed.error))?;
            if !removed.kept.is_empty() {
                told.push(Diagnostic::warning(
                    "Objects stay by their own wish",
                    format!(
                        "These carry the annotation helm.sh/resource-policy: keep:\n  {}",
                        removed.kept.join("\n  ")
                    ),
                ));
            }
            if !removed.strange.is_empty() {
                told.push(Diagnostic::warning(
                    "Objects of others stay",
                    format!("These belong to another release by now:\n  {}", removed.strange.join("\n  ")),
                ));
            }
        }
        if prior.get("delete_namespace").as_bool() == Some(true) {
            remove_namespace(client, &namespace, patience, &mut told).await?;
        }
        Ok(told)
    }
}

/// Why a release is not removed.
enum Kept {
    Elsewhere { was: String, is: String },
    Action(ActionError),
    Wrong(Box<Diagnostic>),
}

impl From<ActionError> for Kept {
    fn from(error: ActionError) -> Self {
        Self::Action(error)
    }
}

impl From<crate::kube::KubeError> for Kept {
    fn from(error: crate::kube::KubeError) -> Self {
        Self::Action(error.into())
    }
}

/// As the arguments say; a state that was brought in from elsewhere may lack them.
fn removal(prior: &Value) -> Result<Removal, Diagnostic> {
    let truth = |name: &str, default: bool| prior.get(name).as_bool().unwrap_or(default);
    Ok(Removal {
        wait: if truth("wait", true) { Wait::Objects } else { Wait::Hooks },
        hooks: if truth("disable_webhooks", false) { Hooks::Skip } else { Hooks::Run },
        propagation: Propagation::Background,
        keep_history: false,
        timeout: options::timeout(prior.get("timeout").as_str().unwrap_or("300"))?,
        description: prior.get("description").as_str().map(str::to_owned),
    })
}

async fn remove_namespace(
    client: &Client,
    namespace: &str,
    patience: &Patience,
    told: &mut Diagnostics,
) -> Result<(), Kept> {
    if KEPT.contains(&namespace) {
        told.push(
            Diagnostic::warning(
                "Namespace stays",
                format!("The namespace {namespace} belongs to the cluster and is never removed."),
            )
            .at(Path::of("delete_namespace")),
        );
        return Ok(());
    }
    let at = Kind::new("v1", "Namespace", "namespaces", Scope::Cluster).at(None, namespace);
    client.delete(&at, &Deletion::default()).await?;
    let gone = |object: Option<&serde_json::Value>| match object {
        None => crate::kube::wait::Verdict::Holds,
        Some(_) => crate::kube::wait::Verdict::NotYet,
    };
    match client.wait_for(&at, patience, gone).await? {
        crate::kube::wait::Waited::Holds(_) => Ok(()),
        _ => Err(Kept::Action(ActionError::StillThere {
            objects: vec![format!("Namespace {namespace}")],
            after: patience.left(),
        })),
    }
}

fn forgotten(name: &str, why: &str) -> Diagnostic {
    Diagnostic::warning(
        "Release is forgotten",
        format!(
            "Release {name} leaves the state without having been removed (on_unreachable_destroy = \"forget\"). {why}"
        ),
    )
}

impl ReleaseSpec {
    /// Whether a failed install is left alone.
    pub(super) fn keeps_failed(&self) -> bool {
        self.on_failed_install == "keep"
    }
}
