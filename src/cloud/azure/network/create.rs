//! Making a network, or going on with one that an interrupted create left.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{join_all, try_join_all};
use serde_json::Value;

use super::super::client::Failed;
use super::super::document::Place;
use super::super::ids::{self, name, region, same};
use super::super::request::{Call, NETWORK, RESOURCES};
use super::super::subnet::Gateway;
use super::super::tags::{self, Tags};
use super::super::{nat_gateway, resource_group, security_group};
use super::parts::{GatewayPart, Parts};
use super::standing::{At, Standing, no_tags};
use super::{AzureNetworks, ready};
use crate::cloud::{CloudError, ForeignRules, Found, NetworkPlan, NetworkSeen};
use crate::time::Patience;

/// Whether anything of the network may exist by our doing.
#[derive(Debug, Default)]
struct Done(AtomicBool);

impl Done {
    /// Notes how a write ended.
    fn note<T>(&self, result: Result<T, Failed>) -> Result<T, CloudError> {
        let perhaps = match &result {
            Ok(_) => true,
            Err(failed) => failed.perhaps_done,
        };
        self.0.fetch_or(perhaps, Ordering::Relaxed);
        Ok(result?)
    }
}

impl AzureNetworks {
    /// The whole create: nothing is written before everything that can be checked is checked.
    pub(super) async fn make(
        &self,
        plan: &NetworkPlan,
        held: &mut (dyn FnMut(bool) + Send),
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError> {
        ready("the network's create", patience)?;
        let parts = self.parts(plan);
        let standing = self.standing(&parts, plan.existing_network.is_some(), patience).await?;
        let found = self.check(plan, &parts, &standing, patience).await?;
        ready("the network's create", patience)?;
        held(true);
        let done = Done(AtomicBool::new(!found.is_empty()));
        let result = self.build(plan, &parts, standing, &done, patience).await;
        if result.is_err() && !done.0.load(Ordering::Relaxed) {
            held(false);
        }
        result
    }

    /// Refuses what can be refused beforehand.
    async fn check(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        standing: &Standing,
        patience: &Patience,
    ) -> Result<Vec<Found>, CloudError> {
        // Azure's own words for what the user said exists and does not.
        if !parts.owns_group && standing.group.is_none() {
            self.client.send(&Call::get(&parts.group, RESOURCES), patience).await?;
        }
        if !parts.owns_network && standing.network.is_none() {
            self.client.send(&Call::get(&parts.network, NETWORK), patience).await?;
        }
        let found = standing.judged(plan, parts);
        for one in &found {
            if let Err(reason) = &one.ours {
                return Err(CloudError::Stranger { id: one.id.clone(), reason: reason.clone() });
            }
        }
        if plan.foreign_rules == ForeignRules::Error {
            for (name, group) in &standing.groups {
                refuse_foreign(&parts.groups[name], group, &|rule| {
                    !tags::finished(&tags::of(group)) || has(plan.groups.get(name), rule)
                })?;
            }
        }
        Ok(found)
    }

    async fn build(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        standing: Standing,
        done: &Done,
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError> {
        let there_before = standing.group.is_some();
        let open = standing.open_owners(&plan.mark.resource);
        let remains = parts.owns_network && standing.network.is_none();
        let mut standing = self.without_misfits(plan, parts, standing, done, patience).await?;
        let fresh = standing.group.is_none();
        let tags = tags::wanted(plan, false);
        if parts.owns_group {
            let place = Place { id: &parts.group, api: RESOURCES, fresh_parent: false };
            let change = |now: Option<&Value>| resource_group::change(now, &plan.location, &tags);
            standing.group =
                Some(done.note(self.client.bring(&place, standing.group.as_ref(), &change, patience).await)?);
        }
        let unfinished = |object: &Value| !tags::finished(&tags::of(object));
        let groups = join_all(parts.groups.iter().map(|(name, id)| {
            let now = standing.groups.get(name);
            let keeps = plan.foreign_rules == ForeignRules::Keep && now.is_some_and(|now| !unfinished(now));
            let tags = &tags;
            async move {
                let made = self.security_group(id, now, plan, name, &|_| keeps, tags, fresh, patience).await;
                Ok::<_, CloudError>((name.clone(), done.note(made)?))
            }
        }))
        .await;
        standing.groups = groups.into_iter().collect::<Result<_, _>>()?;
        self.ways_out(plan, parts, &mut standing, &tags, done, fresh, patience).await?;
        if parts.owns_network {
            let stay = standing.network.as_ref().is_some_and(|now| !unfinished(now));
            let tags = tags::wanted_on_network(plan, false);
            let now = standing.network.take();
            let made = self
                .network(
                    parts,
                    plan,
                    None,
                    now.as_ref(),
                    &parts.ways_out().into_iter().collect(),
                    stay,
                    &tags,
                    fresh,
                    patience,
                )
                .await;
            standing.network = Some(done.note(made)?);
        }
        if there_before {
            self.clear_leftovers(plan, parts, remains, &open, patience).await?;
        }
        let standing = self.finish(plan, parts, standing, &no_tags(), patience).await?;
        let standing = self.with_ways_out(standing, patience).await?;
        Ok(standing.seen(&At::planned(parts, plan)))
    }

    /// Removes parts of ours that cannot become what they shall be: another region, another zone.
    async fn without_misfits(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        mut standing: Standing,
        done: &Done,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let elsewhere = |object: &Value| {
            region(object.get("location").and_then(Value::as_str).unwrap_or_default())
                != region(&plan.location)
        };
        let mut removed = false;
        if parts.owns_network && standing.network.as_ref().is_some_and(elsewhere) {
            self.remove_noted(&parts.network, done, patience).await?;
            standing.network = None;
            removed = true;
        }
        let misfit = |part: &GatewayPart, object: &Value| {
            elsewhere(object) || nat_gateway::zones(object) != part.zone.iter().collect::<Vec<_>>()
        };
        let mut bad: Vec<String> = Vec::new();
        for part in &parts.gateways {
            let gateway = standing.gateways.get(&part.id.to_ascii_lowercase());
            let own = part.own_address.as_ref();
            let address = own.and_then(|id| standing.addresses.get(&id.to_ascii_lowercase()));
            // An address leaves its gateway only together with it.
            if gateway.is_some_and(|gateway| misfit(part, gateway))
                || address.is_some_and(|one| misfit(part, one))
            {
                bad.push(part.id.clone());
                bad.extend(own.filter(|_| address.is_some_and(|one| misfit(part, one))).cloned());
            }
        }
        if !bad.is_empty() {
            if let Some(network) = standing.network.take() {
                let none = std::iter::empty::<(String, Gateway)>().collect();
                let tags = tags::wanted_on_network(plan, false);
                let made = self
                    .network(parts, plan, None, Some(&network), &none, true, &tags, false, patience)
                    .await;
                standing.network = Some(done.note(made)?);
            }
            for id in &bad {
                self.remove_noted(id, done, patience).await?;
                standing.gateways.remove(&id.to_ascii_lowercase());
                standing.addresses.remove(&id.to_ascii_lowercase());
            }
            removed = true;
        }
        for (name, id) in &parts.groups {
            if standing.groups.get(name).is_some_and(elsewhere) {
                self.remove_noted(id, done, patience).await?;
                standing.groups.remove(name);
                removed = true;
            }
        }
        // A resource group in another region holds things of every region: it goes only if it is empty.
        if parts.owns_group && standing.group.as_ref().is_some_and(elsewhere) {
            let empty = self
                .client
                .list(&format!("{}/resources", parts.group), RESOURCES, patience)
                .await?
                .is_empty();
            if empty || (removed && self.is_empty(&standing, parts, patience).await?) {
                ready("the removal of the resource group", patience)?;
                done.0.store(true, Ordering::Relaxed);
                self.client.remove(&parts.group, RESOURCES, patience).await?;
                standing = Standing::default();
            }
        }
        Ok(standing)
    }

    /// Whether the group is empty but for what a list still shows of the removed.
    async fn is_empty(
        &self,
        standing: &Standing,
        parts: &Parts,
        patience: &Patience,
    ) -> Result<bool, CloudError> {
        if standing.network.is_some() || !standing.groups.is_empty() || !standing.gateways.is_empty() {
            return Ok(false);
        }
        let own = parts.all();
        let left = self.client.list(&format!("{}/resources", parts.group), RESOURCES, patience).await?;
        Ok(left.iter().all(|one| {
            let id = one.get("id").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            own.contains(&id)
        }))
    }

    async fn remove_noted(&self, id: &str, done: &Done, patience: &Patience) -> Result<(), CloudError> {
        done.0.store(true, Ordering::Relaxed);
        let _turn = self.turn(id, patience).await?;
        self.client.remove(id, NETWORK, patience).await
    }

    /// Addresses, then gateways.
    #[expect(clippy::too_many_arguments, reason = "each says one thing about the requests")]
    async fn ways_out(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        standing: &mut Standing,
        tags: &Tags,
        done: &Done,
        fresh: bool,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let made = join_all(parts.gateways.iter().map(|part| async {
            done.note(self.way_out(plan, part, standing, tags, &no_tags(), fresh, patience).await)
        }))
        .await;
        for one in made {
            one?.put(standing);
        }
        Ok(())
    }

    /// Removes parts of an earlier try that this plan does not have.
    async fn clear_leftovers(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        remains: bool,
        open: &[crate::cloud::Owner],
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let planned = parts.all();
        let mut left: Vec<String> = Vec::new();
        for one in self.client.list(&format!("{}/resources", parts.group), RESOURCES, patience).await? {
            let Some(id) = one.get("id").and_then(Value::as_str) else { continue };
            let known = planned.contains(&id.to_ascii_lowercase());
            if !known && tags::claim(&tags::of(&one), &plan.mark, remains, open).is_ok() {
                left.push(id.to_owned());
            }
        }
        for kind in [ids::NAT_GATEWAYS, ids::PUBLIC_IPS, ids::SECURITY_GROUPS] {
            let of_kind = |id: &&String| same(name(id.rsplit_once('/').map_or("", |(kind, _)| kind)), kind);
            for id in left.iter().filter(of_kind) {
                self.client.remove(id, NETWORK, patience).await?;
            }
        }
        Ok(())
    }

    /// Marks every part as finished; the one that proves the others comes last.
    pub(super) async fn finish(
        &self,
        plan: &NetworkPlan,
        parts: &Parts,
        mut standing: Standing,
        dropped: &Tags,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let tags = tags::wanted(plan, true);
        let own: Vec<(String, Value)> = parts
            .gateways
            .iter()
            .flat_map(|part| part.own_address.iter().chain([&part.id]))
            .filter_map(|id| {
                let key = id.to_ascii_lowercase();
                let object = standing.gateways.get(&key).or_else(|| standing.addresses.get(&key));
                Some((id.clone(), object?.clone()))
            })
            .chain(
                parts
                    .groups
                    .iter()
                    .filter_map(|(name, id)| Some((id.clone(), standing.groups.get(name)?.clone()))),
            )
            .collect();
        let tagged = try_join_all(own.iter().map(|(id, object)| {
            let tags = &tags;
            async move { self.client.tag(id, NETWORK, object, tags, dropped, patience).await }
        }))
        .await?;
        for ((id, _), object) in own.into_iter().zip(tagged) {
            let key = id.to_ascii_lowercase();
            if let Some(slot) = standing.gateways.get_mut(&key).or_else(|| standing.addresses.get_mut(&key)) {
                *slot = object;
            } else if let Some((name, _)) = parts.groups.iter().find(|(_, other)| same(other, &id)) {
                standing.groups.insert(name.clone(), object);
            }
        }
        if let Some(network) = standing.network.as_ref().filter(|_| parts.owns_network) {
            let tags = tags::wanted_on_network(plan, true);
            standing.network =
                Some(self.client.tag(&parts.network, NETWORK, network, &tags, dropped, patience).await?);
        }
        if let Some(group) = standing.group.as_ref().filter(|_| parts.owns_group) {
            standing.group =
                Some(self.client.tag(&parts.group, RESOURCES, group, &tags, dropped, patience).await?);
        }
        Ok(standing)
    }
}

/// Whether a rule of this name is planned.
pub(super) fn has(rules: Option<&security_group::Rules>, name: &str) -> bool {
    rules.is_some_and(|rules| rules.keys().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Refuses rules that are not known.
pub(super) fn refuse_foreign(
    id: &str,
    group: &Value,
    known: &dyn Fn(&str) -> bool,
) -> Result<(), CloudError> {
    let foreign: Vec<String> = security_group::seen(group).into_keys().filter(|name| !known(name)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(CloudError::ForeignRules { group: id.to_owned(), rules: foreign })
}
