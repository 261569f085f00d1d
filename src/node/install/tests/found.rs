//! What a machine says, as it is understood.

use super::super::facts::{Running, Started};
use super::super::{Facts, Recorded, Refusal};
use super::sample::{facts, in_installer, in_nixos};
use crate::node::install::answers::{Answers, Input};
use crate::node::install::{Loader, Reached, Way};
use crate::node::nixos::{DiskAt, Firmware};

#[test]
fn an_ubuntu_is_read_whole() {
    let facts = facts(&[]);
    assert_eq!(facts.running, Running::Other { id: "ubuntu".into(), version: "24.04".into() });
    assert_eq!((facts.firmware, facts.memory_mib, facts.gpus), (Firmware::Efi, 7940, 1));
    assert_eq!(facts.loader, Some(Loader::Grub("/boot/grub".into())));
    assert_eq!(facts.disks.len(), 2);
    assert_eq!(facts.disks[0].mounts, ["/", "/boot", "/boot/efi"]);
    assert!(facts.disks[1].is_local && !facts.disks[0].is_local);
    assert_eq!(facts.recorded, None);
}

#[test]
fn what_is_missing_is_named() {
    let missing = |without: &str| {
        let text: String = super::sample::UBUNTU
            .lines()
            .filter(|line| !line.starts_with(without))
            .map(|line| format!("{line}\n"))
            .collect();
        Facts::read(&Answers::parse(&text)).unwrap_err()
    };
    assert_eq!(missing("boot_id="), "boot_id");
    assert_eq!(missing("clock="), "clock");
    assert_eq!(missing("place_mount="), "place_mount");
}

#[test]
fn the_system_disk_is_the_one_that_carries_the_root() {
    assert_eq!(facts(&[]).system_disk(), Ok(DiskAt::Serial("6002248000000045".into())));
    // In the installer nothing carries the root, and the command line says which it was.
    assert_eq!(in_installer("gpu-0").system_disk(), Ok(DiskAt::Serial("6002248000000045".into())));
    // The same serial twice tells nothing; the world wide name does.
    let shared = facts(&[("disk.sdb.serial", "6002248000000045")]);
    assert_eq!(shared.system_disk(), Ok(DiskAt::Serial("0x6002248000000045".into())));
    let linked = facts(&[("disk.sda.serial", ""), ("disk.sda.wwn", "")]);
    assert_eq!(linked.system_disk(), Ok(DiskAt::ById("/dev/disk/by-id/scsi-36002248000000045".into())));
}

#[test]
fn a_root_on_no_disk_or_on_two_is_refused() {
    let mirrored = facts(&[("disk.sdb.root", "yes")]).system_disk().unwrap_err();
    assert!(matches!(&mirrored, Refusal::NotOneRootDisk { roots, .. } if roots.len() == 2), "{mirrored}");
    let none = facts(&[("disk.sda.root", "no")]).system_disk().unwrap_err();
    assert!(
        matches!(&none, Refusal::NotOneRootDisk { roots, there } if roots.is_empty() && there.len() == 2)
    );
    let nameless = facts(&[("disk.sda.serial", ""), ("disk.sda.wwn", ""), ("disk.sda.link", "")]);
    assert!(matches!(nameless.system_disk(), Err(Refusal::NamelessDisk { .. })));
}

#[test]
fn the_installer_carries_node_disk_and_origin_on_its_command_line() {
    for disk in [
        DiskAt::Serial("a b%=\"$;é".into()),
        DiskAt::ById("/dev/disk/by-id/nvme-Samsung SSD".into()),
        DiskAt::Serial("6002248000000045".into()),
    ] {
        let started = Started { node: "gpu-0".into(), disk, from: "1-2-3".into() };
        let words = started.words();
        assert!(words.is_ascii() && !words.contains(['"', '$', ';']), "{words}");
        assert_eq!(words.split(' ').count(), 3, "{words}");
        let line = format!("init=/nix/store/x/init loglevel=4 {words} panic=30");
        let facts = facts(&[("id", "nixos"), ("variant", "installer"), ("command_line", &line)]);
        assert_eq!(facts.running, Running::Installer(Some(started)));
    }
    let foreign =
        facts(&[("id", "nixos"), ("variant", "installer"), ("command_line", "init=/nix/store/x/init")]);
    assert_eq!(foreign.running, Running::Installer(None));
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let recorded = Recorded {
        node: "gpu-0".into(),
        digest: "abc".into(),
        reached: Reached::Installed,
        tried: vec![Way::Boot, Way::Kexec],
        installer: "ff".into(),
        system: "/nix/store/x".into(),
    };
    let answers = Answers::parse(&recorded.write(Input::new()).text());
    assert_eq!(Recorded::read(answers.below("record.")), Some(recorded));
    // A later version may know more phases and more keys: nothing is then believed to be done.
    let later = Answers::parse("record.node=n\nrecord.reached=beyond\nrecord.more=x\n");
    let read = Recorded::read(later.below("record.")).unwrap();
    assert_eq!((read.node.as_str(), read.reached), ("n", Reached::Nothing));
    assert_eq!(in_nixos(&[("record.node", "")]).recorded, None);
}
