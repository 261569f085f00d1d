//! What is done next, from what the machine is and what was done before.

use super::super::course::{Course, course};
use super::super::*;
use super::sample::{NOW, facts, in_installer, in_nixos, kept, wanted};
use crate::node::nixos::{Cloud, KeptLoader};

fn next(facts: &Facts) -> Course {
    course(facts, &wanted(), NOW).unwrap()
}

#[test]
fn the_cloud_decides_which_way_comes_first() {
    assert_eq!(next(&facts(&[])), Course::Leave(vec![Way::Boot, Way::Kexec]));
    let mut on_aws = wanted();
    on_aws.cloud = Cloud::Aws;
    assert_eq!(course(&facts(&[]), &on_aws, NOW), Ok(Course::Leave(vec![Way::Kexec, Way::Boot])));
    // What cannot be gone is left out.
    assert_eq!(next(&facts(&[("kexec", "off")])), Course::Leave(vec![Way::Boot]));
    assert_eq!(next(&facts(&[("loader", "none")])), Course::Leave(vec![Way::Kexec]));
    let mut named = wanted();
    named.way = Some(Way::Kexec);
    assert_eq!(course(&facts(&[]), &named, NOW), Ok(Course::Leave(vec![Way::Kexec])));
}

#[test]
fn a_way_that_failed_before_comes_last() {
    let before = [("record.node", "gpu-0"), ("record.reached", "left"), ("record.tried", "boot")];
    assert_eq!(next(&facts(&before)), Course::Leave(vec![Way::Kexec, Way::Boot]));
    let both = [("record.node", "gpu-0"), ("record.reached", "left"), ("record.tried", "boot kexec")];
    assert_eq!(next(&facts(&both)), Course::Leave(vec![Way::Boot, Way::Kexec]));
}

#[test]
fn the_installer_goes_on_where_it_is() {
    assert_eq!(next(&in_installer("gpu-0")), Course::Install);
    // It has asked for everything that an old system is asked for; in here, memory and tools are its own.
    let mut small = in_installer("gpu-0");
    small.memory_mib = 500;
    small.tools.clear();
    assert_eq!(next(&small), Course::Install);
}

#[test]
fn a_finished_system_is_never_installed_again() {
    let recorded = |reached: &str, system: &str| {
        in_nixos(&[
            ("record.node", "gpu-0"),
            ("record.reached", reached),
            ("record.digest", "an older one"),
            ("record.system", system),
        ])
    };
    assert!(matches!(next(&recorded("proven", "/nix/store/old")), Course::Stay(_)));
    assert!(matches!(next(&recorded("installed", "/nix/store/aaaa-nixos-system")), Course::Stay(_)));
    assert!(matches!(next(&recorded("installed", "/nix/store/bbbb-nixos-system")), Course::Restart(_)));
    // Also where a way to the installer is asked for.
    let mut again = wanted();
    again.way = Some(Way::Kexec);
    again.takeover = true;
    let proven = recorded("proven", "/nix/store/old");
    assert!(matches!(course(&proven, &again, NOW), Ok(Course::Stay(_))));
}

#[test]
fn a_nixos_of_the_cloud_becomes_ours_where_it_is() {
    let mut on_aws = wanted();
    on_aws.cloud = Cloud::Aws;
    on_aws.installer = None;
    assert_eq!(course(&in_nixos(&[]), &on_aws, NOW), Err(Refusal::OtherDisk), "written for our own layout");
    on_aws.keeps = Some(kept());
    assert_eq!(course(&in_nixos(&[]), &on_aws, NOW), Ok(Course::Switch));
    on_aws.way = Some(Way::Image);
    assert!(matches!(course(&in_nixos(&[]), &on_aws, NOW), Err(Refusal::NotThere { way: Way::Image, .. })));
    assert_eq!(course(&in_nixos(&[("image", "yes")]), &on_aws, NOW), Ok(Course::Switch));
    // A switch that was cut off before its end.
    let half = in_nixos(&[("record.node", "gpu-0"), ("record.reached", "nothing")]);
    on_aws.way = None;
    assert_eq!(course(&half, &on_aws, NOW), Ok(Course::Switch));
}

#[test]
fn an_old_system_needs_an_installer() {
    let mut without = wanted();
    without.installer = None;
    assert_eq!(course(&facts(&[]), &without, NOW), Err(Refusal::NoInstaller));
}

#[test]
fn a_system_is_never_written_for_another_disk_than_the_one_that_runs() {
    let mut on_aws = wanted();
    on_aws.cloud = Cloud::Aws;
    on_aws.keeps = Some(kept());
    let grub = in_nixos(&[("kept_loader", "grub")]);
    assert_eq!(grub.kept().unwrap().loader, KeptLoader::GrubEfi);
    assert_eq!(course(&grub, &on_aws, NOW), Err(Refusal::OtherDisk));
    let reason = |changes: &[(&str, &str)]| match course(&in_nixos(changes), &on_aws, NOW) {
        Err(Refusal::NotKept { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(&[("kept_loader", "none")]), "its boot loader is neither systemd-boot nor GRUB");
    assert_eq!(reason(&[("kept_mount", "/ zfs 1111-2222")]), "its root is neither ext4 nor XFS");
    assert_eq!(reason(&[(" kept_mount", "")]), "the EFI system partition is not mounted");
    assert_eq!(reason(&[("kept_mount", "/boot vfat 3333-4444")]), "its root has no UUID");
    // The old way, GRUB is in the first sectors of the disk, which must be named by something that lasts.
    let bios = in_nixos(&[("kept_loader", "grub"), ("firmware", "bios")]);
    let link = "/dev/disk/by-id/scsi-36002248000000045".to_owned();
    assert_eq!(bios.kept().unwrap().loader, KeptLoader::GrubBios(link));
    let nameless = in_nixos(&[("kept_loader", "grub"), ("firmware", "bios"), ("disk.sda.link", "")]);
    assert!(nameless.kept().is_err());
}
