//! Definitions of custom resources in a chart, with their resources.

use bud::helm::action::{ActionError, Crds, Namespace, Options};
use bud::kube::{Kind, Scope};
use serde_json::json;

use super::charts;
use super::room::{Room, Wish, config_maps, kind, options, removal};

fn definitions() -> Kind {
    Kind::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    )
}

#[tokio::test]
async fn a_definition_and_its_resource_come_in_one_chart() {
    let Some(room) = Room::judged("defined").await else { return };
    let group = format!("{}.example.com", room.space);
    let chart = room.chart("small", &charts::defined(charts::small(), &group, &["v1"]));
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    room.install(&wish, &options()).await.unwrap();
    let things = kind(&format!("{group}/v1"), "Thing", "things");
    assert_eq!(room.there(&things, "a").await["spec"]["text"], "one");

    // A newer chart has another version of it: by default the definition stays as it is, as in Helm.
    let chart = room.chart("small", &charts::defined(charts::small(), &group, &["v1", "v2"]));
    let wish = Wish { chart: &chart, ..wish };
    let refused = room.install(&wish, &options()).await.unwrap_err();
    assert!(
        matches!(&refused.error, ActionError::NoKind { api_version, .. } if *api_version == format!("{group}/v2")),
        "{refused:?}"
    );
    assert_eq!(room.records("a").await.len(), 1, "nothing was begun");
    let replacing = Options { crds: Crds::CreateReplace, ..options() };
    room.install(&wish, &replacing).await.unwrap();
    assert_eq!(room.there(&things, "a").await["spec"]["text"], "one");

    // It outlives the release, whose objects go; and a release without it goes on.
    room.uninstall("a", &removal()).await.unwrap();
    assert_eq!(room.names(&things).await, [""; 0]);
    let at = definitions().at(None, &format!("things.{group}"));
    assert!(room.client.get(&at).await.unwrap().here().is_some());
    let skipping = Options { crds: Crds::Skip, ..options() };
    room.install(&wish, &skipping).await.unwrap();
    room.done(&["uninstall", "a", "--wait"]);
    room.client.delete(&at, &bud::kube::Deletion::default()).await.unwrap();
}

/// A definition that is removed takes its resources along: what is left of the release still goes.
#[tokio::test]
async fn a_release_is_removed_although_its_definition_is_gone() {
    let Some(room) = Room::new("undefined").await else { return };
    let group = format!("{}.example.com", room.space);
    let chart = room.chart("small", &charts::defined(charts::small(), &group, &["v1"]));
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    room.install(&wish, &options()).await.unwrap();
    let at = definitions().at(None, &format!("things.{group}"));
    room.client.delete(&at, &bud::kube::Deletion::default()).await.unwrap();
    let started = std::time::Instant::now();
    while room.client.get(&at).await.unwrap().here().is_some() {
        assert!(started.elapsed().as_secs() < 30, "the definition stays");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // The same client has seen the kind before.
    room.uninstall("a", &removal()).await.unwrap();
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    // And the other way round: it comes back with the chart.
    room.install(&wish, &options()).await.unwrap();
    assert!(room.client.get(&at).await.unwrap().here().is_some());
    room.uninstall("a", &removal()).await.unwrap();
    room.client.delete(&at, &bud::kube::Deletion::default()).await.unwrap();
}

#[tokio::test]
async fn a_kind_that_nobody_defines_is_refused_before_anything_is_stored() {
    let Some(room) = Room::new("unknown-kind").await else { return };
    let thing = "apiVersion: nobody.example.com/v1\nkind: Thing\nmetadata: { name: one }\n";
    let mut files = charts::small();
    files.push(("templates/thing.yaml".to_owned(), thing.to_owned()));
    let chart = room.chart("small", &files);
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let refused = room.install(&wish, &options()).await.unwrap_err();
    let ActionError::NoKind { object, api_version, kind } = &refused.error else { panic!("{refused:?}") };
    assert_eq!(
        (object.as_str(), api_version.as_str(), kind.as_str()),
        ("Thing one (small/templates/thing.yaml)", "nobody.example.com/v1", "Thing")
    );
    assert!(refused.left.is_none());
    assert_eq!(room.records("a").await, [""; 0]);
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
    assert_eq!(room.names(&kind_of_leases()).await, [""; 0], "the lease is given back");
}

fn kind_of_leases() -> Kind {
    kind("coordination.k8s.io/v1", "Lease", "leases")
}

/// The namespace of a release is made where that is asked for, and stays.
#[tokio::test]
async fn a_namespace_is_made_only_where_that_is_asked_for() {
    let Some(mut room) = Room::judged("made").await else { return };
    room.space = format!("{}-new", room.space);
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let missing = room.install(&wish, &options()).await.unwrap_err();
    let ActionError::Kube(bud::kube::KubeError::NotFound { refusal, .. }) = &missing.error else {
        panic!("{missing:?}")
    };
    assert_eq!((refusal.kind.as_str(), refusal.name.as_str()), ("namespaces", room.space.as_str()));
    room.install(&wish, &Options { namespace: Namespace::Create, ..options() }).await.unwrap();
    let namespace = crate::kubernetes::control_plane::namespaces().at(None, &room.space);
    let made = room.client.get(&namespace).await.unwrap().here().unwrap();
    assert_eq!(made["metadata"]["labels"]["name"], room.space);
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "deployed");
    room.uninstall("a", &removal()).await.unwrap();
    assert!(room.client.get(&namespace).await.unwrap().here().is_some());
}
