//! Who is to blame for an object that does not become ready: object, replica set, pod, container, and what
//! the cluster and the container say about it.

use serde_json::Value;

use super::objects::text;
use super::ready::statuses;
use super::recreate::selector;
use crate::kube::{Address, Client, Kind, KubeError, Logs, Run, Scope, Selector};
use crate::outcome::Presence;

/// How many lines of a container's log, and how many events, are told.
const LINES: u32 = 10;
const EVENTS: usize = 5;

/// The longest line of a log that is told, in characters.
const LINE: usize = 400;

/// What below an object keeps it from being ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Culprit {
    /// The replica set between a deployment and its pods.
    pub replica_set: Option<String>,
    /// The pod.
    pub pod: Option<String>,
    /// The container in it.
    pub container: Option<String>,
    /// What is wrong, as pod and container say.
    pub reason: String,
    /// The last events of pod or object, the newest last, such as `BackOff: Back-off pulling image …`.
    pub events: Vec<String>,
    /// The last lines that the container printed.
    pub log: Vec<String>,
}

/// The pods of an object's present revision.
#[derive(Default)]
pub(super) struct Pods {
    pub(super) object: Option<Value>,
    pub(super) replica_set: Option<Value>,
    pub(super) present: Vec<Value>,
}

fn pod_kind() -> Kind {
    Kind::new("v1", "Pod", "pods", Scope::Namespaced)
}

/// Finds the pods of an object's present revision; those of an earlier one may well be failing, and are not
/// to blame.
pub(super) async fn pods_of(client: &Client, at: &Address) -> Result<Pods, KubeError> {
    let Presence::Here(object) = client.get(at).await? else { return Ok(Pods::default()) };
    let mut found = Pods { object: Some(object.clone()), ..Pods::default() };
    let namespace = at.namespace.as_deref();
    if at.kind.kind == "Pod" {
        found.present = vec![object];
        return Ok(found);
    }
    let labels = match at.kind.kind.as_str() {
        "Job" => Some(format!("controller-uid={}", text(&object, "/metadata/uid"))),
        _ => selector(&object),
    };
    let Some(labels) = labels else { return Ok(found) };
    let chosen = Selector::labels(labels);
    if at.kind.kind == "Deployment" {
        let kind = Kind::new("apps/v1", "ReplicaSet", "replicasets", Scope::Namespaced);
        let revision = |object: &Value| {
            text(object, "/metadata/annotations/deployment.kubernetes.io~1revision").to_owned()
        };
        let sets = client.list(&kind, namespace, &chosen).await?.items;
        let mut own = sets.into_iter().filter(|set| is_owned(set, &object));
        found.replica_set = own.find(|set| revision(set) == revision(&object));
    }
    let pods = client.list(&pod_kind(), namespace, &chosen).await?.items;
    let owner = found.replica_set.as_ref().unwrap_or(&object);
    let update = text(&object, "/status/updateRevision");
    let present = |pod: &Value| {
        is_owned(pod, owner)
            && (at.kind.kind != "StatefulSet"
                || update.is_empty()
                || text(pod, "/metadata/labels/controller-revision-hash") == update)
    };
    found.present = pods.into_iter().filter(present).collect();
    Ok(found)
}

fn is_owned(object: &Value, owner: &Value) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().any(|one| one["uid"] == owner["metadata"]["uid"])
}

/// Who is to blame, as far as it can be found out; whoever may not look finds nobody.
pub(super) async fn culprit(client: &Client, at: &Address) -> Option<Culprit> {
    let found = pods_of(client, at).await.ok()?;
    let object = found.object?;
    let replica_set = found.replica_set.as_ref().map(|set| text(set, "/metadata/name").to_owned());
    let mut culprit = Culprit { replica_set, ..Culprit::default() };
    let worst = found.present.iter().filter_map(trouble).min_by_key(|trouble| trouble.rank);
    let namespace = at.namespace.as_deref().unwrap_or_default();
    if let Some(trouble) = worst {
        culprit.pod = Some(text(trouble.pod, "/metadata/name").to_owned());
        culprit.container.clone_from(&trouble.container);
        culprit.reason = trouble.reason;
        culprit.events = events(client, namespace, trouble.pod).await;
        if let (Some(pod), Some(container)) = (&culprit.pod, trouble.container) {
            culprit.log = log(client, namespace, pod, &container, trouble.run).await;
        }
    } else if let Some(set) = &found.replica_set {
        culprit.events = events(client, namespace, set).await;
    }
    if culprit.events.is_empty() {
        culprit.events = events(client, namespace, &object).await;
    }
    let empty = culprit.pod.is_none() && culprit.events.is_empty();
    (!empty).then_some(culprit)
}

/// What is wrong with one pod.
struct Trouble<'a> {
    /// Lower is worse.
    rank: u8,
    pod: &'a Value,
    container: Option<String>,
    reason: String,
    /// Which run of the container has something to tell.
    run: Run,
}

fn trouble(pod: &Value) -> Option<Trouble<'_>> {
    if text(pod, "/status/phase") == "Succeeded" {
        return None;
    }
    let all = statuses(pod, "initContainerStatuses").chain(statuses(pod, "containerStatuses"));
    let contained = all.filter_map(|one| {
        let container = Some(text(one, "/name").to_owned());
        let waiting = text(one, "/state/waiting/reason");
        let exit = |place: &str| {
            let code = one.pointer(&format!("{place}/exitCode")).and_then(Value::as_i64)?;
            Some(format!("exit code {code} {}", text(one, &format!("{place}/reason"))).trim().to_owned())
        };
        if !matches!(waiting, "" | "PodInitializing" | "ContainerCreating") {
            let mut reason = format!("{waiting}: {}", text(one, "/state/waiting/message"));
            if let Some(exit) = exit("/lastState/terminated") {
                reason.push_str(&format!(" (the last run ended with {exit})"));
            }
            let run = if waiting == "CrashLoopBackOff" { Run::Previous } else { Run::Current };
            return Some(Trouble { rank: 0, pod, container, reason, run });
        }
        let ended = one.pointer("/state/terminated/exitCode").and_then(Value::as_i64);
        if ended.is_some_and(|code| code != 0) {
            let reason = exit("/state/terminated").unwrap_or_default();
            return Some(Trouble { rank: 1, pod, container, reason, run: Run::Current });
        }
        let running = one.pointer("/state/running").is_some() && one["ready"] != true;
        let reason = "it runs and is not ready".to_owned();
        running.then_some(Trouble { rank: 4, pod, container, reason, run: Run::Current })
    });
    let worst = contained.min_by_key(|trouble| trouble.rank);
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let homeless = conditions
        .into_iter()
        .flatten()
        .find(|one| one["type"] == "PodScheduled" && one["status"] == "False");
    let outside = |rank, reason: String| Trouble { rank, pod, container: None, reason, run: Run::Current };
    match (worst, homeless) {
        (Some(worst), _) => Some(worst),
        (None, Some(one)) => Some(outside(2, format!("{}: {}", text(one, "/reason"), text(one, "/message")))),
        (None, None) if text(pod, "/status/phase") == "Failed" => Some(outside(
            1,
            format!("{} {}", text(pod, "/status/reason"), text(pod, "/status/message")).trim().to_owned(),
        )),
        (None, None) if text(pod, "/status/phase") == "Pending" => {
            Some(outside(3, "it is pending".to_owned()))
        }
        _ => None,
    }
}

/// The last events of an object, the newest last.
async fn events(client: &Client, namespace: &str, object: &Value) -> Vec<String> {
    let kind = Kind::new("v1", "Event", "events", Scope::Namespaced);
    let chosen = Selector {
        labels: None,
        fields: Some(format!("involvedObject.uid={}", text(object, "/metadata/uid"))),
    };
    let place = if namespace.is_empty() { "default" } else { namespace };
    let Ok(listing) = client.list(&kind, Some(place), &chosen).await else { return Vec::new() };
    let mut items = listing.items;
    let when = |event: &Value| {
        let times =
            ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        times
            .iter()
            .map(|path| text(event, path))
            .find(|time| !time.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    // What went well says little: warnings are told first, where there are any.
    if items.iter().any(|event| event["type"] == "Warning") {
        items.retain(|event| event["type"] == "Warning");
    }
    items.sort_by_key(when);
    let told = items.iter().map(|event| format!("{}: {}", text(event, "/reason"), text(event, "/message")));
    let told: Vec<String> = told.collect();
    told[told.len().saturating_sub(EVENTS)..].to_vec()
}

/// The last lines of a container, of the run that has something to tell.
async fn log(client: &Client, namespace: &str, pod: &str, container: &str, run: Run) -> Vec<String> {
    let of =
        |run| Logs { container: Some(container.to_owned()), last_lines: Some(LINES), most_bytes: None, run };
    let mut printed = client.logs(namespace, pod, &of(run)).await;
    if printed.is_err() && run == Run::Previous {
        printed = client.logs(namespace, pod, &of(Run::Current)).await;
    }
    let printed = printed.unwrap_or_default();
    printed.lines().map(|line| line.chars().take(LINE).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_worst_container_is_named_with_its_reason() {
        let pod = json!({ "status": { "phase": "Running", "containerStatuses": [
            { "name": "slow", "ready": false, "state": { "running": {} } },
            { "name": "bad", "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 10s" } },
              "lastState": { "terminated": { "exitCode": 1, "reason": "Error" } } },
            { "name": "good", "ready": true, "state": { "running": {} } } ] } });
        let found = trouble(&pod).unwrap();
        assert_eq!(found.container.as_deref(), Some("bad"));
        assert_eq!(
            found.reason,
            "CrashLoopBackOff: back-off 10s (the last run ended with exit code 1 Error)"
        );
        assert_eq!(found.run, Run::Previous);
    }

    #[test]
    fn pods_without_containers_tell_what_they_know() {
        let reason = |status: Value| trouble(&json!({ "status": status })).map(|found| found.reason);
        let homeless = json!({ "phase": "Pending", "conditions": [
            { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes" }] });
        assert_eq!(reason(homeless).as_deref(), Some("Unschedulable: 0/3 nodes"));
        assert_eq!(reason(json!({ "phase": "Failed", "reason": "Evicted" })).as_deref(), Some("Evicted"));
        assert_eq!(reason(json!({ "phase": "Succeeded" })), None);
        let initial = json!({ "phase": "Pending", "containerStatuses": [
            { "name": "a", "state": { "waiting": { "reason": "PodInitializing" } } }],
            "initContainerStatuses": [{ "name": "i", "state": { "terminated": { "exitCode": 2, "reason": "Error" } } }] });
        assert_eq!(reason(initial).as_deref(), Some("exit code 2 Error"));
    }
}
