//! Clusters that are gone, expired or others, and releases of others.

use bud::value::Value;

use super::{IT, Room, is, plain};
use crate::harness::host::told;
use crate::harness::judge::Action;
use crate::kubernetes::User;

#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_others_is_refused_by_name_and_taken_over_when_asked() {
    let Some(mut room) = Room::new("others").await else { return };
    let chart = room.chart("plain", &plain());
    room.helm(&["install", "web", chart.to_str().unwrap()]);
    let text = room.release(&chart, "");
    let error = room.refuses(&text).await;
    assert!(
        error.contains("Release exists already") && error.contains(&format!("{}/web", room.namespace)),
        "{error}"
    );
    room.applies(
        &room.release(&chart, "upgrade_install = true\nset = [{ name = \"color\", value = \"blue\" }]"),
    )
    .await;
    assert_eq!(room.helm_list(), ["web 2 deployed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_answer_keeps_the_state_and_can_be_forgotten() {
    let Some(mut room) = Room::new("gone").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "");
    room.applies(&text).await;
    let nowhere =
        room.plane.kubeconfig_with(&User::Admin, serde_json::json!({ "server": "https://127.0.0.1:1" }));
    let file = room.folder.path().join("nowhere");
    std::fs::write(&file, nowhere).unwrap();
    let elsewhere = format!("kubernetes = {{ config_path = \"{}\" }}", file.display());
    room.host.provider(&elsewhere);
    let before = room.host.instance(IT).unwrap().json.clone();
    let found = room.host.refresh(IT).await.unwrap_or_else(|found| panic!("{}", told(&found)));
    assert!(told(&found).contains("127.0.0.1:1"), "{}", told(&found));
    assert_eq!(room.host.instance(IT).unwrap().json, before);
    let plan = room.plans(&text).await;
    assert!(plan.is_empty(), "{:?}", plan.after);
    let outcome = room.host.destroy(IT).await;
    assert!(outcome.failed() && outcome.error().contains("on_unreachable_destroy"), "{}", outcome.text());
    let forget = room.release(&chart, "on_unreachable_destroy = \"forget\"");
    room.host.provider("");
    room.applies(&forget).await;
    room.host.provider(&elsewhere);
    let outcome = room.host.destroy(IT).await;
    assert!(!outcome.failed(), "{}", outcome.text());
    assert_eq!(room.helm_list(), ["web 1 deployed"], "forgotten, not removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_kubeconfig_sends_nothing_and_an_expired_one_blocks_no_plan() {
    let Some(mut room) = Room::new("renewed").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, &room.kubeconfig(&User::Admin));
    room.applies(&text).await;
    let text = room.release(&chart, &room.kubeconfig(&User::AdminToken));
    let plan = room.applies(&text).await;
    is(&plan, Action::Update);
    assert_eq!(plan.after.get("revision"), &Value::int(1), "no computed value becomes unknown");
    assert_eq!(room.helm_list(), ["web 1 deployed"]);
    let expired = room.release(&chart, &room.kubeconfig(&User::Expired));
    let plan = room.plans(&expired).await;
    let outcome = room.host.apply_plan(plan).await;
    assert!(outcome.failed() && outcome.error().contains("expired"), "{}", outcome.text());
    room.applies(&text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_for_a_cluster_to_come_lists_the_objects() {
    let Some(mut room) = Room::new("coming").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "kubeconfig = unknown()");
    let plan = room.plans(&text).await;
    let key = format!("Deployment/{}/web", room.namespace);
    assert!(
        plan.after.get("manifest_summary").get(&key).as_str().is_some(),
        "{:?}",
        plan.after.get("manifest_summary")
    );
    let known = room.release(&chart, &room.kubeconfig(&User::Admin));
    let outcome = room.host.apply_resolved(plan, Some(&known)).await;
    assert!(!outcome.failed(), "{}", outcome.text());
    room.is_settled(&known).await;
}
