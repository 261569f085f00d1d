//! Removing a node, or parts of it, in Azure's order: machine, card, addresses, disks.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::client::{answer_of, meaning_of};
use super::super::error_codes::Meaning;
use super::super::ids::{self, SNAPSHOTS, canonical};
use super::super::request::{COMPUTE, Call, DISKS, NETWORK};
use super::super::tags::{self, Tags};
use super::super::{availability_set, disk, retry};
use super::parts::Parts;
use super::standing::{Look, Standing, disk_name};
use super::{AzureMachines, ready};
use crate::cloud::{CloudError, Mark, NodeRemoval, OnRemove, Owner, PoolPlace};
use crate::time::Patience;

/// How long something may count as in use after what used it is gone.
const MEMORY: Duration = Duration::from_secs(60);

impl AzureMachines {
    /// The whole removal of a node; ids of what was kept.
    pub(super) async fn clear(
        &self,
        place: &PoolPlace,
        node: &str,
        removal: &NodeRemoval,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError> {
        ready("the node's removal", patience)?;
        let parts = Parts::of(&place.network_id, node);
        let mut standing = self.everything(&parts, removal, patience).await?;
        let own =
            |object: &Option<Value>| object.as_ref().is_some_and(|object| is_own(&tags::of(object), removal));
        let machine_is_own = own(&standing.machine);
        if machine_is_own || (standing.machine.is_none() && own(&standing.os_disk)) {
            standing = self.settled(&parts, standing, patience).await?;
            self.remove_machine(&parts, &mut standing, patience).await?;
        }
        if removal.machine_only {
            return Ok(Vec::new());
        }
        let id = |object: &Value| {
            canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group)
        };
        for object in [&standing.card, &standing.ipv4, &standing.ipv6] {
            if let (true, Some(object)) = (own(object), object) {
                self.remove_free(&id(object), NETWORK, patience).await?;
            }
        }
        let mut kept = Vec::new();
        for (name, object) in &standing.data_disks {
            let has = tags::of(object);
            // What was never ours and hung on the machine goes only where it is named.
            let named = removal.data_disks.get(name);
            if !is_own(&has, removal) || (tags::mark(&has).is_none() && named.is_none()) {
                continue;
            }
            let disk = id(object);
            match named.copied().unwrap_or(OnRemove::Delete) {
                OnRemove::Keep => {
                    let theirs = tags::of_others(&has);
                    let body = json!({ "tags": theirs });
                    self.client.write(&Call::patch(&disk, DISKS, body), patience).await?;
                    kept.push(disk);
                    continue;
                }
                OnRemove::Snapshot => {
                    let name = disk::snapshot_name(ids::name(&disk), object);
                    let snapshot = ids::compute(&parts.group, SNAPSHOTS, &name);
                    let location = object.get("location").and_then(Value::as_str).unwrap_or(&place.location);
                    let body = disk::snapshot(&disk, location, &tags::of_others(&has));
                    self.client.write(&Call::put(&snapshot, DISKS, body), patience).await?;
                    kept.push(snapshot);
                }
                OnRemove::Delete => {}
            }
            self.remove_free(&disk, DISKS, patience).await?;
        }
        Ok(kept)
    }

    /// All parts of a node, also disks that hang on no machine any more and that nobody named.
    async fn everything(
        &self,
        parts: &Parts,
        removal: &NodeRemoval,
        patience: &Patience,
    ) -> Result<Standing, CloudError> {
        let look =
            Look { ipv4: true, ipv6: true, disks: removal.data_disks.keys().map(String::as_str).collect() };
        let mut standing = self.standing(parts, &look, patience).await?;
        let disks = self.loose_disks(&parts.group, patience).await?;
        for object in disks.disks_of(&parts.node, &parts.network) {
            let name = disk_name(parts, &object);
            if is_own(&tags::of(&object), removal) && !standing.data_disks.contains_key(&name) {
                let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
                if let Some(object) = self.client.read(id, DISKS, patience).await? {
                    standing.data_disks.insert(name, object);
                }
            }
        }
        Ok(standing)
    }

    /// Machine and system disk; everything else waits for the next machine.
    pub(super) async fn remove_machine(
        &self,
        parts: &Parts,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        if standing.machine.is_some() {
            self.client.remove(&parts.machine(), COMPUTE, patience).await?;
            (standing.machine, standing.power) = (None, None);
            // It goes with its machine, unless somebody said otherwise or the machine was never whole.
            let id = standing.os_disk.as_ref().and_then(|disk| disk.get("id")?.as_str()).map(str::to_owned);
            let id = id.map_or_else(|| parts.os_disk(), |id| canonical(&id, &parts.group));
            standing.os_disk = self.client.read(&id, DISKS, patience).await?;
        }
        self.remove_os_disk(parts, standing, patience).await
    }

    /// A system disk without its machine.
    pub(super) async fn remove_os_disk(
        &self,
        parts: &Parts,
        standing: &mut Standing,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let Some(object) = standing.os_disk.take() else { return Ok(()) };
        let id = canonical(object.get("id").and_then(Value::as_str).unwrap_or_default(), &parts.group);
        self.remove_free(&id, DISKS, patience).await
    }

    /// Removes a part; while Azure still counts it as in use by what went a moment ago, waits.
    pub(super) async fn remove_free(
        &self,
        id: &str,
        api: &'static str,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let (since, mut tries) = (Instant::now(), 0);
        loop {
            let error = match self.client.remove(id, api, patience).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let attached =
                api == DISKS && answer_of(&error).is_some_and(|answer| answer.code == "OperationNotAllowed");
            let used = attached || meaning_of(&error) == Some(Meaning::InUse);
            tries += 1;
            let pause = retry::pause(tries + 2, None, &self.client.chance);
            if !used || since.elapsed() > MEMORY || patience.pause(pause).await.is_err() {
                return Err(error);
            }
        }
    }

    /// Takes the owner off every part that has it.
    pub(super) async fn disown(
        &self,
        place: &PoolPlace,
        node: &str,
        owner: &Owner,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError> {
        ready("letting the node go", patience)?;
        let parts = Parts::of(&place.network_id, node);
        let nothing = NodeRemoval {
            owners: vec![owner.clone()],
            resource: format!("bud_node_pool/{}", place.name),
            machine_only: false,
            data_disks: std::collections::BTreeMap::new(),
        };
        let standing = self.everything(&parts, &nothing, patience).await?;
        let free = Tags::from([(Mark::OWNER.to_owned(), String::new())]);
        let mut let_go = Vec::new();
        for part in standing.all(&parts) {
            let has = tags::of(part.object);
            if tags::mark(&has).is_some_and(|mark| mark.owner == *owner) {
                let change = |now: &Value| {
                    let mut shall = tags::of(now);
                    shall.extend(free.clone());
                    (shall != tags::of(now)).then(|| json!({ "tags": shall }))
                };
                self.client.patch(&part.id, part.api, part.object.clone(), &change, patience).await?;
                let_go.push(part.id);
            }
        }
        Ok(let_go)
    }

    /// The availability set, once no machine is in it.
    pub(super) async fn clear_set(
        &self,
        place: &PoolPlace,
        _resource: &str,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        let parts = Parts::of(&place.network_id, "");
        let id = parts.availability_set();
        let _turn = self.turn(&id, patience).await?;
        let Some(set) = self.client.read(&id, COMPUTE, patience).await? else { return Ok(()) };
        let its = tags::of(&set);
        let here = tags::get(&its, Mark::NETWORK)
            .is_some_and(|own| own.eq_ignore_ascii_case(ids::name(&parts.network)));
        if tags::mark(&its).is_none() || !here || !availability_set::is_empty(&set) {
            return Ok(());
        }
        match self.client.remove(&id, COMPUTE, patience).await {
            // Another pool was faster and uses it.
            Err(error) if answer_of(&error).is_some_and(|answer| answer.status == 409) => Ok(()),
            result => result,
        }
    }
}

/// Whether a removal may touch what carries these tags: its own owners', or nobody's. What carries no mark
/// at all is this resource's only because the state names it (an import).
fn is_own(tags: &Tags, removal: &NodeRemoval) -> bool {
    match tags::mark(tags) {
        None => removal.owners.is_empty(),
        Some(mark) => {
            mark.resource == removal.resource
                && (removal.owners.is_empty()
                    || mark.owner.0.is_empty()
                    || removal.owners.contains(&mark.owner))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal(owners: &[&str]) -> NodeRemoval {
        NodeRemoval {
            owners: owners.iter().map(|owner| Owner((*owner).to_owned())).collect(),
            resource: "bud_node_pool/gpu".to_owned(),
            machine_only: false,
            data_disks: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn only_what_is_its_own_is_touched() {
        let mark = |owner: &str, resource: &str| Mark {
            environment: None,
            resource: resource.to_owned(),
            owner: Owner(owner.to_owned()),
            expires_at: None,
        };
        let gpu = |owner| mark(owner, "bud_node_pool/gpu").tags(true);
        assert!(is_own(&gpu("a"), &removal(&["a", "b"])) && is_own(&gpu(""), &removal(&["a"])));
        assert!(!is_own(&gpu("c"), &removal(&["a"])) && is_own(&gpu("c"), &removal(&[])));
        assert!(!is_own(&mark("a", "bud_node_pool/cpu").tags(true), &removal(&["a"])));
        assert!(is_own(&Tags::new(), &removal(&[])) && !is_own(&Tags::new(), &removal(&["a"])));
    }
}
