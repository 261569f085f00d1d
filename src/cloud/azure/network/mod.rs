//! Networks on Azure: a virtual network, its security groups and its way out, in a resource group.

mod create;
mod delete;
mod look;
mod parts;
mod standing;
mod update;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::client::Client;
use crate::cloud::{CloudError, Found, NetworkPlace, NetworkPlan, NetworkSeen, Networks, Removal, Removed};
use crate::outcome::Presence;
use crate::time::{Ended, Patience};
use parts::Parts;
pub(super) use parts::group_name;

/// The networks of one subscription.
pub(super) struct AzureNetworks {
    client: Arc<Client>,
}

impl AzureNetworks {
    pub(super) const fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// The turn on an object of this process.
    async fn turn(&self, id: &str, patience: &Patience) -> Result<OwnedMutexGuard<()>, CloudError> {
        let turn = patience.finish(self.client.queues.turn(id)).await;
        turn.map_err(|why| CloudError::Waited {
            what: format!("another change of {id} by this run"),
            last_seen: "it goes on".to_owned(),
            why,
        })
    }

    fn parts(&self, plan: &NetworkPlan) -> Parts {
        Parts::of(&self.client.subscription, plan)
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
impl Networks for AzureNetworks {
    fn place(&self, plan: &NetworkPlan) -> NetworkPlace {
        let parts = self.parts(plan);
        let subnets = plan.subnets.keys();
        NetworkPlace {
            subnet_ids: subnets
                .map(|name| (name.clone(), format!("{}/subnets/{name}", parts.network)))
                .collect(),
            id: parts.network,
            resource_group: plan.resource_group.clone(),
            existing_resource_group: plan.existing_resource_group,
            existing_network: plan.existing_network.is_some(),
            group_ids: parts.groups,
        }
    }

    async fn find(&self, plan: &NetworkPlan, patience: &Patience) -> Result<Vec<Found>, CloudError> {
        let parts = self.parts(plan);
        let standing = self.standing(&parts, plan.existing_network.is_some(), patience).await?;
        Ok(standing.judged(plan, &parts))
    }

    async fn create(
        &self,
        plan: &NetworkPlan,
        held: &mut (dyn FnMut(bool) + Send),
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError> {
        self.make(plan, held, patience).await
    }

    async fn get(
        &self,
        place: &NetworkPlace,
        patience: &Patience,
    ) -> Result<Presence<NetworkSeen>, CloudError> {
        self.look(place, patience).await
    }

    async fn update(
        &self,
        from: &NetworkPlan,
        to: &NetworkPlan,
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError> {
        self.change(from, to, patience).await
    }

    async fn delete(
        &self,
        place: &NetworkPlace,
        removal: &Removal,
        patience: &Patience,
    ) -> Result<Removed, CloudError> {
        self.clear(place, removal, patience).await
    }
}
