//! The units' scripts: read by a shell, and `bud-leave` run against a cluster of paper.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::{sample, systems::Evaluated};

fn shell(script: &str) {
    let output = Command::new("sh").args(["-n", "-c", script]).output().unwrap();
    assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
}

fn script(systems: &Evaluated, node: &str, module: &str, unit: &str) -> String {
    let unit = &systems.module(node, module)["systemd"]["services"][unit];
    unit["script"].as_str().unwrap_or_else(|| panic!("{node} has no such unit")).to_owned()
}

#[test]
fn scripts_are_shell() {
    for cluster in [sample::azure(), sample::aws(), sample::hosts()] {
        let Some(systems) = Evaluated::of(&cluster) else { return };
        for (name, node) in &cluster.nodes {
            shell(&script(&systems, name, "leave", "bud-leave"));
            shell(&script(&systems, name, "report", "bud-report"));
            let firewall = &systems.module(name, "firewall")["networking"]["firewall"];
            shell(firewall["extraCommands"].as_str().unwrap());
            if node.role.is_server() {
                shell(&script(&systems, name, "leave", "bud-forget@"));
            }
        }
    }
}

/// A cluster of paper: `k3s` answers from files, says what it was asked, and lets pods go or not.
struct Paper {
    folder: tempfile::TempDir,
}

const K3S: &str = r#"
shift 3
echo "$*" >> log
case $* in
  "get nodes"*) cat nodes.json ;;
  "get pods"*) cat pods.json ;;
  "get node "*) echo '{"metadata":{"annotations":{"etcd.k3s.cattle.io/removed-node-name":"x"}}}' ;;
  "create --raw"*)
    cat >> evictions
    if [ -e blocked ]; then echo "budget web" >&2; exit 1; fi
    echo '{"items":[]}' > pods.json
    ;;
esac
"#;

const PODS: &str = r#"{"items":[
  {"metadata":{"namespace":"a","name":"web"},"status":{"phase":"Running"}},
  {"metadata":{"namespace":"a","name":"done"},"status":{"phase":"Succeeded"}},
  {"metadata":{"namespace":"k","name":"cni","ownerReferences":[{"kind":"DaemonSet"}]},"status":{"phase":"Running"}},
  {"metadata":{"namespace":"k","name":"static","annotations":{"kubernetes.io/config.mirror":"x"}},"status":{"phase":"Running"}}
]}"#;

impl Paper {
    fn new(ready: &[bool]) -> Self {
        let paper = Self { folder: tempfile::tempdir().unwrap() };
        let node = |(at, ready): (usize, &bool)| {
            let status = if *ready { "True" } else { "False" };
            let conditions = serde_json::json!([{ "type": "Ready", "status": status }]);
            serde_json::json!({ "metadata": { "name": format!("n{at}") }, "status": { "conditions": conditions } })
        };
        let nodes: Vec<_> = ready.iter().enumerate().map(node).collect();
        paper.write("nodes.json", &serde_json::json!({ "items": nodes }).to_string());
        paper.write("pods.json", PODS);
        paper.write("hostname", "n0\n");
        let root = paper.root().display().to_string();
        for (tool, body) in [("k3s", K3S), ("systemctl", "echo \"systemctl $*\" >> log\n"), ("sleep", ":\n")]
        {
            let file = paper.root().join(tool);
            std::fs::write(&file, format!("#!/bin/sh\ncd '{root}'\n{body}")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        paper
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root().join(file), text).unwrap();
    }

    fn run(&self, script: &str, environment: &[(&str, &str)]) -> (i32, String, String) {
        let root = self.root().display().to_string();
        let script =
            script.replace("/etc/hostname", &format!("{root}/hostname")).replace("/var/lib/bud", &root);
        let output = Command::new("sh")
            // As systemd's scripts run in NixOS.
            .args(["-ec", &script])
            .env("PATH", format!("{root}:/usr/bin:/bin"))
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let log = std::fs::read_to_string(self.root().join("log")).unwrap_or_default();
        (output.status.code().unwrap(), log, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Whether the machine can run the script at all.
fn has_jq() -> bool {
    let there = Command::new("jq").arg("--version").output().is_ok();
    if !there {
        println!("skipped: no jq");
    }
    there
}

#[test]
fn a_node_leaves() {
    let Some(systems) = Evaluated::of(&sample::azure()) else { return };
    if !has_jq() {
        return;
    }
    let agent = script(&systems, "worker-0", "leave", "bud-leave");
    let paper = Paper::new(&[true; 3]);
    let (status, log, errors) = paper.run(&agent, &[]);
    assert_eq!(status, 0, "{errors}");
    assert!(log.contains("patch node n0 --type merge --patch {\"spec\":{\"unschedulable\":true}}"), "{log}");
    // Only what is a pod of its own: no daemon, no mirror, nothing that is done.
    let evictions = std::fs::read_to_string(paper.root().join("evictions")).unwrap();
    assert_eq!(evictions.lines().count(), 1, "{evictions}");
    assert!(evictions.contains("\"name\":\"web\"") && evictions.contains("\"kind\":\"Eviction\""));
    assert!(!log.contains("etcd.k3s.cattle.io/remove"), "an agent has no member");
    assert!(paper.root().join("left").exists() && log.ends_with("systemctl --no-block stop k3s.service\n"));

    let server = script(&systems, "server-0", "leave", "bud-leave");
    let paper = Paper::new(&[true; 3]);
    let (status, log, errors) = paper.run(&server, &[("DRAIN", "skip")]);
    assert_eq!(status, 0, "{errors}");
    assert!(log.contains("annotate node n0 --overwrite etcd.k3s.cattle.io/remove=true"), "{log}");
    assert!(!paper.root().join("evictions").exists());
}

#[test]
fn a_node_that_cannot_leave_stays() {
    let Some(systems) = Evaluated::of(&sample::azure()) else { return };
    if !has_jq() {
        return;
    }
    let server = script(&systems, "server-0", "leave", "bud-leave");
    let stays = |paper: &Paper, environment: &[(&str, &str)], expected: i32| {
        let (status, log, errors) = paper.run(&server, environment);
        assert_eq!(status, expected, "{errors}");
        assert!(!log.contains("remove=true") && !paper.root().join("left").exists(), "{log}");
        errors
    };
    stays(&Paper::new(&[true]), &[], 76);
    // Of two others one is ready: without this one there is no quorum.
    stays(&Paper::new(&[true, true, false]), &[], 77);
    let paper = Paper::new(&[true; 3]);
    paper.write("blocked", "");
    let errors = stays(&paper, &[("DRAIN_TIMEOUT", "0")], 75);
    assert!(errors.contains("still here: a web"), "{errors}");
    // Forced, it goes all the same.
    let (status, log, errors) = paper.run(&server, &[("DRAIN", "force"), ("DRAIN_TIMEOUT", "0")]);
    assert_eq!(status, 0, "{errors}");
    assert!(log.contains("delete pod --namespace a web"), "{log}");
}
