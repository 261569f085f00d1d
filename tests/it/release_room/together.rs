//! Two at one release: the living are not disturbed, the dead not waited for, and a stop leaves what can be gone on
//! with.

use std::time::{Duration, Instant};

use bud::helm::action::{self, ActionError, Hooks, OnFailure, Options, Silent};
use bud::kube::{Kind, Patch, Writing};
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::charts::{self, Files};
use super::room::{Room, Wish, config_maps, kind, options, patience};

fn leases() -> Kind {
    kind("coordination.k8s.io/v1", "Lease", "leases")
}

/// A chart whose hook never ends.
fn endless() -> Files {
    let job = r#"apiVersion: batch/v1
kind: Job
metadata: { name: wait, annotations: { helm.sh/hook: "pre-install,pre-upgrade" } }
spec:
  template:
    metadata: { annotations: { bud.test/pod: pending } }
    spec: { restartPolicy: Never, containers: [{ name: wait, image: x }] }
"#;
    let mut files = charts::small();
    files.push(("templates/job.yaml".to_owned(), job.to_owned()));
    files
}

/// Waits until the first one is at its hook.
async fn at_its_hook(room: &Room) {
    let started = Instant::now();
    while room.get(&kind("batch/v1", "Job", "jobs"), "wait").await.is_none() {
        assert!(started.elapsed() < Duration::from_secs(30), "the hook does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_comes_second_is_told_who_works_on_the_release() {
    let Some(room) = Room::new("together").await else { return };
    let chart = room.chart("endless", &endless());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    let (first, stop) = (options(), CancellationToken::new());
    let time = Patience::new(Duration::from_secs(60), stop.clone());
    let second = async {
        at_its_hook(&room).await;
        let started = Instant::now();
        let refused = action::install(&room.plane.admin(), &desired, &options(), &Silent, &patience()).await;
        let refused = refused.unwrap_err();
        let ActionError::Held { holder, since, .. } = &refused.error else { panic!("{refused:?}") };
        assert!(holder.starts_with("terraform-provider-bud") && since.is_some(), "{holder}");
        assert!(started.elapsed() < Duration::from_secs(12), "as soon as the other is seen to live");
        assert_eq!(room.records("a").await, ["1 pending-install: Initial install underway"]);
        let removal = super::room::removal();
        let refused = room.uninstall("a", &removal).await.unwrap_err();
        assert!(matches!(refused.error, ActionError::Held { .. }), "{refused:?}");
        stop.cancel();
        Instant::now()
    };
    let (ended, stopped) =
        tokio::join!(action::install(&room.client, &desired, &first, &Silent, &time), second);
    let ended = ended.unwrap_err();
    assert!(ended.error.is_stop(), "{ended:?}");
    // A host gives five seconds.
    assert!(stopped.elapsed() < Duration::from_secs(5), "{:?}", stopped.elapsed());
    assert!(room.records("a").await[0].starts_with("1 failed: "), "{:?}", room.records("a").await);
    assert_eq!(room.names(&leases()).await, [""; 0]);
    let skipping = Options { hooks: Hooks::Skip, ..options() };
    let done = room.install(&wish, &skipping).await.unwrap();
    assert_eq!(done.warnings, [""; 0], "a stop is no interruption");
    assert_eq!(room.there(&config_maps(), "a-map").await["metadata"]["labels"]["install"], "true");
}

/// A lease of somebody on another machine.
fn foreign(renewed: &str) -> Value {
    json!({
        "metadata": { "name": "bud-release-a", "annotations": { "bud.studio/process": "elsewhere/pid:[1]/7" } },
        "spec": { "holderIdentity": "somebody elsewhere", "leaseDurationSeconds": 15, "renewTime": renewed },
    })
}

#[tokio::test]
async fn a_lease_that_nobody_renews_is_taken() {
    let Some(room) = Room::new("dead").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    room.make(&leases(), foreign("2020-01-01T00:00:00.000000Z")).await;
    let started = Instant::now();
    room.install(&wish, &options()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "it is long dead: {:?}", started.elapsed());

    // One that looks fresh is watched for as long as it may go unrenewed.
    let now = time::OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
    let now = now.format(&time::format_description::well_known::Rfc3339).unwrap().replace('Z', ".000000Z");
    room.make(&leases(), foreign(&now)).await;
    let started = Instant::now();
    room.install(&wish, &options()).await.unwrap();
    let took = started.elapsed();
    assert!(took > Duration::from_secs(14) && took < Duration::from_secs(40), "{took:?}");
    assert_eq!(room.names(&leases()).await, [""; 0]);
}

/// A client that was held up for so long that another has taken the lease begins nothing more.
#[tokio::test]
async fn who_has_lost_the_lease_ends() {
    let Some(room) = Room::new("lost").await else { return };
    let chart = room.chart("endless", &endless());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    // Undoing would be the worst of all.
    let (waiting, time) = (Options { on_failure: OnFailure::Undo, ..options() }, patience());
    let other = async {
        at_its_hook(&room).await;
        let taken = Patch::Merge(json!({ "spec": { "holderIdentity": "somebody elsewhere" } }));
        let at = room.at(&leases(), "bud-release-a");
        room.client.patch(&at, &taken, &Writing::by("somebody")).await.unwrap();
        // The next heartbeat tells; until then the first one is in the dark.
        tokio::time::sleep(Duration::from_secs(7)).await;
        let done = Patch::Merge(json!({ "metadata": { "annotations": { "bud.test/pod": "run" } } }));
        for pod in room.names(&kind("v1", "Pod", "pods")).await {
            room.client
                .patch(&room.at(&kind("v1", "Pod", "pods"), &pod), &done, &Writing::by("somebody"))
                .await
                .unwrap();
        }
    };
    let (ended, ()) = tokio::join!(action::install(&room.client, &desired, &waiting, &Silent, &time), other);
    let ended = ended.unwrap_err();
    assert!(matches!(ended.error, ActionError::Held { .. }), "{ended:?}");
    assert_eq!(room.names(&config_maps()).await, [""; 0], "nothing was begun after the hook");
    let records = room.records("a").await;
    assert_eq!(records, ["1 pending-install: Initial install underway"], "it is the other's now");
    let lease = room.there(&leases(), "bud-release-a").await;
    assert_eq!(lease["spec"]["holderIdentity"], "somebody elsewhere");
}
