//! The matrix: which faults strike which requests of which verb.

use serde_json::{Value as Json, json};

use super::case::{Stage, Verb};
use super::course::{Clean, Fault, Tally, beginning};
use crate::harness::lanes::lanes;
use crate::harness::world::Request;

/// Whether every kind of fault strikes every request. Else those that cost real time, because a client
/// waits before it asks again, strike the first, the middle and the last.
pub(crate) fn whole() -> bool {
    std::env::var("BUD_MATRIX").is_ok_and(|wanted| wanted == "all" || wanted == "full")
}

fn every(clean: &Clean) -> Vec<u64> {
    clean.requests.iter().map(|request| request.n).collect()
}

fn some(clean: &Clean) -> Vec<u64> {
    let all = every(clean);
    if whole() {
        return all;
    }
    let mut few = vec![all[0], all[all.len() / 2], all[all.len() - 1]];
    few.dedup();
    few
}

/// Runs all of these, and prints one line about it.
async fn matrix(verb: Verb, name: &str, faults: impl FnOnce(&Clean) -> Vec<Fault>) {
    let mut stage = Stage::set(verb).await;
    let clean = stage.clean().await;
    let faults = faults(&clean);
    assert!(!faults.is_empty());
    drop(stage);
    let (clean, mut tally) = (&clean, Tally::default());
    let tallies = lanes(faults, |lane| async move {
        let (mut stage, mut tally) = (Stage::set(verb).await, Tally::default());
        for fault in &lane {
            stage.run(clean, fault, &mut tally).await;
        }
        tally
    });
    tallies.await.iter().for_each(|of_lane| tally.add(of_lane));
    tally.print("bud_network", verb, name, clean);
}

fn at(numbers: Vec<u64>, fault: &Json) -> Vec<Fault> {
    numbers.into_iter().map(|n| Fault::At(n, fault.clone())).collect()
}

async fn cuts(verb: Verb) {
    matrix(verb, "cut before", |clean| at(every(clean), &json!("cut_before"))).await;
    matrix(verb, "cut after", |clean| at(every(clean), &json!("cut_after"))).await;
}

async fn kills(verb: Verb) {
    for (name, fault) in [("kill before", "hang"), ("kill after", "cut_after")] {
        matrix(verb, name, |clean| {
            let mut numbers = every(clean);
            // Behind the last request of a create everything is finished and no state has it. Whose it
            // is, only `environment` can tell: unfinished::a_create_killed_at_its_very_end.
            if verb == Verb::Create && name == "kill after" {
                numbers.pop();
            }
            numbers.into_iter().map(|n| Fault::Kill(n, json!(fault))).collect()
        })
        .await;
    }
}

async fn answers(verb: Verb) {
    for (name, status, code) in [
        ("429", 429, "TooManyRequests"),
        ("500", 500, "InternalServerError"),
        ("503", 503, "ServiceUnavailable"),
    ] {
        let answer =
            json!({ "answer": { "status": status, "code": code, "message": "not now", "retry_after": 0 } });
        matrix(verb, name, |clean| at(some(clean), &answer)).await;
    }
    matrix(verb, "expired token", |clean| at(every(clean), &json!("expire_token"))).await;
}

/// Whether Azure answers a write with an operation: tags (PATCH) and resource groups that are made are
/// answered at once, so that nothing of them can end badly later.
fn begins_an_operation(request: &Request) -> bool {
    let group = !request.path.to_ascii_lowercase().contains("/providers/");
    Request::changes(request) && request.method != "PATCH" && !(request.method == "PUT" && group)
}

async fn endings(verb: Verb) {
    for status in ["Failed", "Canceled"] {
        matrix(verb, status, |clean| {
            let writes = beginning(clean, begins_an_operation);
            writes.into_iter().map(|(write, nth)| Fault::Ending(write, nth, status)).collect()
        })
        .await;
    }
}

macro_rules! matrices {
    ($($name:ident: $kind:ident($verb:ident);)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $kind(Verb::$verb).await;
        }
    )*};
}

matrices! {
    a_create_survives_cuts: cuts(Create);
    an_update_survives_cuts: cuts(Update);
    a_delete_survives_cuts: cuts(Delete);
    a_create_survives_kills: kills(Create);
    an_update_survives_kills: kills(Update);
    a_delete_survives_kills: kills(Delete);
    a_create_survives_bad_answers: answers(Create);
    an_update_survives_bad_answers: answers(Update);
    a_delete_survives_bad_answers: answers(Delete);
    a_create_survives_failed_operations: endings(Create);
    an_update_survives_failed_operations: endings(Update);
    a_delete_survives_failed_operations: endings(Delete);
}
