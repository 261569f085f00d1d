//! Subnets, as they stand inside their network.

use azure_mgmt_network::package_2024_03::models::{SubResource, Subnet, SubnetPropertiesFormat};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

use super::document::{body, properties, writable};
use super::ids::{name, same};
use crate::cloud::SubnetPlan;

/// What Azure alone writes into a subnet.
const READ_ONLY: &[&str] = &[
    "ipConfigurations",
    "ipConfigurationProfiles",
    "privateEndpoints",
    "resourceNavigationLinks",
    "serviceAssociationLinks",
    "purpose",
];

/// What a subnet's way out shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gateway {
    /// This NAT gateway of ours.
    Ours(String),
    /// None of ours; one of somebody else stays.
    NotOurs,
}

/// A subnet without what Azure alone writes.
pub(super) fn plain(now: &Value) -> Value {
    writable(now, READ_ONLY)
}

/// The ranges of a subnet, whether it has one or more.
pub(super) fn ranges(subnet: &Value) -> Vec<IpNet> {
    let one = subnet.pointer("/properties/addressPrefix").and_then(Value::as_str);
    let many = subnet.pointer("/properties/addressPrefixes").and_then(Value::as_array);
    let mut found: Vec<IpNet> = many
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(one)
        .filter_map(|text| text.parse().ok())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The first range of each family.
pub(super) fn families(ranges: &[IpNet]) -> (Option<Ipv4Net>, Option<Ipv6Net>) {
    let first4 = ranges.iter().find_map(|net| match net {
        IpNet::V4(net) => Some(*net),
        IpNet::V6(_) => None,
    });
    let first6 = ranges.iter().find_map(|net| match net {
        IpNet::V6(net) => Some(*net),
        IpNet::V4(_) => None,
    });
    (first4, first6)
}

/// Id of the NAT gateway that serves a subnet.
pub(super) fn gateway_of(subnet: &Value) -> Option<&str> {
    subnet.pointer("/properties/natGateway/id").and_then(Value::as_str)
}

/// A subnet brought to its plan. `is_ours` tells whether a NAT gateway is one of this network's.
pub(super) fn shall(
    now: Option<&Value>,
    own_name: &str,
    plan: &SubnetPlan,
    gateway: &Gateway,
    is_ours: &(dyn Fn(&str) -> bool + Sync),
) -> Value {
    let mut wanted: Vec<IpNet> =
        std::iter::once(IpNet::V4(plan.ipv4)).chain(plan.ipv6.map(IpNet::V6)).collect();
    wanted.sort_unstable();
    let Some(now) = now else {
        let mut prefixes: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let one = if prefixes.len() == 1 { prefixes.pop() } else { None };
        return body(&Subnet {
            sub_resource: SubResource { id: None },
            properties: Some(SubnetPropertiesFormat {
                address_prefix: one,
                address_prefixes: prefixes,
                default_outbound_access: Some(false),
                nat_gateway: match gateway {
                    Gateway::Ours(id) => Some(SubResource { id: Some(id.clone()) }),
                    Gateway::NotOurs => None,
                },
                ..SubnetPropertiesFormat::default()
            }),
            name: Some(own_name.to_owned()),
            etag: None,
            type_: None,
        });
    };
    let mut subnet = plain(now);
    let has = ranges(now);
    let has_gateway = gateway_of(now).map(str::to_owned);
    let inner = properties(&mut subnet);
    if has != wanted {
        inner.remove("addressPrefix");
        inner.remove("addressPrefixes");
        if let [one] = wanted.as_slice() {
            inner.insert("addressPrefix".to_owned(), json!(one.to_string()));
        } else {
            let list: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            inner.insert("addressPrefixes".to_owned(), json!(list));
        }
    }
    if inner.get("defaultOutboundAccess") != Some(&Value::Bool(false)) {
        inner.insert("defaultOutboundAccess".to_owned(), Value::Bool(false));
    }
    match (gateway, has_gateway) {
        (Gateway::Ours(id), Some(now)) if same(id, &now) => {}
        (Gateway::Ours(id), _) => {
            inner.insert("natGateway".to_owned(), json!({ "id": id }));
        }
        (Gateway::NotOurs, Some(now)) if is_ours(&now) => {
            inner.remove("natGateway");
        }
        (Gateway::NotOurs, _) => {}
    }
    subnet
}

/// The name of a subnet in a network's body.
pub(super) fn name_of(subnet: &Value) -> &str {
    let own = subnet.get("name").and_then(Value::as_str);
    own.or_else(|| subnet.get("id")?.as_str().map(name)).unwrap_or_default()
}
