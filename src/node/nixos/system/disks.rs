//! File systems, found by identifiers that the layout gave them.

use super::Kind;
use crate::node::nixos::cluster::{Cluster, Firmware};
use crate::node::nixos::disk::{SystemDiskIds, has_boot_partition};
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::script::SYSTEM_DISK_LINK;

pub(super) fn options(cluster: &Cluster, kind: &Kind) -> Set {
    let ids = SystemDiskIds::of(&cluster.seed);
    let mut set = Set::new();
    let root = Set::new()
        .with("device", format!("/dev/disk/by-uuid/{}", ids.root))
        .with("fsType", "ext4")
        .with("options", Nix::texts(["noatime"]))
        // A disk that was made larger is used whole after the next start.
        .with("autoResize", true);
    set.put(&["fileSystems", "/"], root);
    set.at("boot.growPartition", true);
    if has_boot_partition(kind.firmware) {
        let boot = Set::new()
            .with("device", format!("/dev/disk/by-uuid/{}", ids.boot_link()))
            .with("fsType", "vfat")
            .with("options", Nix::texts(["umask=0077"]));
        set.put(&["fileSystems", "/boot"], boot);
    }
    for (label, mount, kind) in &kind.data {
        let data = Set::new()
            .with("device", format!("/dev/disk/by-label/{label}"))
            .with("fsType", *kind)
            // A machine whose disk is missing still starts, so that it can be asked why; k3s waits.
            .with("options", Nix::texts(["noatime", "nofail", "x-systemd.device-timeout=90s"]))
            .with("autoResize", true);
        set.put(&["fileSystems", mount.as_str()], data);
    }
    if kind.firmware == Firmware::Bios {
        // The boot loader wants a disk, and disks have no name that is the same on every machine.
        let link = SYSTEM_DISK_LINK.trim_start_matches("/dev/");
        let rule = format!(
            "ENV{{DEVTYPE}}==\"disk\", ENV{{ID_PART_TABLE_UUID}}==\"{}\", SYMLINK+=\"{link}\"\n",
            ids.table
        );
        set.at("services.udev.extraRules", rule);
    }
    set
}
