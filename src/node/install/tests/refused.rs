//! Each refusal: the one fact that causes it, and that it names what it is about.

use super::super::course::course;
use super::super::*;
use super::sample::{NOW, facts, in_installer, in_nixos, kept, wanted};
use crate::node::nixos::{Architecture, Cloud, DiskAt, Firmware};

fn refused(changes: &[(&str, &str)]) -> Refusal {
    course(&facts(changes), &wanted(), NOW).unwrap_err()
}

#[test]
fn machines_that_cannot_become_nixos() {
    for (key, value, part) in [
        ("kernel", "FreeBSD", "runs FreeBSD"),
        ("arch", "riscv64", "riscv64, and the system is made for x86_64"),
        ("arch", "aarch64", "aarch64, and the system is made for x86_64"),
        ("firmware", "bios", "starts by BIOS, and the system is made for EFI"),
        ("container", "lxc", "container (lxc)"),
        ("clock", "1790000301", "301 s ahead"),
        ("clock", "1789990000", "10000 s behind"),
        ("memory_kib", "1920000", "1875 MiB of memory; the installer needs 2500"),
        ("tools", "tar setsid lsblk", "gzip is missing"),
        ("work_free_kib", "600000", "/var/lib/bud has 585 MiB free; 664 are needed"),
        ("uplink_kind", "bond", "eth0, a bond"),
        ("uplink_kind", "vlan", "eth0, a vlan"),
        ("k3s", "yes", "data of a Kubernetes cluster"),
    ] {
        let refusal = refused(&[(key, value)]);
        assert!(refusal.to_string().contains(part), "{key}={value}: {refusal}");
        assert!(!refusal.advice().is_empty());
    }
    // Five minutes are still right.
    assert!(course(&facts(&[("clock", "1790000300")]), &wanted(), NOW).is_ok());
}

#[test]
fn memory_is_enough_for_less_where_another_node_builds() {
    let mut wanted = wanted();
    let small = facts(&[("memory_kib", "1920000")]);
    wanted.system.build = Build::Elsewhere(Box::new(Built {
        path: "/nix/store/x".into(),
        host: "10.0.0.4".into(),
        port: 22,
        host_key: String::new(),
        key: crate::secret::Secret::new("k"),
        signed_by: String::new(),
    }));
    assert!(course(&small, &wanted, NOW).is_ok());
    let smaller = facts(&[("memory_kib", "921600")]);
    assert_eq!(course(&smaller, &wanted, NOW), Err(Refusal::Memory { has_mib: 900, needs_mib: 1400 }));
}

#[test]
fn disks_that_are_not_written_to() {
    for (changes, part) in [
        (
            &[("disk.sda.local", "yes")][..],
            "sda (Virtual Disk, serial 6002248000000045, 137 GB) is removable",
        ),
        (&[("disk.sda.bytes", "19999999999")], "19999999999 bytes; 20000000000 are needed"),
        (
            &[("disk.sda.serial", "other"), ("disk.sda.wwn", "")],
            "no disk is known by serial 6002248000000045",
        ),
        (&[("disk.sdb.serial", "6002248000000045")], "is more than one disk: sda"),
        (&[("disk.sda.mount", "/srv/data")], "data that is mounted at /srv/data"),
        (&[("disk.sda.mount", "/home/of\\x20all")], "mounted at /home/of all"),
    ] {
        let refusal = refused(changes);
        assert!(refusal.to_string().contains(part), "{changes:?}: {refusal}");
    }
}

#[test]
fn a_hosts_disk_is_overwritten_only_when_its_serial_is_repeated() {
    let mut wanted = wanted();
    wanted.cloud = Cloud::Hosts;
    let expected = |given: Option<&str>| Refusal::NotConfirmed {
        disk: "sda (Virtual Disk, serial 6002248000000045, 137 GB)".into(),
        serial: "6002248000000045".into(),
        given: given.map(str::to_owned),
    };
    assert_eq!(course(&facts(&[]), &wanted, NOW), Err(expected(None)));
    wanted.wipe = Some("60022480ffffffff".into());
    assert_eq!(course(&facts(&[]), &wanted, NOW), Err(expected(Some("60022480ffffffff"))));
    wanted.wipe = Some("6002248000000045".into());
    assert!(matches!(course(&facts(&[]), &wanted, NOW), Ok(course::Course::Leave(_))));
}

#[test]
fn each_way_has_its_own_bars() {
    let only = |way, changes: &[(&str, &str)]| {
        let mut wanted = wanted();
        wanted.way = Some(way);
        course(&facts(changes), &wanted, NOW).unwrap_err()
    };
    assert_eq!(only(Way::Boot, &[("secure_boot", "on")]), Refusal::SecureBoot);
    assert_eq!(only(Way::Kexec, &[("secure_boot", "on")]), Refusal::SecureBoot);
    assert_eq!(
        only(Way::Kexec, &[("lockdown", "integrity")]),
        Refusal::Lockdown { mode: "integrity".into() }
    );
    assert_eq!(only(Way::Kexec, &[("kexec", "off")]), Refusal::KexecOff);
    assert_eq!(only(Way::Kexec, &[("kexec", "missing")]), Refusal::NoKexec);
    assert_eq!(only(Way::Boot, &[("loader", "none")]), Refusal::NoLoader);
    assert_eq!(only(Way::Boot, &[("place", "")]), Refusal::NoLoader);
    let full = Refusal::NoSpace { place: "/boot".into(), free_mib: 97, needs_mib: 332 };
    assert_eq!(only(Way::Boot, &[("place_free_kib", "100000")]), full);
    let switch = only(Way::Switch, &[]);
    assert!(switch.to_string().contains("runs ubuntu 24.04, and `switch` needs NixOS"), "{switch}");
    // With no way left, each says why.
    let none = refused(&[("loader", "none"), ("kexec", "off")]);
    let expected = vec![(Way::Boot, Refusal::NoLoader), (Way::Kexec, Refusal::KexecOff)];
    assert_eq!(none, Refusal::NoWay(expected));
    assert!(
        none.to_string().contains("boot: no boot loader") && none.to_string().contains("kexec: starting")
    );
}

#[test]
fn what_belongs_to_others_is_left_alone() {
    let of = |facts: &Facts, change: fn(&mut Wanted)| {
        let mut wanted = wanted();
        change(&mut wanted);
        course(facts, &wanted, NOW)
    };
    let other = Refusal::OtherNode { is: "gpu-1".into(), wanted: "gpu-0".into() };
    assert_eq!(of(&in_installer("gpu-1"), |_| {}), Err(other.clone()));
    let recorded = in_nixos(&[("record.node", "gpu-1"), ("record.reached", "proven")]);
    assert_eq!(of(&recorded, |_| {}), Err(other.clone()));
    assert_eq!(of(&recorded, |wanted| wanted.takeover = true), Err(other));
    // An installer that somebody works in, and one that was put in by hand on a host.
    let mut by_hand = in_installer("gpu-0");
    by_hand.running = Running::Installer(None);
    assert_eq!(of(&by_hand, |_| {}), Err(Refusal::ForeignInstaller));
    let confirmed = of(&by_hand, |wanted| {
        wanted.cloud = Cloud::Hosts;
        wanted.wipe = Some("6002248000000045".into());
    });
    assert_eq!(confirmed, Ok(course::Course::Install));
    assert!(matches!(of(&by_hand, |wanted| wanted.cloud = Cloud::Hosts), Err(Refusal::NotConfirmed { .. })));
    // The installer on a machine whose disk is another.
    let gone = of(&in_installer("gpu-0"), |wanted| wanted.system_disk = DiskAt::Serial("else".into()));
    assert!(matches!(gone, Err(Refusal::NoDisk { .. })));
    // Somebody's NixOS.
    let somebodys = in_nixos(&[]);
    let hosts = |wanted: &mut Wanted| wanted.cloud = Cloud::Hosts;
    assert!(matches!(of(&somebodys, hosts), Err(Refusal::ForeignNixOs { .. })));
    let cluster = in_nixos(&[("k3s", "yes")]);
    assert_eq!(of(&cluster, |_| {}), Err(Refusal::ForeignCluster));
    let taken = |wanted: &mut Wanted| {
        wanted.takeover = true;
        wanted.keeps = Some(kept());
    };
    assert_eq!(of(&cluster, taken), Ok(course::Course::Switch));
}

#[test]
fn a_machine_of_another_kind_is_refused_wherever_it_is() {
    let arm = |facts: &Facts| {
        let mut wanted = wanted();
        wanted.architecture = Architecture::Arm;
        course(facts, &wanted, NOW)
    };
    let bios = |facts: &Facts| {
        let mut wanted = wanted();
        wanted.firmware = Firmware::Bios;
        course(facts, &wanted, NOW)
    };
    for facts in [facts(&[]), in_installer("gpu-0"), in_nixos(&[])] {
        assert!(matches!(arm(&facts), Err(Refusal::Architecture { .. })));
        assert!(matches!(bios(&facts), Err(Refusal::Firmware { .. })));
    }
}
