//! `examples/helm/bud` with each of its values files on the real control plane, beside Helm.

#![allow(clippy::disallowed_methods, reason = "a test of a real program runs it")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bud::helm::action::Options;
use bud::kube::{Apply, Client, Conflicts, Kind, Scope, Selector, Writing};
use serde_json::{Value, json};

use super::room::{Room, Wish, deployments, kind, removal, secrets};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The values files of the chart, by name, and the one whose services are all elsewhere.
fn values_files() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("examples/helm/bud")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("values.") && name.ends_with(".yaml")
    });
    files.sort();
    files.push(root().join("tests/charts/external.yaml"));
    files
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).unwrap()
}

/// The definitions that the chart's objects need, with no schema of their own.
async fn define(client: &Client) {
    let definitions = Kind::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    );
    for (group, version, name, plural) in [
        ("dapr.io", "v1alpha1", "Component", "components"),
        ("dapr.io", "v1alpha1", "Configuration", "configurations"),
        ("dapr.io", "v1alpha1", "HTTPEndpoint", "httpendpoints"),
        ("dapr.io", "v1alpha1", "Resiliency", "resiliencies"),
        ("dapr.io", "v2alpha1", "Subscription", "subscriptions"),
        ("cert-manager.io", "v1", "Certificate", "certificates"),
        ("cert-manager.io", "v1", "Issuer", "issuers"),
        ("traefik.io", "v1alpha1", "Middleware", "middlewares"),
        ("traefik.io", "v1alpha1", "IngressRoute", "ingressroutes"),
    ] {
        let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        let name_of_it = format!("{plural}.{group}");
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": name_of_it },
            "spec": {
                "group": group, "scope": "Namespaced",
                "names": { "kind": name, "plural": plural, "singular": name.to_lowercase() },
                "versions": [{ "name": version, "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }],
            },
        });
        let apply = Apply { writing: Writing::by("tests"), conflicts: Conflicts::Force };
        client.apply(&definitions.at(None, &name_of_it), &definition, &apply).await.unwrap();
    }
    let established = |all: &bud::kube::wait::Objects| {
        let ready = |one: &Value| {
            let conditions = one["status"]["conditions"].as_array().into_iter().flatten();
            conditions.into_iter().any(|one| one["type"] == "Established" && one["status"] == "True")
        };
        if all.values().all(ready) {
            bud::kube::wait::Verdict::Holds
        } else {
            bud::kube::wait::Verdict::NotYet
        }
    };
    let patience = super::room::patience();
    client.wait_for_all(&definitions, None, &Selector::default(), &patience, established).await.unwrap();
}

/// Gives every claim of the namespace a volume, as a provisioner would; and what cert-manager would answer.
async fn provide(client: Client, space: String) {
    let claims = kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims");
    let volumes = Kind::new("v1", "PersistentVolume", "persistentvolumes", Scope::Cluster);
    loop {
        for claim in client.list(&claims, Some(&space), &Selector::default()).await.unwrap().items {
            let name = claim["metadata"]["name"].as_str().unwrap();
            if !claim["spec"]["volumeName"].is_null() {
                continue;
            }
            let volume = json!({
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": format!("{space}-{name}") },
                "spec": {
                    "capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"],
                    "storageClassName": claim["spec"]["storageClassName"], "hostPath": { "path": "/nowhere" },
                    "claimRef": { "namespace": space, "name": name },
                },
            });
            // It may be there already, and not bound yet.
            let _ = client.create(&volumes, None, &volume, &Writing::by("tests")).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_lives_with_every_values_file() {
    let Some(packing) = Room::judged("platform").await else { return };
    let packed = Command::new(root().join("tests/charts/pack")).arg(packing.folder.path()).status().unwrap();
    assert!(packed.success());
    let chart = packing.folder.path().join("bud");
    define(&packing.client).await;
    // Objects of the whole cluster carry the name of their release.
    let lives = values_files().into_iter().enumerate().map(|(at, file)| {
        let chart = chart.clone();
        tokio::spawn(async move {
            let room = Room::new("platform").await.unwrap();
            let providing = tokio::spawn(provide(room.client.clone(), room.space.clone()));
            lives(&room, &chart, &file, &format!("engine-{at}")).await;
            providing.abort();
        })
    });
    for life in futures::future::join_all(lives).await {
        life.unwrap();
    }
}

/// One life of the platform: two revisions of ours, one of Helm's, and back.
async fn lives(room: &Room, chart: &Path, file: &Path, name: &str) {
    let case = file.file_name().unwrap().to_string_lossy().into_owned();
    let options = Options { timeout: Duration::from_secs(120), ..Options::default() };
    let values = yaml(&std::fs::read_to_string(file).unwrap());
    let wish = |values: &Value| Wish { name, chart, values: values.clone() };
    let made =
        room.install(&wish(&values), &options).await.unwrap_or_else(|failed| panic!("{case}: {failed:?}"));
    assert_eq!(made.warnings, [""; 0], "{case}");
    let listed = room.told(&["list"]);
    assert_eq!((&listed[0]["name"], &listed[0]["status"]), (&json!(name), &json!("deployed")), "{case}");
    let manifest = room.done(&["get", "manifest", name]);
    assert_eq!(manifest.trim_end(), made.record.manifest.trim_end(), "{case}");
    let before = pods(room).await;
    assert!(before.len() > 10, "{case}: {before:?}");

    // The same again restarts nothing; another tag restarts what carries it.
    room.install(&wish(&values), &options).await.unwrap_or_else(|failed| panic!("{case}: {failed:?}"));
    // An autoscaler may have added some.
    let now = pods(room).await;
    let gone: Vec<&String> = before.iter().filter(|pod| !now.contains(pod)).collect();
    assert!(gone.is_empty(), "{case}: {gone:?}");
    let mut other = values.clone();
    other["global"]["imageTag"] = json!("other");
    room.install(&wish(&other), &options).await.unwrap_or_else(|failed| panic!("{case}: {failed:?}"));
    let images = |all: Vec<Value>| -> usize {
        all.iter()
            .filter(|one| {
                one.pointer("/spec/template/spec/containers").unwrap().to_string().contains(":other")
            })
            .count()
    };
    let all = async || {
        room.client.list(&deployments(), Some(&room.space), &Selector::default()).await.unwrap().items
    };
    assert!(images(all().await) > 3, "{case}");

    // Helm goes on, and so do we.
    let given = file.to_str().unwrap();
    room.done(&[
        "upgrade",
        name,
        chart.to_str().unwrap(),
        "--values",
        given,
        "--set",
        "global.imageTag=third",
    ]);
    room.rollback(name, Some(1), &options).await.unwrap_or_else(|failed| panic!("{case}: {failed:?}"));
    assert_eq!(images(all().await), 0, "{case}");
    let statuses = room.told(&["history", name]);
    let statuses: Vec<&str> =
        statuses.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["superseded", "superseded", "superseded", "superseded", "deployed"], "{case}");
    room.uninstall(name, &removal()).await.unwrap_or_else(|failed| panic!("{case}: {failed:?}"));
    for kind in
        [deployments(), kind("apps/v1", "StatefulSet", "statefulsets"), kind("v1", "Service", "services")]
    {
        assert_eq!(room.names(&kind).await, [""; 0], "{case}: {kind}");
    }
    let records = Selector::labels("owner=helm");
    assert_eq!(
        room.client.list(&secrets(), Some(&room.space), &records).await.unwrap().items,
        [Value::Null; 0]
    );
}

/// The pods of the release, by name and uid, but for those of jobs.
async fn pods(room: &Room) -> Vec<String> {
    let all =
        room.client.list(&kind("v1", "Pod", "pods"), Some(&room.space), &Selector::default()).await.unwrap();
    let lasting = all.items.iter().filter(|pod| pod["spec"]["restartPolicy"] == "Always");
    let mut shown: Vec<String> =
        lasting.map(|pod| format!("{} {}", pod["metadata"]["name"], pod["metadata"]["uid"])).collect();
    shown.sort();
    shown
}
