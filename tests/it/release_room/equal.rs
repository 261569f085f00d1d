//! The same work by our engine and by Helm, each in a namespace of its own: objects with their managers, and
//! records, are the same afterwards.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bud::helm::action::{Options, Removal, Wait};
use bud::kube::{Kind, Selector};
use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, config_maps, deployments, kind, options, removal, secrets};

/// The kinds that the chart has.
fn kinds() -> Vec<Kind> {
    vec![
        config_maps(),
        secrets(),
        deployments(),
        kind("v1", "ServiceAccount", "serviceaccounts"),
        kind("v1", "Service", "services"),
        kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
        kind("apps/v1", "StatefulSet", "statefulsets"),
        kind("batch/v1", "Job", "jobs"),
        kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
        kind("networking.k8s.io/v1", "Ingress", "ingresses"),
        kind("rbac.authorization.k8s.io/v1", "Role", "roles"),
        kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    ]
}

/// Everything of the release, in lines: what every object and every run has of its own is left out.
async fn state(room: &Room) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in kinds() {
        let listing = room.client.list(&kind, Some(&room.space), &Selector::default()).await.unwrap();
        for mut object in listing.items {
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            if name == "kube-root-ca.crt" || name == "default" {
                continue;
            }
            if object["type"] == "helm.sh/release.v1" {
                object["data"]["release"] = record(&object);
            }
            alike(&mut object);
            let text = object.to_string().replace(&room.space, "SPACE");
            let pretty =
                serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
            lines.extend(pretty.lines().map(|line| format!("{} {name}: {line}", kind.kind)));
        }
    }
    lines
}

/// The record in its Secret.
fn record(secret: &Value) -> Value {
    let once = STANDARD.decode(secret["data"]["release"].as_str().unwrap()).unwrap();
    let packed = STANDARD.decode(once).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    let info = &mut record["info"];
    if let Some((what, _)) = info["description"].as_str().and_then(|text| text.split_once(" failed: ")) {
        // Helm adds the API's words, which may hold values.
        info["description"] = json!(format!("{what} failed"));
    }
    for time in ["first_deployed", "last_deployed", "deleted"] {
        if info.get(time).is_some() {
            info[time] = json!("a time");
        }
    }
    untimed(&mut record["chart"]);
    for hook in record["hooks"].as_array_mut().into_iter().flatten() {
        for time in ["started_at", "completed_at"] {
            if hook["last_run"].get(time).is_some() {
                hook["last_run"][time] = json!("a time");
            }
        }
    }
    record
}

/// Takes out when the files of a chart were changed last, which we do not store.
fn untimed(chart: &mut Value) {
    match chart {
        Value::Object(fields) => {
            fields.retain(|key, _| key != "modtime" && key != "schemamodtime");
            fields.values_mut().for_each(untimed);
        }
        Value::Array(list) => list.iter_mut().for_each(untimed),
        _ => {}
    }
}

/// Takes out what no two objects have in common.
fn alike(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for key in ["uid", "resourceVersion", "creationTimestamp"] {
        metadata.remove(key);
    }
    if let Some(managers) = metadata["managedFields"].as_array_mut() {
        managers.retain(|one| one["manager"].as_str().unwrap().to_lowercase().contains("helm"));
        for one in managers.iter_mut() {
            one.as_object_mut().unwrap().remove("time");
        }
        managers.sort_by_key(ToString::to_string);
    }
    if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
        // The controllers' own, a moment later.
        annotations.remove("deployment.kubernetes.io/revision");
    }
    for label in ["createdAt", "modifiedAt"] {
        if let Some(label) = object["metadata"]["labels"].get_mut(label) {
            *label = json!("a time");
        }
    }
    if object["kind"] == "Service" {
        for key in ["clusterIP", "clusterIPs"] {
            object["spec"].as_object_mut().unwrap().remove(key);
        }
    }
    object.as_object_mut().unwrap().remove("status");
}

/// The rooms must not differ.
async fn compare(step: &str, ours: &Room, helms: &Room, wrong: &mut Vec<String>) {
    let (one, other) = (state(ours).await, state(helms).await);
    if one != other {
        let difference = similar::TextDiff::from_slices(
            &other.iter().map(String::as_str).collect::<Vec<_>>(),
            &one.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal)
        .map(|change| format!("{}{}", change.tag(), change.value()))
        .collect::<Vec<_>>();
        wrong.push(format!("after {step} (- Helm, + ours):\n{}", difference.join("\n")));
    }
}

async fn both(method: &str) {
    let Some(ours) = Room::judged("equal").await else { return };
    let helms = Room::new("equal").await.unwrap();
    for room in [&ours, &helms] {
        room.volume("web").await;
    }
    let chart = ours.chart("web", &charts::web("0.1.0"));
    let path = chart.to_str().unwrap();
    let fast = Options { wait: Wait::Hooks, ..options() };
    let fast = Options {
        method: if method == "false" {
            bud::helm::action::Method::ClientSide
        } else {
            bud::helm::action::Method::ServerSide
        },
        ..fast
    };
    let mut wrong = Vec::new();
    let steps = [
        ("an install", json!({ "text": "one" })),
        ("an upgrade", json!({ "text": "two", "more": true, "replicas": 2 })),
        ("an upgrade that fails", json!({ "text": "three", "broken": true })),
        ("an upgrade after that", json!({ "text": "four", "replicas": 2 })),
    ];
    for (step, values) in steps {
        let given = ours.folder.path().join("values.yaml");
        std::fs::write(&given, values.to_string()).unwrap();
        let server_side = format!("--server-side={method}");
        let verb = if step == "an install" { "install" } else { "upgrade" };
        let output = helms.helm(&[verb, "web", path, "--values", given.to_str().unwrap(), &server_side]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let outcome = ours.install(&Wish { name: "web", chart: &chart, values }, &fast).await;
        assert_eq!(output.status.success(), outcome.is_ok(), "{step}: {told}\n{outcome:?}");
        compare(step, &ours, &helms, &mut wrong).await;
    }
    helms.done(&["rollback", "web", "1"]);
    ours.rollback("web", Some(1), &Options { wait: Wait::Hooks, ..options() }).await.unwrap();
    compare("a rollback", &ours, &helms, &mut wrong).await;
    helms.done(&["uninstall", "web", "--keep-history", "--wait"]);
    ours.uninstall("web", &Removal { keep_history: true, ..removal() }).await.unwrap();
    compare("a removal that keeps the history", &ours, &helms, &mut wrong).await;
    helms.done(&["uninstall", "web", "--wait"]);
    ours.uninstall("web", &removal()).await.unwrap();
    compare("a removal", &ours, &helms, &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn objects_and_records_are_those_of_helm_by_the_servers_apply() {
    both("true").await;
}

#[tokio::test]
async fn objects_and_records_are_those_of_helm_by_patches() {
    both("false").await;
}
