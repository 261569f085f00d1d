//! What stands in the cloud where a network's parts are or would be.

use std::collections::BTreeMap;

use futures::future::{join_all, try_join_all};
use serde_json::Value;

use super::super::ids::{name, normal, region};
use super::super::request::{NETWORK, RESOURCES};
use super::super::subnet::{families, gateway_of, name_of, ranges};
use super::super::tags::{self, Tags};
use super::super::{nat_gateway, public_ip, security_group, virtual_network};
use super::AzureNetworks;
use super::parts::{Parts, own_gateway};
use crate::cloud::{CloudError, Found, NetworkPlan, NetworkSeen, Owner, PartRole, SubnetSeen};
use crate::time::Patience;

/// The objects as Azure shows them.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// The resource group.
    pub(super) group: Option<Value>,
    /// The network.
    pub(super) network: Option<Value>,
    /// Security groups by our name.
    pub(super) groups: BTreeMap<String, Value>,
    /// NAT gateways by lower-case id.
    pub(super) gateways: BTreeMap<String, Value>,
    /// Public addresses by lower-case id.
    pub(super) addresses: BTreeMap<String, Value>,
}

impl AzureNetworks {
    /// Looks at everything that a plan makes; at nothing more where the group does not exist.
    pub(super) async fn standing(
        &self,
        parts: &Parts,
        existing_network: bool,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let group = self.client.read(&parts.group, RESOURCES, patience).await?;
        let mut standing = Standing { group, ..Standing::default() };
        if standing.group.is_none() && !existing_network {
            return Ok(standing);
        }
        if standing.group.is_none() {
            standing.network = self.client.read(&parts.network, NETWORK, patience).await?;
            return Ok(standing);
        }
        let gateways: Vec<&str> = parts.gateways.iter().map(|part| part.id.as_str()).collect();
        let addresses: Vec<&str> =
            parts.gateways.iter().filter_map(|part| part.own_address.as_deref()).collect();
        let groups: Vec<&str> = parts.groups.values().map(String::as_str).collect();
        let (network, groups, gateways, addresses) = tokio::join!(
            self.client.read(&parts.network, NETWORK, patience),
            self.read_all(&groups, patience),
            self.read_all(&gateways, patience),
            self.read_all(&addresses, patience),
        );
        standing.network = network?;
        standing.groups = parts
            .groups
            .keys()
            .cloned()
            .zip(groups?)
            .filter_map(|(name, group)| Some((name, group?)))
            .collect();
        standing.gateways = by_id(parts.gateways.iter().map(|part| part.id.as_str()), gateways?);
        standing.addresses =
            by_id(parts.gateways.iter().filter_map(|part| part.own_address.as_deref()), addresses?);
        Ok(standing)
    }

    /// Reads objects of Microsoft.Network at the same time, in the given order.
    pub(super) async fn read_all(
        &self,
        ids: &[&str],
        patience: &Patience,
    ) -> Result<Vec<Option<Value>>, CloudError> {
        let all = join_all(ids.iter().map(|id| self.client.read(id, NETWORK, patience))).await;
        all.into_iter().collect()
    }

    /// Adds the NAT gateways of the network's subnets and their addresses, as far as they are not there.
    pub(super) async fn with_ways_out(
        &self,
        mut standing: Standing,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let mut gateways: Vec<String> = Vec::new();
        for id in standing.network.iter().flat_map(virtual_network::subnets_of).filter_map(gateway_of) {
            let id = normal(id);
            let known = standing.gateways.contains_key(&id.to_ascii_lowercase());
            if !known && !gateways.iter().any(|other| other.eq_ignore_ascii_case(&id)) {
                gateways.push(id);
            }
        }
        let read = try_join_all(gateways.iter().map(|id| self.client.read(id, NETWORK, patience))).await?;
        standing.gateways.extend(by_id(gateways.iter().map(String::as_str), read));
        let addresses: Vec<String> = standing
            .gateways
            .values()
            .flat_map(nat_gateway::addresses_of)
            .filter(|id| !standing.addresses.contains_key(&id.to_ascii_lowercase()))
            .collect();
        let read = try_join_all(addresses.iter().map(|id| self.client.read(id, NETWORK, patience))).await?;
        standing.addresses.extend(by_id(addresses.iter().map(String::as_str), read));
        Ok(standing)
    }
}

fn by_id<'a>(ids: impl Iterator<Item = &'a str>, read: Vec<Option<Value>>) -> BTreeMap<String, Value> {
    ids.zip(read).filter_map(|(id, object)| Some((id.to_ascii_lowercase(), object?))).collect()
}

impl Standing {
    /// Owners of what is unfinished here: their finished parts belong to the same create.
    pub(super) fn open_owners(&self, resource: &str) -> Vec<Owner> {
        let all = self.group.iter().chain(&self.network).chain(self.groups.values());
        all.chain(self.gateways.values())
            .chain(self.addresses.values())
            .map(tags::of)
            .filter(|tags| !tags::finished(tags))
            .filter_map(|tags| tags::mark(&tags))
            .filter(|mark| mark.resource == resource && !mark.owner.0.is_empty())
            .map(|mark| mark.owner)
            .collect()
    }

    /// What stands where the plan's parts would go, and whether it is ours.
    pub(super) fn judged(&self, plan: &NetworkPlan, parts: &Parts) -> Vec<Found> {
        let remains = parts.owns_network && self.network.is_none();
        let open = self.open_owners(&plan.mark.resource);
        let judge = |role, id: &str, object: &Value| Found {
            role,
            id: id.to_owned(),
            ours: tags::claim(&tags::of(object), &plan.mark, remains, &open),
        };
        let mut found = Vec::new();
        if let Some(group) = self.group.as_ref().filter(|_| parts.owns_group) {
            found.push(judge(PartRole::ResourceGroup, &parts.group, group));
        }
        for (name, id) in &parts.groups {
            found.extend(self.groups.get(name).map(|group| judge(PartRole::SecurityGroup, id, group)));
        }
        for part in &parts.gateways {
            if let Some(id) = &part.own_address {
                let address = self.addresses.get(&id.to_ascii_lowercase());
                found.extend(address.map(|address| judge(PartRole::PublicIp, id, address)));
            }
            let gateway = self.gateways.get(&part.id.to_ascii_lowercase());
            found.extend(gateway.map(|gateway| judge(PartRole::NatGateway, &part.id, gateway)));
        }
        if let Some(network) = self.network.as_ref().filter(|_| parts.owns_network) {
            found.push(judge(PartRole::Network, &parts.network, network));
        }
        found
    }

    /// The network in the words that clouds share. `subnet_names` gives back the casing we know.
    pub(super) fn seen(&self, at: &At<'_>) -> NetworkSeen {
        let nothing = Value::Null;
        let network = self.network.as_ref().unwrap_or(&nothing);
        // On a network of the user's, our marks stand on the group that is ours.
        let marked =
            if at.existing_network { self.groups.get("default").unwrap_or(&nothing) } else { network };
        let own_tags = tags::of(marked);
        let mark = tags::mark(&own_tags);
        let (ipv4, ipv6) = families(&virtual_network::ranges(network));
        let name_known = |seen: &str| {
            at.subnet_names
                .iter()
                .find(|known| known.eq_ignore_ascii_case(seen))
                .map_or(seen, |known| *known)
                .to_owned()
        };
        let subnets = virtual_network::subnets_of(network)
            .map(|subnet| {
                let name = name_known(name_of(subnet));
                let (ipv4, ipv6) = families(&ranges(subnet));
                (name.clone(), SubnetSeen { id: format!("{}/subnets/{name}", at.network), ipv4, ipv6 })
            })
            .collect();
        let used: Vec<String> =
            virtual_network::subnets_of(network).filter_map(gateway_of).map(normal).collect();
        let zones: Vec<&str> =
            used.iter().filter_map(|id| own_gateway(at.group, name(at.network), id)).collect();
        let served = |id: &str| used.iter().any(|other| other.eq_ignore_ascii_case(id));
        let own = |id: &str| own_gateway(at.group, name(at.network), id).is_some();
        let mut egress: Vec<String> = Vec::new();
        let mut lent: Vec<String> = Vec::new();
        for (id, gateway) in self.gateways.iter().filter(|(id, _)| served(id)) {
            for address in nat_gateway::addresses_of(gateway) {
                let object = self.addresses.get(&address.to_ascii_lowercase());
                egress.extend(object.and_then(public_ip::address));
                let made = format!("{}-ip", name(id));
                if own(id) && !name(&address).eq_ignore_ascii_case(&made) {
                    lent.push(address);
                }
            }
        }
        egress.sort_unstable();
        egress.dedup();
        let text = |object: &Value, key: &str| {
            object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let owns = self.group.as_ref().map(tags::of).as_ref().and_then(tags::mark);
        let resource = mark.as_ref().map(|mark| mark.resource.clone());
        NetworkSeen {
            id: at.network.to_owned(),
            name: name(at.network).to_owned(),
            location: region(&text(network, "location")),
            resource_group: name(at.group).to_owned(),
            owns_resource_group: owns.is_some_and(|mark| Some(mark.resource) == resource),
            ipv4,
            ipv6,
            subnets,
            groups: self
                .groups
                .iter()
                .map(|(name, group)| (name.clone(), security_group::seen(group)))
                .collect(),
            group_ids: at
                .groups
                .iter()
                .filter(|(name, _)| self.groups.contains_key(*name))
                .map(|(name, id)| (name.clone(), id.clone()))
                .collect(),
            nat: !zones.is_empty(),
            nat_per_zone: zones.iter().any(|zone| !zone.is_empty()),
            nat_public_ip_ids: lent,
            egress_ips: egress,
            finished: tags::finished(&own_tags),
            recorded: tags::recorded(&own_tags),
            tags: tags::of_others(&own_tags),
            mark,
        }
    }
}

/// Where what is seen stands.
pub(super) struct At<'a> {
    /// Id of the resource group.
    pub(super) group: &'a str,
    /// Id of the network.
    pub(super) network: &'a str,
    /// The network is the user's.
    pub(super) existing_network: bool,
    /// Ids of the security groups by name.
    pub(super) groups: &'a BTreeMap<String, String>,
    /// Names of subnets in the casing that we know.
    pub(super) subnet_names: Vec<&'a str>,
}

impl<'a> At<'a> {
    /// Where a plan's network stands.
    pub(super) fn planned(parts: &'a Parts, plan: &'a NetworkPlan) -> Self {
        Self {
            group: &parts.group,
            network: &parts.network,
            existing_network: !parts.owns_network,
            groups: &parts.groups,
            subnet_names: plan.subnets.keys().map(String::as_str).collect(),
        }
    }
}

/// Nothing to drop.
pub(super) fn no_tags() -> Tags {
    Tags::new()
}
