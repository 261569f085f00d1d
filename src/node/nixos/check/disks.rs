//! Disks: known by something that lasts, each once, mounted where something can be.

use crate::node::nixos::cluster::Node;
use crate::node::nixos::disk::DiskAt;
use crate::node::nixos::kept::{KeptLoader, is_uuid};
use crate::node::nixos::problem::Problem;

pub(super) fn check(name: &str, node: &Node, found: &mut Vec<Problem>) {
    let owned = || name.to_owned();
    if matches!(node.system_disk, DiskAt::Lun(_) | DiskAt::Volume(_)) {
        // A LUN is a data disk's; a volume may be attached to more than one machine in its life.
        found.push(Problem::BadSystemDisk { node: owned(), at: node.system_disk.describe() });
    }
    if let Some(kept) = &node.keeps {
        for mount in std::iter::once(&kept.root).chain(&kept.boot) {
            if !is_uuid(&mount.uuid) {
                found.push(Problem::BadDiskId { node: owned(), at: mount.uuid.clone() });
            }
        }
        if let KeptLoader::GrubBios(link) = &kept.loader
            && !is_lasting(&DiskAt::ById(link.clone()))
        {
            found.push(Problem::BadDiskId { node: owned(), at: link.clone() });
        }
    }
    let mut disks = vec![&node.system_disk];
    disks.extend(node.data_disks.iter().map(|disk| &disk.at));
    for (at, disk) in disks.iter().enumerate() {
        if !is_lasting(disk) {
            found.push(Problem::BadDiskId { node: owned(), at: disk.describe() });
        }
        if disks[..at].contains(disk) {
            found.push(Problem::DuplicateDisk { node: owned(), at: disk.describe() });
        }
    }
    for (at, disk) in node.data_disks.iter().enumerate() {
        let before = &node.data_disks[..at];
        let letters = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        let form = (1..=32).contains(&disk.name.len()) && disk.name.bytes().all(letters);
        if !form || before.iter().any(|other| other.label() == disk.label()) {
            found.push(Problem::BadDiskName { node: owned(), name: disk.name.clone() });
        }
        if !is_mount_point(&disk.mount) {
            found.push(Problem::BadMount { node: owned(), mount: disk.mount.clone() });
        }
        if before.iter().any(|other| other.mount == disk.mount) {
            found.push(Problem::DuplicateMount { node: owned(), mount: disk.mount.clone() });
        }
    }
}

/// A name that the kernel gives anew at every start is none.
fn is_lasting(disk: &DiskAt) -> bool {
    let plain = |text: &str| {
        let letters = |letter: u8| letter.is_ascii_graphic() && !b"'\"\\".contains(&letter);
        !text.is_empty() && text.len() <= 200 && text.bytes().all(letters)
    };
    match disk {
        DiskAt::Serial(serial) => plain(serial) && !serial.starts_with('/'),
        DiskAt::ById(link) => link
            .strip_prefix("/dev/disk/by-id/")
            .is_some_and(|name| plain(name) && !name.contains('/') && !name.contains("..")),
        // Azure has 64 of them.
        DiskAt::Lun(lun) => *lun < 64,
        DiskAt::Volume(volume) => volume
            .strip_prefix("vol-")
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_hexdigit())),
    }
}

/// An absolute path, apart from what the system itself needs to start.
fn is_mount_point(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(plain);
    let first = rest.split('/').next().unwrap_or_default();
    let taken =
        ["bin", "boot", "dev", "etc", "lib", "lib64", "nix", "proc", "root", "run", "sys", "tmp", "usr"];
    // Logs may have a disk; the folders that NixOS fills at the first start may not.
    let whole = ["/var", "/var/lib", "/var/lib/bud", "/var/lib/nixos", "/var/lib/rancher/k3s/agent"];
    rest.split('/').all(part) && !taken.contains(&first) && !whole.contains(&path)
}
