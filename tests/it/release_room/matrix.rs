//! The matrix of the release room: install, upgrade, rollback, uninstall and the undoing of an upgrade of a chart of
//! twelve objects and one hook, struck at their requests. Each case has a namespace of its own. With
//! `BUD_MATRIX=all` every request is struck in every way, else some are.

use std::collections::BTreeMap;

use super::struck::{Side, Strike, Tally, Verb, requests, strike};
use crate::faults::matrix::whole;
use crate::harness::lanes::lanes;

/// How many requests a strike meets on either side where it does not meet all.
fn few(what: Strike) -> usize {
    match what {
        Strike::Kill => 2,
        Strike::Cut => 1,
        Strike::Away => 1,
    }
}

/// The requests that are struck: in the whole matrix one more than there are, because requests at the same time
/// come in any order, and sometimes one more; else some, spread over the verb, the last one among them if there
/// are several.
fn struck(requests: usize, what: Strike) -> Vec<usize> {
    let many = few(what);
    match many {
        _ if whole() => (1..=requests + 1).collect(),
        1 => vec![requests / 2],
        _ => (1..=many).map(|at| requests * at / many).collect(),
    }
}

async fn matrix(verb: Verb) {
    let Some(requests) = requests(verb).await else { return };
    let mut cases = Vec::new();
    for what in [Strike::Kill, Strike::Cut, Strike::Away] {
        for n in struck(requests, what) {
            cases.extend([Side::Before, Side::After].map(|side| (what, side, n)));
        }
    }
    let tallies = lanes(cases, |lane| async move {
        let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
        for (what, side, n) in lane {
            tallies.entry((what, side)).or_default().add(strike(verb, what, side, n).await);
        }
        tallies
    });
    let mut all: BTreeMap<_, Tally> = BTreeMap::new();
    for (way, tally) in tallies.await.into_iter().flatten() {
        all.entry(way).or_default().add(tally);
    }
    for ((what, side), tally) in all {
        println!(
            "matrix: release {verb:?} {what:?} {side:?}: {requests} requests, {} cases passed, {} went well at once",
            tally.cases, tally.unharmed
        );
    }
}

macro_rules! matrices {
    ($($name:ident: $verb:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            matrix(Verb::$verb).await;
        }
    )*};
}

matrices! {
    an_install_is_gone_on_with: Install;
    an_upgrade_is_gone_on_with: Upgrade;
    a_rollback_is_gone_on_with: Rollback;
    an_uninstall_is_gone_on_with: Uninstall;
    an_undoing_is_gone_on_with: Undo;
}
