//! Hooks: their order, what becomes of them, and what a failing one tells.

use std::time::{Duration, Instant};

use bud::helm::action::{self, ActionError, Silent};
use bud::helm::release::Phase;
use bud::kube::{Patch, Writing};
use serde_json::json;

use super::charts::{self, Files};
use crate::kubernetes::between::{Act, Between, Seen};
use crate::kubernetes::control_plane::open;

use super::room::{Notes, Room, Wish, config_maps, kind, options, patience, removal};

/// A hook that is a job, or a map where it has no life.
fn hook(name: &str, event: &str, weight: i32, policy: &str, life: &str) -> (String, String) {
    let annotations = format!(
        "{{ helm.sh/hook: \"{event}\", helm.sh/hook-weight: \"{weight}\", helm.sh/hook-delete-policy: \"{policy}\", helm.sh/hook-output-log-policy: \"hook-failed,hook-succeeded\" }}"
    );
    let text = if life.is_empty() {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, annotations: {annotations} }}\n")
    } else {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: {name}, annotations: {annotations} }}\nspec:\n  backoffLimit: 0\n  template:\n    metadata: {{ annotations: {{ bud.test/pod: {life} }} }}\n    spec: {{ restartPolicy: Never, containers: [{{ name: one, image: x }}] }}\n"
        )
    };
    (format!("templates/{name}.yaml"), text)
}

fn with(hooks: &[(String, String)]) -> Files {
    charts::small().into_iter().chain(hooks.iter().cloned()).collect()
}

const ALWAYS: &str = "before-hook-creation,hook-succeeded,hook-failed";

#[tokio::test]
async fn hooks_run_by_weight_and_name_and_go_by_their_policies() {
    let Some(room) = Room::new("hooks").await else { return };
    let chart = room.chart(
        "hooked",
        &with(&[
            hook("c-late", "pre-install", 5, "hook-succeeded", ""),
            hook("b-same", "pre-install,pre-upgrade", -3, "before-hook-creation", ""),
            hook("a-same", "pre-install", -3, "hook-failed", "run"),
            hook("z-early", "pre-install", -10, ALWAYS, ""),
            hook("after", "post-install,post-upgrade", 0, ALWAYS, "run"),
            hook("leaving", "pre-delete", 0, ALWAYS, "run"),
            hook("left", "post-delete", 0, "before-hook-creation", ""),
            hook("tested", "test", 0, "before-hook-creation", ""),
        ]),
    );
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let seen = Notes::default();
    let desired = room.desired(&wish).await;
    let made = action::install(&room.client, &desired, &options(), &seen, &patience()).await.unwrap();
    let lines = seen.lines();
    let order: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.starts_with("log")).collect();
    assert_eq!(
        order,
        [
            "writing",
            "stored 1 pending-install",
            "hook pre-install ConfigMap z-early",
            "hook pre-install Job a-same",
            "hook pre-install ConfigMap b-same",
            "hook pre-install ConfigMap c-late",
            "phase Objects",
            "phase Waiting",
            "hook post-install Job after",
            "stored 1 deployed",
        ]
    );
    let logs: Vec<&String> = lines.iter().filter(|line| line.starts_with("log ")).collect();
    assert!(
        matches!(&logs[..], [one, two] if one.starts_with("log a-same-") && two.starts_with("log after-") && one.contains("second line")),
        "{logs:?}"
    );
    // Those without `hook-succeeded` stay, and are no part of the release.
    assert_eq!(room.names(&config_maps()).await, ["a-map", "b-same"]);
    assert_eq!(room.names(&kind("batch/v1", "Job", "jobs")).await, ["a-same"]);
    let phases: Vec<_> =
        made.record.hooks.iter().map(|hook| (hook.name.as_str(), hook.last_run.phase)).collect();
    let succeeded = |name: &str| phases.contains(&(name, Phase::Succeeded));
    assert!(
        succeeded("z-early") && succeeded("after") && phases.contains(&("tested", Phase::None)),
        "{phases:?}"
    );

    // `before-hook-creation` makes it anew, and a chart that has no hooks any more leaves them.
    let uid = room.there(&config_maps(), "b-same").await["metadata"]["uid"].clone();
    room.install(&wish, &options()).await.unwrap();
    assert_ne!(room.there(&config_maps(), "b-same").await["metadata"]["uid"], uid);
    let seen = Notes::default();
    action::uninstall(&room.client, &room.space, "a", &removal(), &seen, &patience()).await.unwrap();
    let lines = seen.lines();
    let order: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.starts_with("log")).collect();
    assert_eq!(
        order,
        ["writing", "hook pre-delete Job leaving", "phase Removing", "hook post-delete ConfigMap left"]
    );
    assert_eq!(room.names(&config_maps()).await, ["b-same", "left"]);
}

#[tokio::test]
async fn a_hook_that_fails_is_named_with_its_pod_and_what_it_printed() {
    let Some(room) = Room::new("hook-fails").await else { return };
    let failing = |policy: &str, life: &str| {
        with(&[
            hook("migrate", "pre-install,pre-upgrade", 0, policy, life),
            hook("next", "pre-install", 1, ALWAYS, ""),
        ])
    };
    let chart = room.chart("failing", &failing(ALWAYS, "fail"));
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    let seen = Notes::default();
    let failed = action::install(&room.client, &desired, &options(), &seen, &patience()).await.unwrap_err();
    let ActionError::Hook { event, object, source } = &failed.error else { panic!("{failed:?}") };
    assert_eq!((event.as_str(), object.as_str()), ("pre-install", "Job migrate"));
    let ActionError::NotReady(unready) = source.as_ref() else { panic!("{source:?}") };
    let [one] = unready.as_slice() else { panic!("{unready:?}") };
    assert!(one.failed && one.reason.contains("BackoffLimitExceeded"), "{one:?}");
    let culprit = one.culprit.as_ref().unwrap();
    assert!(culprit.pod.as_ref().unwrap().starts_with("migrate-"), "{culprit:?}");
    assert_eq!(culprit.container.as_deref(), Some("one"));
    assert_eq!(culprit.reason, "exit code 3 Error");
    assert_eq!(culprit.log, ["first line", "second line", "third line"]);
    assert!(culprit.events.iter().any(|event| event.contains("exit code 3")), "{culprit:?}");

    // Nothing after it was begun, and its policy takes it away.
    assert!(!seen.lines().iter().any(|line| line.contains("next")), "{:?}", seen.lines());
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    assert_eq!(room.names(&kind("batch/v1", "Job", "jobs")).await, [""; 0]);
    let left = failed.left.unwrap().record;
    assert_eq!(left.info.status.name(), "failed");
    assert!(left.info.description.contains("hook pre-install Job migrate"), "{}", left.info.description);

    // Without `hook-failed` it stays to be looked at, until the next run.
    let chart = room.chart("failing", &failing("before-hook-creation", "fail"));
    let wish = Wish { chart: &chart, ..wish };
    room.install(&wish, &options()).await.unwrap_err();
    assert_eq!(room.names(&kind("batch/v1", "Job", "jobs")).await, ["migrate"]);
    let chart = room.chart("mended", &failing("before-hook-creation", "run"));
    let wish = Wish { chart: &chart, ..wish };
    let done = room.install(&wish, &options()).await.unwrap();
    assert_eq!(done.record.version, 3);
    assert_eq!(room.there(&config_maps(), "a-map").await["metadata"]["labels"]["install"], "true");
}

/// A removal whose hook fails keeps everything, and goes on once it is mended.
#[tokio::test]
async fn a_failing_hook_of_a_removal_removes_nothing() {
    let Some(room) = Room::new("hook-delete").await else { return };
    let chart = room.chart("failing", &with(&[hook("leaving", "pre-delete", 0, ALWAYS, "fail")]));
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    room.install(&wish, &options()).await.unwrap();
    let failed = room.uninstall("a", &removal()).await.unwrap_err();
    assert!(matches!(failed.error, ActionError::Hook { .. }), "{failed:?}");
    assert_eq!(room.names(&config_maps()).await, ["a-map"]);
    assert!(room.records("a").await[0].starts_with("1 uninstalling"), "{:?}", room.records("a").await);
    let skip = action::Removal { hooks: action::Hooks::Skip, ..removal() };
    action::uninstall(&room.client, &room.space, "a", &skip, &Silent, &patience()).await.unwrap();
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    assert_eq!(room.records("a").await, [""; 0]);
}

/// A client that died while a hook ran: the next one made the hook's job anew at once. Two ran then, and at times the
/// job controller waited five minutes for a pod of the one before.
#[tokio::test]
async fn the_pods_of_a_hook_that_was_cut_off_go_before_it_runs_again() {
    let Some(room) = Room::new("hook-again").await else { return };
    let (path, text) = hook("migrate", "pre-install", 0, ALWAYS, "run");
    let held = text.replace(
        "metadata: { annotations: { bud",
        "metadata: { finalizers: [bud.test/hold], annotations: { bud",
    );
    assert_ne!(text, held);
    let chart = room.chart("hooked", &with(&[(path, held)]));
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    let made = |seen: &Seen| seen.method == "PATCH" && seen.path.contains("/jobs/migrate");
    let between =
        Between::start(room.plane, move |seen| if made(seen) { Act::HangAfter } else { Act::Forward }).await;
    let client = open(&between.kubeconfig());
    let (waiting, time) = (options(), patience());
    tokio::select! {
        ended = action::install(&client, &desired, &waiting, &Silent, &time) => panic!("{ended:?}"),
        () = between.hangs() => {}
    }
    let (jobs, pods) = (kind("batch/v1", "Job", "jobs"), kind("v1", "Pod", "pods"));
    let first = room.there(&jobs, "migrate").await["metadata"]["uid"].clone();
    let started = Instant::now();
    while room.names(&pods).await.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30), "the job has no pod");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let second = async {
        let started = Instant::now();
        while room.there(&jobs, "migrate").await["metadata"].get("deletionTimestamp").is_none() {
            assert!(started.elapsed() < Duration::from_secs(30), "the job stays");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(room.there(&jobs, "migrate").await["metadata"]["uid"], first, "its pod is still there");
        let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        for pod in room.names(&pods).await {
            room.client.patch(&room.at(&pods, &pod), &free, &Writing::by("somebody")).await.unwrap();
        }
    };
    let (done, ()) = tokio::join!(room.install(&wish, &waiting), second);
    done.unwrap();
    assert_eq!(room.names(&jobs).await, [""; 0]);
}
