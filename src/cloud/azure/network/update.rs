//! Changing a network in place.

use futures::future::{join_all, try_join_all};
use serde_json::Value;

use super::super::document::Place;
use super::super::ids::same;
use super::super::request::{NETWORK, RESOURCES};
use super::super::tags;
use super::super::{ids, nat_gateway, resource_group, subnet, virtual_network};
use super::create::{has, refuse_foreign};
use super::parts::{GatewayPart, Parts};
use super::standing::{At, Standing};
use super::{AzureNetworks, ready};
use crate::cloud::{CloudError, ForeignRules, NetworkPlan, NetworkSeen};
use crate::time::Patience;

impl AzureNetworks {
    /// Compares what stands with the second plan and writes what differs.
    pub(super) async fn change(
        &self,
        from: &NetworkPlan,
        to: &NetworkPlan,
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError> {
        ready("the network's update", patience)?;
        let (old, new) = (self.parts(from), self.parts(to));
        let mut standing = self.standing(&new, to.existing_network.is_some(), patience).await?;
        // What exists must not be taken for missing: it would be written without what others put there.
        if standing.group.is_none() && new.owns_network {
            let network = self.client.read(&new.network, NETWORK, patience).await?;
            if network.is_some() && self.group_around(&new.group, patience).await?.is_some() {
                standing = self.standing(&new, false, patience).await?;
            }
        }
        Self::check_update(from, to, &old, &new, &standing)?;
        let tags = tags::wanted(to, true);
        let fresh = standing.group.is_none();
        if fresh && new.owns_group {
            let place = Place { id: &new.group, api: RESOURCES, fresh_parent: false };
            let change = |now: Option<&Value>| resource_group::change(now, &to.location, &tags);
            standing.group = Some(self.client.bring(&place, None, &change, patience).await?);
        }
        let groups = join_all(new.groups.iter().map(|(name, id)| {
            let (now, tags) = (standing.groups.get(name), &tags);
            async move {
                let stays =
                    |rule: &str| to.foreign_rules == ForeignRules::Keep && !has(from.groups.get(name), rule);
                let made = self
                    .security_group_from(id, now, to, name, &stays, tags, &from.tags, fresh, patience)
                    .await?;
                Ok::<_, CloudError>((name.clone(), made))
            }
        }))
        .await;
        standing.groups = groups.into_iter().collect::<Result<_, _>>()?;
        if new.owns_network {
            let spare = self.spare_ways_out(&old, &new, &standing, patience).await?;
            let made = join_all(new.gateways.iter().map(|part| {
                let (standing, tags) = (&standing, &tags);
                async move { self.way_out(to, part, standing, tags, &from.tags, fresh, patience).await }
            }))
            .await;
            for one in made {
                one?.put(&mut standing);
            }
            let now = standing.network.take();
            let tags = tags::wanted_on_network(to, true);
            let made = self
                .network(&new, to, Some(from), now.as_ref(), &new.ways_out(), true, &tags, fresh, patience)
                .await?;
            standing.network = Some(made);
            self.remove_spare(&old, &new, spare, &mut standing, patience).await?;
        }
        for (_, id) in old.groups.iter().filter(|(name, _)| !new.groups.contains_key(*name)) {
            let _turn = self.turn(id, patience).await?;
            self.client.remove(id, NETWORK, patience).await?;
        }
        standing = self.tag_group(from, to, &new, standing, patience).await?;
        let standing = self.with_ways_out(standing, patience).await?;
        Ok(standing.seen(&At::planned(&new, to)))
    }

    /// Refuses before the first write: strangers where new parts would go, rules of others.
    fn check_update(
        from: &NetworkPlan,
        to: &NetworkPlan,
        old: &Parts,
        new: &Parts,
        standing: &Standing,
    ) -> Result<(), CloudError> {
        let before = old.all();
        for one in standing.judged(to, new) {
            let known = before.contains(&one.id.to_ascii_lowercase()) || one.id == new.group;
            if let (false, Err(reason)) = (known, one.ours) {
                return Err(CloudError::Stranger { id: one.id, reason });
            }
        }
        if to.foreign_rules == ForeignRules::Error {
            for (name, group) in &standing.groups {
                refuse_foreign(&new.groups[name], group, &|rule| {
                    has(from.groups.get(name), rule) || has(to.groups.get(name), rule)
                })?;
            }
        }
        Ok(())
    }

    /// Gateways of ours that the network has, or had before an update that did not end, and shall not
    /// have any more; with their addresses.
    async fn spare_ways_out(
        &self,
        old: &Parts,
        new: &Parts,
        standing: &Standing,
        patience: &Patience,
    ) -> Result<Vec<GatewayPart>, CloudError> {
        let all = new.all();
        let used = standing.network.iter().flat_map(virtual_network::subnets_of);
        let mut ids: Vec<String> = used
            .filter_map(subnet::gateway_of)
            .map(ids::normal)
            .filter(|id| new.is_own_gateway(id))
            .chain(old.gateways.iter().map(|part| part.id.clone()))
            .filter(|id| !all.contains(&id.to_ascii_lowercase()))
            .collect();
        ids.sort_unstable_by_key(|id| id.to_ascii_lowercase());
        ids.dedup_by(|one, other| same(one, other));
        let read = try_join_all(ids.iter().map(|id| self.client.read(id, NETWORK, patience))).await?;
        let spare = ids.into_iter().zip(read).filter_map(|(id, object)| {
            let made = format!("{}-ip", ids::name(&id));
            let addresses = nat_gateway::addresses_of(&object?);
            let own = addresses.iter().find(|one| ids::name(one).eq_ignore_ascii_case(&made)).cloned();
            Some(GatewayPart { id, zone: None, own_address: own, addresses, subnets: Vec::new() })
        });
        Ok(spare.collect())
    }

    /// Removes them, and addresses of ours that no gateway uses any more.
    async fn remove_spare(
        &self,
        old: &Parts,
        new: &Parts,
        spare: Vec<GatewayPart>,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let mut removed = Vec::new();
        for part in spare {
            self.client.remove(&part.id, NETWORK, patience).await?;
            standing.gateways.remove(&part.id.to_ascii_lowercase());
            if let Some(address) = part.own_address {
                self.client.remove(&address, NETWORK, patience).await?;
                standing.addresses.remove(&address.to_ascii_lowercase());
                removed.push(address);
            }
        }
        // An address that was made and that no gateway of the new plan uses, now that the user gives his
        // own, or that an interrupted update left behind its gateway.
        let kept = new.all();
        for id in old.gateways.iter().filter_map(|part| part.own_address.as_ref()) {
            let gone = removed.iter().any(|other| same(other, id)) || kept.contains(&id.to_ascii_lowercase());
            if !gone && self.client.read(id, NETWORK, patience).await?.is_some() {
                self.client.remove(id, NETWORK, patience).await?;
            }
        }
        Ok(())
    }

    /// Tags of the resource group, if it is this network's.
    async fn tag_group(
        &self,
        from: &NetworkPlan,
        to: &NetworkPlan,
        new: &Parts,
        mut standing: Standing,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        if let Some(group) = standing.group.as_ref().filter(|_| new.owns_group) {
            let its = tags::mark(&tags::of(group));
            if its.is_some_and(|its| its.resource == to.mark.resource) {
                let tags = tags::wanted(to, true);
                standing.group =
                    Some(self.client.tag(&new.group, RESOURCES, group, &tags, &from.tags, patience).await?);
            }
        }
        Ok(standing)
    }
}
