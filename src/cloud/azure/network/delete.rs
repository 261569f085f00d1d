//! Removing a network: what leads to the others goes last, so that an interrupted removal is found again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::super::client::meaning_of;
use super::super::error_codes::Meaning;
use super::super::ids::{self, name, normal, parent, same};
use super::super::operation::provisioning_state;
use super::super::request::{NETWORK, RESOURCES};
use super::super::retry;
use super::super::tags::{self, Tags};
use super::super::virtual_network;
use super::{AzureNetworks, ready};
use crate::cloud::{CloudError, Mark, NetworkPlace, Removal, Removed};
use crate::time::Patience;

/// How long something may count as in use although nothing that uses it can be seen.
const MEMORY: Duration = Duration::from_secs(60);

/// A part that stands and is this removal's.
#[derive(Clone, Debug)]
struct Own {
    id: String,
    kind: String,
    tags: Tags,
    object: Option<Value>,
}

impl AzureNetworks {
    /// The whole removal.
    pub(super) async fn clear(
        &self,
        place: &NetworkPlace,
        removal: &Removal,
        patience: &Patience,
    ) -> Result<Removed, CloudError> {
        ready("the network's removal", patience)?;
        let group_id = ids::resource_group(&self.client.subscription, &place.resource_group);
        let Some(group) = self.client.read(&group_id, RESOURCES, patience).await? else {
            return Ok(Removed::Gone);
        };
        let owns_group = !place.existing_resource_group && is_own(&tags::of(&group), removal);
        let listed = self.client.list(&format!("{group_id}/resources"), RESOURCES, patience).await?;
        let own = self.own_parts(place, removal, &listed, patience).await?;
        let whole = place.existing_network || own.iter().any(|part| part.kind == ids::VIRTUAL_NETWORKS);
        let unfinished = !whole
            || own.iter().any(|part| !tags::finished(&part.tags))
            || (owns_group && !tags::finished(&tags::of(&group)));
        if removal.create_follows && unfinished {
            return self.let_go(&group_id, owns_group.then_some(&group), &own, patience).await;
        }
        if owns_group && !removal.force {
            self.refuse_occupied(&group_id, &own, listed, patience).await?;
        }
        self.remove_parts(&own, owns_group, place.existing_network, patience).await?;
        if owns_group {
            ready("the removal of the resource group", patience)?;
            self.client.remove(&group_id, RESOURCES, patience).await?;
        }
        Ok(Removed::Gone)
    }

    /// The parts that stand and are this removal's: what the list shows, and what the place names,
    /// because a list may lag.
    async fn own_parts(
        &self,
        place: &NetworkPlace,
        removal: &Removal,
        listed: &[Value],
        patience: &Patience,
    ) -> Result<Vec<Own>, CloudError> {
        let mut own: Vec<Own> = Vec::new();
        for one in listed {
            let Some(id) = one.get("id").and_then(Value::as_str).map(normal) else { continue };
            let kind = name(id.rsplit_once('/').map_or("", |(kind, _)| kind)).to_owned();
            let ours = [ids::VIRTUAL_NETWORKS, ids::SECURITY_GROUPS, ids::NAT_GATEWAYS, ids::PUBLIC_IPS];
            let tags = tags::of(one);
            if ours.contains(&kind.as_str()) && is_own(&tags, removal) {
                own.push(Own { id, kind, tags, object: None });
            }
        }
        let mut named: Vec<&str> = place.group_ids.values().map(String::as_str).collect();
        if !place.existing_network {
            named.push(&place.id);
        }
        let objects = self.read_all(&named, patience).await?;
        for (id, object) in named.into_iter().zip(objects) {
            own.retain(|part| !same(&part.id, id) || object.is_some());
            let Some(object) = object else { continue };
            let tags = tags::of(&object);
            // What carries no mark at all is this resource's only because the state names it (an import).
            let unmarked = removal.owner.is_none() && tags::mark(&tags).is_none();
            if !is_own(&tags, removal) && !unmarked {
                own.retain(|part| !same(&part.id, id));
                continue;
            }
            let kind = name(id.rsplit_once('/').map_or("", |(kind, _)| kind)).to_owned();
            own.retain(|part| !same(&part.id, id));
            own.push(Own { id: id.to_owned(), kind, tags, object: Some(object) });
        }
        Ok(own)
    }

    /// Takes the owner off every part, for the create that follows to take them over. Azure repairs a
    /// part that failed with the next write, so that all that stand are left to that create.
    async fn let_go(
        &self,
        group_id: &str,
        group: Option<&Value>,
        own: &[Own],
        patience: &Patience,
    ) -> Result<Removed, CloudError> {
        let free = Tags::from([(Mark::OWNER.to_owned(), String::new())]);
        let none = Tags::new();
        let mut let_go = Vec::new();
        for part in own {
            let now = part.object.clone().unwrap_or_else(|| serde_json::json!({ "tags": part.tags }));
            self.client.tag(&part.id, NETWORK, &now, &keep(&part.tags, &free), &none, patience).await?;
            let_go.push(part.id.clone());
        }
        if let Some(group) = group {
            let tags = keep(&tags::of(group), &free);
            self.client.tag(group_id, RESOURCES, group, &tags, &none, patience).await?;
            let_go.push(group_id.to_owned());
        }
        Ok(if let_go.is_empty() { Removed::Gone } else { Removed::LetGo(let_go) })
    }

    /// Refuses to remove a group that holds what this removal does not own. A list may still show what
    /// went a moment ago, so it is asked again before the refusal.
    async fn refuse_occupied(
        &self,
        group_id: &str,
        own: &[Own],
        mut listed: Vec<Value>,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let ours: BTreeSet<String> = own.iter().map(|part| part.id.to_ascii_lowercase()).collect();
        for pause in [Some(2), Some(4), None] {
            let foreign: Vec<String> = listed
                .iter()
                .filter_map(|one| one.get("id")?.as_str())
                .filter(|id| !ours.contains(&id.to_ascii_lowercase()))
                .map(normal)
                .collect();
            let foreign = self.still_there(foreign, patience).await?;
            let (false, Some(pause)) = (foreign.is_empty(), pause) else {
                return if foreign.is_empty() {
                    Ok(())
                } else {
                    let pools = pools_of(&foreign, &listed);
                    Err(CloudError::Occupied { id: group_id.to_owned(), objects: foreign, pools })
                };
            };
            patience.pause(Duration::from_secs(pause)).await.map_err(|why| CloudError::Waited {
                what: format!("{group_id} to be empty"),
                last_seen: foreign.join(", "),
                why,
            })?;
            listed = self.client.list(&format!("{group_id}/resources"), RESOURCES, patience).await?;
        }
        Ok(())
    }

    /// Of objects in Microsoft.Network only those that can be read; others we cannot ask for.
    async fn still_there(&self, ids: Vec<String>, patience: &Patience) -> Result<Vec<String>, CloudError> {
        let mut there = Vec::new();
        for id in ids {
            let network = id.to_ascii_lowercase().contains("/providers/microsoft.network/");
            if !network || self.client.read(&id, NETWORK, patience).await?.is_some() {
                there.push(id);
            }
        }
        Ok(there)
    }

    /// Removes the parts. In a group of ours the network goes together with the group, unless somebody
    /// uses it: then Azure's refusal of the network itself says by whom.
    async fn remove_parts(
        &self,
        own: &[Own],
        owns_group: bool,
        existing_network: bool,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let network = own.iter().find(|part| part.kind == ids::VIRTUAL_NETWORKS && !existing_network);
        let used = network
            .and_then(|part| part.object.as_ref())
            .is_some_and(|object| !virtual_network::users(object).is_empty());
        if let Some(network) = network.filter(|_| used) {
            self.remove_unused(network, patience).await?;
        }
        let groups = own.iter().filter(|part| part.kind == ids::SECURITY_GROUPS);
        let removed = join_all(groups.map(|part| self.remove_unused(part, patience))).await;
        removed.into_iter().collect::<Result<Vec<()>, _>>()?;
        if owns_group {
            return Ok(());
        }
        let ways_out = |kind: &str| own.iter().filter(move |part| part.kind == kind).collect::<Vec<_>>();
        let gateways = ways_out(ids::NAT_GATEWAYS);
        if let Some(network) = network.filter(|_| !used && !gateways.is_empty()) {
            self.detach(network, &gateways, patience).await?;
        }
        for part in gateways.into_iter().chain(ways_out(ids::PUBLIC_IPS)) {
            self.remove_unused(part, patience).await?;
        }
        if let Some(network) = network.filter(|_| !used) {
            self.remove_unused(network, patience).await?;
        }
        Ok(())
    }

    /// Takes our gateways off the subnets: a gateway in use cannot be removed, and the network shall be
    /// the last to go.
    async fn detach(&self, network: &Own, gateways: &[&Own], patience: &Patience) -> Result<(), CloudError> {
        let place = super::super::document::Place { id: &network.id, api: NETWORK, fresh_parent: false };
        let change = |now: Option<&Value>| {
            let mut body = super::super::document::writable(now?, &[]);
            let mut changed = false;
            let subnets = body.pointer_mut("/properties/subnets").and_then(Value::as_array_mut)?;
            for one in subnets {
                *one = super::super::subnet::plain(one);
                let ours = super::super::subnet::gateway_of(one)
                    .is_some_and(|id| gateways.iter().any(|part| same(&part.id, id)));
                if ours && let Some(inner) = one.pointer_mut("/properties").and_then(Value::as_object_mut) {
                    inner.remove("natGateway");
                    changed = true;
                }
            }
            changed.then_some(body)
        };
        let now = match &network.object {
            Some(object) => Some(object.clone()),
            None => self.client.read(&network.id, NETWORK, patience).await?,
        };
        let _turn = self.turn(&network.id, patience).await?;
        self.client.bring(&place, now.as_ref(), &change, patience).await?;
        Ok(())
    }

    /// Removes a part; while those who use it are on their way out, waits for them.
    async fn remove_unused(&self, part: &Own, patience: &Patience) -> Result<(), CloudError> {
        let _turn = self.turn(&part.id, patience).await?;
        let (mut tries, mut free_since) = (0, None);
        loop {
            let error = match self.client.remove(&part.id, NETWORK, patience).await {
                Ok(()) => return Ok(()),
                Err(error) if meaning_of(&error) == Some(Meaning::InUse) => error,
                Err(error) => return Err(error),
            };
            tries += 1;
            let Some(object) = self.client.read(&part.id, NETWORK, patience).await? else { return Ok(()) };
            match self.leaving(&object, patience).await? {
                Leaving::No => return Err(error),
                Leaving::Yes => free_since = None,
                Leaving::Unseen => {
                    let since = *free_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > MEMORY {
                        return Err(error);
                    }
                }
            }
            // The refusal says more than the end of a wait would.
            if patience.pause(retry::pause(tries + 2, None, &self.client.chance)).await.is_err() {
                return Err(error);
            }
        }
    }

    /// Whether all who use an object are being removed.
    async fn leaving(&self, object: &Value, patience: &Patience) -> Result<Leaving, CloudError> {
        let users = users(object);
        if users.is_empty() {
            return Ok(Leaving::Unseen);
        }
        for id in &users {
            match self.client.read(id, NETWORK, patience).await? {
                Some(user) if provisioning_state(&user).eq_ignore_ascii_case("Deleting") => {}
                None => {}
                Some(_) => return Ok(Leaving::No),
            }
        }
        Ok(Leaving::Yes)
    }
}

/// Whether the users of an object go.
enum Leaving {
    Yes,
    No,
    Unseen,
}

/// Who uses an object, as far as it says so: owners of addresses in its subnets, machines' interfaces,
/// gateways.
fn users(object: &Value) -> Vec<String> {
    let list = |path: &str| object.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let id = |one: &Value| one.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut users: Vec<String> =
        virtual_network::users(object).iter().map(|one| parent(one).to_owned()).collect();
    users.extend(list("/properties/networkInterfaces").filter_map(id));
    users.extend(
        object
            .pointer("/properties/ipConfiguration/id")
            .and_then(Value::as_str)
            .map(|one| parent(one).to_owned()),
    );
    users.extend(object.pointer("/properties/natGateway/id").and_then(Value::as_str).map(str::to_owned));
    users.sort_unstable();
    users.dedup();
    users
}

/// Whether a removal may touch what carries these tags: its own owner's, or nobody's.
fn is_own(tags: &Tags, removal: &Removal) -> bool {
    tags::mark(tags).is_some_and(|mark| {
        mark.resource == removal.resource
            && removal.owner.as_ref().is_none_or(|owner| mark.owner == *owner || mark.owner.0.is_empty())
    })
}

/// All tags of a part with some of them changed.
fn keep(has: &Tags, changed: &Tags) -> Tags {
    let mut all = has.clone();
    all.extend(changed.clone());
    all
}

/// Names of the pools that made some of the objects, by the tags that a listing shows.
fn pools_of(objects: &[String], listed: &[Value]) -> Vec<String> {
    let pools: BTreeSet<String> = listed
        .iter()
        .filter(|one| {
            let id = one.get("id").and_then(Value::as_str).map(normal);
            id.is_some_and(|id| objects.contains(&id))
        })
        .filter_map(|one| tags::of(one).remove(Mark::POOL))
        .collect();
    pools.into_iter().collect()
}
