//! What a machine needs to start: kernel modules, boot loader, console.

use super::Kind;
use crate::node::nixos::cluster::{Architecture, Cloud, Firmware};
use crate::node::nixos::kept::KeptLoader;
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::script::SYSTEM_DISK_LINK;

/// Disks and cards of every cloud and of common servers, in every system: a machine that is resized comes
/// up on another controller.
const EARLY: [&str; 15] = [
    "ahci",
    "ena",
    "hv_netvsc",
    "hv_storvsc",
    "hv_vmbus",
    "megaraid_sas",
    "mpt3sas",
    "nvme",
    "pci_hyperv",
    "sd_mod",
    "virtio_blk",
    "virtio_net",
    "virtio_pci",
    "virtio_scsi",
    "xhci_pci",
];

pub(super) fn options(kind: &Kind) -> Set {
    let mut set = Set::new();
    let mut early = EARLY.to_vec();
    if kind.architecture == Architecture::X86 {
        early.push("ata_piix");
    }
    set.at("boot.initrd.availableKernelModules", Nix::texts(early));
    loader(kind, &mut set);
    match kind.cloud {
        Cloud::Azure => {
            let hyperv = ["hv_vmbus", "hv_netvsc", "hv_utils", "hv_storvsc"];
            set.at("boot.initrd.kernelModules", Nix::texts(hyperv));
            // The serial console is what boot diagnostics show; disks may come late.
            set.at(
                "boot.kernelParams",
                Nix::texts(["console=tty0", "console=ttyS0,115200", "rootdelay=300"]),
            );
        }
        Cloud::Aws => {
            // Volumes answer late under load; an error would make the root read-only.
            let patient = "nvme_core.io_timeout=4294967295";
            set.at("boot.kernelParams", Nix::texts(["console=tty0", "console=ttyS0,115200", patient]));
        }
        Cloud::Hosts => {
            set.at("boot.kernelParams", Nix::texts(["console=ttyS0,115200", "console=tty0"]));
            set.at("hardware.enableRedistributableFirmware", true);
            if kind.architecture == Architecture::X86 {
                set.at("hardware.cpu.amd.updateMicrocode", true);
                set.at("hardware.cpu.intel.updateMicrocode", true);
            }
        }
    }
    // A machine that panics comes back by itself.
    set.at("boot.kernelParams", Nix::texts(["panic=30"]));
    set
}

fn loader(kind: &Kind, set: &mut Set) {
    match kind.keeps.as_ref().map(|kept| (&kept.loader, kept)) {
        Some((KeptLoader::SystemdBoot, kept)) => {
            systemd_boot(set);
            if let Some(boot) = kept.boot.as_ref().filter(|boot| boot.mount != "/boot") {
                set.at("boot.loader.efi.efiSysMountPoint", boot.mount.as_str());
            }
        }
        Some((KeptLoader::GrubEfi, kept)) => {
            set.at("boot.loader.systemd-boot.enable", false);
            set.at("boot.loader.grub.enable", true);
            set.at("boot.loader.grub.device", "nodev");
            set.at("boot.loader.grub.efiSupport", true);
            set.at("boot.loader.grub.efiInstallAsRemovable", true);
            set.at("boot.loader.grub.configurationLimit", 3);
            set.at("boot.loader.efi.canTouchEfiVariables", false);
            if let Some(boot) = kept.boot.as_ref().filter(|boot| boot.mount != "/boot") {
                set.at("boot.loader.efi.efiSysMountPoint", boot.mount.as_str());
            }
        }
        Some((KeptLoader::GrubBios(device), _)) => grub(set, device),
        None if kind.firmware == Firmware::Efi => systemd_boot(set),
        None => grub(set, SYSTEM_DISK_LINK),
    }
    set.at("boot.loader.timeout", 1);
}

fn systemd_boot(set: &mut Set) {
    set.at("boot.loader.systemd-boot.enable", true);
    set.at("boot.loader.systemd-boot.editor", false);
    set.at("boot.loader.systemd-boot.configurationLimit", 3);
    // A generation that never comes up is left again.
    set.at("boot.loader.systemd-boot.bootCounting.enable", true);
    set.at("boot.loader.systemd-boot.bootCounting.tries", 2);
    // The removable path is enough, and firmware of virtual machines forgets its variables.
    set.at("boot.loader.efi.canTouchEfiVariables", false);
}

fn grub(set: &mut Set, device: &str) {
    set.at("boot.loader.systemd-boot.enable", false);
    set.at("boot.loader.grub.enable", true);
    set.at("boot.loader.grub.device", device);
    set.at("boot.loader.grub.configurationLimit", 3);
}
