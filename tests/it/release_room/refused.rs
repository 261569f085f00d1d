//! What the cluster refuses: one error each that names the object in the API's words, and nothing that the next run
//! cannot repair.

use std::time::{Duration, Instant};

use bud::helm::action::{self, ActionError, Failed, Force, Options, Silent};
use bud::kube::{Deletion, Kind, KubeError, Scope, Webhook};
use serde_json::{Value, json};

use super::charts;
use super::room::{Room, Wish, config_maps, deployments, kind, options, patience};
use crate::kubernetes::User;
use crate::kubernetes::certificates::When;
use crate::kubernetes::control_plane::{encoded, open};
use crate::kubernetes::webhook::Refuser;

fn kube(failed: &Failed) -> &KubeError {
    match &failed.error {
        ActionError::Kube(error) => error,
        other => panic!("{other:?}"),
    }
}

/// The release failed without a trace of what was under way, and the next run repairs it.
async fn repaired(room: &Room, failed: &Failed, wish: &Wish<'_>) {
    assert_eq!(failed.left.as_ref().unwrap().record.info.status.name(), "failed");
    let done = room.install(wish, &options()).await.unwrap();
    assert_eq!(done.warnings, [""; 0], "it was not interrupted");
    assert_eq!(done.record.info.status.name(), "deployed");
}

#[tokio::test]
async fn a_quota_without_room_is_named() {
    let Some(room) = Room::new("quota").await else { return };
    let quotas = kind("v1", "ResourceQuota", "resourcequotas");
    let few = json!({ "metadata": { "name": "few" }, "spec": { "hard": { "count/deployments.apps": "0" } } });
    room.make(&quotas, few).await;
    let started = Instant::now();
    while room.there(&quotas, "few").await.pointer("/status/hard").is_none() {
        assert!(started.elapsed() < Duration::from_secs(30), "the quota is not counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one" }) };
    let failed = room.install(&wish, &options()).await.unwrap_err();
    let KubeError::Quota { asked, refusal } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(asked.object, format!("apps/v1 Deployment {}/web", room.space));
    assert!(refusal.message.contains("exceeded quota: few"), "{}", refusal.message);
    room.client.delete(&room.at(&quotas, "few"), &Deletion::default()).await.unwrap();
    // The API server forgets it a moment later.
    let started = Instant::now();
    while let Err(failed) = room.install(&wish, &options()).await {
        assert!(matches!(kube(&failed), KubeError::Quota { .. }), "{failed:?}");
        assert!(started.elapsed() < Duration::from_secs(30), "the quota stays");
    }
}

fn webhook(room: &Room, name: &str, url: &str) -> Value {
    json!({
        "metadata": { "name": format!("{name}-{}", room.space) },
        "webhooks": [{
            "name": format!("{name}.bud.test"), "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": { "url": url, "caBundle": encoded(&room.plane.authority.pem) },
            "namespaceSelector": { "matchLabels": { "test": room.space } },
            "rules": [{ "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"] }],
        }],
    })
}

#[tokio::test]
async fn a_webhook_that_refuses_or_is_not_there_is_named() {
    let Some(room) = Room::new("webhook").await else { return };
    let hooks = Kind::new(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        Scope::Cluster,
    );
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish = Wish { name: "web", chart: &chart, values: json!({ "text": "one" }) };
    let pair = room.plane.authority.server(&["127.0.0.1"], When::Now);
    let refuser = Refuser::start(&pair, "not on a Friday").await;
    for (name, url, wanted) in [
        ("refuses", refuser.url.as_str(), Webhook::Denies),
        ("absent", "https://127.0.0.1:1/", Webhook::Unready),
    ] {
        room.make(&hooks, webhook(&room, name, url)).await;
        // The API server hears of it a moment later.
        let started = Instant::now();
        let failed = loop {
            match room.install(&wish, &options()).await {
                Err(failed) => break failed,
                Ok(_) => room.uninstall("web", &super::room::removal()).await.unwrap(),
            };
            assert!(started.elapsed() < Duration::from_secs(60), "{name}: it is never asked");
        };
        let KubeError::Webhook { asked, name: named, webhook, refusal } = kube(&failed) else {
            panic!("{failed:?}")
        };
        assert_eq!((named, *webhook), (&format!("{name}.bud.test"), wanted));
        assert_eq!(asked.object, format!("apps/v1 Deployment {}/web", room.space));
        assert_eq!(
            refusal.message.contains("not on a Friday"),
            wanted == Webhook::Denies,
            "{}",
            refusal.message
        );
        let at = hooks.at(None, &format!("{name}-{}", room.space));
        room.client.delete(&at, &Deletion::default()).await.unwrap();
        let started = Instant::now();
        while let Err(failed) = room.install(&wish, &options()).await {
            assert!(matches!(kube(&failed), KubeError::Webhook { .. }), "{failed:?}");
            assert!(started.elapsed() < Duration::from_secs(60), "{name}: it is still asked");
        }
        room.uninstall("web", &super::room::removal()).await.unwrap();
    }
}

const FIXED: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: {{ .Values.app }} } }
  template:
    metadata: { labels: { app: {{ .Values.app }} } }
    spec: { containers: [{ name: web, image: x }] }
"#;

#[tokio::test]
async fn a_field_that_never_changes_is_named_and_the_object_made_anew_where_that_is_asked_for() {
    let Some(room) = Room::new("immutable").await else { return };
    let chart = room.chart("fixed", &charts::of("fixed", "0.1.0", &[("deployment.yaml", FIXED)]));
    let wish = |app: &str| Wish { name: "a", chart: &chart, values: json!({ "app": app }) };
    room.install(&wish("one"), &options()).await.unwrap();
    let uid = room.there(&deployments(), "web").await["metadata"]["uid"].clone();
    let failed = room.install(&wish("two"), &options()).await.unwrap_err();
    let KubeError::Immutable { asked, causes, .. } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(asked.object, format!("apps/v1 Deployment {}/web", room.space));
    assert_eq!(causes[0].field, "spec.selector");
    assert!(causes[0].message.contains("field is immutable"), "{causes:?}");
    repaired(&room, &failed, &wish("one")).await;
    assert_eq!(room.there(&deployments(), "web").await["metadata"]["uid"], uid, "it is the same one");
    room.install(&wish("two"), &Options { force: Force::Replace, ..options() }).await.unwrap();
    assert_ne!(room.there(&deployments(), "web").await["metadata"]["uid"], uid);
}

#[tokio::test]
async fn objects_that_are_not_valid_are_named_with_their_fields() {
    let Some(room) = Room::new("invalid").await else { return };
    room.volume("web").await;
    let chart = room.chart("web", &charts::web("0.1.0"));
    let wish =
        |broken| Wish { name: "web", chart: &chart, values: json!({ "text": "one", "broken": broken }) };
    let failed = room.install(&wish(true), &options()).await.unwrap_err();
    let KubeError::Invalid { asked, causes, .. } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(asked.object, format!("networking.k8s.io/v1 Ingress {}/web", room.space));
    assert!(causes[0].field.contains("port.number"), "{causes:?}");
    repaired(&room, &failed, &wish(false)).await;
    // A field that nobody knows is refused as well, as Helm's default is.
    let typo = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: typo }\ndatta: { a: b }\n";
    let chart = room.chart("typo", &charts::of("typo", "0.1.0", &[("map.yaml", typo)]));
    let failed =
        room.install(&Wish { name: "t", chart: &chart, values: json!({}) }, &options()).await.unwrap_err();
    let said = kube(&failed).refusal().unwrap();
    assert!(said.message.contains("datta"), "{}", said.message);
}

/// Somebody who may write secrets and maps in one namespace.
async fn confined(room: &Room) -> bud::kube::Client {
    let rules = json!([{ "apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["*"] }]);
    let role = json!({ "metadata": { "name": "few" }, "rules": rules });
    room.make(&self::kind("rbac.authorization.k8s.io/v1", "Role", "roles"), role).await;
    let kind = kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings");
    let binding = json!({
        "metadata": { "name": "nobody" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "few" },
        "subjects": [{ "kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io" }],
    });
    room.make(&kind, binding).await;
    room.plane.client(&User::Nobody)
}

#[tokio::test]
async fn who_may_not_is_told_what_and_whoever_may_not_write_leases_goes_without() {
    let Some(room) = Room::judged("forbidden").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    let nobody = room.plane.client(&User::Nobody);
    let failed = action::install(&nobody, &desired, &options(), &Silent, &patience()).await.unwrap_err();
    let KubeError::Forbidden { asked, refusal } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(
        (asked.verb, asked.object.as_str()),
        ("list", format!("v1 Secret in {}", room.space).as_str())
    );
    assert!(
        refusal.message.contains("User \"nobody\" cannot list resource \"secrets\""),
        "{}",
        refusal.message
    );
    assert!(failed.left.is_none());

    let client = confined(&room).await;
    let started = Instant::now();
    loop {
        match action::install(&client, &desired, &options(), &Silent, &patience()).await {
            Ok(done) => break assert_eq!(done.warnings, [""; 0]),
            Err(failed) => assert!(matches!(kube(&failed), KubeError::Forbidden { .. }), "{failed:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the binding is not seen");
    }
    assert_eq!(room.told(&["status", "a"])["info"]["status"], "deployed");
    let web = room.chart("web", &charts::web("0.1.0"));
    room.volume("web").await;
    let wish = Wish { name: "web", chart: &web, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    let failed = action::install(&client, &desired, &options(), &Silent, &patience()).await.unwrap_err();
    let KubeError::Forbidden { asked, .. } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(asked.verb, "get");
    assert_eq!(room.names(&config_maps()).await, ["a-map"], "strangers are looked for first");
}

#[tokio::test]
async fn a_cluster_that_is_away_or_does_not_know_us_is_named() {
    let Some(room) = Room::new("away").await else { return };
    let chart = room.chart("small", &charts::small());
    let wish = Wish { name: "a", chart: &chart, values: json!({ "text": "one" }) };
    let desired = room.desired(&wish).await;
    for user in [User::Unknown, User::Expired] {
        let client = room.plane.client(&user);
        let failed = action::install(&client, &desired, &options(), &Silent, &patience()).await.unwrap_err();
        let KubeError::Unauthorised { certificate, .. } = kube(&failed) else { panic!("{failed:?}") };
        assert_eq!(certificate.is_some(), matches!(user, User::Expired), "{failed:?}");
    }
    let cluster = json!({ "server": "https://127.0.0.1:1", "certificate-authority-data": encoded(&room.plane.authority.pem) });
    let client = open(&room.plane.kubeconfig_with(&User::Admin, cluster));
    let failed = action::install(&client, &desired, &options(), &Silent, &patience()).await.unwrap_err();
    let KubeError::Unreachable { server, .. } = kube(&failed) else { panic!("{failed:?}") };
    assert_eq!(server, "https://127.0.0.1:1");
    let failed =
        action::uninstall(&client, &room.space, "a", &super::room::removal(), &Silent, &patience()).await;
    assert!(matches!(kube(&failed.unwrap_err()), KubeError::Unreachable { .. }));
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_before_the_cluster_is_asked() {
    let Some(room) = Room::new("long").await else { return };
    let chart = room.chart("small", &charts::small());
    let name = "a".repeat(54);
    let wish = Wish { name: &name, chart: &chart, values: json!({ "text": "one" }) };
    let told = room.rendered(&wish).await.unwrap_err();
    assert!(matches!(told, bud::helm::template::TemplateError::Name), "{told}");
    let wish = Wish { name: &name[..53], ..wish };
    room.install(&wish, &options()).await.unwrap();
    assert_eq!(room.records(&name[..53]).await, ["1 deployed: Install complete"]);
}
