//! NAT gateways.

use azure_mgmt_network::package_2024_03::models::{
    NatGateway, NatGatewayPropertiesFormat, NatGatewaySku, Resource, SubResource, nat_gateway_sku,
};
use serde_json::{Value, json};

use super::document::{body, properties, writable};
use super::ids::{normal, same};
use super::tags::{self, Tags};

/// The body that gives a gateway its addresses; none where it has them.
pub(super) fn change(
    now: Option<&Value>,
    location: &str,
    zone: Option<&str>,
    addresses: &[String],
    tags: &Tags,
) -> Option<Value> {
    let links =
        |ids: &[String]| ids.iter().map(|id| SubResource { id: Some(id.clone()) }).collect::<Vec<_>>();
    let Some(now) = now else {
        return Some(body(&NatGateway {
            resource: Resource {
                location: Some(location.to_owned()),
                tags: serde_json::to_value(tags).ok(),
                ..Resource::default()
            },
            sku: Some(NatGatewaySku { name: Some(nat_gateway_sku::Name::Standard) }),
            properties: Some(NatGatewayPropertiesFormat {
                idle_timeout_in_minutes: Some(4),
                public_ip_addresses: links(addresses),
                ..NatGatewayPropertiesFormat::default()
            }),
            zones: zone.map(str::to_owned).into_iter().collect(),
            etag: None,
        }));
    };
    let has = addresses_of(now);
    let alike =
        has.len() == addresses.len() && addresses.iter().all(|id| has.iter().any(|other| same(id, other)));
    let failed = super::operation::provisioning_state(now).eq_ignore_ascii_case("Failed");
    (!alike || failed).then(|| {
        let mut gateway = writable(now, &["subnets"]);
        gateway["tags"] = json!(tags::laid_over(&tags::of(now), tags, &Tags::new()));
        properties(&mut gateway).insert("publicIpAddresses".to_owned(), body(&links(addresses)));
        gateway
    })
}

/// Ids of a gateway's addresses.
pub(super) fn addresses_of(gateway: &Value) -> Vec<String> {
    let list = gateway.pointer("/properties/publicIpAddresses").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|one| one.get("id")?.as_str()).map(normal).collect()
}

/// The zones of an object; empty: none of its own.
pub(super) fn zones(object: &Value) -> Vec<&str> {
    object.get("zones").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
