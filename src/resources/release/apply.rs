//! Create and update: both bring a release to what is planned, whatever an earlier run left.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::charts::Loaded;
use super::hidden::{Leaves, Tokens};
use super::notes::{self, Key, Notes};
use super::rendering::{self, Checks, Job, StandIn};
use super::shown::{self, Shown};
use super::wanted::{Wanted, inputs};
use super::watching::Watching;
use super::whose::labels;
use super::{Release, explain, from_cluster, installed, masked, outputs, taken_over};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::action::{self, ActionError, Desired, Failed, Intent, Outcome, intent};
use crate::helm::release::{Status, plain, stored_chart};
use crate::helm::value::Value as Datum;
use crate::kube::Client;
use crate::lifecycle::Applied;
use crate::resources::clusters::{self, Way};
use crate::resources::explain::not_configured;
use crate::schema::{Draft, Planned};
use crate::secret::Secret;
use crate::state::{Held, Private};
use crate::time::Patience;
use crate::value::{Path, Value};

/// One create or update.
pub(super) struct Operation<'a> {
    /// Null for a create.
    pub(super) prior: &'a Value,
    pub(super) planned: &'a Value,
    pub(super) config: &'a Value,
    pub(super) private: Private,
    pub(super) held: &'a Held,
    pub(super) patience: &'a Patience,
}

/// What is installed, and what is shown of it.
struct Ready {
    desired: Desired,
    shown: Shown,
    from: Option<String>,
}

impl Operation<'_> {
    fn creates(&self) -> bool {
        self.prior.is_null()
    }
}

impl Release {
    /// The client of a state's or a plan's cluster.
    pub(super) fn client(&self, object: &Value, patience: &Patience) -> Result<Client, Diagnostic> {
        let kubeconfig: Planned<Option<Secret>> = Draft::root(object).planned("kubeconfig")?;
        match self.clusters.of(&kubeconfig) {
            Way::Open(client) => Ok(client.within(patience)),
            Way::NotKnown => Err(not_configured()),
            Way::Unusable(problem) | Way::NoFile(problem) => Err(problem),
        }
    }

    pub(super) async fn bring(&self, mut operation: Operation<'_>) -> Result<Applied, Diagnostics> {
        let Planned::Known(wanted) = Wanted::read(operation.planned, operation.config)? else {
            return Err(Diagnostic::bug("A release is applied before its arguments are known.").into());
        };
        let Planned::Known(place) = wanted.place() else { return Err(not_configured().into()) };
        let client = self.client(operation.planned, operation.patience)?;
        let loaded = self.charts.get(&self.context, &place, operation.patience).await?;
        same_chart(operation.planned, &loaded)?;
        let key = Key::draw(&mut operation.private);
        let digest = inputs(&key, operation.planned, &loaded.digest);
        self.seen.take(&(client.server(), wanted.spec.namespace.clone(), wanted.spec.name.clone()));
        self.on_cluster(&mut operation, &wanted, &client, loaded, &key, digest).await
    }

    async fn on_cluster(
        &self,
        operation: &mut Operation<'_>,
        wanted: &Wanted,
        client: &Client,
        loaded: Arc<Loaded>,
        key: &Key,
        digest: String,
    ) -> Result<Applied, Diagnostics> {
        let spec = &wanted.spec;
        let (namespace, name) = (spec.namespace.as_str(), spec.name.as_str());
        let kube = |error: &crate::kube::KubeError| clusters::explain(error, "Asking the cluster");
        let said = |error: &ActionError| explain::explain(error, namespace, name);
        let (history, drawn) = action::look(client, namespace, name).await.map_err(|error| said(&error))?;
        let mut warnings = Diagnostics::none();
        if operation.creates() {
            let environment = self.environment();
            taken_over(&history, spec, environment.as_deref())?
                .into_iter()
                .for_each(|note| warnings.push(note));
        }
        let uid = self.uid(operation, client, &mut warnings).await.map_err(|error| kube(&error))?;
        let from = from_cluster::read(client, spec).await?;
        let from_digest = from.digest(key);
        let deployed = history.last().filter(|last| last.info.status == Status::Deployed);
        let stands = !operation.creates() && deployed.is_some();
        let moved_away = operation
            .prior
            .get("cluster_uid")
            .as_str()
            .zip(uid.as_deref())
            .is_some_and(|(was, is)| was != is);
        let known = notes::inputs(&operation.private);
        let same_from = notes::from(&operation.private) == from_digest.as_deref();
        let drifts = operation.planned.get("drifted") != operation.prior.get("drifted");
        let waits = super::read::unmet(&operation.private);
        let nothing_due = (notes::due(&operation.private).is_none() || waits) && !drifts;
        if stands && !moved_away && known == Some(digest.as_str()) && same_from && nothing_due {
            return Self::unchanged(operation, client, spec, (uid, digest, from_digest), warnings).await;
        }
        // Another release of the same run may have brought definitions since the cluster was asked.
        client.forget_discovery().await;
        let capabilities = rendering::live(client, spec).await.map_err(|error| kube(&error))?;
        let upgrades = intent(&history) == Intent::Upgrade;
        let leaves = Leaves::read(wanted, operation.config, operation.prior)?;
        let leaves = leaves.known().ok_or_else(not_configured)?;
        let built = leaves
            .real(history.deployed(), &from)?
            .known()
            .ok_or_else(|| Diagnostic::bug("Write-only values are unknown in an apply."))?;
        let job = Job {
            engine: Arc::clone(&self.engine),
            chart: Arc::clone(&loaded),
            options: rendering::options(spec, capabilities.clone(), history.next_revision(), upgrades),
            cluster: Some(client.clone()),
            classes: BTreeMap::new(),
        };
        let previous = history.present().last();
        let secrets = leaves.secrets(&from);
        let rendered = installed::render(&job, spec, &built, previous, drawn, operation.patience).await;
        let (rendered, drawn) = rendered.map_err(|problem| hidden(problem, &secrets))?;
        if stands && !moved_away && known.is_none() && nothing_due {
            // Brought in from elsewhere: what runs already makes no revision.
            if deployed.is_some_and(|last| shown::is_what_runs(&rendered, last, &built.values)) {
                return Self::unchanged(operation, client, spec, (uid, digest, from_digest), warnings).await;
            }
        }
        let tokens = leaves.tokens(history.deployed(), Tokens::Usual)?;
        let stand_in = Job {
            options: rendering::options(
                spec,
                capabilities,
                super::plan::next(operation.prior),
                !operation.creates(),
            ),
            ..job
        };
        let shown = match stand_in.stand_in(&tokens, StandIn::Usual, Checks::Skip).await {
            Ok((seen, _)) => Shown::new(&seen, key, spec, &secrets),
            // A stand-in that the chart refuses: what is secret is masked in the true render instead.
            Err(_) => Shown::new(&rendered, key, spec, &secrets),
        };
        let owner = operation.private.owner.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        operation.private.owner = Some(owner.clone());
        let desired = Desired {
            name: spec.name.clone(),
            namespace: spec.namespace.clone(),
            chart: stored_chart(&loaded.chart, &rendered.values),
            config: plain(&Datum::Map(built.values)),
            rendered,
            labels: labels(&owner, self.environment().as_deref()),
            description: spec.description.clone(),
            drawn,
        };
        let ready = Ready { desired, shown, from: from_digest };
        self.act(operation, wanted, client, ready, uid, digest, warnings).await
    }

    /// The action itself, and what becomes of the state.
    #[allow(clippy::too_many_arguments, reason = "the last step of one operation, called once")]
    async fn act(
        &self,
        operation: &mut Operation<'_>,
        wanted: &Wanted,
        client: &Client,
        ready: Ready,
        uid: Option<String>,
        digest: String,
        mut warnings: Diagnostics,
    ) -> Result<Applied, Diagnostics> {
        let spec = &wanted.spec;
        let mut state = operation.planned.clone();
        state.set("cluster_uid", uid.map_or(Value::Null, Value::string));
        ready.shown.write(&mut state, operation.prior);
        let failing = Self::while_failing(operation, &state);
        let watching = Watching::new(operation.held, failing, operation.private.clone());
        let options = spec.options()?;
        let patience = operation.patience;
        let done = action::install(client, &ready.desired, &options, &watching, patience).await;
        let secrets = &ready.shown.secrets;
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(failed) => {
                return Err(Self::failed(operation, &watching, spec, *failed, (warnings, secrets)));
            }
        };
        let Outcome { record, objects, warnings: told } = outcome;
        for text in told {
            warnings.push(Diagnostic::warning("Release was repaired", format!("{text}.")));
        }
        outputs::stamp(&mut state, &record);
        state.set("notes", outputs::notes(&ready.shown.notes, secrets));
        state.set("resources", outputs::resources(&objects, secrets, &ready.shown.drawing));
        state.set("drifted", Value::Map(std::collections::BTreeMap::new()));
        let mut private = operation.private.clone();
        let mut notes = Notes(&mut private);
        notes.set_inputs(digest);
        notes.set_from(ready.from);
        notes.set_due(None);
        operation.held.put(state.clone(), private.clone());
        if let Some(problem) = super::conditions::wait(client, spec, options.timeout, patience).await {
            Self::waits_in_vain(operation, state, private, &problem);
            warnings.push(problem);
            return Err(warnings);
        }
        Ok(Applied { state, diagnostics: warnings })
    }

    /// The state while an action runs, and after one that failed: a create's is what is planned, an update's is
    /// what was before, so that the next plan shows the whole change again.
    fn while_failing(operation: &Operation<'_>, state: &Value) -> Value {
        if operation.creates() {
            let mut state = state.clone();
            state.set("status", Value::string(Status::PendingInstall.name()));
            return state;
        }
        let mut failing = operation.prior.clone();
        for name in ["kubeconfig", "cluster_uid"] {
            failing.set(name, state.get(name).clone());
        }
        failing
    }

    fn failed(
        operation: &Operation<'_>,
        watching: &Watching<'_>,
        spec: &super::declaration::ReleaseSpec,
        failed: Failed,
        (mut warnings, secrets): (Diagnostics, &[Secret]),
    ) -> Diagnostics {
        let Failed { error, left, warnings: told } = failed;
        for text in told {
            warnings.push(Diagnostic::warning("Release was repaired", format!("{text}.")));
        }
        let told = explain::explain(&error, &spec.namespace, &spec.name);
        // The API's words and a container's log may quote what is hidden.
        let mut told = Diagnostics(told.0.into_iter().map(|one| hidden(one, secrets)).collect());
        let undone = matches!(&error, ActionError::Undone { back_to: None, .. });
        // Without a record there is no release; one may be there whose answer did not come.
        let no_record = left.is_none() && !perhaps_stored(&error);
        if operation.creates() && (!watching.wrote() || undone || no_record) {
            // Nothing exists: the next apply creates again, and nothing is tainted.
            operation.held.clear();
        } else if let Some((mut state, private)) = operation.held.now() {
            if let Some(left) = &left {
                outputs::stamp(&mut state, &left.record);
            }
            let what = told.0.first().map(|first| format!("{}: {}", first.summary, first.detail));
            state.set("last_error", what.map_or(Value::Null, Value::string));
            operation.held.put(state, private);
        }
        told.extend(warnings);
        told
    }

    /// An update that sends nothing: the state alone changes. Conditions that are new, or did not hold, are waited
    /// for.
    async fn unchanged(
        operation: &Operation<'_>,
        client: &Client,
        spec: &super::declaration::ReleaseSpec,
        (uid, digest, from): (Option<String>, String, Option<String>),
        mut warnings: Diagnostics,
    ) -> Result<Applied, Diagnostics> {
        let mut state = operation.planned.clone();
        for name in outputs::COMPUTED {
            if state.get(name).is_unknown() {
                state.set(name, operation.prior.get(name).clone());
            }
        }
        if state.get("cluster_uid").is_null() {
            state.set("cluster_uid", uid.map_or(Value::Null, Value::string));
        }
        let mut private = operation.private.clone();
        let mut notes = Notes(&mut private);
        notes.set_inputs(digest);
        notes.set_from(from);
        notes.set_due(None);
        operation.held.put(state.clone(), private.clone());
        let changed = operation.planned.get("ready_when") != operation.prior.get("ready_when");
        if changed || super::read::unmet(&operation.private) {
            let limit = spec.options()?.timeout;
            if let Some(problem) = super::conditions::wait(client, spec, limit, operation.patience).await {
                Self::waits_in_vain(operation, state, private, &problem);
                warnings.push(problem);
                return Err(warnings);
            }
        }
        Ok(Applied { state, diagnostics: warnings })
    }

    /// The release stands, and a condition does not hold: the next plan comes back to it, and the create that follows a
    /// taint takes the release over.
    fn waits_in_vain(
        operation: &Operation<'_>,
        mut state: Value,
        mut private: Private,
        problem: &Diagnostic,
    ) {
        Notes(&mut private).set_due(Some(super::read::UNMET.to_owned()));
        state.set("status", Value::string(Status::Failed.name()));
        state.set("last_error", Value::string(problem.detail.clone()));
        operation.held.put(state, private);
    }

    /// Which cluster it is. Who may not read kube-system works without.
    async fn uid(
        &self,
        operation: &Operation<'_>,
        client: &Client,
        warnings: &mut Diagnostics,
    ) -> Result<Option<String>, crate::kube::KubeError> {
        let known = operation.prior.get("cluster_uid").as_str();
        if let Some(known) =
            known.filter(|_| operation.planned.get("kubeconfig") == operation.prior.get("kubeconfig"))
        {
            return Ok(Some(known.to_owned()));
        }
        match client.cluster_uid().await {
            Ok(uid) => Ok(Some(uid)),
            Err(crate::kube::KubeError::Forbidden { .. }) => {
                warnings.push(Diagnostic::warning(
                    "Cluster has no name",
                    "The user of the kubeconfig may not read the namespace kube-system, whose uid tells clusters apart. \
                     A kubeconfig of another cluster will not be noticed.",
                ));
                Ok(known.map(str::to_owned))
            }
            Err(error) => Err(error),
        }
    }
}

/// A chart that is not the planned one stops before anything is sent.
fn same_chart(planned: &Value, loaded: &Loaded) -> Result<(), Diagnostic> {
    match planned.get("chart_digest").as_str() {
        Some(digest) if digest != loaded.digest => Err(Diagnostic::error(
            "Chart is not the planned one",
            format!(
                "The chart was {digest} when this was planned, and it is {} now: it was edited, or a version that is not \
                 pinned has moved. Nothing was sent. Plan again.",
                loaded.digest
            ),
        )
        .at(Path::of("chart"))),
        _ => Ok(()),
    }
}

/// Whether the record may be in the cluster although nothing says so.
fn perhaps_stored(error: &ActionError) -> bool {
    match error {
        ActionError::Kube(error) => error.perhaps_done(),
        ActionError::Ended(_) => true,
        _ => false,
    }
}

/// What is told without what is hidden.
fn hidden(problem: Diagnostic, secrets: &[Secret]) -> Diagnostic {
    Diagnostic { detail: masked::hide(&problem.detail, secrets), ..problem }
}
