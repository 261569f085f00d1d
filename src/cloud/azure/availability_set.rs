//! Availability sets: they keep servers apart where a region has no zones.

use azure_mgmt_compute::package_2024_07_01::models::{
    AvailabilitySet, AvailabilitySetProperties, Resource, Sku,
};
use serde_json::Value;

use super::document::body;
use super::tags::Tags;

/// The body of a new set, for managed disks.
pub(super) fn new(location: &str, tags: &Tags) -> Value {
    let mut resource = Resource::new(location.to_owned());
    resource.tags = serde_json::to_value(tags).ok();
    let mut set = AvailabilitySet::new(resource);
    set.sku = Some(Sku { name: Some("Aligned".to_owned()), ..Sku::new() });
    set.properties = Some(AvailabilitySetProperties {
        // Two is what every region has.
        platform_fault_domain_count: Some(2),
        platform_update_domain_count: Some(5),
        ..AvailabilitySetProperties::default()
    });
    body(&set)
}

/// Whether no machine is in it.
pub(super) fn is_empty(set: &Value) -> bool {
    let machines = set.pointer("/properties/virtualMachines").and_then(Value::as_array);
    machines.is_none_or(Vec::is_empty)
}
