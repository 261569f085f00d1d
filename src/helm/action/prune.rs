//! Objects that have left the release.

use super::apply::delete_all;
use super::error::ActionError;
use super::objects::{Target, shown, sort, text};
use super::ownership::{is_kept, is_ours, look_at_all};
use super::work::Work;
use crate::helm::manifest::Order;
use crate::kube::Propagation;

/// What became of objects that were to go.
pub(super) struct Gone {
    /// Those that are deleted and still there.
    pub(super) leaving: Vec<Target>,
    /// Those that stay by their policy.
    pub(super) kept: Vec<String>,
    /// Those that are not the release's.
    pub(super) strange: Vec<String>,
}

/// Deletes objects of the release: not those that are to be kept, and not those that belong to others by now.
pub(super) async fn remove(
    work: &Work<'_>,
    mut targets: Vec<Target>,
    propagation: Propagation,
) -> Result<Gone, ActionError> {
    sort(&mut targets, Order::Uninstall);
    let mut gone = Gone { leaving: Vec::new(), kept: Vec::new(), strange: Vec::new() };
    // An object whose own text asks for it is kept without a look.
    let (kept, rest): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| is_kept(&target.object));
    gone.kept = kept.iter().map(Target::shown).collect();
    let seen = look_at_all(&work.client, &rest.iter().collect::<Vec<_>>()).await?;
    let mut doomed = Vec::new();
    for (target, live) in rest.into_iter().zip(seen) {
        let Some(live) = live else { continue };
        if is_kept(&live) {
            gone.kept.push(shown(&target.at));
        } else if !is_ours(&live, &work.name, &work.namespace) {
            gone.strange.push(shown(&target.at));
        } else {
            doomed.push((target, Some(text(&live, "/metadata/uid").to_owned())));
        }
    }
    gone.leaving = delete_all(work, &doomed, propagation).await?;
    Ok(gone)
}
