//! Writing objects: by the server's apply or by patches, in the order of their kinds.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::error::ActionError;
use super::managers::{self, HELM};
use super::objects::{Identity, Target, batches};
use super::options::Force;
use super::ownership::{AT_ONCE, look};
use super::strategic;
use super::work::Work;
use crate::helm::release::ApplyMethod;
use crate::kube::{Apply, Conflicts, Deletion, DryRun, KubeError, Propagation, Writing};
use crate::outcome::Presence;

/// How often a write is repeated that lost against another writer of the same object, such as a quota.
const TRIES: u32 = 5;

/// How long between two such tries.
const PAUSE: Duration = Duration::from_millis(200);

/// How objects are written.
pub(super) struct Writer<'a> {
    pub(super) method: ApplyMethod,
    pub(super) force: Force,
    /// What the last revisions have of the objects.
    pub(super) originals: &'a [Target],
    /// Whether earlier tools may have managed the objects that are there.
    pub(super) managers: Managers,
    /// The objects that are taken from others: their fields with them.
    pub(super) taken: &'a BTreeSet<Identity>,
}

/// Whether earlier tools may have managed the objects that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Managers {
    /// They may: each is looked at.
    Migrate,
    /// They do not, unless a conflict says so.
    Known,
}

impl Writer<'_> {
    /// Writes all, kind by kind; what the cluster answered, in their order.
    ///
    /// # Errors
    /// The first refusal ends it; what was under way at that moment is finished.
    pub(super) async fn write_all(
        &self,
        work: &Work<'_>,
        targets: &[Target],
    ) -> Result<Vec<Value>, ActionError> {
        let mut written = Vec::new();
        for batch in batches(targets) {
            work.check()?;
            let all: Vec<_> = batch.iter().map(|target| self.write(work, target)).collect();
            let answers: Vec<Result<Value, ActionError>> =
                stream::iter(all).buffered(AT_ONCE).collect().await;
            written.extend(answers.into_iter().collect::<Result<Vec<_>, _>>()?);
        }
        Ok(written)
    }

    async fn write(&self, work: &Work<'_>, target: &Target) -> Result<Value, ActionError> {
        if target.at.name.is_empty() {
            return create(work, target).await;
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let written = if self.method == ApplyMethod::ServerSide {
                self.apply(work, target).await
            } else {
                self.patch(work, target).await
            };
            match written {
                Err(ActionError::Kube(KubeError::Changed { .. })) if tries < TRIES => {
                    work.patience.pause(PAUSE).await?;
                }
                Err(ActionError::Kube(KubeError::Immutable { .. })) if self.force == Force::Replace => {
                    remake(work, target).await?;
                    return create(work, target).await;
                }
                written => return written,
            }
        }
    }

    async fn apply(&self, work: &Work<'_>, target: &Target) -> Result<Value, ActionError> {
        if self.managers == Managers::Migrate {
            managers::migrate(&work.client, &target.at).await?;
        }
        let forced = self.force == Force::Replace || self.taken.contains(&target.identity());
        let conflicts = if forced { Conflicts::Force } else { Conflicts::Refuse };
        let apply = Apply { writing: writing(work), conflicts };
        match work.client.apply(&target.at, &target.object, &apply).await {
            Err(KubeError::Conflict { conflicts, .. })
                if conflicts.iter().all(|one| managers::is_earlier_tool(&one.manager)) =>
            {
                managers::migrate(&work.client, &target.at).await?;
                Ok(work.client.apply(&target.at, &target.object, &apply).await?)
            }
            applied => Ok(applied?),
        }
    }

    async fn patch(&self, work: &Work<'_>, target: &Target) -> Result<Value, ActionError> {
        let Some(live) = look(&work.client, target).await? else { return create(work, target).await };
        let identity = target.identity();
        let original = self.originals.iter().find(|one| one.identity() == identity);
        // Without an earlier revision the cluster's object is the one to start from: nothing of it is removed.
        let old = original.map_or(&target.object, |original| &original.object);
        let patch = strategic::patch(&target.at.kind.group, old, &target.object);
        if matches!(&patch, crate::kube::Patch::Merge(fields) if fields == &serde_json::json!({})) {
            return Ok(live);
        }
        Ok(work.client.patch(&target.at, &patch, &writing(work)).await?)
    }
}

fn writing(work: &Work<'_>) -> Writing {
    Writing { manager: HELM.to_owned(), dry_run: DryRun::Off, validation: work.validation }
}

/// Makes an object. One that is there after an answer that did not come is ours.
async fn create(work: &Work<'_>, target: &Target) -> Result<Value, ActionError> {
    let namespace = target.at.namespace.as_deref();
    match work.client.create(&target.at.kind, namespace, &target.object, &writing(work)).await {
        Err(error) if error.perhaps_done() && !target.at.name.is_empty() => {
            look(&work.client, target).await?.ok_or_else(|| error.into())
        }
        made => Ok(made?),
    }
}

/// Removes an object whose fields refuse to change, and waits until it is gone. What it owns is deleted with it.
async fn remake(work: &Work<'_>, target: &Target) -> Result<(), ActionError> {
    let deletion = Deletion { propagation: Propagation::Background, ..Deletion::default() };
    work.client.delete(&target.at, &deletion).await?;
    super::wait::until_gone(work, std::slice::from_ref(target)).await
}

/// Deletes objects, kind by kind, each only if it is still the one that was seen; what is not there is no
/// error. Those that are still there: on their way, or held by a finalizer.
pub(super) async fn delete_all(
    work: &Work<'_>,
    targets: &[(Target, Option<String>)],
    propagation: Propagation,
) -> Result<Vec<Target>, ActionError> {
    let mut left = Vec::new();
    for batch in targets.chunk_by(|one, next| one.0.at.kind.kind == next.0.at.kind.kind) {
        work.check()?;
        let all: Vec<_> = batch
            .iter()
            .map(|(target, uid)| async move {
                let deletion = Deletion { propagation, uid: uid.clone(), grace_seconds: None };
                match work.client.delete(&target.at, &deletion).await {
                    Ok(Presence::Here(left)) if left["kind"] != "Status" => Ok(Some(target.clone())),
                    // Where it changed, another object of that name has come since.
                    Ok(_)
                    | Err(
                        KubeError::NotFoundKind { .. }
                        | KubeError::NotFound { .. }
                        | KubeError::Changed { .. },
                    ) => Ok(None),
                    Err(error) => Err(ActionError::from(error)),
                }
            })
            .collect();
        let found: Vec<Option<Target>> = stream::iter(all).buffered(AT_ONCE).try_collect().await?;
        left.extend(found.into_iter().flatten());
    }
    Ok(left)
}
