//! Looking at a network.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::ids::{self, SECURITY_GROUPS, name, same};
use super::super::request::{NETWORK, RESOURCES};
use super::super::retry;
use super::super::tags;
use super::AzureNetworks;
use super::standing::{At, Standing};
use crate::cloud::{CloudError, NetworkPlace, NetworkSeen};
use crate::outcome::Presence;
use crate::time::Patience;

/// How often a group is looked for in which something stands.
const LOOKS: u32 = 5;

impl AzureNetworks {
    /// Reads the network, its groups and its resource group; its ways out where it has any.
    pub(super) async fn look(
        &self,
        place: &NetworkPlace,
        patience: &Patience,
    ) -> Result<Presence<NetworkSeen>, CloudError> {
        let group = ids::resource_group(&self.client.subscription, &place.resource_group);
        let group_ids: Vec<&str> = place.group_ids.values().map(String::as_str).collect();
        let (network, groups, resource_group) = tokio::join!(
            self.client.read(&place.id, NETWORK, patience),
            self.read_all(&group_ids, patience),
            self.client.read(&group, RESOURCES, patience),
        );
        let (network, groups, mut resource_group) = (network?, groups?, resource_group?);
        let mut known = place.group_ids.clone();
        let mut groups: BTreeMap<String, Value> =
            known.keys().cloned().zip(groups).filter_map(|(name, object)| Some((name, object?))).collect();
        let inside = (network.is_some() && !place.existing_network) || !groups.is_empty();
        if resource_group.is_none() && inside {
            resource_group = self.group_around(&group, patience).await?;
        }
        // A network of the user's may go before our groups do: they are still ours to remove. So are the
        // parts of a create that failed before it came to its network.
        let groups_remain = place.existing_network && !groups.is_empty();
        let unfinished = groups.values().chain(&resource_group).any(|part| is_unfinished(part, place));
        if network.is_none() && !groups_remain && !unfinished {
            return Ok(Presence::Gone);
        }
        if place.group_ids.is_empty() && resource_group.is_some() {
            (known, groups) = self.groups_of(&group, place, network.as_ref(), patience).await?;
        }
        let standing = Standing { group: resource_group, network, groups, ..Standing::default() };
        let standing = self.with_ways_out(standing, patience).await?;
        let at = At {
            group: &group,
            network: &place.id,
            existing_network: place.existing_network,
            groups: &known,
            subnet_names: place.subnet_ids.keys().map(String::as_str).collect(),
        };
        Ok(Presence::Here(standing.seen(&at)))
    }

    /// A resource group of which something inside was seen: Azure's parts learn of a new one with a
    /// delay, and its not-found is then asked about again.
    pub(super) async fn group_around(
        &self,
        id: &str,
        patience: &Patience,
    ) -> Result<Option<Value>, CloudError> {
        for tries in 1..=LOOKS {
            if let Some(group) = self.client.read(id, RESOURCES, patience).await? {
                return Ok(Some(group));
            }
            let pause = retry::pause(tries, None, &self.client.chance);
            patience.pause(pause).await.map_err(|why| CloudError::Waited {
                what: format!("GET {id}"),
                last_seen: "HTTP 404".to_owned(),
                why,
            })?;
        }
        self.client.read(id, RESOURCES, patience).await
    }

    /// The groups of a network of which only the id is known (import): those that carry its mark.
    async fn groups_of(
        &self,
        group: &str,
        place: &NetworkPlace,
        network: Option<&Value>,
        patience: &Patience,
    ) -> Result<(BTreeMap<String, String>, BTreeMap<String, Value>), CloudError> {
        let (mut known, mut found) = (BTreeMap::new(), BTreeMap::new());
        let Some(mark) = network.map(tags::of).as_ref().and_then(tags::mark) else {
            return Ok((known, found));
        };
        let list = format!("{group}/providers/Microsoft.Network/{SECURITY_GROUPS}");
        let start = format!("{}-", name(&place.id));
        for object in self.client.list(&list, NETWORK, patience).await? {
            let its = tags::mark(&tags::of(&object));
            let ours =
                its.is_some_and(|its| its.resource == mark.resource && its.environment == mark.environment);
            let own_name = object.get("name").and_then(Value::as_str).unwrap_or_default();
            let Some(short) = own_name
                .get(start.len()..)
                .filter(|_| ours && own_name[..start.len()].eq_ignore_ascii_case(&start))
            else {
                continue;
            };
            known.insert(short.to_owned(), ids::network(group, SECURITY_GROUPS, own_name));
            found.insert(short.to_owned(), object.clone());
        }
        debug_assert!(known.values().all(|id| !same(id, &place.id)));
        Ok((known, found))
    }
}

/// Whether a part belongs to this network and to a create that did not finish.
fn is_unfinished(part: &Value, place: &NetworkPlace) -> bool {
    let tags = tags::of(part);
    let own = format!("bud_network/{}", name(&place.id));
    !tags::finished(&tags) && tags::mark(&tags).is_some_and(|mark| mark.resource.eq_ignore_ascii_case(&own))
}
