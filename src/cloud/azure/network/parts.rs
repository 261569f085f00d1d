//! What a network consists of, by id: pure, from the plan alone.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ids::{self, NAT_GATEWAYS, PUBLIC_IPS, SECURITY_GROUPS, VIRTUAL_NETWORKS};
use super::super::subnet::Gateway;
use crate::cloud::NetworkPlan;

/// A NAT gateway that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GatewayPart {
    /// Its id.
    pub(super) id: String,
    /// Its zone, where it has one.
    pub(super) zone: Option<String>,
    /// Address that is made for it; none where the user gives one.
    pub(super) own_address: Option<String>,
    /// Ids of all its addresses.
    pub(super) addresses: Vec<String>,
    /// Names of the subnets that it serves.
    pub(super) subnets: Vec<String>,
}

/// Ids of everything that a plan makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// The resource group.
    pub(super) group: String,
    /// Whether it is ours.
    pub(super) owns_group: bool,
    /// The network.
    pub(super) network: String,
    /// Whether it is ours.
    pub(super) owns_network: bool,
    /// Security groups by name.
    pub(super) groups: BTreeMap<String, String>,
    /// NAT gateways.
    pub(super) gateways: Vec<GatewayPart>,
}

impl Parts {
    /// The parts of a plan.
    pub(super) fn of(subscription: &str, plan: &NetworkPlan) -> Self {
        let group = ids::resource_group(subscription, &plan.resource_group);
        let network = match &plan.existing_network {
            Some(id) => ids::normal(id),
            None => ids::network(&group, VIRTUAL_NETWORKS, &plan.name),
        };
        let groups = plan
            .groups
            .keys()
            .map(|name| (name.clone(), ids::network(&group, SECURITY_GROUPS, &group_name(&plan.name, name))))
            .collect();
        let gateways = if plan.existing_network.is_some() { Vec::new() } else { gateways(&group, plan) };
        Self {
            owns_group: !plan.existing_resource_group,
            owns_network: plan.existing_network.is_none(),
            group,
            network,
            groups,
            gateways,
        }
    }

    /// The way out of each subnet.
    pub(super) fn ways_out(&self) -> BTreeMap<String, Gateway> {
        let of = |part: &GatewayPart| {
            let id = part.id.clone();
            part.subnets.clone().into_iter().map(move |name| (name, Gateway::Ours(id.clone())))
        };
        self.gateways.iter().flat_map(of).collect()
    }

    /// Whether a NAT gateway is one that a network of this name makes.
    pub(super) fn is_own_gateway(&self, id: &str) -> bool {
        own_gateway(&self.group, ids::name(&self.network), id).is_some()
    }

    /// Every id that this plan makes, in lower case.
    pub(super) fn all(&self) -> BTreeSet<String> {
        let gateways = self.gateways.iter().flat_map(|part| part.own_address.iter().chain([&part.id]));
        let network = self.owns_network.then_some(&self.network);
        self.groups.values().chain(gateways).chain(network).map(|id| id.to_ascii_lowercase()).collect()
    }
}

/// Name of the security group of a network.
pub(in super::super) fn group_name(network: &str, group: &str) -> String {
    format!("{network}-{group}")
}

/// Which zone (empty: none) a NAT gateway of ours has by its name; none where it is not ours.
pub(super) fn own_gateway<'a>(group: &str, network: &str, id: &'a str) -> Option<&'a str> {
    let start = format!("{}-nat", ids::network(group, NAT_GATEWAYS, network));
    let rest = id.get(start.len()..).filter(|_| id[..start.len()].eq_ignore_ascii_case(&start))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('-').filter(|zone| !zone.contains('-')) }
}

fn gateways(group: &str, plan: &NetworkPlan) -> Vec<GatewayPart> {
    let Some(nat) = &plan.nat else { return Vec::new() };
    let mut served: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for name in plan.subnets.keys() {
        let zone = if nat.per_zone { plan.zones.get(name).cloned() } else { None };
        served.entry(zone).or_default().push(name.clone());
    }
    let many = served.len().max(1);
    served
        .into_iter()
        .enumerate()
        .map(|(place, (zone, subnets))| {
            let name = match &zone {
                Some(zone) => format!("{}-nat-{zone}", plan.name),
                None => format!("{}-nat", plan.name),
            };
            // The user's addresses are dealt out in turn: one address serves one gateway only.
            let dealt = nat.public_ip_ids.iter().enumerate().filter(|(index, _)| index % many == place);
            let mut addresses: Vec<String> = dealt.map(|(_, id)| ids::normal(id)).collect();
            let own_address =
                addresses.is_empty().then(|| ids::network(group, PUBLIC_IPS, &format!("{name}-ip")));
            addresses.extend(own_address.clone());
            GatewayPart {
                id: ids::network(group, NAT_GATEWAYS, &name),
                zone,
                own_address,
                addresses,
                subnets,
            }
        })
        .collect()
}
