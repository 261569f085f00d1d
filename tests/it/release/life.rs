//! From nothing to nothing: install, update, import, drift, destroy.

use bud::value::Value;

use super::{IT, Room, is, is_unknown, plain};
use crate::harness::client::By;
use crate::harness::host::told;
use crate::harness::judge::Action;

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_installed_updated_and_removed_and_helm_reads_it() {
    let Some(mut room) = Room::new("life").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "");
    let plan = room.applies(&text).await;
    is(&plan, Action::Create);
    // The plan lists the objects, and what it says is what is stored.
    let key = format!("ConfigMap/{}/web", room.namespace);
    let hash = plan.after.get("manifest_summary").get(&key).clone();
    assert!(hash.as_str().is_some_and(|hash| hash.len() == 16), "{hash:?}");
    assert_eq!(room.state("manifest_summary").get(&key), &hash);
    assert_eq!(plan.after.get("manifest"), &room.state("manifest"));
    assert_eq!(room.state("notes"), Value::string("Painted red.\n"));
    assert_eq!(room.state("status"), Value::string("deployed"));
    assert_eq!(room.helm_list(), ["web 1 deployed"]);
    assert!(room.helm(&["get", "manifest", "web"]).contains("color: \"red\""));

    let blue = room.release(&chart, "set = [{ name = \"color\", value = \"blue\" }]");
    let plan = room.applies(&blue).await;
    is(&plan, Action::Update);
    let before = plan.before.get("manifest_summary");
    let after = plan.after.get("manifest_summary");
    assert_ne!(before.get(&key), after.get(&key), "the changed object");
    let other = format!("Deployment/{}/web", room.namespace);
    assert_eq!(before.get(&other), after.get(&other), "the object that does not change");
    let diff = plan.after.get("manifest_diff").as_str().unwrap().to_owned();
    assert!(
        diff.contains("-  color: \"red\"\n+  color: \"blue\"\n") && !diff.contains("Deployment"),
        "{diff}"
    );
    assert_eq!(room.helm_list(), ["web 2 deployed"]);
    assert_eq!(room.object("v1", "ConfigMap", "web").await["data"]["color"], "blue");

    // What makes no revision sends nothing.
    let waits = room.release(&chart, "set = [{ name = \"color\", value = \"blue\" }]\ntimeout = \"7m\"");
    let plan = room.applies(&waits).await;
    is(&plan, Action::Update);
    assert!(!is_unknown(&plan, "revision"));
    assert_eq!(room.helm_list(), ["web 2 deployed"]);

    let done = room.host.destroy(IT).await;
    assert!(!done.failed(), "{}", done.text());
    assert_eq!(room.helm_list(), Vec::<String>::new());
    assert!(room.object("v1", "ConfigMap", "web").await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_goes_on_with_ours_and_we_with_helms() {
    let Some(mut room) = Room::new("both").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "");
    room.applies(&text).await;
    room.applies(&room.release(&chart, "set = [{ name = \"color\", value = \"blue\" }]")).await;
    room.helm(&["rollback", "web", "1"]);
    room.helm(&["upgrade", "web", chart.to_str().unwrap(), "--set", "color=green"]);
    assert_eq!(room.helm_list(), ["web 4 deployed"]);
    // What others have made of it is brought back.
    let plan = room.applies(&text).await;
    is(&plan, Action::Update);
    assert_eq!(room.helm_list(), ["web 5 deployed"]);
    assert_eq!(room.object("v1", "ConfigMap", "web").await["data"]["color"], "red");
    room.helm(&["uninstall", "web"]);
    // Gone is gone: the next plan makes it again.
    let plan = room.plans(&text).await;
    is(&plan, Action::Create);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_plans_nothing_that_is_sent() {
    let Some(mut room) = Room::new("import").await else { return };
    let chart = room.chart("plain", &plain());
    room.helm(&["install", "web", chart.to_str().unwrap(), "--set", "color=blue"]);
    let id = format!("{}/web", room.namespace);
    let done = room.host.import(IT, By::Id(&id)).await;
    assert!(done.is_ok(), "{}", told(&done.unwrap_err()));
    assert_eq!(room.state("revision"), Value::int(1));
    let text = room.release(&chart, "values = [\"color: blue\"]");
    let plan = room.applies(&text).await;
    is(&plan, Action::Update);
    assert_eq!(room.helm_list(), ["web 1 deployed"], "a state-only update");
    room.applies(&room.release(&chart, "values = [\"color: red\"]")).await;
    assert_eq!(room.helm_list(), ["web 2 deployed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_seen_told_and_corrected() {
    let Some(mut room) = Room::new("drift").await else { return };
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "drift = \"correct\"");
    room.applies(&text).await;
    let client = room.plane.admin();
    let kind = client.kind("v1", "ConfigMap").await.unwrap().here().unwrap();
    let at = kind.at(Some(&room.namespace), "web");
    let mut map = client.get(&at).await.unwrap().here().unwrap();
    map["data"]["color"] = "pink".into();
    client.replace(&at, &map, &bud::kube::Writing::by("somebody")).await.unwrap();
    let plan = room.plans(&text).await;
    is(&plan, Action::Update);
    let key = format!("ConfigMap/{}/web", room.namespace);
    assert_eq!(plan.before.get("drifted").get(&key), &Value::List(vec![Value::string(".data.color")]));
    let done = room.host.apply_plan(plan).await;
    // The field is somebody's now: who corrects says so.
    assert!(done.failed() && done.error().contains("somebody"), "{}", done.text());
    room.applies(&room.release(&chart, "drift = \"correct\"\nforce_update = true")).await;
    assert_eq!(room.object("v1", "ConfigMap", "web").await["data"]["color"], "red");
}
