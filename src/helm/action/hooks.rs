//! Hooks: objects that are made at a point of a release's life and waited for, one after another.
//!
//! Source: Helm 4.3, `pkg/action/hooks.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::apply::{Managers, Writer, delete_all};
use super::error::ActionError;
use super::objects::{Target, Unknown, parse, resolve, shown};
use super::observer::Event;
use super::options::{FailFast, Force, Hooks};
use super::ready::Goal;
use super::wait::{Goals, until, until_gone, until_gone_within};
use super::work::Work;
use crate::helm::release::{ApplyMethod, History, Phase, Record, StoredHook};
use crate::kube::{Kind, Logs, Propagation, Scope, Selector};
use crate::time::now;

const BEFORE: &str = "before-hook-creation";
const SUCCEEDED: &str = "hook-succeeded";
const FAILED: &str = "hook-failed";

/// How long the pods of an earlier run may take to end: as long as Kubernetes gives a pod by itself.
const PODS: Duration = Duration::from_secs(30);

/// Runs the hooks of an event: by weight, then by name. What became of each is kept in the record.
///
/// # Errors
/// [`ActionError::Hook`] with the hook that did not come to its end; later ones are not begun.
pub(super) async fn run(
    work: &Work<'_>,
    record: &mut Record,
    event: &str,
    fail_fast: FailFast,
) -> Result<(), ActionError> {
    if work.hooks == Hooks::Skip {
        return Ok(());
    }
    let mut order: Vec<usize> =
        (0..record.hooks.len()).filter(|at| record.hooks[*at].runs_at(event)).collect();
    order.sort_by(|one, other| {
        let key = |at: &usize| (record.hooks[*at].weight, record.hooks[*at].name.clone());
        key(one).cmp(&key(other))
    });
    let mut done: Vec<(StoredHook, Vec<Target>)> = Vec::new();
    for at in order {
        let hook = record.hooks[at].clone();
        let failed = |source: ActionError| ActionError::Hook {
            event: event.to_owned(),
            object: format!("{} {}", hook.kind, hook.name),
            source: Box::new(source),
        };
        work.check()?;
        work.observer.saw(Event::Hook { event, object: format!("{} {}", hook.kind, hook.name) });
        let targets = objects(work, &hook, Unknown::Refuse).await.map_err(failed)?;
        delete(work, &hook, &targets, BEFORE).await.map_err(failed)?;
        let run = &mut record.hooks[at].last_run;
        (run.started_at, run.completed_at, run.phase) = (Some(now()), None, Phase::Running);
        work.store.update(record).await?;
        let ended = execute(work, &targets, record.apply_method, fail_fast).await;
        let run = &mut record.hooks[at].last_run;
        run.completed_at = Some(now());
        run.phase = if ended.is_ok() { Phase::Succeeded } else { Phase::Failed };
        if let Err(error) = ended {
            if !error.is_stop() {
                tell(work, &hook, &targets, FAILED).await;
                // The failure is the story; what cannot be removed goes before the next run.
                let _ = delete(work, &hook, &targets, FAILED).await;
                for (hook, targets) in &done {
                    let _ = delete(work, hook, targets, SUCCEEDED).await;
                }
            }
            return Err(failed(error));
        }
        done.push((hook, targets));
    }
    for (hook, targets) in done.iter().rev() {
        tell(work, hook, targets, SUCCEEDED).await;
        delete(work, hook, targets, SUCCEEDED).await?;
    }
    Ok(())
}

async fn objects(work: &Work<'_>, hook: &StoredHook, unknown: Unknown) -> Result<Vec<Target>, ActionError> {
    let drafts = parse(&hook.manifest, &hook.path)?;
    resolve(&work.client, &drafts, &work.namespace, unknown).await
}

async fn execute(
    work: &Work<'_>,
    targets: &[Target],
    method: ApplyMethod,
    fail_fast: FailFast,
) -> Result<(), ActionError> {
    let taken = BTreeSet::new();
    let writer =
        Writer { method, force: Force::No, originals: &[], managers: Managers::Known, taken: &taken };
    writer.write_all(work, targets).await?;
    let ends: Vec<Target> = targets.iter().filter(|one| has_end(one)).cloned().collect();
    until(work, &ends, Goals { goal: Goal::HookDone, fail_fast }, &work.one_wait()).await
}

/// Whether a hook of this kind comes to an end; others are done when they are made.
fn has_end(target: &Target) -> bool {
    matches!(target.at.kind.kind.as_str(), "Job" | "Pod")
}

/// Removes the hook's objects where its policies say so at this moment, and waits until they are gone.
async fn delete(
    work: &Work<'_>,
    hook: &StoredHook,
    targets: &[Target],
    policy: &str,
) -> Result<(), ActionError> {
    // Removing a definition would remove every object of its kind.
    if !hook.deletes_at(policy) || hook.kind == "CustomResourceDefinition" {
        return Ok(());
    }
    let all = targets.iter().filter(|one| !one.at.name.is_empty()).cloned();
    let (mut rest, running): (Vec<Target>, Vec<Target>) = all.partition(|one| !has_end(one));
    if policy == BEFORE && !running.is_empty() {
        // A job that was cut off may run still: its pods go first. Otherwise two would run, and the controller, which
        // tells jobs apart by their names, may wait for minutes for a pod of the one that is gone.
        let left = delete_all(work, &doomed(&running), Propagation::Foreground).await?;
        match until_gone_within(work, &left, PODS).await {
            // A node that is lost never says that its pods have ended.
            Err(ActionError::StillThere { .. }) => rest.extend(running),
            gone => gone?,
        }
    } else {
        rest.extend(running);
    }
    let left = delete_all(work, &doomed(&rest), Propagation::Background).await?;
    until_gone(work, &left).await
}

/// Removes the jobs and pods of hooks that did not come to their end and were left to be looked at: nobody else would
/// once the release is gone. Hooks that succeeded are no part of the release, as in Helm.
pub(super) async fn sweep(work: &Work<'_>, history: &History) -> Result<(), ActionError> {
    if work.hooks == Hooks::Skip {
        return Ok(());
    }
    let mut ends: BTreeMap<(&str, &str), (&StoredHook, Phase)> = BTreeMap::new();
    for hook in history.present().iter().flat_map(|record| &record.hooks) {
        if hook.last_run.phase != Phase::None {
            ends.insert((&hook.kind, &hook.name), (hook, hook.last_run.phase));
        }
    }
    for (hook, phase) in ends.into_values() {
        if matches!(phase, Phase::Failed | Phase::Running) {
            let left: Vec<Target> =
                objects(work, hook, Unknown::Skip).await?.into_iter().filter(has_end).collect();
            delete_all(work, &doomed(&left), Propagation::Background).await?;
        }
    }
    Ok(())
}

/// Objects for a deletion, whichever they are by now.
fn doomed(targets: &[Target]) -> Vec<(Target, Option<String>)> {
    targets.iter().cloned().map(|one| (one, None)).collect()
}

/// Tells what the hook's containers printed, where it asks for that at this moment.
async fn tell(work: &Work<'_>, hook: &StoredHook, targets: &[Target], policy: &str) {
    if !hook.tells_at(policy) {
        return;
    }
    let kind = Kind::new("v1", "Pod", "pods", Scope::Namespaced);
    for target in targets.iter().filter(|one| has_end(one)) {
        let chosen = match target.at.kind.kind.as_str() {
            "Job" => Selector::labels(format!("job-name={}", target.at.name)),
            _ => Selector::name(&target.at.name),
        };
        let namespace = target.at.namespace.as_deref().unwrap_or_default();
        let Ok(listing) = work.client.list(&kind, Some(namespace), &chosen).await else {
            tracing::debug!(hook = shown(&target.at), "no pods to read logs of");
            continue;
        };
        for pod in listing.items {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
            for container in containers.filter_map(|one| one["name"].as_str()) {
                let of = Logs { container: Some(container.to_owned()), ..Logs::default() };
                if let Ok(text) = work.client.logs(namespace, name, &of).await {
                    work.observer.saw(Event::Log { pod: name, container, text: &text });
                }
            }
        }
    }
}
