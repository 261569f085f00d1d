//! Azure's regions.

use serde_json::{Value, json};

/// Name, display name, whether it has availability zones.
const REGIONS: &[(&str, &str, bool)] = &[
    ("australiaeast", "Australia East", true),
    ("brazilsouth", "Brazil South", true),
    ("canadacentral", "Canada Central", true),
    ("centralindia", "Central India", true),
    ("centralus", "Central US", true),
    ("eastasia", "East Asia", true),
    ("eastus", "East US", true),
    ("eastus2", "East US 2", true),
    ("francecentral", "France Central", true),
    ("germanywestcentral", "Germany West Central", true),
    ("japaneast", "Japan East", true),
    ("koreacentral", "Korea Central", true),
    ("northcentralus", "North Central US", false),
    ("northeurope", "North Europe", true),
    ("norwayeast", "Norway East", true),
    ("polandcentral", "Poland Central", true),
    ("southcentralus", "South Central US", true),
    ("southeastasia", "Southeast Asia", true),
    ("southindia", "South India", false),
    ("swedencentral", "Sweden Central", true),
    ("switzerlandnorth", "Switzerland North", true),
    ("uaenorth", "UAE North", true),
    ("uksouth", "UK South", true),
    ("ukwest", "UK West", false),
    ("westeurope", "West Europe", true),
    ("westus", "West US", false),
    ("westus2", "West US 2", true),
    ("westus3", "West US 3", true),
];

/// A region's own name for any spelling that Azure takes, such as `West Europe`.
pub(crate) fn canonical(location: &str) -> Option<&'static str> {
    let plain: String = location.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    REGIONS.iter().map(|(name, _, _)| *name).find(|name| *name == plain)
}

/// Whether a region has availability zones.
pub(crate) fn has_zones(location: &str) -> bool {
    REGIONS.iter().any(|(name, _, zones)| *name == location && *zones)
}

/// All names, as they stand in messages.
pub(crate) fn listed() -> String {
    REGIONS.iter().map(|(name, _, _)| *name).collect::<Vec<_>>().join(",")
}

/// The display names of all regions.
pub(crate) fn display_names() -> Vec<&'static str> {
    REGIONS.iter().map(|(_, display, _)| *display).collect()
}

/// The regions as `GET /subscriptions/{id}/locations` shows them.
pub(crate) fn all(subscription: &str) -> Vec<Value> {
    REGIONS
        .iter()
        .map(|(name, display, zones)| {
            let mut region = json!({
                "id": format!("/subscriptions/{subscription}/locations/{name}"),
                "name": name,
                "type": "Region",
                "displayName": display,
                "regionalDisplayName": display,
                "metadata": { "regionType": "Physical", "regionCategory": "Recommended" },
            });
            if *zones {
                region["availabilityZoneMappings"] = ["1", "2", "3"]
                    .iter()
                    .map(|zone| json!({ "logicalZone": zone, "physicalZone": format!("{name}-az{zone}") }))
                    .collect();
            }
            region
        })
        .collect()
}

/// The names of all regions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, _, _)| *name)
}
