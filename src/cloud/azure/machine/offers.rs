//! The machine itself: the first offer that the cloud has room for.

use std::sync::Arc;

use super::super::client::{answer_of, meaning_of};
use super::super::document::Place;
use super::super::error_codes::Meaning;
use super::super::ids::canonical;
use super::super::request::{COMPUTE, Call, DISKS};
use super::super::tags;
use super::super::{availability_set, disk, image, sku, usage, virtual_machine};
use super::AzureMachines;
use super::create::Making;
use super::parts::Parts;
use super::standing::Standing;
use crate::cloud::{CloudError, Mark, Offer, Owner, PoolPlan};
use crate::time::Patience;

impl AzureMachines {
    /// Tries the offers in order: the next one only where this one has no capacity.
    pub(super) async fn by_offers(
        &self,
        making: &Making<'_>,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let (plan, parts) = (making.plan, &making.parts);
        let image = self.image(&plan.image, &plan.location, patience).await?;
        let set = self.availability_set(making, patience).await?;
        // A disk that holds data cannot leave its zone.
        let bound = standing.data_disks.values().find_map(disk::zone_of).map(str::to_owned);
        let kept: Vec<String> = standing.data_disks.keys().cloned().collect();
        let mut tried = Vec::new();
        for offer in &plan.offers {
            let zone = offer.zone.clone().or_else(|| making.node.zone.clone()).or_else(|| bound.clone());
            let zone = zone.filter(|_| !making.zones.is_empty());
            if bound.is_some() && zone != bound {
                tried.push((words(offer, zone.as_deref()), elsewhere(bound.as_deref())));
                continue;
            }
            let facts = sku::find(&making.skus, &offer.sku);
            self.card_for(making, facts, standing, patience).await?;
            self.disks_in_zone(making, zone.as_deref(), &kept, standing, patience).await?;
            let body = body(making, offer, zone.as_deref(), &image, set.as_deref(), standing);
            let call = Call::put(&parts.machine(), COMPUTE, body);
            let error = match self.client.write(&call, patience).await {
                Ok(machine) => {
                    standing.power = Some("running".to_owned());
                    standing.machine = Some(machine);
                    return Ok(());
                }
                Err(failed) => failed.error,
            };
            let needs = facts.map(|sku| usage::of_machine(sku, offer.spot)).unwrap_or_default();
            let (Some(Meaning::Capacity), Some(answer)) = (meaning_of(&error), answer_of(&error)) else {
                return Err(self.or_quota(error, &needs, &plan.location, patience).await);
            };
            tracing::info!(
                node = parts.node,
                sku = offer.sku,
                code = answer.code,
                "no capacity for this offer"
            );
            tried.push((words(offer, zone.as_deref()), answer.clone()));
            // After a failed allocation the machine exists and is of no use.
            (standing.machine, standing.power) = self.machine(parts, patience).await?;
            self.remove_machine(parts, standing, patience).await?;
        }
        Err(CloudError::NoCapacity { node: parts.node.clone(), tried })
    }

    /// New disks follow the zone of the offer: one that this run made elsewhere is still empty.
    async fn disks_in_zone(
        &self,
        making: &Making<'_>,
        zone: Option<&str>,
        kept: &[String],
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let elsewhere: Vec<String> = standing
            .data_disks
            .iter()
            .filter(|(name, object)| !kept.contains(name) && disk::zone_of(object) != zone)
            .map(|(name, _)| name.clone())
            .collect();
        for name in elsewhere {
            self.remove_free(&making.parts.data_disk(&name), DISKS, patience).await?;
            standing.data_disks.remove(&name);
        }
        self.data_disks(making.plan, &making.parts, zone.map(str::to_owned), standing, patience).await
    }

    /// The set that keeps servers apart, where the region has no zones; made by whoever comes first.
    async fn availability_set(
        &self,
        making: &Making<'_>,
        patience: &Patience,
    ) -> Result<Option<String>, CloudError> {
        let plan = making.plan;
        if !making.zones.is_empty()
            || making.skus.is_empty()
            || !["primary", "server"].contains(&plan.role.as_str())
        {
            return Ok(None);
        }
        let id = making.parts.availability_set();
        let _turn = self.turn(&id, patience).await?;
        if let Some(now) = self.client.read(&id, COMPUTE, patience).await? {
            let its = tags::mark(&tags::of(&now));
            if its.is_none_or(|its| its.environment != plan.mark.environment) {
                let reason = "it does not carry the tags of this environment".to_owned();
                return Err(CloudError::Stranger { id, reason });
            }
            return Ok(Some(id));
        }
        let tags = set_tags(plan, &making.parts);
        let place = Place { id: &id, api: COMPUTE, fresh_parent: false };
        let change = |_: Option<&serde_json::Value>| Some(availability_set::new(&plan.location, &tags));
        self.client.bring(&place, None, &change, patience).await?;
        Ok(Some(id))
    }

    /// The turn on an object of this process.
    pub(super) async fn turn(
        &self,
        id: &str,
        patience: &Patience,
    ) -> Result<tokio::sync::OwnedMutexGuard<()>, CloudError> {
        patience.finish(self.client.queues.turn(id)).await.map_err(|why| CloudError::Waited {
            what: format!("another change of {id} by this run"),
            last_seen: "it goes on".to_owned(),
            why,
        })
    }
}

/// The body of the machine of one offer.
fn body(
    making: &Making<'_>,
    offer: &Offer,
    zone: Option<&str>,
    image: &Arc<image::Facts>,
    set: Option<&str>,
    standing: &Standing,
) -> serde_json::Value {
    let (plan, parts) = (making.plan, &making.parts);
    let id = |object: &serde_json::Value| {
        canonical(object.get("id").and_then(serde_json::Value::as_str).unwrap_or_default(), &parts.group)
    };
    let disks: Vec<_> = plan
        .data_disks
        .iter()
        .filter_map(|disk| Some((disk, id(standing.data_disks.get(&disk.name)?))))
        .collect();
    let mut tags = parts.machine_tags(plan, false);
    tags.insert(Mark::SSH_HOST_KEY.to_owned(), making.node.host_key.public.clone());
    virtual_machine::new(&virtual_machine::New {
        plan,
        name: &parts.node,
        sku: &offer.sku,
        facts: sku::find(&making.skus, &offer.sku),
        zone,
        spot: offer.spot,
        image,
        card: &standing.card.as_ref().map_or_else(|| parts.card(), id),
        data_disks: &disks,
        availability_set: set,
        host_key: &making.node.host_key,
        tags: &tags,
    })
}

/// No single pool owns the set: the last one removes it.
fn set_tags(plan: &PoolPlan, parts: &Parts) -> tags::Tags {
    let mark = Mark { owner: Owner(String::new()), ..plan.mark.clone() };
    let mut tags = mark.tags(true);
    tags.insert(Mark::NETWORK.to_owned(), super::super::ids::name(&parts.network).to_owned());
    tags
}

fn words(offer: &Offer, zone: Option<&str>) -> String {
    let zone = zone.map(|zone| format!(" in zone {zone}")).unwrap_or_default();
    format!("{}{zone}{}", offer.sku, if offer.spot { ", spot" } else { "" })
}

/// Our own reason why an offer was not tried.
fn elsewhere(zone: Option<&str>) -> crate::cloud::Answer {
    crate::cloud::Answer {
        status: 0,
        code: "DataDiskInOtherZone".to_owned(),
        message: format!("The node's data disks are in zone {}.", zone.unwrap_or_default()),
        target: None,
        details: Vec::new(),
        retry_after: None,
        request_id: None,
    }
}
