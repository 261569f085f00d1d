//! Why k3s on a node is not as it shall be.

use std::fmt;
use std::time::Duration;

use crate::node::install::Fault;
use crate::outcome::Recovery;
use crate::time::Ended;

/// What went wrong on which node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct K3sError {
    /// The node.
    pub node: String,
    /// What is wrong.
    pub fault: K3sFault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum K3sFault {
    /// The machine does not answer, or a step refused.
    #[error(transparent)]
    Machine(#[from] Box<Fault>),
    /// k3s is not up.
    #[error("k3s is {unit} after {} s and {restarts} restarts{}", .after.as_secs(), said(.log))]
    NotUp {
        /// Its state as systemd names it.
        unit: String,
        /// How often it was started again by itself.
        restarts: u64,
        /// How long it was waited.
        after: Duration,
        /// The end of its log.
        log: Vec<String>,
    },
    /// The node has left its cluster, and k3s does not start there any more.
    #[error("the node has left its cluster; its machine has to be made anew")]
    HasLeft,
    /// Pods are still on the node.
    #[error("pods could not be moved away{}", said(.log))]
    Blocked {
        /// Which, and the budgets that hold them.
        log: Vec<String>,
    },
    /// It is the last server.
    #[error("it is the last server of its cluster")]
    LastServer,
    /// The others would be without quorum.
    #[error("the other servers would have no quorum{}", said(.log))]
    Quorum {
        /// How many there are.
        log: Vec<String>,
    },
    /// Its member stays in etcd.
    #[error("its member is still in etcd{}", said(.log))]
    Member {
        /// The end of the log.
        log: Vec<String>,
    },
    /// The unit that leaves failed otherwise.
    #[error("leaving ended with status {code}{}", said(.log))]
    Leaving {
        /// Its exit status.
        code: String,
        /// The end of its log.
        log: Vec<String>,
    },
    /// What it answered cannot be read.
    #[error("the step {step} answered what cannot be read")]
    Answer {
        /// Which.
        step: &'static str,
    },
    /// The run was stopped, or its time is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl K3sFault {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Machine(fault) => fault.recovery(),
            Self::NotUp { .. } | Self::Blocked { .. } | Self::Quorum { .. } | Self::Member { .. } => {
                Recovery::Retry(None)
            }
            Self::LastServer => Recovery::Denied,
            Self::HasLeft | Self::Leaving { .. } | Self::Answer { .. } | Self::Ended(_) => Recovery::Fatal,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Machine(fault) => fault.advice(),
            Self::NotUp { .. } => "see what its log says; the next apply goes on",
            Self::HasLeft => "name it in `replace_nodes`",
            Self::Blocked { .. } => "loosen the budget that is in the way, or set `drain = \"force\"`",
            Self::LastServer => "add another server first, or destroy the cluster",
            Self::Quorum { .. } => "bring the other servers back first",
            Self::Member { .. } => "see that a majority of the servers runs; the next apply goes on",
            Self::Leaving { .. } | Self::Answer { .. } => {
                "the next apply tries it again; if it fails again, please report it"
            }
            Self::Ended(_) => "the next apply goes on where this one ended",
        }
    }
}

impl From<Fault> for K3sFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ended(ended) => Self::Ended(ended),
            fault => Self::Machine(Box::new(fault)),
        }
    }
}

impl fmt::Display for K3sError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.node, self.fault)
    }
}

impl std::error::Error for K3sError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// The end of a log in one line.
fn said(log: &[String]) -> String {
    if log.is_empty() { String::new() } else { format!(": {}", log.join("; ")) }
}
