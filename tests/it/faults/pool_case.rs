//! One case of the matrix of `bud_node_pool`: a verb, a fault at one of its requests, and the way back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::course::{Clean, Fault, Tally, deletes};
use super::{ids, named};
use crate::harness::host::{Host, Outcome, Plan, Processes};
use crate::harness::world::{Ledger, World};
use crate::node_pool::{NET, NETWORK, POOL, two, workers};

/// What is done to the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// A node with a data disk and addresses of both kinds.
    Create,
    /// One node becomes two.
    Grow,
    /// Two nodes become one.
    Shrink,
    /// Tags, identity, an address and a data disk: in place, on two nodes at once.
    Adjust,
    /// Another machine type: two nodes stop, change and start, one after another.
    Restart,
    /// A node gets another machine, and keeps its addresses and its data disk.
    Replace,
    /// Two nodes go.
    Delete,
}

const DISK: &str = "data_disks = [{ name = \"a\", size_gb = 16 }]\n";

impl Verb {
    /// What the pool is before.
    fn before(self) -> Option<String> {
        let one = workers(&format!("sku = \"D2s_v5\"\n{DISK}"));
        Some(match self {
            Self::Create => return None,
            Self::Grow | Self::Replace => one,
            Self::Shrink | Self::Restart | Self::Delete => two(DISK),
            Self::Adjust => two("tags = { team = \"old\", gone = \"soon\" }"),
        })
    }

    /// What it comes to.
    fn after(self) -> String {
        match self {
            Self::Create => workers(&format!("sku = \"D2s_v5\"\npublic_ipv6 = true\n{DISK}")),
            Self::Grow => two(DISK),
            Self::Shrink => workers(&format!("sku = \"D2s_v5\"\n{DISK}")),
            Self::Adjust => two(&format!(
                "tags = {{ team = \"new\", cost = \"42\" }}\nidentity_ids = [\"system\"]\npublic_ipv6 = true\n{DISK}"
            )),
            Self::Restart => workers(&format!("node_count = 2\nsku = \"D4s_v5\"\n{DISK}")),
            Self::Replace => {
                workers(&format!("sku = \"D2s_v5\"\n{DISK}replace_nodes = {{ \"w-0\" = \"1\" }}\n"))
            }
            Self::Delete => two(DISK),
        }
    }
}

/// A world with a host, used for all cases of one verb.
pub(super) struct Stage {
    world: World,
    host: Host,
    verb: Verb,
    network: BTreeSet<String>,
}

/// The nodes whose machine exists, with the host key in its tag.
fn keys(ledger: &Ledger) -> BTreeMap<String, String> {
    let machines = ledger.objects.iter().filter(|one| one.kind.ends_with("/virtualMachines"));
    machines
        .map(|one| {
            let key = one.tags.get("bud:ssh-host-key").cloned().unwrap_or_default();
            (one.id.rsplit('/').next().unwrap_or_default().to_owned(), key)
        })
        .collect()
}

impl Stage {
    pub(super) async fn set(verb: Verb) -> Self {
        let world = World::start().await;
        let mut host = Host::start(world.launch(), Processes::Separate).await;
        // Without one, a machine that is finished belongs to whoever has it in a state (HB1).
        host.provider("environment = \"test\"\n");
        Self { world, host, verb, network: BTreeSet::new() }
    }

    /// A world with the network and what the verb needs, and the plan of the verb.
    async fn planned(&mut self) -> Plan {
        self.world.reset().await;
        self.host.restore(Default::default());
        self.host.apply(NETWORK, NET).await.done();
        self.network = ids(&self.world.ledger().await);
        if let Some(before) = self.verb.before() {
            self.host.apply(POOL, &before).await.done();
            if before.contains(DISK) {
                for node in keys(&self.world.ledger().await).into_keys() {
                    self.world.happens(&node, "disks", json!({ "0": "rows" })).await;
                }
            }
        }
        match self.verb {
            Verb::Delete => self.host.plan_destroy(POOL).await.unwrap(),
            _ => self.host.plan(POOL, &self.verb.after()).await.unwrap(),
        }
    }

    async fn again(&mut self) -> Outcome {
        match self.verb {
            Verb::Delete => self.host.destroy(POOL).await,
            _ => self.host.apply(POOL, &self.verb.after()).await,
        }
    }

    /// Runs the verb without a fault.
    pub(super) async fn clean(&mut self) -> Clean {
        let plan = self.planned().await;
        self.world.count_anew().await;
        self.host.apply_plan(plan).await.done();
        let clean = Clean::of(&self.world.ledger().await, self.verb);
        self.ended("clean", &clean).await;
        clean
    }

    /// What every case ends with: as without a fault, an empty plan, and gone after a destroy.
    async fn ended(&mut self, case: &str, clean: &Clean) {
        let ledger = self.world.ledger().await;
        assert_eq!(ids(&ledger), clean.ids, "{case}: the ledger");
        if self.verb == Verb::Delete {
            assert_eq!(ids(&ledger), self.network, "{case}: something of the pool is left");
            assert_eq!(self.host.instance(POOL), None, "{case}: the state");
            return;
        }
        let ours = ledger
            .objects
            .iter()
            .filter(|one| one.tags.get("bud:resource").is_some_and(|resource| resource == "bud_node_pool/w"));
        let owners: BTreeSet<&str> = ours.map(|one| one.tags["bud:owner"].as_str()).collect();
        assert!(owners.len() == 1 && !owners.contains(""), "{case}: owners {owners:?}");
        let state = self.host.value(POOL);
        let named = named(&state);
        let strange: Vec<_> = named.iter().filter(|id| !clean.ids.contains(*id)).collect();
        assert!(strange.is_empty(), "{case}: the state names what is not there: {strange:?}");
        for (node, key) in keys(&ledger) {
            let known = state.get("nodes").get(&node).get("ssh_host_key").as_str().map(str::to_owned);
            assert_eq!(known, Some(key), "{case}: the host key of {node} is the one in its tag");
            let machine = self.world.machine(&node).await;
            assert_eq!(machine["power"], "running", "{case}: {node}");
            let held = match self.verb {
                Verb::Grow if node == "w-1" => false,
                Verb::Create | Verb::Adjust => false,
                _ => true,
            };
            assert!(!held || machine["disks"]["0"] == "rows", "{case}: the data of {node}: {machine}");
            if self.verb == Verb::Adjust {
                let tags = &ledger.with(&format!("/virtualMachines/{node}"))[0].tags;
                assert_eq!((tags["team"].as_str(), tags.get("gone")), ("new", None), "{case}: {node}");
            }
        }
        let plan = self.host.plan(POOL, &self.verb.after()).await.unwrap();
        assert!(plan.is_empty(), "{case}: the plan afterwards: {:?}\n{:?}", plan.before, plan.after);
        self.host.destroy(POOL).await.done();
        assert_eq!(ids(&self.world.ledger().await), self.network, "{case}: after the destroy");
    }

    /// Runs the verb with a fault, and comes back from it.
    pub(super) async fn run(&mut self, clean: &Clean, fault: &Fault, tally: &mut Tally) {
        let plan = self.planned().await;
        let before = keys(&self.world.ledger().await);
        self.world.count_anew().await;
        let case = format!("{:?} {fault:?}", self.verb);
        fault.load(&self.world, &mut self.host).await;
        let outcome = self.host.apply_plan(plan).await;
        fault.struck(&case, &self.world.ledger().await, &outcome);
        self.world.no_faults().await;
        let left = self.world.ledger().await;
        let failed = self.failed(&left).await;
        self.world.count_anew().await;
        tally.cases += 1;
        tally.unharmed += usize::from(!outcome.failed());
        let mut last = outcome;
        for _ in 0..2 {
            if !last.failed() {
                break;
            }
            last = self.again().await;
            tally.applies += 1;
        }
        assert!(!last.failed(), "{case}: it does not converge\n{}", last.text());
        let now = self.world.ledger().await;
        // What is healthy is not made anew: only what goes without a fault goes here, and what had failed.
        let allowed = |path: &str| {
            clean.deletes.contains(path)
                || failed.iter().any(|node| {
                    path.ends_with(&format!("/virtualmachines/{node}"))
                        || path.ends_with(&format!("/disks/{node}-os"))
                })
        };
        let rebuilt: Vec<_> = deletes(&now).into_iter().filter(|path| !allowed(path)).collect();
        assert!(rebuilt.is_empty(), "{case}: on the way back it deleted {rebuilt:?}");
        let at_end = keys(&now);
        for (node, key) in keys(&left) {
            let asked = self.verb == Verb::Replace && before.get(&node) == Some(&key);
            if let (false, false, Some(end)) = (asked, failed.contains(&node), at_end.get(&node)) {
                assert_eq!(end, &key, "{case}: {node} was made a second time");
            }
        }
        self.ended(&case, clean).await;
    }

    /// The nodes whose machine could not be made.
    async fn failed(&self, ledger: &Ledger) -> BTreeSet<String> {
        let mut failed = BTreeSet::new();
        for node in keys(ledger).into_keys() {
            let state = self.world.machine(&node).await["state"].clone();
            if state == "Failed" || state == "Canceled" {
                failed.insert(node);
            }
        }
        failed
    }
}
