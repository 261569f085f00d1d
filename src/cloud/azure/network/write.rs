//! The parts that a create and an update write in the same way: a group, a network, a way out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::client::Failed;
use super::super::document::Place;
use super::super::request::NETWORK;
use super::super::subnet::Gateway;
use super::super::tags::Tags;
use super::super::{nat_gateway, public_ip, security_group, virtual_network};
use super::AzureNetworks;
use super::parts::{GatewayPart, Parts};
use super::standing::{Standing, no_tags};
use crate::cloud::{CloudError, NetworkPlan};
use crate::time::Patience;

impl AzureNetworks {
    /// One security group, rules and tags.
    #[expect(clippy::too_many_arguments, reason = "each says one thing about the one request")]
    pub(super) async fn security_group(
        &self,
        id: &str,
        now: Option<&Value>,
        plan: &NetworkPlan,
        name: &str,
        stays: &(dyn Fn(&str) -> bool + Sync),
        tags: &Tags,
        fresh: bool,
        patience: &Patience,
    ) -> Result<Value, Failed> {
        self.security_group_from(id, now, plan, name, stays, tags, &no_tags(), fresh, patience).await
    }

    /// The same, with tags that were the user's before.
    #[expect(clippy::too_many_arguments, reason = "each says one thing about the one request")]
    pub(super) async fn security_group_from(
        &self,
        id: &str,
        now: Option<&Value>,
        plan: &NetworkPlan,
        name: &str,
        stays: &(dyn Fn(&str) -> bool + Sync),
        tags: &Tags,
        dropped: &Tags,
        fresh: bool,
        patience: &Patience,
    ) -> Result<Value, Failed> {
        let empty = security_group::Rules::new();
        let rules = plan.groups.get(name).unwrap_or(&empty);
        let wanted = security_group::Wanted { location: &plan.location, rules, stays, tags, dropped };
        let place = Place { id, api: NETWORK, fresh_parent: fresh };
        let _turn = self.turn(id, patience).await?;
        let change = |now: Option<&Value>| security_group::change(now, &wanted);
        let made = self.client.bring(&place, now, &change, patience).await?;
        Ok(self.client.tag(id, NETWORK, &made, tags, dropped, patience).await?)
    }

    /// The network with its subnets.
    #[expect(clippy::too_many_arguments, reason = "each says one thing about the one request")]
    pub(super) async fn network(
        &self,
        parts: &Parts,
        plan: &NetworkPlan,
        before: Option<&NetworkPlan>,
        now: Option<&Value>,
        gateways: &BTreeMap<String, Gateway>,
        others_stay: bool,
        tags: &Tags,
        fresh: bool,
        patience: &Patience,
    ) -> Result<Value, Failed> {
        let is_ours = |id: &str| parts.is_own_gateway(id);
        let dropped = before.map(|before| before.tags.clone()).unwrap_or_default();
        let wanted = virtual_network::Wanted {
            plan,
            before,
            gateways,
            is_ours: &is_ours,
            others_stay,
            tags,
            dropped: &dropped,
        };
        let place = Place { id: &parts.network, api: NETWORK, fresh_parent: fresh };
        let _turn = self.turn(&parts.network, patience).await?;
        let change = |now: Option<&Value>| virtual_network::change(now, &wanted);
        let made = self.client.bring(&place, now, &change, patience).await?;
        Ok(self.client.tag(&parts.network, NETWORK, &made, tags, &dropped, patience).await?)
    }

    /// One gateway and the address that is made for it.
    #[expect(clippy::too_many_arguments, reason = "each says one thing about the requests")]
    pub(super) async fn way_out(
        &self,
        plan: &NetworkPlan,
        part: &GatewayPart,
        standing: &Standing,
        tags: &Tags,
        dropped: &Tags,
        fresh: bool,
        patience: &Patience,
    ) -> Result<WayOut, Failed> {
        let (location, zone) = (plan.location.as_str(), part.zone.as_deref());
        let mut address = None;
        if let Some(id) = &part.own_address {
            let place = Place { id, api: NETWORK, fresh_parent: fresh };
            let now = standing.addresses.get(&id.to_ascii_lowercase());
            let change = |now: Option<&Value>| public_ip::change(now, location, zone, tags);
            let made = self.client.bring(&place, now, &change, patience).await?;
            // From here on something was made.
            let tagged =
                self.client.tag(id, NETWORK, &made, tags, dropped, patience).await.map_err(perhaps)?;
            address = Some((id.to_ascii_lowercase(), tagged));
        }
        let place = Place { id: &part.id, api: NETWORK, fresh_parent: fresh };
        let now = standing.gateways.get(&part.id.to_ascii_lowercase());
        let change = |now: Option<&Value>| nat_gateway::change(now, location, zone, &part.addresses, tags);
        let made = self
            .client
            .bring(&place, now, &change, patience)
            .await
            .map_err(|failed| Failed { perhaps_done: failed.perhaps_done || address.is_some(), ..failed })?;
        let tagged =
            self.client.tag(&part.id, NETWORK, &made, tags, dropped, patience).await.map_err(perhaps)?;
        Ok(WayOut { address, gateway: (part.id.to_ascii_lowercase(), tagged) })
    }
}

/// A gateway and its address, by lower-case id.
pub(super) struct WayOut {
    address: Option<(String, Value)>,
    gateway: (String, Value),
}

impl WayOut {
    /// Puts them where they are looked for.
    pub(super) fn put(self, standing: &mut Standing) {
        standing.addresses.extend(self.address);
        standing.gateways.extend([self.gateway]);
    }
}

fn perhaps(error: CloudError) -> Failed {
    Failed { error, perhaps_done: true }
}
