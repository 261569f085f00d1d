//! Why a record cannot be written or read.

use crate::kube::KubeError;
use crate::outcome::Recovery;

/// What is wrong with a record, or with the place it lies in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecordError {
    /// It is larger than a Secret may be. Nothing was sent.
    #[error("the record of release {name} revision {revision} has {size} bytes, a secret holds {limit}")]
    TooLarge {
        /// The release.
        name: String,
        /// The revision.
        revision: u32,
        /// What it would take, in bytes.
        size: usize,
        /// What a Secret holds, in bytes.
        limit: usize,
    },
    /// A label is one of those that Helm sets itself.
    #[error("label {0} is reserved for Helm")]
    SystemLabel(String),
    /// A Secret of Helm's type holds no record.
    #[error("secret {namespace}/{name}: {reason}")]
    Unreadable {
        /// Where it lies.
        namespace: String,
        /// Its name.
        name: String,
        /// Why, without any of its content.
        reason: String,
    },
    /// The cluster did not store or give it.
    #[error(transparent)]
    Kube(#[from] KubeError),
}

impl RecordError {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::TooLarge { .. } => Recovery::Rejected(Some("chart".to_owned())),
            Self::SystemLabel(_) => Recovery::Rejected(Some("labels".to_owned())),
            Self::Unreadable { .. } => Recovery::Fatal,
            Self::Kube(error) => error.recovery(),
        }
    }
}
