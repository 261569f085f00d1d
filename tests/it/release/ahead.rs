//! Plan-time checks that ask the cluster: each with a chart that trips it and one that does not.

use serde_json::json;

use super::{IT, Room};
use crate::harness::host::told;

impl Room {
    /// What the plan says.
    async fn warned(&mut self, text: &str) -> String {
        let plan = self.plans(text).await;
        told(&plan.diagnostics)
    }
}

fn role(name: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{ name: {name} }}\nrules: []\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_another_release_are_told_in_the_plan() {
    let Some(mut room) = Room::new("foreign").await else { return };
    let shared = role(&format!("{}-shared", room.namespace));
    let theirs = room.chart("theirs", &[("templates/role.yaml", &shared)]);
    room.helm(&["install", "theirs", theirs.to_str().unwrap()]);
    let ours = room.chart("ours", &[("templates/role.yaml", &shared)]);
    let other = room.chart("other", &[("templates/role.yaml", &role(&format!("{}-own", room.namespace)))]);
    let warned = room.warned(&room.release(&ours, "")).await;
    assert_eq!(warned.matches("Warning: ").count(), 1, "{warned}");
    assert!(warned.contains("Warning: Objects that belong to others [chart]"), "{warned}");
    assert!(
        warned.contains(&format!("ClusterRole {}-shared belongs to the release {0}/theirs", room.namespace)),
        "{warned}"
    );
    let hard = room.host.plan(IT, &room.release(&ours, "checks = \"error\"")).await.unwrap_err();
    assert!(told(&hard).contains("Error: Objects that belong to others"), "{}", told(&hard));
    for (chart, arguments) in [(&ours, "checks = \"off\""), (&ours, "take_ownership = true"), (&other, "")] {
        assert_eq!(room.warned(&room.release(chart, arguments)).await, "", "{arguments}");
    }
    room.applies(&room.release(&other, "")).await;
    // What comes into a release later is looked at as well, and what it has already is its own.
    let both = [("templates/a.yaml", role(&format!("{}-own", room.namespace))), ("templates/b.yaml", shared)];
    let both = room.chart("other", &both.each_ref().map(|(name, text)| (*name, text.as_str())));
    let warned = room.warned(&room.release(&both, "")).await;
    assert!(warned.contains("-shared belongs to") && !warned.contains("-own belongs"), "{warned}");
    room.helm(&["uninstall", "theirs"]);
    room.host.destroy(IT).await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_never_change_are_told_in_the_plan() {
    let Some(mut room) = Room::new("fixed").await else { return };
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a, labels: { color: {{ .Values.color }} } }\nspec:\n  \
                      selector:\n    matchLabels: { tier: {{ .Values.tier }} }\n  template:\n    metadata:\n      \
                      labels: { tier: {{ .Values.tier }} }\n    spec:\n      containers: [{ name: a, image: a }]\n";
    let values = "tier: one\ncolor: red\n";
    let chart = room.chart("tier", &[("values.yaml", values), ("templates/a.yaml", deployment)]);
    room.applies(&room.release(&chart, "")).await;
    let before = room.object("apps/v1", "Deployment", "a").await;
    let tier = "set = [{ name = \"tier\", value = \"two\" }]\n";
    let warned = room.warned(&room.release(&chart, tier)).await;
    assert!(warned.contains("Warning: Fields that cannot be changed [chart]"), "{warned}");
    assert!(warned.contains(&format!("Deployment {}/a spec.selector", room.namespace)), "{warned}");
    assert_eq!(room.object("apps/v1", "Deployment", "a").await, before, "a plan writes nothing");
    let color = "set = [{ name = \"color\", value = \"blue\" }]\n";
    for arguments in [color, &format!("{tier}force_update = true\n"), &format!("{tier}checks = \"off\"\n")] {
        assert_eq!(room.warned(&room.release(&chart, arguments)).await, "", "{arguments}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_of_the_cluster_that_many_nodes_cannot_share_is_told_in_the_plan() {
    let Some(mut room) = Room::new("classes").await else { return };
    let client = room.plane.admin();
    let kind = client.kind("storage.k8s.io/v1", "StorageClass").await.unwrap().here().unwrap();
    let name = |what: &str| format!("{}-{what}", room.namespace);
    for (what, provisioner) in [("disks", "ebs.csi.aws.com"), ("files", "nfs.csi.k8s.io")] {
        let class = json!({ "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": { "name": name(what) }, "provisioner": provisioner });
        client.create(&kind, None, &class, &bud::kube::Writing::by("tests")).await.unwrap();
    }
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: c }\nspec:\n  accessModes: [ReadWriteMany]\n  \
                 storageClassName: {{ .Values.class }}\n  resources: { requests: { storage: 1Gi } }\n";
    let (disks, files) = (name("disks"), name("files"));
    let chart = room.chart("claim", &[("values.yaml", "class: \"\"\n"), ("templates/c.yaml", claim)]);
    let class = |class: &str| format!("set = [{{ name = \"class\", value = \"{class}\" }}]\n");
    let warned = room.warned(&room.release(&chart, &class(&disks))).await;
    assert!(warned.contains("Warning: Claims that no volume will satisfy [chart]"), "{warned}");
    assert!(warned.contains(&disks) && warned.contains("EBS"), "{warned}");
    assert_eq!(room.warned(&room.release(&chart, &class(&files))).await, "");
    for class in [disks, files] {
        client.delete(&kind.at(None, &class), &bud::kube::Deletion::default()).await.unwrap();
    }
}
