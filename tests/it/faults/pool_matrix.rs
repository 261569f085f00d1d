//! The matrix of `bud_node_pool`: which faults strike which requests of which verb.

use serde_json::json;

use super::course::{Clean, Fault, Tally, beginning};
use super::pool_case::{Stage, Verb};
use super::whole;
use crate::harness::lanes::lanes;
use crate::harness::world::Request;

/// The places that are struck: all in the whole matrix, else so many, which are others for each kind of fault.
fn places<T: Clone>(all: &[T], kind: usize, count: usize) -> Vec<T> {
    if whole() || all.len() <= count {
        return all.to_vec();
    }
    let part = all.len() / count;
    (0..count).map(|place| all[place * part + kind * 5 % part].clone()).collect()
}

fn numbers(clean: &Clean) -> Vec<u64> {
    clean.requests.iter().map(|request| request.n).collect()
}

/// Whether Azure answers a write with an operation: other tags of cards and addresses, and availability sets,
/// are answered at once, so that nothing of them can end badly later.
fn begins_an_operation(request: &Request) -> bool {
    let path = request.path.to_ascii_lowercase();
    let computes = path.contains("/virtualmachines/") || path.contains("/disks/");
    Request::changes(request)
        && path.contains("/providers/microsoft.")
        && (computes || request.method != "PATCH")
}

/// Whether it asks the cloud for a machine: one that is made, started, or made larger.
fn takes_a_machine(request: &Request) -> bool {
    let path = request.path.to_ascii_lowercase();
    let Some((_, machine)) = path.split_once("/virtualmachines/") else { return false };
    match request.method.as_str() {
        "PUT" => !machine.contains('/'),
        "POST" => machine.ends_with("/start"),
        _ => false,
    }
}

/// All kinds of fault, by their names.
fn kinds(clean: &Clean) -> Vec<(&'static str, Vec<Fault>)> {
    let all = numbers(clean);
    let mut kinds = Vec::new();
    let mut at = |name: &'static str, fault: serde_json::Value| {
        let kind = kinds.len();
        kinds.push((name, places(&all, kind, 1).into_iter().map(|n| Fault::At(n, fault.clone())).collect()));
    };
    at("cut before", json!("cut_before"));
    at("cut after", json!("cut_after"));
    for (name, status, code) in [
        ("429", 429, "TooManyRequests"),
        ("500", 500, "InternalServerError"),
        ("503", 503, "ServiceUnavailable"),
    ] {
        at(
            name,
            json!({ "answer": { "status": status, "code": code, "message": "not now", "retry_after": 0 } }),
        );
    }
    at("expired token", json!("expire_token"));
    for (name, fault) in [("kill before", "hang"), ("kill after", "cut_after")] {
        let struck = places(&all, kinds.len(), 2);
        kinds.push((name, struck.into_iter().map(|n| Fault::Kill(n, json!(fault))).collect()));
    }
    // Changes of what stands, and everything else: neither is left out where only some are struck.
    let (changes, others): (Vec<_>, Vec<_>) =
        beginning(clean, begins_an_operation).into_iter().partition(|(write, _)| write.method == "PATCH");
    for status in ["Failed", "Canceled"] {
        let mut struck = places(&changes, kinds.len(), 1);
        struck.extend(places(&others, kinds.len(), 2));
        kinds.push((
            status,
            struck.into_iter().map(|(write, nth)| Fault::Ending(write, nth, status)).collect(),
        ));
    }
    let machines: Vec<Request> =
        clean.requests.iter().filter(|request| takes_a_machine(request)).cloned().collect();
    let count = machines.len() as u64;
    for error in ["AllocationFailed", "SkuNotAvailable"] {
        let struck = places(&(1..=count).collect::<Vec<u64>>(), 0, 2);
        kinds.push((error, struck.into_iter().map(|nth| Fault::Room(nth, error)).collect()));
    }
    kinds.push(("quota", places(&machines, 0, 2).into_iter().map(Fault::Quota).collect()));
    kinds
}

/// Strikes a verb with all kinds of fault, and prints one line about each kind.
async fn survives(verb: Verb) {
    let mut stage = Stage::set(verb).await;
    let clean = stage.clean().await;
    drop(stage);
    let kinds = kinds(&clean);
    let of = |(kind, (_, faults)): (usize, &(&str, Vec<Fault>))| {
        faults.iter().map(|fault| (kind, fault.clone())).collect::<Vec<_>>()
    };
    let cases: Vec<(usize, Fault)> = kinds.iter().enumerate().flat_map(of).collect();
    let (clean, count) = (&clean, kinds.len());
    let tallies = lanes(cases, |lane| async move {
        let (mut stage, mut tallies) = (Stage::set(verb).await, vec![Tally::default(); count]);
        for (kind, fault) in &lane {
            stage.run(clean, fault, &mut tallies[*kind]).await;
        }
        tallies
    })
    .await;
    for (kind, (name, faults)) in kinds.iter().enumerate().filter(|(_, (_, faults))| !faults.is_empty()) {
        let mut tally = Tally::default();
        tallies.iter().for_each(|of_lane| tally.add(&of_lane[kind]));
        assert_eq!(tally.cases, faults.len(), "{name}");
        tally.print("bud_node_pool", verb, name, clean);
    }
}

macro_rules! matrices {
    ($($name:ident: $verb:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            survives(Verb::$verb).await;
        }
    )*};
}

matrices! {
    a_create_survives: Create;
    a_scale_up_survives: Grow;
    a_scale_down_survives: Shrink;
    a_change_in_place_survives: Adjust;
    a_restart_survives: Restart;
    a_replacement_survives: Replace;
    a_destroy_survives: Delete;
}
