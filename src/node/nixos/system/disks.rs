//! File systems, found by identifiers that the layout gave them.

use super::Kind;
use crate::node::nixos::cluster::{Cluster, Firmware};
use crate::node::nixos::disk::{SystemDiskIds, has_boot_partition};
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::script::SYSTEM_DISK_LINK;

pub(super) fn options(cluster: &Cluster, kind: &Kind) -> Set {
    let ids = SystemDiskIds::of(&cluster.seed);
    let mut set = Set::new();
    if let Some(kept) = &kind.keeps {
        root(&mut set, &kept.root.uuid, &kept.root.kind);
        if let Some(mount) = &kept.boot {
            boot(&mut set, &mount.mount, &mount.uuid, &mount.kind);
        }
    } else {
        root(&mut set, &ids.root, "ext4");
        if has_boot_partition(kind.firmware) {
            boot(&mut set, "/boot", &ids.boot_link(), "vfat");
        }
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
    if kind.firmware == Firmware::Bios && kind.keeps.is_none() {
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

fn root(set: &mut Set, uuid: &str, kind: &str) {
    let root = Set::new()
        .with("device", format!("/dev/disk/by-uuid/{uuid}"))
        .with("fsType", kind)
        .with("options", Nix::texts(["noatime"]))
        // A disk that was made larger is used whole after the next start.
        .with("autoResize", true);
    set.put(&["fileSystems", "/"], root);
    set.at("boot.growPartition", true);
}

fn boot(set: &mut Set, mount: &str, uuid: &str, kind: &str) {
    let options = if kind == "vfat" { "umask=0077" } else { "noatime" };
    let boot = Set::new()
        .with("device", format!("/dev/disk/by-uuid/{uuid}"))
        .with("fsType", kind)
        .with("options", Nix::texts([options]));
    set.put(&["fileSystems", mount], boot);
}
