//! What is written for each role, on each cloud. `UPDATE_EXPECT=1` rewrites.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::{nixos, sample};

/// All that one node is made of, in one text.
fn tree(generated: &nixos::Generated, name: &str) -> String {
    let node = &generated.nodes[name];
    let system = &generated.systems[&node.system];
    let mut out = format!("system {}, digest {}, {}\n", node.system, system.digest, system.platform);
    let _ = writeln!(out, "nodes {}", system.nodes.join(" "));
    let folder = format!("systems/{}/", node.system);
    for (path, text) in &generated.flake {
        if let Some(file) = path.strip_prefix(&folder) {
            let _ = write!(out, "\n=== {file}\n{text}");
        }
    }
    for file in &node.placed {
        let _ =
            write!(out, "\n=== {} {:o} root:{}\n{}", file.path, file.mode, file.group, file.content.expose());
    }
    let _ = write!(out, "\n=== disks\n{}", node.disks.split("\nrefuse() {").next().unwrap());
    out
}

#[test]
fn azure() {
    let generated = nixos::generate(&sample::azure()).unwrap();
    expect_file!["../../golden/nixos/azure/flake.nix"].assert_eq(&generated.flake["flake.nix"]);
    expect_file!["../../golden/nixos/azure/flake.lock"].assert_eq(&generated.flake["flake.lock"]);
    expect_file!["../../golden/nixos/azure/primary.txt"].assert_eq(&tree(&generated, "primary-0"));
    expect_file!["../../golden/nixos/azure/server.txt"].assert_eq(&tree(&generated, "server-0"));
    expect_file!["../../golden/nixos/azure/ingress.txt"].assert_eq(&tree(&generated, "ingress-0"));
    expect_file!["../../golden/nixos/azure/worker.txt"].assert_eq(&tree(&generated, "worker-0"));
    expect_file!["../../golden/nixos/azure/gpu.txt"].assert_eq(&tree(&generated, "gpu-0"));
    expect_file!["../../golden/nixos/azure/disks.sh"].assert_eq(&generated.nodes["primary-0"].disks);
}

#[test]
fn aws() {
    let generated = nixos::generate(&sample::aws()).unwrap();
    expect_file!["../../golden/nixos/aws/server.txt"].assert_eq(&tree(&generated, "cp-1"));
    expect_file!["../../golden/nixos/aws/gpu.txt"].assert_eq(&tree(&generated, "p4d-0"));
}

#[test]
fn hosts() {
    let generated = nixos::generate(&sample::hosts()).unwrap();
    expect_file!["../../golden/nixos/hosts/primary.txt"].assert_eq(&tree(&generated, "rack-1"));
    expect_file!["../../golden/nixos/hosts/worker.txt"].assert_eq(&tree(&generated, "rack-2"));
}

#[test]
fn joining() {
    let text = |join: nixos::Join| join.file().content.expose().to_owned();
    assert_eq!(text(nixos::Join::Found), "K3S_CLUSTER_INIT=true\n");
    let server = |host: &str| nixos::Join::Server { host: host.into() };
    assert_eq!(text(server("10.177.2.70")), "K3S_URL=https://10.177.2.70:6443\n");
    assert_eq!(text(server("fd12::46")), "K3S_URL=https://[fd12::46]:6443\n");
}
