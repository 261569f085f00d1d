//! One case of the matrix: an action on a release is struck at one of its requests, and the next run goes on.

use std::time::Duration;

use bud::helm::action::{self, Failed, OnFailure, Options, Removal, Silent};
use bud::kube::{Client, Deletion, Kind, Scope};
use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, claims, config_maps, deployments, kind, options, patience, removal, secrets};
use crate::kubernetes::between::{Act, Between, Seen};
use crate::kubernetes::control_plane::{namespaces, open};

/// What is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Install,
    Upgrade,
    Rollback,
    Uninstall,
    /// An upgrade that fails and is undone (`atomic`).
    Undo,
}

/// On which side of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Before,
    After,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strike {
    /// The connection is cut once.
    Cut,
    /// The client is gone from one moment to the next, as after `kill -9`.
    Kill,
    /// The cluster is away from then on.
    Away,
}

/// What a case came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) cases: usize,
    /// Those whose struck run came to its end.
    pub(super) unharmed: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.unharmed += other.unharmed;
    }
}

/// A room with whatever a verb begins with.
struct Stage {
    room: Room,
    verb: Verb,
    chart: std::path::PathBuf,
}

impl Stage {
    async fn set(verb: Verb) -> Option<Self> {
        let room = Room::new("matrix").await?;
        room.volume("web").await;
        let chart = room.chart("web", &charts::web("0.1.0"));
        let stage = Self { room, verb, chart };
        let first = json!({ "text": "one", "more": true });
        match verb {
            Verb::Install => {}
            Verb::Upgrade | Verb::Uninstall | Verb::Undo => stage.installed(first).await,
            Verb::Rollback => {
                stage.installed(first).await;
                stage.installed(json!({ "text": "two" })).await;
            }
        }
        Some(stage)
    }

    fn wish(&self, values: Value) -> Wish<'_> {
        Wish { name: "web", chart: &self.chart, values }
    }

    async fn installed(&self, values: Value) {
        self.room.install(&self.wish(values), &options()).await.unwrap();
    }

    /// The values that the verb, or the next run, brings.
    fn values(&self) -> Value {
        match self.verb {
            Verb::Install | Verb::Uninstall => json!({ "text": "one", "more": true }),
            Verb::Upgrade => json!({ "text": "two", "replicas": 2 }),
            Verb::Rollback => json!({ "text": "one", "more": true }),
            Verb::Undo => json!({ "text": "one", "more": true }),
        }
    }

    /// The struck run. `timeout` is that of one wait: a cluster that is away is waited for as long.
    async fn run(&self, client: &Client, timeout: Duration) -> Result<(), Box<Failed>> {
        let (options, removal) = (Options { timeout, ..options() }, Removal { timeout, ..removal() });
        let (space, time) = (&self.room.space, patience());
        match self.verb {
            Verb::Install | Verb::Upgrade => {
                let desired = self.room.desired(&self.wish(self.values())).await;
                action::install(client, &desired, &options, &Silent, &time).await.map(|_| ())
            }
            Verb::Undo => {
                let broken = json!({ "text": "two", "broken": true });
                let desired = self.room.desired(&self.wish(broken)).await;
                let atomic = Options { on_failure: OnFailure::Undo, ..options };
                action::install(client, &desired, &atomic, &Silent, &time).await.map(|_| ())
            }
            Verb::Rollback => {
                action::rollback(client, space, "web", Some(1), &options, &Silent, &time).await.map(|_| ())
            }
            Verb::Uninstall => {
                action::uninstall(client, space, "web", &removal, &Silent, &time).await.map(|_| ())
            }
        }
    }

    /// The next run: what the user applies again. After a rollback both ways on are taken in turn.
    async fn next(&self, n: usize) -> Result<(), Box<Failed>> {
        match self.verb {
            Verb::Uninstall => self.room.uninstall("web", &removal()).await.map(|_| ()),
            Verb::Rollback if n.is_multiple_of(2) => {
                self.room.rollback("web", Some(1), &options()).await.map(|_| ())
            }
            _ => self.room.install(&self.wish(self.values()), &options()).await.map(|_| ()),
        }
    }

    async fn uid(&self, kind: &Kind) -> Option<Value> {
        self.room.get(kind, "web").await.map(|object| object["metadata"]["uid"].clone())
    }

    /// Everything is as it shall be, and nothing beside it.
    async fn converged(&self, case: &str) {
        let room = &self.room;
        let leases = kind("coordination.k8s.io/v1", "Lease", "leases");
        assert_eq!(room.names(&leases).await, [""; 0], "{case}: the lease is given back");
        assert_eq!(room.names(&claims()).await, ["web"], "{case}: the claim is kept");
        let history = action::history(&room.client, &room.space, "web").await.unwrap();
        let statuses: Vec<_> = history.records().iter().map(|record| record.info.status.name()).collect();
        if self.verb == Verb::Uninstall {
            assert_eq!(room.names(&secrets()).await, [""; 0], "{case}");
            assert_eq!(room.names(&config_maps()).await, [""; 0], "{case}");
            assert_eq!(room.names(&deployments()).await, [""; 0], "{case}");
            return;
        }
        let (last, earlier) = statuses.split_last().unwrap();
        assert_eq!(*last, "deployed", "{case}: {statuses:?}");
        let quiet = |status: &&str| matches!(*status, "superseded" | "failed");
        assert!(earlier.iter().all(quiet), "{case}: {statuses:?}");
        let values = self.values();
        let more = values["more"] == true;
        let maps: &[&str] = if more { &["web-map", "web-more"] } else { &["web-map"] };
        assert_eq!(room.names(&config_maps()).await, maps, "{case}");
        let map = room.there(&config_maps(), "web-map").await;
        let mut data = json!({ "text": values["text"] });
        if more {
            data["more"] = json!("1");
        }
        assert_eq!(map["data"], data, "{case}");
        let deployment = room.there(&deployments(), "web").await;
        let replicas = values.get("replicas").cloned().unwrap_or(json!(1));
        assert_eq!(deployment["spec"]["replicas"], replicas, "{case}");
        assert_eq!(deployment["status"]["availableReplicas"], replicas, "{case}: it was waited for");
        assert_eq!(
            room.names(&kind("networking.k8s.io/v1", "Ingress", "ingresses")).await,
            ["web"],
            "{case}"
        );
        assert_eq!(room.names(&kind("batch/v1", "Job", "jobs")).await, [""; 0], "{case}: hooks are done");
    }

    /// Lets everything of the case go.
    async fn clear(self) {
        let client = &self.room.client;
        client.delete(&namespaces().at(None, &self.room.space), &Deletion::default()).await.unwrap();
        let volumes = Kind::new("v1", "PersistentVolume", "persistentvolumes", Scope::Cluster);
        let volume = volumes.at(None, &format!("{}-web", self.room.space));
        client.delete(&volume, &Deletion::default()).await.unwrap();
    }
}

/// How many requests a verb makes when nothing happens; `None` where there is no control plane.
pub(super) async fn requests(verb: Verb) -> Option<usize> {
    let stage = Stage::set(verb).await?;
    let between = Between::start(stage.room.plane, |_| Act::Forward).await;
    let ended = stage.run(&open(&between.kubeconfig()), Duration::from_secs(60)).await;
    assert_eq!(ended.is_err(), verb == Verb::Undo, "{verb:?}: {ended:?}");
    let seen = between.seen().len();
    stage.converged(&format!("{verb:?} undisturbed")).await;
    stage.clear().await;
    Some(seen)
}

/// Strikes a verb at its nth request.
pub(super) async fn strike(verb: Verb, strike: Strike, side: Side, n: usize) -> Tally {
    let case = format!("{verb:?} {strike:?} {side:?} {n}");
    let stage = Stage::set(verb).await.unwrap();
    let before = (stage.uid(&claims()).await, stage.uid(&deployments()).await);
    let between = Between::start(stage.room.plane, move |seen: &Seen| match (strike, side) {
        (Strike::Cut, Side::Before) if seen.n == n => Act::CutBefore,
        (Strike::Cut, Side::After) if seen.n == n => Act::CutAfter,
        (Strike::Kill, Side::Before) if seen.n == n => Act::HangBefore,
        (Strike::Kill, Side::After) if seen.n == n => Act::HangAfter,
        (Strike::Away, Side::After) if seen.n == n => Act::CutAfter,
        (Strike::Away, _) if seen.n >= n => Act::CutBefore,
        _ => Act::Forward,
    })
    .await;
    let client = open(&between.kubeconfig());
    let timeout = Duration::from_secs(if strike == Strike::Away { 10 } else { 60 });
    let ended = tokio::select! {
        ended = stage.run(&client, timeout) => Some(ended),
        () = between.hangs() => None,
    };
    drop(between);
    let unharmed = match &ended {
        Some(Ok(())) => true,
        Some(Err(failed)) => matches!(failed.error, action::ActionError::Undone { .. }),
        None => false,
    };
    // What exists now is what the next run must not lose.
    let struck = (stage.uid(&claims()).await, stage.uid(&deployments()).await);
    if let Err(failed) = stage.next(n).await {
        panic!(
            "{case}: the next run failed after {ended:?}: {failed:?}, {:?}",
            stage.room.records("web").await
        );
    }
    stage.converged(&case).await;
    let after = (stage.uid(&claims()).await, stage.uid(&deployments()).await);
    for (kept, now, what) in
        [(before.0.or(struck.0), after.0, "claim"), (before.1.or(struck.1), after.1, "deployment")]
    {
        let gone = verb == Verb::Uninstall && what == "deployment";
        assert!(gone || kept.is_none() || kept == now, "{case}: the {what} was made anew");
    }
    stage.clear().await;
    Tally { cases: 1, unharmed: usize::from(unharmed) }
}
