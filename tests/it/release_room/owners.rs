//! Objects and fields of others: refused by name, or taken over where that is asked for.

use bud::helm::action::{self, ActionError, Force, Options, Ownership, Silent};
use bud::kube::{Apply, Conflicts, KubeError, Writing};
use serde_json::json;

use super::charts;
use super::room::{Room, Wish, config_maps, deployments, kind, options, patience, removal};
use crate::kubernetes::between::{Act, Between, Decide, Seen};
use crate::kubernetes::control_plane::open;

#[tokio::test]
async fn objects_of_others_are_all_named_and_nothing_is_written() {
    let Some(room) = Room::judged("strangers").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one" }) };
    room.make(&config_maps(), json!({ "metadata": { "name": "web-map" } })).await;
    let service = json!({
        "metadata": { "name": "web", "labels": { "app.kubernetes.io/managed-by": "kustomize" } },
        "spec": { "ports": [{ "port": 80, "name": "http", "targetPort": 1 }] },
    });
    room.make(&kind("v1", "Service", "services"), service).await;
    let account = json!({ "metadata": { "name": "web", "labels": { "app.kubernetes.io/managed-by": "Helm" },
        "annotations": { "meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": room.space } } });
    room.make(&kind("v1", "ServiceAccount", "serviceaccounts"), account).await;

    let refused = room.install(&wish, &options()).await.unwrap_err();
    let ActionError::Strangers(strangers) = &refused.error else { panic!("{refused:?}") };
    let mut lines: Vec<String> = strangers.iter().map(ToString::to_string).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            format!("ConfigMap {}/web-map belongs to no release", room.space),
            format!("Service {}/web is managed by kustomize", room.space),
            format!("ServiceAccount {}/web belongs to release {}/other", room.space, room.space),
        ]
    );
    assert!(refused.left.is_none());
    assert_eq!(room.records("web").await, [""; 0]);
    assert_eq!(room.names(&deployments()).await, [""; 0]);

    let taking = Options { ownership: Ownership::Take, ..options() };
    room.install(&wish, &taking).await.unwrap();
    // Fields of the others that the chart sets are taken over as well; until this test, the name of another
    // release in an annotation was a conflict.
    let service = room.there(&kind("v1", "Service", "services"), "web").await;
    assert_eq!(service["spec"]["ports"][0]["targetPort"], 8080);
    let map = room.there(&config_maps(), "web-map").await;
    assert_eq!(map["metadata"]["annotations"]["meta.helm.sh/release-name"], "web");
    assert_eq!(room.told(&["status", "web"])["info"]["status"], "deployed");
    // Now they are ours, and go with us.
    room.uninstall("web", &removal()).await.unwrap();
    assert_eq!(room.names(&config_maps()).await, [""; 0]);
}

/// An object of an earlier revision that somebody else has taken since is not removed with the release.
#[tokio::test]
async fn what_others_have_taken_is_left_to_them() {
    let Some(room) = Room::new("given-away").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = |name| Wish { name, chart: &chart, values: json!({ "text": "one" }) };
    room.install(&wish("a"), &options()).await.unwrap();
    let owner = bud::kube::Patch::Merge(
        json!({ "metadata": { "annotations": { "meta.helm.sh/release-name": "b" } } }),
    );
    let at = room.at(&config_maps(), "a-map");
    room.client.patch(&at, &owner, &Writing::by("somebody")).await.unwrap();
    let removed = room.uninstall("a", &removal()).await.unwrap();
    assert_eq!(removed.strange, [format!("ConfigMap {}/a-map", room.space)]);
    assert_eq!(room.names(&config_maps()).await, ["a-map"]);
}

#[tokio::test]
async fn fields_of_other_managers_are_named_with_them() {
    let Some(room) = Room::judged("conflict").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = |replicas: u32| Wish {
        name: "web",
        chart: &chart,
        values: json!({ "text": "one", "replicas": replicas }),
    };
    room.install(&wish(1), &options()).await.unwrap();
    let at = room.at(&deployments(), "web");
    let scaled = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" }, "spec": { "replicas": 3 } });
    let apply = Apply { writing: Writing::by("autoscaler"), conflicts: Conflicts::Force };
    room.client.apply(&at, &scaled, &apply).await.unwrap();

    let failed = room.install(&wish(2), &options()).await.unwrap_err();
    let ActionError::Kube(KubeError::Conflict { conflicts, asked, .. }) = &failed.error else {
        panic!("{failed:?}")
    };
    assert_eq!(asked.object, format!("apps/v1 Deployment {}/web", room.space));
    let named: Vec<_> = conflicts.iter().map(|one| (one.manager.as_str(), one.field.as_str())).collect();
    assert_eq!(named, [("autoscaler", ".spec.replicas")]);
    assert_eq!(room.told(&["status", "web"])["info"]["status"], "failed");
    // A chart that leaves the field alone meets no conflict, and leaves it to the other.
    let replicas = room.there(&deployments(), "web").await["spec"]["replicas"].clone();
    assert_eq!(replicas, 3);
    let forcing = Options { force: Force::Replace, ..options() };
    room.install(&wish(2), &forcing).await.unwrap();
    assert_eq!(room.there(&deployments(), "web").await["spec"]["replicas"], 2);
    room.done(&["upgrade", "web", chart.to_str().unwrap(), "--set", "text=two,replicas=4"]);
    assert_eq!(room.there(&deployments(), "web").await["spec"]["replicas"], 4);
}

/// What somebody edits by hand in a field of ours is a conflict only where we would change it.
#[tokio::test]
async fn an_edit_by_hand_is_met_like_helm_meets_it() {
    let Some(room) = Room::judged("edited").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = |text: &str| Wish { name: "a", chart: &chart, values: json!({ "text": text }) };
    room.install(&wish("one"), &options()).await.unwrap();
    let edit = bud::kube::Patch::Merge(json!({ "data": { "text": "edited", "theirs": "1" } }));
    let at = room.at(&config_maps(), "a-map");
    room.client.patch(&at, &edit, &Writing::by("kubectl-edit")).await.unwrap();
    let ours = room.install(&wish("two"), &options()).await.unwrap_err();
    let ActionError::Kube(KubeError::Conflict { conflicts, .. }) = &ours.error else { panic!("{ours:?}") };
    assert_eq!((conflicts[0].manager.as_str(), conflicts[0].field.as_str()), ("kubectl-edit", ".data.text"));
    let output = room.helm(&["upgrade", "a", chart.to_str().unwrap(), "--set", "text=two"]);
    assert!(!output.status.success(), "Helm meets the same conflict");
    // To what it was edited to there is nothing to disagree about.
    room.install(&wish("edited"), &options()).await.unwrap();
    let forcing = Options { force: Force::Replace, ..options() };
    room.install(&wish("three"), &forcing).await.unwrap();
    let map = room.there(&config_maps(), "a-map").await;
    assert_eq!(map["data"], json!({ "text": "three", "theirs": "1" }));
}

/// Six maps, of which somebody else has two.
async fn six(room: &Room) -> std::path::PathBuf {
    let one = |at: u32| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: map-{at} }}\n");
    let maps: String = (1..=6).map(one).collect();
    for name in ["map-2", "map-6"] {
        room.make(&config_maps(), json!({ "metadata": { "name": name } })).await;
    }
    room.chart("six", &charts::of("six", "0.1.0", &[("maps.yaml", &maps)]))
}

/// Many of a kind are looked at by one list of their metadata, and one by one where that does not do.
#[tokio::test]
async fn strangers_are_found_in_a_list_or_without_one() {
    let Some(room) = Room::new("six").await else { return };
    let chart = six(&room).await;
    let wish = Wish { name: "a", chart: &chart, values: json!({}) };
    let desired = room.desired(&wish).await;
    let forbidden =
        json!({ "kind": "Status", "code": 403, "reason": "Forbidden", "message": "no lists" }).to_string();
    let is_list = |seen: &Seen| seen.path.contains("/configmaps?");
    let ways: [(&str, usize, Decide); 3] = [
        ("whole", 0, Box::new(|_| Act::Forward)),
        // The answer has one of them, and says that there are more.
        (
            "cut short",
            5,
            Box::new(move |seen| {
                if is_list(seen) {
                    Act::Instead(seen.path.replace("limit=500", "limit=2"))
                } else {
                    Act::Forward
                }
            }),
        ),
        (
            "forbidden",
            6,
            Box::new(move |seen| {
                if is_list(seen) { Act::Answer(403, Vec::new(), forbidden.clone()) } else { Act::Forward }
            }),
        ),
    ];
    for (name, looks, decide) in ways {
        let between = Between::start(room.plane, decide).await;
        let client = open(&between.kubeconfig());
        let refused = action::install(&client, &desired, &options(), &Silent, &patience()).await.unwrap_err();
        let ActionError::Strangers(strangers) = &refused.error else { panic!("{name}: {refused:?}") };
        let named: Vec<&str> = strangers.iter().map(|one| one.object.as_str()).collect();
        let wanted = ["map-2", "map-6"].map(|map| format!("ConfigMap {}/{map}", room.space));
        assert_eq!(named, wanted, "{name}");
        let seen = between.seen();
        assert_eq!(
            seen.iter().filter(|seen| seen.path.contains("/configmaps?")).count(),
            1,
            "{name}: {seen:?}"
        );
        assert_eq!(
            seen.iter().filter(|seen| seen.path.contains("/configmaps/")).count(),
            looks,
            "{name}: {seen:?}"
        );
    }
}
