//! A cloud's errors about machines, with the argument that they speak of.

use super::super::explain;
use crate::cloud::CloudError;
use crate::diagnostics::Diagnostic;
use crate::value::Path;

/// Argument that an Azure error code speaks of. Source: `facts/azure.md` F2.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("SkuNotAvailable", "sku"),
    ("NotAvailableForSubscription", "sku"),
    ("AllocationFailed", "sku"),
    ("ZonalAllocationFailed", "zones"),
    ("OverconstrainedAllocationRequest", "sku"),
    ("OverconstrainedZonalAllocationRequest", "zones"),
    ("AvailabilityZoneNotSupported", "zones"),
    ("PrivateIPAddressInUse", "private_ipv4"),
    ("PrivateIPAddressNotInSubnet", "private_ipv4"),
    ("PlatformImageNotFound", "image"),
    ("ImageNotFound", "image"),
    ("VMMarketplaceInvalidInput", "image"),
    ("SubnetIsFull", "subnets"),
    ("PublicIPCountLimitReached", "public_ipv4"),
];

/// An error about the whole pool.
pub(super) fn pool(error: &CloudError, doing: &str, import_id: Option<&str>) -> Diagnostic {
    let diagnostic = explain::cloud(error, doing, import_id);
    if let CloudError::Refused { answer, .. } = error
        && let Some((_, attribute)) = ATTRIBUTES.iter().find(|(code, _)| *code == answer.code)
    {
        return diagnostic.at(Path::of(*attribute));
    }
    match (&diagnostic.path, error) {
        // An argument of the network is none of the pool's.
        (Some(path), CloudError::Refused { .. }) if !is_ours(path) => Diagnostic { path: None, ..diagnostic },
        _ => diagnostic,
    }
}

fn is_ours(path: &Path) -> bool {
    let attributes = super::resource().block;
    match path.0.first() {
        Some(crate::value::Step::Attribute(name)) => attributes.attribute(name).is_some(),
        _ => false,
    }
}

/// An error about one node, with the end of its serial console where there is one.
pub(super) fn node(
    error: &CloudError,
    doing: &str,
    import_id: Option<&str>,
    console: Option<&str>,
) -> Diagnostic {
    let mut diagnostic = pool(error, doing, import_id);
    if let Some(text) = console.map(str::trim_end).filter(|text| !text.is_empty()) {
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LINES)..];
        diagnostic.detail.push_str(&format!("\n\nThe end of its serial console:\n  {}", tail.join("\n  ")));
    }
    diagnostic
}

/// Lines of a console that are shown.
const LINES: usize = 20;
