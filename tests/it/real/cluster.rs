//! `data.bud_cluster` under the real hosts, against the real control plane.

use bud::kube::{Deletion, Kind, Scope, Writing};
use bud::outcome::Presence;
use serde_json::{Value, json};

use super::{Folder, World, each};
use crate::kubernetes::{ControlPlane, User};

const EVERYTHING: &str = "output \"it\" {\n  value = data.bud_cluster.it\n  sensitive = true\n}\n";

/// What the data source gave.
fn given(folder: &Folder<'_>, kubeconfig: &str) -> Value {
    let rest =
        format!("data \"bud_cluster\" \"it\" {{\n  kubeconfig = file(\"kubeconfig\")\n}}\n{EVERYTHING}");
    folder.write("", &rest);
    std::fs::write(folder.path("kubeconfig"), kubeconfig).unwrap();
    folder.apply().succeeded();
    let run = folder.run(&["output", "-json", "it"]).succeeded();
    serde_json::from_str(&run.stdout).unwrap()
}

/// A folder of a host that finds no cluster by itself, and reaches loopback.
fn folder<'w>(world: &'w World, host: &super::host::Host) -> Folder<'w> {
    let mut folder = Folder::new(world, host);
    folder.env.remove("BUD_PROXY_URL");
    folder.env.remove("KUBECONFIG");
    folder
}

#[test]
fn a_cluster_says_what_it_is() {
    let Some(plane) = ControlPlane::shared() else { return };
    each(|host| {
        let world = World::prompt();
        let folder = folder(&world, host);
        let client = plane.admin();
        let name = format!("seen-{}", folder.host_name());
        let nodes = Kind::new("v1", "Node", "nodes", Scope::Cluster);
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {
                "name": name,
                "labels": { "node-role.kubernetes.io/etcd": "true", "node-role.kubernetes.io/control-plane": "true" },
                "annotations": { "bud.studio/system": "/nix/store/now", "bud.studio/disk-root": "42" },
            },
            // Pods of other tests stay away.
            "spec": { "unschedulable": true, "taints": [{ "key": "kept", "value": "free", "effect": "NoExecute" }] },
        });
        world.block_on(client.create(&nodes, None, &node, &Writing::by("test"))).unwrap();
        let seen = given(&folder, &plane.kubeconfig(&User::Admin));
        assert_eq!((&seen["reachable"], &seen["reason"]), (&json!(true), &Value::Null));
        let uid = world.block_on(client.cluster_uid()).unwrap();
        assert_eq!(seen["cluster_uid"], uid);
        assert_eq!(seen["endpoint"], plane.server);
        assert_eq!(seen["kubernetes_version"], world.block_on(client.version()).unwrap().git_version);
        let one = &seen["nodes"][&name];
        assert_eq!(
            (&one["schedulable"], &one["system"], &one["disks"]["root"], &one["gpus"]),
            (&json!(false), &json!("/nix/store/now"), &json!(42), &json!(0))
        );
        assert_eq!(one["roles"], json!(["control-plane", "etcd"]));
        let taints = one["taints"].as_array().unwrap();
        assert!(
            taints.contains(&json!({ "key": "kept", "value": "free", "effect": "NoExecute" })),
            "{taints:?}"
        );
        let members = seen["etcd_members"].as_array().unwrap();
        assert!(members.contains(&json!(name)), "{members:?}");
        assert_eq!(seen["snapshots"], json!({}), "the control plane is no k3s");
        let gone = world.block_on(client.delete(&nodes.at(None, &name), &Deletion::default())).unwrap();
        assert!(matches!(gone, Presence::Here(_)));
        let seen = given(&folder, &plane.kubeconfig(&User::Admin));
        assert!(seen["nodes"].get(&name).is_none(), "{}", seen["nodes"]);
    });
}

#[test]
fn a_cluster_that_does_not_answer_is_no_error() {
    let Some(plane) = ControlPlane::shared() else { return };
    each(|host| {
        let world = World::prompt();
        let folder = folder(&world, host);
        // Whoever listens on this port was taken away before.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let nobody = json!({ "server": format!("https://127.0.0.1:{port}") });
        for (kubeconfig, says) in [
            (plane.kubeconfig_with(&User::Admin, nobody), "No answer"),
            (plane.kubeconfig(&User::Unknown), "refused"),
            (plane.kubeconfig(&User::Expired), "certificate"),
            (plane.kubeconfig(&User::Nobody), "nodes"),
        ] {
            let seen = given(&folder, &kubeconfig);
            assert_eq!((&seen["reachable"], &seen["nodes"]), (&json!(false), &json!({})), "{says}");
            let reason = seen["reason"].as_str().unwrap();
            assert!(reason.contains(says), "{says}: {reason}");
        }
        let absent = "kubernetes = {\n  config_path = \"absent\"\n}";
        folder.write(absent, &format!("data \"bud_cluster\" \"it\" {{}}\n{EVERYTHING}"));
        folder.apply().succeeded();
        let run = folder.run(&["output", "-json", "it"]).succeeded();
        let seen: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(seen["reachable"], false);
        assert!(seen["reason"].as_str().unwrap().contains("absent"), "{}", seen["reason"]);
    });
}

#[test]
fn a_kubeconfig_that_is_none_is_refused() {
    each(|host| {
        let world = World::prompt();
        let folder = folder(&world, host);
        folder.write(
            "",
            &format!("data \"bud_cluster\" \"it\" {{\n  kubeconfig = \"clusters: [\"\n}}\n{EVERYTHING}"),
        );
        let errors = folder.run(&["plan", "-json"]).failed().errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert_eq!(errors[0].summary, "Bad kubeconfig");
    });
}
