//! What kinds a server has, judged by kubectl, and what happens when definitions come and go.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use bud::kube::wait::{Verdict, Waited};
use bud::kube::{Deletion, Kind, KubeError, Scope, Selector};
use bud::outcome::Presence;
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::between::{Act, Between};
use super::by;
use super::control_plane::{ControlPlane, open};

fn definitions() -> Kind {
    Kind::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    )
}

fn definition(group: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": { "plural": "widgets", "singular": "widget", "kind": "Widget" },
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } },
            }],
        },
    })
}

fn established(definition: Option<&Value>) -> Verdict {
    let conditions = definition.and_then(|one| one["status"]["conditions"].as_array());
    let is = |one: &Value| one["type"] == "Established" && one["status"] == "True";
    if conditions.is_some_and(|all| all.iter().any(is)) { Verdict::Holds } else { Verdict::NotYet }
}

#[tokio::test]
async fn a_kind_is_found_as_soon_as_its_definition_is_established() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (between, group) = (Between::start(plane, |_| Act::Forward).await, "found.bud.test");
    let client = open(&between.kubeconfig());
    let space = plane.namespace("widgets").await;
    let api = format!("{group}/v1");
    let found = client.kind("apps/v1", "Deployment").await.unwrap().here().unwrap();
    assert_eq!((found.plural.as_str(), found.namespaced()), ("deployments", true));
    assert!(found.verbs.iter().any(|verb| verb == "watch"));
    assert_eq!(client.kind("v1", "Node").await.unwrap().here().unwrap().scope, Scope::Cluster);
    assert_eq!(between.seen().len(), 2, "discovery takes two requests: {:?}", between.seen());
    assert_eq!(client.kind(&api, "Widget").await, Ok(Presence::Gone));

    let widgets = Kind::new(&api, "Widget", "widgets", Scope::Namespaced);
    let unknown = client.get(&widgets.at(Some(&space), "one")).await;
    assert!(matches!(unknown, Err(KubeError::NotFoundKind { .. })), "{unknown:?}");

    client.create(&definitions(), None, &definition(group), &by("tests")).await.unwrap();
    let at = definitions().at(None, &format!("widgets.{group}"));
    let patience = Patience::new(Duration::from_secs(30), CancellationToken::new());
    assert!(matches!(client.wait_for(&at, &patience, established).await, Ok(Waited::Holds(_))));
    // The server's own list of kinds follows its definitions by a moment.
    let started = std::time::Instant::now();
    let found = loop {
        if let Presence::Here(found) = client.kind(&api, "Widget").await.unwrap() {
            break found;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "the kind never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let widget =
        json!({ "apiVersion": api, "kind": "Widget", "metadata": { "name": "one" }, "spec": { "x": 1 } });
    client.create(&found, Some(&space), &widget, &by("tests")).await.unwrap();
    assert_eq!(client.get(&found.at(Some(&space), "one")).await.unwrap().here().unwrap()["spec"]["x"], 1);
    assert_eq!(client.get(&found.at(Some(&space), "two")).await, Ok(Presence::Gone));
    assert!(client.api_versions().await.unwrap().contains(&format!("{api}/Widget")));

    client.delete(&at, &Deletion::default()).await.unwrap();
    let gone =
        |definition: Option<&Value>| if definition.is_none() { Verdict::Holds } else { Verdict::NotYet };
    assert!(matches!(client.wait_for(&at, &patience, gone).await, Ok(Waited::Holds(None))));
    // What was known stays known until it is forgotten.
    assert!(client.kind(&api, "Widget").await.unwrap().here().is_some());
    let started = std::time::Instant::now();
    loop {
        client.forget_discovery().await;
        if client.kind(&api, "Widget").await == Ok(Presence::Gone) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "the kind never went");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let listed = client.list(&widgets, Some(&space), &Selector::default()).await;
    assert!(matches!(listed, Err(KubeError::NotFoundKind { .. })), "{listed:?}");
}

#[tokio::test]
async fn kubectl_sees_the_same_kinds_in_both_forms() {
    let Some(plane) = ControlPlane::shared() else { return };
    // A server of before 1.26 knows the older form only.
    let classic = Between::start(plane, |seen| match seen.path.as_str() {
        "/api" => {
            Act::Answer(200, json_type(), json!({ "kind": "APIVersions", "versions": ["v1"] }).to_string())
        }
        _ => Act::Forward,
    })
    .await;
    let groups = groups(plane).await;
    classic.now(move |seen| match seen.path.as_str() {
        "/api" => {
            Act::Answer(200, json_type(), json!({ "kind": "APIVersions", "versions": ["v1"] }).to_string())
        }
        "/apis" => Act::Answer(200, json_type(), groups.clone()),
        _ => Act::Forward,
    });
    let of = async |client: bud::kube::Client| -> BTreeSet<(String, String)> {
        let kinds = client.kinds().await.unwrap().into_iter();
        kinds
            .filter(|kind| !kind.group.ends_with("bud.test"))
            .map(|kind| (kind.plural.clone(), kind.api_version()))
            .collect()
    };
    let (aggregated, old) = (of(plane.admin()).await, of(open(&classic.kubeconfig())).await);
    assert_eq!(aggregated, old);
    assert!(classic.seen().len() > 10, "the older form asks for each group: {:?}", classic.seen().len());
    let Ok(kubectl) = Command::new("kubectl")
        .args(["api-resources", "--no-headers", "--kubeconfig"])
        .arg(plane.kubeconfig_file())
        .output()
    else {
        println!("skipped: no kubectl");
        return;
    };
    // kubectl shows the preferred version of each; ours has all of them.
    let shown = String::from_utf8(kubectl.stdout).unwrap();
    let shown: BTreeSet<(String, String)> = shown
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[0].to_owned(), words[words.len() - 3].to_owned())
        })
        .filter(|(_, api)| !api.contains("bud.test"))
        .collect();
    assert!(shown.len() > 50, "{shown:?}");
    let missing: Vec<_> = shown.difference(&aggregated).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn json_type() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/json".to_owned())]
}

/// The server's own `APIGroupList`, in the older form.
async fn groups(plane: &ControlPlane) -> String {
    let http = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    let asked = http.get(format!("{}/apis", plane.server)).bearer_auth(super::control_plane::ADMIN_TOKEN);
    asked.send().await.unwrap().text().await.unwrap()
}
