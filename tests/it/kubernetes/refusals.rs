//! Every way in which a cluster says no, told apart.

use bud::kube::{FieldConflict, Kind, KubeError, Patch, Scope, TlsProblem, Webhook};
use bud::outcome::Recovery;
use serde_json::{Value, json};

use super::between::{Act, Between};
use super::certificates::{Authority, When};
use super::control_plane::{ControlPlane, User, encoded, namespaces, open};
use super::webhook::Refuser;
use super::{by, config_map, config_maps};

#[tokio::test]
async fn what_exists_what_is_missing_and_what_is_of_no_kind() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("refused").await);
    let one = config_map("one", "a", "1");
    client.create(&config_maps(), Some(&space), &one, &by("tests")).await.unwrap();
    let twice = client.create(&config_maps(), Some(&space), &one, &by("tests")).await.unwrap_err();
    let KubeError::AlreadyExists { refusal, .. } = &twice else { panic!("{twice:?}") };
    assert_eq!((refusal.kind.as_str(), refusal.name.as_str(), refusal.code), ("configmaps", "one", 409));
    assert_eq!(twice.to_string(), format!("create v1 ConfigMap {space}/one: already exists"));

    let nowhere = client.create(&config_maps(), Some("no-such-space"), &one, &by("tests")).await.unwrap_err();
    let KubeError::NotFound { refusal, .. } = &nowhere else { panic!("{nowhere:?}") };
    assert_eq!((refusal.kind.as_str(), refusal.name.as_str()), ("namespaces", "no-such-space"));

    let absent = config_maps().at(Some(&space), "absent");
    let patched = client.patch(&absent, &Patch::Merge(json!({})), &by("tests")).await.unwrap_err();
    assert!(
        matches!(&patched, KubeError::NotFound { refusal, .. } if refusal.name == "absent"),
        "{patched:?}"
    );

    let kind = Kind::new("nothing.example.com/v1", "Thing", "things", Scope::Namespaced);
    let unknown = client.get(&kind.at(Some(&space), "one")).await.unwrap_err();
    assert!(matches!(unknown, KubeError::NotFoundKind { .. }), "{unknown:?}");
    assert!(matches!(unknown.recovery(), Recovery::Rejected(_)));
}

#[tokio::test]
async fn what_is_not_valid_is_said_field_by_field() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("invalid").await);
    let services = Kind::new("v1", "Service", "services", Scope::Namespaced);
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
        "spec": { "ports": [{ "port": 70_000 }, { "port": 80, "name": "a" }], "type": "Nonsense" },
    });
    let error = client.create(&services, Some(&space), &service, &by("tests")).await.unwrap_err();
    let KubeError::Invalid { causes, .. } = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = causes.iter().map(|cause| cause.field.as_str()).collect();
    assert!(fields.contains(&"spec.ports[0].port") && fields.contains(&"spec.type"), "{causes:?}");
    assert_eq!(error.recovery(), Recovery::Rejected(Some(fields[0].to_owned())));
    let not_an_object =
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "x" }, "data": 5 });
    let error = client.create(&config_maps(), Some(&space), &not_an_object, &by("tests")).await.unwrap_err();
    assert!(matches!(&error, KubeError::Invalid { refusal, .. } if refusal.code == 400), "{error:?}");
    let large = config_map("large", "a", &"x".repeat(4 << 20));
    let error = client.create(&config_maps(), Some(&space), &large, &by("tests")).await.unwrap_err();
    assert!(matches!(&error, KubeError::TooLarge { .. } | KubeError::Invalid { .. }), "{error:?}");
}

/// Objects, and changes of theirs that the API never lets happen.
fn unchangeable() -> Vec<(Kind, Value, Value)> {
    let kind = |api: &str, kind: &str, plural: &str| Kind::new(api, kind, plural, Scope::Namespaced);
    let containers = json!([{ "name": "a", "image": "x" }]);
    let template = json!({ "metadata": { "labels": { "app": "x" } }, "spec": { "containers": containers } });
    let workload = |kind: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": "x" },
            "spec": { "selector": { "matchLabels": { "app": "x" } }, "serviceName": "x", "template": template },
        })
    };
    let other = json!({ "spec": { "selector": { "matchLabels": { "app": "y" } },
        "template": { "metadata": { "labels": { "app": "y" } } } } });
    let mut job_template = template.clone();
    job_template["spec"]["restartPolicy"] = json!("Never");
    let mut deployment = workload("Deployment");
    deployment["spec"].as_object_mut().unwrap().remove("serviceName");
    let mut fixed = config_map("x", "a", "1");
    fixed["immutable"] = json!(true);
    vec![
        (kind("apps/v1", "Deployment", "deployments"), deployment, other),
        (
            kind("apps/v1", "StatefulSet", "statefulsets"),
            workload("StatefulSet"),
            json!({ "spec": { "serviceName": "y" } }),
        ),
        (
            kind("batch/v1", "Job", "jobs"),
            json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "x" }, "spec": { "template": job_template } }),
            json!({ "spec": { "template": { "metadata": { "labels": { "more": "1" } } } } }),
        ),
        (
            kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
            json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "x" },
                "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": { "requests": { "storage": "1Gi" } } },
            }),
            json!({ "spec": { "storageClassName": "other" } }),
        ),
        (
            kind("v1", "Pod", "pods"),
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" }, "spec": { "containers": containers } }),
            json!({ "spec": { "hostNetwork": true } }),
        ),
        (
            kind("v1", "Secret", "secrets"),
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "x" }, "type": "Opaque" }),
            json!({ "type": "other" }),
        ),
        (
            kind("v1", "Service", "services"),
            json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "x" }, "spec": { "ports": [{ "port": 80 }] } }),
            json!({ "spec": { "clusterIP": "10.96.77.77", "clusterIPs": ["10.96.77.77"] } }),
        ),
        (config_maps(), fixed, json!({ "data": { "a": "2" } })),
        (
            kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "x" },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a" },
            }),
            json!({ "roleRef": { "name": "b" } }),
        ),
    ]
}

#[tokio::test]
async fn what_can_never_change_is_said_to_be_so() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("fixed").await);
    let mut wrong = Vec::new();
    for (kind, object, change) in unchangeable() {
        client.create(&kind, Some(&space), &object, &by("tests")).await.unwrap();
        match client.patch(&kind.at(Some(&space), "x"), &Patch::Merge(change), &by("tests")).await {
            Err(KubeError::Immutable { causes, .. }) if !causes.is_empty() => {}
            other => wrong.push(format!("{kind}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A value that is only wrong is not called unchangeable.
    let (kind, ..) = unchangeable().remove(0);
    let change = Patch::Merge(json!({ "spec": { "replicas": -1 } }));
    let error = client.patch(&kind.at(Some(&space), "x"), &change, &by("tests")).await.unwrap_err();
    assert!(
        matches!(&error, KubeError::Invalid { causes, .. } if causes[0].field == "spec.replicas"),
        "{error:?}"
    );
}

#[tokio::test]
async fn quotas_and_ending_namespaces_have_errors_of_their_own() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("quota").await);
    let quotas = Kind::new("v1", "ResourceQuota", "resourcequotas", Scope::Namespaced);
    let quota = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "few" },
        "spec": { "hard": { "count/configmaps": "1" } } });
    client.create(&quotas, Some(&space), &quota, &by("tests")).await.unwrap();
    // The namespace has one already, and the quota counts it soon after.
    let one = config_map("one", "a", "1");
    let started = std::time::Instant::now();
    let error = loop {
        match client.create(&config_maps(), Some(&space), &one, &by("tests")).await {
            Err(KubeError::Forbidden { refusal, .. })
                if refusal.message.contains("status unknown for quota") => {}
            Err(KubeError::AlreadyExists { .. }) | Ok(_) => {
                client
                    .delete(&config_maps().at(Some(&space), "one"), &bud::kube::Deletion::default())
                    .await
                    .unwrap();
            }
            Err(error) => break error,
        }
        assert!(started.elapsed().as_secs() < 30, "the quota never held");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let KubeError::Quota { refusal, .. } = &error else { panic!("{error:?}") };
    assert!(refusal.message.contains("few"), "{}", refusal.message);

    let ending = plane.namespace("ending").await;
    let mut held = config_map("held", "a", "1");
    held["metadata"]["finalizers"] = json!(["bud.test/hold"]);
    client.create(&config_maps(), Some(&ending), &held, &by("tests")).await.unwrap();
    client.delete(&namespaces().at(None, &ending), &bud::kube::Deletion::default()).await.unwrap();
    let error = client.create(&config_maps(), Some(&ending), &one, &by("tests")).await.unwrap_err();
    assert!(matches!(error, KubeError::Terminating { .. }), "{error:?}");
    assert_eq!(error.recovery(), Recovery::Retry(None));
    let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    client.patch(&config_maps().at(Some(&ending), "held"), &free, &by("tests")).await.unwrap();
}

#[tokio::test]
async fn webhooks_that_refuse_and_webhooks_that_are_not_there() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, space) = (plane.admin(), plane.namespace("webhook").await);
    let hooks = Kind::new(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        Scope::Cluster,
    );
    let pair = plane.authority.server(&["127.0.0.1"], When::Now);
    let refuser = Refuser::start(&pair, "not on a Friday").await;
    for (name, url, wanted) in [
        ("refuses", refuser.url.clone(), Webhook::Denies),
        // Nothing listens there.
        ("absent", "https://127.0.0.1:1/".to_owned(), Webhook::Unready),
    ] {
        let hook = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": { "name": format!("{name}-{space}") },
            "webhooks": [{
                "name": format!("{name}.bud.test"), "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": { "url": url, "caBundle": encoded(&plane.authority.pem) },
                "namespaceSelector": { "matchLabels": { "test": space } },
                "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"] }],
            }],
        });
        client.create(&hooks, None, &hook, &by("tests")).await.unwrap();
        let started = std::time::Instant::now();
        let error = loop {
            let object = config_map(&format!("{name}-{}", started.elapsed().as_millis()), "a", "1");
            match client.create(&config_maps(), Some(&space), &object, &by("tests")).await {
                Err(error) => break error,
                Ok(_) => assert!(started.elapsed().as_secs() < 20, "the webhook is never asked"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        let KubeError::Webhook { name: named, webhook, refusal, .. } = &error else { panic!("{error:?}") };
        assert_eq!((named, *webhook), (&format!("{name}.bud.test"), wanted));
        assert_eq!(
            refusal.message.contains("not on a Friday"),
            wanted == Webhook::Denies,
            "{}",
            refusal.message
        );
        client
            .delete(&hooks.at(None, &format!("{name}-{space}")), &bud::kube::Deletion::default())
            .await
            .unwrap();
        // The API server hears of the deletion a moment later.
        let started = std::time::Instant::now();
        while client
            .create(&config_maps(), Some(&space), &config_map("free", "a", "1"), &by("tests"))
            .await
            .is_err()
        {
            assert!(started.elapsed().as_secs() < 20, "the webhook is still asked");
            let _ =
                client.delete(&config_maps().at(Some(&space), "free"), &bud::kube::Deletion::default()).await;
        }
        client
            .delete(&config_maps().at(Some(&space), "free"), &bud::kube::Deletion::default())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn who_may_not_and_who_is_not_known() {
    let Some(plane) = ControlPlane::shared() else { return };
    let space = plane.namespace("rights").await;
    let nobody = plane.client(&User::Nobody);
    let at = config_maps().at(Some(&space), "kube-root-ca.crt");
    let forbidden = nobody.get(&at).await.unwrap_err();
    let KubeError::Forbidden { refusal, .. } = &forbidden else { panic!("{forbidden:?}") };
    assert!(
        refusal.message.contains("User \"nobody\" cannot get resource \"configmaps\""),
        "{}",
        refusal.message
    );
    assert_eq!(forbidden.recovery(), Recovery::Denied);
    assert!(matches!(nobody.cluster_uid().await, Err(KubeError::Forbidden { .. })));
    assert!(nobody.version().await.is_ok(), "everybody may ask for the version");

    let unknown = plane.client(&User::Unknown).get(&at).await.unwrap_err();
    assert!(matches!(&unknown, KubeError::Unauthorised { certificate: None, .. }), "{unknown:?}");
    let expired = plane.client(&User::Expired).get(&at).await.unwrap_err();
    let KubeError::Unauthorised { certificate: Some(dates), .. } = &expired else { panic!("{expired:?}") };
    assert!(dates.until.unwrap() < dates.now && dates.from.unwrap() < dates.until.unwrap());
    assert_eq!(expired.recovery(), Recovery::Denied);
}

#[tokio::test]
async fn servers_that_are_not_to_be_trusted() {
    let Some(plane) = ControlPlane::shared() else { return };
    let problem = async |cluster: Value| {
        let client = open(&plane.kubeconfig_with(&User::Admin, cluster));
        match client.version().await {
            Err(error @ KubeError::Tls { .. }) => {
                let KubeError::Tls { server, problem } = error.clone() else { unreachable!() };
                (server, problem, error.recovery())
            }
            other => panic!("{other:?}"),
        }
    };
    let stranger = Authority::new("tests");
    let wrong = json!({ "server": plane.server, "certificate-authority-data": encoded(&stranger.pem) });
    let (server, found, recovery) = problem(wrong).await;
    assert_eq!((server, found), (plane.server.clone(), TlsProblem::UnknownAuthority));
    assert_eq!(recovery, Recovery::Rejected(Some("kubeconfig".to_owned())));
    // Without an authority of its own the machine's are meant, which did not sign it either.
    assert_eq!(problem(json!({ "server": plane.server })).await.1, TlsProblem::UnknownAuthority);

    let trusted = encoded(&plane.authority.pem);
    let other = json!({ "server": plane.server, "certificate-authority-data": trusted, "tls-server-name": "other.test" });
    let TlsProblem::OtherName { wanted, presented } = problem(other).await.1 else {
        panic!("no such problem")
    };
    assert_eq!(wanted, "other.test");
    assert!(presented.iter().any(|name| name.contains("kubernetes.test")), "{presented:?}");
    let named = json!({ "server": plane.server, "certificate-authority-data": trusted, "tls-server-name": "kubernetes.test" });
    open(&plane.kubeconfig_with(&User::Admin, named)).version().await.unwrap();
    let anyone = json!({ "server": plane.server, "insecure-skip-tls-verify": true });
    open(&plane.kubeconfig_with(&User::Admin, anyone)).version().await.unwrap();

    for (when, ended) in [(When::Yesterday, true), (When::Tomorrow, false)] {
        let pair = plane.authority.server(&["127.0.0.1"], when);
        let old = Refuser::start(&pair, "nobody gets here").await;
        let cluster = json!({ "server": old.url, "certificate-authority-data": trusted });
        let TlsProblem::Expired(dates) = problem(cluster).await.1 else { panic!("no such problem") };
        assert_eq!((dates.until.is_some(), dates.from.is_some()), (ended, !ended), "{dates:?}");
    }
    let plain = Between::start(plane, |_| Act::Forward).await;
    let cluster = json!({ "server": plain.server.replace("http://", "https://"), "certificate-authority-data": trusted });
    assert_eq!(problem(cluster).await.1, TlsProblem::NoTls);
}

#[tokio::test]
async fn nobody_answers() {
    let Some(plane) = ControlPlane::shared() else { return };
    let cluster = json!({ "server": "https://127.0.0.1:1", "certificate-authority-data": encoded(&plane.authority.pem) });
    let error = open(&plane.kubeconfig_with(&User::Admin, cluster)).version().await.unwrap_err();
    let KubeError::Unreachable { server, tried, perhaps_sent, .. } = &error else { panic!("{error:?}") };
    assert_eq!(
        (server.as_str(), *perhaps_sent, tried[0].0.as_str()),
        ("https://127.0.0.1:1", false, "127.0.0.1:1")
    );
    assert!(tried[0].1.contains("refused"), "{tried:?}");
    assert_eq!(error.recovery(), Recovery::Retry(None));
    let cluster = json!({ "server": "https://no-such-name.invalid:6443" });
    let error = open(&plane.kubeconfig_with(&User::Admin, cluster)).version().await.unwrap_err();
    assert!(
        matches!(&error, KubeError::Unreachable { tried, .. } if tried[0].0 == "no-such-name.invalid:6443"),
        "{error:?}"
    );
}

#[test]
fn a_conflict_names_its_managers_in_the_error_itself() {
    // The shape is a contract of the room with the resources; the content is tested with the real API.
    let conflict = FieldConflict { manager: "kubectl".into(), field: ".spec.replicas".into() };
    let asked = bud::kube::Asked { verb: "apply", object: "apps/v1 Deployment shop/web".into() };
    let error = KubeError::Conflict { asked, conflicts: vec![conflict], refusal: Box::default() };
    assert_eq!(error.to_string(), "apply apps/v1 Deployment shop/web: 1 fields have other managers");
    assert_eq!(error.recovery(), Recovery::Rejected(Some(".spec.replicas".into())));
}
