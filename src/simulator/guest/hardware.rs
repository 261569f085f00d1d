//! What a machine is made of, and what may be odd about it.

use serde::{Deserialize, Serialize};

/// A machine's processor, memory and firmware.
#[derive(Clone, Debug)]
pub(crate) struct Hardware {
    /// As `uname -m` says it.
    pub(crate) machine: String,
    pub(crate) memory_kib: u64,
    pub(crate) efi: bool,
    pub(crate) secure_boot: bool,
    pub(crate) gpus: u32,
    pub(crate) switches: u32,
}

/// Whether somebody becomes root without a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sudo {
    #[default]
    Yes,
    /// It asks for a password.
    Asks,
    /// There is no such program.
    No,
}

/// What a machine is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Born {
    #[default]
    Ubuntu,
    /// A NixOS of somebody, as clouds offer it.
    Nixos,
    /// A NixOS that was made with `bud_image`.
    Image,
}

/// What may be odd about a machine; `POST /machines/{name}/guest` sets it. What is absent is as usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Traits {
    /// What it was made from; it is born again when this changes.
    pub(crate) born: Option<Born>,
    pub(crate) machine: Option<String>,
    pub(crate) memory_mib: Option<u64>,
    pub(crate) efi: Option<bool>,
    pub(crate) secure_boot: Option<bool>,
    /// The kernel's lockdown, such as `integrity`.
    pub(crate) lockdown: Option<String>,
    /// `on`, `off` or `missing`.
    pub(crate) kexec: Option<String>,
    /// `docker` and the like.
    pub(crate) container: Option<String>,
    pub(crate) sudo: Sudo,
    /// Programs that it has not.
    pub(crate) without: Vec<String>,
    /// How far its clock is ahead.
    pub(crate) clock_seconds: i64,
    /// Whether its boot loader takes no entry once.
    pub(crate) no_loader: bool,
    /// MiB that are free for the boot loader's kernels.
    pub(crate) boot_free_mib: Option<u64>,
    /// MiB that are free on its root.
    pub(crate) root_free_mib: Option<u64>,
    /// What its way out is, such as `bond`.
    pub(crate) uplink: Option<String>,
    /// Whether somebody's k3s has its data there.
    pub(crate) has_k3s: bool,
    /// What the installation says when it fails.
    pub(crate) build_fails: Option<String>,
    /// Whether something keeps `/mnt` busy.
    pub(crate) busy: bool,
}

impl Hardware {
    /// With what is odd about it.
    pub(crate) fn with(&self, traits: &Traits) -> Self {
        let mut hardware = self.clone();
        if let Some(machine) = &traits.machine {
            hardware.machine.clone_from(machine);
        }
        if let Some(memory) = traits.memory_mib {
            hardware.memory_kib = memory * 1024;
        }
        hardware.efi = traits.efi.unwrap_or(hardware.efi);
        hardware.secure_boot = traits.secure_boot.unwrap_or(hardware.secure_boot);
        hardware
    }

    /// The kernel's lockdown: Secure Boot switches it on.
    pub(crate) fn lockdown(&self, traits: &Traits) -> String {
        let usual = if self.secure_boot { "integrity" } else { "none" };
        traits.lockdown.clone().unwrap_or_else(|| usual.to_owned())
    }
}
