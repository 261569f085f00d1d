//! Waiting: what a wait that fails says, and that it says so early.

use std::time::{Duration, Instant};

use bud::helm::action::{ActionError, FailFast, Options, Unready, Wait};
use serde_json::json;

use super::charts;
use super::room::{Room, Wish, kind, options};

fn unready(error: &ActionError) -> &[Unready] {
    match error {
        ActionError::NotReady(all) => all,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_container_that_crashes_for_ever_ends_the_wait_and_is_named() {
    let Some(room) = Room::judged("crashes").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one", "life": "hopeless" }) };
    let started = Instant::now();
    let failed = room.install(&wish, &options()).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    let all = unready(&failed.error);
    let one = all.iter().find(|one| one.failed).unwrap();
    assert_eq!(one.object, format!("Deployment {}/web", room.space));
    let culprit = one.culprit.as_ref().unwrap();
    assert!(culprit.replica_set.as_ref().unwrap().starts_with("web-"), "{culprit:?}");
    assert!(culprit.pod.as_ref().unwrap().starts_with("web-"), "{culprit:?}");
    assert_eq!(culprit.container.as_deref(), Some("web"));
    assert!(culprit.reason.starts_with("CrashLoopBackOff: back-off 1m20s"), "{culprit:?}");
    assert!(culprit.reason.ends_with("(the last run ended with exit code 1 Error)"), "{culprit:?}");
    assert_eq!(culprit.log, ["panic: before"], "the run that ended is told");
    assert!(culprit.events.iter().any(|event| event.starts_with("BackOff: ")), "{culprit:?}");
    assert_eq!(room.told(&["status", "web"])["info"]["status"], "failed");
    // The same release, mended.
    let wish = Wish { values: json!({ "text": "one" }), ..wish };
    room.install(&wish, &options()).await.unwrap();
    assert_eq!(room.told(&["status", "web"])["info"]["status"], "deployed");
}

#[tokio::test]
async fn a_wait_that_takes_too_long_says_what_it_waits_for() {
    let Some(room) = Room::new("too-long").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let short = Options { timeout: Duration::from_secs(4), ..options() };
    for (life, words) in [("pending", "it is pending"), ("pull", "ImagePullBackOff: Back-off pulling image")]
    {
        let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one", "life": life }) };
        let started = Instant::now();
        let failed = room.install(&wish, &short).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
        let all = unready(&failed.error);
        let one = all.iter().find(|one| one.object.starts_with("Deployment")).unwrap();
        assert!(!one.failed, "{one:?}");
        let culprit = one.culprit.as_ref().unwrap();
        assert!(culprit.reason.starts_with(words), "{culprit:?}");
    }
    // Nothing waits for it where nothing was asked for.
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one", "life": "pending" }) };
    room.install(&wish, &Options { wait: Wait::Hooks, ..options() }).await.unwrap();
}

const JOB: &str = r#"apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { bud.test/pod: {{ .Values.life }} } }
    spec: { restartPolicy: Never, containers: [{ name: work, image: x }] }
"#;

#[tokio::test]
async fn jobs_are_waited_for_to_their_start_or_to_their_end() {
    let Some(room) = Room::new("job").await else { return };
    let chart = room.chart("job", &charts::of("job", "0.1.0", &[("job.yaml", JOB)]));
    let wish = |name, life: &str| Wish { name, chart: &chart, values: json!({ "life": life }) };
    let to_the_end = Options { wait: Wait::ObjectsAndJobs, ..options() };
    room.install(&wish("a", "run"), &to_the_end).await.unwrap();
    let job = room.there(&kind("batch/v1", "Job", "jobs"), "work").await;
    assert_eq!(job["status"]["succeeded"], 1);
    room.uninstall("a", &super::room::removal()).await.unwrap();
    room.install(&wish("b", "pending"), &options()).await.unwrap();
    room.uninstall("b", &super::room::removal()).await.unwrap();
    let failed = room.install(&wish("c", "fail"), &to_the_end).await.unwrap_err();
    let [one] = unready(&failed.error) else { panic!("{failed:?}") };
    assert_eq!((one.object.clone(), one.failed), (format!("Job {}/work", room.space), true));
    assert_eq!(one.culprit.as_ref().unwrap().reason, "exit code 3 Error");
}

/// Without `fail_fast` the wait goes on to its end, as Helm's does.
#[tokio::test]
async fn patience_is_a_choice() {
    let Some(room) = Room::new("patient").await else { return };
    let other = JOB.replace("{{ .Values.life }}", "pending").replace("name: work }", "name: other }");
    let chart = charts::of("job", "0.1.0", &[("job.yaml", JOB), ("other.yaml", &other)]);
    let chart = room.chart("job", &chart);
    let wish = Wish { name: "a", chart: &chart, values: json!({ "life": "fail" }) };
    let patient = Options {
        wait: Wait::ObjectsAndJobs,
        fail_fast: FailFast::No,
        timeout: Duration::from_secs(8),
        ..options()
    };
    let started = Instant::now();
    let failed = room.install(&wish, &patient).await.unwrap_err();
    assert!(started.elapsed() >= Duration::from_secs(8), "{:?}", started.elapsed());
    let said: Vec<_> = unready(&failed.error).iter().map(|one| (one.object.as_str(), one.failed)).collect();
    let (work, other) = (format!("Job {}/work", room.space), format!("Job {}/other", room.space));
    assert_eq!(said, [(work.as_str(), true), (other.as_str(), false)], "what failed comes first");
    let started = Instant::now();
    room.install(&wish, &Options { fail_fast: FailFast::Yes, ..patient }).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}
