//! `facts`: what the machine is and what runs on it.

use super::super::disk::{Disk, FileSystem};
use super::super::files::Where;
use super::super::shell::{Said, Shell};
use super::super::system::Kind;
use super::RECORD;

/// The programs that the step asks for and that every system here has.
const COMMON: [&str; 7] = ["tar", "gzip", "setsid", "curl", "wget", "lsblk", "findmnt"];

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    machine(shell);
    loader(shell);
    let traits = shell.guest.traits.clone();
    shell.say("uplink", "eth0");
    shell.say("uplink_kind", traits.uplink.as_deref().unwrap_or("card"));
    let hardware = shell.guest.hardware();
    shell.say("gpus", hardware.gpus);
    shell.say("nvswitches", hardware.switches);
    disks(shell);
    kept(shell);
    if ["server", "agent"].iter().any(|part| shell.guest.has(&format!("/var/lib/rancher/k3s/{part}"))) {
        shell.say("k3s", "yes");
    }
    for (link, key) in [("/run/current-system", "system"), ("/run/booted-system", "booted_system")] {
        if let Some(to) = shell.guest.link(link) {
            shell.say(key, to);
        }
    }
    for (path, key) in [("/var/lib/bud/finished", "finished"), ("/etc/bud/image", "image")] {
        if shell.guest.has(path) {
            shell.say(key, "yes");
        }
    }
    for line in shell.guest.text(RECORD).unwrap_or_default().lines() {
        shell.out.push_str(&format!("record.{line}\n"));
    }
    Said::Exit(0)
}

fn machine(shell: &mut Shell<'_>) {
    let (hardware, traits, system) =
        (shell.guest.hardware(), shell.guest.traits.clone(), shell.guest.system.clone());
    shell.say("kernel", "Linux");
    shell.say("release", system.kernel());
    shell.say("arch", &hardware.machine);
    let clock = shell.clock.now().unix_timestamp() + traits.clock_seconds;
    shell.say("clock", clock);
    shell.say("boot_id", &system.boot_id);
    shell.say("command_line", &system.command_line);
    let [id, version, variant] = system.release();
    shell.say("id", id);
    shell.say("version", version);
    shell.say("variant", variant);
    shell.say("memory_kib", hardware.memory_kib);
    shell.say("container", traits.container.as_deref().unwrap_or("none"));
    shell.say("firmware", if hardware.efi { "efi" } else { "bios" });
    shell.say("secure_boot", if hardware.secure_boot { "on" } else { "off" });
    shell.say("lockdown", hardware.lockdown(&traits));
    shell.say("kexec", traits.kexec.as_deref().unwrap_or("on"));
    let own: &[&str] = match system.kind {
        Kind::Ubuntu => &["grub-reboot", "grub-editenv", "bootctl"],
        Kind::Installer => &["nix", "nixos-install", "bootctl"],
        Kind::Nixos { .. } => &["nix", "bootctl"],
    };
    let tools: Vec<&str> = COMMON
        .into_iter()
        .chain(own.iter().copied())
        .filter(|tool| !traits.without.iter().any(|missing| missing == tool))
        .collect();
    shell.say("tools", tools.join(" "));
    let free = shell.guest.free_kib("/var/lib");
    shell.say("work_free_kib", free);
}

/// Which boot loader takes an entry once, and where a kernel could lie for it.
fn loader(shell: &mut Shell<'_>) {
    let guest = &shell.guest;
    let plain = |path: &&str| {
        let at = guest.mount_of(path).map(|mount| mount.at);
        matches!(at, Some(Where::Disk(..))) && !guest.traits.no_loader
    };
    let (loader, folders): (_, &[&str]) = match guest.system.kind {
        Kind::Ubuntu if guest.has("/boot/grub/grub.cfg") => ("grub", &["/boot", "/"]),
        Kind::Nixos { .. } if guest.hardware().efi => ("systemd-boot", &["/boot"]),
        _ => ("none", &[]),
    };
    let chosen = folders.iter().copied().filter(plain).max_by_key(|folder| guest.free_kib(folder));
    let found = chosen.and_then(|folder| {
        let mount = guest.mount_of(folder)?;
        let volume = guest.volume(&mount.at)?;
        Some((folder, mount.point, volume.uuid.clone(), volume.free_kib()))
    });
    let Some((folder, point, uuid, free)) = found else {
        shell.say("loader", "none");
        return;
    };
    if loader == "grub" {
        shell.say("loader_folder", "/boot/grub");
    }
    shell.say("place", folder);
    shell.say("place_mount", point);
    shell.say("place_uuid", uuid);
    shell.say("place_free_kib", free);
    shell.say("loader", loader);
}

/// Disk and boot loader of a system that may keep them.
fn kept(shell: &mut Shell<'_>) {
    let guest = &shell.guest;
    let systemd_boot = matches!(guest.system.kind, Kind::Nixos { .. }) && guest.hardware().efi;
    let loader = match (systemd_boot && !guest.traits.no_loader, guest.has("/boot/grub")) {
        (true, _) => "systemd-boot",
        (false, true) => "grub",
        (false, false) => "none",
    };
    let points = ["/", "/boot", "/boot/efi", "/efi"].into_iter().filter_map(|point| {
        let mount = guest.mount_of(point).filter(|mount| mount.point == point)?;
        let volume = guest.volume(&mount.at)?;
        Some(format!("{point} {} {}", volume.kind.name(), volume.uuid))
    });
    let points: Vec<String> = points.collect();
    shell.say("kept_loader", loader);
    for point in points {
        shell.say("kept_mount", point);
    }
}

fn disks(shell: &mut Shell<'_>) {
    for (name, at) in shell.guest.disk_names() {
        let guest = &shell.guest;
        let disk = &guest.disks[at];
        let is_root = guest
            .mount_of("/")
            .is_some_and(|mount| matches!(&mount.at, Where::Disk(id, _) if *id == disk.id));
        let points: Vec<String> =
            guest.points(&disk.id).iter().map(|point| point.replace(' ', "\\x20")).collect();
        let Disk { bytes, serial, wwn, model, links, local, .. } = disk.clone();
        shell.say(&format!("disk.{name}.bytes"), bytes);
        shell.say(&format!("disk.{name}.serial"), serial);
        shell.say(&format!("disk.{name}.wwn"), wwn);
        shell.say(&format!("disk.{name}.model"), model);
        if local {
            shell.say(&format!("disk.{name}.local"), "yes");
        }
        for link in links {
            shell.say(&format!("disk.{name}.link"), link);
        }
        for point in points {
            shell.say(&format!("disk.{name}.mount"), point);
        }
        if is_root {
            shell.say(&format!("disk.{name}.root"), "yes");
        }
    }
}

impl super::super::Guest {
    /// The kernel's names of the disks, with their places in the list. They are others in every system.
    pub(super) fn disk_names(&self) -> Vec<(String, usize)> {
        let mut order: Vec<usize> = (0..self.disks.len()).collect();
        if self.system.kind == Kind::Installer {
            order.reverse();
        }
        let name = |(number, at): (usize, usize)| {
            let disk = &self.disks[at];
            let name = match (disk.model.contains("NVMe"), disk.local, disk.lun) {
                (true, true, _) => "nvme1n1".to_owned(),
                (true, false, lun) => format!("nvme0n{}", lun.map_or(1, |lun| lun + 2)),
                _ => format!("sd{}", char::from(b'a' + u8::try_from(number % 26).unwrap_or(0))),
            };
            (name, at)
        };
        order.into_iter().enumerate().map(name).collect()
    }

    /// What `blkid` says is on a disk as a whole.
    pub(super) fn type_of(disk: &Disk) -> Option<String> {
        match &disk.layout {
            super::super::disk::Layout::Whole(volume) => Some(volume.kind.name().to_owned()),
            super::super::disk::Layout::Foreign(kind) => Some(kind.clone()),
            _ => None,
        }
    }

    /// Whether a kind of file system is one for data.
    pub(super) fn is_for_data(kind: FileSystem) -> bool {
        kind != FileSystem::Vfat
    }
}
