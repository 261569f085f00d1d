//! What all pools of this process ask for together: lists, networks, kinds of machine, counters, images.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::Value;

use super::super::client::answer_of;
use super::super::request::{COMPUTE, Call, DISKS, NETWORK, SKUS};
use super::super::shared::Shared;
use super::super::{error_codes, ids, image, sku, subnet, usage, virtual_network};
use super::AzureMachines;
use super::listed::Listed;
use crate::cloud::{CloudError, Image, Quota, SkuSeen};
use crate::time::Patience;

/// How long what may change is good for.
const KEEP: Duration = Duration::from_secs(5);
/// How long the list is good in which removals look for disks that nobody names.
const KEEP_LOOSE: Duration = Duration::from_secs(60);

/// Answers that are shared.
pub(in super::super) struct Known {
    lists: Shared<Lists>,
    loose: Shared<Listed>,
    networks: Shared<Option<Value>>,
    skus: Shared<Vec<SkuSeen>>,
    quotas: Shared<Vec<Quota>>,
    images: Shared<image::Facts>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            lists: Shared::new(Some(KEEP)),
            loose: Shared::new(Some(KEEP_LOOSE)),
            networks: Shared::new(Some(KEEP)),
            skus: Shared::new(None),
            quotas: Shared::new(Some(KEEP)),
            images: Shared::new(None),
        }
    }
}

/// All objects of one resource group that pools are made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// Machines.
    pub(super) machines: Listed,
    /// What the cloud says of each machine's power, by lower-case id.
    pub(super) power: BTreeMap<String, String>,
    /// Network cards.
    pub(super) cards: Listed,
    /// Public addresses.
    pub(super) addresses: Listed,
    /// Disks.
    pub(super) disks: Listed,
}

impl AzureMachines {
    /// The lists of a resource group, five at once; empty where the group does not exist.
    pub(super) async fn lists(&self, group: &str, patience: &Patience) -> Result<Arc<Lists>, CloudError> {
        let ask = async {
            let list = |provider: &str, kind: &str| format!("{group}/providers/Microsoft.{provider}/{kind}");
            let machines = list("Compute", ids::VIRTUAL_MACHINES);
            let cards = list("Network", ids::NETWORK_INTERFACES);
            let addresses = list("Network", ids::PUBLIC_IPS);
            let disks = list("Compute", ids::DISKS);
            let (machines, power, cards, addresses, disks) = tokio::try_join!(
                self.listed(Call::get(&machines, COMPUTE), patience),
                self.powers(group, patience),
                self.listed(Call::get(&cards, NETWORK), patience),
                self.listed(Call::get(&addresses, NETWORK), patience),
                self.listed(Call::get(&disks, DISKS), patience),
            )?;
            Ok(Lists { machines, power, cards, addresses, disks })
        };
        self.known.lists.get(group, patience, ask).await
    }

    /// A list to its last page; empty where the group does not exist.
    async fn listed(&self, call: Call, patience: &Patience) -> Result<Listed, CloudError> {
        let mut listed = Listed::default();
        self.each(call, &mut |one| listed.insert(&one), patience).await?;
        Ok(listed)
    }

    /// The power of the machines of a group. Only the list of the whole subscription tells it.
    async fn powers(&self, group: &str, patience: &Patience) -> Result<BTreeMap<String, String>, CloudError> {
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Compute/virtualMachines",
            self.client.subscription
        );
        let start = format!("{}/", group.to_ascii_lowercase());
        let mut powers = BTreeMap::new();
        let mut take = |one: Value| {
            let id = one.get("id").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            if let Some(power) = power_of(&one).filter(|_| id.starts_with(&start)) {
                powers.insert(id, power);
            }
        };
        let call = Call::get(&path, COMPUTE).with("statusOnly", "true");
        self.each(call, &mut take, patience).await?;
        Ok(powers)
    }

    /// Hands over each element of a list; none where what holds them does not exist.
    async fn each(
        &self,
        call: Call,
        take: &mut (dyn FnMut(Value) + Send),
        patience: &Patience,
    ) -> Result<(), CloudError> {
        match self.client.each(call, take, patience).await {
            Err(error) if !answer_of(&error).is_some_and(error_codes::is_missing) => Err(error),
            _ => Ok(()),
        }
    }

    /// The disks of a group, to find those of a node that nobody names. That other nodes go does not
    /// change them, so that all removals of a run share one list.
    pub(super) async fn loose_disks(
        &self,
        group: &str,
        patience: &Patience,
    ) -> Result<Arc<Listed>, CloudError> {
        let path = format!("{group}/providers/Microsoft.Compute/{}", ids::DISKS);
        let ask = self.listed(Call::get(&path, DISKS), patience);
        self.known.loose.get(group, patience, ask).await
    }

    /// Something in this network's group has changed.
    pub(super) fn changed(&self, network_id: &str) {
        self.removed(network_id);
        self.known.loose.forget(ids::group_of(&ids::normal(network_id)));
    }

    /// Something in this network's group is gone.
    pub(super) fn removed(&self, network_id: &str) {
        self.known.lists.forget(ids::group_of(&ids::normal(network_id)));
    }

    /// A network; none where it does not exist.
    pub(super) async fn network(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Arc<Option<Value>>, CloudError> {
        let ask = self.client.read(network_id, NETWORK, patience);
        self.known.networks.get(network_id, patience, ask).await
    }

    /// The network of machines that shall be made; Azure's own word where it does not exist.
    pub(super) async fn network_there(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Arc<Option<Value>>, CloudError> {
        let network = self.network(network_id, patience).await?;
        if network.is_none() {
            self.known.networks.forget(network_id);
            self.client.send(&Call::get(network_id, NETWORK), patience).await?;
            return self.network(network_id, patience).await;
        }
        Ok(network)
    }

    /// Kinds of machine in a region.
    pub(super) async fn all_skus(
        &self,
        location: &str,
        patience: &Patience,
    ) -> Result<Arc<Vec<SkuSeen>>, CloudError> {
        let location = ids::region(location);
        let ask = async {
            let path =
                format!("/subscriptions/{}/providers/Microsoft.Compute/skus", self.client.subscription);
            let call = Call::get(&path, SKUS).with("$filter", format!("location eq '{location}'"));
            Ok(sku::all(&self.client.pages(call, patience).await?, &location))
        };
        self.known.skus.get(&location, patience, ask).await
    }

    /// Counters of a region, of machines and of networks.
    pub(super) async fn all_quotas(
        &self,
        location: &str,
        patience: &Patience,
    ) -> Result<Arc<Vec<Quota>>, CloudError> {
        let location = ids::region(location);
        let ask = async {
            let path = |provider: &str| {
                let subscription = &self.client.subscription;
                format!(
                    "/subscriptions/{subscription}/providers/Microsoft.{provider}/locations/{location}/usages"
                )
            };
            let (compute, network) = (path("Compute"), path("Network"));
            let (mut all, network) = tokio::try_join!(
                self.client.pages(Call::get(&compute, COMPUTE), patience),
                self.client.pages(Call::get(&network, NETWORK), patience),
            )?;
            all.extend(network);
            Ok(usage::all(&all))
        };
        self.known.quotas.get(&location, patience, ask).await
    }

    /// The error that says which counter is at its limit, where that is what Azure refused.
    pub(super) async fn or_quota(
        &self,
        error: CloudError,
        needs: &[(String, u64)],
        location: &str,
        patience: &Patience,
    ) -> CloudError {
        let Some(answer) = answer_of(&error).filter(|answer| error_codes::may_be_quota(answer)) else {
            return error;
        };
        self.known.quotas.forget(&ids::region(location));
        match self.all_quotas(location, patience).await {
            Ok(quotas) => usage::exhausted(&quotas, needs, location, answer).unwrap_or(error),
            // What Azure said first says more.
            Err(_) => error,
        }
    }

    /// What is known of an image.
    pub(super) async fn image(
        &self,
        image: &Image,
        location: &str,
        patience: &Patience,
    ) -> Result<Arc<image::Facts>, CloudError> {
        let location = ids::region(location);
        let ask = self.client.image(image, &location, patience);
        self.known.images.get(&image::key(image, &location), patience, ask).await
    }
}

/// The word for a machine's power in what Azure says of it now.
pub(super) fn power_of(machine: &Value) -> Option<String> {
    let statuses = machine
        .pointer("/properties/instanceView/statuses")
        .or_else(|| machine.get("statuses"))
        .and_then(Value::as_array)?;
    statuses.iter().find_map(|one| one.get("code")?.as_str()?.strip_prefix("PowerState/")).map(str::to_owned)
}

/// Region of a network.
pub(super) fn location(network: &Value) -> String {
    ids::region(network.get("location").and_then(Value::as_str).unwrap_or_default())
}

/// Ranges of a network's subnets by name.
pub(super) fn subnets(network: &Value) -> BTreeMap<String, Vec<IpNet>> {
    virtual_network::subnets_of(network)
        .map(|one| (subnet::name_of(one).to_owned(), subnet::ranges(one)))
        .collect()
}
