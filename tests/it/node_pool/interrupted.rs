//! Pools killed and refused in the middle of their work, and what the next apply makes of it.

use serde_json::json;

use super::{NET, NETWORK, POOL, begin, goes, is_settled, machines, two, workers, writes};
use crate::faults::whole;
use crate::harness::host::{Host, Interruption, Means, Processes};
use crate::harness::judge::Action;
use crate::harness::world::World;

/// In CI every third request is struck, in the whole matrix each.
fn step() -> usize {
    if whole() { 1 } else { 3 }
}

/// The machine of a node is refused.
fn refused(node: &str) -> serde_json::Value {
    json!({ "rules": [{
        "when": { "method": "PUT", "path": format!("*/virtualMachines/{node}"), "times": 0 },
        "do": { "answer": { "status": 403, "code": "RequestDisallowedByPolicy", "message": "not here" } },
    }] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_fails_and_the_others_are_kept_and_continued() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    world.faults(refused("w-1")).await;
    let text = workers("node_count = 3\nsku = \"D2s_v5\"");
    let error = host.apply(POOL, &text).await.error();
    assert!(error.contains("the node w-1") && error.contains("RequestDisallowedByPolicy"), "{error}");
    assert!(host.instance(POOL).unwrap().tainted);
    let left = world.ledger().await;
    assert_eq!(machines(&left), ["w-0", "w-2"]);
    let keys: Vec<_> = ["w-0", "w-2"]
        .map(|node| left.with(&format!("/virtualMachines/{node}"))[0].created_at.clone())
        .into();
    world.no_faults().await;
    world.count_anew().await;
    assert_eq!(host.apply(POOL, &text).await.done(), Action::Replace);
    let after = world.ledger().await;
    let now: Vec<_> = ["w-0", "w-2"]
        .map(|node| after.with(&format!("/virtualMachines/{node}"))[0].created_at.clone())
        .into();
    assert_eq!(now, keys, "what is healthy is not made anew");
    assert!(!writes(&after).iter().any(|one| one.starts_with("DELETE")), "{:?}", writes(&after));
    is_settled(&mut host, &text).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_pool_that_is_changed_leaves_nothing_of_the_old_one() {
    let text = two("");
    for other in [
        text.replacen("\"w\"", "\"x\"", 1),
        text.replace("virtualNetworks/net", "virtualNetworks/second")
            .replace("resourceGroups/net", "resourceGroups/second"),
    ] {
        let (world, mut host, _) = begin(Processes::Separate).await;
        host.apply("bud_network.second", &NET.replace("\"net\"", "\"second\"")).await.done();
        let before: Vec<String> = world.ledger().await.ids().into_iter().map(str::to_owned).collect();
        world.faults(refused("w-1")).await;
        host.apply(POOL, &text).await.error();
        world.no_faults().await;
        assert_eq!(host.apply(POOL, &other).await.done(), Action::Replace);
        let pool = if other.contains("\"x\"") { "x" } else { "w" };
        let there = world.ledger().await;
        assert_eq!(machines(&there), [format!("{pool}-0"), format!("{pool}-1")]);
        is_settled(&mut host, &other).await;
        goes(&world, &mut host, &before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fewer_nodes_than_an_interrupted_create_made_leave_none_behind() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    world.faults(refused("w-0")).await;
    host.apply(POOL, &workers("node_count = 3\nsku = \"D2s_v5\"")).await.error();
    world.no_faults().await;
    let one = workers("node_count = 1\nsku = \"D2s_v5\"");
    host.apply(POOL, &one).await.done();
    assert_eq!(machines(&world.ledger().await), ["w-0"]);
    is_settled(&mut host, &one).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_up_that_fails_is_finished_or_given_up() {
    for again in ["node_count = 4", "node_count = 2"] {
        let (world, mut host, before) = begin(Processes::Separate).await;
        host.apply(POOL, &two("")).await.done();
        world.faults(refused("w-3")).await;
        host.apply(POOL, &workers("node_count = 4\nsku = \"D2s_v5\"")).await.error();
        assert!(!host.instance(POOL).unwrap().tainted);
        assert_eq!(host.value(POOL).get("nodes").as_map().unwrap().len(), 3);
        world.no_faults().await;
        let text = workers(&format!("{again}\nsku = \"D2s_v5\""));
        host.apply(POOL, &text).await.done();
        is_settled(&mut host, &text).await;
        assert_eq!(machines(&world.ledger().await).len(), if again.ends_with('4') { 4 } else { 2 });
        assert_eq!(
            world.ledger().await.with("/w-3-").len(),
            if again.ends_with('4') { 3 } else { 0 },
            "{again}"
        );
        goes(&world, &mut host, &before).await;
    }
}

/// Kills a create at each request that changes something, and comes back from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_is_killed_anywhere_is_continued_with_the_same_host_key() {
    let text = workers("sku = \"D2s_v5\"");
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    // Without one, a machine that is finished belongs to whoever has it in a state (HB1).
    host.provider("environment = \"test\"\n");
    for n in (1..120).step_by(step()) {
        world.reset().await;
        host.restore(Default::default());
        host.apply(NETWORK, NET).await.done();
        let before: Vec<String> = world.ledger().await.ids().into_iter().map(str::to_owned).collect();
        let plan = host.plan(POOL, &text).await.unwrap();
        world.count_anew().await;
        world.fault_at(n, json!("hang")).await;
        host.interrupt(Interruption::new(Means::Kill, world.asked(n)));
        let outcome = host.apply_plan(plan).await;
        if outcome.interrupted.is_none() {
            assert!(n > 8, "a create has more than {n} requests");
            outcome.done();
            return;
        }
        assert_eq!(host.instance(POOL), None);
        world.no_faults().await;
        let left = world.ledger().await;
        let machine = left.with("/virtualMachines/w-0");
        let key = machine.first().map(|one| one.tags["bud:ssh-host-key"].clone());
        world.count_anew().await;
        assert_eq!(host.apply(POOL, &text).await.done(), Action::Create, "request {n}");
        let after = world.ledger().await;
        for id in left.ids() {
            assert!(after.ids().contains(&id), "request {n}: {id} is not kept");
        }
        if let Some(key) = key {
            assert_eq!(
                host.value(POOL).get("nodes").get("w-0").get("ssh_host_key").as_str(),
                Some(key.as_str())
            );
        }
        assert!(
            !writes(&after).iter().any(|one| one.starts_with("DELETE")),
            "request {n}: {:?}",
            writes(&after)
        );
        is_settled(&mut host, &text).await;
        goes(&world, &mut host, &before).await;
    }
    panic!("a create has more than 120 requests");
}

/// Kills a change at each of its requests; the next apply ends where the change wanted to.
async fn killed_change(from: &str, to: &str) {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    for n in (1..120).step_by(step()) {
        world.reset().await;
        host.restore(Default::default());
        host.apply(NETWORK, NET).await.done();
        let before: Vec<String> = world.ledger().await.ids().into_iter().map(str::to_owned).collect();
        host.apply(POOL, from).await.done();
        let plan = host.plan(POOL, to).await.unwrap();
        world.count_anew().await;
        world.fault_at(n, json!("hang")).await;
        host.interrupt(Interruption::new(Means::Kill, world.asked(n)));
        let outcome = host.apply_plan(plan).await;
        if outcome.interrupted.is_none() {
            assert!(n > 3, "{to} has more than {n} requests");
            outcome.done();
            return;
        }
        world.no_faults().await;
        let outcome = host.apply(POOL, to).await;
        assert!(!outcome.failed(), "request {n}: {}", outcome.text());
        is_settled(&mut host, to).await;
        goes(&world, &mut host, &before).await;
    }
    panic!("{to} has more than 120 requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_up_that_is_killed_anywhere_is_finished() {
    killed_change(&workers("sku = \"D2s_v5\""), &two("")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_down_that_is_killed_anywhere_is_finished() {
    killed_change(&two(""), &workers("sku = \"D2s_v5\"")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_that_is_killed_anywhere_is_finished() {
    killed_change(&workers("sku = \"D2s_v5\""), &workers("sku = \"D4s_v5\"")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_that_is_killed_anywhere_is_finished() {
    let base = workers("sku = \"D2s_v5\"");
    killed_change(&base, &format!("{base}replace_nodes = {{ \"w-0\" = \"1\" }}\n")).await;
}
