//! Network cards of machines: one IPv4 configuration, and one for IPv6 where the subnet has it.

use std::net::{IpAddr, Ipv4Addr};

use azure_mgmt_network::package_2024_03::models::{
    IpAllocationMethod, IpVersion, NetworkInterface, NetworkInterfaceIpConfiguration,
    NetworkInterfaceIpConfigurationPropertiesFormat as Configuration, NetworkInterfacePropertiesFormat,
    NetworkSecurityGroup, PublicIpAddress, Resource, SubResource, Subnet,
};
use serde_json::{Map, Value, json};

use super::document::{body, properties, writable};
use super::ids::same;
use super::tags::Tags;

/// What Azure alone writes into a card.
const READ_ONLY: &[&str] = &[
    "virtualMachine",
    "macAddress",
    "primary",
    "privateEndpoint",
    "privateLinkService",
    "vnetEncryptionSupported",
    "hostedWorkloads",
    "tapConfigurations",
    "migrationPhase",
    "dscpConfiguration",
    "defaultOutboundConnectivityEnabled",
];

/// What a card shall be.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    /// Region.
    pub(super) location: &'a str,
    /// Id of the subnet; absent: the one that it is in.
    pub(super) subnet: Option<&'a str>,
    /// Whether the subnet has IPv6.
    pub(super) ipv6: bool,
    /// Fixed private address; absent: the one that it has, or what Azure gives.
    pub(super) private_ipv4: Option<Ipv4Addr>,
    /// Id of the security group.
    pub(super) security_group: &'a str,
    /// Accelerated networking; absent: as it is.
    pub(super) accelerated: Option<bool>,
    /// Id of the public IPv4 address.
    pub(super) public_ipv4: Option<&'a str>,
    /// Id of the public IPv6 address.
    pub(super) public_ipv6: Option<&'a str>,
    /// Tags of a card that is made.
    pub(super) tags: &'a Tags,
}

/// The body that makes a card, or brings it to what it shall be; none where it is that.
pub(super) fn change(now: Option<&Value>, wanted: &Wanted<'_>) -> Option<Value> {
    let Some(now) = now else { return Some(new(wanted)) };
    let before = plain(now);
    let mut card = before.clone();
    let failed = super::operation::provisioning_state(now).eq_ignore_ascii_case("Failed");
    let inner = properties(&mut card);
    let group = inner.get("networkSecurityGroup").and_then(|group| group.get("id")?.as_str());
    if group.is_none_or(|group| !same(group, wanted.security_group)) {
        inner.insert("networkSecurityGroup".to_owned(), json!({ "id": wanted.security_group }));
    }
    if let Some(accelerated) = wanted.accelerated
        && inner.get("enableAcceleratedNetworking").and_then(Value::as_bool).unwrap_or(false) != accelerated
    {
        inner.insert("enableAcceleratedNetworking".to_owned(), json!(accelerated));
    }
    if let Some(list) = inner.get_mut("ipConfigurations").and_then(Value::as_array_mut) {
        bring_configurations(list, wanted);
    }
    (failed || card != before).then_some(card)
}

fn bring_configurations(list: &mut Vec<Value>, wanted: &Wanted<'_>) {
    let subnet =
        list.iter().find_map(|one| one.pointer("/properties/subnet/id")?.as_str()).map(str::to_owned);
    let (mut seen4, mut seen6) = (false, false);
    for one in list.iter_mut() {
        let v6 = is_v6(one);
        let first = !std::mem::replace(if v6 { &mut seen6 } else { &mut seen4 }, true);
        if !first {
            // A second configuration of a family is somebody else's.
            continue;
        }
        let inner = properties(one);
        let public = if v6 { wanted.public_ipv6 } else { wanted.public_ipv4 };
        let has = inner.get("publicIPAddress").and_then(|address| address.get("id")?.as_str());
        match (public, has) {
            (Some(id), Some(has)) if same(id, has) => {}
            (Some(id), _) => {
                inner.insert("publicIPAddress".to_owned(), json!({ "id": id }));
            }
            (None, Some(_)) => {
                inner.remove("publicIPAddress");
            }
            (None, None) => {}
        }
        if let Some(address) = wanted.private_ipv4.filter(|_| !v6).map(|address| address.to_string())
            && (inner.get("privateIPAddress") != Some(&json!(address))
                || inner.get("privateIPAllocationMethod") != Some(&json!("Static")))
        {
            inner.insert("privateIPAddress".to_owned(), json!(address));
            inner.insert("privateIPAllocationMethod".to_owned(), json!("Static"));
        }
        if let Some(wanted) = wanted.subnet
            && inner
                .get("subnet")
                .and_then(|now| now.get("id")?.as_str())
                .is_none_or(|now| !same(now, wanted))
        {
            inner.insert("subnet".to_owned(), json!({ "id": wanted }));
        }
    }
    if let (true, false, Some(subnet)) = (wanted.ipv6, seen6, wanted.subnet.or(subnet.as_deref())) {
        list.push(body(&configuration(true, subnet, wanted)));
    }
}

fn new(wanted: &Wanted<'_>) -> Value {
    let subnet = wanted.subnet.unwrap_or_default();
    let families = if wanted.ipv6 { &[false, true][..] } else { &[false][..] };
    body(&NetworkInterface {
        resource: Resource {
            location: Some(wanted.location.to_owned()),
            tags: serde_json::to_value(wanted.tags).ok(),
            ..Resource::default()
        },
        properties: Some(NetworkInterfacePropertiesFormat {
            ip_configurations: families.iter().map(|v6| configuration(*v6, subnet, wanted)).collect(),
            network_security_group: Some(NetworkSecurityGroup {
                resource: Resource { id: Some(wanted.security_group.to_owned()), ..Resource::default() },
                ..NetworkSecurityGroup::default()
            }),
            enable_accelerated_networking: wanted.accelerated,
            ..NetworkInterfacePropertiesFormat::default()
        }),
        ..NetworkInterface::default()
    })
}

fn configuration(v6: bool, subnet: &str, wanted: &Wanted<'_>) -> NetworkInterfaceIpConfiguration {
    let public = if v6 { wanted.public_ipv6 } else { wanted.public_ipv4 };
    let fixed = wanted.private_ipv4.filter(|_| !v6);
    NetworkInterfaceIpConfiguration {
        name: Some(if v6 { "ipv6" } else { "ipv4" }.to_owned()),
        properties: Some(Configuration {
            private_ip_address: fixed.map(|address| address.to_string()),
            private_ip_allocation_method: Some(match fixed {
                Some(_) => IpAllocationMethod::Static,
                None => IpAllocationMethod::Dynamic,
            }),
            private_ip_address_version: Some(if v6 { IpVersion::IPv6 } else { IpVersion::IPv4 }),
            subnet: Some(Subnet {
                sub_resource: SubResource { id: Some(subnet.to_owned()) },
                ..Subnet::default()
            }),
            primary: Some(!v6),
            public_ip_address: public.map(|id| PublicIpAddress {
                resource: Resource { id: Some(id.to_owned()), ..Resource::default() },
                ..PublicIpAddress::default()
            }),
            ..Configuration::default()
        }),
        ..NetworkInterfaceIpConfiguration::default()
    }
}

/// A card as it can be sent back: references as ids alone, without what Azure writes.
fn plain(now: &Value) -> Value {
    let mut card = writable(now, READ_ONLY);
    for key in ["id", "name", "type", "kind"] {
        card.as_object_mut().map(|card| card.remove(key));
    }
    let inner = properties(&mut card);
    only_id(inner, "networkSecurityGroup");
    let list = inner.get_mut("ipConfigurations").and_then(Value::as_array_mut);
    for one in list.into_iter().flatten() {
        for key in ["etag", "type", "id"] {
            one.as_object_mut().map(|one| one.remove(key));
        }
        let inner = properties(one);
        for key in ["provisioningState", "privateIPAddressPrefixLength", "privateLinkConnectionProperties"] {
            inner.remove(key);
        }
        only_id(inner, "subnet");
        only_id(inner, "publicIPAddress");
    }
    card
}

fn only_id(inner: &mut Map<String, Value>, key: &str) {
    if let Some(id) = inner.get(key).and_then(|one| one.get("id")).cloned() {
        inner.insert(key.to_owned(), json!({ "id": id }));
    }
}

fn is_v6(configuration: &Value) -> bool {
    configuration.pointer("/properties/privateIPAddressVersion").and_then(Value::as_str) == Some("IPv6")
}

/// One IP configuration of a card, as far as a pool asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Family {
    /// Private address.
    pub(super) private: Option<IpAddr>,
    /// Id of the public address.
    pub(super) public: Option<String>,
    /// Id of the subnet.
    pub(super) subnet: Option<String>,
}

/// The first configuration of a family.
pub(super) fn family(card: &Value, v6: bool) -> Family {
    let list = card.pointer("/properties/ipConfigurations").and_then(Value::as_array);
    let Some(one) = list.into_iter().flatten().find(|one| is_v6(one) == v6) else {
        return Family::default();
    };
    let text = |path: &str| one.pointer(path).and_then(Value::as_str);
    Family {
        private: text("/properties/privateIPAddress").and_then(|text| text.parse().ok()),
        public: text("/properties/publicIPAddress/id").map(str::to_owned),
        subnet: text("/properties/subnet/id").map(str::to_owned),
    }
}

/// Id of the machine that has the card.
pub(super) fn machine_of(card: &Value) -> Option<&str> {
    card.pointer("/properties/virtualMachine/id").and_then(Value::as_str)
}
