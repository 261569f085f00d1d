//! What runs on a machine.

use super::nixos::Description;

/// Which system runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Ubuntu,
    /// NixOS' installer, in memory.
    Installer,
    /// NixOS from its disk: its path in the store, and what it is.
    Nixos {
        path: String,
        description: Box<Description>,
    },
}

/// A running system.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) kind: Kind,
    pub(crate) boot_id: String,
    pub(crate) command_line: String,
}

impl System {
    /// A fresh start of a system.
    pub(crate) fn new(kind: Kind, command_line: &str) -> Self {
        let boot_id = uuid::Uuid::new_v4().to_string();
        Self { kind, boot_id, command_line: command_line.to_owned() }
    }

    /// `ID`, `VERSION_ID` and `VARIANT_ID` of `/etc/os-release`.
    pub(crate) fn release(&self) -> [&'static str; 3] {
        match self.kind {
            Kind::Ubuntu => ["ubuntu", "24.04", ""],
            Kind::Installer => ["nixos", "26.05", "installer"],
            Kind::Nixos { .. } => ["nixos", "26.05", ""],
        }
    }

    /// As `uname -r` says it.
    pub(crate) fn kernel(&self) -> &'static str {
        if self.kind == Kind::Ubuntu { "6.8.0-1017-azure" } else { "6.18.2" }
    }

    /// Simulated seconds from the firmware's start until its SSH server answers.
    pub(crate) fn seconds(kind: &Kind) -> f64 {
        match kind {
            Kind::Ubuntu => 20.0,
            Kind::Installer => 30.0,
            Kind::Nixos { .. } => 25.0,
        }
    }
}
