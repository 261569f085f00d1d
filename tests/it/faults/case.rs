//! One case of the matrix: a verb, a fault at one of its requests, and the way back.

use std::collections::BTreeSet;

use super::course::{Clean, Fault, Tally, deletes};
use super::{ADDRESS, AFTER, BEFORE, FULL, assert_goes, assert_stands, ids};
use crate::harness::host::{Host, Outcome, Plan, Processes};
use crate::harness::world::World;

/// What is done to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
}

/// A world with a host, used for all cases of one verb.
pub(super) struct Stage {
    world: World,
    host: Host,
    verb: Verb,
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
        let clean = Clean::of(&self.world.ledger().await, self.verb);
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
        fault.load(&self.world, &mut self.host).await;
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

    /// A fault that never came proves nothing, and it alone must have come.
    async fn struck(&self, case: &str, fault: &Fault, outcome: &Outcome) {
        let ledger = self.world.ledger().await;
        fault.struck(case, &ledger, outcome);
        match fault {
            Fault::Kill(n, _) => {
                let later: Vec<_> = ledger.requests.iter().filter(|one| one.n > *n).collect();
                assert!(later.iter().all(|one| one.status == Some(0)), "{case}: answered {later:?}");
            }
            Fault::At(..) | Fault::Ending(..) | Fault::Room(..) | Fault::Quota(_) => {}
        }
    }
}
