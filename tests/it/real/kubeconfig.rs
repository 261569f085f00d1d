//! `ephemeral.bud_kubeconfig` under the real hosts: a second provider uses it against the real API server.

use bud::kube::{Kind, Scope, Writing};
use serde_json::{Value, json};

use super::{Folder, World, each};
use crate::kubernetes::{ControlPlane, User};

/// A service account for a role in a namespace, as the documentation says to make it.
fn account(world: &World, plane: &ControlPlane, namespace: &str, role: &str) {
    let client = plane.admin();
    let name = format!("bud-{role}");
    let accounts = Kind::new("v1", "ServiceAccount", "serviceaccounts", Scope::Namespaced);
    let object = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name } });
    world.block_on(client.create(&accounts, Some(namespace), &object, &Writing::by("test"))).unwrap();
    let group = "rbac.authorization.k8s.io";
    let api = format!("{group}/v1");
    let bindings = Kind::new(&api, "ClusterRoleBinding", "clusterrolebindings", Scope::Cluster);
    let object = json!({
        "apiVersion": api, "kind": "ClusterRoleBinding", "metadata": { "name": format!("{namespace}-{name}") },
        "roleRef": { "apiGroup": group, "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": namespace }],
    });
    world.block_on(client.create(&bindings, None, &object, &Writing::by("test"))).unwrap();
}

/// A folder with a second provider that uses the kubeconfig.
fn write(folder: &Folder<'_>, arguments: &str) {
    let rest = format!(
        r#"
        ephemeral "bud_kubeconfig" "it" {{
          kubeconfig = file("kubeconfig")
          {arguments}
        }}
        provider "bud" {{
          alias = "limited"
          kubernetes = {{ kubeconfig = ephemeral.bud_kubeconfig.it.limited_kubeconfig }}
        }}
        data "bud_cluster" "it" {{ provider = bud.limited }}
        output "it" {{ value = [data.bud_cluster.it.reachable, data.bud_cluster.it.reason] }}
        "#
    );
    folder.write("", &rest);
}

#[test]
fn its_holder_may_do_what_the_role_says_and_it_is_stored_nowhere() {
    let Some(plane) = ControlPlane::shared() else { return };
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        folder.env.remove("BUD_PROXY_URL");
        folder.env.remove("KUBECONFIG");
        write(&folder, "");
        std::fs::write(folder.path("kubeconfig"), plane.kubeconfig(&User::Admin)).unwrap();
        let space = world.block_on(plane.namespace("tokens"));
        for role in ["view", "cluster-admin"] {
            account(&world, plane, &space, role);
        }
        let given = || {
            folder.apply().succeeded();
            let run = folder.run(&["output", "-json", "it"]).succeeded();
            serde_json::from_str::<Value>(&run.stdout).unwrap()
        };
        write(&folder, &format!("role = \"cluster-admin\"\nnamespace = \"{space}\"\nduration = \"15m\""));
        assert_eq!(given(), json!([true, null]));
        // Whoever may view sees no nodes, and the API server says who was refused.
        write(&folder, &format!("namespace = \"{space}\""));
        let limited = given();
        let reason = limited[1].as_str().unwrap();
        assert_eq!(limited[0], false);
        assert!(reason.contains(&format!("system:serviceaccount:{space}:bud-view")), "{reason}");
        folder.is_settled("a kubeconfig that is opened anew is no change");
        let state = std::fs::read_to_string(folder.path("terraform.tfstate")).unwrap();
        assert!(!state.contains("eyJ") && !state.contains("bud_kubeconfig"), "{state}");
    });
}

#[test]
fn what_cannot_be_had_is_told_on_its_attribute() {
    let Some(plane) = ControlPlane::shared() else { return };
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        folder.env.remove("BUD_PROXY_URL");
        folder.env.remove("KUBECONFIG");
        write(&folder, "");
        std::fs::write(folder.path("kubeconfig"), plane.kubeconfig(&User::Admin)).unwrap();
        for (arguments, summary, detail) in [
            ("duration = \"9m\"", "Duration is too short", "10m"),
            ("role = \" \"", "Empty name", "ClusterRole"),
            (
                "role = \"dance\"",
                "No service account for the role",
                "kubectl create clusterrolebinding bud-dance",
            ),
            (
                "namespace = \"nowhere\"",
                "No service account for the role",
                "create rolebinding bud-view -n nowhere",
            ),
        ] {
            write(&folder, arguments);
            let errors = folder.run(&["plan", "-json"]).failed().errors();
            assert_eq!(errors.len(), 1, "{arguments}: {errors:#?}");
            assert_eq!(errors[0].summary, summary, "{arguments}");
            assert!(errors[0].detail.contains(detail), "{arguments}: {errors:#?}");
        }
    });
}
