//! Looking at a whole pool through lists, and at single parts only where a list lacks them.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::super::ids::{self, same};
use super::super::network_interface::family;
use super::super::request::NETWORK;
use super::super::tags;
use super::super::virtual_machine;
use super::AzureMachines;
use super::known::Lists;
use super::parts::Parts;
use super::seen;
use super::standing::{Standing, disk_name};
use crate::cloud::{CloudError, Mark, NodeSeen, PartFound, PoolPlace, PoolPlan};
use crate::time::Patience;

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
        let index = Index::of(&lists);
        let mut names: BTreeSet<String> = expected.iter().cloned().collect();
        names.extend(index.nodes_of(resource, ids::name(&pool.network)));
        let looks = names.into_iter().map(|name| {
            let parts = Parts::of(&place.network_id, &name);
            let standing = index.standing(&lists, &parts, resource);
            let asked = expected.contains(&name);
            async move {
                let standing = self.complete(&parts, standing, asked, patience).await?;
                let there = !standing.all(&parts).is_empty();
                Ok::<_, CloudError>(there.then(|| (name, seen::node(&parts, &standing))))
            }
        });
        let seen = join_all(looks).await.into_iter().collect::<Result<Vec<_>, _>>()?;
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
        let get = |list: &BTreeMap<String, Value>, id: &str| list.get(&id.to_ascii_lowercase()).cloned();
        let mut found = Vec::new();
        for node in nodes {
            let parts = Parts::of(&plan.network_id, node);
            let disks = plan.data_disks.iter().filter_map(|disk| {
                Some((disk.name.clone(), get(&lists.disks, &parts.data_disk(&disk.name))?))
            });
            let standing = Standing {
                machine: get(&lists.machines, &parts.machine()),
                power: None,
                card: get(&lists.cards, &parts.card()),
                ipv4: plan.public_ipv4.then(|| get(&lists.addresses, &parts.address(false))).flatten(),
                ipv6: plan.public_ipv6.then(|| get(&lists.addresses, &parts.address(true))).flatten(),
                os_disk: get(&lists.disks, &parts.os_disk()),
                data_disks: disks.collect(),
            };
            found.extend(standing.judged(&parts, &plan.mark));
        }
        Ok(found)
    }
}

/// What the lists hold, by the node that it says it belongs to.
struct Index<'a> {
    /// Resource, network and node of everything that carries our tags.
    nodes: BTreeSet<(String, String, String)>,
    /// Disks by node.
    disks: BTreeMap<String, Vec<&'a Value>>,
}

impl<'a> Index<'a> {
    fn of(lists: &'a Lists) -> Self {
        let mut index = Self { nodes: BTreeSet::new(), disks: BTreeMap::new() };
        let all = lists.machines.values().chain(lists.cards.values()).chain(lists.addresses.values());
        for object in all.chain(lists.disks.values()) {
            let its = tags::of(object);
            let (Some(mark), Some(node)) = (tags::mark(&its), tags::get(&its, Mark::NODE)) else { continue };
            let network = tags::get(&its, Mark::NETWORK).unwrap_or_default().to_ascii_lowercase();
            index.nodes.insert((mark.resource, network, node.to_owned()));
            if tags::get(&its, Mark::DISK).is_some() {
                index.disks.entry(node.to_owned()).or_default().push(object);
            }
        }
        index
    }

    fn nodes_of(&self, resource: &str, network: &str) -> Vec<String> {
        let network = network.to_ascii_lowercase();
        let own = self.nodes.iter().filter(|(of, inside, _)| of == resource && *inside == network);
        own.map(|(_, _, node)| node.clone()).collect()
    }

    /// What the lists show of a node: under our names, and what its machine and card name.
    fn standing(&self, lists: &Lists, parts: &Parts, resource: &str) -> Standing {
        let get = |list: &BTreeMap<String, Value>, id: &str| list.get(&id.to_ascii_lowercase()).cloned();
        let machine = get(&lists.machines, &parts.machine());
        let named = |path: &str| {
            machine.as_ref().and_then(|machine| machine.pointer(path)?.as_str()).map(str::to_owned)
        };
        let card = named("/properties/networkProfile/networkInterfaces/0/id");
        let card = get(&lists.cards, &card.unwrap_or_else(|| parts.card()));
        let address = |v6: bool| {
            let named = card.as_ref().and_then(|card| family(card, v6).public);
            // Ours by name, although the card does not have it (yet).
            let own = get(&lists.addresses, &parts.address(v6)).filter(|object| is_own(object, resource));
            named.map_or(own, |id| get(&lists.addresses, &id))
        };
        let os_disk = named("/properties/storageProfile/osDisk/managedDisk/id");
        let os_disk = os_disk.map_or_else(
            || get(&lists.disks, &parts.os_disk()).filter(|object| is_own(object, resource)),
            |id| get(&lists.disks, &id),
        );
        let attached = machine.as_ref().map(virtual_machine::data_disks).unwrap_or_default();
        let mut data_disks: BTreeMap<String, Value> = attached
            .iter()
            .filter_map(|(id, _)| get(&lists.disks, id))
            .map(|object| (disk_name(parts, &object), object))
            .collect();
        for object in self.disks.get(&parts.node).into_iter().flatten() {
            let its = tags::of(object);
            let here = tags::get(&its, Mark::NETWORK)
                .is_some_and(|own| own.eq_ignore_ascii_case(ids::name(&parts.network)));
            if here && is_own(object, resource) {
                data_disks.entry(disk_name(parts, object)).or_insert_with(|| (*object).clone());
            }
        }
        let power = lists.power.get(&parts.machine().to_ascii_lowercase()).cloned();
        debug_assert!(machine.as_ref().is_none_or(|one| {
            one.get("id").and_then(Value::as_str).is_none_or(|id| same(id, &parts.machine()))
        }));
        Standing { ipv4: address(false), ipv6: address(true), machine, power, card, os_disk, data_disks }
    }
}

fn is_own(object: &Value, resource: &str) -> bool {
    tags::mark(&tags::of(object)).is_some_and(|mark| mark.resource == resource)
}
