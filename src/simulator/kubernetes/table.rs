//! Objects as rows, as `kubectl get` shows them.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::clock::Clock;
use super::super::message::Request;
use super::kinds::Kind;

/// Whether rows are asked for.
pub(crate) fn wanted(request: &Request) -> bool {
    request
        .header("accept")
        .is_some_and(|accept| accept.split(',').next().is_some_and(|first| first.contains("as=Table")))
}

/// Rows of an object or of a list.
pub(crate) fn of(kind: &Kind, object: &Value, clock: &Clock) -> Value {
    let items: Vec<&Value> = match object["items"].as_array() {
        Some(items) => items.iter().collect(),
        None => vec![object],
    };
    let columns = columns(kind);
    let rows: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let cells: Vec<Value> = columns.iter().map(|(_, of)| cell(of, kind, item, clock)).collect();
            json!({ "cells": cells, "object": {
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"],
            } })
        })
        .collect();
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, _)| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({ "name": name, "type": "string", "format": format, "description": name, "priority": 0 })
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1",
        "metadata": if object["items"].is_array() { object["metadata"].clone() } else { json!({ "resourceVersion": object["metadata"]["resourceVersion"] }) },
        "columnDefinitions": definitions, "rows": rows,
    })
}

/// Columns: their heads and where their cells come from: a path of fields, or a word of [`cell`].
fn columns(kind: &Kind) -> Vec<(String, String)> {
    let more: &[(&str, &str)] = match kind.plural.as_str() {
        "pods" => &[("Ready", "=pod-ready"), ("Status", "=pod-status"), ("Restarts", "=restarts")],
        "deployments" => &[
            ("Ready", "=ready"),
            ("Up-to-date", "status.updatedReplicas"),
            ("Available", "status.availableReplicas"),
        ],
        "replicasets" => {
            &[("Desired", "spec.replicas"), ("Current", "status.replicas"), ("Ready", "status.readyReplicas")]
        }
        "statefulsets" => &[("Ready", "=ready")],
        "daemonsets" => &[
            ("Desired", "status.desiredNumberScheduled"),
            ("Current", "status.currentNumberScheduled"),
            ("Ready", "status.numberReady"),
        ],
        "jobs" => &[("Status", "=job"), ("Completions", "status.succeeded")],
        "services" => &[("Type", "spec.type"), ("Cluster-IP", "spec.clusterIP"), ("Port(s)", "=ports")],
        "nodes" => &[("Status", "=node"), ("Roles", "=roles"), ("Version", "status.nodeInfo.kubeletVersion")],
        "namespaces" => &[("Status", "status.phase")],
        "persistentvolumeclaims" => &[
            ("Status", "status.phase"),
            ("Volume", "spec.volumeName"),
            ("StorageClass", "spec.storageClassName"),
        ],
        "events" => &[("Type", "type"), ("Reason", "reason"), ("Message", "message")],
        "secrets" => &[("Type", "type")],
        _ => &[],
    };
    let own = |(name, path): &(&str, &str)| ((*name).to_owned(), (*path).to_owned());
    let custom = kind.custom.iter().flat_map(|custom| &custom.columns).map(|column| {
        let text = |name: &str| column[name].as_str().unwrap_or_default().to_owned();
        (text("name"), text("jsonPath").trim_start_matches('.').to_owned())
    });
    let mut all = vec![("Name".to_owned(), "metadata.name".to_owned())];
    all.extend(if kind.custom.is_some() { Vec::new() } else { more.iter().map(own).collect() });
    all.extend(custom);
    if !all.iter().any(|(name, _)| name == "Age") {
        all.push(("Age".to_owned(), "=age".to_owned()));
    }
    all
}

fn cell(of: &str, kind: &Kind, item: &Value, clock: &Clock) -> Value {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match of {
        "=age" => json!(age(item, clock)),
        "=ready" => {
            json!(format!("{}/{}", count(&item["status"]["readyReplicas"]), count(&item["spec"]["replicas"])))
        }
        "=pod-ready" => {
            let all = list(&item["status"]["containerStatuses"]);
            let ready = all.iter().filter(|one| one["ready"] == true).count();
            json!(format!("{ready}/{}", list(&item["spec"]["containers"]).len()))
        }
        "=pod-status" if item["metadata"]["deletionTimestamp"].is_string() => json!("Terminating"),
        "=pod-status" => {
            let all = list(&item["status"]["containerStatuses"]);
            let waits =
                all.iter().find_map(|one| one["state"]["waiting"]["reason"].as_str().map(str::to_owned));
            json!(waits.unwrap_or_else(|| match item["status"]["phase"].as_str() {
                Some("Succeeded") => "Completed".to_owned(),
                Some("Failed") => "Error".to_owned(),
                phase => phase.unwrap_or_default().to_owned(),
            }))
        }
        "=restarts" => {
            let all = list(&item["status"]["containerStatuses"]);
            json!(all.iter().map(|one| count(&one["restartCount"])).sum::<u64>().to_string())
        }
        "=job" => {
            let all = list(&item["status"]["conditions"]);
            let is = |class: &str| all.iter().any(|one| one["type"] == class && one["status"] == "True");
            json!(if is("Complete") {
                "Complete"
            } else if is("Failed") {
                "Failed"
            } else {
                "Running"
            })
        }
        "=ports" => {
            let all = list(&item["spec"]["ports"]);
            let words: Vec<String> = all
                .iter()
                .map(|port| {
                    format!("{}/{}", count(&port["port"]), port["protocol"].as_str().unwrap_or("TCP"))
                })
                .collect();
            json!(words.join(","))
        }
        "=node" => {
            let all = list(&item["status"]["conditions"]);
            let ready = all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True");
            let cordoned = if item["spec"]["unschedulable"] == true { ",SchedulingDisabled" } else { "" };
            json!(format!("{}{cordoned}", if ready { "Ready" } else { "NotReady" }))
        }
        "=roles" => {
            let labels = item["metadata"]["labels"].as_object().into_iter().flatten();
            let roles: Vec<&str> =
                labels.filter_map(|(name, _)| name.strip_prefix("node-role.kubernetes.io/")).collect();
            json!(if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") })
        }
        path => {
            let _ = kind;
            let found = path.split('.').fold(item, |at, name| &at[name]);
            match found {
                Value::Null => json!("<none>"),
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            }
        }
    }
}

fn age(item: &Value, clock: &Clock) -> String {
    let made = item["metadata"]["creationTimestamp"]
        .as_str()
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let Some(made) = made else { return "<unknown>".to_owned() };
    let seconds = (clock.now() - made).whole_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
