//! Where a revision stands in its life.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a revision stands, in Helm's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is what runs.
    Deployed,
    /// It is gone, and its history was kept.
    Uninstalled,
    /// A later one has taken its place.
    Superseded,
    /// It did not come to its end.
    Failed,
    /// It is being removed, or its removal was cut off.
    Uninstalling,
    /// The first revision is under way, or was cut off.
    PendingInstall,
    /// An upgrade is under way, or was cut off.
    PendingUpgrade,
    /// A rollback is under way, or was cut off.
    PendingRollback,
    /// Nobody knows.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// Whether somebody works on it, or did when he was cut off. Helm refuses to touch such a release.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback)
    }

    /// Whether the revision has run as a whole.
    pub const fn has_run(self) -> bool {
        matches!(self, Self::Deployed | Self::Superseded)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
