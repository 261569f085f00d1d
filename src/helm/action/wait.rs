//! Waiting until objects are ready, or gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::error::{ActionError, Unready};
use super::failure;
use super::objects::{Target, shown};
use super::observer::Event;
use super::options::FailFast;
use super::ready::{Goal, Readiness, hopeless, readiness};
use super::work::Work;
use crate::kube::wait::{Objects, Verdict, Waited};
use crate::kube::{Address, Kind, KubeError, Selector};
use crate::time::{Ended, Patience, now};

/// How often the pods of workloads that are not ready are looked at.
const PODS: Duration = Duration::from_secs(5);

/// How long looking for who is to blame may take once the wait is over.
const DIAGNOSING: Duration = Duration::from_secs(10);

/// How many objects are looked into: one cause has often many victims.
const LOOKED_INTO: usize = 3;

/// What is known of the objects that are waited for.
type States = Mutex<BTreeMap<Address, Readiness>>;

/// Objects of one kind in one place.
struct Group {
    kind: Kind,
    namespace: Option<String>,
    names: BTreeSet<String>,
}

fn groups(targets: &[Target]) -> Vec<Group> {
    let mut groups: BTreeMap<(Kind, Option<String>), BTreeSet<String>> = BTreeMap::new();
    for target in targets {
        let place = (target.at.kind.clone(), target.at.namespace.clone());
        groups.entry(place).or_default().insert(target.at.name.clone());
    }
    groups.into_iter().map(|((kind, namespace), names)| Group { kind, namespace, names }).collect()
}

impl Group {
    /// One object is watched by its name, several with all of their kind in the namespace.
    fn selector(&self) -> Selector {
        match self.names.first() {
            Some(name) if self.names.len() == 1 => Selector::name(name),
            _ => Selector::default(),
        }
    }
}

/// How a wait goes about its work.
#[derive(Clone, Copy)]
pub(super) struct Goals {
    pub(super) goal: Goal,
    pub(super) fail_fast: FailFast,
}

/// Waits until all are ready, without looking for pods that never will be.
pub(super) async fn until_ready(
    work: &Work<'_>,
    targets: &[Target],
    goal: Goal,
    patience: &Patience,
) -> Result<(), ActionError> {
    until(work, targets, Goals { goal, fail_fast: FailFast::No }, patience).await
}

/// Waits until all are ready.
///
/// # Errors
/// [`ActionError::NotReady`] with who is to blame.
pub(super) async fn until(
    work: &Work<'_>,
    targets: &[Target],
    goals: Goals,
    patience: &Patience,
) -> Result<(), ActionError> {
    if targets.is_empty() {
        return Ok(());
    }
    let states: States = Mutex::default();
    let groups = groups(targets);
    let told = tokio::select! {
        end = watch(work, &groups, goals, &states, patience) => end?,
        lost = look_at_pods(work, targets, &states, goals) => {
            let (at, reason) = lost;
            keep(&states, at, Readiness::Failed(reason));
            None
        }
    };
    let states = states.into_inner().unwrap_or_else(PoisonError::into_inner);
    let bad: Vec<(Address, String, bool)> = states
        .into_iter()
        .filter_map(|(at, readiness)| match readiness {
            Readiness::Ready => None,
            Readiness::Waiting(reason) => Some((at, reason, false)),
            Readiness::Failed(reason) => Some((at, reason, true)),
        })
        .collect();
    match told {
        Some((Ended::Stopped, _)) => return Err(Ended::Stopped.into()),
        // Nothing was ever seen: what kept the cluster from answering is the story.
        Some((_, Some(error))) => return Err((*error).into()),
        None if bad.is_empty() => return Ok(()),
        Some((ended, None)) if bad.is_empty() => return Err(ended.into()),
        _ => {}
    }
    Err(ActionError::NotReady(blame(work, bad).await))
}

fn keep(states: &States, at: Address, readiness: Readiness) {
    states.lock().unwrap_or_else(PoisonError::into_inner).insert(at, readiness);
}

/// How a wait ended before all were ready, and what kept the cluster from answering.
type Told = Option<(Ended, Option<Box<KubeError>>)>;

async fn watch(
    work: &Work<'_>,
    groups: &[Group],
    goals: Goals,
    states: &States,
    patience: &Patience,
) -> Result<Told, ActionError> {
    let chosen: Vec<Selector> = groups.iter().map(Group::selector).collect();
    let mut waits: FuturesUnordered<_> = groups
        .iter()
        .zip(&chosen)
        .map(|(group, chosen)| {
            let judge = move |objects: &Objects| judge(work, group, goals, states, objects);
            work.client.wait_for_all(&group.kind, group.namespace.as_deref(), chosen, patience, judge)
        })
        .collect();
    while let Some(waited) = waits.next().await {
        match waited? {
            Waited::Holds(_) => {}
            Waited::Never { .. } => return Ok(None),
            Waited::Ended { last, ended, error } => {
                return Ok(Some((ended, error.filter(|_| last.is_empty()))));
            }
        }
    }
    Ok(None)
}

/// What one group's objects come to, and a word about it to the observer.
fn judge(work: &Work<'_>, group: &Group, goals: Goals, states: &States, objects: &Objects) -> Verdict {
    let mut verdict = Verdict::Holds;
    for name in &group.names {
        let object = objects.iter().find(|((_, one), _)| one == name).map(|(_, object)| object);
        let readiness = match object {
            None => Readiness::Waiting("it does not exist".to_owned()),
            // A deployment that is paused makes no progress, and is not waited for.
            Some(object) if object["spec"]["paused"] == true && group.kind.kind == "Deployment" => {
                Readiness::Ready
            }
            Some(object) => readiness(object, goals.goal, now()),
        };
        match &readiness {
            Readiness::Failed(reason) if goals.fail_fast == FailFast::Yes => {
                verdict = Verdict::Never(reason.clone());
            }
            Readiness::Waiting(_) if verdict == Verdict::Holds => verdict = Verdict::NotYet,
            _ => {}
        }
        keep(states, group.kind.at(group.namespace.as_deref(), name), readiness);
    }
    let states = states.lock().unwrap_or_else(PoisonError::into_inner);
    let mut waiting = states.iter().filter_map(|(at, one)| match one {
        Readiness::Waiting(reason) => Some((at, reason)),
        _ => None,
    });
    if let Some((at, reason)) = waiting.next() {
        let left = 1 + waiting.count();
        work.observer.saw(Event::Waiting { left, object: &shown(at), reason });
    }
    verdict
}

/// Looks for pods that will never be ready while their workloads only say that they wait; never ends where
/// there are none.
async fn look_at_pods(
    work: &Work<'_>,
    targets: &[Target],
    states: &States,
    goals: Goals,
) -> (Address, String) {
    while goals.fail_fast == FailFast::Yes && work.patience.pause(PODS).await.is_ok() {
        let waiting: Vec<Address> = {
            let states = states.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = |at: &Address| matches!(states.get(at), Some(Readiness::Waiting(_)));
            targets.iter().map(|target| &target.at).filter(|at| waits(at)).cloned().collect()
        };
        for at in waiting {
            // Whoever may not look at pods has to wait for what the workload says.
            let Ok(pods) = failure::pods_of(&work.client, &at).await else { continue };
            if let Some(reason) = pods.present.iter().find_map(|pod| hopeless(pod, now())) {
                return (at, reason);
            }
        }
    }
    futures::future::pending().await
}

/// Who is to blame for the objects that are not ready; those that failed come first.
async fn blame(work: &Work<'_>, mut bad: Vec<(Address, String, bool)>) -> Vec<Unready> {
    bad.sort_by_key(|(_, _, failed)| !failed);
    let patience = work.patience.beyond(DIAGNOSING).at_most(DIAGNOSING);
    let client = work.client.within(&patience);
    let mut all = Vec::new();
    for (number, (at, reason, failed)) in bad.into_iter().enumerate() {
        let culprit = if number < LOOKED_INTO { failure::culprit(&client, &at).await } else { None };
        all.push(Unready { object: shown(&at), reason, failed, culprit });
    }
    all
}

/// Waits until none of them is there any more.
///
/// # Errors
/// [`ActionError::StillThere`].
pub(super) async fn until_gone(work: &Work<'_>, targets: &[Target]) -> Result<(), ActionError> {
    until_gone_within(work, targets, work.timeout).await
}

/// As [`until_gone`], for at most so long.
pub(super) async fn until_gone_within(
    work: &Work<'_>,
    targets: &[Target],
    limit: Duration,
) -> Result<(), ActionError> {
    if targets.is_empty() {
        return Ok(());
    }
    let limit = limit.min(work.timeout);
    let patience = work.patience.at_most(limit);
    let groups = groups(targets);
    let there: Mutex<BTreeSet<Address>> = Mutex::default();
    let chosen: Vec<Selector> = groups.iter().map(Group::selector).collect();
    let waits = groups.iter().zip(&chosen).map(|(group, chosen)| {
        let there = &there;
        let gone = move |objects: &Objects| {
            let mut there = there.lock().unwrap_or_else(PoisonError::into_inner);
            let mut verdict = Verdict::Holds;
            for name in &group.names {
                let at = group.kind.at(group.namespace.as_deref(), name);
                if objects.keys().any(|(_, one)| one == name) {
                    there.insert(at);
                    verdict = Verdict::NotYet;
                } else {
                    there.remove(&at);
                }
            }
            verdict
        };
        work.client.wait_for_all(&group.kind, group.namespace.as_deref(), chosen, &patience, gone)
    });
    for waited in futures::future::join_all(waits).await {
        match waited {
            // A definition that went took its kind along.
            Ok(Waited::Holds(_)) | Err(KubeError::NotFoundKind { .. }) => {}
            Ok(Waited::Ended { ended: Ended::Stopped, .. }) => return Err(Ended::Stopped.into()),
            Ok(Waited::Ended { last, error: Some(error), .. }) if last.is_empty() => {
                return Err((*error).into());
            }
            Ok(_) => {
                let there = there.lock().unwrap_or_else(PoisonError::into_inner);
                let objects = there.iter().map(shown).collect();
                return Err(ActionError::StillThere { objects, after: limit });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
