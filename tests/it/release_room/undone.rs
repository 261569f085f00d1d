//! What a failure leaves: everything, what was before, or what was before without the new objects.

use bud::helm::action::{ActionError, Cleanup, OnFailure, Options};
use serde_json::json;

use super::charts;
use super::room::{Room, Wish, claims, config_maps, deployments, kind, options, secrets};

#[tokio::test]
async fn an_atomic_upgrade_that_fails_brings_back_what_ran() {
    let Some(room) = Room::judged("atomic").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = |values| Wish { name: "web", chart: &chart, values };
    let atomic = Options { on_failure: OnFailure::Undo, ..options() };
    room.install(&wish(json!({ "text": "one" })), &atomic).await.unwrap();
    let claim = room.there(&claims(), "web").await["metadata"]["uid"].clone();

    // One that the API server refuses, one whose hook fails, one whose pods fail.
    for (at, values) in [
        json!({ "text": "two", "broken": true, "more": true }),
        json!({ "text": "two", "job": "fail", "more": true }),
        json!({ "text": "two", "life": "hopeless", "more": true }),
    ]
    .into_iter()
    .enumerate()
    {
        let failed = room.install(&wish(values), &atomic).await.unwrap_err();
        // Back to the newest that has run, as in Helm.
        let back = u32::try_from(1 + 2 * at).unwrap();
        assert!(
            matches!(failed.error, ActionError::Undone { back_to, .. } if back_to == Some(back)),
            "{failed:?}"
        );
        let left = &failed.left.as_ref().unwrap().record;
        assert_eq!((left.info.status.name(), left.info.rollback_revision), ("deployed", back), "{at}");
        assert_eq!(room.there(&config_maps(), "web-map").await["data"], json!({ "text": "one" }), "{at}");
        assert_eq!(room.names(&config_maps()).await, ["web-map"], "{at}");
        let template = &room.there(&deployments(), "web").await["spec"]["template"];
        assert_eq!(template["metadata"]["annotations"]["bud.test/pod"], "run", "{at}");
        let history = room.records("web").await;
        assert_eq!(history.len(), 3 + 2 * at, "{history:?}");
        assert!(history[1 + 2 * at].starts_with(&format!("{} failed", 2 + 2 * at)), "{history:?}");
        assert_eq!(history[2 + 2 * at], format!("{} deployed: Rollback to {back}", 3 + 2 * at));
        assert_eq!(room.told(&["status", "web"])["info"]["status"], "deployed", "{at}");
    }
    assert_eq!(room.there(&claims(), "web").await["metadata"]["uid"], claim);
}

#[tokio::test]
async fn an_atomic_first_install_that_fails_leaves_nothing() {
    let Some(room) = Room::judged("atomic-first").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one", "broken": true }) };
    let atomic = Options { on_failure: OnFailure::Undo, ..options() };
    let failed = room.install(&wish, &atomic).await.unwrap_err();
    assert!(matches!(&failed.error, ActionError::Undone { back_to: None, .. }), "{failed:?}");
    assert!(failed.left.is_none());
    for kind in [config_maps(), secrets(), deployments(), kind("coordination.k8s.io/v1", "Lease", "leases")] {
        assert_eq!(room.names(&kind).await, [""; 0], "{kind}");
    }
    assert_eq!(room.names(&claims()).await, ["web"], "data is kept where the chart says so");
}

#[tokio::test]
async fn new_objects_of_a_failed_upgrade_go_where_that_is_asked_for() {
    let Some(room) = Room::new("cleanup").await else { return };
    let chart = room.chart("web", &charts::web("0.1.0"));
    room.volume("web").await;
    let wish = |values| Wish { name: "web", chart: &chart, values };
    room.install(&wish(json!({ "text": "one" })), &options()).await.unwrap();
    let broken = json!({ "text": "two", "broken": true, "more": true });
    room.install(&wish(broken.clone()), &options()).await.unwrap_err();
    assert_eq!(room.names(&config_maps()).await, ["web-map", "web-more"], "by default everything stays");
    room.install(&wish(json!({ "text": "one" })), &options()).await.unwrap();
    assert_eq!(room.names(&config_maps()).await, ["web-map"], "and is known to the next revision");
    let cleaning = Options { cleanup: Cleanup::Remove, ..options() };
    room.install(&wish(broken), &cleaning).await.unwrap_err();
    assert_eq!(room.names(&config_maps()).await, ["web-map"]);
}

#[tokio::test]
async fn old_records_go_and_what_runs_stays_known() {
    let Some(room) = Room::judged("history").await else { return };
    let chart = room.chart("web", &charts::web("0.1.0"));
    room.volume("web").await;
    let few = Options { max_history: 2, ..options() };
    let wish = |values| Wish { name: "web", chart: &chart, values };
    for text in ["one", "two", "three"] {
        room.install(&wish(json!({ "text": text })), &few).await.unwrap();
    }
    let versions = async || {
        let lines = room.records("web").await;
        lines.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(versions().await, ["2 superseded", "3 deployed"]);
    for _ in 0..3 {
        let broken = json!({ "text": "bad", "broken": true, "more": true });
        room.install(&wish(broken), &few).await.unwrap_err();
    }
    // A failed upgrade forgets nothing: what it came from is the way back.
    assert!(versions().await.contains(&"3 deployed".to_owned()), "{:?}", versions().await);
    room.done(&["rollback", "web", "3"]);
    assert_eq!(room.names(&config_maps()).await, ["web-map"]);
    room.install(&wish(json!({ "text": "four" })), &few).await.unwrap();
    assert_eq!(room.records("web").await.len(), 2, "{:?}", room.records("web").await);
}

/// The way back of a failed first install: whoever moves it to another namespace leaves nothing in the first.
#[tokio::test]
async fn a_failed_first_install_is_removed_without_a_trace() {
    let Some(room) = Room::judged("moved").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = |values| Wish { name: "web", chart: &chart, values };
    for values in [
        json!({ "text": "one", "job": "fail" }),
        json!({ "text": "one", "more": true, "broken": true }),
        json!({ "text": "one", "life": "hopeless" }),
    ] {
        room.install(&wish(values.clone()), &options()).await.unwrap_err();
        room.uninstall("web", &super::room::removal()).await.unwrap();
        for kind in [
            config_maps(),
            secrets(),
            deployments(),
            kind("batch/v1", "Job", "jobs"),
            kind("v1", "Service", "services"),
            kind("v1", "ServiceAccount", "serviceaccounts"),
            kind("coordination.k8s.io/v1", "Lease", "leases"),
            kind("networking.k8s.io/v1", "Ingress", "ingresses"),
        ] {
            assert_eq!(room.names(&kind).await, [""; 0], "{kind} after {values}");
        }
    }
}
