//! Credentials of our own, Nodes and evictions, against the real API server, its signer and kubectl.

use std::process::Command;
use std::time::Duration;

use bud::kube::credential::{Administrators, Credential, Kubeconfig, SshServer, bind, mint, unbind_others};
use bud::kube::node::{Taint, nodes, ready};
use bud::kube::wait::{Verdict, Waited};
use bud::kube::{Kind, KubeError, Scope, Writing};
use bud::outcome::Presence;
use bud::time::Patience;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::ControlPlane;
use super::control_plane::open;

fn patience() -> Patience {
    Patience::new(Duration::from_secs(60), CancellationToken::new())
}

fn kubeconfig(plane: &ControlPlane, credential: &Credential) -> String {
    let kubeconfig = Kubeconfig {
        name: "dev".into(),
        server: plane.server.parse().unwrap(),
        authority: plane.authority.pem.clone(),
        proxy: None,
        servers: vec!["https://10.177.2.70:6443".parse().unwrap()],
        ssh: vec![SshServer {
            node: "on".into(),
            host: "203.0.113.7".into(),
            port: 22,
            user: "bud".into(),
            api_port: 6443,
        }],
        ssh_authority: Some("ssh-ed25519 AAAA".into()),
    };
    let text = kubeconfig.text(credential).expose().to_owned();
    assert_eq!(text, kubeconfig.text(credential).expose(), "the same text every time");
    text
}

#[tokio::test]
async fn a_certificate_of_our_own_administers_until_it_is_revoked() {
    let Some(plane) = ControlPlane::shared() else { return };
    let admin = plane.admin();
    let first = Administrators::of("minted", None);
    bind(&admin, &first).await.unwrap();
    bind(&admin, &first).await.unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    let credential = mint(&admin, &first, day, &patience()).await.unwrap();
    let lasts = credential.expires - OffsetDateTime::now_utc();
    assert!(lasts > time::Duration::hours(20) && lasts <= time::Duration::days(1), "{lasts}");
    let text = kubeconfig(plane, &credential);
    let ours = open(&text);
    assert_eq!(ours.list(&nodes(), None, &Default::default()).await.map(|_| ()), Ok(()));

    // kubectl takes the same file, with an extension that it does not know.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let whoami = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(file.path())
        .args(["auth", "whoami", "-o", "json"])
        .output();
    if let Ok(output) = whoami {
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(said["status"]["userInfo"]["username"], "bud");
        assert_eq!(said["status"]["userInfo"]["groups"][0], "bud:admin:minted");
    }

    // Another group is bound, then the earlier one has nothing any more.
    let second = Administrators::of("minted", Some("leaked"));
    bind(&ours, &second).await.unwrap();
    let renewed = mint(&ours, &second, day, &patience()).await.unwrap();
    let renewed = open(&kubeconfig(plane, &renewed));
    unbind_others(&renewed, &second).await.unwrap();
    let refused = async {
        loop {
            match ours.list(&nodes(), None, &Default::default()).await {
                Err(error) => return error,
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let refused =
        tokio::time::timeout(Duration::from_secs(20), refused).await.expect("the old group is let in");
    assert!(matches!(refused, KubeError::Forbidden { .. }), "{refused:?}");
    assert!(renewed.list(&nodes(), None, &Default::default()).await.is_ok());
    let requests = Kind::new(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        Scope::Cluster,
    );
    let left = admin.list(&requests, None, &Default::default()).await.unwrap().items;
    let ours = |request: &&Value| request["spec"]["username"] != "system:node";
    assert_eq!(left.iter().filter(ours).count(), 0, "requests are taken away");
}

#[tokio::test]
async fn a_node_is_labelled_tainted_and_waited_for() {
    let Some(plane) = ControlPlane::shared() else { return };
    let client = plane.admin();
    assert_eq!(client.label_node("nobody", &Default::default()).await, Ok(Presence::Gone));
    assert_eq!(client.taint_node("nobody", &[]).await, Ok(Presence::Gone));
    let object = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "labelled" },
        "spec": { "taints": [{ "key": "theirs", "effect": "NoSchedule" }] } });
    client.create(&nodes(), None, &object, &Writing::by("tests")).await.unwrap();
    let at = nodes().at(None, "labelled");
    let waited = client.wait_for(&at, &patience(), |node| ready(node, 0)).await.unwrap();
    assert!(matches!(waited, Waited::Holds(_)), "{waited:?}");
    assert_eq!(ready(client.get(&at).await.unwrap().here().as_ref(), 1), Verdict::NotYet, "it has no GPU");

    let labels = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    client.label_node("labelled", &labels(&[("bud/pool", "a"), ("old", "x")])).await.unwrap();
    client.label_node("labelled", &labels(&[("bud/pool", "b")])).await.unwrap();
    let taint = |value: &str| Taint { key: "gpu".into(), value: value.into(), effect: "NoSchedule".into() };
    client.taint_node("labelled", &[taint("on")]).await.unwrap();
    client.taint_node("labelled", &[taint("off")]).await.unwrap();
    let node = client.get(&at).await.unwrap().here().unwrap();
    assert_eq!(node["metadata"]["labels"]["bud/pool"], "b");
    assert!(node["metadata"]["labels"].get("old").is_none(), "what was ours and is not any more goes");
    let taints = |node: &Value| -> Vec<String> {
        let taints = node["spec"]["taints"].as_array().into_iter().flatten();
        // Kubernetes has its own for a while.
        let taints = taints.filter(|one| !one["key"].as_str().unwrap().starts_with("node.kubernetes.io/"));
        taints
            .map(|one| {
                format!("{}={}", one["key"].as_str().unwrap(), one["value"].as_str().unwrap_or_default())
            })
            .collect()
    };
    assert_eq!(taints(&node), ["theirs=", "gpu=off"]);
    client.taint_node("labelled", &[]).await.unwrap();
    client.cordon_node("labelled", true).await.unwrap();
    let node = client.get(&at).await.unwrap().here().unwrap();
    assert!(taints(&node).contains(&"theirs=".to_owned()) && !taints(&node).contains(&"gpu=off".to_owned()));
    assert_eq!(node["spec"]["unschedulable"], true);
}

#[tokio::test]
async fn an_eviction_is_refused_by_a_budget_that_is_named() {
    let Some(plane) = ControlPlane::shared() else { return };
    let (client, namespace) = (plane.admin(), plane.namespace("evictions").await);
    let budgets = Kind::new("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", Scope::Namespaced);
    let budget = json!({ "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "never" },
        "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "web" } } } });
    client.create(&budgets, Some(&namespace), &budget, &Writing::by("tests")).await.unwrap();
    let pods = Kind::new("v1", "Pod", "pods", Scope::Namespaced);
    let mut uids = Vec::new();
    for (name, app) in [("kept", "web"), ("free", "other")] {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "app": app } },
            "spec": { "containers": [{ "name": "main", "image": "a" }] } });
        let pod = client.create(&pods, Some(&namespace), &pod, &Writing::by("tests")).await.unwrap();
        uids.push(pod["metadata"]["uid"].as_str().unwrap().to_owned());
        let at = pods.at(Some(&namespace), name);
        let running = |pod: Option<&Value>| match pod {
            Some(pod) if pod["status"]["phase"] == "Running" => Verdict::Holds,
            _ => Verdict::NotYet,
        };
        assert!(matches!(client.wait_for(&at, &patience(), running).await.unwrap(), Waited::Holds(_)));
    }
    // The budget has to have seen its pod.
    let seen = |budget: Option<&Value>| match budget {
        Some(budget) if budget["status"]["expectedPods"] == 1 => Verdict::Holds,
        _ => Verdict::NotYet,
    };
    let waited = client.wait_for(&budgets.at(Some(&namespace), "never"), &patience(), seen).await.unwrap();
    assert!(matches!(waited, Waited::Holds(_)), "{waited:?}");
    let limited = client.within(&Patience::new(Duration::from_secs(5), CancellationToken::new()));
    let refused = limited.evict(&namespace, "kept", &uids[0]).await.unwrap_err();
    let KubeError::Busy { refusal, .. } = &refused else { panic!("{refused:?}") };
    assert!(refusal.causes.iter().any(|cause| cause.message.contains("never")), "{refusal:?}");
    let other = client.evict(&namespace, "free", &uids[0]).await.unwrap_err();
    assert!(matches!(other, KubeError::Changed { .. }), "another pod of that name: {other:?}");
    client.evict(&namespace, "free", &uids[1]).await.unwrap();
}
