//! A machine of Azure as it answers, and what it shall become.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::answers::Answers;
use super::super::*;
use crate::node::nixos::{Architecture, Cloud, DiskAt, Firmware, Kept};

/// What the machine's clock says.
pub(super) const NOW: i64 = 1_790_000_000;

/// An Ubuntu of Azure, as the step `facts` answers.
pub(super) const UBUNTU: &str = "kernel=Linux
release=6.8.0-1030-azure
arch=x86_64
clock=1790000003
boot_id=11111111-0000-4000-8000-000000000001
command_line=BOOT_IMAGE=/vmlinuz root=PARTUUID=a console=ttyS0
id=ubuntu
version=24.04
variant=
memory_kib=8131234
container=none
firmware=efi
secure_boot=off
lockdown=none
kexec=on
tools=tar gzip setsid curl grub-reboot grub-editenv lsblk findmnt
work_free_kib=28000000
loader_folder=/boot/grub
place=/boot
place_mount=/boot
place_uuid=aaaa-bbbb
place_free_kib=800000
loader=grub
uplink=eth0
uplink_kind=card
gpus=1
nvswitches=0
disk.sda.bytes=137438953472
disk.sda.serial=6002248000000045
disk.sda.wwn=0x6002248000000045
disk.sda.model=Virtual Disk
disk.sda.link=/dev/disk/by-id/scsi-36002248000000045
disk.sda.mount=/
disk.sda.mount=/boot
disk.sda.mount=/boot/efi
disk.sda.root=yes
disk.sdb.bytes=68719476736
disk.sdb.serial=60022480ffffffff
disk.sdb.wwn=
disk.sdb.model=Virtual Disk
disk.sdb.local=yes
disk.sdb.mount=/mnt
";

/// The facts in these lines, later ones in place of earlier ones of the same key.
pub(super) fn facts(changes: &[(&str, &str)]) -> Facts {
    let mut lines: Vec<String> = UBUNTU.lines().map(str::to_owned).collect();
    for (key, value) in changes {
        lines.retain(|line| !line.starts_with(&format!("{key}=")));
        lines.push(format!("{key}={value}"));
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_start()).collect();
    Facts::read(&Answers::parse(&lines.join("\n"))).unwrap()
}

/// The same machine in the installer that a run of ours has started.
pub(super) fn in_installer(node: &str) -> Facts {
    let words =
        format!("init=/nix/store/x/init bud.node={node} bud.disk=serial:6002248000000045 bud.from=before");
    let mut facts = facts(&[("id", "nixos"), ("variant", "installer"), ("command_line", &words)]);
    for disk in &mut facts.disks {
        disk.mounts.clear();
        disk.is_root = false;
    }
    facts
}

/// The same machine with NixOS, and what is recorded there.
pub(super) fn in_nixos(recorded: &[(&str, &str)]) -> Facts {
    let mut changes = vec![
        ("id", "nixos"),
        ("version", "26.05"),
        ("system", "/nix/store/aaaa-nixos-system"),
        ("booted_system", "/nix/store/aaaa-nixos-system"),
        ("kept_loader", "systemd-boot"),
        ("kept_mount", "/ ext4 1111-2222"),
        // A second line of the same key.
        (" kept_mount", "/boot vfat 3333-4444"),
    ];
    changes.extend_from_slice(recorded);
    facts(&changes)
}

/// What a NixOS of these facts keeps.
pub(super) fn kept() -> Kept {
    in_nixos(&[]).kept().unwrap()
}

/// What it shall become.
pub(super) fn wanted() -> Wanted {
    Wanted {
        node: "gpu-0".to_owned(),
        cloud: Cloud::Azure,
        way: None,
        architecture: Architecture::X86,
        firmware: Firmware::Efi,
        system: System {
            name: "worker-3adaa1e36249".to_owned(),
            digest: "3adaa1e36249".repeat(5),
            flake: Arc::new(BTreeMap::new()),
            build: Build::Here,
        },
        system_disk: DiskAt::Serial("6002248000000045".to_owned()),
        keeps: None,
        disks: String::new(),
        placed: Vec::new(),
        keys: Vec::new(),
        networkd: BTreeMap::new(),
        installer: Some(Installer {
            file: PathBuf::from("installer.tar.gz"),
            sha256: "ab".repeat(32),
            bytes: 300 * 1024 * 1024,
        }),
        fetching: Fetching::default(),
        takeover: false,
        wipe: None,
        deadlines: Deadlines::default(),
    }
}
