//! Why a machine is not installed: found out before anything on it is destroyed.

use crate::node::nixos::SYSTEM_DISK_MIN_BYTES;

use super::wanted::Way;

/// Why a machine is not installed. Nothing on it was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what its fields are")]
pub enum Refusal {
    #[error("the user {user} cannot become root: there is neither sudo nor doas")]
    NoRoot { user: String },
    #[error("{program} asks the user {user} for a password")]
    RootAsks { user: String, program: &'static str },
    #[error("it runs {kernel}, not Linux")]
    NotLinux { kernel: String },
    #[error("its processor is {has}, and the system is made for {wanted}")]
    Architecture { has: String, wanted: &'static str },
    #[error("it starts by {has}, and the system is made for {wanted}")]
    Firmware { has: &'static str, wanted: &'static str },
    #[error("it is a container ({kind}), which has no kernel of its own")]
    Container { kind: String },
    #[error("it has {has_mib} MiB of memory; the installer needs {needs_mib}")]
    Memory { has_mib: u64, needs_mib: u64 },
    #[error("its clock is {seconds} s {direction}")]
    Clock { seconds: u64, direction: &'static str },

    #[error("no disk is known by {at}; there are {}", list(.there))]
    NoDisk { at: String, there: Vec<String> },
    #[error("{at} is more than one disk: {}", list(.disks))]
    AmbiguousDisk { at: String, disks: Vec<String> },
    #[error("the disk {disk} has no serial number and no link that tells it from others")]
    NamelessDisk { disk: String },
    #[error("its root lies on {} disks ({}); there are {}", .roots.len(), list(.roots), list(.there))]
    NotOneRootDisk { roots: Vec<String>, there: Vec<String> },
    #[error("the disk {disk} is removable, or is empty after the machine was stopped")]
    LocalDisk { disk: String },
    #[error("the disk {disk} has {bytes} bytes; {SYSTEM_DISK_MIN_BYTES} are needed")]
    SmallDisk { disk: String, bytes: u64 },
    #[error("the disk {disk} holds data that is mounted at {}", list(.mounts))]
    DataOnDisk { disk: String, mounts: Vec<String> },
    #[error("the disk {disk} would be overwritten, and `wipe` {}", confirmation(.given.as_deref()))]
    NotConfirmed { disk: String, serial: String, given: Option<String> },

    #[error("its way out is {device}, a {kind}, which the installer does not know how to set up")]
    Network { device: String, kind: String },
    #[error("the network files are too long for a kernel's command line: {bytes} bytes, {most} fit")]
    LongNetwork { bytes: usize, most: usize },
    #[error("{tool} is missing")]
    NoTool { tool: &'static str },
    #[error("{place} has {free_mib} MiB free; {needs_mib} are needed")]
    NoSpace { place: String, free_mib: u64, needs_mib: u64 },
    #[error("its firmware starts signed systems only (Secure Boot); the installer is not signed")]
    SecureBoot,
    #[error("its kernel is locked down ({mode}) and starts no other kernel")]
    Lockdown { mode: String },
    #[error("starting another kernel was switched off (kernel.kexec_load_disabled)")]
    KexecOff,
    #[error("its kernel cannot start another one")]
    NoKexec,
    #[error("no boot loader was found that takes an entry once (GRUB with custom.cfg, or systemd-boot)")]
    NoLoader,
    #[error("there is no way to the installer: {}", ways(.0))]
    NoWay(Vec<(Way, Refusal)>),
    #[error("no installer is given")]
    NoInstaller,
    #[error("its pinned host key is {kind}; the installed system keeps only an ssh-ed25519 key")]
    HostKey { kind: String },

    #[error("it is the node {is}, not {wanted}")]
    OtherNode { is: String, wanted: String },
    #[error("a NixOS installer runs that somebody else has started")]
    ForeignInstaller,
    #[error("it runs {system} that nobody of us has installed")]
    ForeignNixOs { system: String },
    #[error("it holds the data of a Kubernetes cluster (/var/lib/rancher/k3s)")]
    ForeignCluster,
    #[error("its disk cannot stay as it is: {reason}")]
    NotKept { reason: &'static str },
    #[error("its disk or boot loader is not the one that its system was written for")]
    OtherDisk,
    #[error("it runs {runs}, and `{way}` needs {needs}")]
    NotThere { way: Way, runs: String, needs: &'static str },
}

impl Refusal {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoRoot { .. } => "log in as root, or install sudo",
            Self::RootAsks { .. } => "let the user run everything without a password (NOPASSWD: ALL, nopass)",
            Self::NotLinux { .. } | Self::Container { .. } => "give a machine that runs Linux of its own",
            Self::Architecture { .. } | Self::Firmware { .. } => {
                "the machine has changed since the plan was made; plan again"
            }
            Self::Memory { .. } => {
                "take a larger machine, name a `builder`, or take the way `image`; swap does not count"
            }
            Self::Clock { .. } => "set the clock (timedatectl set-ntp true); certificates would not hold",
            Self::NoDisk { .. } | Self::NotOneRootDisk { .. } | Self::NamelessDisk { .. } => {
                "name the system disk by its link: `disk = \"/dev/disk/by-id/…\"`"
            }
            Self::AmbiguousDisk { .. } => "name the system disk by a link that only it has",
            Self::LocalDisk { .. } => "name a disk that keeps its data",
            Self::SmallDisk { .. } => "make the disk larger, or name another",
            Self::DataOnDisk { .. } => "unmount it if it may be overwritten, or name another disk",
            Self::NotConfirmed { .. } => "repeat the disk's serial number in `wipe` if it may be overwritten",
            Self::Network { .. } => "give the host's `networkd` files; they are laid into the installer too",
            Self::LongNetwork { .. } => "shorten the `networkd` files, or take the way `image`",
            Self::NoTool { .. } => "install it",
            Self::NoSpace { .. } => "free space there, or take another way",
            Self::SecureBoot => "switch Secure Boot off (`secure_boot = false`), or take the way `image`",
            Self::Lockdown { .. } | Self::KexecOff | Self::NoKexec => "take the way `boot` or `image`",
            Self::NoLoader => "take the way `kexec` or `image`",
            Self::NoWay(_) => "take the way `image`, or mend one of these",
            Self::NoInstaller => "give `installer`",
            Self::HostKey { .. } => "pin the machine's ssh-ed25519 key",
            Self::OtherNode { .. } => "check the address; if the node was renamed, make its machine anew",
            Self::ForeignInstaller => "restart the machine if nobody works in it",
            Self::ForeignNixOs { .. } | Self::ForeignCluster => {
                "set `takeover = true` if it may be replaced, or give another machine"
            }
            Self::NotKept { .. } => "take the way `kexec` or `boot`, which lay the disk out anew",
            Self::OtherDisk => "the machine has changed since it was looked at; apply again",
            Self::NotThere { .. } => "take another way, or `auto`",
        }
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn confirmation(given: Option<&str>) -> String {
    given.map_or("does not repeat its serial number".to_owned(), |given| format!("says {given:?}"))
}

fn ways(refused: &[(Way, Refusal)]) -> String {
    refused.iter().map(|(way, refusal)| format!("{way}: {refusal}")).collect::<Vec<_>>().join("; ")
}
