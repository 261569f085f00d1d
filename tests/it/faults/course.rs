//! What the matrices of all resources share: what goes wrong, whether it struck, and how a case went.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde_json::{Value as Json, json};

use super::{ids, last_request};
use crate::harness::host::{Host, Interruption, Means, Outcome};
use crate::harness::world::{Ledger, Request, World};

/// What goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// A line of a fault script at request n.
    At(u64, Json),
    /// The provider is killed when the cloud has got request n; whether it acts on it is up to the line.
    Kill(u64, Json),
    /// The operation that a write begins ends so; of equal writes (one machine is patched twice) it is the n-th.
    Ending(Request, u64, &'static str),
    /// The cloud has no machine at the n-th time that one is asked for, and says so like this.
    Room(u64, &'static str),
    /// The quota is used up at a write that takes from it.
    Quota(Request),
}

impl Fault {
    /// Makes it go wrong at the next run.
    pub(super) async fn load(&self, world: &World, host: &mut Host) {
        let rule = |when: Json, then: Json| json!({ "rules": [{ "when": when, "do": then }] });
        let script = match self {
            Self::At(n, fault) => rule(json!({ "n": n }), fault.clone()),
            Self::Kill(n, fault) => {
                host.interrupt(Interruption::new(Means::Kill, world.asked(*n)));
                last_request(*n, fault)
            }
            Self::Ending(write, nth, status) => rule(
                json!({ "method": write.method, "path": write.path, "nth": nth }),
                json!({ "operation": { "status": status, "code": "Test", "message": "as the script says" } }),
            ),
            Self::Room(nth, error) => {
                json!({ "rules": [], "capacity": [{ "sku": "*", "nth": nth, "error": error }] })
            }
            Self::Quota(write) => rule(
                json!({ "method": write.method, "path": write.path }),
                json!({ "answer": { "status": 409, "code": "QuotaExceeded",
                    "message": "Operation could not be completed as it results in exceeding approved Total Regional Cores \
                                quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, \
                                Current Limit: 2, Current Usage: 2, Additional Required: 2, (Minimum) New Limit Required: 4." } }),
            ),
        };
        world.faults(script).await;
    }

    /// A fault that never came proves nothing.
    pub(super) fn struck(&self, case: &str, ledger: &Ledger, outcome: &Outcome) {
        let status = |n: u64| ledger.requests.iter().find(|one| one.n == n).and_then(|one| one.status);
        let sent = |write: &Request| {
            let same = |one: &&Request| one.method == write.method && one.path == write.path;
            ledger.requests.iter().filter(same).count() as u64
        };
        match self {
            Self::At(n, fault) => {
                let expected = match fault.as_str() {
                    Some("cut_before" | "cut_after") => 0,
                    Some("expire_token") => 401,
                    _ => fault["answer"]["status"].as_u64().unwrap(),
                };
                assert_eq!(status(*n).map(u64::from), Some(expected), "{case}: it did not strike");
            }
            Self::Kill(n, _) => {
                assert_eq!(status(*n), Some(0), "{case}: it did not strike");
                assert!(outcome.interrupted.is_some() && outcome.failed(), "{case}: it was not killed");
            }
            Self::Ending(write, nth, _) => {
                assert!(sent(write) >= *nth, "{case}: it was not sent");
                assert!(outcome.failed(), "{case}: its operation did not end badly");
            }
            Self::Room(..) => {
                let told = outcome.error();
                assert!(told.contains("capacity"), "{case}: {told}");
            }
            Self::Quota(write) => {
                assert!(sent(write) > 0, "{case}: it was not sent");
                let told = outcome.error();
                assert!(told.to_lowercase().contains("quota") && told.contains('4'), "{case}: {told}");
            }
        }
    }
}

/// The writes that begin an operation, each with which of the equal ones it is.
pub(super) fn beginning(clean: &Clean, begins: impl Fn(&Request) -> bool) -> Vec<(Request, u64)> {
    let mut seen: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut found = Vec::new();
    for request in &clean.requests {
        let nth = seen.entry((&request.method, &request.path)).or_default();
        *nth += 1;
        if begins(request) {
            found.push((request.clone(), *nth));
        }
    }
    found
}

/// What the verb does where nothing goes wrong.
pub(super) struct Clean {
    pub(super) requests: Vec<Request>,
    /// What stands afterwards.
    pub(super) ids: BTreeSet<String>,
    /// What it deletes.
    pub(super) deletes: BTreeSet<String>,
}

impl Clean {
    pub(super) fn of(ledger: &Ledger, verb: impl Debug) -> Self {
        let clean = Self { requests: ledger.requests.clone(), ids: ids(ledger), deletes: deletes(ledger) };
        assert!(clean.requests.iter().any(Request::changes), "{verb:?} changes nothing");
        clean
    }
}

pub(super) fn deletes(ledger: &Ledger) -> BTreeSet<String> {
    let requests = ledger.requests.iter().filter(|request| request.method == "DELETE");
    requests.map(|request| request.path.to_lowercase()).collect()
}

/// How the cases of one kind went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) cases: usize,
    /// Cases in which the apply with the fault went well all the same.
    pub(super) unharmed: usize,
    /// Further applies that were needed at all.
    pub(super) applies: usize,
}

impl Tally {
    /// Counts what was counted elsewhere as well.
    pub(super) fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.unharmed += other.unharmed;
        self.applies += other.applies;
    }

    /// The line of the matrix, which docs/guides/fault-matrix.md keeps.
    pub(super) fn print(&self, resource: &str, verb: impl Debug, name: &str, clean: &Clean) {
        println!(
            "matrix: {resource} {verb:?} {name}: {} requests, {} cases passed, {} went well at once, {} further applies",
            clean.requests.len(),
            self.cases,
            self.unharmed,
            self.applies,
        );
    }
}
