//! Removing a release.
//!
//! Source: Helm 4.3, `pkg/action/uninstall.go`. The newest record says `uninstalling` from before the first hook
//! until everything is gone, and goes last: a removal that was cut off is found and finished.

use super::Failed;
use super::error::ActionError;
use super::hooks;
use super::install::known;
use super::lease::{self, Taken};
use super::observer::{Event, Observer, Phase};
use super::options::{FailFast, Interrupted, Removal, Wait};
use super::prune;
use super::wait::until_gone;
use super::work::Work;
use crate::helm::release::{ApplyMethod, History, Record, Status};
use crate::kube::Client;
use crate::time::{Patience, now};

/// What was removed, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    /// The newest record; empty where there was no release.
    pub record: Option<Record>,
    /// Objects that stay by their policy.
    pub kept: Vec<String>,
    /// Objects of the manifest that belong to others by now.
    pub strange: Vec<String>,
}

/// Removes a release; one that is not there is no error.
///
/// # Errors
/// [`Failed`]: the next run goes on from there.
pub async fn uninstall(
    client: &Client,
    namespace: &str,
    name: &str,
    removal: &Removal,
    observer: &dyn Observer,
    patience: &Patience,
) -> Result<Removed, Box<Failed>> {
    let mut work = Work::new(client, namespace, name, observer, patience);
    let (history, drawn) = work.store.look().await.map_err(ActionError::from)?;
    if history.is_empty() {
        // What a removal left that was cut off at its very end.
        lease::clear(&work.client, namespace, name).await?;
        if drawn.is_some() {
            // What a removal left that was cut off at its end.
            work.store.forget_drawn().await.map_err(ActionError::from)?;
        }
        return Ok(Removed::default());
    }
    work.observer.saw(Event::Writing);
    let (lease, ours_before) = match lease::take(&work.client, &work.patience, namespace, name).await? {
        Taken::Held { lease, ours_before } => (Some(lease), ours_before),
        Taken::NotAllowed => (None, false),
    };
    work.lost = lease.as_ref().map(|lease| lease.lost());
    let result = async {
        let history = if ours_before { work.store.history().await? } else { history };
        super::recover::may_go_on(&history, Interrupted::Recover, ours_before, removal.timeout, now())?;
        let draws = if drawn.is_some() { Draws::Kept } else { Draws::None };
        remove(&mut work, &history, removal, draws).await
    }
    .await;
    if let Some(lease) = lease {
        lease.give_back(work.left()).await;
    }
    result.map_err(|error| Box::new(Failed { error, left: None, warnings: work.warnings }))
}

/// Whether what the release drew is kept beside its records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Draws {
    /// It is, or may be.
    Kept,
    /// It drew nothing.
    None,
}

/// Removes a release while the lease is held.
pub(super) async fn remove(
    work: &mut Work<'_>,
    history: &History,
    removal: &Removal,
    draws: Draws,
) -> Result<Removed, ActionError> {
    (work.timeout, work.hooks) = (removal.timeout, removal.hooks);
    let Some(last) = history.last() else { return Ok(Removed::default()) };
    let mut record = last.clone();
    let mut removed = Removed::default();
    if record.info.status != Status::Uninstalled {
        record.set(Status::Uninstalling, "Deletion in progress (or silently failed)");
        record.info.deleted = Some(now());
        // Hooks of a removal are always written by the server's apply; the record keeps its own method.
        work.unsettled = true;
        let method = std::mem::replace(&mut record.apply_method, ApplyMethod::ServerSide);
        work.store.update(&Record { apply_method: method, ..record.clone() }).await?;
        hooks::run(work, &mut record, "pre-delete", FailFast::Yes).await?;
        work.phase(Phase::Removing);
        let targets = known(work, history).await?;
        let gone = prune::remove(work, targets, removal.propagation).await?;
        if removal.wait != Wait::Hooks {
            until_gone(work, &gone.leaving).await?;
        }
        hooks::run(work, &mut record, "post-delete", FailFast::Yes).await?;
        hooks::sweep(work, history).await?;
        record.apply_method = method;
        (removed.kept, removed.strange) = (gone.kept, gone.strange);
    }
    if removal.keep_history {
        let description = removal.description.clone().unwrap_or_else(|| "Uninstallation complete".to_owned());
        record.set(Status::Uninstalled, description);
        work.store.update(&record).await?;
        for earlier in history.records().iter().filter(|one| one.info.status == Status::Deployed) {
            if earlier.version != record.version {
                let mut earlier = earlier.clone();
                earlier.info.status = Status::Superseded;
                work.store.update(&earlier).await?;
            }
        }
    } else {
        // The newest goes last: without it nobody would look for what is left.
        for one in history.records() {
            if one.version == last.version && draws == Draws::Kept {
                work.store.forget_drawn().await?;
            }
            work.store.remove(one.version).await?;
        }
    }
    work.unsettled = false;
    removed.record = Some(record);
    Ok(removed)
}
