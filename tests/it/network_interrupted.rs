//! `bud_network` killed and stopped in the middle of its work, and what the next apply makes of it.

use std::time::Duration;

use bud::value::Value;
use serde_json::json;

use crate::harness::host::{Host, Interruption, Means, Processes};
use crate::harness::judge::Action;
use crate::harness::world::World;

const ADDRESS: &str = "bud_network.this";
const BASE: &str = "name = \"net\"\nlocation = \"westeurope\"\n";

/// Enough for every request of a create.
const MANY: u64 = 60;

/// Changes that make something where it was deleted or made already.
fn deletes(changes: &[String]) -> Vec<&String> {
    changes.iter().filter(|change| change.starts_with("DELETE")).collect()
}

/// The operation that makes a part is asked after, and the answer does not come.
fn polled_in_vain(nth: u64) -> serde_json::Value {
    json!({ "rules": [{ "when": { "method": "GET", "path": "*/operations/*", "nth": nth }, "do": "hang" }] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_is_killed_at_any_request_is_continued() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    for n in 1..MANY {
        world.reset().await;
        host.restore(Default::default());
        let plan = host.plan(ADDRESS, BASE).await.unwrap();
        world.count_anew().await;
        // The request is never answered, so that the kill always comes before the answer.
        world.fault_at(n, json!("hang")).await;
        host.interrupt(Interruption::new(Means::Kill, world.asked(n)));
        let outcome = host.apply_plan(plan).await;
        if outcome.interrupted.is_none() {
            assert!(n > 5, "a create has more than {n} requests");
            assert_eq!(outcome.done(), Action::Create);
            return;
        }
        assert!(outcome.error().contains("Plugin did not respond"), "{}", outcome.text());
        assert_eq!(host.instance(ADDRESS), None, "nothing is saved of a create whose provider was killed");
        let left = world.ledger().await;
        world.no_faults().await;
        world.count_anew().await;
        assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Create, "request {n}");
        let after = world.ledger().await;
        for id in left.ids() {
            assert!(after.ids().contains(&id), "request {n}: {id} is not kept");
        }
        assert_eq!(deletes(&after.changes()), Vec::<&String>::new(), "request {n}");
        assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty(), "request {n}");
        assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete, "request {n}");
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "request {n}");
    }
    panic!("a create has more than {MANY} requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_is_stopped_keeps_what_it_made() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    for (part, poll) in [("networkSecurityGroups/net-default", 1), ("virtualNetworks/net", 2)] {
        world.reset().await;
        host.restore(Default::default());
        let plan = host.plan(ADDRESS, BASE).await.unwrap();
        world.faults(polled_in_vain(poll)).await;
        world.count_anew().await;
        host.interrupt(Interruption::new(Means::Stop, world.asked_for("PUT", part)));
        let outcome = host.apply_plan(plan).await;
        let asked = world.ledger().await.requests.len();
        let took = outcome.interrupted.expect("the moment came");
        assert!(took < Duration::from_secs(5), "{part}: it worked on for {took:?}");
        let instance = host.instance(ADDRESS).unwrap_or_else(|| panic!("{part}: lost: {}", outcome.text()));
        assert!(instance.tainted, "{part}");
        assert_ne!(host.value(ADDRESS).get("id"), &Value::Null, "{part}");
        assert_eq!(world.ledger().await.requests.len(), asked, "{part}: no request comes after the answer");
        world.no_faults().await;
        world.count_anew().await;
        let left = world.ledger().await;
        host.apply(ADDRESS, BASE).await.done();
        let after = world.ledger().await;
        assert_eq!(deletes(&after.changes()), Vec::<&String>::new(), "{part}: what was made is kept");
        for object in &left.objects {
            let now = after.objects.iter().find(|now| now.id == object.id);
            let same = now.is_some_and(|now| now.created_at == object.created_at);
            assert!(same, "{part}: {} was made a second time", object.id);
        }
        assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty(), "{part}");
        assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete, "{part}");
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stopped_create_left_is_destroyed() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    for (part, poll) in [("networkSecurityGroups/net-default", 1), ("virtualNetworks/net", 2)] {
        world.reset().await;
        host.restore(Default::default());
        let plan = host.plan(ADDRESS, BASE).await.unwrap();
        world.faults(polled_in_vain(poll)).await;
        world.count_anew().await;
        host.interrupt(Interruption::new(Means::Stop, world.asked_for("PUT", part)));
        let outcome = host.apply_plan(plan).await;
        assert!(outcome.interrupted.is_some() && outcome.failed(), "{part}: {}", outcome.text());
        assert!(!world.ledger().await.objects.is_empty(), "{part}");
        world.no_faults().await;
        host.destroy(ADDRESS).await.done();
        assert_eq!(host.instance(ADDRESS), None, "{part}");
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "{part}: nothing is left behind");
    }
}
