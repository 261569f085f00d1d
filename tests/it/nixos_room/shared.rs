//! What is shared and what is not: nodes of a kind are one system, and no secret is in any.

use super::{Secret, nixos, sample};
use nixos::{Cluster, generate};

fn systems(cluster: &Cluster) -> Vec<(String, String)> {
    let generated = generate(cluster).unwrap();
    generated.nodes.iter().map(|(name, node)| (name.clone(), node.system.clone())).collect()
}

fn changed(before: &Cluster, after: &Cluster) -> Vec<String> {
    let (before, after) = (systems(before), systems(after));
    let differ = |(name, system): &(String, String)| {
        let old = before.iter().find(|(other, _)| other == name);
        (old.map(|(_, old)| old) != Some(system)).then(|| name.clone())
    };
    after.iter().filter_map(differ).collect()
}

#[test]
fn nodes_of_a_kind_are_one_system() {
    let generated = generate(&sample::azure()).unwrap();
    let system = |name: &str| generated.nodes[name].system.clone();
    assert_eq!(system("worker-0"), system("worker-1"));
    assert_eq!(system("gpu-0"), system("gpu-1"));
    assert_eq!(system("server-0"), system("server-1"));
    assert_eq!(generated.systems[&system("gpu-0")].nodes, ["gpu-0", "gpu-1"]);
    // Founding is no part of a system: without its disk and the VPN the primary is a server.
    let mut alike = sample::azure();
    alike.settings.wireguard = None;
    alike.nodes.get_mut("primary-0").unwrap().data_disks.clear();
    let generated = generate(&alike).unwrap();
    assert_eq!(generated.nodes["primary-0"].system, generated.nodes["server-0"].system);
}

#[test]
fn the_same_data_is_the_same_text() {
    let (one, two) = (generate(&sample::azure()).unwrap(), generate(&sample::azure()).unwrap());
    assert_eq!(one.flake, two.flake);
    assert_eq!(one.systems, two.systems);
    for (name, node) in &one.nodes {
        assert_eq!(node.placed, two.nodes[name].placed);
        assert_eq!(node.disks, two.nodes[name].disks);
    }
}

/// What changes a system, and whose.
#[test]
fn a_change_reaches_only_those_it_is_about() {
    let before = sample::azure();
    let after = |change: &dyn Fn(&mut Cluster)| {
        let mut after = before.clone();
        change(&mut after);
        changed(&before, &after)
    };
    let none: [&str; 0] = [];
    assert_eq!(after(&|cluster| drop(cluster.nodes.remove("server-1"))), none);
    assert_eq!(
        after(&|cluster| cluster.nodes.get_mut("worker-0").unwrap().addresses.ipv4 =
            Some([10, 177, 2, 99].into())),
        none
    );
    assert_eq!(after(&|cluster| cluster.nodes.get_mut("worker-0").unwrap().taints.clear()), none);
    assert_eq!(
        after(&|cluster| cluster.nodes.get_mut("gpu-1").unwrap().system_disk =
            nixos::DiskAt::Serial("x1".into())),
        none
    );
    assert_eq!(
        after(&|cluster| drop(cluster.settings.files.insert("/etc/x".into(), Secret::new("x")))),
        none
    );
    assert_eq!(after(&|cluster| cluster.settings.registries.clear()), none);
    assert_eq!(
        after(&|cluster| cluster.overrides.get_mut("gpu").unwrap().agent_flags.clear()),
        ["gpu-0", "gpu-1"]
    );
    let mut one = nixos::Settings::default();
    one.agent_flags.push("--v=2".into());
    assert_eq!(
        after(&|cluster| drop(cluster.overrides.insert("worker-1".into(), one.clone()))),
        ["worker-1"]
    );
    assert_eq!(
        after(&|cluster| cluster.kubernetes.api_names.push("x.y".into())),
        ["primary-0", "server-0", "server-1"]
    );
    let all: Vec<String> = before.nodes.keys().cloned().collect();
    assert_eq!(
        after(&|cluster| cluster.pin.hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()),
        all
    );
    assert_eq!(after(&|cluster| cluster.kubernetes.minor = 35), all);
}

/// Cluster, then role, then pool, then node: lists append, anything else is replaced.
#[test]
fn overrides_are_laid_in_order() {
    let mut cluster = sample::azure();
    let flags = |flag: &str, pods: u32| nixos::Settings {
        agent_flags: vec![flag.into()],
        max_pods: Some(pods),
        ..nixos::Settings::default()
    };
    cluster.settings.agent_flags = vec!["--v=1".into()];
    cluster.overrides.clear();
    cluster.overrides.insert("gpu-0".into(), flags("--v=4", 140));
    cluster.overrides.insert("gpu".into(), flags("--v=3", 130));
    cluster.overrides.insert("worker".into(), flags("--v=2", 120));
    let generated = generate(&cluster).unwrap();
    let k3s =
        |name: &str| generated.flake[&format!("systems/{}/k3s.nix", generated.nodes[name].system)].clone();
    let order = |name: &str| -> Vec<String> {
        k3s(name).lines().filter_map(|line| line.trim().strip_prefix("\"--v=")).map(str::to_owned).collect()
    };
    assert_eq!(order("gpu-0"), ["1\"", "2\"", "3\"", "4\""]);
    assert_eq!(order("gpu-1"), ["1\"", "2\"", "3\""]);
    assert_eq!(order("worker-0"), ["1\"", "2\""]);
    assert_eq!(order("ingress-0"), ["1\""]);
    assert!(k3s("gpu-0").contains("maxPods = 140;") && k3s("gpu-1").contains("maxPods = 130;"));
}

#[test]
fn no_secret_is_in_the_flake() {
    let cluster = sample::azure();
    let generated = generate(&cluster).unwrap();
    for secret in sample::SECRETS {
        for (path, text) in &generated.flake {
            assert!(!text.contains(secret), "{path} holds {secret}");
        }
        for node in generated.nodes.values() {
            assert!(!node.disks.contains(secret));
        }
        let placed = &generated.nodes["primary-0"].placed;
        let holders: Vec<_> = placed.iter().filter(|file| file.content.expose().contains(secret)).collect();
        assert_eq!(holders.len(), 1, "{secret}");
        assert_eq!(holders[0].mode & 0o007, 0, "{} is readable by all", holders[0].path);
        assert!(!format!("{:?}", generated.nodes).contains(secret), "Debug prints {secret}");
        assert!(!format!("{cluster:?}").contains(secret), "Debug prints {secret}");
    }
    // The store's own keys are servers' alone.
    let worker = &generated.nodes["worker-0"].placed;
    assert!(worker.iter().all(|file| !file.content.expose().contains(sample::SECRETS[2])));
    assert!(worker.iter().all(|file| file.path != nixos::paths::WIREGUARD_KEY));
}

#[test]
fn labels_follow_roles() {
    let azure = sample::azure();
    let has = |cluster: &Cluster, node: &str, label: &str| {
        cluster.labels_of(&cluster.nodes[node]).contains_key(label)
    };
    assert!(has(&azure, "ingress-0", "svccontroller.k3s.cattle.io/enablelb"));
    assert!(!has(&azure, "primary-0", "bud/ingress"));
    assert!(has(&azure, "gpu-0", "gpu") && !has(&azure, "worker-0", "gpu"));
    let aws = sample::aws();
    assert!(has(&aws, "cp-2", "bud/ingress") && !has(&aws, "p4d-0", "bud/ingress"));
}
