//! `bud_release`: a Helm release, planned, installed, repaired and removed without Helm.
//!
//! `wanted` is what is asked for, `charts` where its chart is; `plan` renders it with stand-ins and `shown`
//! says what of that will hold; `apply` renders it as it is installed (`installed`) and runs the action of
//! `helm/action`; `notes` is what is remembered beside the state.

mod ahead;
mod apply;
mod charts;
mod check;
mod conditions;
mod declaration;
mod delete;
mod diff;
mod explain;
mod findings;
mod from_cluster;
mod hidden;
mod import;
mod installed;
mod lookup;
mod masked;
mod moved;
mod notes;
mod options;
mod outputs;
mod plan;
mod postrender;
mod read;
mod ready_when;
mod rendering;
mod seen;
mod shown;
mod summary;
mod wanted;
mod watching;
mod whose;

pub(super) use declaration::resource;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use self::apply::Operation;
use self::charts::Charts;
use self::declaration::ReleaseSpec;
use self::seen::Seen;
use self::whose::{Whose, taken, whose};
use super::clusters::{Clusters, Way};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::release::{History, Status};
use crate::helm::render::Engine;
use crate::lifecycle::{Applied, Limits, Managed, Move, Planning};
use crate::outcome::Presence;
use crate::provider::Context;
use crate::schema::{Draft, Planned, Resource};
use crate::secret::Secret;
use crate::state::{Held, Identity, Private};
use crate::time::Patience;
use crate::value::{Path, Value};

/// The resource, bound to the configured provider.
pub(super) struct Release {
    context: Arc<Context>,
    engine: Arc<Engine>,
    clusters: Arc<Clusters>,
    charts: Charts,
    seen: Seen,
}

impl Release {
    pub(super) fn new(context: Arc<Context>, engine: Arc<Engine>, clusters: Arc<Clusters>) -> Self {
        Self { context, engine, clusters, charts: Charts::default(), seen: Seen::default() }
    }

    fn environment(&self) -> Option<String> {
        self.context.settings().environment.clone().known().flatten()
    }
}

/// What a create does about a release of that name that is there already: nothing to say, a note, or a refusal.
fn taken_over(
    history: &History,
    spec: &ReleaseSpec,
    environment: Option<&str>,
) -> Result<Option<Diagnostic>, Diagnostic> {
    let told = |summary: &str, what: &str, revision: u32| {
        let (name, namespace) = (&spec.name, &spec.namespace);
        let detail = format!("Release {name} in namespace {namespace} {what} (revision {revision}).");
        Ok(Some(Diagnostic::warning(summary, detail)))
    };
    match whose(history, environment) {
        Whose::Nobody => Ok(None),
        Whose::Unfinished(last) if spec.keeps_failed() => Err(Diagnostic::error(
            "Failed install is left alone",
            format!(
                "The install of release {} failed (revision {}, {}), and on_failed_install = \"keep\" leaves it alone. \
                 Look at it with\n  helm status {} --namespace {}\nthen set on_failed_install to \"repair\" or \
                 \"reinstall\".",
                spec.name, last.version, last.info.status, spec.name, spec.namespace
            ),
        )
        .at(Path::of("on_failed_install"))),
        Whose::Unfinished(last) => {
            told("Release will be repaired", "was left in the middle of an operation and is gone on with", last.version)
        }
        Whose::Ours(last) => {
            told("Release will be taken over", "was made by this environment, and its state was lost", last.version)
        }
        Whose::Theirs(last) if spec.upgrade_install => {
            told("Release will be taken over", "exists and is upgraded, as upgrade_install asks", last.version)
        }
        Whose::Theirs(last)
            if spec.replace && matches!(last.info.status, Status::Uninstalled | Status::Failed) =>
        {
            told("Name will be used again", "is replaced, as replace asks", last.version)
        }
        Whose::Theirs(last) => Err(taken(last)),
    }
}

#[async_trait]
impl Managed for Release {
    fn schema(&self) -> &Resource {
        static RESOURCE: LazyLock<Resource> = LazyLock::new(declaration::resource);
        &RESOURCE
    }

    /// Hooks before, objects, hooks after, and the same again where what failed is undone: each may take `timeout`.
    fn limits(&self, object: &Value) -> Limits {
        let wait = object.get("timeout").as_str().and_then(|text| options::timeout(text).ok());
        let wait = wait.unwrap_or(Duration::from_secs(300));
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let change = wait.saturating_mul(6).saturating_add(minutes(5));
        let delete = wait.saturating_mul(3).saturating_add(minutes(5));
        Limits { create: change, read: minutes(2), update: change, delete }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        check::check(config, &mut diagnostics);
        diagnostics
    }

    async fn plan(&self, planning: &mut Planning, patience: &Patience) {
        self.settle(planning, patience).await;
    }

    /// Release names are unique in a namespace of a cluster, which its server stands for.
    fn identity_of(&self, state: &Value) -> Option<Identity> {
        let mut identity = Identity::from([("type".to_owned(), "bud_release".to_owned())]);
        for name in ["namespace", "name"] {
            identity.insert(name.to_owned(), state.get(name).as_str()?.to_owned());
        }
        let kubeconfig: Planned<Option<Secret>> = Draft::root(state).planned("kubeconfig").ok()?;
        if let Way::Open(client) = self.clusters.of(&kubeconfig) {
            identity.insert("server".to_owned(), client.server());
        } else if kubeconfig == Planned::Unknown {
            return None;
        }
        Some(identity)
    }

    fn resource_identity(&self, state: &Value) -> Value {
        if state.is_null() {
            return Value::Null;
        }
        Value::object(["namespace", "name"].map(|name| (name, state.get(name).clone())))
    }

    async fn read(
        &self,
        state: &Value,
        private: &mut Private,
        patience: &Patience,
    ) -> Result<Presence<Value>, Diagnostic> {
        self.refresh(state, private, patience).await
    }

    async fn create(
        &self,
        planned: &Value,
        config: &Value,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics> {
        let private = Private::default();
        self.bring(Operation { prior: &Value::Null, planned, config, private, held, patience }).await
    }

    async fn update(
        &self,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: &Private,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics> {
        self.bring(Operation { prior, planned, config, private: private.clone(), held, patience }).await
    }

    async fn delete(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        self.remove(prior, private, create_follows, patience).await
    }

    async fn import(
        &self,
        id: &str,
        identity: &Value,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics> {
        self.bring_in(id, identity, patience).await
    }

    fn take_over(&self, from: &Move) -> Option<Result<(Value, Private), Diagnostics>> {
        moved::take_over(from, self.schema())
    }
}
