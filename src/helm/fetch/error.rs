//! Why a chart could not be had from elsewhere.

use std::time::Duration;

use crate::helm::chart::LoadError;
use crate::helm::version::BadRange;
use crate::outcome::Recovery;
use crate::time::Ended;

use super::folder::DiskError;
use super::provenance::ProvenanceError;

/// Why a chart could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is not on this machine's disk, or is no chart there.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What came is no chart.
    #[error("{url}: {error}")]
    Load {
        /// Where it came from.
        url: String,
        /// Why.
        error: LoadError,
    },
    /// An address cannot be used.
    #[error("{text:?} is no address of a chart or a repository: {reason}")]
    Address {
        /// The address.
        text: String,
        /// Why.
        reason: String,
    },
    /// A certificate or a key cannot be used.
    #[error("{what}: {reason}")]
    Trust {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Nobody answered.
    #[error("{url} gave no answer: {reason}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why, as the system says it.
        reason: String,
    },
    /// The credentials are missing or wrong.
    #[error("{url} refused ({status}): {}", if *.given { "the credentials are not accepted" } else { "it wants credentials, and none are given" })]
    Denied {
        /// What was asked.
        url: String,
        /// The status of the answer: 401 or 403.
        status: u16,
        /// Whether there were any.
        given: bool,
    },
    /// Another answer than was asked for.
    #[error("{url} answered {status}{}", if .said.is_empty() { String::new() } else { format!(": {said}") })]
    Refused {
        /// What was asked.
        url: String,
        /// The status of the answer.
        status: u16,
        /// What the answer said, as far as a registry says something.
        said: String,
        /// When to ask again, where the answer says so.
        again: Option<Duration>,
    },
    /// The answer is larger than allowed.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// What is allowed.
        limit: u64,
    },
    /// The answer cannot be understood.
    #[error("{url} answered with what is no {what}: {reason}")]
    Unreadable {
        /// What was asked.
        url: String,
        /// What it should be.
        what: &'static str,
        /// Why it is none.
        reason: String,
    },
    /// What came is not what the registry promised.
    #[error("{url} has the digest {found}, and {expected} was promised")]
    Digest {
        /// What was asked.
        url: String,
        /// The digest of what came.
        found: String,
        /// The digest that was promised.
        expected: String,
    },
    /// The wanted version is no version and no range.
    #[error(transparent)]
    Range(#[from] BadRange),
    /// The repository has no such chart.
    #[error("{place} has no chart {name:?}{}", near(.nearest))]
    NoChart {
        /// The repository.
        place: String,
        /// The chart.
        name: String,
        /// Names that are like it.
        nearest: Vec<String>,
    },
    /// The chart has no such version.
    #[error("{place} has no version {wanted:?} of {name}; it has {}", listed(.known))]
    NoVersion {
        /// The repository.
        place: String,
        /// The chart.
        name: String,
        /// What was asked for.
        wanted: String,
        /// The highest versions that there are.
        known: Vec<String>,
    },
    /// A login that a cloud should give is not to be had.
    #[error("no login for {host}: {reason}")]
    Login {
        /// The registry.
        host: String,
        /// Why.
        reason: String,
    },
    /// The signature is not there, or not what it should be.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// The run ended before the chart was here.
    #[error("fetching {url}: {ended}")]
    Ended {
        /// What was asked.
        url: String,
        /// Why.
        ended: Ended,
    },
}

impl FetchError {
    /// What can be done about it.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Unreachable { .. } => Recovery::Retry(None),
            Self::Refused { status, again, .. } if is_passing(*status) => Recovery::Retry(*again),
            Self::Denied { .. } | Self::Login { .. } => Recovery::Denied,
            Self::Ended { .. } => Recovery::Fatal,
            _ => Recovery::Rejected(None),
        }
    }
}

/// Whether a server answers so in a bad moment only.
pub(super) const fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

fn near(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; the nearest are {}", names.join(", ")) }
}

fn listed(versions: &[String]) -> String {
    if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
}
