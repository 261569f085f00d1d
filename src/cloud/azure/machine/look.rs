//! Looking at a whole pool through lists, and at single parts only where a list lacks them.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::super::ids::same;
use super::super::network_interface::family;
use super::super::request::NETWORK;
use super::super::tags;
use super::super::virtual_machine;
use super::AzureMachines;
use super::known::Lists;
use super::parts::Parts;
use super::seen;
use super::standing::{Standing, disk_name};
use crate::cloud::{CloudError, NodeSeen, PartFound, PoolPlace, PoolPlan};
use crate::time::Patience;

/// How many nodes are put together, or asked for, at once.
const AT_ONCE: usize = 32;

impl AzureMachines {
    /// All nodes of a pool: those whose parts say so, and those that are expected.
    pub(super) async fn look_at(
        &self,
        place: &PoolPlace,
        resource: &str,
        expected: &[String],
        patience: &Patience,
    ) -> Result<BTreeMap<String, NodeSeen>, CloudError> {
        let pool = Parts::of(&place.network_id, "");
        let lists = self.lists(&pool.group, patience).await?;
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        let mut names: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        for list in [&lists.machines, &lists.cards, &lists.addresses, &lists.disks] {
            names.extend(list.nodes_of(resource, &pool.network));
        }
        // The objects of a node are put together in its turn: of a thousand nodes only some are held.
        let (lists, expected) = (&lists, &expected);
        let looks: Vec<_> = names
            .into_iter()
            .map(|name| async move {
                let parts = Parts::of(&place.network_id, &name);
                let standing = standing(lists, &parts, resource);
                let asked = expected.contains(name.as_str());
                let standing = Box::pin(self.complete(&parts, standing, asked, patience)).await?;
                let there = !standing.all(&parts).is_empty();
                Ok::<_, CloudError>(there.then(|| (name, seen::node(&parts, &standing))))
            })
            .collect();
        let seen: Vec<_> = stream::iter(looks).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }

    /// Asks for what the lists lack: a machine that is expected, its power, and what it names.
    async fn complete(
        &self,
        parts: &Parts,
        mut standing: Standing,
        expected: bool,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let unknown = standing.machine.is_some() && standing.power.is_none();
        if unknown || (expected && standing.machine.is_none()) {
            (standing.machine, standing.power) = self.machine(parts, patience).await?;
        }
        if expected && standing.machine.is_none() && standing.card.is_none() {
            standing.card = self.client.read(&parts.card(), NETWORK, patience).await?;
        }
        self.follow_names(parts, standing, patience).await
    }

    /// What the lists show where the parts of new nodes would go. A list lags: the create asks again.
    pub(super) async fn find_in_lists(
        &self,
        plan: &PoolPlan,
        nodes: &[String],
        patience: &Patience,
    ) -> Result<Vec<PartFound>, CloudError> {
        let lists = self.lists(&Parts::of(&plan.network_id, "").group, patience).await?;
        let mut found = Vec::new();
        for node in nodes {
            let parts = Parts::of(&plan.network_id, node);
            let disks = plan
                .data_disks
                .iter()
                .filter_map(|disk| Some((disk.name.clone(), lists.disks.get(&parts.data_disk(&disk.name))?)));
            let standing = Standing {
                machine: lists.machines.get(&parts.machine()),
                power: None,
                card: lists.cards.get(&parts.card()),
                ipv4: plan.public_ipv4.then(|| lists.addresses.get(&parts.address(false))).flatten(),
                ipv6: plan.public_ipv6.then(|| lists.addresses.get(&parts.address(true))).flatten(),
                os_disk: lists.disks.get(&parts.os_disk()),
                data_disks: disks.collect(),
            };
            found.extend(standing.judged(&parts, &plan.mark));
        }
        Ok(found)
    }
}

/// What the lists show of a node: under our names, and what its machine and card name.
fn standing(lists: &Lists, parts: &Parts, resource: &str) -> Standing {
    let machine = lists.machines.get(&parts.machine());
    let named =
        |path: &str| machine.as_ref().and_then(|machine| machine.pointer(path)?.as_str()).map(str::to_owned);
    let card = named("/properties/networkProfile/networkInterfaces/0/id");
    let card = lists.cards.get(&card.unwrap_or_else(|| parts.card()));
    let address = |v6: bool| match card.as_ref().and_then(|card| family(card, v6).public) {
        Some(id) => lists.addresses.get(&id),
        // Ours by name, although the card does not have it (yet).
        None => lists.addresses.get(&parts.address(v6)).filter(|object| is_own(object, resource)),
    };
    let os_disk = match named("/properties/storageProfile/osDisk/managedDisk/id") {
        Some(id) => lists.disks.get(&id),
        None => lists.disks.get(&parts.os_disk()).filter(|object| is_own(object, resource)),
    };
    let attached = machine.as_ref().map(virtual_machine::data_disks).unwrap_or_default();
    let mut data_disks: BTreeMap<String, Value> = attached
        .iter()
        .filter_map(|(id, _)| lists.disks.get(id))
        .map(|object| (disk_name(parts, &object), object))
        .collect();
    for object in lists.disks.disks_of(&parts.node, &parts.network) {
        if is_own(&object, resource) {
            data_disks.entry(disk_name(parts, &object)).or_insert(object);
        }
    }
    let power = lists.power.get(&parts.machine().to_ascii_lowercase()).cloned();
    debug_assert!(machine.as_ref().is_none_or(|one| {
        one.get("id").and_then(Value::as_str).is_none_or(|id| same(id, &parts.machine()))
    }));
    Standing { ipv4: address(false), ipv6: address(true), machine, power, card, os_disk, data_disks }
}

fn is_own(object: &Value, resource: &str) -> bool {
    tags::mark(&tags::of(object)).is_some_and(|mark| mark.resource == resource)
}
