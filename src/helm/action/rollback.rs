//! Going back to an earlier revision, as a new one.
//!
//! Source: Helm 4.3, `pkg/action/rollback.go`.

use super::apply::Managers;
use super::deploy::{Revision, deploy};
use super::error::ActionError;
use super::install::{first, known};
use super::lease::{self, Taken};
use super::objects::{Unknown, parse, resolve};
use super::observer::{Event, Observer};
use super::options::{Method, Options};
use super::ownership::claim_all;
use super::recover::{Found, found, may_go_on};
use super::work::Work;
use super::{Failed, Outcome};
use crate::helm::release::{ApplyMethod, History, Info, Record, Status};
use crate::kube::Client;
use crate::time::{Patience, now};

/// Goes back to a revision; without one, to that before the newest.
///
/// # Errors
/// [`ActionError::NoRelease`], [`ActionError::NoRevision`], and those of an upgrade.
pub async fn rollback(
    client: &Client,
    namespace: &str,
    name: &str,
    revision: Option<u32>,
    options: &Options,
    observer: &dyn Observer,
    patience: &Patience,
) -> Result<Outcome, Box<Failed>> {
    let mut work = Work::new(client, namespace, name, observer, patience);
    (work.timeout, work.hooks, work.validation) = (options.timeout, options.hooks, options.validation);
    let mut history = work.store.history().await.map_err(ActionError::from)?;
    let Some(last) = history.last().filter(|_| found(&history) != Found::Nothing) else {
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        return Err(ActionError::NoRelease { name, namespace }.into());
    };
    let revision = revision.unwrap_or(last.version - 1);
    work.observer.saw(Event::Writing);
    let (lease, ours_before) = match lease::take(&work.client, &work.patience, namespace, name).await? {
        Taken::Held { lease, ours_before } => (Some(lease), ours_before),
        Taken::NotAllowed => (None, false),
    };
    work.lost = lease.as_ref().map(|lease| lease.lost());
    let result = async {
        if ours_before {
            history = work.store.history().await.map_err(ActionError::from)?;
        }
        may_go_on(&history, options.interrupted, ours_before, options.timeout, now())?;
        work.unsettled = !matches!(found(&history), Found::Nothing | Found::Standing);
        go_back(&mut work, &history, revision, options).await
    }
    .await;
    if let Some(lease) = lease {
        lease.give_back(work.left()).await;
    }
    result
}

/// Goes back while the lease is held.
pub(super) async fn go_back(
    work: &mut Work<'_>,
    history: &History,
    revision: u32,
    options: &Options,
) -> Result<Outcome, Box<Failed>> {
    let missing = || ActionError::NoRevision { name: work.name.clone(), revision };
    let earlier = history.get(revision).ok_or_else(missing)?.clone();
    let last = history.last().ok_or_else(missing)?.clone();
    let drafts = parse(&earlier.manifest, &earlier.name)?;
    let mut targets = resolve(&work.client, &drafts, &work.namespace, Unknown::Refuse).await?;
    claim_all(&mut targets, &work.name, &work.namespace);
    let originals = known(work, history).await?;
    let first = first(work, &targets, &originals, options).await?;
    if last.info.status.is_pending() {
        let mut last = last.clone();
        let was = last.info.status;
        last.set(Status::Failed, format!("Interrupted while it was {was}"));
        work.store.update(&last).await.map_err(ActionError::from)?;
    }
    let server_side = match options.method {
        Method::ServerSide => true,
        Method::ClientSide => false,
        Method::Auto => earlier.apply_method.is_server_side(),
    };
    let description = format!("Rollback to {revision}");
    let record = Record {
        version: history.next_revision(),
        namespace: work.namespace.clone(),
        info: Info {
            first_deployed: last.info.first_deployed,
            last_deployed: Some(now()),
            status: Status::PendingRollback,
            notes: earlier.info.notes.clone(),
            rollback_revision: revision,
            description: description.clone(),
            ..Info::default()
        },
        apply_method: if server_side { ApplyMethod::ServerSide } else { ApplyMethod::ClientSide },
        ..earlier
    };
    // Who wrote in between, and how, is not known.
    let managers = if server_side { Managers::Migrate } else { Managers::Known };
    let events = ["pre-rollback", "post-rollback"];
    let revision =
        Revision { record, word: "Rollback", description, events, targets, originals, first, managers };
    deploy(work, history, revision, options).await
}
