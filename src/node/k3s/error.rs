//! Why a node is not in its cluster, or not out of it.

use std::fmt;

use crate::node::install::Fault;
use crate::outcome::Recovery;
use crate::time::Ended;

/// Why something with a node's k3s did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct K3sError {
    /// The node.
    pub node: String,
    /// What is wrong.
    pub fault: Box<K3sFault>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum K3sFault {
    /// The node cannot be reached, or a step did not come to its end.
    #[error(transparent)]
    Node(#[from] Fault),
    /// k3s does not run.
    #[error("k3s is {state} after {restarts} restarts; it says last:\n{log}")]
    NotUp {
        /// systemd's word.
        state: String,
        /// How often it was started anew.
        restarts: u64,
        /// Its last lines.
        log: String,
    },
    /// The node has left its cluster, and k3s does not start any more.
    #[error("it has left its cluster; only a new system disk brings it back")]
    HasLeft,
    /// It is no server, or one that has not come up.
    #[error("it is no server that has come up")]
    NoServer,
    /// What it answered cannot be read.
    #[error("what it answered cannot be read: {0}")]
    NotRead(&'static str),
    /// Pods are left that a budget keeps, or that do not end.
    #[error("pods are left on it:\n{0}")]
    Blocked(String),
    /// The cluster would have no server.
    #[error("it is the last server of its cluster")]
    LastServer,
    /// The other servers could not go on without it.
    #[error("without it the other servers have no quorum: {0}")]
    NoQuorum(String),
    /// Its member is still in etcd.
    #[error("etcd has not let it go: {0}")]
    StillMember(String),
    /// Leaving failed otherwise.
    #[error("leaving ended with status {status}:\n{said}")]
    Leaving {
        /// Exit status of its unit.
        status: String,
        /// Its last lines.
        said: String,
    },
    /// The run was stopped, or its time is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl K3sFault {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Node(fault) => fault.recovery(),
            Self::NotUp { .. } | Self::NoServer | Self::NoQuorum(_) | Self::StillMember(_) => {
                Recovery::Retry(None)
            }
            Self::Blocked(_) => Recovery::Rejected(Some("drain".to_owned())),
            Self::LastServer => Recovery::Rejected(Some("allow_data_loss".to_owned())),
            Self::HasLeft | Self::NotRead(_) | Self::Leaving { .. } | Self::Ended(_) => Recovery::Fatal,
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
        Some(&*self.fault)
    }
}
