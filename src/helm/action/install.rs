//! Bringing a release to what is desired: install and upgrade are the same way from different places.

use std::collections::BTreeSet;

use super::apply::Managers;
use super::deploy::{Revision, deploy};
use super::error::ActionError;
use super::lease::{self, Taken};
use super::objects::{Draft, Identity, Target, Unknown, parse, resolve, union};
use super::observer::{Event, Observer};
use super::options::{Method, Namespace, Options, Removal, Wait};
use super::ownership::{check, claim_all, is_ours};
use super::recover::{Found, Intent, found, intent, may_go_on};
use super::work::Work;
use super::{Desired, Failed, Outcome, crds, namespace, uninstall};
use crate::helm::manifest;
use crate::helm::release::{ApplyMethod, History, Info, Record, Status, StoredHook};
use crate::kube::{Client, Propagation};
use crate::time::{Patience, now};

/// Brings a release to what is desired, whether it exists or not, and whatever an earlier run left: a failed or
/// interrupted one is repaired in place, an interrupted removal is finished first.
///
/// # Errors
/// [`Failed`] says what exists now.
pub async fn install(
    client: &Client,
    desired: &Desired,
    options: &Options,
    observer: &dyn Observer,
    patience: &Patience,
) -> Result<Outcome, Box<Failed>> {
    let mut work = begin(client, desired, options, observer, patience);
    let history = work.store.history().await.map_err(ActionError::from)?;
    bring(&mut work, history, desired, options).await
}

/// As [`install`], for a release that must exist.
///
/// # Errors
/// [`ActionError::NoRelease`] where it does not.
pub async fn upgrade(
    client: &Client,
    desired: &Desired,
    options: &Options,
    observer: &dyn Observer,
    patience: &Patience,
) -> Result<Outcome, Box<Failed>> {
    let mut work = begin(client, desired, options, observer, patience);
    let history = work.store.history().await.map_err(ActionError::from)?;
    if found(&history) == Found::Nothing {
        let (name, namespace) = (desired.name.clone(), desired.namespace.clone());
        return Err(ActionError::NoRelease { name, namespace }.into());
    }
    bring(&mut work, history, desired, options).await
}

fn begin<'a>(
    client: &Client,
    desired: &Desired,
    options: &Options,
    observer: &'a dyn Observer,
    patience: &Patience,
) -> Work<'a> {
    let mut work = Work::new(client, &desired.namespace, &desired.name, observer, patience);
    (work.timeout, work.hooks, work.validation) = (options.timeout, options.hooks, options.validation);
    work
}

async fn bring(
    work: &mut Work<'_>,
    history: History,
    desired: &Desired,
    options: &Options,
) -> Result<Outcome, Box<Failed>> {
    let drafts = parse(&manifest::manifest([], &desired.rendered.manifests), &desired.name)?;
    // Strangers are refused before anything is written, as far as the cluster knows their kinds by now.
    let first = look(work, &history, &drafts, options, Unknown::Skip).await?;
    let settled = matches!(found(&history), Found::Nothing | Found::Standing);
    let first = (settled && first.targets.len() == drafts.len()).then_some(first);
    work.check()?;
    work.observer.saw(Event::Writing);
    if options.namespace == Namespace::Create && history.is_empty() {
        namespace::ensure(work).await?;
    }
    let taken = lease::take(&work.client, &work.patience, &work.namespace, &work.name).await?;
    let (lease, ours_before) = match taken {
        Taken::Held { lease, ours_before } => (Some(lease), ours_before),
        Taken::NotAllowed => (None, false),
    };
    work.lost = lease.as_ref().map(|lease| lease.lost());
    let result = hold(work, history, desired, options, (&drafts, first), ours_before).await;
    if let Some(lease) = lease {
        lease.give_back(work.left()).await;
    }
    result
}

/// The work while the lease is held.
async fn hold(
    work: &mut Work<'_>,
    mut history: History,
    desired: &Desired,
    options: &Options,
    (drafts, mut first): (&[Draft], Option<Look>),
    ours_before: bool,
) -> Result<Outcome, Box<Failed>> {
    if ours_before {
        first = None;
        // Whoever was here may have done something since the first look.
        history = work.store.history().await.map_err(ActionError::from)?;
    }
    may_go_on(&history, options.interrupted, ours_before, options.timeout, now())?;
    work.unsettled = !matches!(found(&history), Found::Nothing | Found::Standing);
    history = settle(work, history, options).await?;
    work.unsettled = false;
    crds::install(work, &desired.rendered.crds, options.crds).await?;
    let look = match first {
        Some(look) => look,
        None => look(work, &history, drafts, options, Unknown::Refuse).await?,
    };
    if let Some(drawn) = &desired.drawn {
        // Before the first object: whoever goes on after a cut draws the same again.
        work.store.keep_drawn(drawn).await.map_err(ActionError::from)?;
    }
    let revision = prepare(&history, desired, options, look);
    deploy(work, &history, revision, options).await
}

/// What is known of a release's objects before they are written.
struct Look {
    /// As they shall be, claimed.
    targets: Vec<Target>,
    /// What earlier revisions may have left.
    originals: Vec<Target>,
    /// What is there of those that no earlier revision has.
    first: First,
}

/// Looks for strangers among the objects.
async fn look(
    work: &Work<'_>,
    history: &History,
    drafts: &[Draft],
    options: &Options,
    unknown: Unknown,
) -> Result<Look, ActionError> {
    let mut targets = resolve(&work.client, drafts, &work.namespace, unknown).await?;
    claim_all(&mut targets, &work.name, &work.namespace);
    let originals = known(work, history).await?;
    let first = first(work, &targets, &originals, options).await?;
    Ok(Look { targets, originals, first })
}

/// Objects that come into the release.
pub(super) struct First {
    /// Those that did not exist.
    pub(super) new: Vec<Target>,
    /// Those that somebody else owned.
    pub(super) taken: BTreeSet<Identity>,
    /// Whether any of them exists.
    exist: bool,
}

/// Looks at the objects that no earlier revision has.
pub(super) async fn first(
    work: &Work<'_>,
    targets: &[Target],
    known: &[Target],
    options: &Options,
) -> Result<First, ActionError> {
    let known: BTreeSet<_> = known.iter().map(Target::identity).collect();
    let fresh: Vec<&Target> = targets.iter().filter(|target| !known.contains(&target.identity())).collect();
    let seen = check(&work.client, &fresh, &work.name, &work.namespace, options.ownership).await?;
    let mut first = First { new: Vec::new(), taken: BTreeSet::new(), exist: false };
    for (target, seen) in fresh.into_iter().zip(&seen) {
        first.exist |= seen.is_some();
        match seen {
            None => first.new.push(target.clone()),
            Some(object) if !is_ours(object, &work.name, &work.namespace) => {
                first.taken.insert(target.identity());
            }
            Some(_) => {}
        }
    }
    Ok(first)
}

/// Brings a release that was left in the middle to where the next revision can begin.
async fn settle(work: &mut Work<'_>, history: History, options: &Options) -> Result<History, ActionError> {
    match found(&history) {
        Found::Nothing | Found::Standing => Ok(history),
        Found::CutOff(last) => {
            let mut last = last.clone();
            let was = last.info.status;
            last.set(Status::Failed, format!("Interrupted while it was {was}"));
            work.store.update(&last).await?;
            work.warnings.push(format!(
                "revision {} was interrupted while it was {was}; it is repaired",
                last.version
            ));
            let others = history.records().iter().filter(|one| one.version != last.version).cloned();
            Ok(History::new(others.chain([last.clone()]).collect()))
        }
        Found::Removing(last) => {
            work.warnings.push(format!(
                "the removal of revision {} was interrupted; it is finished first",
                last.version
            ));
            let removal = Removal {
                wait: Wait::Objects,
                hooks: options.hooks,
                propagation: Propagation::Background,
                keep_history: false,
                timeout: options.timeout,
                description: None,
            };
            // What was drawn goes into the install that follows.
            uninstall::remove(work, &history, &removal, uninstall::Draws::None).await?;
            Ok(History::default())
        }
    }
}

/// The objects that earlier revisions may have left.
pub(super) async fn known(work: &Work<'_>, history: &History) -> Result<Vec<Target>, ActionError> {
    let mut lists = Vec::new();
    for record in history.present() {
        let drafts = parse(&record.manifest, &record.name)?;
        let mut targets = resolve(&work.client, &drafts, &work.namespace, Unknown::Skip).await?;
        claim_all(&mut targets, &work.name, &work.namespace);
        lists.push(targets);
    }
    Ok(union(lists))
}

/// The next revision.
fn prepare(history: &History, desired: &Desired, options: &Options, look: Look) -> Revision {
    let Look { targets, originals, first } = look;
    let last = history.last();
    let server_side = match options.method {
        Method::ServerSide => true,
        Method::ClientSide => false,
        Method::Auto => last.is_none_or(|last| last.apply_method.is_server_side()),
    };
    let by_patches_before = last.is_some_and(|last| !last.apply_method.is_server_side());
    let managers =
        if server_side && (first.exist || by_patches_before) { Managers::Migrate } else { Managers::Known };
    let (word, events, status, done) = match intent(history) {
        Intent::Install => {
            ("Release", ["pre-install", "post-install"], Status::PendingInstall, "Install complete")
        }
        Intent::Upgrade => {
            ("Upgrade", ["pre-upgrade", "post-upgrade"], Status::PendingUpgrade, "Upgrade complete")
        }
    };
    let stamp = Some(now());
    let deployed = history.deployed().or(last).and_then(|record| record.info.first_deployed);
    let mut labels = last.map(|last| last.labels.clone()).unwrap_or_default();
    labels.extend(desired.labels.clone());
    labels.retain(|_, value| value != "null");
    let record = Record {
        name: desired.name.clone(),
        namespace: desired.namespace.clone(),
        version: history.next_revision(),
        info: Info {
            first_deployed: deployed.or(stamp),
            last_deployed: stamp,
            description: if status == Status::PendingInstall {
                "Initial install underway"
            } else {
                "Preparing upgrade"
            }
            .to_owned(),
            status,
            notes: desired.rendered.notes.clone(),
            ..Info::default()
        },
        chart: desired.chart.clone(),
        config: desired.config.clone(),
        manifest: manifest::manifest([], &desired.rendered.manifests),
        hooks: desired.rendered.hooks.iter().map(StoredHook::from).collect(),
        labels,
        apply_method: if server_side { ApplyMethod::ServerSide } else { ApplyMethod::ClientSide },
        ..Record::default()
    };
    let description = desired.description.clone().unwrap_or_else(|| done.to_owned());
    Revision { record, word, description, events, targets, originals, first, managers }
}
