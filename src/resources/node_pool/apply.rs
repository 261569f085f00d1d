//! Create, update and destroy of a pool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::stream::{self, StreamExt};

use super::leave::{Doing, leave};
use super::progress::{Progress, halted};
use super::wanted::{Anew, Roster, Wanted, keys};
use super::work::{AT_ONCE, Work, is_ours, leftovers, numbered};
use super::{NodePool, convert, explain, plan, read};
use crate::cloud::{
    CloudError, Machines, NodeChange, NodeRemoval, NodeSeen, Owner, PoolPlan, Power, SkuSeen,
};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::resources::expiry;
use crate::state::{Held, Private};
use crate::time::Patience;
use crate::value::Value;

impl NodePool {
    /// Makes a pool, or continues one that an interrupted create left.
    pub(super) async fn make(
        &self,
        planned: &Value,
        held: &Held,
        patience: &Patience,
    ) -> Result<Value, Diagnostics> {
        let machines = self.machines_now(planned)?;
        let machines = machines.as_ref();
        let mut planned = planned.clone();
        planned.set("expires_at", expiry::from_now(planned.get("ttl")));
        self.resolve(&mut planned, machines, patience).await?;
        let roster = roster(&Value::Null, &planned)?;
        let keys = self.own_keys(&planned)?;
        let checked = self.check_now(&Value::Null, &planned, &roster, machines, patience).await;
        if checked.has_errors() {
            return Err(checked);
        }
        let owner = uuid::Uuid::new_v4().to_string();
        let plan = convert::pool_plan(&planned, convert::mark(&planned, self.environment(), &owner), &keys)?;
        let pool = plan.name.clone();
        let names: BTreeSet<String> = roster.added.keys().cloned().collect();
        let place = convert::place(&planned);
        let import = convert::id(&place.network_id, &pool);
        let told = |error: &CloudError| explain::pool(error, "Creating the pool", Some(&import));
        let listed: Vec<String> = names.iter().cloned().collect();
        let found = machines.find(&plan, &listed, patience).await.map_err(|error| told(&error))?;
        if let Some((part, reason)) =
            found.into_iter().find_map(|part| part.ours.clone().err().map(|why| (part, why)))
        {
            return Err(told(&CloudError::Stranger { id: part.id, reason }).into());
        }
        let seen =
            machines.look(&place, &plan.mark.resource, &[], patience).await.map_err(|error| told(&error))?;
        let environment = self.environment();
        for left in leftovers(&seen, &names) {
            if !is_ours(left, environment.as_deref()) {
                let id = left.parts.first().cloned().unwrap_or_else(|| left.name.clone());
                let reason = format!("it belongs to a pool {pool:?} that was made elsewhere");
                return Err(told(&CloudError::Stranger { id, reason }).into());
            }
        }
        let rest: BTreeSet<String> = leftovers(&seen, &names).map(|left| left.name.clone()).collect();
        let mut base = planned.clone();
        for name in ["nodes", "node_states"] {
            base.set(name, Value::Map(BTreeMap::new()));
        }
        base.set("outdated", Value::Null);
        let private = Private { owner: Some(owner.clone()), ..Private::default() };
        let progress = Arc::new(Mutex::new(Progress::new(&base, &planned, &BTreeMap::new(), private)));
        let luns = convert::luns(seen.values());
        let work = Work {
            machines,
            place,
            plan,
            from: None,
            prior: &Value::Null,
            planned: &planned,
            skus: unfamiliar(&planned, machines, patience).await,
            seen,
            luns,
            first: numbered(&pool, names.clone()).into_iter().next().map(|(node, _)| node),
            // What is left of earlier runs has owners of its own.
            owner: Owner(String::new()),
            patience,
            progress: Arc::clone(&progress),
        };
        work.leave(&rest, Doing::Remove);
        if work.failed() {
            return Err(work.progress().errors.clone());
        }
        follow(held, &progress);
        work.remove(rest).await;
        if !work.failed() {
            work.add(roster.added.clone()).await;
        }
        if work.failed() {
            self.nothing_made(&work, held).await;
            return Err(work.progress().errors.clone());
        }
        Ok(finish(&work, held))
    }

    /// A create that was refused before anything was made leaves no object behind.
    async fn nothing_made(&self, work: &Work<'_>, held: &Held) {
        let none = keys(work.progress().so_far().get("nodes")).is_empty();
        let expected: Vec<String> = keys(work.planned.get("nodes")).into_iter().collect();
        if none
            && let Ok(seen) =
                work.machines.look(&work.place, &work.plan.mark.resource, &expected, work.patience).await
            && seen.is_empty()
        {
            held.clear();
        }
    }

    /// Brings a pool from one plan to another.
    pub(super) async fn change(
        &self,
        prior: &Value,
        planned: &Value,
        private: &Private,
        held: &Held,
        patience: &Patience,
    ) -> Result<Value, Diagnostics> {
        let machines = self.machines_now(planned)?;
        let machines = machines.as_ref();
        let mut planned = planned.clone();
        if planned.get("expires_at").is_unknown() {
            planned.set("expires_at", expiry::from_now(planned.get("ttl")));
        }
        self.resolve(&mut planned, machines, patience).await?;
        let roster = roster(prior, &planned)?;
        let own = self.own_keys(&planned)?;
        let checked = self.check_now(prior, &planned, &roster, machines, patience).await;
        if checked.has_errors() {
            return Err(checked);
        }
        let place = convert::place(&planned);
        let expected: Vec<String> =
            roster.kept.iter().chain(roster.added.keys()).chain(&roster.gone).cloned().collect();
        let seen = machines
            .look(&place, &convert::resource_of(&place.name), &expected, patience)
            .await
            .map_err(|error| explain::pool(&error, "Looking at the pool", None))?;
        // Both hosts lose the private bytes of a killed update; without a refresh only the tags know the owner.
        let owner = private
            .owner
            .clone()
            .or_else(|| read::owner_of(&keys(prior.get("nodes")), &seen))
            .unwrap_or_default();
        let private =
            Private { owner: Some(owner.clone()).filter(|owner| !owner.is_empty()), ..private.clone() };
        let plan = convert::pool_plan(&planned, convert::mark(&planned, self.environment(), &owner), &own)?;
        let from = convert::pool_plan(prior, convert::mark(prior, self.environment(), &owner), &own).ok();
        let pool = plan.name.clone();
        let halted = halted(&private);
        let restarts = restarts(prior, &planned, &roster, &plan, &seen, &halted);
        let luns = convert::luns(seen.values());
        let progress = Arc::new(Mutex::new(Progress::new(prior, &planned, &seen, private)));
        let work = Work {
            machines,
            place,
            plan,
            from,
            prior,
            planned: &planned,
            skus: unfamiliar(&planned, machines, patience).await,
            seen,
            luns,
            first: roster.nodes(&pool).into_iter().next().map(|(_, node)| node),
            owner: Owner(owner),
            patience,
            progress: Arc::clone(&progress),
        };
        work.leave(&roster.gone, Doing::Remove);
        work.leave(
            roster.anew.iter().filter(|(_, why)| **why == Anew::Asked).map(|(node, _)| node),
            Doing::Remake,
        );
        work.leave(restarts.keys(), Doing::Stop);
        if work.failed() {
            return Err(work.progress().errors.clone());
        }
        follow(held, &progress);
        self.steps(&work, &roster, &restarts, &pool).await;
        if work.failed() {
            return Err(work.progress().errors.clone());
        }
        Ok(finish(&work, held))
    }

    /// What is freed comes before what takes quota; a step that failed is the last one.
    async fn steps(
        &self,
        work: &Work<'_>,
        roster: &Roster,
        restarts: &BTreeMap<String, NodeChange>,
        pool: &str,
    ) {
        work.remove(roster.gone.iter().cloned()).await;
        if !work.failed() {
            work.restart(restarts).await;
        }
        if !work.failed() {
            let stay = roster.kept.iter().filter(|node| !roster.anew.contains_key(*node)).cloned().collect();
            work.adjust(&stay).await;
        }
        let of = |wanted: Anew| {
            let nodes =
                roster.anew.iter().filter(move |(_, why)| **why == wanted).map(|(node, _)| node.clone());
            numbered(pool, nodes)
        };
        if !work.failed() {
            work.remake(of(Anew::Lost), false).await;
        }
        if !work.failed() {
            work.remake(of(Anew::Asked), true).await;
        }
        if !work.failed() {
            work.add(roster.added.clone()).await;
        }
    }

    /// Removes a pool, or lets go of one whose create never finished and is continued next.
    pub(super) async fn destroy(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        let machines = self.machines_now(prior)?;
        let machines = machines.as_ref();
        let mut prior = prior.clone();
        let pool = Wanted(&prior).name().unwrap_or_default().to_owned();
        let resource = convert::resource_of(&pool);
        let expected: Vec<String> = keys(prior.get("nodes")).into_iter().collect();
        self.demands.begin(Wanted(&prior).network().unwrap_or_default(), &pool);
        if prior.get("location").as_str().is_none() {
            prior.set("location", Value::string(""));
        }
        let place = convert::place(&prior);
        let told = |error: &CloudError| Diagnostics::from(explain::pool(error, "Destroying the pool", None));
        let seen =
            machines.look(&place, &resource, &expected, patience).await.map_err(|error| told(&error))?;
        let ours = |node: &NodeSeen| match (&private.owner, &node.mark) {
            (Some(owner), Some(mark)) => &mark.owner.0 == owner,
            // Without an owner beside the state all parts of this pool count, and what has no mark is a
            // machine of the state.
            (None, Some(_)) => true,
            (_, None) => expected.contains(&node.name),
        };
        let nodes: Vec<&NodeSeen> = seen.values().filter(|node| ours(node)).collect();
        if create_follows && prior.get("outdated").is_null() {
            return self.let_go(machines, &prior, &nodes, patience).await;
        }
        let doing = if create_follows { Doing::Replace } else { Doing::Destroy };
        let members: Vec<Diagnostic> = nodes.iter().filter_map(|node| leave(node, doing).err()).collect();
        if !members.is_empty() {
            return Err(Diagnostics(members));
        }
        let removal = NodeRemoval {
            owners: private.owner.clone().map(Owner).into_iter().collect(),
            resource: resource.clone(),
            machine_only: false,
            data_disks: convert::fates(&prior),
        };
        let removing: Vec<_> = nodes
            .iter()
            .map(|node| {
                let (place, removal) = (&place, &removal);
                async move { (node.name.clone(), machines.remove(place, &node.name, removal, patience).await) }
            })
            .collect();
        let done: Vec<_> = stream::iter(removing).buffer_unordered(AT_ONCE).collect().await;
        let mut kept = Vec::new();
        let mut errors = Diagnostics::none();
        for (node, result) in done {
            match result {
                Ok(ids) => kept.extend(ids),
                Err(error) => {
                    let one = explain::node(&error, &format!("Removing the node {node}"), None, None);
                    let stop = matches!(error, CloudError::Waited { .. });
                    if !stop || !errors.0.iter().any(|other| other.summary == one.summary) {
                        errors.push(one);
                    }
                }
            }
        }
        if errors.has_errors() {
            return Err(errors);
        }
        machines.tidy(&place, &resource, patience).await.map_err(|error| told(&error))?;
        Ok(told_kept(&kept))
    }

    async fn let_go(
        &self,
        machines: &dyn Machines,
        prior: &Value,
        nodes: &[&NodeSeen],
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        let place = convert::place(prior);
        let mut parts = Vec::new();
        for node in nodes {
            let Some(mark) = &node.mark else { continue };
            let let_go =
                machines.let_go(&place, &node.name, &mark.owner, patience).await.map_err(|error| {
                    explain::node(&error, &format!("Letting go of {}", node.name), None, None)
                })?;
            parts.extend(let_go);
        }
        if parts.is_empty() {
            return Ok(Diagnostics::none());
        }
        Ok(Diagnostic::warning(
            "Parts are kept for the create that follows",
            format!(
                "The create of this pool never finished. Its parts are kept and will be continued:\n  {}\n\nIf that \
                 create does not come, the next one with this name takes them over, and sweep lists them.",
                parts.join("\n  ")
            ),
        )
        .into())
    }
}

fn roster(prior: &Value, planned: &Value) -> Result<Roster, Diagnostic> {
    Roster::of(prior, planned).ok_or_else(|| Diagnostic::bug("The nodes of the pool are not known at apply."))
}

/// What exists goes back whatever happens.
fn follow(held: &Held, progress: &Arc<Mutex<Progress>>) {
    let progress = Arc::clone(progress);
    held.follow(move || {
        let progress = progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (progress.so_far(), progress.remembered())
    });
}

fn finish(work: &Work<'_>, held: &Held) -> Value {
    let progress = work.progress();
    let state = progress.finished();
    held.put(state.clone(), progress.remembered());
    state
}

/// The nodes that stay and are stopped for a change: another machine type, or a larger system disk or another
/// price of a spot machine, which Azure refuses while the machine runs.
fn restarts(
    prior: &Value,
    planned: &Value,
    roster: &Roster,
    plan: &PoolPlan,
    seen: &BTreeMap<String, NodeSeen>,
    halted: &BTreeSet<String>,
) -> BTreeMap<String, NodeChange> {
    let sku =
        |object: &Value, node: &str| object.get("nodes").get(node).get("sku").as_str().map(str::to_owned);
    let asked = !planned.get("os_disk").get("size_gb").is_null();
    let (grows, reprices) = (plan::grows(prior, planned), plan::reprices(prior, planned));
    roster
        .kept
        .iter()
        .filter(|node| !roster.anew.contains_key(*node))
        .filter_map(|node| {
            let resized = sku(prior, node)
                .zip(sku(planned, node))
                .filter(|(old, new)| !old.eq_ignore_ascii_case(new))
                .map(|(_, new)| new);
            let machine = seen.get(node).and_then(|seen| seen.machine.as_ref());
            let small = machine.is_some_and(|machine| {
                machine.os_disk_gb < plan.os_disk_gb && machine.power == Power::Running
            });
            let grown = asked && (small || grows);
            let spot = plan.spot.clone().filter(|_| machine.is_some_and(|machine| machine.spot) && reprices);
            let halfway = machine.is_some_and(|machine| {
                machine.power != Power::Running
                    && (halted.contains(node) || plan::resized_before(prior, planned, &machine.sku))
            });
            (resized.is_some() || grown || spot.is_some() || halfway).then(|| {
                let os_disk_gb = grown.then_some(plan.os_disk_gb);
                (node.clone(), NodeChange { sku: resized, os_disk_gb, spot, start: true })
            })
        })
        .collect()
}

/// The region's machine types, where one is wanted that is not known by heart.
async fn unfamiliar(planned: &Value, machines: &dyn Machines, patience: &Patience) -> Arc<Vec<SkuSeen>> {
    let offers = Wanted(planned).offers().unwrap_or_default();
    if offers.iter().all(|offer| super::wanted::by_heart(&offer.sku).is_some()) {
        return Arc::default();
    }
    let location = Wanted(planned).text("location").unwrap_or_default();
    // Only facts for the state hang on it: what a machine needs, it is refused for.
    machines.skus(location, patience).await.unwrap_or_default()
}

fn told_kept(kept: &[String]) -> Diagnostics {
    if kept.is_empty() {
        return Diagnostics::none();
    }
    Diagnostic::warning(
        "Disks were kept",
        format!(
            "As on_remove asks, these were kept and cost money until you delete them:\n  {}",
            kept.join("\n  ")
        ),
    )
    .into()
}
