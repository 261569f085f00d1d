//! Public addresses of NAT gateways and machines.

use azure_mgmt_network::package_2024_03::models::{
    IpAllocationMethod, IpVersion, PublicIpAddress, PublicIpAddressPropertiesFormat, PublicIpAddressSku,
    Resource, public_ip_address_sku,
};
use serde_json::Value;

use super::document::{body, writable};
use super::tags::Tags;

/// The body of a new address, or of one that Azure could not finish; else none: its tags have their own
/// request.
pub(super) fn change(now: Option<&Value>, location: &str, zone: Option<&str>, tags: &Tags) -> Option<Value> {
    let zones: Vec<String> = zone.map(str::to_owned).into_iter().collect();
    change_of(now, location, &zones, IpVersion::IPv4, tags)
}

/// The same for an address of either family in one zone, all zones or none.
pub(super) fn change_of(
    now: Option<&Value>,
    location: &str,
    zones: &[String],
    version: IpVersion,
    tags: &Tags,
) -> Option<Value> {
    if let Some(now) = now {
        let failed = super::operation::provisioning_state(now).eq_ignore_ascii_case("Failed");
        return failed.then(|| writable(now, &["ipConfiguration", "natGateway", "ipAddress"]));
    }
    Some(body(&PublicIpAddress {
        resource: Resource {
            location: Some(location.to_owned()),
            tags: serde_json::to_value(tags).ok(),
            ..Resource::default()
        },
        sku: Some(PublicIpAddressSku { name: Some(public_ip_address_sku::Name::Standard), tier: None }),
        properties: Some(Box::new(PublicIpAddressPropertiesFormat {
            public_ip_allocation_method: Some(IpAllocationMethod::Static),
            public_ip_address_version: Some(version),
            ..PublicIpAddressPropertiesFormat::default()
        })),
        zones: zones.to_vec(),
        ..PublicIpAddress::default()
    }))
}

/// The address itself, once Azure has given one.
pub(super) fn address(object: &Value) -> Option<String> {
    object.pointer("/properties/ipAddress").and_then(Value::as_str).map(str::to_owned)
}
