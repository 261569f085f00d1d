//! Why a chart's dependencies could not be had.

use std::io;
use std::path::PathBuf;

use crate::helm::chart::LoadError;
use crate::helm::fetch::{DiskError, FetchError};
use crate::helm::version::BadRange;
use crate::outcome::Recovery;

/// Why a chart's dependencies could not be had; where Helm has words for it, in Helm's.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// There is no folder: only there can something be laid into `charts/`.
    #[error("only unpacked charts can be updated")]
    Packed,
    /// The chart itself cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// With its dependencies it is no chart.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A version is neither a version nor a range.
    #[error("dependency {name:?} has an invalid version/constraint format: {error}")]
    Range {
        /// The dependency.
        name: String,
        /// Why.
        error: BadRange,
    },
    /// A repository is called by a name of Helm's own list on some machine.
    #[error(
        "dependency {name:?} calls its repository {repository:?}, a name out of the list of a helm program, and there is none here; write its address, https://… or oci://…, into Chart.yaml"
    )]
    Alias {
        /// The dependency.
        name: String,
        /// The name.
        repository: String,
    },
    /// A repository is no address.
    #[error(
        "no repository definition for {repository} of dependency {name:?}: repositories are addresses, https://…, oci://… or file://…"
    )]
    NoAddress {
        /// The dependency.
        name: String,
        /// What stands in the place of an address.
        repository: String,
    },
    /// A chart that should lie on the disk does not.
    #[error("directory {} not found (dependency {name:?})", path.display())]
    NoFolder {
        /// The dependency.
        name: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// There are no such versions.
    #[error(
        "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml",
        .0.len(),
        .0.join(", ")
    )]
    NoVersion(Vec<String>),
    /// What lies in `charts/` has another version.
    #[error("dependency {name} at version {found} does not satisfy the constraint {wanted}")]
    OtherVersion {
        /// The dependency.
        name: String,
        /// Its version.
        found: String,
        /// What Chart.yaml asks for.
        wanted: String,
    },
    /// The lock file is of another Chart.yaml.
    #[error(
        "the lock file ({lock}) is out of sync with the dependencies file ({file}). Please update the dependencies"
    )]
    OutOfSync {
        /// The lock file.
        lock: &'static str,
        /// What it should be of.
        file: &'static str,
    },
    /// A chart could not be fetched.
    #[error("dependency {name:?}: {error}")]
    Fetch {
        /// The dependency.
        name: String,
        /// Why.
        error: Box<FetchError>,
    },
    /// A file cannot be written.
    #[error("{}: {error}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The lock file is a link, which is not written through.
    #[error("the {} file is a symlink to {}", name, to.display())]
    Link {
        /// The lock file.
        name: &'static str,
        /// Where it leads.
        to: PathBuf,
    },
}

impl DependencyError {
    /// What can be done about it.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Fetch { error, .. } => error.recovery(),
            Self::Write { .. } | Self::Link { .. } => Recovery::Fatal,
            _ => Recovery::Rejected(None),
        }
    }
}
