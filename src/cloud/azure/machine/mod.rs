//! Machines on Azure: each with its card, addresses and disks, in the resource group of the network.

mod addresses;
mod console;
mod create;
mod finish;
mod known;
mod listed;
mod look;
mod offers;
mod parts;
mod remove;
mod restart;
mod seen;
mod standing;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::client::Client;
use crate::cloud::{
    CloudError, Machines, NodeChange, NodePlan, NodeRemoval, NodeSeen, Owner, PartFound, PoolPlace, PoolPlan,
    Quota, SkuSeen,
};
use crate::outcome::Presence;
use crate::time::{Ended, Patience};
pub(super) use known::Known;
use parts::Parts;

/// The machines of one subscription.
pub(super) struct AzureMachines {
    client: Arc<Client>,
    known: Arc<Known>,
}

impl AzureMachines {
    pub(super) const fn new(client: Arc<Client>, known: Arc<Known>) -> Self {
        Self { client, known }
    }
}

/// Refuses to begin where the time is over already.
fn ready(what: &str, patience: &Patience) -> Result<(), CloudError> {
    patience.check().map_err(|why: Ended| CloudError::Waited {
        what: what.to_owned(),
        last_seen: "nothing sent yet".to_owned(),
        why,
    })
}

#[async_trait]
impl Machines for AzureMachines {
    async fn location_of(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Presence<String>, CloudError> {
        let network = self.network(network_id, patience).await?;
        Ok(match network.as_ref() {
            Some(network) => Presence::Here(known::location(network)),
            None => Presence::Gone,
        })
    }

    async fn subnet_ranges(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Presence<BTreeMap<String, Vec<ipnet::IpNet>>>, CloudError> {
        let network = self.network(network_id, patience).await?;
        Ok(match network.as_ref() {
            Some(network) => Presence::Here(known::subnets(network)),
            None => Presence::Gone,
        })
    }

    fn machine_id(&self, place: &PoolPlace, node: &str) -> Option<String> {
        Some(Parts::of(&place.network_id, node).machine())
    }

    async fn look(
        &self,
        place: &PoolPlace,
        resource: &str,
        expected: &[String],
        patience: &Patience,
    ) -> Result<BTreeMap<String, NodeSeen>, CloudError> {
        self.look_at(place, resource, expected, patience).await
    }

    async fn find(
        &self,
        pool: &PoolPlan,
        nodes: &[String],
        patience: &Patience,
    ) -> Result<Vec<PartFound>, CloudError> {
        self.find_in_lists(pool, nodes, patience).await
    }

    async fn create(
        &self,
        pool: &PoolPlan,
        node: &NodePlan,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        let result = self.make(pool, node, patience).await;
        self.changed(&pool.network_id);
        result
    }

    async fn update(
        &self,
        from: &PoolPlan,
        to: &PoolPlan,
        seen: &NodeSeen,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        let result = self.change(from, to, seen, patience).await;
        self.changed(&to.network_id);
        result
    }

    async fn restart(
        &self,
        place: &PoolPlace,
        node: &str,
        change: &NodeChange,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError> {
        let result = self.stop_and_start(place, node, change, patience).await;
        self.changed(&place.network_id);
        result.map_err(|error| restart::or_no_capacity(error, node, change))
    }

    async fn remove(
        &self,
        place: &PoolPlace,
        node: &str,
        removal: &NodeRemoval,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError> {
        let result = self.clear(place, node, removal, patience).await;
        self.removed(&place.network_id);
        result
    }

    async fn let_go(
        &self,
        place: &PoolPlace,
        node: &str,
        owner: &Owner,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError> {
        let result = self.disown(place, node, owner, patience).await;
        self.changed(&place.network_id);
        result
    }

    async fn tidy(&self, place: &PoolPlace, resource: &str, patience: &Patience) -> Result<(), CloudError> {
        self.clear_set(place, resource, patience).await
    }

    async fn console(
        &self,
        place: &PoolPlace,
        node: &str,
        patience: &Patience,
    ) -> Result<Option<String>, CloudError> {
        self.serial_log(place, node, patience).await
    }

    async fn skus(&self, location: &str, patience: &Patience) -> Result<Arc<Vec<SkuSeen>>, CloudError> {
        self.all_skus(location, patience).await
    }

    async fn quotas(&self, location: &str, patience: &Patience) -> Result<Arc<Vec<Quota>>, CloudError> {
        self.all_quotas(location, patience).await
    }
}
