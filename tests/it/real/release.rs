//! `bud_release` under the real hosts, against the real control plane.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Folder, World, each};
use crate::kubernetes::ControlPlane;
use crate::release::{plain, random_files};

/// A namespace and a chart in the folder of a host.
pub(super) struct Room<'w> {
    plane: &'static ControlPlane,
    pub(super) namespace: String,
    pub(super) folder: Folder<'w>,
}

impl<'w> Room<'w> {
    pub(super) fn new(world: &'w World, folder: Folder<'w>, name: &str) -> Option<Self> {
        let plane = ControlPlane::shared()?;
        let namespace = world.block_on(plane.namespace(name));
        let mut folder = folder;
        let kubeconfig = plane.kubeconfig_file().to_str().unwrap().to_owned();
        folder.env.insert("KUBECONFIG".into(), kubeconfig);
        // The way into the simulator, where this control plane is not.
        folder.env.remove("BUD_PROXY_URL");
        Some(Self { plane, namespace, folder })
    }

    fn chart(&self, files: &[(&str, &str)]) -> PathBuf {
        let chart = self.folder.path("chart");
        let metadata = "apiVersion: v2\nname: chart\nversion: 1.2.3\n";
        for (name, text) in [("Chart.yaml", metadata)].iter().chain(files) {
            let path = chart.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        chart
    }

    fn write(&self, arguments: &str) {
        let rest = format!(
            "resource \"bud_release\" \"it\" {{\n  name = \"web\"\n  namespace = \"{}\"\n  chart = \"./chart\"\n{arguments}\n}}",
            self.namespace
        );
        self.folder.write("", &rest);
    }

    pub(super) fn helm(&self, arguments: &[&str]) -> String {
        let helm = std::env::var("BUD_TEST_HELM").expect("BUD_TEST_HELM names Helm's program");
        let output = Command::new(helm)
            .args(arguments)
            .args(["--namespace", &self.namespace])
            .env("KUBECONFIG", self.plane.kubeconfig_file())
            .env("HOME", self.folder.path(""))
            .output()
            .unwrap();
        assert!(output.status.success(), "helm {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Name, revision and status of what Helm sees.
    pub(super) fn list(&self) -> Vec<String> {
        let list: Value = serde_json::from_str(&self.helm(&["list", "-o", "json"])).unwrap();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let list = list.as_array().unwrap().iter();
        list.map(|one| format!("{} {} {}", text(one, "name"), text(one, "revision"), text(one, "status")))
            .collect()
    }

    /// An attribute of the release in the state.
    fn attribute(&self, name: &str) -> Value {
        let state = std::fs::read_to_string(self.folder.path("terraform.tfstate")).unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        let mut resources = state["resources"].as_array().unwrap().iter();
        let release = resources.rfind(|one| one["type"] == "bud_release").unwrap();
        release["instances"][0]["attributes"][name].clone()
    }
}

#[test]
fn a_release_lives_under_both_hosts() {
    each(|host| {
        let world = World::prompt();
        let Some(room) = Room::new(&world, Folder::new(&world, host), "host") else { return };
        room.chart(&plain());
        room.write("");
        let plan = room.folder.plan();
        assert!(plan.out.contains(&format!("\"ConfigMap/{}/web\"", room.namespace)), "{}", plan.out);
        room.folder.apply().succeeded();
        room.folder.is_settled("after the install");
        assert_eq!(room.list(), ["web 1 deployed"]);
        room.write("  set = [{ name = \"color\", value = \"blue\" }]");
        let plan = room.folder.plan();
        assert!(plan.out.contains("+  color: \"blue\""), "{}", plan.out);
        room.folder.apply().succeeded();
        room.folder.is_settled("after the upgrade");
        assert_eq!(room.list(), ["web 2 deployed"]);
        // What Helm's own command does with ours.
        room.helm(&["rollback", "web", "1"]);
        room.folder.apply().succeeded();
        assert_eq!(room.list(), ["web 4 deployed"]);
        room.folder.is_settled("after the rollback of others");
        // The state is lost, and the release is brought in again.
        room.folder.forget();
        let id = format!("{}/web", room.namespace);
        room.folder.run(&["import", "bud_release.it", &id]).succeeded();
        room.folder.apply().succeeded();
        room.folder.is_settled("after the import");
        assert_eq!(room.list(), ["web 4 deployed"], "an import makes no revision");
        room.folder.destroy().succeeded();
        assert_eq!(room.list(), Vec::<String>::new());
    });
}

#[test]
fn a_plan_saved_a_day_ago_gives_what_it_said() {
    each(|host| {
        let world = World::prompt();
        let Some(room) = Room::new(&world, Folder::new(&world, host), "saved") else { return };
        room.chart(&random_files());
        room.write("");
        room.folder.run(&["plan", "-out=saved", "-input=false"]).succeeded();
        // Meanwhile somebody installs what the chart asks for.
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.shop.example.com }\n\
            spec:\n  group: shop.example.com\n  scope: Namespaced\n  names: { plural: things, kind: Thing }\n  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]\n";
        let client = room.plane.admin();
        world.block_on(async {
            let kind = client
                .kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
                .await
                .unwrap()
                .here()
                .unwrap();
            let object: Value = serde_norway::from_str(definition).unwrap();
            // The other host's run has made it already.
            let _ = client.create(&kind, None, &object, &bud::kube::Writing::by("tests")).await;
        });
        room.folder.run(&["apply", "-input=false", "saved"]).succeeded();
        room.folder.is_settled("a day later");
        assert_eq!(room.list(), ["web 1 deployed"]);
        // An edit between plan and apply is noticed before anything is sent.
        room.write("  set = [{ name = \"color\", value = \"blue\" }]");
        room.folder.run(&["plan", "-out=saved", "-input=false"]).succeeded();
        std::fs::write(room.folder.path("chart").join("templates/more.yaml"), "# edited\n").unwrap();
        room.folder.run(&["apply", "-input=false", "saved"]).failed().says("chart_digest");
        assert_eq!(room.list(), ["web 1 deployed"]);
        room.folder.destroy().succeeded();
    });
}

/// As the provider hashicorp/helm stores it: 2.x in version 1, with blocks that are lists; 3.x in version 2.
const MOVED: [(u32, &str); 2] = [
    (1, include_str!("../../golden/moved/helm_release.v1.json")),
    (2, include_str!("../../golden/moved/helm_release.v2.json")),
];

#[test]
fn a_release_of_helm_release_moves_without_a_revision() {
    for (version, stored) in MOVED {
        moves(version, stored);
    }
}

/// The hosts load the schema of the provider that a state names, before they ask another one to take its
/// objects over. That provider cannot be built from the registries that tests reach, so that something stands
/// in its place whose schema nobody looks at: the state is what counts, and goes to ours as it is.
fn stand_in(folder: &Folder<'_>) {
    let plugins = folder.path("../plugins");
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_terraform-provider-bud"),
        plugins.join("terraform-provider-helm"),
    )
    .unwrap();
    let rc = folder.path("../rc");
    let text = std::fs::read_to_string(&rc).unwrap();
    let line = |registry: &str| format!("    \"{registry}hashicorp/helm\" = \"{}\"\n", plugins.display());
    let lines = ["registry.terraform.io/", "registry.opentofu.org/"].map(line).concat();
    std::fs::write(rc, text.replace("dev_overrides {\n", &format!("dev_overrides {{\n{lines}"))).unwrap();
}

fn moves(version: u32, stored: &str) {
    each(|host| {
        let world = World::prompt();
        let Some(room) = Room::new(&world, Folder::new(&world, host), "moved") else { return };
        let chart = room.chart(&plain());
        room.helm(&["install", "web", chart.to_str().unwrap(), "--set", "color=blue"]);
        let attributes: Value = serde_json::from_str(&stored.replace("NAMESPACE", &room.namespace)).unwrap();
        let state = serde_json::json!({
            "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "8c1a7f8e-0000-4000-8000-000000000000", "outputs": {},
            "resources": [{ "mode": "managed", "type": "helm_release", "name": "it",
                "provider": "provider[\"registry.terraform.io/hashicorp/helm\"]",
                "instances": [{ "schema_version": version, "attributes": attributes, "sensitive_attributes": [] }] }],
        });
        room.write("  set = [{ name = \"color\", value = \"blue\" }]");
        let text = std::fs::read_to_string(room.folder.path("main.tf")).unwrap();
        let moved = "moved {\n  from = helm_release.it\n  to = bud_release.it\n}\n";
        std::fs::write(room.folder.path("main.tf"), format!("{text}{moved}")).unwrap();
        std::fs::write(room.folder.path("terraform.tfstate"), state.to_string()).unwrap();
        stand_in(&room.folder);
        room.folder.apply().succeeded();
        assert_eq!(room.list(), ["web 1 deployed"], "a move is a rename");
        assert_eq!(room.attribute("timeout"), "300");
        room.folder.is_settled("after the move");
        room.write("  set = [{ name = \"color\", value = \"red\" }]");
        room.folder.apply().succeeded();
        assert_eq!(room.list(), ["web 2 deployed"]);
        room.folder.destroy().succeeded();
    });
}
