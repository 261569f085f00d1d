//! One case of the matrix: a verb, a fault at one of its requests, and the way back.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{ADDRESS, AFTER, BEFORE, FULL, assert_goes, assert_stands, ids, last_request};
use crate::harness::host::{Host, Interruption, Means, Outcome, Plan, Processes};
use crate::harness::world::{Ledger, Request, World};

/// What is done to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
}

/// What goes wrong at a request.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// A line of a fault script at request n.
    At(u64, Json),
    /// The provider is killed when the cloud has got request n; whether it acts on it is up to the line.
    Kill(u64, Json),
    /// The operation that a write begins ends so.
    Ending(Request, &'static str),
}

/// What the verb does where nothing goes wrong.
pub(super) struct Clean {
    pub(super) requests: Vec<Request>,
    /// What stands afterwards.
    ids: BTreeSet<String>,
    /// What it deletes.
    deletes: BTreeSet<String>,
}

/// A world with a host, used for all cases of one verb.
pub(super) struct Stage {
    world: World,
    host: Host,
    verb: Verb,
}

/// How a case went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) cases: usize,
    /// Cases in which the apply with the fault went well all the same.
    pub(super) unharmed: usize,
    /// Further applies that were needed at all.
    pub(super) applies: usize,
}

fn deletes(ledger: &Ledger) -> BTreeSet<String> {
    let requests = ledger.requests.iter().filter(|request| request.method == "DELETE");
    requests.map(|request| request.path.to_lowercase()).collect()
}

impl Stage {
    pub(super) async fn set(verb: Verb) -> Self {
        let world = World::start().await;
        let host = Host::start(world.launch(), Processes::Separate).await;
        Self { world, host, verb }
    }

    fn text(&self) -> &'static str {
        if self.verb == Verb::Update { AFTER } else { FULL }
    }

    /// An empty world, what the verb needs in it, and the plan of the verb.
    async fn planned(&mut self) -> Plan {
        self.world.reset().await;
        assert_eq!(self.host.instance(ADDRESS), None, "the case before has left something");
        match self.verb {
            Verb::Create => self.host.plan(ADDRESS, FULL).await.unwrap(),
            Verb::Update => {
                self.host.apply(ADDRESS, BEFORE).await.done();
                self.host.plan(ADDRESS, AFTER).await.unwrap()
            }
            Verb::Delete => {
                self.host.apply(ADDRESS, FULL).await.done();
                self.host.plan_destroy(ADDRESS).await.unwrap()
            }
        }
    }

    async fn again(&mut self) -> Outcome {
        match self.verb {
            Verb::Delete => self.host.destroy(ADDRESS).await,
            Verb::Create | Verb::Update => self.host.apply(ADDRESS, self.text()).await,
        }
    }

    /// Runs the verb without a fault.
    pub(super) async fn clean(&mut self) -> Clean {
        let plan = self.planned().await;
        self.world.count_anew().await;
        self.host.apply_plan(plan).await.done();
        let ledger = self.world.ledger().await;
        let clean = Clean { requests: ledger.requests.clone(), ids: ids(&ledger), deletes: deletes(&ledger) };
        assert!(clean.requests.iter().any(Request::changes), "{:?} changes nothing", self.verb);
        self.ended("clean", &clean).await;
        clean
    }

    /// What every case ends with: as without a fault, an empty plan, and gone after a destroy.
    async fn ended(&mut self, case: &str, clean: &Clean) {
        let ledger = self.world.ledger().await;
        if self.verb == Verb::Delete {
            assert_eq!(ids(&ledger), BTreeSet::new(), "{case}: the ledger");
            assert_eq!(self.host.instance(ADDRESS), None, "{case}: the state");
            return;
        }
        assert_stands(case, &self.host, &ledger, &clean.ids);
        let plan = self.host.plan(ADDRESS, self.text()).await.unwrap();
        assert!(plan.is_empty(), "{case}: the plan afterwards: {:?}\n{:?}", plan.before, plan.after);
        assert_goes(case, &self.world, &mut self.host).await;
    }

    /// Runs the verb with a fault, and comes back from it.
    pub(super) async fn run(&mut self, clean: &Clean, fault: &Fault, tally: &mut Tally) {
        let plan = self.planned().await;
        self.world.count_anew().await;
        let case = format!("{:?} {fault:?}", self.verb);
        match fault {
            Fault::At(n, fault) => self.world.fault_at(*n, fault.clone()).await,
            Fault::Kill(n, fault) => {
                self.world.faults(last_request(*n, fault)).await;
                self.host.interrupt(Interruption::new(Means::Kill, self.world.asked(*n)));
            }
            Fault::Ending(write, status) => {
                let ending = json!({ "status": status, "code": "Test", "message": "as the script says" });
                let when = json!({ "method": write.method, "path": write.path });
                let rule = json!({ "when": when, "do": { "operation": ending } });
                self.world.faults(json!({ "rules": [rule] })).await;
            }
        }
        let outcome = self.host.apply_plan(plan).await;
        self.struck(&case, fault, &outcome).await;
        self.world.no_faults().await;
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
        // What is healthy is not made anew: only what goes without a fault goes here.
        let gone = deletes(&self.world.ledger().await);
        let rebuilt: Vec<_> = gone.difference(&clean.deletes).collect();
        assert!(rebuilt.is_empty(), "{case}: on the way back it deleted {rebuilt:?}");
        self.ended(&case, clean).await;
    }

    /// A fault that never came proves nothing.
    async fn struck(&self, case: &str, fault: &Fault, outcome: &Outcome) {
        let ledger = self.world.ledger().await;
        let status = |n: u64| ledger.requests.iter().find(|one| one.n == n).and_then(|one| one.status);
        match fault {
            Fault::At(n, fault) => {
                let expected = match fault.as_str() {
                    Some("cut_before" | "cut_after") => 0,
                    Some("expire_token") => 401,
                    _ => fault["answer"]["status"].as_u64().unwrap(),
                };
                assert_eq!(status(*n).map(u64::from), Some(expected), "{case}: it did not strike");
            }
            Fault::Kill(n, _) => {
                assert_eq!(status(*n), Some(0), "{case}: it did not strike");
                assert!(outcome.interrupted.is_some() && outcome.failed(), "{case}: it was not killed");
                let later: Vec<_> = ledger.requests.iter().filter(|one| one.n > *n).collect();
                assert!(later.iter().all(|one| one.status == Some(0)), "{case}: answered {later:?}");
            }
            Fault::Ending(write, _) => {
                let sent = |one: &Request| one.method == write.method && one.path == write.path;
                assert!(ledger.requests.iter().any(sent), "{case}: it was not sent");
                assert!(outcome.failed(), "{case}: its operation did not end badly");
            }
        }
    }
}
