//! The checks by name, and which of them are asked for.

use std::collections::BTreeSet;

/// A check. The names are stable: users write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Values that no template reads.
    UnreadValues,
    /// `%!` and `<no value>` in the output.
    UnfilledOutput,
    /// Dependencies that lie in `charts/` twice, or not as Chart.lock says.
    Dependencies,
    /// Replicas fixed beside an autoscaler.
    FixedReplicas,
    /// Objects that are rendered twice.
    DuplicateObjects,
    /// GPUs that two device plugins or drivers claim.
    GpuOwners,
    /// Versions of APIs that the cluster's Kubernetes has not.
    RemovedApis,
    /// Claims for many nodes on a class for one.
    AccessModes,
}

impl Check {
    /// All checks, in the order of their findings.
    pub const ALL: [Self; 8] = [
        Self::UnreadValues,
        Self::UnfilledOutput,
        Self::Dependencies,
        Self::FixedReplicas,
        Self::DuplicateObjects,
        Self::GpuOwners,
        Self::RemovedApis,
        Self::AccessModes,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnreadValues => "unread-values",
            Self::UnfilledOutput => "unfilled-output",
            Self::Dependencies => "dependencies",
            Self::FixedReplicas => "fixed-replicas",
            Self::DuplicateObjects => "duplicate-objects",
            Self::GpuOwners => "gpu-owners",
            Self::RemovedApis => "removed-apis",
            Self::AccessModes => "access-modes",
        }
    }

    /// The check of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }
}

/// The checks that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(BTreeSet<Check>);

/// There is no check of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no check {name:?}; there are {}", Check::ALL.map(Check::name).join(", "))]
pub struct UnknownCheck {
    /// What was asked for.
    pub name: String,
}

impl Default for Selection {
    /// All.
    fn default() -> Self {
        Self(Check::ALL.into())
    }
}

impl Selection {
    /// By names: those that are named, or, where a minus stands in front, all but those. `all` is all.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownCheck> {
        let names: Vec<&str> = names.into_iter().map(str::trim).filter(|name| !name.is_empty()).collect();
        let omits = |name: &&str| name.starts_with('-');
        let mut chosen = if names.iter().all(omits) { Self::default() } else { Self(BTreeSet::new()) };
        for name in names {
            let check = |name: &str| Check::named(name).ok_or_else(|| UnknownCheck { name: name.to_owned() });
            match name.strip_prefix('-') {
                Some(name) => {
                    chosen.0.remove(&check(name)?);
                }
                None if name == "all" => chosen = Self::default(),
                None => {
                    chosen.0.insert(check(name)?);
                }
            }
        }
        Ok(chosen)
    }

    /// Whether a check is among them.
    pub fn has(&self, check: Check) -> bool {
        self.0.contains(&check)
    }
}
