//! Making a node, or going on with one that an interrupted create left.

use std::sync::Arc;

use serde_json::Value;

use super::super::document::Place;
use super::super::ids::{self, canonical, region, same};
use super::super::network_interface::{self, family, machine_of};
use super::super::operation::provisioning_state;
use super::super::request::{COMPUTE, NETWORK};
use super::super::tags::Tags;
use super::super::{image, sku, virtual_machine};
use super::parts::Parts;
use super::standing::{Look, Standing};
use super::{AzureMachines, known, ready, seen};
use crate::cloud::{CloudError, NodePlan, NodeSeen, PoolPlan, SkuSeen};
use crate::time::Patience;

/// What one node is made from.
pub(super) struct Making<'a> {
    /// The pool.
    pub(super) plan: &'a PoolPlan,
    /// The node.
    pub(super) node: &'a NodePlan,
    /// Where its parts go.
    pub(super) parts: Parts,
    /// Kinds of machine in the region.
    pub(super) skus: Arc<Vec<SkuSeen>>,
    /// Zones of the region.
    pub(super) zones: Vec<String>,
    /// Id of its subnet.
    pub(super) subnet: String,
    /// Whether that has IPv6.
    pub(super) ipv6: bool,
}

impl AzureMachines {
    /// The whole create: nothing is written before everything that can be checked is checked.
    pub(super) async fn make(
        &self,
        plan: &PoolPlan,
        node: &NodePlan,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        ready("the node's create", patience)?;
        let parts = Parts::of(&plan.network_id, &node.name);
        let look = Look {
            ipv4: plan.public_ipv4,
            ipv6: plan.public_ipv6,
            disks: plan.data_disks.iter().map(|disk| disk.name.as_str()).collect(),
        };
        let (network, skus, standing) = tokio::try_join!(
            self.network_there(&plan.network_id, patience),
            self.all_skus(&plan.location, patience),
            self.standing(&parts, &look, patience),
        )?;
        for one in standing.judged(&parts, &plan.mark) {
            if let Err(reason) = one.ours {
                return Err(CloudError::Stranger { id: one.id, reason });
            }
        }
        refuse_taken_card(&parts, &standing)?;
        let (subnet, ipv6) = subnet_for(network.as_ref().as_ref(), plan, node.number)?;
        let zones = sku::zones(&skus);
        let making = Making { plan, node, parts, skus, zones, subnet, ipv6 };
        let standing = self.settled(&making.parts, standing, patience).await?;
        let mut standing = self.without_misfits(&making, standing, patience).await?;
        self.addresses(plan, &making.parts, &making.zones, &Tags::new(), &mut standing, patience).await?;
        if standing.machine.is_none() {
            self.by_offers(&making, &mut standing, patience).await?;
        } else {
            self.card_for(&making, None, &mut standing, patience).await?;
            self.data_disks(plan, &making.parts, machine_zone(&standing), &mut standing, patience).await?;
            self.amend(plan, &making.parts, &mut standing, patience).await?;
            self.start_stopped(&making.parts, &mut standing, patience).await?;
        }
        self.finish(plan, &making.parts, &Tags::new(), &mut standing, patience).await?;
        Ok(seen::node(&making.parts, &standing))
    }

    /// Removes parts of ours that cannot become what they shall be: the machine that failed or is another,
    /// and what cannot be moved.
    async fn without_misfits(
        &self,
        making: &Making<'_>,
        mut standing: Standing,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let (plan, parts) = (making.plan, &making.parts);
        let elsewhere = |object: &Value| {
            region(object.get("location").and_then(Value::as_str).unwrap_or_default())
                != region(&plan.location)
        };
        let card_misfits = standing.card.as_ref().is_some_and(|card| {
            let foreign =
                family(card, false).subnet.is_some_and(|id| !same(ids::parent(&id), &parts.network));
            elsewhere(card) || foreign
        });
        if standing.machine.as_ref().is_some_and(|machine| card_misfits || !fits(machine, making, parts)) {
            tracing::info!(node = parts.node, "a machine that failed or does not fit is removed");
            self.remove_machine(parts, &mut standing, patience).await?;
        } else if standing.machine.is_none() && standing.os_disk.is_some() {
            // What is left of a machine that went: the new one brings its own.
            self.remove_os_disk(parts, &mut standing, patience).await?;
        }
        if card_misfits {
            self.remove_free(&parts.card(), NETWORK, patience).await?;
            standing.card = None;
        }
        for v6 in [false, true] {
            let slot = if v6 { &mut standing.ipv6 } else { &mut standing.ipv4 };
            if slot.as_ref().is_some_and(elsewhere) {
                if standing.card.take().is_some() {
                    self.remove_free(&parts.card(), NETWORK, patience).await?;
                }
                self.remove_free(&parts.address(v6), NETWORK, patience).await?;
                *slot = None;
            }
        }
        Ok(standing)
    }

    /// The card of a node that is made, with what a kind of machine offers.
    pub(super) async fn card_for(
        &self,
        making: &Making<'_>,
        sku: Option<&SkuSeen>,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let (plan, parts) = (making.plan, &making.parts);
        let tags = parts.tags(plan, true);
        let address = |object: &Option<Value>| {
            object.as_ref().and_then(|one| one.get("id")?.as_str()).map(|id| canonical(id, &parts.group))
        };
        let (ipv4, ipv6) = (address(&standing.ipv4), address(&standing.ipv6));
        let group = parts.security_group(&plan.security_group);
        let wanted = network_interface::Wanted {
            location: &plan.location,
            subnet: (standing.card.is_none() || standing.machine.is_none()).then_some(making.subnet.as_str()),
            ipv6: making.ipv6,
            private_ipv4: making.node.private_ipv4,
            security_group: &group,
            accelerated: sku
                .map(|sku| plan.accelerated_networking.unwrap_or(sku.accelerated_networking))
                .or_else(|| plan.accelerated_networking.filter(|_| standing.machine.is_none())),
            public_ipv4: ipv4.as_deref().filter(|_| plan.public_ipv4),
            public_ipv6: ipv6.as_deref().filter(|_| plan.public_ipv6 && making.ipv6),
            tags: &tags,
        };
        self.card(parts, &wanted, &Tags::new(), standing, patience).await
    }

    /// A card brought to what it shall be, its tags too.
    pub(super) async fn card(
        &self,
        parts: &Parts,
        wanted: &network_interface::Wanted<'_>,
        dropped: &Tags,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let id = standing
            .card
            .as_ref()
            .and_then(|card| card.get("id")?.as_str())
            .map_or_else(|| parts.card(), |id| canonical(id, &parts.group));
        let place = Place { id: &id, api: NETWORK, fresh_parent: false };
        let change = |now: Option<&Value>| network_interface::change(now, wanted);
        let made = self.client.bring(&place, standing.card.as_ref(), &change, patience).await?;
        standing.card = Some(self.client.tag(&id, NETWORK, &made, wanted.tags, dropped, patience).await?);
        Ok(())
    }

    /// What a machine that stands can be given in place: disks, identities.
    pub(super) async fn amend(
        &self,
        plan: &PoolPlan,
        parts: &Parts,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let disks: Vec<_> = plan
            .data_disks
            .iter()
            .filter_map(|disk| {
                let id = standing.data_disks.get(&disk.name)?.get("id")?.as_str()?;
                Some((disk, canonical(id, &parts.group)))
            })
            .collect();
        let change = |now: &Value| virtual_machine::amend(now, plan, &disks);
        if let Some(machine) = standing.machine.take() {
            let id = parts.machine();
            standing.machine = Some(self.client.patch(&id, COMPUTE, machine, &change, patience).await?);
        }
        Ok(())
    }
}

/// Whether a machine that stands can become what it shall be without being made anew.
fn fits(machine: &Value, making: &Making<'_>, parts: &Parts) -> bool {
    let plan = making.plan;
    let text = |path: &str| machine.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let failed =
        ["Failed", "Canceled"].iter().any(|end| provisioning_state(machine).eq_ignore_ascii_case(end));
    let here = region(text("/location")) == region(&plan.location);
    let card = same(text("/properties/networkProfile/networkInterfaces/0/id"), &parts.card());
    let user = text("/properties/osProfile/adminUsername");
    let price = plan.spot.as_ref().is_none_or(|spot| virtual_machine::reprice(machine, spot).is_none());
    let offered = plan.offers.iter().any(|offer| {
        let zone = offer.zone.as_deref().or(making.node.zone.as_deref());
        offer.sku.eq_ignore_ascii_case(text("/properties/hardwareProfile/vmSize"))
            && offer.spot == virtual_machine::is_spot(machine)
            && zone.is_none_or(|zone| making.zones.is_empty() || zone == text("/zones/0"))
    });
    !failed
        && here
        && card
        && offered
        && price
        && (user.is_empty() || user == plan.admin_username)
        && image::fits(image::of_machine(machine).as_ref(), &plan.image)
}

/// A card that another machine has is not to be taken from it.
fn refuse_taken_card(parts: &Parts, standing: &Standing) -> Result<(), CloudError> {
    match standing.card.as_ref().and_then(machine_of) {
        Some(id) if !same(id, &parts.machine()) => {
            Err(CloudError::Stranger { id: parts.card(), reason: format!("machine {id} uses it") })
        }
        _ => Ok(()),
    }
}

/// Zone of the machine that stands.
pub(super) fn machine_zone(standing: &Standing) -> Option<String> {
    standing.machine.as_ref()?.pointer("/zones/0")?.as_str().map(str::to_owned)
}

/// The subnet of a node: the pool's subnets in turn by its number. With its id, whether it has IPv6.
fn subnet_for(network: Option<&Value>, plan: &PoolPlan, number: u32) -> Result<(String, bool), CloudError> {
    let all = network.map(known::subnets).unwrap_or_default();
    let names: Vec<&String> =
        if plan.subnets.is_empty() { all.keys().collect() } else { plan.subnets.iter().collect() };
    let garbled = |reason: String| CloudError::Garbled { url: plan.network_id.clone(), reason };
    let place = usize::try_from(number).unwrap_or_default() % names.len().max(1);
    let name = names.get(place).ok_or_else(|| garbled("the network has no subnet".to_owned()))?;
    let (name, ranges) = all
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .ok_or_else(|| garbled(format!("the network has no subnet {name}")))?;
    let ipv6 = ranges.iter().any(|range| matches!(range, ipnet::IpNet::V6(_)));
    Ok((format!("{}/subnets/{name}", ids::normal(&plan.network_id)), ipv6))
}
