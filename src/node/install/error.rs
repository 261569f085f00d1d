//! Why an install did not come to its end, where, and what may be done about it.

use std::fmt;
use std::time::Duration;

use crate::node::nixos::DiskRefusal;
use crate::outcome::Recovery;
use crate::ssh::SshError;
use crate::ssh::host_key::HostKeyError;
use crate::time::Ended;

use super::phase::Phase;
use super::refusal::Refusal;
use super::wanted::Way;

/// Why a node is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallError {
    /// The node.
    pub node: String,
    /// How far it had come.
    pub phase: Phase,
    /// What was seen last, if anything.
    pub last: Option<String>,
    /// What is wrong.
    pub fault: Box<Fault>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The machine is not one that may be installed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// There is no connection, or a command did not come to its end.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// A step said no.
    #[error("step {step} refused: {word}{}", detail(.said))]
    Step {
        /// Which.
        step: &'static str,
        /// Its word for it.
        word: String,
        /// What it said about it.
        said: String,
    },
    /// A step did not answer what it should.
    #[error("step {step} did not say {key}")]
    Unanswered {
        /// Which.
        step: &'static str,
        /// What it did not say.
        key: &'static str,
    },
    /// The disk script refused.
    #[error("{refusal}{}", detail(.said))]
    Disk {
        /// Why.
        refusal: DiskRefusal,
        /// What it said.
        said: String,
    },
    /// A tool of the disk script failed.
    #[error("laying out the disk ended with status {status}{}", detail(.said))]
    DiskTool {
        /// Its exit status.
        status: u64,
        /// What it said.
        said: String,
    },
    /// The machine did not come up with the installer, and does not answer.
    #[error("the installer did not answer within {} s after `{way}`{}", .after.as_secs(), detail(.console))]
    NoInstaller {
        /// The way that was taken.
        way: Way,
        /// How long it was waited.
        after: Duration,
        /// The end of its serial console, where there is one.
        console: String,
    },
    /// The machine came up as its old self.
    #[error("after `{way}` the machine runs {runs} again, not the installer")]
    CameBack {
        /// The way that was taken.
        way: Way,
        /// What it runs.
        runs: String,
    },
    /// An installer runs that was not started for this.
    #[error("the installer that answers was not started by this run")]
    OtherInstaller,
    /// The installation failed.
    #[error("the installation ended with status {status}{}", detail(.said))]
    Installation {
        /// Its exit status.
        status: String,
        /// The end of its log.
        said: String,
    },
    /// The machine restarted during the installation.
    #[error("the machine was restarted while it was installed")]
    Interrupted,
    /// What was installed did not come up.
    #[error("NixOS did not answer within {} s after the restart{}", .after.as_secs(), detail(.console))]
    NoSystem {
        /// How long it was waited.
        after: Duration,
        /// The end of its serial console, where there is one.
        console: String,
    },
    /// Another system came up than the one that was installed.
    #[error("after the restart it runs {runs}, and {installed} was installed")]
    OtherSystem {
        /// What it runs.
        runs: String,
        /// What was installed.
        installed: String,
    },
    /// The key of the installed system cannot be certified.
    #[error("its host key cannot be certified: {0}")]
    HostKey(#[from] HostKeyError),
    /// The flake cannot be packed.
    #[error("the flake cannot be packed: {0}")]
    Pack(String),
    /// The run was stopped, or its time is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl Fault {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Ssh(error) => error.recovery(),
            Self::Refused(refusal) => match refusal {
                Refusal::NoRoot { .. } | Refusal::RootAsks { .. } => Recovery::Denied,
                Refusal::HostKey { .. } => Recovery::Rejected(Some("ssh_host_key".to_owned())),
                Refusal::NotConfirmed { .. } => Recovery::Rejected(Some("wipe".to_owned())),
                Refusal::Network { .. } | Refusal::LongNetwork { .. } => {
                    Recovery::Rejected(Some("networkd".to_owned()))
                }
                Refusal::NotThere { .. } => Recovery::Rejected(Some("install".to_owned())),
                _ => Recovery::Fatal,
            },
            // The next run goes on where this one ended.
            Self::NoInstaller { .. }
            | Self::CameBack { .. }
            | Self::Installation { .. }
            | Self::Interrupted
            | Self::NoSystem { .. } => Recovery::Retry(None),
            Self::Step { .. }
            | Self::Unanswered { .. }
            | Self::Disk { .. }
            | Self::DiskTool { .. }
            | Self::OtherInstaller
            | Self::OtherSystem { .. }
            | Self::HostKey(_)
            | Self::Pack(_)
            | Self::Ended(_) => Recovery::Fatal,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.advice(),
            Self::Ssh(_) => {
                "see that the machine runs, and that port and key are right; the next apply goes on"
            }
            Self::Step { .. } | Self::Unanswered { .. } | Self::HostKey(_) | Self::Pack(_) => {
                "the next apply tries it again; if it fails again, please report it"
            }
            Self::Disk { .. } | Self::DiskTool { .. } => {
                "look at the disks of the machine; nothing was formatted that holds data"
            }
            Self::NoInstaller { .. } => {
                "restart the machine: it is its old self again then; or take another way"
            }
            Self::CameBack { .. } => "take another way; `image` needs none of this",
            Self::OtherInstaller => "restart the machine if nobody works in it",
            Self::Installation { .. } => "see what the log says; the next apply goes on without formatting",
            Self::Interrupted => "the next apply goes on without formatting",
            Self::NoSystem { .. } => "look at its serial console; the next apply waits for it again",
            Self::OtherSystem { .. } => {
                "see which disk the firmware starts from; the one that was installed must come first"
            }
            Self::Ended(_) => "the next apply goes on where this one ended",
        }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.node, self.phase, self.fault)?;
        match &self.last {
            Some(last) => write!(formatter, " (last seen: {last})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.fault)
    }
}

fn detail(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
