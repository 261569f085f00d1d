//! What stays although its release does not have it any more: claims, and what asks to be kept.

use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, claims, config_maps, options, removal};

const KEPT: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: { name: kept, annotations: { helm.sh/resource-policy: keep } }
"#;

#[tokio::test]
async fn what_asks_to_be_kept_is_kept_by_upgrades_and_removals_and_taken_up_again() {
    let Some(room) = Room::judged("kept").await else { return };
    let mut files = charts::small();
    files.push(("templates/kept.yaml".to_owned(), KEPT.to_owned()));
    let with = room.chart("with", &files);
    let without = room.chart("without", &charts::small());
    let wish = |chart, text: &str| Wish { name: "a", chart, values: json!({ "text": text }) };
    room.install(&wish(&with, "one"), &options()).await.unwrap();
    let uid = room.there(&config_maps(), "kept").await["metadata"]["uid"].clone();
    room.install(&wish(&without, "two"), &options()).await.unwrap();
    assert_eq!(room.names(&config_maps()).await, ["a-map", "kept"]);
    room.install(&wish(&with, "three"), &options()).await.unwrap();
    let removed = room.uninstall("a", &removal()).await.unwrap();
    assert_eq!(removed.kept, [format!("ConfigMap {}/kept", room.space)]);
    // It still says whose it was: the same release takes it up again, another one does not.
    let refused = room.install(&Wish { name: "b", ..wish(&with, "four") }, &options()).await.unwrap_err();
    assert!(refused.error.to_string().contains("belong to others"), "{refused:?}");
    room.install(&wish(&with, "four"), &options()).await.unwrap();
    assert_eq!(room.there(&config_maps(), "kept").await["metadata"]["uid"], uid);
    // One that was given the mark by hand is kept as well.
    let mark = bud::kube::Patch::Merge(
        json!({ "metadata": { "annotations": { "helm.sh/resource-policy": "keep" } } }),
    );
    let at = room.at(&config_maps(), "a-map");
    room.client.patch(&at, &mark, &bud::kube::Writing::by("somebody")).await.unwrap();
    let mut kept = room.uninstall("a", &removal()).await.unwrap().kept;
    kept.sort();
    assert_eq!(kept, [format!("ConfigMap {}/a-map", room.space), format!("ConfigMap {}/kept", room.space)]);
    assert_eq!(room.names(&config_maps()).await, ["a-map", "kept"]);
}

fn set(retention: &Value) -> charts::Files {
    let set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db" },
        "spec": {
            "serviceName": "db", "selector": { "matchLabels": { "app": "db" } },
            "persistentVolumeClaimRetentionPolicy": retention,
            "template": {
                "metadata": { "labels": { "app": "db" } },
                "spec": { "containers": [{ "name": "db", "image": "x", "volumeMounts": [{ "name": "data", "mountPath": "/d" }] }] },
            },
            "volumeClaimTemplates": [{
                "metadata": { "name": "data" },
                "spec": { "storageClassName": "of-tests", "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
            }],
        },
    });
    charts::of("db", "0.1.0", &[("set.yaml", &set.to_string())])
}

#[tokio::test]
async fn claims_of_stateful_sets_stay_unless_the_set_says_otherwise() {
    let Some(room) = Room::judged("claims").await else { return };
    room.volume("data-db-0").await;
    let wish = |chart| Wish { name: "a", chart, values: json!({}) };
    let keeping = room.chart("keeping", &set(&json!({ "whenDeleted": "Retain", "whenScaled": "Retain" })));
    room.install(&wish(&keeping), &options()).await.unwrap();
    let uid = room.there(&claims(), "data-db-0").await["metadata"]["uid"].clone();
    room.uninstall("a", &removal()).await.unwrap();
    assert_eq!(room.names(&claims()).await, ["data-db-0"]);
    room.install(&wish(&keeping), &options()).await.unwrap();
    assert_eq!(room.there(&claims(), "data-db-0").await["metadata"]["uid"], uid, "the data is still there");
    let deleting = room.chart("deleting", &set(&json!({ "whenDeleted": "Delete", "whenScaled": "Retain" })));
    room.install(&wish(&deleting), &options()).await.unwrap();
    assert_eq!(room.there(&claims(), "data-db-0").await["metadata"]["uid"], uid);
    // The set's own controller marks the claims before the set may go.
    let owned = async || room.there(&claims(), "data-db-0").await["metadata"]["ownerReferences"].is_array();
    let started = std::time::Instant::now();
    while !owned().await {
        assert!(started.elapsed().as_secs() < 30, "the claim is not the set's");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    room.uninstall("a", &removal()).await.unwrap();
    let started = std::time::Instant::now();
    while !room.names(&claims()).await.is_empty() {
        assert!(started.elapsed().as_secs() < 30, "the claim stays");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
