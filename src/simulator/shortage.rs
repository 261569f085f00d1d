//! Machines that are not to be had: the part of a fault script about capacity.

use serde::Deserialize;

use super::glob;

/// One shortage: it meets what would take up a machine of the cloud, which is making a virtual machine,
/// starting a deallocated one, and giving one another size.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shortage {
    /// Machine type, `*` for any run of characters; absent: all.
    #[serde(default)]
    sku: Option<String>,
    /// Name of the virtual machine, likewise.
    #[serde(default)]
    machine: Option<String>,
    #[serde(default)]
    location: Option<String>,
    /// Zone; `""` for machines without one.
    #[serde(default)]
    zone: Option<String>,
    /// Only spot machines, or only the others.
    #[serde(default)]
    spot: Option<bool>,
    /// The first of the matching allocations that is hit, from 1.
    #[serde(default)]
    nth: Option<u64>,
    /// How many are hit from then on, 1 by default; 0 for all.
    #[serde(default)]
    times: Option<u64>,
    error: Lack,
    #[serde(skip)]
    seen: u64,
}

/// How Azure says that it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Lack {
    AllocationFailed,
    ZonalAllocationFailed,
    OverconstrainedAllocationRequest,
    OverconstrainedZonalAllocationRequest,
    /// At once, with 409, unlike the others, which only the operation tells.
    SkuNotAvailable,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) sku: &'a str,
    pub(crate) machine: &'a str,
    pub(crate) location: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) spot: bool,
}

impl Shortage {
    /// Counts an allocation and says whether it fails.
    pub(crate) fn strike(&mut self, wanted: &Wanted<'_>) -> Option<Lack> {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| glob::matches(pattern, text))
        };
        let meant = fits(&self.sku, wanted.sku)
            && fits(&self.machine, wanted.machine)
            && fits(&self.location, wanted.location)
            && self.zone.as_ref().is_none_or(|zone| zone == wanted.zone)
            && self.spot.is_none_or(|spot| spot == wanted.spot);
        if !meant {
            return None;
        }
        self.seen += 1;
        let (first, times) = (self.nth.unwrap_or(1), self.times.unwrap_or(1));
        let hit = self.seen >= first && (times == 0 || self.seen < first.saturating_add(times));
        hit.then_some(self.error)
    }

    /// What is wrong with the rule itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.nth == Some(0) { Err("allocations are counted from 1".to_owned()) } else { Ok(()) }
    }
}

impl Lack {
    /// The code in the operation.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::AllocationFailed => "AllocationFailed",
            Self::ZonalAllocationFailed => "ZonalAllocationFailed",
            Self::OverconstrainedAllocationRequest => "OverconstrainedAllocationRequest",
            Self::OverconstrainedZonalAllocationRequest => "OverconstrainedZonalAllocationRequest",
            Self::SkuNotAvailable => "SkuNotAvailable",
        }
    }

    /// The operation's message.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::AllocationFailed | Self::SkuNotAvailable => {
                "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more \
                 about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
            }
            Self::ZonalAllocationFailed => {
                "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more \
                 about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
            }
            Self::OverconstrainedAllocationRequest => {
                "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too \
                 restrictive. Please remove some constraints and try again. Constraints applied are:\n  - VM Size\n"
            }
            Self::OverconstrainedZonalAllocationRequest => {
                "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too \
                 restrictive. Please remove some constraints and try again. Constraints applied are:\n  - Availability \
                 Zone\n  - VM Size\n"
            }
        }
    }
}
