//! Waiting and watching.

use std::time::{Duration, Instant};

use bud::kube::wait::{Objects, Verdict, Waited};
use bud::kube::{Change, Deletion, Kind, KubeError, Patch, Scope, Selector};
use bud::time::{Ended, Patience};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::between::{Act, Between, Decide, Seen};
use super::control_plane::{ControlPlane, User, open};
use super::{by, config_map, config_maps};

fn patience(seconds: u64) -> Patience {
    Patience::new(Duration::from_secs(seconds), CancellationToken::new())
}

fn deployments() -> Kind {
    Kind::new("apps/v1", "Deployment", "deployments", Scope::Namespaced)
}

fn deployment(pod: Option<&str>) -> Value {
    let annotations = pod.map_or_else(|| json!({}), |life| json!({ "bud.test/pod": life }));
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "replicas": 2, "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" }, "annotations": annotations },
                "spec": { "containers": [{ "name": "a", "image": "x" }] },
            },
        },
    })
}

fn available(deployment: Option<&Value>) -> Verdict {
    match deployment.map(|one| &one["status"]["availableReplicas"]) {
        Some(count) if *count == 2 => Verdict::Holds,
        _ => Verdict::NotYet,
    }
}

/// The one kind of which the API server keeps no history of its own.
fn pod_templates() -> Kind {
    Kind::new("v1", "PodTemplate", "podtemplates", Scope::Namespaced)
}

fn pod_template(value: &str) -> Value {
    let template = json!({ "spec": { "containers": [{ "name": "a", "image": "x" }] } });
    json!({
        "apiVersion": "v1", "kind": "PodTemplate", "template": template,
        "metadata": { "name": "one", "labels": { "a": value } },
    })
}

/// Whether the label has the value.
fn says(value: &'static str) -> impl Fn(Option<&Value>) -> Verdict {
    move |seen| match seen.map(|one| &one["metadata"]["labels"]["a"]) {
        Some(found) if found == value => Verdict::Holds,
        _ => Verdict::NotYet,
    }
}

fn is_watch(seen: &Seen) -> bool {
    seen.path.contains("watch=true")
}

#[tokio::test]
async fn a_deployment_becomes_available_and_the_cluster_is_not_polled() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (space, between) = (plane.namespace("wait").await, Between::start(plane, |_| Act::Forward).await);
    let client = open(&between.kubeconfig());
    client.create(&deployments(), Some(&space), &deployment(None), &by("tests")).await.unwrap();
    between.count_anew();
    let waited =
        client.wait_for(&deployments().at(Some(&space), "web"), &patience(60), available).await.unwrap();
    assert!(matches!(waited, Waited::Holds(Some(_))), "{waited:?}");
    assert!(between.seen().len() <= 2, "{:?}", between.seen());
}

#[tokio::test]
async fn a_job_completes_and_one_fails() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("jobs").await);
    let jobs = Kind::new("batch/v1", "Job", "jobs", Scope::Namespaced);
    for (name, life) in [("good", "run"), ("bad", "fail")] {
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name },
            "spec": { "backoffLimit": 0, "template": {
                "metadata": { "annotations": { "bud.test/pod": life } },
                "spec": { "restartPolicy": "Never", "containers": [{ "name": "a", "image": "x" }] },
            } },
        });
        client.create(&jobs, Some(&space), &job, &by("tests")).await.unwrap();
    }
    let ended = |objects: &Objects| {
        let has = |name: &str, kind: &str| {
            let job = objects.get(&(space.clone(), name.to_owned()));
            let conditions = job.and_then(|job| job["status"]["conditions"].as_array());
            conditions.is_some_and(|all| all.iter().any(|one| one["type"] == kind && one["status"] == "True"))
        };
        if has("good", "Complete") && has("bad", "Failed") { Verdict::Holds } else { Verdict::NotYet }
    };
    let waited =
        client.wait_for_all(&jobs, Some(&space), &Selector::default(), &patience(90), ended).await.unwrap();
    assert!(matches!(&waited, Waited::Holds(all) if all.len() == 2), "{waited:?}");
}

#[tokio::test]
async fn what_never_comes_ends_with_what_was_seen_last() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("never").await);
    client.create(&deployments(), Some(&space), &deployment(Some("crash")), &by("tests")).await.unwrap();
    let at = deployments().at(Some(&space), "web");
    let started = Instant::now();
    let waited = client.wait_for(&at, &patience(3), available).await.unwrap();
    let Waited::Ended { last: Some(last), ended: Ended::Deadline, error: None } = waited else {
        panic!("{waited:?}")
    };
    assert_eq!(last["metadata"]["name"], "web");
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());

    let stop = CancellationToken::new();
    let (waiting, stopping) = (Patience::new(Duration::from_secs(60), stop.clone()), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.cancel();
    });
    let started = Instant::now();
    let (waited, ()) = tokio::join!(client.wait_for(&at, &waiting, available), stopping);
    assert!(matches!(waited, Ok(Waited::Ended { ended: Ended::Stopped, .. })), "{waited:?}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());

    let pods = Kind::new("v1", "Pod", "pods", Scope::Namespaced);
    let crashing = |pods: &Objects| {
        let waits = |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
        match pods.values().map(waits).find(|reason| reason == "CrashLoopBackOff") {
            Some(_) => Verdict::Never("it crashes".into()),
            None => Verdict::NotYet,
        }
    };
    let waited =
        client.wait_for_all(&pods, Some(&space), &Selector::labels("app=web"), &patience(60), crashing).await;
    assert!(matches!(&waited, Ok(Waited::Never { reason, .. }) if reason == "it crashes"), "{waited:?}");
    let forbidden = plane.client(&User::Nobody).wait_for(&at, &patience(60), available).await;
    assert!(matches!(forbidden, Err(KubeError::Forbidden { .. })), "{forbidden:?}");
}

#[tokio::test]
async fn a_watch_says_what_happens_and_a_place_long_gone_is_an_error() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("watch").await);
    let listed = client.list(&config_maps(), Some(&space), &Selector::default()).await.unwrap();
    let chosen = Selector::name("one");
    let mut changes =
        client.watch(&config_maps(), Some(&space), &chosen, &listed.resource_version).await.unwrap();
    let at = config_maps().at(Some(&space), "one");
    client.create(&config_maps(), Some(&space), &config_map("one", "a", "1"), &by("tests")).await.unwrap();
    client.create(&config_maps(), Some(&space), &config_map("two", "a", "1"), &by("tests")).await.unwrap();
    client.patch(&at, &Patch::Merge(json!({ "data": { "a": "2" } })), &by("tests")).await.unwrap();
    client.delete(&at, &Deletion::default()).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let next =
            tokio::time::timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap().unwrap();
        match next {
            Change::Added(object) => seen.push(format!("added {}", object["data"]["a"])),
            Change::Modified(object) => seen.push(format!("modified {}", object["data"]["a"])),
            Change::Deleted(object) => seen.push(format!("deleted {}", object["data"]["a"])),
            Change::Bookmark(_) => {}
        }
    }
    assert_eq!(seen, ["added \"1\"", "modified \"2\"", "deleted \"2\""]);
    let gone = match client.watch(&pod_templates(), Some(&space), &Selector::default(), "1").await {
        Err(error) => error,
        Ok(mut changes) => {
            tokio::time::timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap().unwrap_err()
        }
    };
    assert!(matches!(gone, KubeError::Gone { .. }), "{gone:?}");
}

#[tokio::test]
async fn a_wait_survives_a_lost_place_a_cut_watch_and_one_that_is_not_allowed() {
    let Some(plane) = ControlPlane::shared() else { return };
    let admin = plane.admin();
    let forbidden =
        json!({ "kind": "Status", "code": 403, "reason": "Forbidden", "message": "no watching" }).to_string();
    let cases: Vec<(&str, Decide)> = vec![
        // The server forgets the place: it answers 410 itself to this version.
        (
            "gone",
            Box::new(|seen| {
                if !is_watch(seen) || seen.n > 2 {
                    return Act::Forward;
                }
                let (before, version) = seen.path.split_once("resourceVersion=").unwrap();
                let after = version.split_once('&').map_or("", |(_, after)| after);
                Act::Instead(format!("{before}resourceVersion=1&{after}"))
            }),
        ),
        ("cut", Box::new(|seen| if is_watch(seen) && seen.n < 6 { Act::CutAfter } else { Act::Forward })),
        (
            "cut in the middle",
            Box::new(|seen| if is_watch(seen) && seen.n < 4 { Act::CutAt(30) } else { Act::Forward }),
        ),
        (
            "forbidden",
            Box::new(move |seen| {
                if is_watch(seen) { Act::Answer(403, Vec::new(), forbidden.clone()) } else { Act::Forward }
            }),
        ),
        ("away", Box::new(|seen| if seen.n < 8 { Act::CutBefore } else { Act::Forward })),
    ];
    for (name, decide) in cases {
        let space = plane.namespace("survives").await;
        let between = Between::start(plane, decide).await;
        let client = open(&between.kubeconfig());
        let at = pod_templates().at(Some(&space), "one");
        let making = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            admin.create(&pod_templates(), Some(&space), &pod_template("1"), &by("tests")).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            admin
                .patch(&at, &Patch::Merge(json!({ "metadata": { "labels": { "a": "2" } } })), &by("tests"))
                .await
                .unwrap();
        };
        let waiting = patience(60);
        let (waited, ()) = tokio::join!(client.wait_for(&at, &waiting, says("2")), making);
        assert!(matches!(&waited, Ok(Waited::Holds(Some(_)))), "{name}: {waited:?}");
        assert!(between.seen().len() >= 3, "{name}: {:?}", between.seen());
    }
}

#[tokio::test]
async fn a_cluster_that_stays_away_is_named_at_the_end() {
    let Some(plane) = ControlPlane::shared() else { return };
    let between = Between::start(plane, |_| Act::CutBefore).await;
    let at = pod_templates().at(Some("default"), "one");
    let waited = open(&between.kubeconfig()).wait_for(&at, &patience(6), says("2")).await.unwrap();
    let Waited::Ended { last: None, ended: Ended::Deadline, error: Some(error) } = &waited else {
        panic!("{waited:?}")
    };
    assert!(matches!(**error, KubeError::Unreachable { .. }), "{error:?}");
}
