//! Jobs: pods that end, as often as is asked for.

use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::deleting;
use super::{condition, controls, leaves, pod, suffix};

/// Goes through all jobs.
pub(crate) fn settle(cluster: &mut Cluster, now: &str) {
    for (key, job) in cluster.objects("batch", "jobs", "") {
        if leaves(&job)
            || condition(&job, "Complete")
            || condition(&job, "Failed")
            || job["spec"]["suspend"] == true
        {
            continue;
        }
        let pods: Vec<_> = cluster
            .objects("", "pods", &key.namespace)
            .into_iter()
            .filter(|(_, pod)| controls(&job, pod))
            .collect();
        let phase = |word: &str| pods.iter().filter(|(_, pod)| pod["status"]["phase"] == word).count() as u64;
        let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
        let active = pods.len() as u64 - succeeded - failed;
        let restarts: u64 = pods
            .iter()
            .map(|(_, pod)| pod["status"]["containerStatuses"][0]["restartCount"].as_u64().unwrap_or(0))
            .sum();
        let wanted = job["spec"]["completions"].as_u64().unwrap_or(1);
        let limit = job["spec"]["backoffLimit"].as_u64().unwrap_or(6);
        let parallel = job["spec"]["parallelism"].as_u64().unwrap_or(1);
        let over = failed > limit || restarts > limit;
        if succeeded < wanted && !over {
            for _ in active..parallel.min(wanted - succeeded) {
                pod(cluster, &job, &format!("{}-{}", key.name, suffix()), &job["spec"]["template"], now);
            }
        }
        if over {
            for (pod, object) in pods.iter().filter(|(_, pod)| pod["status"]["phase"] == "Running") {
                let _ = object;
                deleting::begin(cluster, pod, now, 30);
            }
        }
        let condition = |class: &str, reason: &str, message: &str| -> Value {
            json!({
                "type": class, "status": "True", "reason": reason, "message": message, "lastProbeTime": now,
                "lastTransitionTime": now,
            })
        };
        let events = (succeeded >= wanted, over);
        cluster.change(&key, |job| {
            let status = &mut job["status"];
            if status["startTime"].is_null() {
                *status = json!({ "startTime": now });
            }
            for (field, value) in [("succeeded", succeeded), ("failed", failed), ("active", active)] {
                if value > 0 {
                    status[field] = json!(value);
                } else if let Some(fields) = status.as_object_mut() {
                    fields.remove(field);
                }
            }
            if succeeded >= wanted {
                status["completionTime"] = json!(now);
                status["conditions"] = json!([
                    condition(
                        "SuccessCriteriaMet",
                        "CompletionsReached",
                        "Reached expected number of succeeded pods"
                    ),
                    condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
                ]);
            } else if over {
                let why = "Job has reached the specified backoff limit";
                status["conditions"] = json!([
                    condition("FailureTarget", "BackoffLimitExceeded", why),
                    condition("Failed", "BackoffLimitExceeded", why),
                ]);
            }
        });
        match events {
            (true, _) => cluster.event(&job, "Normal", "Completed", "Job completed", now),
            (_, true) => {
                let why = "Job has reached the specified backoff limit";
                cluster.event(&job, "Warning", "BackoffLimitExceeded", why, now);
            }
            _ => {}
        }
    }
}
