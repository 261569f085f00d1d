//! Bad data: each a problem of its own, before anything is written.

use super::{Secret, nixos, sample};
use nixos::nix::ModuleFault;
use nixos::{Cluster, DiskAt, Firmware, Flannel, GpuMode, GpuSharing, Problem, Role, UserModule, generate};

/// The problems of the seed's cluster after a change.
fn after(change: impl FnOnce(&mut Cluster)) -> Vec<Problem> {
    let mut cluster = sample::azure();
    change(&mut cluster);
    generate(&cluster).expect_err("it was taken")
}

/// The one problem of it.
fn one(change: impl FnOnce(&mut Cluster)) -> Problem {
    let mut problems = after(change);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

macro_rules! refused {
    ($($name:ident: $change:expr => $problem:pat,)*) => {
        $(
            #[test]
            fn $name() {
                let problem = one($change);
                assert!(matches!(problem, $problem), "{problem:?}");
            }
        )*
    };
}

refused! {
    a_cluster_without_nodes: |all| {
        all.overrides.clear();
        all.nodes.clear();
    } => Problem::NoNodes,
    a_second_primary: |all| all.nodes.get_mut("server-0").unwrap().role = Role::Primary => Problem::SecondPrimary { .. },
    a_node_name_with_capitals: |all| {
        let node = all.nodes.remove("worker-0").unwrap();
        all.nodes.insert("Worker_0".into(), node);
    } => Problem::BadName { what: "node", .. },
    an_override_of_nobody: |all| drop(all.overrides.insert("gpus".into(), nixos::Settings::default()))
        => Problem::UnknownOverride { .. },
    nobody_who_could_log_in: |all| all.users[0].administrator = false => Problem::NoLogin,
    a_user_with_a_colon: |all| all.users.push(nixos::User { name: "a:b".into(), keys: vec![], administrator: false })
        => Problem::BadUser { .. },
    a_user_twice: |all| { let user = all.users[0].clone(); all.users.push(user) } => Problem::DuplicateUser { .. },
    a_private_key_for_a_public_one: |all| all.users[0].keys.push("-----BEGIN OPENSSH PRIVATE KEY-----".into())
        => Problem::BadSshKey { .. },
    a_key_with_a_second_line: |all| { let key = format!("{}\ncommand", sample::KEY); all.users[0].keys.push(key) }
        => Problem::BadSshKey { .. },
    a_hash_of_another_kind: |all| all.pin.hash = "md5-x".into() => Problem::BadHash { .. },
    a_branch_for_a_revision: |all| all.pin.source = nixos::Source::GitHub { revision: "nixos-26.05".into() }
        => Problem::BadRevision { .. },
    a_release_that_is_none: |all| all.pin.release = "26.5".into() => Problem::BadRelease { .. },
    a_kubernetes_that_the_pin_lacks: |all| all.kubernetes.minor = 31 => Problem::UnknownKubernetes { minor: 31, .. },
    a_range_with_host_bits: |all| all.kubernetes.api_sources.push("203.0.113.7/24".parse().unwrap())
        => Problem::HostBits { .. },
    pods_inside_of_nodes: |all| all.kubernetes.pod_ranges[0] = "10.177.0.0/17".parse().unwrap()
        => Problem::OverlappingRanges { .. },
    services_inside_of_pods: |all| all.kubernetes.service_ranges[0] = "10.42.128.0/20".parse().unwrap()
        => Problem::OverlappingRanges { .. },
    a_vpn_inside_of_nodes: |all| {
        all.settings.wireguard.as_mut().unwrap().address = "10.177.9.1/24".parse().unwrap();
    } => Problem::OverlappingRanges { .. },
    two_ranges_of_a_family: |all| all.kubernetes.pod_ranges.push("10.44.0.0/16".parse().unwrap())
        => Problem::TwoRanges { .. },
    services_of_one_family_only: |all| all.kubernetes.service_ranges.truncate(1) => Problem::FamiliesDiffer,
    a_node_without_the_second_family: |all| all.nodes.get_mut("worker-1").unwrap().addresses.ipv6 = None
        => Problem::NodeLacksFamily { family: "IPv6", .. },
    services_beyond_kubernetes: |all| all.kubernetes.service_ranges[1] = "fd12:b0d8:babe::/104".parse().unwrap()
        => Problem::ServiceRangeTooLarge { .. },
    pods_that_do_not_fit: |all| all.kubernetes.pod_ranges[0] = "10.42.0.0/20".parse().unwrap()
        => Problem::PodRangeTooSmall { holds: 4, pods: 512, nodes: 8, .. },
    an_api_name_with_a_scheme: |all| all.kubernetes.api_names.push("https://x".into()) => Problem::BadApiName { .. },
    a_flag_of_ours: |all| all.overrides.get_mut("gpu").unwrap().agent_flags = vec!["--node-ip=1.2.3.4".into()]
        => Problem::OwnedFlag { .. },
    a_flag_without_dashes: |all| all.overrides.get_mut("gpu").unwrap().agent_flags = vec!["v=2".into()]
        => Problem::BadFlag { .. },
    a_flag_of_two_lines: |all| all.overrides.get_mut("gpu").unwrap().agent_flags = vec!["--v=2\nExecStart=x".into()]
        => Problem::BadFlag { .. },
    servers_that_differ: |all| {
        let over = nixos::Settings { server_flags: vec!["--v=9".into()], ..Default::default() };
        all.overrides.insert("server-0".into(), over);
    } => Problem::ServersDiffer { .. },
    a_taint_without_an_effect: |all| all.nodes.get_mut("gpu-0").unwrap().taints[0].effect = "Never".into()
        => Problem::BadTaint { .. },
    a_schedule_of_six_fields: |all| all.kubernetes.snapshots.as_mut().unwrap().schedule = "0 0 * * * *".into()
        => Problem::BadSchedule { .. },
    two_owners_of_a_port: |all| all.kubernetes.flannel = Flannel::WireGuardNative => Problem::PortTaken { port: 51820, .. },
    a_peer_without_a_key: |all| all.settings.wireguard.as_mut().unwrap().peers[0].public_key = "x".into()
        => Problem::BadWireGuardKey { .. },
    a_peer_twice: |all| {
        let vpn = all.settings.wireguard.as_mut().unwrap();
        let peer = vpn.peers[0].clone();
        vpn.peers.push(peer);
    } => Problem::DuplicatePeer { .. },
    the_operators_driver: |all| gpu(all).mode = GpuMode::Operator => Problem::OperatorOnNixos { .. },
    a_driver_with_code_in_it: |all| gpu(all).driver = Some("production; x".into()) => Problem::BadDriver { .. },
    a_profile_that_is_none: |all| gpu(all).sharing = GpuSharing::Mig { profile: "1g; rm".into(), count: 1 }
        => Problem::BadMigProfile { .. },
    a_system_disk_by_its_lun: |all| all.nodes.get_mut("worker-0").unwrap().system_disk = DiskAt::Lun(0)
        => Problem::BadSystemDisk { .. },
    a_disk_by_its_kernel_name: |all| {
        all.nodes.get_mut("worker-0").unwrap().system_disk = DiskAt::ById("/dev/nvme0n1".into());
    } => Problem::BadDiskId { .. },
    a_serial_that_is_a_path: |all| {
        all.nodes.get_mut("worker-0").unwrap().system_disk = DiskAt::Serial("/dev/sda".into());
    } => Problem::BadDiskId { .. },
    a_mount_over_the_store: |all| data(all).mount = "/nix".into() => Problem::BadMount { .. },
    a_mount_that_climbs: |all| data(all).mount = "/srv/../etc".into() => Problem::BadMount { .. },
    a_disk_name_with_a_slash: |all| data(all).name = "a/b".into() => Problem::BadDiskName { .. },
    a_cache_without_a_scheme: |all| all.settings.substituters.push("cache.local".into()) => Problem::BadUrl { .. },
    a_cache_key_without_a_name: |all| all.settings.trusted_public_keys.push("abc".into()) => Problem::BadCacheKey { .. },
    a_certificate_that_is_a_path: |all| all.settings.ca_certificates.push("/etc/ca.pem".into())
        => Problem::BadCertificate { .. },
    a_time_server_with_a_blank: |all| all.settings.time_servers.push("a b".into()) => Problem::BadTimeServer { .. },
    a_registry_with_a_scheme: |all| {
        all.settings.registries.insert("https://docker.io".into(), nixos::Registry::default());
    } => Problem::BadRegistry { .. },
    a_networkd_file_elsewhere: |all| {
        all.nodes.get_mut("worker-0").unwrap().networkd.insert("../passwd".into(), String::new());
    } => Problem::BadNetworkdName { .. },
    a_file_in_the_store: |all| drop(all.settings.files.insert("/nix/store/x".into(), Secret::new("x")))
        => Problem::BadFilePath { .. },
    a_file_that_climbs: |all| drop(all.settings.files.insert("/etc/../x".into(), Secret::new("x")))
        => Problem::BadFilePath { .. },
    a_file_of_ours: |all| drop(all.settings.files.insert("/etc/hostname".into(), Secret::new("x")))
        => Problem::FileTaken { .. },
}

fn gpu(cluster: &mut Cluster) -> &mut nixos::Gpu {
    cluster.overrides.get_mut("gpu").unwrap().gpu.as_mut().unwrap()
}

fn data(cluster: &mut Cluster) -> &mut nixos::DataDisk {
    &mut cluster.nodes.get_mut("primary-0").unwrap().data_disks[0]
}

#[test]
fn components_that_are_needed_or_unknown() {
    let disable = |name: &str| {
        let name = name.to_owned();
        after(move |all| all.settings.disable.push(name))
    };
    assert!(disable("traefik").iter().all(|problem| matches!(problem, Problem::NeededComponent { .. })));
    assert!(disable("trafik").iter().all(|problem| matches!(problem, Problem::UnknownComponent { .. })));
}

#[test]
fn disks_that_are_one() {
    let problems = after(|all| {
        let node = all.nodes.get_mut("primary-0").unwrap();
        let mut second = node.data_disks[0].clone();
        second.name = "other".into();
        node.data_disks.push(second);
    });
    assert!(
        matches!(&problems[..], [Problem::DuplicateDisk { .. }, Problem::DuplicateMount { .. }]),
        "{problems:?}"
    );
}

#[test]
fn agents_alone() {
    let problems = after(|all| all.nodes.retain(|_, node| !node.role.is_server()));
    assert!(problems.contains(&Problem::NoServer), "{problems:?}");
}

/// What a message says about a module, with its place.
#[test]
fn modules_that_cannot_work() {
    let fault = |text: &str| {
        let module = UserModule { name: "nfs.nix".into(), text: text.into() };
        match one(|all| all.overrides.get_mut("worker").unwrap().modules = vec![module]) {
            Problem::BadModule { module, fault } => {
                assert_eq!(module, "nfs.nix");
                fault
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(fault("{\n  a = 1\n}\n"), ModuleFault::Syntax { line: 3, column: 1, .. }));
    assert!(matches!(fault("{ a = \"x; }"), ModuleFault::Syntax { .. }));
    assert_eq!(fault("[ 1 ]"), ModuleFault::NoModule);
    assert_eq!(fault("\"text\""), ModuleFault::NoModule);
    assert_eq!(fault(""), fault(""), "an empty file is a fault, whichever");
    let foreign = fault("{\n  imports = [ ./other.nix ];\n}\n");
    assert_eq!(foreign, ModuleFault::ForeignPath { line: 2, path: "./other.nix".into() });
    let search = fault("{ pkgs, ... }: { a = import <nixpkgs> { }; }");
    assert_eq!(search, ModuleFault::SearchPath { line: 1, path: "<nixpkgs>".into() });
    for good in
        ["{ }", "{ lib, ... }: { }", "let a = 1; in { x = a; }", "args: with args.lib; { }", "({ ... }: { })"]
    {
        let mut cluster = sample::azure();
        cluster.settings.modules.push(UserModule { name: "x".into(), text: good.into() });
        generate(&cluster).expect(good);
    }
}

#[test]
fn an_unknown_role() {
    let problem = "master".parse::<Role>().unwrap_err();
    assert_eq!(problem.to_string(), "\"master\" is no role; there are primary, server, ingress and worker");
    for role in Role::ALL {
        assert_eq!(role.name().parse::<Role>(), Ok(role));
    }
}

/// All of it comes at once, each once, and no message holds a secret.
#[test]
fn everything_wrong_is_said_at_once() {
    let problems = after(|all| {
        all.kubernetes.minor = 31;
        all.settings.substituters.push("x".into());
        all.settings.wireguard.as_mut().unwrap().private_key = Secret::new("canary-short-key");
        all.nodes.get_mut("worker-0").unwrap().firmware = Firmware::Bios;
        all.nodes.get_mut("worker-0").unwrap().system_disk = DiskAt::ById("/dev/sda".into());
    });
    let kinds: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|problem| matches!(problem, Problem::UnknownKubernetes { .. })));
    assert!(problems.iter().any(|problem| matches!(problem, Problem::BadWireGuardKey { .. })));
    assert!(problems.iter().any(|problem| matches!(problem, Problem::BadDiskId { .. })));
    assert!(kinds.iter().all(|text| !text.contains("canary")), "{kinds:?}");
    for text in &kinds {
        assert!(!text.ends_with('.') && text.len() < 300, "{text}");
    }
}
