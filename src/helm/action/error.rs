//! Why an action did not come to its end.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use super::failure::Culprit;
use crate::helm::release::{RecordError, Status};
use crate::kube::KubeError;
use crate::outcome::Recovery;
use crate::time::Ended;

/// Why an action did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// Objects exist that the release does not own. Nothing was written.
    #[error("{} objects belong to others", .0.len())]
    Strangers(Vec<Stranger>),
    /// An object is no object, as far as can be seen without the cluster.
    #[error("{path}: {reason}")]
    Manifest {
        /// The template, or the definition's file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The cluster has no such kind.
    #[error("{object}: the cluster has no kind {kind} in {api_version}")]
    NoKind {
        /// Kind and name of the object.
        object: String,
        /// Its `apiVersion`.
        api_version: String,
        /// Its kind.
        kind: String,
    },
    /// An object could not be written, read or removed. The client names it.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// A record could not be written or read.
    #[error(transparent)]
    Record(RecordError),
    /// Objects did not become ready.
    #[error("{} objects are not ready", .0.len())]
    NotReady(Vec<Unready>),
    /// Objects did not go away.
    #[error("{} still exist after {} s", objects.join(", "), after.as_secs())]
    StillThere {
        /// Kind and name of each.
        objects: Vec<String>,
        /// How long they were waited for.
        after: Duration,
    },
    /// A hook did not come to its end.
    #[error("hook {event} {object}")]
    Hook {
        /// Its event, such as `pre-install`.
        event: String,
        /// Kind and name.
        object: String,
        /// Why.
        source: Box<ActionError>,
    },
    /// Somebody else works on the release.
    #[error("{holder} works on release {name}")]
    Held {
        /// The release.
        name: String,
        /// Who, as it calls itself.
        holder: String,
        /// When it was seen last.
        since: Option<OffsetDateTime>,
    },
    /// The release was left in the middle of an operation, and that shall be an error; or the operation is so
    /// young that it may still be under way.
    #[error("release {name} revision {revision} is {status}")]
    Pending {
        /// The release.
        name: String,
        /// The revision.
        revision: u32,
        /// What it says of itself.
        status: Status,
        /// When it began.
        since: Option<OffsetDateTime>,
        /// Whether it may still be under way, by a client that holds no lease, such as Helm's own.
        perhaps_alive: bool,
    },
    /// There is no such release.
    #[error("there is no release {name} in namespace {namespace}")]
    NoRelease {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// There is no such revision.
    #[error("release {name} has no revision {revision}")]
    NoRevision {
        /// The release.
        name: String,
        /// The revision.
        revision: u32,
    },
    /// The action failed, and undoing it did, too.
    #[error("{error}; undoing it: {undoing}")]
    Undoing {
        /// Why the action failed.
        error: Box<ActionError>,
        /// Why undoing it did.
        undoing: Box<ActionError>,
    },
    /// The action failed, and what was before is back.
    #[error("{error}; undone")]
    Undone {
        /// Why the action failed.
        error: Box<ActionError>,
        /// The revision that runs again; empty where the release was removed.
        back_to: Option<u32>,
    },
    /// The operation was stopped or ran out of time between two requests.
    #[error("{0}")]
    Ended(#[from] Ended),
}

/// An object that the release does not own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Kind, namespace and name.
    pub object: String,
    /// The release that owns it, as `namespace/name`; empty where none does.
    pub owner: Option<String>,
    /// What manages it by its label, such as `Helm`; empty where nothing says so.
    pub managed_by: Option<String>,
}

/// An object that did not become ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Unready {
    /// Kind, namespace and name.
    pub object: String,
    /// Why, as its status says.
    pub reason: String,
    /// Whether it never will be, rather than not yet.
    pub failed: bool,
    /// What below it is to blame, as far as that was found.
    pub culprit: Option<Culprit>,
}

impl ActionError {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Kube(error) => error.recovery(),
            Self::Record(error) => error.recovery(),
            Self::Strangers(_) | Self::Manifest { .. } | Self::NoKind { .. } | Self::NoRevision { .. } => {
                Recovery::Rejected(None)
            }
            Self::Held { .. } | Self::Pending { perhaps_alive: true, .. } | Self::StillThere { .. } => {
                Recovery::Retry(None)
            }
            Self::Hook { source, .. } => source.recovery(),
            Self::Undoing { error, .. } | Self::Undone { error, .. } => error.recovery(),
            Self::NotReady(_) | Self::Pending { .. } | Self::NoRelease { .. } | Self::Ended(_) => {
                Recovery::Fatal
            }
        }
    }

    /// Whether the run was stopped: nothing more is to be begun then.
    pub fn is_stop(&self) -> bool {
        match self {
            Self::Ended(Ended::Stopped) | Self::Kube(KubeError::Ended { ended: Ended::Stopped, .. }) => true,
            Self::Record(RecordError::Kube(KubeError::Ended { ended: Ended::Stopped, .. })) => true,
            Self::Hook { source, .. } => source.is_stop(),
            _ => false,
        }
    }

    /// A line for the record: the class of the problem and where, nothing that may be secret.
    pub(super) fn line(&self) -> String {
        match self {
            Self::NotReady(all) => {
                let one = |one: &Unready| format!("{}: {}", one.object, one.reason);
                all.iter().map(one).collect::<Vec<_>>().join("; ")
            }
            Self::Hook { source, .. } => format!("{self}: {}", source.line()),
            _ => self.to_string(),
        }
    }
}

impl From<RecordError> for ActionError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Kube(error) => Self::Kube(error),
            error => Self::Record(error),
        }
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.owner, &self.managed_by) {
            (Some(owner), _) => write!(formatter, "{} belongs to release {owner}", self.object),
            (None, Some(by)) => write!(formatter, "{} is managed by {by}", self.object),
            (None, None) => write!(formatter, "{} belongs to no release", self.object),
        }
    }
}
