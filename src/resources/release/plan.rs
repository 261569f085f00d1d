//! Settles the plan of a release: it is rendered, and claims only what apply cannot change (hosts.md HB4).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::charts::Loaded;
use super::from_cluster::FromCluster;
use super::hidden::{Leaves, Tokens};
use super::notes::{self, Key};
use super::outputs::{COMPUTED, MOVING, RENDERED, unknown};
use super::rendering::{self, Checks, Job, StandIn};
use super::seen::Found;
use super::shown::{self, Claim};
use super::wanted::{Wanted, inputs};
use super::whose::perhaps_let_go;
use super::{Release, ahead, masked, taken_over};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::release::{History, Status};
use crate::helm::render::Capabilities;
use crate::kube::Client;
use crate::lifecycle::Planning;
use crate::resources::clusters::{self, Way};
use crate::schema::{Draft, Planned};
use crate::secret::Secret;
use crate::time::Patience;
use crate::value::{Path, Value};

/// What a plan knows of the cluster.
pub(super) enum Cluster {
    /// It answers.
    Live { client: Client, capabilities: Capabilities, history: History },
    /// It is not there yet, or does not answer.
    Assumed(Capabilities),
}

impl Release {
    /// Everything that a plan can know.
    pub(super) async fn settle(&self, planning: &mut Planning, patience: &Patience) {
        ahead(planning);
        let done = self.think(planning, patience).await;
        if let Err(diagnostics) = done {
            planning.diagnostics.extend(diagnostics);
        }
    }

    async fn think(&self, planning: &mut Planning, patience: &Patience) -> Result<(), Diagnostics> {
        let wanted = match Wanted::read(&planning.planned, &planning.config)? {
            Planned::Known(wanted) => wanted,
            Planned::Unknown => {
                unclear(planning);
                return Ok(());
            }
        };
        let Planned::Known(place) = wanted.place() else {
            unclear(planning);
            return Ok(());
        };
        let settings = self.context.settings();
        if matches!(settings.chart_mirrors, Planned::Unknown)
            || matches!(settings.registry_auth, Planned::Unknown)
        {
            unclear(planning);
            return Ok(());
        }
        let loaded = self.charts.get(&self.context, &place, patience).await?;
        chart_of(planning, &wanted, &loaded);
        let kubeconfig: Planned<Option<Secret>> = Draft::root(&planning.planned).planned("kubeconfig")?;
        let way = self.clusters.of(&kubeconfig);
        if let (Way::Unusable(problem), true) = (&way, !planning.config.get("kubeconfig").is_null()) {
            return Err(problem.clone().into());
        }
        let seen = match &way {
            Way::Open(client) => {
                let spec = &wanted.spec;
                self.seen.take(&(client.server(), spec.namespace.clone(), spec.name.clone()))
            }
            _ => None,
        };
        let same_cluster = self.same_cluster(planning, &way, patience).await;
        let key = Key::remembered(&planning.private);
        let digest = key.as_ref().map(|key| inputs(key, &planning.planned, &loaded.digest));
        let unchanged = digest.is_some() && digest.as_deref() == notes::inputs(&planning.private);
        if !planning.creates() && unchanged && !is_due(planning) && same_cluster {
            planning.planned.set("manifest_diff", planning.prior.get("manifest_diff").clone());
            return Ok(());
        }
        if planning.planned.get("cluster_uid").is_null() {
            // Nobody has asked yet.
            planning.planned.set("cluster_uid", Value::unknown());
        }
        let cluster = self.cluster(planning, &wanted, way, seen, patience).await?;
        let compared = !planning.creates() && notes::inputs(&planning.private).is_none() && !is_due(planning);
        self.show(planning, &wanted, loaded, &cluster, compared && same_cluster).await?;
        if !same_cluster {
            unknown(&mut planning.planned, MOVING.into_iter().chain(RENDERED).chain(["cluster_uid"]));
        }
        Ok(())
    }

    /// Whether the state's cluster is the one that is planned for.
    async fn same_cluster(&self, planning: &Planning, way: &Way, patience: &Patience) -> bool {
        if planning.creates() || !planning.changes("kubeconfig") {
            return true;
        }
        let (Way::Open(client), Some(known)) = (way, planning.prior.get("cluster_uid").as_str()) else {
            return false;
        };
        client.within(patience).cluster_uid().await.is_ok_and(|uid| uid == known)
    }

    /// Looks at the cluster, as far as there is one.
    async fn cluster(
        &self,
        planning: &mut Planning,
        wanted: &Wanted,
        way: Way,
        seen: Option<Found>,
        patience: &Patience,
    ) -> Result<Cluster, Diagnostics> {
        let assumed = || rendering::assumed(&wanted.spec).map(Cluster::Assumed);
        let Way::Open(client) = way else { return Ok(assumed()?) };
        let client = client.within(patience);
        let spec = &wanted.spec;
        let look = async {
            let history = match seen {
                Some((history, _)) => history,
                None => crate::helm::action::history(&client, &spec.namespace, &spec.name).await?,
            };
            Ok::<_, crate::helm::action::ActionError>((history, rendering::live(&client, spec).await?))
        };
        match look.await {
            Ok((history, capabilities)) => {
                self.look_ahead(planning, wanted, &history)?;
                Ok(Cluster::Live { client, capabilities, history })
            }
            Err(error) => match clusters::unseen_action(&error) {
                Some(reason) => {
                    planning.diagnostics.push(Diagnostic::warning(
                        "Cluster does not answer",
                        format!("The release is planned as if nothing were there. {reason}"),
                    ));
                    Ok(assumed()?)
                }
                None => Err(super::explain::explain(&error, &spec.namespace, &spec.name)),
            },
        }
    }

    /// What a create will meet.
    fn look_ahead(
        &self,
        planning: &mut Planning,
        wanted: &Wanted,
        history: &History,
    ) -> Result<(), Diagnostics> {
        if !planning.creates() {
            return Ok(());
        }
        let environment = self.environment();
        if perhaps_let_go(history, environment.as_deref()) {
            // The destroy half of a replacement takes its owner off, which no plan of the create half sees.
            return Ok(());
        }
        if let Some(note) = taken_over(history, &wanted.spec, environment.as_deref())? {
            planning.diagnostics.push(note);
        }
        Ok(())
    }

    /// Renders, and says what of it will hold.
    async fn show(
        &self,
        planning: &mut Planning,
        wanted: &Wanted,
        loaded: Arc<Loaded>,
        cluster: &Cluster,
        compared: bool,
    ) -> Result<(), Diagnostics> {
        let (capabilities, client, history) = match cluster {
            Cluster::Live { client, capabilities, history } => (capabilities, Some(client), Some(history)),
            Cluster::Assumed(capabilities) => (capabilities, None, None),
        };
        let read = Leaves::read(wanted, &planning.config, &planning.prior)?;
        let Planned::Known(leaves) = read else {
            unclear_render(planning);
            return Ok(());
        };
        let last = history.and_then(History::deployed);
        let spec = &wanted.spec;
        let values = leaves.tokens(last, Tokens::Usual)?;
        let revision = next(&planning.prior);
        let options = rendering::options(spec, capabilities.clone(), revision, !planning.creates());
        let checks = if spec.checks == "off" && !spec.lint { Checks::Skip } else { Checks::Carry };
        let asked = client.filter(|_| spec.checks != "off");
        let classes = match asked {
            Some(client) => ahead::storage_classes(client).await,
            None => BTreeMap::new(),
        };
        let (engine, cluster) = (Arc::clone(&self.engine), client.cloned());
        let job = Job { engine, chart: loaded, options, cluster, classes };
        let rendered = job.stand_in(&values, StandIn::Usual, checks).await;
        let (rendered, findings) = match rendered {
            Ok(done) => done,
            // A stand-in may be what the chart refuses: the real values decide where they are known.
            Err(_) if leaves.has_tokens() => {
                let Planned::Known(values) = leaves.real(last, &FromCluster::default())? else {
                    unclear_render(planning);
                    return Ok(());
                };
                let real = job.stand_in(&values, StandIn::Usual, checks).await;
                let secrets = leaves.secrets(&FromCluster::default());
                let hide =
                    |real: Diagnostic| Diagnostic { detail: masked::hide(&real.detail, &secrets), ..real };
                return real.map(|_| unclear_render(planning)).map_err(|real| hide(real).into());
            }
            Err(problem) => return Err(problem.into()),
        };
        super::findings::tell(&findings, spec, &mut planning.diagnostics);
        for text in &rendered.warnings {
            planning
                .diagnostics
                .push(Diagnostic::warning("Told by the chart", text.clone()).at(Path::of("values")));
        }
        let other = if shown::varies(&rendered)
            || (leaves.has_tokens() && (spec.values_from.is_some() || planning.changes("set_sensitive")))
        {
            let sensitive = planning.changes("set_sensitive");
            let values = leaves.tokens(last, Tokens::Other { sensitive })?;
            job.stand_in(&values, StandIn::Other, Checks::Skip).await.ok().map(|(rendered, _)| rendered)
        } else {
            None
        };
        let key = Key::remembered(&planning.private);
        let claim = Claim {
            rendered: &rendered,
            other: other.as_ref(),
            live: client.is_some(),
            key: key.as_ref(),
            namespace: &spec.namespace,
            stable: spec.random == "stable",
        };
        if compared && last.is_some_and(|last| claim.is_what_runs(last, &values.values)) {
            return Ok(());
        }
        if let Some(client) = asked {
            ahead::tell(client, &claim, last, spec, &mut planning.diagnostics).await;
        }
        claim.write(planning);
        Ok(())
    }
}

/// What is known whatever comes.
fn ahead(planning: &mut Planning) {
    let (namespace, name) = (planning.planned.get("namespace"), planning.planned.get("name"));
    if let (Some(namespace), Some(name)) = (namespace.as_str(), name.as_str()) {
        let id = Value::string(format!("{namespace}/{name}"));
        planning.planned.set("id", id);
    }
    if planning.creates() {
        planning.planned.set("manifest_diff", Value::Null);
        planning.planned.set("drifted", Value::Map(std::collections::BTreeMap::new()));
    }
    if !planning.creates() {
        // What was computed as nothing stays nothing.
        for name in COMPUTED {
            planning.planned.set(name, planning.prior.get(name).clone());
        }
    }
    if planning.config.get("version").is_null() {
        // A chart that is not known yet decides.
        planning.planned.set("version", Value::unknown());
    }
}

/// What the chart says.
fn chart_of(planning: &mut Planning, wanted: &Wanted, loaded: &Loaded) {
    let metadata = &loaded.chart.declared.metadata;
    if planning.config.get("version").is_null() {
        planning.planned.set("version", Value::string(metadata.version.clone()));
    }
    let app = (!metadata.app_version.is_empty()).then(|| Value::string(metadata.app_version.clone()));
    planning.planned.set("app_version", app.unwrap_or(Value::Null));
    planning.planned.set("chart_digest", Value::string(loaded.digest.clone()));
    let _ = wanted;
}

/// Whether refresh has found something to do.
fn is_due(planning: &Planning) -> bool {
    let drifted = planning.prior.get("drifted").as_map().is_some_and(|drifted| !drifted.is_empty());
    let corrects = planning.planned.get("drift").as_str() == Some("correct");
    notes::due(&planning.private).is_some()
        || planning.prior.get("status").as_str() != Some(Status::Deployed.name())
        || (drifted && corrects)
}

/// The revision that a plan speaks of; a create's is the first.
pub(super) fn next(prior: &Value) -> u32 {
    use crate::schema::Field as _;
    let revision = i64::read(prior.get("revision"), &Path::of("revision")).unwrap_or(0);
    u32::try_from(revision).unwrap_or(0) + 1
}

/// Too little is known for a render, or for what a chart says.
fn unclear(planning: &mut Planning) {
    unknown(&mut planning.planned, ["app_version", "chart_digest"]);
    unclear_render(planning);
}

/// Nothing is known of what will be rendered.
fn unclear_render(planning: &mut Planning) {
    unknown(&mut planning.planned, MOVING.into_iter().chain(RENDERED));
    revision_to_come(planning);
}

/// What every new revision comes to.
pub(super) fn revision_to_come(planning: &mut Planning) {
    let planned = &mut planning.planned;
    unknown(planned, MOVING);
    planned.set("status", Value::string(Status::Deployed.name()));
    planned.set("last_error", Value::Null);
    if planned.get("drift").as_str() == Some("correct") {
        planned.set("drifted", Value::Map(std::collections::BTreeMap::new()));
    }
}
