//! The phases of an install and how long each may take.

use std::fmt;
use std::time::Duration;

use crate::ssh;

/// How far an install is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reaching the machine's port.
    Tcp,
    /// Its SSH server's first line, and the proof of its host key.
    Banner,
    /// Logging in, and becoming root.
    Auth,
    /// Finding out what it is, and whether it may be installed.
    Facts,
    /// Into the installer by the boot loader.
    Boot,
    /// Into the installer from the running kernel.
    Kexec,
    /// Laying out the disk.
    Disk,
    /// Building and installing NixOS, with what must be there before its first boot.
    Install,
    /// Into what was installed.
    Reboot,
}

impl Phase {
    /// Its name in progress, state and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Banner => "banner",
            Self::Auth => "auth",
            Self::Facts => "facts",
            Self::Boot => "boot",
            Self::Kexec => "kexec",
            Self::Disk => "disk",
            Self::Install => "install",
            Self::Reboot => "reboot",
        }
    }

    /// The phase that a connection had come to.
    pub(super) fn of_connection(phase: ssh::Phase) -> Option<Self> {
        match phase {
            ssh::Phase::Tcp | ssh::Phase::Proxy => Some(Self::Tcp),
            ssh::Phase::Banner | ssh::Phase::KeyExchange => Some(Self::Banner),
            ssh::Phase::Login => Some(Self::Auth),
            ssh::Phase::Channel => None,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How long each part of an install may take. The operation's own timeout holds as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Until a machine answers that was just made: it boots, and its first boot takes longest.
    pub answer: Duration,
    /// Until a machine must know our key; a new one learns it a little later than its SSH server answers.
    pub denied: Duration,
    /// A short step: facts, boot loader, kexec, records.
    pub step: Duration,
    /// Sending the installer.
    pub upload: Duration,
    /// Unpacking it.
    pub stage: Duration,
    /// From the restart until the installer answers. Firmware of servers takes minutes.
    pub installer: Duration,
    /// Partitions and file systems; XFS and ext4 on terabytes.
    pub disk: Duration,
    /// Building, or fetching what another node has built. A GPU node compiles the driver's modules.
    pub install: Duration,
    /// From the restart until NixOS answers.
    pub reboot: Duration,
    /// Between two looks at a machine that does not answer.
    pub pause: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(10 * 60),
            denied: Duration::from_secs(30),
            step: Duration::from_secs(2 * 60),
            upload: Duration::from_secs(30 * 60),
            stage: Duration::from_secs(5 * 60),
            installer: Duration::from_secs(10 * 60),
            disk: Duration::from_secs(10 * 60),
            install: Duration::from_secs(2 * 60 * 60),
            reboot: Duration::from_secs(10 * 60),
            pause: Duration::from_secs(2),
        }
    }
}
