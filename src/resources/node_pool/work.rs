//! Making, changing and removing nodes, many at once or one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::leave::{Doing, leave};
use super::progress::Progress;
use super::wanted::Wanted;
use super::{convert, explain, login, names, nodes};
use crate::cloud::{
    CloudError, Machines, NodeChange, NodePlan, NodeRemoval, NodeSeen, Owner, PoolPlace, PoolPlan, SkuSeen,
};
use crate::diagnostics::Diagnostic;
use crate::time::{Ended, Patience};
use crate::value::Value;

/// How many nodes are worked on at once.
pub(super) const AT_ONCE: usize = 32;

/// How long a last look at a serial console may take.
const CONSOLE: Duration = Duration::from_secs(20);

/// One apply of a pool.
pub(super) struct Work<'a> {
    pub(super) machines: &'a dyn Machines,
    pub(super) place: PoolPlace,
    pub(super) plan: PoolPlan,
    /// The plan of before, on update.
    pub(super) from: Option<PoolPlan>,
    pub(super) prior: &'a Value,
    pub(super) planned: &'a Value,
    pub(super) skus: Arc<Vec<SkuSeen>>,
    pub(super) seen: BTreeMap<String, NodeSeen>,
    pub(super) luns: BTreeMap<String, u8>,
    /// The node that records the pool's arguments.
    pub(super) first: Option<String>,
    pub(super) owner: Owner,
    pub(super) patience: &'a Patience,
    pub(super) progress: Arc<Mutex<Progress>>,
}

impl Work<'_> {
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something went wrong: the next step is then not begun.
    pub(super) fn failed(&self) -> bool {
        self.progress().errors.has_errors()
    }

    fn at_once(&self) -> usize {
        if Wanted(self.planned).serves() { 1 } else { AT_ONCE }
    }

    /// A node's plan.
    fn node_plan(&self, node: &str, seen: Option<&NodeSeen>) -> PoolPlan {
        let first = self.first.as_deref() == Some(node);
        convert::node_plan(&self.plan, self.planned, node, seen, first, &self.luns)
    }

    /// Asks every machine that would be stopped or deleted to leave its cluster, before anything is done.
    pub(super) fn leave<'n>(&self, nodes: impl IntoIterator<Item = &'n String>, doing: Doing) {
        for node in nodes {
            if let Some(Err(diagnostic)) = self.seen.get(node).map(|seen| leave(seen, doing)) {
                self.progress().failed(diagnostic);
            }
        }
    }

    /// Makes nodes, all at the same time up to the limit.
    pub(super) async fn add(&self, nodes: impl IntoIterator<Item = (String, u32)>) {
        let making: Vec<_> = nodes.into_iter().map(|(node, number)| self.make(node, number)).collect();
        stream::iter(making).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn make(&self, node: String, number: u32) {
        if let Err(ended) = self.patience.check() {
            return self.stopped(&node, ended);
        }
        let host_key = match login::host_key() {
            Ok(host_key) => host_key,
            Err(diagnostic) => return self.progress().failed(diagnostic),
        };
        let planned = self.planned.get("nodes").get(&node);
        let zone = match planned.get("zone") {
            Value::Null if planned.is_null() => Wanted(self.planned).zone(number).flatten(),
            Value::Unknown(_) => Wanted(self.planned).zone(number).flatten(),
            zone => zone.as_str().map(str::to_owned),
        };
        let fixed = if number == 0 { self.planned.get("private_ipv4") } else { planned.get("private_ipv4") };
        let plan = NodePlan {
            name: node.clone(),
            number,
            zone,
            private_ipv4: fixed.as_str().and_then(|text| text.parse().ok()),
            host_key,
        };
        let pool = self.node_plan(&node, None);
        match self.machines.create(&pool, &plan, self.patience).await {
            Ok(seen) => self.progress().done(seen, &self.skus),
            Err(error) => self.refused(&node, &error, "Creating").await,
        }
    }

    /// Makes the machines of nodes anew: the old one goes first, everything else of the node stays.
    pub(super) async fn remake(&self, nodes: impl IntoIterator<Item = (String, u32)>, one_by_one: bool) {
        let limit = if one_by_one { 1 } else { self.at_once() };
        let making: Vec<_> =
            nodes.into_iter().map(|(node, number)| self.remake_one(node, number, limit == 1)).collect();
        stream::iter(making).buffer_unordered(limit).collect::<Vec<()>>().await;
    }

    async fn remake_one(&self, node: String, number: u32, careful: bool) {
        if careful && self.failed() {
            return;
        }
        // One that is only half made is finished, not removed.
        let whole = self
            .seen
            .get(&node)
            .and_then(|seen| seen.machine.as_ref())
            .is_some_and(|machine| machine.finished);
        if whole {
            let removal = self.removal(true);
            if let Err(error) = self.machines.remove(&self.place, &node, &removal, self.patience).await {
                return self.refused(&node, &error, "Removing the old machine of").await;
            }
            self.progress().bare(&node);
        }
        self.make(node, number).await;
    }

    fn removal(&self, machine_only: bool) -> NodeRemoval {
        NodeRemoval {
            owners: if self.owner.0.is_empty() { Vec::new() } else { vec![self.owner.clone()] },
            resource: self.plan.mark.resource.clone(),
            machine_only,
            data_disks: convert::fates(self.prior),
        }
    }

    /// Removes nodes, servers one at a time.
    pub(super) async fn remove(&self, nodes: impl IntoIterator<Item = String>) {
        let limit = self.at_once();
        let removing: Vec<_> = nodes.into_iter().map(|node| self.remove_one(node, limit == 1)).collect();
        stream::iter(removing).buffer_unordered(limit).collect::<Vec<()>>().await;
    }

    async fn remove_one(&self, node: String, careful: bool) {
        if careful && self.failed() {
            return;
        }
        if let Err(ended) = self.patience.check() {
            return self.stopped(&node, ended);
        }
        let mut removal = self.removal(false);
        // What an earlier run let go of carries no owner.
        if self
            .seen
            .get(&node)
            .and_then(|seen| seen.mark.as_ref())
            .is_some_and(|mark| mark.owner.0.is_empty())
        {
            removal.owners = Vec::new();
        }
        match self.machines.remove(&self.place, &node, &removal, self.patience).await {
            Ok(kept) => self.progress().gone(&node, kept),
            Err(error) => self.refused(&node, &error, "Removing").await,
        }
    }

    /// Brings nodes that stay to the plan, in place and without a restart.
    pub(super) async fn adjust(&self, nodes: &BTreeSet<String>) {
        let changing: Vec<_> = nodes.iter().cloned().map(|node| self.adjust_one(node)).collect();
        stream::iter(changing).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn adjust_one(&self, node: String) {
        // As it is now: it may have been restarted as another in this same apply.
        let Some(seen) = self.progress().seen(&node) else { return };
        let seen = &seen;
        let to = self.node_plan(&node, Some(seen));
        let from = match &self.from {
            Some(from) => {
                let mut plan = convert::node_plan(from, self.prior, &node, Some(seen), false, &self.luns);
                plan.recorded.clone_from(&seen.recorded);
                plan
            }
            None => to.clone(),
        };
        if !differs(&from, &to, seen) {
            return self.progress().done(seen.clone(), &self.skus);
        }
        if let Err(ended) = self.patience.check() {
            return self.stopped(&node, ended);
        }
        match self.machines.update(&from, &to, seen, self.patience).await {
            Ok(seen) => self.progress().done(seen, &self.skus),
            Err(error) => self.refused(&node, &error, "Changing").await,
        }
    }

    /// Stops, changes and starts machines, one at a time.
    pub(super) async fn restart(&self, restarts: &BTreeMap<String, NodeChange>) {
        for (node, change) in restarts {
            if self.failed() {
                return;
            }
            self.progress().halts(node);
            match self.machines.restart(&self.place, node, change, self.patience).await {
                Ok(seen) => self.progress().done(seen, &self.skus),
                Err(error) => self.refused(node, &error, "Restarting").await,
            }
        }
    }

    fn stopped(&self, node: &str, why: Ended) {
        let error =
            CloudError::Waited { what: format!("the turn of {node}"), last_seen: "not begun".into(), why };
        self.once(&error, explain::node(&error, &format!("Working on the node {node}"), None, None));
    }

    /// A stop or a timeout of the whole operation is told once, not for each node.
    fn once(&self, error: &CloudError, diagnostic: Diagnostic) {
        let mut progress = self.progress();
        let same = |other: &Diagnostic| other.summary == diagnostic.summary;
        let general = matches!(error, CloudError::Waited { why: Ended::Stopped, .. })
            || matches!(error, CloudError::Waited { last_seen, .. } if last_seen == "not begun");
        if !general || !progress.errors.0.iter().any(same) {
            progress.failed(diagnostic);
        }
    }

    async fn refused(&self, node: &str, error: &CloudError, doing: &str) {
        let console = if asks_for_console(error) {
            let patience = self.patience.beyond(CONSOLE);
            self.machines.console(&self.place, node, &patience).await.ok().flatten()
        } else {
            None
        };
        let import = convert::id(&self.place.network_id, &self.place.name);
        let doing = format!("{doing} the node {node}");
        self.once(error, explain::node(error, &doing, Some(&import), console.as_deref()));
    }
}

/// Whether the machine itself may know what went wrong.
fn asks_for_console(error: &CloudError) -> bool {
    match error {
        CloudError::Waited { why: Ended::Deadline, last_seen, .. } => last_seen != "not begun",
        CloudError::Refused { answer, .. } => {
            answer.code.starts_with("OSProvisioning")
                || answer.code.starts_with("VMStart")
                || answer.code == "Failed"
        }
        _ => false,
    }
}

/// Whether anything about a node is to be changed, or has drifted.
fn differs(from: &PoolPlan, to: &PoolPlan, seen: &NodeSeen) -> bool {
    let drifted = seen.security_group.as_deref() != Some(to.security_group.as_str())
        || seen.public_ipv4.is_some() != to.public_ipv4
        || seen.public_ipv6.is_some() != to.public_ipv6
        || to.tags.iter().any(|(key, text)| seen.tags.get(key) != Some(text))
        || to.data_disks.iter().any(|disk| {
            seen.data_disks
                .get(&disk.name)
                .is_none_or(|seen| seen.size_gb < disk.size_gb || seen.lun.is_none())
        })
        || seen
            .machine
            .as_ref()
            .is_some_and(|machine| machine.os_disk_gb < to.os_disk_gb || machine.identities != to.identities);
    let recorded = to.recorded.iter().any(|(key, text)| seen.recorded.get(key) != Some(text));
    // What holds for new machines only, and keys, which members get from their cluster, touch no node.
    let same = PoolPlan {
        offers: to.offers.clone(),
        image: to.image.clone(),
        os_disk_kind: to.os_disk_kind,
        os_disk_gb: to.os_disk_gb,
        data_disks: to.data_disks.clone(),
        encryption: to.encryption.clone(),
        admin_username: to.admin_username.clone(),
        ssh_public_keys: to.ssh_public_keys.clone(),
        subnets: to.subnets.clone(),
        accelerated_networking: to.accelerated_networking,
        secure_boot: to.secure_boot,
        vtpm: to.vtpm,
        capacity_reservation_id: to.capacity_reservation_id.clone(),
        placement_group: to.placement_group.clone(),
        recorded: to.recorded.clone(),
        mark: crate::cloud::Mark { owner: to.mark.owner.clone(), ..from.mark.clone() },
        ..from.clone()
    };
    let owner = seen.mark.as_ref().is_some_and(|mark| mark.owner != to.mark.owner);
    drifted || recorded || owner || same != *to
}

/// The numbers of nodes of a pool.
pub(super) fn numbered(pool: &str, nodes: impl IntoIterator<Item = String>) -> Vec<(String, u32)> {
    let mut numbered: Vec<(String, u32)> = nodes
        .into_iter()
        .filter_map(|node| names::number(pool, &node).map(|number| (node, number)))
        .collect();
    numbered.sort_by_key(|(_, number)| *number);
    numbered
}

/// Parts of an earlier run under names that the pool shall not have.
pub(super) fn leftovers<'a>(
    seen: &'a BTreeMap<String, NodeSeen>,
    wanted: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a NodeSeen> {
    seen.values().filter(move |node| !wanted.contains(&node.name))
}

/// Whether a node is what an interrupted create of this pool left: ours to take over or remove (HB1).
pub(super) fn is_ours(seen: &NodeSeen, environment: Option<&str>) -> bool {
    seen.mark.as_ref().is_some_and(|mark| {
        let finished = nodes::state(Some(seen)) != "missing";
        mark.environment.as_deref() == environment
            && (environment.is_some() || mark.owner.0.is_empty() || !finished)
    })
}
