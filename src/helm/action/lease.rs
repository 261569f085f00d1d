//! Who works on a release: a Lease beside it, renewed while its holder lives.
//!
//! Helm's own lock is the status `pending-…` of the newest revision, which a client that is cut off never
//! takes back. The lease tells the dead from the living: who does not renew it is dead. Clocks of machines
//! differ, so a fresh-looking lease is watched for as long as it may go unrenewed; a process of this machine
//! that no longer runs is known to be dead at once.
//!
//! A lease without a holder says that its last holder ended in good order and left the release unfinished.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use tokio_util::sync::CancellationToken;

use super::error::ActionError;
use super::managers::HELM;
use super::objects::text;
use crate::kube::{Address, Client, Deletion, Kind, KubeError, Scope, Writing};
use crate::outcome::Presence;
use crate::time::{Patience, now};

/// How long a lease may go unrenewed.
const DURATION: Duration = Duration::from_secs(15);

/// How often it is renewed: three times in that time.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often a lease that may be dead is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How far apart clocks of two machines are at most: a lease that is this much older than it may be is dead.
const SKEW: Duration = Duration::from_secs(60);

/// How long giving a lease back may take after the operation has ended: part of the 5 s of a stopped run.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// Where a process runs, and which it is, as far as this system tells.
const PROCESS: &str = "bud.studio/process";

/// The leases that this process holds.
static HELD: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// A lease that is held.
pub(super) struct Lease {
    client: Client,
    at: Address,
    holder: String,
    lost: Arc<AtomicBool>,
    beating: CancellationToken,
}

/// What a look at the lease came to.
pub(super) enum Taken {
    /// It is held now. `ours_before` says that a client of ours was here before and did not finish.
    Held { lease: Box<Lease>, ours_before: bool },
    /// Leases may not be written here: two clients are told apart by the records alone, as Helm does.
    NotAllowed,
}

/// How the holder leaves the release.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing is under way.
    Finished,
    /// A record may still say that something is.
    Unfinished,
}

/// Where the lease of a release is.
fn place(namespace: &str, name: &str) -> Address {
    let kind = Kind::new("coordination.k8s.io/v1", "Lease", "leases", Scope::Namespaced);
    kind.at(Some(namespace), &format!("bud-release-{name}"))
}

/// Removes the lease of a release that is not there, unless its holder lives. Whoever may not look at leases has
/// none.
///
/// # Errors
/// As the API's.
pub(super) async fn clear(client: &Client, namespace: &str, name: &str) -> Result<(), ActionError> {
    let at = place(namespace, name);
    let there = match client.get(&at).await {
        Ok(Presence::Here(there)) if is_dead(&there) => there,
        Ok(_) | Err(KubeError::Forbidden { .. } | KubeError::NotFoundKind { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let uid = Some(text(&there, "/metadata/uid").to_owned());
    match client.delete(&at, &Deletion { uid, ..Deletion::default() }).await {
        Ok(_) | Err(KubeError::Changed { .. } | KubeError::NotFound { .. } | KubeError::Forbidden { .. }) => {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes the lease of a release.
///
/// # Errors
/// [`ActionError::Held`] where somebody else renews it.
pub(super) async fn take(
    client: &Client,
    patience: &Patience,
    namespace: &str,
    name: &str,
) -> Result<Taken, ActionError> {
    let at = place(namespace, name);
    let holder = holder();
    let held = |ours_before, version| Taken::Held {
        lease: Box::new(Lease::beat(client, &at, &holder, version)),
        ours_before,
    };
    let mut seen: Option<(String, OffsetDateTime)> = None;
    loop {
        let there = match client.get(&at).await {
            Ok(Presence::Here(there)) => there,
            Ok(_) => {
                match client.create(&at.kind, Some(namespace), &object(&at, &holder), &writing()).await {
                    Ok(made) => return Ok(held(false, version(&made))),
                    // Somebody else was faster, or our own answer got lost: it is looked at again.
                    Err(KubeError::AlreadyExists { .. }) => continue,
                    Err(
                        KubeError::Forbidden { .. }
                        | KubeError::NotFoundKind { .. }
                        | KubeError::Terminating { .. },
                    ) => return Ok(Taken::NotAllowed),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(
                KubeError::Forbidden { .. } | KubeError::NotFoundKind { .. } | KubeError::Terminating { .. },
            ) => return Ok(Taken::NotAllowed),
            Err(error) => return Err(error.into()),
        };
        let renewed = text(&there, "/spec/renewTime").to_owned();
        let other = text(&there, "/spec/holderIdentity");
        if other == holder {
            return Ok(held(false, version(&there)));
        }
        let first = seen.get_or_insert_with(|| (renewed.clone(), now()));
        if first.0 != renewed {
            return Err(ActionError::Held {
                name: name.to_owned(),
                holder: other.to_owned(),
                since: OffsetDateTime::parse(&renewed, &Rfc3339).ok(),
            });
        }
        if is_dead(&there) || now() - first.1 > DURATION {
            let mut taken = object(&at, &holder);
            taken["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"].clone();
            match client.replace(&at, &taken, &writing()).await {
                Ok(taken) => return Ok(held(true, version(&taken))),
                Err(KubeError::Changed { .. } | KubeError::NotFound { .. }) => continue,
                Err(KubeError::Forbidden { .. }) => return Ok(Taken::NotAllowed),
                Err(error) => return Err(error.into()),
            }
        }
        patience.pause(LOOK).await?;
    }
}

/// Whether a lease's holder is known to be dead without waiting.
fn is_dead(lease: &Value) -> bool {
    let holder = text(lease, "/spec/holderIdentity");
    if holder.is_empty() {
        return true;
    }
    let renewed = OffsetDateTime::parse(text(lease, "/spec/renewTime"), &Rfc3339);
    if !renewed.is_ok_and(|renewed| now() - renewed < DURATION + SKEW) {
        return true;
    }
    let process = text(lease, &format!("/metadata/annotations/{}", PROCESS.replace('/', "~1")));
    let Some((place, id)) = process.rsplit_once('/') else { return false };
    match here() {
        Some(here) if here == place => {
            let mine = id == std::process::id().to_string();
            let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
            if mine { !held.contains(holder) } else { !std::path::Path::new("/proc").join(id).exists() }
        }
        _ => false,
    }
}

/// Where this process runs: the boot of the machine and the space in which process ids count. Only Linux says.
fn here() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), space.to_string_lossy()))
}

/// What this holder is called: for people first, and one of its kind.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let on = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
    format!("terraform-provider-bud{on}, process {}, {}", std::process::id(), uuid::Uuid::new_v4())
}

fn object(at: &Address, holder: &str) -> Value {
    let process = here().map(|here| format!("{here}/{}", std::process::id()));
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": at.name,
            "namespace": at.namespace,
            "annotations": { PROCESS: process.unwrap_or_default() },
        },
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": DURATION.as_secs(),
            "renewTime": stamp(),
        },
    })
}

/// The present as Kubernetes' `MicroTime`.
fn stamp() -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    now().format(form).unwrap_or_default()
}

fn version(lease: &Value) -> String {
    text(lease, "/metadata/resourceVersion").to_owned()
}

fn writing() -> Writing {
    Writing::by(HELM)
}

/// Renews a lease; none where somebody else has it. Its version after that, or the one of before where the
/// cluster did not answer.
async fn renew(client: &Client, at: &Address, holder: &str, version: &str) -> Option<String> {
    let mut renewed = object(at, holder);
    renewed["metadata"]["resourceVersion"] = json!(version);
    match client.replace(at, &renewed, &writing()).await {
        Ok(there) => Some(self::version(&there)),
        // Either somebody has taken it, or our own last answer got lost.
        Err(KubeError::Changed { .. } | KubeError::NotFound { .. }) => match client.get(at).await {
            Ok(Presence::Here(there)) if text(&there, "/spec/holderIdentity") == holder => {
                Some(self::version(&there))
            }
            Ok(_) => None,
            Err(_) => Some(version.to_owned()),
        },
        Err(_) => Some(version.to_owned()),
    }
}

impl Lease {
    /// Holds the lease and begins to renew it.
    fn beat(client: &Client, at: &Address, holder: &str, mut version: String) -> Self {
        let (lost, beating) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        HELD.lock().unwrap_or_else(PoisonError::into_inner).insert(holder.to_owned());
        let lease = Self {
            client: client.clone(),
            at: at.clone(),
            holder: holder.to_owned(),
            lost: lost.clone(),
            beating: beating.clone(),
        };
        let (client, at, holder) = (client.clone(), at.clone(), holder.to_owned());
        tokio::spawn(async move {
            let patience = Patience::new(Duration::MAX, beating);
            while patience.pause(HEARTBEAT).await.is_ok() {
                let client = client.within(&patience.at_most(HEARTBEAT));
                let renewing: BoxFuture<'_, Option<String>> =
                    Box::pin(renew(&client, &at, &holder, &version));
                let Some(renewed) = renewing.await else {
                    lost.store(true, Ordering::Relaxed);
                    return;
                };
                version = renewed;
            }
        });
        lease
    }

    /// Set once somebody else has taken the lease: this process was held up for too long.
    pub(super) fn lost(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lost)
    }

    /// Gives the lease back, although the operation may have ended. What goes wrong mends itself: an
    /// unrenewed lease dies.
    pub(super) async fn give_back(self, left: Left) {
        self.beating.cancel();
        if self.lost.load(Ordering::Relaxed) {
            return;
        }
        let client = self.client.within(&Patience::new(GIVING_BACK, CancellationToken::new()));
        let Ok(Presence::Here(mut there)) = client.get(&self.at).await else { return };
        if text(&there, "/spec/holderIdentity") != self.holder {
            return;
        }
        match left {
            Left::Finished => {
                let uid = Some(text(&there, "/metadata/uid").to_owned());
                let _ = client.delete(&self.at, &Deletion { uid, ..Deletion::default() }).await;
            }
            Left::Unfinished => {
                there["spec"]["holderIdentity"] = json!("");
                let _ = client.replace(&self.at, &there, &writing()).await;
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.beating.cancel();
        HELD.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.holder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, process: &str, renewed: OffsetDateTime) -> Value {
        json!({ "metadata": { "annotations": { PROCESS: process } },
                "spec": { "holderIdentity": holder, "renewTime": renewed.format(&Rfc3339).unwrap() } })
    }

    #[test]
    fn the_dead_are_told_from_the_living() {
        let elsewhere = "other-boot/pid:[1]/1";
        assert!(!is_dead(&lease("a", elsewhere, now())));
        assert!(!is_dead(&lease("a", elsewhere, now() - DURATION)), "clocks differ: it must be watched");
        assert!(is_dead(&lease("a", elsewhere, now() - DURATION - SKEW)));
        assert!(is_dead(&lease("", elsewhere, now())), "given back unfinished");
        let Some(here) = here() else { return };
        assert!(is_dead(&lease("a", &format!("{here}/999999999"), now())), "no process has this number");
        let mine = format!("{here}/{}", std::process::id());
        assert!(is_dead(&lease("an earlier operation of this process", &mine, now())));
        HELD.lock().unwrap().insert("held".into());
        assert!(!is_dead(&lease("held", &mine, now())));
    }
}
