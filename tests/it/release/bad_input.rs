//! Every bad input gets one diagnostic with the object and the API's own words, and nothing is half-applied.

use serde_json::json;

use super::{IT, Room, plain};
use crate::harness::host::told;
use crate::kubernetes::User;

/// The one error, and that nothing is kept.
async fn refused(room: &mut Room, text: &str, summary: &str, words: &[&str]) {
    let told = match room.host.plan(IT, text).await {
        Err(found) => told(&found),
        Ok(plan) => {
            let outcome = room.host.apply_plan(plan).await;
            assert!(outcome.failed(), "nothing was refused: {text}");
            outcome.text()
        }
    };
    assert_eq!(told.matches("Error: ").count(), 1, "{told}");
    assert!(told.contains(&format!("Error: {summary}")), "{summary} in\n{told}");
    for word in words {
        assert!(told.contains(word), "{word} in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_arguments_are_refused_where_they_stand() {
    let Some(mut room) = Room::new("arguments").await else { return };
    let chart = room.chart("plain", &plain());
    let long = "x".repeat(54);
    let with = |arguments: &str| room.release(&chart, arguments);
    let name = with("").replace("name = \"web\"", &format!("name = \"{long}\""));
    let cases = [
        (name, "Bad name", vec!["[name]", "54"]),
        (with("").replace(&room.namespace, "Bad_One"), "Bad namespace", vec!["[namespace]"]),
        (with("timeout = \"soon\""), "Bad duration", vec!["[timeout]", "soon"]),
        (with("skip_crds = true\ncrds = \"create\""), "Conflicting arguments", vec!["[skip_crds]"]),
        (with("values = [\"- a\"]"), "Values are no YAML mapping", vec!["[values[0]]"]),
        (with("ready_when = [\"node:x\"]"), "Bad condition", vec!["[ready_when[0]]"]),
        (with("set = [{ name = \"a[\", value = \"1\" }]"), "Value cannot be set", vec!["[set[0]]"]),
        (with("kubeconfig = \"{\""), "Bad kubeconfig", vec!["[kubeconfig]"]),
        (
            with("chart = \"/nowhere\"").replace(&format!("chart = \"{}\"\n", chart.display()), ""),
            "Chart not found",
            vec!["[chart]"],
        ),
    ];
    for (text, summary, words) in cases {
        refused(&mut room, &text, summary, &words).await;
    }
    assert!(room.host.instance(IT).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_refuses_is_told_in_its_words() {
    let Some(mut room) = Room::new("refusals").await else { return };
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n";
    let unknown = room.chart(
        "unknown",
        &[
            ("templates/a.yaml", map),
            ("templates/b.yaml", "apiVersion: nobody.example.com/v1\nkind: Thing\nmetadata: { name: b }\n"),
        ],
    );
    let text = room.release(&unknown, "");
    refused(&mut room, &text, "Unknown kind", &["Thing", "nobody.example.com/v1"]).await;
    room.host.forget(IT);

    let invalid = room.chart(
        "invalid",
        &[(
            "templates/a.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: 99999 }] }\n",
        )],
    );
    let text = room.release(&invalid, "").replace("\"web\"", "\"invalid\"");
    refused(&mut room, &text, "Object is not valid", &["spec.ports[0].port", "99999"]).await;
    room.host.forget(IT);

    let plain = room.chart("plain", &plain());
    let text = room
        .release(&plain, "")
        .replace(&format!("namespace = \"{}\"", room.namespace), "namespace = \"is-not-there\"");
    refused(&mut room, &text, "Namespace does not exist", &["is-not-there", "create_namespace"]).await;
    assert!(room.host.instance(IT).is_none(), "nothing was made");

    let nobody = room.release(&plain, &room.kubeconfig(&User::Nobody)).replace("\"web\"", "\"nobody\"");
    refused(&mut room, &nobody, "Not allowed", &["nobody", "secrets"]).await;
    let stranger = room.release(&plain, &room.kubeconfig(&User::Unknown)).replace("\"web\"", "\"stranger\"");
    refused(&mut room, &stranger, "Cluster does not accept the login", &[]).await;
    assert!(room.host.instance(IT).is_none(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_others_and_quotas_are_named() {
    let Some(mut room) = Room::new("quota").await else { return };
    let client = room.plane.admin();
    let (writing, namespace) = (bud::kube::Writing::by("tests"), room.namespace.clone());
    let make = async |api_version: &str, kind: &str, object: serde_json::Value| {
        let kind = client.kind(api_version, kind).await.unwrap().here().unwrap();
        client.create(&kind, Some(&namespace), &object, &writing).await.unwrap();
    };
    make(
        "v1",
        "ConfigMap",
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "web" } }),
    )
    .await;
    let chart = room.chart("plain", &plain());
    let text = room.release(&chart, "");
    refused(&mut room, &text, "Objects belong to others", &["ConfigMap", "web", "take_ownership"]).await;
    assert!(room.host.instance(IT).is_none(), "nothing was made");
    room.applies(&room.release(&chart, "take_ownership = true")).await;
    room.host.destroy(IT).await.done();
    make("v1", "ResourceQuota", json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "none" }, "spec": { "hard": { "configmaps": "1" } } })).await;
    let error = room.refuses(&text).await;
    assert!(error.contains("Quota exceeded") && error.contains("configmaps"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_never_changes_is_named_and_made_anew_when_asked() {
    let Some(mut room) = Room::new("immutable").await else { return };
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec:\n  selector:\n    matchLabels: { tier: {{ .Values.tier }} }\n  \
                      template:\n    metadata:\n      labels: { tier: {{ .Values.tier }} }\n    spec:\n      containers: [{ name: a, image: a }]\n";
    let chart = room.chart("tier", &[("values.yaml", "tier: one\n"), ("templates/a.yaml", deployment)]);
    let text = room.release(&chart, "");
    room.applies(&text).await;
    let changed = room.release(&chart, "set = [{ name = \"tier\", value = \"two\" }]");
    let error = room.refuses(&changed).await;
    assert!(error.contains("Field cannot be changed") && error.contains("spec.selector"), "{error}");
    room.applies(&format!("{changed}force_update = true\n")).await;
    let object = room.object("apps/v1", "Deployment", "a").await;
    assert_eq!(object["spec"]["selector"]["matchLabels"]["tier"], "two");
}

/// A chart whose values have a key that no template reads, and what `checks` makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_warn_refuse_or_are_silent_in_the_plan() {
    let Some(mut room) = Room::new("checks").await else { return };
    let chart = room.chart("plain", &plain());
    let unread = "values = [\"colour: blue\"]\n";
    let plan = room.host.plan(IT, &room.release(&chart, unread)).await.unwrap();
    let warned = told(&plan.diagnostics);
    assert!(warned.contains("Warning: Values that no template reads [values]"), "{warned}");
    assert!(warned.contains("colour") && warned.contains("color"), "{warned}");
    let error =
        room.host.plan(IT, &room.release(&chart, &format!("{unread}checks = \"error\""))).await.unwrap_err();
    assert!(told(&error).contains("Error: Values that no template reads"), "{}", told(&error));
    for quiet in [format!("{unread}checks = \"off\""), "values = [\"color: blue\"]".to_owned()] {
        let plan = room.host.plan(IT, &room.release(&chart, &quiet)).await.unwrap();
        assert_eq!(told(&plan.diagnostics), "", "{quiet}");
    }
}
