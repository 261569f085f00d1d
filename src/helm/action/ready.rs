//! Whether one object is ready, by what it says of itself.
//!
//! Source: the rules of kstatus (fluxcd/cli-utils, `pkg/kstatus/status`), which Helm 4 waits by, and Helm's
//! own readers of jobs and of the pods of hooks (`internal/statusreaders`).

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What an object says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is as it shall be.
    Ready,
    /// Not yet.
    Waiting(String),
    /// It will not be without somebody's help.
    Failed(String),
}

/// How far jobs and pods must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Jobs have started, pods are ready.
    Running,
    /// Jobs are at their end; pods are ready.
    JobsDone,
    /// Jobs and pods are at their end; nothing else is looked at. For hooks.
    HookDone,
}

/// How long a pod may find no node before that counts as a failure.
const SCHEDULING: time::Duration = time::Duration::seconds(15);

use Readiness::{Failed, Ready, Waiting};

/// Whether an object is ready.
pub fn readiness(object: &Value, goal: Goal, now: OffsetDateTime) -> Readiness {
    let key = group_kind(object);
    match (goal, key.as_str()) {
        (Goal::HookDone | Goal::JobsDone, "batch/Job") => return job_done(object),
        (Goal::HookDone, "/Pod") => return pod_done(object),
        (Goal::HookDone, _) => return Ready,
        _ => {}
    }
    if let Some(generic) = generic(object) {
        return generic;
    }
    match key.as_str() {
        "/Service" => service(object),
        "/Pod" => pod(object, now),
        "/PersistentVolumeClaim" => claim(object),
        "apps/StatefulSet" => stateful_set(object),
        "apps/DaemonSet" | "extensions/DaemonSet" => daemon_set(object),
        "apps/Deployment" | "extensions/Deployment" => deployment(object),
        "apps/ReplicaSet" | "extensions/ReplicaSet" => replica_set(object),
        "batch/Job" => job(object),
        "apiextensions.k8s.io/CustomResourceDefinition" => definition(object),
        "/Secret" | "/ConfigMap" | "batch/CronJob" | "policy/PodDisruptionBudget" => Ready,
        _ => by_ready_condition(object),
    }
}

/// Group and kind, such as `apps/Deployment`; the core group is empty.
fn group_kind(object: &Value) -> String {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    format!("{group}/{}", object["kind"].as_str().unwrap_or_default())
}

fn number(object: &Value, path: &str, default: i64) -> i64 {
    object.pointer(path).and_then(Value::as_i64).unwrap_or(default)
}

fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// Type, status, reason, message of each condition.
fn conditions(object: &Value) -> impl Iterator<Item = [&str; 4]> {
    let list = object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    list.map(|one| ["type", "status", "reason", "message"].map(|key| one[key].as_str().unwrap_or_default()))
}

fn waiting(text: impl Into<String>) -> Readiness {
    Waiting(text.into())
}

/// A reason and a message in one line.
fn said(reason: &str, message: &str) -> String {
    match (reason.is_empty(), message.is_empty()) {
        (false, false) => format!("{reason}: {message}"),
        (true, true) => "no reason given".to_owned(),
        _ => format!("{reason}{message}"),
    }
}

/// What is the same for every kind: removal, generation, the standard conditions.
fn generic(object: &Value) -> Option<Readiness> {
    if !text(object, "/metadata/deletionTimestamp").is_empty() {
        return Some(waiting("it is being deleted"));
    }
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let observed = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    if let (Some(generation), Some(observed)) = (generation, observed)
        && generation != observed
    {
        return Some(waiting(format!("generation {generation} is not observed yet, {observed} is")));
    }
    conditions(object).find_map(|[kind, status, reason, message]| match (kind, status) {
        ("Reconciling", "True") => Some(Waiting(said(reason, message))),
        ("Stalled", "True") => Some(Failed(said(reason, message))),
        _ => None,
    })
}

fn by_ready_condition(object: &Value) -> Readiness {
    match conditions(object).find(|[kind, ..]| *kind == "Ready") {
        Some([_, "False" | "Unknown", reason, message]) => Waiting(said(reason, message)),
        _ => Ready,
    }
}

fn service(object: &Value) -> Readiness {
    let balanced = text(object, "/spec/type") == "LoadBalancer";
    if balanced && text(object, "/spec/clusterIP").is_empty() {
        waiting("it has no cluster IP")
    } else {
        Ready
    }
}

fn claim(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Bound" => Ready,
        "" => waiting("it is not bound"),
        phase => waiting(format!("it is not bound, its phase is {phase}")),
    }
}

fn pod(object: &Value, now: OffsetDateTime) -> Readiness {
    let scheduled = || conditions(object).find(|[kind, ..]| *kind == "PodScheduled");
    match text(object, "/status/phase") {
        // A pod that has ended badly is still at its end: kstatus judges so.
        "Succeeded" | "Failed" => Ready,
        "Running" => {
            if conditions(object).any(|[kind, status, ..]| kind == "Ready" && status == "True") {
                return Ready;
            }
            let crashing: Vec<&str> = statuses(object, "containerStatuses")
                .filter(|one| text(one, "/state/waiting/reason") == "CrashLoopBackOff")
                .map(|one| text(one, "/name"))
                .collect();
            if crashing.is_empty() {
                waiting("it runs and is not ready")
            } else {
                Failed(format!("containers crash again and again: {}", crashing.join(", ")))
            }
        }
        "Pending" => match scheduled() {
            Some([_, "False", "Unschedulable", message]) => {
                let made = OffsetDateTime::parse(text(object, "/metadata/creationTimestamp"), &Rfc3339);
                if made.is_ok_and(|made| now - made < SCHEDULING) {
                    waiting("it has no node yet")
                } else {
                    Failed(format!("it finds no node: {message}"))
                }
            }
            _ => waiting("it is pending"),
        },
        "" => waiting("it has no phase yet"),
        phase => waiting(format!("its phase is {phase}")),
    }
}

fn pod_done(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Succeeded" => Ready,
        "Failed" => Failed(said(text(object, "/status/reason"), text(object, "/status/message"))),
        _ => waiting("the pod is not at its end"),
    }
}

/// The statuses of containers of one sort.
pub(super) fn statuses<'a>(pod: &'a Value, sort: &str) -> impl Iterator<Item = &'a Value> {
    pod["status"][sort].as_array().into_iter().flatten()
}

fn job_condition(object: &Value) -> Option<Readiness> {
    let done = number(object, "/status/succeeded", 0);
    let failed = number(object, "/status/failed", 0);
    let all = number(object, "/spec/completions", number(object, "/spec/parallelism", 1));
    conditions(object).find_map(|[kind, status, reason, message]| match (kind, status) {
        ("Complete", "True") => Some(Ready),
        ("Failed", "True") => {
            Some(Failed(format!("{} ({done} of {all} succeeded, {failed} failed)", said(reason, message))))
        }
        _ => None,
    })
}

fn job_done(object: &Value) -> Readiness {
    job_condition(object).unwrap_or_else(|| waiting("the job is not at its end"))
}

fn job(object: &Value) -> Readiness {
    let started =
        || if text(object, "/status/startTime").is_empty() { waiting("it has not started") } else { Ready };
    job_condition(object).unwrap_or_else(started)
}

/// Waits while fewer are so than there shall be.
fn fewer(what: &str, have: i64, want: i64) -> Option<Readiness> {
    (have < want).then(|| Waiting(format!("{have} of {want} {what}")))
}

fn too_many(have: i64, want: i64) -> Option<Readiness> {
    (have > want).then(|| Waiting(format!("{} more pods than wanted are still there", have - want)))
}

fn deployment(object: &Value) -> Readiness {
    let mut progressed =
        number(object, "/spec/progressDeadlineSeconds", i64::from(i32::MAX)) == i64::from(i32::MAX);
    let mut available = false;
    for [kind, status, reason, message] in conditions(object) {
        match kind {
            "Progressing" if reason == "ProgressDeadlineExceeded" => return Failed(said(reason, message)),
            "Progressing" if status == "True" && reason == "NewReplicaSetAvailable" => progressed = true,
            "Available" if status == "True" => available = true,
            _ => {}
        }
    }
    let want = number(object, "/spec/replicas", 1);
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let checks = fewer("pods exist", status("replicas"), want)
        .or_else(|| fewer("pods are up to date", status("updatedReplicas"), want))
        .or_else(|| too_many(status("replicas"), want))
        .or_else(|| fewer("pods are available", status("availableReplicas"), status("updatedReplicas")))
        .or_else(|| fewer("pods are ready", status("readyReplicas"), want));
    match checks {
        Some(waiting) => waiting,
        None if !progressed => waiting("its new replica set is not available"),
        None if !available => waiting("it is not available"),
        None => Ready,
    }
}

fn replica_set(object: &Value) -> Readiness {
    let failing =
        conditions(object).find(|[kind, status, ..]| *kind == "ReplicaFailure" && *status == "True");
    if let Some([_, _, reason, message]) = failing {
        return Waiting(said(reason, message));
    }
    let want = number(object, "/spec/replicas", 1);
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    fewer("pods have its labels", status("fullyLabeledReplicas"), want)
        .or_else(|| fewer("pods are available", status("availableReplicas"), want))
        .or_else(|| fewer("pods are ready", status("readyReplicas"), want))
        .or_else(|| too_many(status("replicas"), want))
        .unwrap_or(Ready)
}

fn stateful_set(object: &Value) -> Readiness {
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Ready;
    }
    let want = number(object, "/spec/replicas", 1);
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let few = fewer("pods exist", status("replicas"), want)
        .or_else(|| fewer("pods are ready", status("readyReplicas"), want))
        .or_else(|| too_many(status("replicas"), want));
    if let Some(few) = few {
        return few;
    }
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition", -1);
    if partition != -1 {
        return fewer("pods are up to date", status("updatedReplicas"), want - partition).unwrap_or(Ready);
    }
    if let Some(few) = fewer("pods are current", status("currentReplicas"), want) {
        return few;
    }
    if text(object, "/status/currentRevision") == text(object, "/status/updateRevision") {
        Ready
    } else {
        waiting("not every pod has the new revision")
    }
}

fn daemon_set(object: &Value) -> Readiness {
    if object.pointer("/metadata/generation").is_none()
        || object.pointer("/status/observedGeneration").is_none()
    {
        return waiting("its controller has not seen it yet");
    }
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let Some(want) = object.pointer("/status/desiredNumberScheduled").and_then(Value::as_i64) else {
        return waiting("its controller has not counted the nodes yet");
    };
    fewer("pods are scheduled", status("currentNumberScheduled"), want)
        .or_else(|| fewer("pods are up to date", status("updatedNumberScheduled"), want))
        .or_else(|| fewer("pods are available", status("numberAvailable"), want))
        .or_else(|| fewer("pods are ready", status("numberReady"), want))
        .unwrap_or(Ready)
}

fn definition(object: &Value) -> Readiness {
    for [kind, status, reason, message] in conditions(object) {
        match (kind, status) {
            ("NamesAccepted", "False") => return Failed(said(reason, message)),
            ("Established", "False") if reason != "Installing" => return Failed(said(reason, message)),
            ("Established", "True") => return Ready,
            _ => {}
        }
    }
    waiting("it is not established")
}

/// How long a container may fail to get its image or its settings before that counts as lasting.
const LASTING: time::Duration = time::Duration::seconds(60);

/// How often a container may crash before nobody hopes any more. Charts whose parts wait for each other crash a
/// few times at their start.
const CRASHES: i64 = 5;

/// Why a pod will not become ready without somebody's help, beyond what its workload says: a Deployment says
/// so after ten minutes, a stateful set never.
pub fn hopeless(pod: &Value, now: OffsetDateTime) -> Option<String> {
    let made = OffsetDateTime::parse(text(pod, "/metadata/creationTimestamp"), &Rfc3339);
    let lasts = made.is_ok_and(|made| now - made >= LASTING);
    let all = statuses(pod, "initContainerStatuses").chain(statuses(pod, "containerStatuses"));
    all.into_iter().find_map(|one| {
        let reason = text(one, "/state/waiting/reason");
        let hopeless = match reason {
            "InvalidImageName" | "ErrImageNeverPull" => true,
            "ImagePullBackOff" | "ErrImagePull" | "CreateContainerConfigError" | "CreateContainerError" => {
                lasts
            }
            "CrashLoopBackOff" => number(one, "/restartCount", 0) >= CRASHES,
            _ => false,
        };
        let message = text(one, "/state/waiting/message");
        hopeless.then(|| format!("container {}: {}", text(one, "/name"), said(reason, message)))
    })
}

#[cfg(test)]
#[path = "ready_tests.rs"]
mod tests;
