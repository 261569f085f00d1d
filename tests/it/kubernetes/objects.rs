//! Every method of the client, against the real API.

use std::collections::BTreeSet;
use std::time::Duration;

use bud::kube::{
    Apply, Conflicts, Deletion, DryRun, Kind, KubeError, Logs, Patch, Propagation, Run, Scope, Selector,
    Validation, Writing,
};
use bud::outcome::Presence;
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::between::{Act, Between};
use super::control_plane::{ControlPlane, open};
use super::{by, config_map, config_maps};

#[tokio::test]
async fn an_object_from_making_to_deleting() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("objects").await);
    let (kind, at) = (config_maps(), config_maps().at(Some(&space), "one"));
    assert_eq!(client.get(&at).await, Ok(Presence::Gone));
    let made = client.create(&kind, Some(&space), &config_map("one", "a", "1"), &by("maker")).await.unwrap();
    assert_eq!(made["metadata"]["managedFields"][0]["manager"], "maker");

    let mut changed = made.clone();
    changed["data"] = json!({ "a": "2" });
    let replaced = client.replace(&at, &changed, &by("changer")).await.unwrap();
    assert_eq!(replaced["data"], json!({ "a": "2" }));
    let late = client.replace(&at, &changed, &by("changer")).await.unwrap_err();
    assert!(matches!(&late, KubeError::Changed { refusal, .. } if refusal.reason == "Conflict"), "{late:?}");

    let merge = Patch::Merge(json!({ "data": { "a": null, "b": "3" } }));
    assert_eq!(client.patch(&at, &merge, &by("p")).await.unwrap()["data"], json!({ "b": "3" }));
    let json = Patch::Json(json!([{ "op": "add", "path": "/data/c", "value": "4" }]));
    assert_eq!(client.patch(&at, &json, &by("p")).await.unwrap()["data"], json!({ "b": "3", "c": "4" }));
    let strategic = Patch::Strategic(json!({ "data": { "c": null } }));
    assert_eq!(client.patch(&at, &strategic, &by("p")).await.unwrap()["data"], json!({ "b": "3" }));

    let tried = Writing { dry_run: DryRun::Server, ..by("p") };
    assert_eq!(client.patch(&at, &merge, &tried).await.unwrap()["data"], json!({ "b": "3" }));
    let refused = client.delete(&at, &Deletion { uid: Some("another".into()), ..Deletion::default() }).await;
    assert!(matches!(refused, Err(KubeError::Changed { .. })), "{refused:?}");
    let uid = made["metadata"]["uid"].as_str().map(str::to_owned);
    let deletion = Deletion { uid, propagation: Propagation::Foreground, grace_seconds: Some(0) };
    assert!(client.delete(&at, &deletion).await.unwrap().here().is_some());
    let gone = Patience::new(Duration::from_secs(30), CancellationToken::new());
    let absent = |seen: Option<&Value>| {
        if seen.is_none() { bud::kube::wait::Verdict::Holds } else { bud::kube::wait::Verdict::NotYet }
    };
    client.wait_for(&at, &gone, absent).await.unwrap();
    assert_eq!(client.delete(&at, &Deletion::default()).await, Ok(Presence::Gone));
}

#[tokio::test]
async fn a_dry_run_makes_nothing_and_strictness_names_the_unknown_field() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("dry").await);
    let tried = Writing { dry_run: DryRun::Server, ..by("tests") };
    let made =
        client.create(&config_maps(), Some(&space), &config_map("one", "a", "1"), &tried).await.unwrap();
    assert!(made["metadata"]["uid"].is_string());
    assert_eq!(client.get(&config_maps().at(Some(&space), "one")).await, Ok(Presence::Gone));

    let mut wrong = config_map("two", "a", "1");
    wrong["dta"] = json!({});
    let strict = Writing { validation: Validation::Strict, ..by("tests") };
    let refused = client.create(&config_maps(), Some(&space), &wrong, &strict).await.unwrap_err();
    let KubeError::Invalid { refusal, .. } = &refused else { panic!("{refused:?}") };
    assert!(refusal.message.contains("unknown field \"dta\""), "{}", refusal.message);
    let ignored = Writing { validation: Validation::Ignore, ..by("tests") };
    client.create(&config_maps(), Some(&space), &wrong, &ignored).await.unwrap();
}

#[tokio::test]
async fn lists_take_every_page_and_choose_by_labels_and_fields() {
    let Some(plane) = ControlPlane::shared() else { return };
    let space = plane.namespace("pages").await;
    let client = plane.admin();
    let writing = by("tests");
    let make = async |number: usize| {
        let mut object = config_map(&format!("map-{number:04}"), "n", "1");
        object["metadata"]["labels"] =
            json!({ "half": if number.is_multiple_of(2) { "even" } else { "odd" } });
        client.create(&config_maps(), Some(&space), &object, &writing).await.unwrap();
    };
    for start in (0..1_001).step_by(50) {
        let until = (start + 50).min(1_001);
        futures::future::join_all((start..until).map(&make)).await;
    }
    let between = Between::start(plane, |_| Act::Forward).await;
    let counting = open(&between.kubeconfig());
    let chosen = Selector { labels: Some("half in (even,odd)".into()), fields: None };
    let all = counting.list(&config_maps(), Some(&space), &chosen).await.unwrap();
    let names: BTreeSet<&str> =
        all.items.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), between.seen().len()), (1_001, 3), "{:?}", between.seen());
    assert_eq!((&all.items[0]["kind"], &all.items[0]["apiVersion"]), (&json!("ConfigMap"), &json!("v1")));
    assert!(!all.resource_version.is_empty());
    let even = client.list(&config_maps(), Some(&space), &Selector::labels("half=even")).await.unwrap();
    assert_eq!(even.items.len(), 501);
    let one = client.list(&config_maps(), Some(&space), &Selector::name("map-0007")).await.unwrap();
    assert_eq!(one.items.len(), 1);
    // In every namespace: those of the cluster's own are there too.
    let everywhere = client.list(&config_maps(), None, &Selector::name("kube-root-ca.crt")).await.unwrap();
    assert!(everywhere.items.len() > 3, "{}", everywhere.items.len());
}

#[tokio::test]
async fn server_side_apply_owns_fields_and_names_who_is_in_the_way() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("apply").await);
    let at = config_maps().at(Some(&space), "one");
    let refuse = |manager: &str| Apply { writing: by(manager), conflicts: Conflicts::Refuse };
    client.apply(&at, &config_map("one", "a", "1"), &refuse("first")).await.unwrap();
    client.apply(&at, &config_map("one", "b", "1"), &refuse("second")).await.unwrap();
    let mut both = config_map("one", "a", "2");
    both["data"]["b"] = json!("2");
    let error = client.apply(&at, &both, &refuse("third")).await.unwrap_err();
    let KubeError::Conflict { conflicts, .. } = &error else { panic!("{error:?}") };
    let mut found: Vec<(&str, &str)> =
        conflicts.iter().map(|one| (one.manager.as_str(), one.field.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("first", ".data.a"), ("second", ".data.b")]);
    let force = Apply { writing: by("third"), conflicts: Conflicts::Force };
    assert_eq!(client.apply(&at, &both, &force).await.unwrap()["data"], json!({ "a": "2", "b": "2" }));
    // What the first manager leaves out and nobody else has goes.
    client.apply(&at, &config_map("one", "x", "1"), &refuse("first")).await.unwrap();
    let left = client.apply(&at, &config_map("one", "y", "1"), &refuse("first")).await.unwrap();
    assert_eq!(left["data"], json!({ "a": "2", "b": "2", "y": "1" }));
}

#[tokio::test]
async fn the_cluster_says_what_it_is_and_is_asked_once() {
    let Some(plane) = ControlPlane::shared() else { return };
    let between = Between::start(plane, |_| Act::Forward).await;
    let client = open(&between.kubeconfig());
    let (one, two) = (client.version().await.unwrap(), client.clone().version().await.unwrap());
    assert_eq!((one.git_version.as_str(), one.minor.as_str()), ("v1.36.3", "36"));
    assert_eq!(one, two);
    let uid = client.cluster_uid().await.unwrap();
    assert_eq!(client.cluster_uid().await.unwrap(), uid);
    assert_eq!(uid.len(), 36);
    assert_eq!(between.seen().len(), 2, "{:?}", between.seen());
}

#[tokio::test]
async fn logs_of_a_container() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("logs").await);
    let pods = Kind::new("v1", "Pod", "pods", Scope::Namespaced);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" },
        "spec": { "containers": [{ "name": "a", "image": "x" }, { "name": "b", "image": "x" }] },
    });
    client.create(&pods, Some(&space), &pod, &by("tests")).await.unwrap();
    let patience = Patience::new(Duration::from_secs(60), CancellationToken::new());
    let running = |pod: Option<&Value>| match pod.map(|pod| &pod["status"]["phase"]) {
        Some(phase) if phase == "Running" => bud::kube::wait::Verdict::Holds,
        _ => bud::kube::wait::Verdict::NotYet,
    };
    client.wait_for(&pods.at(Some(&space), "web"), &patience, running).await.unwrap();
    let of = Logs { container: Some("a".into()), ..Logs::default() };
    let all = client.logs(&space, "web", &of).await.unwrap();
    assert_eq!(all, "first line\nsecond line\nthird line\n");
    let last = Logs { last_lines: Some(1), ..of.clone() };
    assert_eq!(client.logs(&space, "web", &last).await.unwrap(), "third line\n");
    let before = Logs { run: Run::Previous, ..of };
    assert_eq!(client.logs(&space, "web", &before).await.unwrap(), "panic: before\n");
    let unnamed = client.logs(&space, "web", &Logs::default()).await.unwrap_err();
    assert!(
        matches!(&unnamed, KubeError::Invalid { refusal, .. } if refusal.message.contains("[a b]")),
        "{unnamed:?}"
    );
    let none = client.logs(&space, "nobody", &Logs::default()).await.unwrap_err();
    assert!(matches!(&none, KubeError::NotFound { refusal, .. } if refusal.name == "nobody"), "{none:?}");
}

#[tokio::test]
async fn who_an_object_is_comes_without_what_is_in_it() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("glimpse").await);
    let large = "x".repeat(100_000);
    for name in ["one", "two"] {
        let mut map = config_map(name, "a", &large);
        map["metadata"]["labels"] = json!({ "is": name });
        client.create(&config_maps(), Some(&space), &map, &by("tests")).await.unwrap();
    }
    let one = client.metadata(&config_maps().at(Some(&space), "one")).await.unwrap().here().unwrap();
    assert_eq!((&one["metadata"]["labels"]["is"], one.get("data")), (&json!("one"), None));
    assert!(client.metadata(&config_maps().at(Some(&space), "none")).await.unwrap().here().is_none());
    let glimpse = client.glimpse(&config_maps(), Some(&space)).await.unwrap();
    let names: Vec<_> = glimpse.items.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!((names, glimpse.is_all), (vec!["kube-root-ca.crt", "one", "two"], true));
    assert!(glimpse.items.iter().all(|item| item.get("data").is_none()), "{:?}", glimpse.items[0]);

    let short = Between::start(plane, |seen| Act::Instead(seen.path.replace("limit=500", "limit=2"))).await;
    let glimpse = open(&short.kubeconfig()).glimpse(&config_maps(), Some(&space)).await.unwrap();
    assert_eq!((glimpse.items.len(), glimpse.is_all), (2, false));
    let nowhere = client.glimpse(&config_maps(), Some("no-such-space")).await.unwrap();
    assert_eq!((nowhere.items.len(), nowhere.is_all), (0, true));
}
