//! What the firmware and the boot loader start.

use std::collections::BTreeMap;

use super::Guest;
use super::birth::installed;
use super::disk::{Disk, FileSystem, Volume};
use super::initrd::{self, Brought};
use super::system::Kind;

/// What is started.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// A system, with its kernel's command line and what its initrd brings.
    System(Kind, String, BTreeMap<String, Brought>),
    /// Nothing: the machine stays where it is, with this on its console.
    Nothing(&'static str),
}

/// The partition of Ubuntu's root, and that of its kernels.
pub(crate) const UBUNTU: (u32, u32) = (1, 16);
/// The same of NixOS.
pub(crate) const NIXOS: (u32, u32) = (2, 1);

impl Guest {
    /// What the firmware finds on the first disk. What is asked for once is forgotten by being found.
    pub(crate) fn choose(&mut self) -> Start {
        let hardware = self.hardware();
        let once = self.once.take();
        let Some(disk) = self.disks.first_mut() else { return Start::Nothing("No bootable device") };
        if disk.volume(UBUNTU.1).is_some_and(|boot| boot.files().has("/vmlinuz")) {
            let asked = next_entry(disk);
            if let Some(start) = asked.filter(|_| !self.entry_is_lost) {
                // The loader's own loader is signed; what we put there is not.
                if hardware.secure_boot {
                    self.say("error: bad shim signature.");
                } else {
                    return start;
                }
            }
            self.entry_is_lost = false;
            return Start::System(
                Kind::Ubuntu,
                "BOOT_IMAGE=/vmlinuz root=LABEL=cloudimg-rootfs ro".into(),
                BTreeMap::new(),
            );
        }
        let boots = if hardware.efi {
            disk.volume(NIXOS.1).is_some_and(|boot| {
                boot.kind == FileSystem::Vfat && boot.files().has("/EFI/BOOT/BOOTX64.EFI")
            })
        } else {
            disk.volume(NIXOS.0).is_some_and(|root| root.files().has("/boot/grub/grub.cfg"))
        };
        if !boots {
            return Start::Nothing("No bootable device");
        }
        if hardware.secure_boot {
            return Start::Nothing("Security Violation: the boot loader is not signed");
        }
        if let Some(entry) = once.filter(|_| !self.entry_is_lost)
            && let Some(start) = disk.volume(NIXOS.1).and_then(|boot| loader_entry(boot, &entry))
        {
            return start;
        }
        self.entry_is_lost = false;
        match disk.volume(NIXOS.0).and_then(|root| installed(root.files())) {
            Some((_, description)) if !has_root(disk, &description) => {
                Start::Nothing("Timed out waiting for device of the root file system")
            }
            Some((path, description)) => {
                let line = format!("init={path}/init console=ttyS0,115200");
                let kind = Kind::Nixos { path, description: Box::new(description) };
                Start::System(kind, line, BTreeMap::new())
            }
            None => Start::Nothing("the boot loader has no entry"),
        }
    }
}

/// Whether the root that a system mounts is there.
fn has_root(disk: &Disk, description: &super::nixos::Description) -> bool {
    let root = description.mounts.iter().find(|(point, _)| point == "/");
    root.is_none_or(|(_, device)| {
        let volume = disk.volume(NIXOS.0);
        volume.is_some_and(|volume| device.strip_prefix("/dev/disk/by-uuid/") == Some(volume.uuid.as_str()))
    })
}

/// GRUB's entry for once: its mark is wiped before anything is started, and that is on the disk at once.
fn next_entry(disk: &mut Disk) -> Option<Start> {
    let boot = disk.volume_mut(UBUNTU.1)?;
    let environment = boot.files().text("/grub/grubenv")?;
    let wanted = environment.lines().find_map(|line| line.strip_prefix("next_entry="))?.to_owned();
    let wiped = environment.lines().filter(|line| !line.starts_with("next_entry="));
    let wiped = wiped.fold(String::new(), |all, line| all + line + "\n");
    let mut files = boot.files().clone();
    files.write("/grub/grubenv", 0o644, wiped);
    *boot.files_mut() = files;
    boot.sync();
    let custom = boot.files().text("/grub/custom.cfg")?;
    let (_, entry) = custom.split_once(&format!("--id {wanted} {{\n"))?;
    let entry = entry.split_once("\n}")?.0;
    let behind = |word: &str| {
        entry.lines().find_map(|line| line.trim().strip_prefix(word)?.strip_prefix(' ')).map(str::to_owned)
    };
    let (kernel, line) = behind("linux").and_then(|text| text.split_once(' ').map(own))?;
    let root = behind("search").and_then(|text| text.rsplit(' ').next().map(str::to_owned))?;
    let volume = disk.volumes().into_iter().find(|(_, volume)| volume.uuid == root)?.1;
    start(volume, &kernel, &behind("initrd")?, line)
}

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// An entry of systemd-boot.
fn loader_entry(boot: &Volume, name: &str) -> Option<Start> {
    let text = boot.files().text(&format!("/loader/entries/{name}"))?;
    let behind = |word: &str| {
        text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).map(str::to_owned)
    };
    start(boot, &behind("linux")?, &behind("initrd")?, behind("options")?)
}

fn start(volume: &Volume, kernel: &str, initrd: &str, command_line: String) -> Option<Start> {
    if !volume.files().has(&super::files::plain(kernel)) {
        return None;
    }
    let bytes = volume.files().bytes(&super::files::plain(initrd))?;
    Some(Start::System(Kind::Installer, command_line, initrd::brought(&bytes)))
}
