//! Virtual networks with their subnets, which are written together.

use std::collections::BTreeMap;

use azure_mgmt_network::package_2024_03::models::{
    AddressSpace, Resource, VirtualNetwork, VirtualNetworkPropertiesFormat,
};
use ipnet::IpNet;
use serde_json::{Value, json};

use super::document::{body, properties, writable};
use super::subnet::{self, Gateway};
use super::tags::{self, Tags};
use crate::cloud::NetworkPlan;

/// What a network shall be.
pub(super) struct Wanted<'a> {
    /// The plan.
    pub(super) plan: &'a NetworkPlan,
    /// The plan that was carried out before; none: nothing in the network is older than this plan.
    pub(super) before: Option<&'a NetworkPlan>,
    /// The way out of each subnet.
    pub(super) gateways: &'a BTreeMap<String, Gateway>,
    /// Whether a NAT gateway is one of this network's.
    pub(super) is_ours: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether subnets and ranges that are in neither plan stay.
    pub(super) others_stay: bool,
    /// Tags of ours and the user's.
    pub(super) tags: &'a Tags,
    /// Tags that were the user's before.
    pub(super) dropped: &'a Tags,
}

/// The body that brings a network to what it shall be; none where it is so.
pub(super) fn change(now: Option<&Value>, wanted: &Wanted<'_>) -> Option<Value> {
    let plan = wanted.plan;
    let gateway = |name: &str| wanted.gateways.get(name).unwrap_or(&Gateway::NotOurs);
    let Some(now) = now else {
        let subnets: Vec<Value> = plan
            .subnets
            .iter()
            .map(|(name, one)| subnet::shall(None, name, one, gateway(name), wanted.is_ours))
            .collect();
        let mut network = body(&VirtualNetwork {
            resource: Resource {
                location: Some(plan.location.clone()),
                tags: serde_json::to_value(wanted.tags).ok(),
                ..Resource::default()
            },
            properties: Some(VirtualNetworkPropertiesFormat {
                address_space: Some(AddressSpace {
                    address_prefixes: ranges_of(plan).iter().map(ToString::to_string).collect(),
                }),
                ..VirtualNetworkPropertiesFormat::default()
            }),
            ..VirtualNetwork::default()
        });
        properties(&mut network).insert("subnets".to_owned(), Value::Array(subnets));
        return Some(network);
    };
    let before = writable(now, &[]);
    let ranges = ranges_wanted(now, wanted);
    let subnets = subnets_wanted(now, wanted);
    let plain: Vec<Value> = subnets_of(now).map(subnet::plain).collect();
    let failed = super::operation::provisioning_state(now).eq_ignore_ascii_case("Failed");
    if !failed && ranges.is_none() && subnets == plain {
        return None;
    }
    let mut network = before;
    network["tags"] = json!(tags::laid_over(&tags::of(now), wanted.tags, wanted.dropped));
    let inner = properties(&mut network);
    inner.insert("subnets".to_owned(), Value::Array(subnets));
    if let Some(ranges) = ranges {
        let space = inner.entry("addressSpace").or_insert_with(|| json!({}));
        space["addressPrefixes"] = json!(ranges);
    }
    Some(network)
}

/// The ranges of a plan.
fn ranges_of(plan: &NetworkPlan) -> Vec<IpNet> {
    std::iter::once(IpNet::V4(plan.ipv4)).chain(plan.ipv6.map(IpNet::V6)).collect()
}

/// The ranges of a network.
pub(super) fn ranges(network: &Value) -> Vec<IpNet> {
    let list = network.pointer("/properties/addressSpace/addressPrefixes").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).filter_map(|text| text.parse().ok()).collect()
}

/// The ranges it shall have, ours first; none where it has them.
fn ranges_wanted(now: &Value, wanted: &Wanted<'_>) -> Option<Vec<String>> {
    let has = ranges(now);
    let ours = ranges_of(wanted.plan);
    let earlier = wanted.before.map(ranges_of).unwrap_or_default();
    let stays = |net: &IpNet| wanted.others_stay && !earlier.contains(net) && !ours.contains(net);
    let shall: Vec<IpNet> = ours.iter().copied().chain(has.iter().copied().filter(stays)).collect();
    let alike = shall.len() == has.len() && shall.iter().all(|net| has.contains(net));
    (!alike).then(|| shall.iter().map(ToString::to_string).collect())
}

/// The subnets in a network's body.
pub(super) fn subnets_of(network: &Value) -> impl Iterator<Item = &Value> {
    network.pointer("/properties/subnets").and_then(Value::as_array).into_iter().flatten()
}

/// The subnets it shall have, in the order in which they stand, new ones last.
fn subnets_wanted(now: &Value, wanted: &Wanted<'_>) -> Vec<Value> {
    let plan = &wanted.plan.subnets;
    let gateway = |name: &str| wanted.gateways.get(name).unwrap_or(&Gateway::NotOurs);
    let mut open: BTreeMap<String, _> =
        plan.iter().map(|(name, one)| (name.to_lowercase(), (name, one))).collect();
    let was_ours = |name: &str| {
        wanted
            .before
            .is_some_and(|before| before.subnets.keys().any(|other| other.eq_ignore_ascii_case(name)))
    };
    let mut shall = Vec::new();
    for found in subnets_of(now) {
        let name = subnet::name_of(found);
        if let Some((own, one)) = open.remove(&name.to_lowercase()) {
            shall.push(subnet::shall(Some(found), own, one, gateway(own), wanted.is_ours));
        } else if wanted.others_stay && !was_ours(name) {
            shall.push(subnet::plain(found));
        }
    }
    shall.extend(
        open.into_values().map(|(name, one)| subnet::shall(None, name, one, gateway(name), wanted.is_ours)),
    );
    shall
}

/// Ids of the addresses that machines and gateways hold in a network: who keeps it in use.
pub(super) fn users(network: &Value) -> Vec<String> {
    subnets_of(network)
        .filter_map(|subnet| subnet.pointer("/properties/ipConfigurations")?.as_array())
        .flatten()
        .filter_map(|one| one.get("id")?.as_str().map(str::to_owned))
        .collect()
}
