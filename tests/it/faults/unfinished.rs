//! Creates that did not finish, and what becomes of their parts when the configuration is another by
//! then, or when there is none any more.

use std::collections::BTreeSet;

use serde_json::json;

use super::{ADDRESS, FULL, assert_goes, assert_stands, ids, last_request};
use crate::harness::client::By;
use crate::harness::host::{Host, Interruption, Means, Processes};
use crate::harness::judge::Action;
use crate::harness::world::{Ledger, World};

/// A refusal that no repetition helps, of everything that writes a network.
fn refused() -> serde_json::Value {
    json!({ "rules": [{
        "when": { "method": "PUT", "path": "*/virtualNetworks/*", "times": 0 },
        "do": { "answer": { "status": 403, "code": "RequestDisallowedByPolicy", "message": "not here" } },
    }] })
}

async fn begin() -> (World, Host) {
    let world = World::start().await;
    let host = Host::start(world.launch(), Processes::Separate).await;
    (world, host)
}

/// What stands after `text` was applied to an empty world.
async fn expected(text: &str) -> BTreeSet<String> {
    let (world, mut host) = begin().await;
    host.apply(ADDRESS, text).await.done();
    ids(&world.ledger().await)
}

/// How the create is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// It fails, and the host has a tainted object.
    Refused,
    /// Its provider dies, and the host has nothing.
    Killed,
}

/// A create of [`FULL`] that stops before its network.
async fn unfinished(how: Broken, world: &World, host: &mut Host) -> Ledger {
    let plan = host.plan(ADDRESS, FULL).await.unwrap();
    world.count_anew().await;
    match how {
        Broken::Refused => world.faults(refused()).await,
        Broken::Killed => {
            world.faults(last_request(12, &json!("cut_after"))).await;
            host.interrupt(Interruption::new(Means::Kill, world.asked(12)));
        }
    }
    host.apply_plan(plan).await.error();
    world.no_faults().await;
    assert_eq!(host.instance(ADDRESS).is_some(), how == Broken::Refused, "{how:?}: what is in the state");
    let left = world.ledger().await;
    assert!(left.objects.len() > 2, "{how:?}: nothing to clear up: {:?}", left.ids());
    assert!(left.with("virtualNetworks/").is_empty(), "{how:?}: it went too far: {:?}", left.ids());
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_name_then_another_location_before_the_next_apply() {
    for (from, to) in [("\"net\"", "\"other\""), ("westeurope", "northeurope")] {
        let text = FULL.replacen(from, to, 1);
        let expected = expected(&text).await;
        let (world, mut host) = begin().await;
        unfinished(Broken::Refused, &world, &mut host).await;
        assert_eq!(host.apply(ADDRESS, &text).await.done(), Action::Replace, "{to}");
        assert_stands(to, &host, &world.ledger().await, &expected);
        assert!(host.plan(ADDRESS, &text).await.unwrap().is_empty(), "{to}");
        assert_goes(to, &world, &mut host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_location_after_a_kill() {
    let text = FULL.replacen("westeurope", "northeurope", 1);
    let expected = expected(&text).await;
    let (world, mut host) = begin().await;
    unfinished(Broken::Killed, &world, &mut host).await;
    assert_eq!(host.apply(ADDRESS, &text).await.done(), Action::Create);
    assert_stands("killed", &host, &world.ledger().await, &expected);
    assert_goes("killed", &world, &mut host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_keeps_what_is_healthy() {
    let expected = expected(FULL).await;
    for how in [Broken::Refused, Broken::Killed] {
        let (world, mut host) = begin().await;
        unfinished(how, &world, &mut host).await;
        world.count_anew().await;
        host.apply(ADDRESS, FULL).await.done();
        let ledger = world.ledger().await;
        assert!(!ledger.requests.iter().any(|request| request.method == "DELETE"), "{how:?}");
        assert_stands("again", &host, &ledger, &expected);
        assert_goes("again", &world, &mut host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_that_fails_twice_then_a_plain_destroy() {
    let text = FULL.replacen("\"net\"", "\"other\"", 1);
    for (first, then) in [(FULL, FULL), (FULL, text.as_str())] {
        let (world, mut host) = begin().await;
        world.faults(refused()).await;
        host.apply(ADDRESS, first).await.error();
        for _ in 0..2 {
            let outcome = host.apply(ADDRESS, then).await;
            outcome.error();
            assert_eq!(outcome.action, Some(Action::Replace), "{}", outcome.text());
        }
        world.no_faults().await;
        assert!(!world.ledger().await.objects.is_empty(), "there is nothing to destroy");
        assert_goes("failed twice", &world, &mut host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_one_whose_replacement_fails_twice_then_a_plain_destroy() {
    let text = FULL.replacen("\"net\"", "\"other\"", 1);
    let (world, mut host) = begin().await;
    host.apply(ADDRESS, FULL).await.done();
    world.faults(refused()).await;
    for _ in 0..2 {
        host.apply(ADDRESS, &text).await.error();
    }
    world.no_faults().await;
    let left = world.ledger().await;
    assert!(!left.objects.is_empty() && left.with("resourceGroups/net").is_empty(), "{:?}", left.ids());
    assert_goes("failed twice", &world, &mut host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_killed_at_its_very_end() {
    for environment in [true, false] {
        let (world, mut host) = begin().await;
        if environment {
            host.provider("environment = \"test\"\n");
        }
        // How many requests the create makes is learnt from one that goes well.
        let plan = host.plan(ADDRESS, FULL).await.unwrap();
        world.count_anew().await;
        host.apply_plan(plan).await.done();
        let last = world.ledger().await.requests.last().unwrap().n;
        let id = host.value(ADDRESS).get("id").as_str().unwrap().to_owned();
        let expected = ids(&world.ledger().await);
        host.destroy(ADDRESS).await.done();
        let plan = host.plan(ADDRESS, FULL).await.unwrap();
        world.count_anew().await;
        world.faults(last_request(last, &json!("cut_after"))).await;
        host.interrupt(Interruption::new(Means::Kill, world.asked(last)));
        host.apply_plan(plan).await.error();
        world.no_faults().await;
        if environment {
            assert_eq!(host.apply(ADDRESS, FULL).await.done(), Action::Create);
        } else {
            // Nothing tells it from a finished network of another state: it is not taken, but named.
            let told = host.apply(ADDRESS, FULL).await.error();
            assert!(told.contains("import ADDRESS") && told.contains(&id), "{told}");
            assert_eq!(ids(&world.ledger().await), expected, "a refusal changes nothing");
            host.import(ADDRESS, By::Id(&id)).await.unwrap();
            host.apply(ADDRESS, FULL).await.done();
        }
        assert_stands("at its very end", &host, &world.ledger().await, &expected);
        assert!(host.plan(ADDRESS, FULL).await.unwrap().is_empty());
        assert_goes("at its very end", &world, &mut host).await;
    }
}
