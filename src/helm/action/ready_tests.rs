//! Readiness by data: every rule has an object on either side of it.

use serde_json::json;

use super::*;

fn at(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

fn of(object: &Value, goal: Goal) -> String {
    match readiness(object, goal, at("2026-01-01T00:01:00Z")) {
        Ready => "ready".to_owned(),
        Waiting(reason) => format!("waiting: {reason}"),
        Failed(reason) => format!("failed: {reason}"),
    }
}

fn check(object: &Value, expected: &str) {
    assert_eq!(of(object, Goal::Running), expected, "{object}");
}

#[test]
fn what_is_the_same_for_every_kind() {
    let custom = |metadata: Value, status: Value| json!({ "apiVersion": "x.io/v1", "kind": "Thing", "metadata": metadata, "status": status });
    check(&custom(json!({}), json!(null)), "ready");
    check(
        &custom(json!({ "deletionTimestamp": "2026-01-01T00:00:00Z" }), json!(null)),
        "waiting: it is being deleted",
    );
    let condition = |kind: &str, status: &str| json!({ "conditions": [{ "type": kind, "status": status, "reason": "R", "message": "m" }] });
    check(&custom(json!({}), condition("Ready", "False")), "waiting: R: m");
    check(&custom(json!({}), condition("Ready", "Unknown")), "waiting: R: m");
    check(&custom(json!({}), condition("Ready", "True")), "ready");
    check(&custom(json!({}), condition("Stalled", "True")), "failed: R: m");
    check(&custom(json!({}), condition("Reconciling", "True")), "waiting: R: m");
    check(
        &custom(json!({ "generation": 2 }), json!({ "observedGeneration": 1 })),
        "waiting: generation 2 is not observed yet, 1 is",
    );
}

#[test]
fn deployments_follow_their_replicas_and_conditions() {
    let deployment = |status: Value| {
        json!({ "apiVersion": "apps/v1", "kind": "Deployment",
                "spec": { "replicas": 2, "progressDeadlineSeconds": 600 }, "status": status })
    };
    check(&deployment(json!(null)), "waiting: 0 of 2 pods exist");
    check(&deployment(json!({ "replicas": 2, "updatedReplicas": 1 })), "waiting: 1 of 2 pods are up to date");
    check(
        &deployment(json!({ "replicas": 3, "updatedReplicas": 2 })),
        "waiting: 1 more pods than wanted are still there",
    );
    check(
        &deployment(json!({ "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1 })),
        "waiting: 1 of 2 pods are available",
    );
    let full = json!({ "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2,
        "conditions": [{ "type": "Available", "status": "True" },
                       { "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }] });
    check(&deployment(full.clone()), "ready");
    let mut unprogressed = full.clone();
    unprogressed["conditions"][1]["reason"] = json!("ReplicaSetUpdated");
    check(&deployment(unprogressed), "waiting: its new replica set is not available");
    let mut late = full;
    late["conditions"][1]["reason"] = json!("ProgressDeadlineExceeded");
    check(&deployment(late), "failed: ProgressDeadlineExceeded");
}

#[test]
fn sets_of_pods_follow_their_counts() {
    let set = |spec: Value, status: Value| json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "spec": spec, "status": status });
    let two = json!({ "replicas": 2, "readyReplicas": 2, "currentReplicas": 2, "currentRevision": "a", "updateRevision": "a" });
    check(&set(json!({ "replicas": 2 }), two.clone()), "ready");
    check(&set(json!({ "replicas": 3 }), two.clone()), "waiting: 2 of 3 pods exist");
    check(&set(json!({ "replicas": 3, "updateStrategy": { "type": "OnDelete" } }), two.clone()), "ready");
    let mut new = two;
    new["updateRevision"] = json!("b");
    check(&set(json!({ "replicas": 2 }), new.clone()), "waiting: not every pod has the new revision");
    let partition = json!({ "replicas": 2, "updateStrategy": { "rollingUpdate": { "partition": 1 } } });
    check(&set(partition.clone(), new.clone()), "waiting: 0 of 1 pods are up to date");
    new["updatedReplicas"] = json!(1);
    check(&set(partition, new), "ready");

    let daemons = |status: Value| json!({ "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "generation": 1 }, "status": status });
    check(&daemons(json!({})), "waiting: its controller has not seen it yet");
    check(
        &daemons(json!({ "observedGeneration": 1 })),
        "waiting: its controller has not counted the nodes yet",
    );
    check(
        &daemons(json!({ "observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": 2,
                         "updatedNumberScheduled": 2, "numberAvailable": 1 })),
        "waiting: 1 of 2 pods are available",
    );
    check(&daemons(json!({ "observedGeneration": 1, "desiredNumberScheduled": 0 })), "ready");
}

#[test]
fn jobs_start_or_end_by_the_goal() {
    let job =
        |status: Value| json!({ "apiVersion": "batch/v1", "kind": "Job", "spec": {}, "status": status });
    let started = job(json!({ "startTime": "2026-01-01T00:00:00Z", "active": 1 }));
    check(&job(json!({})), "waiting: it has not started");
    check(&started, "ready");
    assert_eq!(of(&started, Goal::JobsDone), "waiting: the job is not at its end");
    let complete = job(json!({ "conditions": [{ "type": "Complete", "status": "True" }] }));
    assert_eq!(of(&complete, Goal::HookDone), "ready");
    let failed = job(json!({ "failed": 2, "conditions": [
        { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often" }] }));
    let told = "failed: BackoffLimitExceeded: too often (0 of 1 succeeded, 2 failed)";
    check(&failed, told);
    assert_eq!(of(&failed, Goal::HookDone), told);
}

#[test]
fn pods_claims_services_and_definitions() {
    let pod = |status: Value| json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "creationTimestamp": "2026-01-01T00:00:00Z" }, "status": status });
    check(&pod(json!({})), "waiting: it has no phase yet");
    check(
        &pod(json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] })),
        "ready",
    );
    check(&pod(json!({ "phase": "Failed" })), "ready");
    assert_eq!(
        of(&pod(json!({ "phase": "Failed", "reason": "Evicted" })), Goal::HookDone),
        "failed: Evicted"
    );
    assert_eq!(of(&pod(json!({ "phase": "Running" })), Goal::HookDone), "waiting: the pod is not at its end");
    let crashing = json!({ "phase": "Running", "containerStatuses": [
        { "name": "a", "restartCount": 5, "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off" } } }] });
    check(&pod(crashing.clone()), "failed: containers crash again and again: a");
    let homeless = json!({ "phase": "Pending", "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no gpu" }] });
    check(&pod(homeless.clone()), "failed: it finds no node: no gpu");
    assert_eq!(
        readiness(&pod(homeless), Goal::Running, at("2026-01-01T00:00:10Z")),
        Waiting("it has no node yet".into())
    );
    let early = at("2026-01-01T00:00:30Z");
    let told = hopeless(&pod(crashing), early);
    assert_eq!(told.as_deref(), Some("container a: CrashLoopBackOff: back-off"));
    let pulling = pod(
        json!({ "initContainerStatuses": [{ "name": "i", "state": { "waiting": { "reason": "ErrImagePull" } } }] }),
    );
    assert_eq!(hopeless(&pulling, early), None);
    assert_eq!(hopeless(&pulling, at("2026-01-01T00:01:00Z")).as_deref(), Some("container i: ErrImagePull"));

    let claim = |phase: &str| json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": { "phase": phase } });
    check(&claim("Pending"), "waiting: it is not bound, its phase is Pending");
    check(&claim("Bound"), "ready");
    let service = |ip: &str| json!({ "apiVersion": "v1", "kind": "Service", "spec": { "type": "LoadBalancer", "clusterIP": ip } });
    check(&service(""), "waiting: it has no cluster IP");
    check(&service("10.0.0.1"), "ready");
    let crd = |conditions: Value| json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "status": { "conditions": conditions } });
    check(&crd(json!([])), "waiting: it is not established");
    check(
        &crd(json!([{ "type": "Established", "status": "False", "reason": "Installing" }])),
        "waiting: it is not established",
    );
    check(&crd(json!([{ "type": "NamesAccepted", "status": "False", "reason": "Taken" }])), "failed: Taken");
    check(&crd(json!([{ "type": "Established", "status": "True" }])), "ready");
}
