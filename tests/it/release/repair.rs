//! Installs and updates that fail: what is kept, what the error names, and how the next apply goes on.

use bud::value::Value;

use super::{IT, Room, is, plain};
use crate::harness::judge::Action;

fn broken(how: &str) -> String {
    format!("values = [\"annotations: {{ bud.test/pod: {how} }}\"]\ntimeout = \"20s\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_install_is_repaired_and_its_claim_keeps_its_uid() {
    let Some(mut room) = Room::new("repair").await else { return };
    let mut files = plain();
    files.push(("templates/claim.yaml", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: { requests: { storage: 1Gi } }\n"));
    let chart = room.chart("plain", &files);
    let text = room.release(&chart, &broken("pull"));
    let outcome = room.host.apply(IT, &text).await;
    let error = outcome.error();
    assert!(outcome.failed());
    for named in
        ["Deployment", "web", "pod web-", "container main", "ImagePullBackOff", "registry.local/web:1"]
    {
        assert!(error.contains(named), "{named} in\n{error}");
    }
    assert!(room.host.instance(IT).unwrap().tainted, "a failed create is kept");
    assert_eq!(room.state("status"), Value::string("failed"));
    assert!(room.state("last_error").as_str().is_some());
    let uid = room.object("v1", "PersistentVolumeClaim", "data").await["metadata"]["uid"].clone();
    let repaired = room.release(&chart, "timeout = \"20s\"");
    let plan = room.plans(&repaired).await;
    assert_eq!(plan.action, Action::Replace, "the host replaces what is tainted");
    let outcome = room.host.apply_plan(plan).await;
    assert!(!outcome.failed(), "{}", outcome.text());
    room.is_settled(&repaired).await;
    assert_eq!(room.object("v1", "PersistentVolumeClaim", "data").await["metadata"]["uid"], uid);
    assert_eq!(room.helm_list(), ["web 2 deployed"]);
    assert_eq!(room.state("last_error"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn reinstall_removes_first_and_keep_leaves_alone() {
    let Some(mut room) = Room::new("reinstall").await else { return };
    let chart = room.chart("plain", &plain());
    let failing = room.release(&chart, &format!("{}\non_failed_install = \"reinstall\"", broken("crash")));
    let outcome = room.host.apply(IT, &failing).await;
    assert!(outcome.error().contains("CrashLoopBackOff"), "{}", outcome.error());
    let good = room.release(&chart, "on_failed_install = \"reinstall\"");
    room.applies(&good).await;
    assert_eq!(room.helm_list(), ["web 1 deployed"], "it was removed first");
    room.host.destroy(IT).await.done();

    let failing = room.release(&chart, &format!("{}\non_failed_install = \"keep\"", broken("crash")));
    assert!(room.host.apply(IT, &failing).await.failed());
    let good = room.release(&chart, "on_failed_install = \"keep\"");
    let error = room.refuses(&good).await;
    assert!(error.contains("Failed install is left alone"), "{error}");
    assert_eq!(room.helm_list(), ["web 1 failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_update_keeps_the_old_state_and_shows_the_change_again() {
    let Some(mut room) = Room::new("update").await else { return };
    let chart = room.chart("plain", &plain());
    let good = room.release(&chart, "timeout = \"20s\"");
    room.applies(&good).await;
    let bad = room.release(&chart, &broken("crash"));
    let outcome = room.host.apply(IT, &bad).await;
    assert!(outcome.failed());
    assert_eq!(room.helm_list(), ["web 2 failed"]);
    assert_eq!(room.state("values"), Value::Null, "the state is that of before");
    let plan = room.plans(&bad).await;
    is(&plan, Action::Update);
    assert!(plan.after.get("manifest_diff").as_str().is_some_and(|diff| diff.contains("bud.test/pod")));
    // Going back is an update, too.
    room.applies(&good).await;
    assert_eq!(room.helm_list(), ["web 3 deployed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn atomic_leaves_what_was_before() {
    let Some(mut room) = Room::new("atomic").await else { return };
    let chart = room.chart("plain", &plain());
    let bad = room.release(&chart, &format!("{}\natomic = true", broken("crash")));
    let outcome = room.host.apply(IT, &bad).await;
    assert!(outcome.failed() && outcome.error().contains("undone"), "{}", outcome.error());
    assert!(room.host.instance(IT).is_none(), "nothing exists, nothing is kept");
    assert_eq!(room.helm_list(), Vec::<String>::new());
    let good = room.release(&chart, "timeout = \"20s\"\natomic = true");
    room.applies(&good).await;
    let outcome = room.host.apply(IT, &bad).await;
    assert!(outcome.failed(), "{}", outcome.text());
    room.applies(&good).await;
    assert_eq!(room.helm_list(), ["web 3 deployed"], "rolled back, and nothing more to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_install_that_moves_leaves_nothing_behind() {
    let Some(mut room) = Room::new("moves").await else { return };
    let chart = room.chart("plain", &plain());
    let failing = room.release(&chart, &broken("crash"));
    assert!(room.host.apply(IT, &failing).await.failed());
    let before = room.namespace.clone();
    let elsewhere = room.plane.namespace("elsewhere").await;
    let text = room.release(&chart, "").replace(&before, &elsewhere);
    let outcome = room.host.apply(IT, &text).await;
    assert!(!outcome.failed(), "{}", outcome.text());
    assert_eq!(room.helm_list(), Vec::<String>::new());
    assert!(room.object("v1", "ConfigMap", "web").await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_does_not_hold_costs_no_revision_and_no_uninstall() {
    let Some(mut room) = Room::new("condition").await else { return };
    let chart = room.chart("plain", &plain());
    let with = |room: &Room, label: &str| {
        room.release(
            &chart,
            &format!("timeout = \"4s\"\nready_when = [\"ConfigMap[is=here-{label}]:data.ready=yes\"]"),
        )
    };
    let text = with(&room, &room.namespace);
    let outcome = room.host.apply(IT, &text).await;
    assert!(outcome.failed() && outcome.error().contains("Condition does not hold"), "{}", outcome.text());
    assert!(room.host.instance(IT).unwrap().tainted);
    let uid = room.object("apps/v1", "Deployment", "web").await["metadata"]["uid"].clone();
    let client = room.plane.admin();
    let kind = client.kind("v1", "ConfigMap").await.unwrap().here().unwrap();
    let map = serde_json::json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "ready": "yes" },
        "metadata": { "name": "ready", "labels": { "is": format!("here-{}", room.namespace) } } });
    client.create(&kind, Some(&room.namespace), &map, &bud::kube::Writing::by("tests")).await.unwrap();
    room.applies(&text).await;
    assert_eq!(room.object("apps/v1", "Deployment", "web").await["metadata"]["uid"], uid, "no uninstall");
    let before = room.helm_list();
    // Another condition: waited for, and nothing is sent.
    let other = with(&room, "nowhere");
    let outcome = room.host.apply(IT, &other).await;
    assert!(outcome.failed() && outcome.error().contains("Condition does not hold"), "{}", outcome.text());
    assert_eq!(room.helm_list(), before);
    room.applies(&text).await;
    assert_eq!(room.helm_list(), before);
}
