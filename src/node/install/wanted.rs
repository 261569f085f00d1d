//! What a machine shall become, and by which way.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::node::nixos::{Architecture, Cloud, DiskAt, Firmware, Kept, PlacedFile};
use crate::secret::Secret;

use super::phase::Deadlines;

/// What one machine shall become.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Name of the node.
    pub node: String,
    /// Whose machine it is.
    pub cloud: Cloud,
    /// How it gets there; none lets the cloud and the machine's facts decide.
    pub way: Option<Way>,
    /// The processor that its system is made for.
    pub architecture: Architecture,
    /// The firmware that its system is made for.
    pub firmware: Firmware,
    /// Its system.
    pub system: System,
    /// The disk that it is installed on: a serial number, or a link in `/dev/disk/by-id`.
    pub system_disk: DiskAt,
    /// Disk and boot loader of a running NixOS, for which the system was written (`Node::keeps`).
    pub keeps: Option<Kept>,
    /// The script that lays out its disks (`NodeFiles::disks`).
    pub disks: String,
    /// Files that are there before the first boot.
    pub placed: Vec<PlacedFile>,
    /// Public keys that may log in to the installer, beside those of the user who is logged in.
    pub keys: Vec<String>,
    /// networkd files of a machine whose network is more than a card with DHCP; laid into the installer too.
    pub networkd: BTreeMap<String, String>,
    /// The installer; not needed where NixOS runs already.
    pub installer: Option<Installer>,
    /// How it fetches.
    pub fetching: Fetching,
    /// Whether a system that runs a cluster or is somebody's NixOS may be replaced.
    pub takeover: bool,
    /// On hosts: the serial number of the system disk, repeated by whoever wants it overwritten.
    pub wipe: Option<String>,
    /// How long it may take.
    pub deadlines: Deadlines,
}

/// A way to NixOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The installer is started once by the boot loader, by an ordinary restart.
    Boot,
    /// The installer is started from the running kernel.
    Kexec,
    /// The machine was made from an image of ours.
    Image,
    /// The machine runs NixOS: its boot loader and file systems are kept.
    Switch,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Boot, Self::Kexec, Self::Image, Self::Switch];

    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Kexec => "kexec",
            Self::Image => "image",
            Self::Switch => "switch",
        }
    }

    /// The way of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A system, as `nixos::generate` wrote it.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name in the flake.
    pub name: String,
    /// Its digest: equal digests are equal systems.
    pub digest: String,
    /// The flake, by path inside of it.
    pub flake: Arc<BTreeMap<String, String>>,
    /// Who builds it.
    pub build: Build,
}

/// Who builds a system. Each distinct one is built once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    /// This machine.
    Here,
    /// Another node has built it and serves it.
    Elsewhere(Box<Built>),
}

/// A system that a node has built and serves to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its path in the store.
    pub path: String,
    /// The node that serves it: an address that the others reach.
    pub host: String,
    /// The port of its SSH server.
    pub port: u16,
    /// Its host key, `ssh-ed25519 AAAA…`.
    pub host_key: String,
    /// The private key that may fetch from it, and nothing else.
    pub key: Secret,
    /// The public key that its paths are signed with, `name:base64`.
    pub signed_by: String,
}

impl Built {
    /// The store that it is fetched from, as Nix takes it.
    pub(super) fn store(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 22 {
            format!("ssh://root@{host}")
        } else {
            format!("ssh://root@{host}:{}", self.port)
        }
    }

    /// Its line of `known_hosts`.
    pub(super) fn known_hosts(&self) -> String {
        if self.port == 22 {
            format!("{} {}\n", self.host, self.host_key)
        } else {
            format!("[{}]:{} {}\n", self.host, self.port, self.host_key)
        }
    }
}

/// The installer's archive: the same bytes for every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installer {
    /// Where it lies on our side.
    pub file: PathBuf,
    /// Its SHA-256 in hexadecimal, as recorded.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// How a machine fetches while it is installed.
#[derive(Clone, Debug, Default)]
pub struct Fetching {
    /// Binary caches, asked first.
    pub substituters: Vec<String>,
    /// Keys that sign what they give.
    pub trusted_public_keys: Vec<String>,
    /// Authorities that are trusted, in PEM.
    pub ca_certificates: Vec<String>,
    /// Proxy for http. It may hold a password.
    pub http_proxy: Option<Secret>,
    /// Proxy for https. It may hold a password.
    pub https_proxy: Option<Secret>,
    /// What is reached directly.
    pub no_proxy: Vec<String>,
}
