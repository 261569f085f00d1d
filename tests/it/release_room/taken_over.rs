//! Releases that Helm made are gone on with: by Helm 4 through the server's apply or by patches, by Helm 3, whole,
//! failed, or cut off.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a real program runs it and finds it by the environment"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bud::helm::action::{ActionError, Method};
use bud::kube::{Address, Patch, Selector, Writing};
use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, claims, config_maps, deployments, kind, options, removal, secrets};

/// A Helm, and what its install is told beside the chart.
const MAKERS: [(&str, &[&str]); 3] = [
    ("BUD_TEST_HELM", &["--server-side=true"]),
    ("BUD_TEST_HELM", &["--server-side=false"]),
    ("BUD_TEST_HELM3", &[]),
];

/// Who manages fields of an object by which operation, but for the controllers.
fn managers(object: &Value) -> Vec<String> {
    let all = object["metadata"]["managedFields"].as_array().unwrap().iter();
    let words =
        all.map(|one| format!("{} {}", one["manager"].as_str().unwrap(), one["operation"].as_str().unwrap()));
    words.filter(|one| !one.starts_with("kube-") && !one.starts_with("kwok")).collect()
}

#[tokio::test]
async fn releases_of_every_helm_are_taken_over() {
    for (helm, arguments) in MAKERS {
        if std::env::var_os(helm).is_none() {
            println!("skipped: {helm} names no program");
            continue;
        }
        let Some(room) = Room::judged("taken").await else { return };
        room.volume("web").await;
        let chart = room.chart("web", &charts::web("0.1.0"));
        let path = chart.to_str().unwrap();
        let made = ["install", "web", path, "--set", "text=one,more=true", "--wait"];
        room.done_by(helm, &[&made, arguments].concat());
        let pods = async || {
            let kind = kind("v1", "Pod", "pods");
            let all = room.client.list(&kind, Some(&room.space), &Selector::labels("app=web")).await.unwrap();
            all.items.iter().map(|pod| pod["metadata"]["uid"].clone()).collect::<Vec<_>>()
        };
        let before = pods().await;
        // The same again: nothing of the workload moves, whoever wrote it before.
        let values = json!({ "text": "one", "more": true });
        let server_side = bud::helm::action::Options { method: Method::ServerSide, ..options() };
        let taken = room.install(&Wish { name: "web", chart: &chart, values }, &server_side).await;
        let taken = taken.unwrap_or_else(|error| panic!("{helm} {arguments:?}: {error:?}"));
        assert_eq!((taken.record.version, &taken.warnings), (2, &vec![]), "{helm} {arguments:?}");
        let deployment = room.there(&deployments(), "web").await;
        assert_eq!(deployment["metadata"]["generation"], 1, "{helm} {arguments:?}");
        assert_eq!(pods().await, before, "{helm} {arguments:?}");
        assert_eq!(managers(&deployment), ["helm Apply"], "{helm} {arguments:?}");
        // What leaves the release goes, also what another Helm wrote.
        let values = json!({ "text": "two" });
        room.install(&Wish { name: "web", chart: &chart, values }, &server_side).await.unwrap();
        assert_eq!(room.there(&config_maps(), "web-map").await["data"], json!({ "text": "two" }));
        assert_eq!(room.names(&config_maps()).await, ["web-map"], "{helm} {arguments:?}");
        // And back to Helm 4, which meets no conflict.
        room.done(&["rollback", "web", "1", "--wait"]);
        let data = room.there(&config_maps(), "web-map").await["data"].clone();
        assert_eq!(data, json!({ "text": "one", "more": "1" }), "{helm} {arguments:?}");
        room.done(&["upgrade", "web", path, "--set", "text=three"]);
        let removed = room.uninstall("web", &removal()).await.unwrap();
        assert_eq!(removed.kept, [format!("PersistentVolumeClaim {}/web", room.space)]);
        assert_eq!(room.names(&secrets()).await, [""; 0], "{helm} {arguments:?}");
        assert_eq!(room.names(&config_maps()).await, [""; 0], "{helm} {arguments:?}");
        assert_eq!(room.names(&claims()).await, ["web"]);
    }
}

/// Releases of the Helm provider for Terraform: Helm 3's records, and objects whose manager is called like its binary.
#[tokio::test]
async fn objects_of_the_helm_provider_are_migrated() {
    const HELM: &str = "BUD_TEST_HELM3";
    if std::env::var_os(HELM).is_none() {
        println!("skipped: {HELM} names no program");
        return;
    }
    let Some(room) = Room::judged("provider").await else { return };
    let chart = room.chart("small", &charts::small());
    room.done_by(HELM, &["install", "a", chart.to_str().unwrap(), "--set", "text=one,more=true"]);
    // In the provider, Helm's client calls itself like the process.
    let mut managers_of_it = room.there(&config_maps(), "a-map").await["metadata"]["managedFields"].clone();
    assert_eq!(managers_of_it[0]["manager"], "helm");
    managers_of_it[0]["manager"] = json!("terraform-provider-helm_v3.1.2_x5");
    let renamed =
        Patch::Json(json!([{ "op": "replace", "path": "/metadata/managedFields", "value": managers_of_it }]));
    room.client.patch(&room.at(&config_maps(), "a-map"), &renamed, &Writing::by("helm")).await.unwrap();
    let map = room.there(&config_maps(), "a-map").await;
    assert_eq!(managers(&map), ["terraform-provider-helm_v3.1.2_x5 Update"]);
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "two" }) };
    let server_side = bud::helm::action::Options { method: Method::ServerSide, ..options() };
    room.install(&wish, &server_side).await.unwrap();
    let map = room.there(&config_maps(), "a-map").await;
    assert_eq!((managers(&map), &map["data"]), (vec!["helm Apply".to_owned()], &json!({ "text": "two" })));
    room.done(&["rollback", "a", "1"]);
    room.done(&["upgrade", "a", chart.to_str().unwrap(), "--set", "text=three"]);
    assert_eq!(room.there(&config_maps(), "a-map").await["data"], json!({ "text": "three" }));
}

/// Left to itself, the engine writes as the last revision was written, as Helm 4 does.
#[tokio::test]
async fn the_way_of_writing_is_that_of_the_release() {
    for (helm, arguments) in MAKERS {
        if std::env::var_os(helm).is_none() {
            continue;
        }
        let Some(room) = Room::judged("method").await else { return };
        let chart = room.chart("small", &charts::small());
        let made = ["install", "a", chart.to_str().unwrap(), "--set", "text=one,more=true"];
        room.done_by(helm, &[&made, arguments].concat());
        let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "two" }) };
        let next = room.install(&wish, &options()).await.unwrap();
        assert_eq!(
            next.record.apply_method.is_server_side(),
            arguments.contains(&"--server-side=true"),
            "{helm} {arguments:?}"
        );
        let map = room.there(&config_maps(), "a-map").await;
        assert_eq!(map["data"], json!({ "text": "two" }), "{helm} {arguments:?}");
        room.done(&["upgrade", "a", chart.to_str().unwrap(), "--set", "text=three"]);
        assert_eq!(room.there(&config_maps(), "a-map").await["data"], json!({ "text": "three" }));
        room.done(&["rollback", "a", "1"]);
        assert_eq!(room.there(&config_maps(), "a-map").await["data"], json!({ "text": "one", "more": "1" }));
    }
}

#[tokio::test]
async fn a_failed_release_of_helm_is_repaired() {
    let Some(room) = Room::judged("helm-failed").await else { return };
    let chart = room.chart("web", &charts::web("0.1.0"));
    room.volume("web").await;
    let path = chart.to_str().unwrap();
    let output = room.helm(&["install", "web", path, "--set", "text=one,broken=true,more=true"]);
    assert!(!output.status.success());
    let claim = room.there(&claims(), "web").await["metadata"]["uid"].clone();
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "two" }) };
    let done = room.install(&wish, &options()).await.unwrap();
    let map = room.there(&config_maps(), "web-map").await;
    assert_eq!(map["metadata"]["labels"]["install"], "true", "the installation is still to be done");
    assert_eq!(room.names(&config_maps()).await, ["web-map"], "what only the failed one had is gone");
    assert_eq!(room.there(&claims(), "web").await["metadata"]["uid"], claim, "the claim is the same");
    assert_eq!(done.record.version, 2);
    assert_eq!(room.told(&["status", "web"])["info"]["status"], "deployed");
}

/// The Secret of a revision.
fn secret(room: &Room, revision: u32) -> Address {
    room.at(&secrets(), &format!("sh.helm.release.v1.a.v{revision}"))
}

/// Makes a record look as if its operation had begun long ago.
async fn age(room: &Room, revision: u32) {
    let there = room.client.get(&secret(room, revision)).await.unwrap().here().unwrap();
    let mut record = bud::helm::release::read(&there).unwrap();
    let long_ago = record.info.last_deployed.unwrap() - std::time::Duration::from_secs(3_600);
    (record.info.last_deployed, record.info.first_deployed) = (Some(long_ago), Some(long_ago));
    record.info.deleted = record.info.deleted.map(|_| long_ago);
    let moment = bud::helm::release::Moment::Modified(long_ago);
    let data = bud::helm::release::write(&record, moment).unwrap()["data"].clone();
    let patch = Patch::Merge(json!({ "data": data }));
    room.client.patch(&secret(room, revision), &patch, &Writing::by("Helm")).await.unwrap();
}

/// A Helm that is killed as soon as something can be seen.
async fn kill_helm(room: &Room, arguments: &[&str], seen: impl AsyncFn() -> bool) {
    let helm = std::env::var_os("BUD_TEST_HELM").unwrap();
    let mut helm = Command::new(helm);
    helm.args(arguments).args(["--namespace", &room.space, "--kubeconfig"]).arg(room.plane.kubeconfig_file());
    helm.env_clear().env("HOME", room.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut helm = helm.spawn().unwrap();
    let started = Instant::now();
    while !seen().await {
        assert!(started.elapsed() < Duration::from_secs(30), "helm {arguments:?} does not come so far");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    helm.kill().unwrap();
    helm.wait().unwrap();
}

/// Users had to delete Helm's Secrets by hand after a client had died in the middle.
#[tokio::test]
async fn a_helm_that_was_killed_leaves_no_lock() {
    let Some(room) = Room::judged("killed").await else { return };
    let mut slow = charts::small();
    slow.push(("templates/hook.yaml".to_owned(), SLOW.to_owned()));
    let slow = room.chart("slow", &slow);
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "two" }) };
    for verb in ["install", "upgrade"] {
        let job = format!("a-{verb}");
        let begun = async || room.get(&kind("batch/v1", "Job", "jobs"), &job).await.is_some();
        kill_helm(&room, &[verb, "a", slow.to_str().unwrap(), "--set", "text=one"], begun).await;
        goes_on(&room, &wish, verb).await;
    }
}

#[tokio::test]
async fn a_removal_of_helm_that_was_killed_is_finished() {
    let Some(room) = Room::judged("removal").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "two" }) };
    room.install(&wish, &options()).await.unwrap();
    let map = room.at(&config_maps(), "a-map");
    let finalizers = |list: Value| Patch::Merge(json!({ "metadata": { "finalizers": list } }));
    let writing = Writing::by("somebody");
    room.client.patch(&map, &finalizers(json!(["bud.test/hold"])), &writing).await.unwrap();
    let begun = async || {
        let there = room.there(&config_maps(), "a-map").await;
        there["metadata"].get("deletionTimestamp").is_some()
    };
    kill_helm(&room, &["uninstall", "a", "--wait"], begun).await;
    room.client.patch(&map, &finalizers(Value::Null), &writing).await.unwrap();
    goes_on(&room, &wish, "uninstall").await;
    assert_eq!(room.records("a").await, ["1 deployed: Install complete"]);
}

/// A young operation may be alive and is not disturbed; an old one is gone on from.
async fn goes_on(room: &Room, wish: &Wish<'_>, verb: &str) {
    let last = u32::try_from(room.records("a").await.len()).unwrap();
    let young = room.install(wish, &options()).await.unwrap_err().error;
    let ActionError::Pending { perhaps_alive: true, revision, .. } = young else {
        panic!("{verb}: {young:?}")
    };
    assert_eq!(revision, last, "{verb}");
    age(room, last).await;
    let done = room.install(wish, &options()).await.unwrap_or_else(|error| panic!("{verb}: {error:?}"));
    assert!(
        matches!(&done.warnings[..], [one] if one.contains("interrupted")),
        "{verb}: {:?}",
        done.warnings
    );
    assert_eq!(room.there(&config_maps(), "a-map").await["data"], json!({ "text": "two" }), "{verb}");
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "deployed", "{verb}");
}

const SLOW: &str = r#"{{- range list "install" "upgrade" }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: a-{{ . }}
  annotations: { helm.sh/hook: pre-{{ . }} }
spec:
  template:
    metadata: { annotations: { bud.test/pod: pending } }
    spec: { restartPolicy: Never, containers: [{ name: a, image: x }] }
{{- end }}
"#;
