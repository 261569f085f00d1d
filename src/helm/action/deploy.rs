//! What install, upgrade and rollback share: a revision is stored, brought into the cluster, and concluded.
//!
//! Whatever happens after the record is stored, the record says at the end how it went. Between any two
//! requests the work may be cut off: the next run finds the record pending and goes on from there.

use serde_json::Value;

use super::apply::{Managers, Writer, delete_all};
use super::error::ActionError;
use super::hooks;
use super::install::First;
use super::objects::{Target, sort};
use super::observer::{Event, Phase};
use super::options::{Cleanup, OnFailure, Options, Pods, Removal, Wait};
use super::prune;
use super::ready::{Goal, Readiness, readiness};
use super::recreate;
use super::uninstall;
use super::wait::{Goals, until};
use super::work::Work;
use super::{Failed, Outcome, rollback};
use crate::helm::manifest::Order;
use crate::helm::release::{History, Record, Status};
use crate::kube::Propagation;
use crate::time::now;

/// One revision on its way.
pub(super) struct Revision {
    /// Its record, pending.
    pub(super) record: Record,
    /// What it is called in descriptions: `Release`, `Upgrade`, `Rollback`.
    pub(super) word: &'static str,
    /// The description of success.
    pub(super) description: String,
    /// The hooks before and after.
    pub(super) events: [&'static str; 2],
    /// Its objects, claimed, in the order of installation.
    pub(super) targets: Vec<Target>,
    /// The objects that earlier revisions may have left.
    pub(super) originals: Vec<Target>,
    /// Those of its objects that no earlier revision has.
    pub(super) first: First,
    /// Whose managers are migrated.
    pub(super) managers: Managers,
}

/// Stores the revision and brings it into the cluster.
pub(super) async fn deploy(
    work: &mut Work<'_>,
    history: &History,
    mut revision: Revision,
    options: &Options,
) -> Result<Outcome, Box<Failed>> {
    work.unsettled = true;
    work.store.create(&revision.record).await.map_err(ActionError::from)?;
    work.observer.saw(Event::Stored(&revision.record));
    let ended = match steps(work, history, &mut revision, options).await {
        Ok(objects) => conclude(work, history, &mut revision).await.map(|()| objects),
        Err(error) => Err(error),
    };
    match ended {
        Ok(objects) => {
            let warnings = std::mem::take(&mut work.warnings);
            Ok(Outcome { record: revision.record, objects, warnings })
        }
        Err(error) => Err(fail(work, revision, options, error).await),
    }
}

async fn steps(
    work: &mut Work<'_>,
    history: &History,
    revision: &mut Revision,
    options: &Options,
) -> Result<Vec<Value>, ActionError> {
    let [before, after] = revision.events;
    hooks::run(work, &mut revision.record, before, options.fail_fast).await?;
    work.phase(Phase::Objects);
    sort(&mut revision.targets, Order::Install);
    let writer = Writer {
        method: revision.record.apply_method,
        force: options.force,
        originals: &revision.originals,
        managers: revision.managers,
        taken: &revision.first.taken,
    };
    let objects = writer.write_all(work, &revision.targets).await?;
    prune_left(work, revision).await?;
    forget_surplus(work, history, options.max_history).await?;
    if options.pods == Pods::Recreate {
        recreate::pods(work, &revision.targets).await?;
    }
    let goal = match options.wait {
        Wait::Hooks => None,
        Wait::Objects => Some(Goal::Running),
        Wait::ObjectsAndJobs => Some(Goal::JobsDone),
    };
    if let Some(goal) = goal {
        work.phase(Phase::Waiting);
        // What was ready when it was written is not looked at again, unless its pods were made anew.
        let settled =
            |object: &Value| options.pods == Pods::Keep && readiness(object, goal, now()) == Readiness::Ready;
        let pairs = revision.targets.iter().zip(&objects);
        let pending: Vec<Target> = pairs
            .filter(|(target, object)| !target.at.name.is_empty() && !settled(object))
            .map(|(one, _)| one.clone())
            .collect();
        until(work, &pending, Goals { goal, fail_fast: options.fail_fast }, &work.one_wait()).await?;
        super::crds::known(work, &revision.targets).await?;
    }
    hooks::run(work, &mut revision.record, after, options.fail_fast).await?;
    Ok(objects)
}

/// Removes what earlier revisions have and this one has not.
async fn prune_left(work: &mut Work<'_>, revision: &Revision) -> Result<(), ActionError> {
    let stay: std::collections::BTreeSet<_> = revision.targets.iter().map(Target::identity).collect();
    let left: Vec<Target> =
        revision.originals.iter().filter(|one| !stay.contains(&one.identity())).cloned().collect();
    if left.is_empty() {
        return Ok(());
    }
    work.phase(Phase::Pruning);
    let gone = prune::remove(work, left, Propagation::Background).await?;
    for object in gone.strange {
        work.warnings.push(format!("{object} left the release and stays: it belongs to others by now"));
    }
    Ok(())
}

/// Removes records beyond those that are kept. Their objects are gone or part of this revision by now.
async fn forget_surplus(work: &Work<'_>, history: &History, max_history: u32) -> Result<(), ActionError> {
    if max_history == 0 || history.records().len() < max_history as usize {
        return Ok(());
    }
    let with_this = work.store.history().await?;
    for revision in with_this.surplus(max_history) {
        work.store.remove(revision).await?;
    }
    Ok(())
}

/// Records success: first that this revision runs, then that earlier ones do not. Cut off in between, two say
/// so, and everybody takes the later.
async fn conclude(
    work: &mut Work<'_>,
    history: &History,
    revision: &mut Revision,
) -> Result<(), ActionError> {
    revision.record.set(Status::Deployed, revision.description.clone());
    if let Err(error) = work.store.update(&revision.record).await {
        // Everything is done: the record should say so if there is any way.
        if work.store.conclude(&revision.record).await.is_err() {
            return Err(error.into());
        }
    }
    work.unsettled = false;
    work.observer.saw(Event::Stored(&revision.record));
    for earlier in history.records().iter().filter(|one| one.info.status == Status::Deployed) {
        let mut earlier = earlier.clone();
        earlier.info.status = Status::Superseded;
        if work.store.update(&earlier).await.is_err() {
            tracing::debug!(
                revision = earlier.version,
                "not recorded as superseded; the later revision counts"
            );
        }
    }
    Ok(())
}

/// Records failure, and undoes what is to be undone.
async fn fail(
    work: &mut Work<'_>,
    mut revision: Revision,
    options: &Options,
    error: ActionError,
) -> Box<Failed> {
    let mut warnings = std::mem::take(&mut work.warnings);
    let left = |record: Record, warnings: &Vec<String>| {
        Some(Outcome { record, objects: Vec::new(), warnings: warnings.clone() })
    };
    if work.is_lost() {
        // Whoever has the lease now judges this revision.
        return Box::new(Failed { error, left: left(revision.record, &warnings), warnings });
    }
    let record = &mut revision.record;
    if record.info.status != Status::Deployed {
        record.set(Status::Failed, format!("{} {:?} failed: {}", revision.word, record.name, error.line()));
    }
    let recorded = work.store.conclude(record).await;
    if recorded.is_ok() {
        work.unsettled = false;
        work.observer.saw(Event::Stored(record));
    }
    if error.is_stop() || work.is_stopped() || recorded.is_err() {
        return Box::new(Failed { error, left: left(revision.record, &warnings), warnings });
    }
    // Undoing may take as long as one more wait, although the time of the operation may be over.
    work.patience = work.patience.beyond(work.timeout);
    work.client = work.client.within(&work.patience);
    if options.cleanup == Cleanup::Remove && options.on_failure == OnFailure::Leave {
        let mut new: Vec<_> = revision.first.new.iter().cloned().map(|one| (one, None)).collect();
        new.reverse();
        if let Err(undoing) = delete_all(work, &new, Propagation::Background).await {
            warnings.push(format!("not every new object could be removed: {undoing}"));
        }
    }
    if options.on_failure == OnFailure::Leave {
        return Box::new(Failed { error, left: left(revision.record, &warnings), warnings });
    }
    work.phase(Phase::Undoing);
    match Box::pin(undo(work, &revision.record, options)).await {
        Ok(back) => {
            let back_to = back.as_ref().map(|outcome| outcome.record.info.rollback_revision);
            let error = ActionError::Undone { error: Box::new(error), back_to };
            Box::new(Failed { error, left: back, warnings })
        }
        Err(undoing) => {
            let error = ActionError::Undoing { error: Box::new(error), undoing: Box::new(undoing) };
            Box::new(Failed { error, left: left(revision.record, &warnings), warnings })
        }
    }
}

/// Brings back what ran before; where nothing did, the release is removed.
async fn undo(
    work: &mut Work<'_>,
    failed: &Record,
    options: &Options,
) -> Result<Option<Outcome>, ActionError> {
    let history = work.store.history().await?;
    let back = history.last_good(failed.version).filter(|_| history.has_run()).map(|good| good.version);
    let Some(back) = back else {
        let removal = Removal {
            wait: options.wait,
            hooks: options.hooks,
            propagation: Propagation::Background,
            keep_history: false,
            timeout: options.timeout,
            description: None,
        };
        uninstall::remove(work, &history, &removal, uninstall::Draws::Kept).await?;
        return Ok(None);
    };
    let plain = Options { on_failure: OnFailure::Leave, ..options.clone() };
    match rollback::go_back(work, &history, back, &plain).await {
        Ok(outcome) => Ok(Some(outcome)),
        Err(failed) => Err(failed.error),
    }
}
