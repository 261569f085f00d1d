//! From nothing to nothing: what a plan knows, scaling, import.

use bud::value::{Path, Value};

use super::{
    NET_ID, POOL, begin, goes, inside, is_settled, machines, standing, two, updates, workers, writes,
};
use crate::harness::client::By;
use crate::harness::host::Processes;
use crate::harness::judge::{Action, wholly_known};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_stays_and_goes() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    world.count_anew().await;
    let text = two("public_ipv6 = true\ndata_disks = [{ name = \"data\", size_gb = 64 }]");
    let plan = host.plan(POOL, &text).await.unwrap();
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new(), "a plan changes nothing");
    let node = plan.after.get("nodes").get("w-1").clone();
    assert!(node.get("id").as_str().is_some_and(|id| id.ends_with("/virtualMachines/w-1")), "{node:?}");
    for (name, known) in [("sku", "Standard_D2s_v5"), ("role", "worker"), ("pool", "w"), ("ssh_user", "bud")]
    {
        assert_eq!(node.get(name).as_str(), Some(known));
    }
    // Nobody knows this type by heart, but the check of the plan has asked the cloud for all of them.
    for (name, known) in [("vcpus", 2), ("memory_gib", 8), ("gpu_count", 0)] {
        assert_eq!(node.get(name), &Value::int(known), "{name}");
    }
    assert!(node.get("gpu_model").is_null());
    assert!(node.get("public_ipv4").is_unknown() && node.get("ssh_host_key").is_unknown());
    assert_eq!(host.apply_plan(plan).await.done(), Action::Create);
    let there = world.ledger().await;
    assert_eq!(machines(&there), ["w-0", "w-1"]);
    for part in ["w-0-nic", "w-0-ipv4", "w-0-ipv6", "w-1-data-data"] {
        assert_eq!(there.with(&format!("/{part}")).len(), 1, "{part}: {:?}", there.ids());
    }
    let state = host.value(POOL);
    assert_eq!(state.get("id").as_str(), Some(format!("{NET_ID}/w").as_str()));
    let node = state.get("nodes").get("w-1");
    let key = node.get("ssh_host_key").as_str().unwrap().to_owned();
    let tags = &there.with("/virtualMachines/w-1")[0].tags;
    assert_eq!(tags.get("bud:ssh-host-key"), Some(&key));
    assert_eq!((tags["bud:state"].as_str(), tags["bud:node"].as_str()), ("ready", "w-1"));
    assert!(node.get("public_ipv4").as_str().is_some() && node.get("private_ipv6").as_str().is_some());
    assert_eq!(node.get("vcpus"), &Value::int(2));
    is_settled(&mut host, &text).await;
    world.count_anew().await;
    assert_eq!(host.apply(POOL, &text).await.done(), Action::Nothing);
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new());
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_is_host_69() {
    let (world, mut host, before) = begin(Processes::Shared).await;
    let text = workers("sku = \"cpu\"").replace("worker", "primary").replace("\"w\"", "\"primary\"");
    let plan = host.plan(POOL, &text).await.unwrap();
    let address = Value::string("10.177.2.69");
    assert_eq!(plan.after.get("nodes").get("primary-0").get("private_ipv4"), &address);
    host.apply_plan(plan).await.done();
    assert_eq!(host.value(POOL).get("nodes").get("primary-0").get("private_ipv4"), &address);
    is_settled(&mut host, &text).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaling_touches_only_the_nodes_that_come_or_go() {
    let (world, mut host, before) = standing(&two("")).await;
    let count = |count: u32, rest: &str| workers(&format!("node_count = {count}\nsku = \"D2s_v5\"\n{rest}"));
    world.count_anew().await;
    let plan = updates(&mut host, &count(4, "")).await;
    for place in wholly_known(&plan.after) {
        assert!(place.contains("w-2") || place.contains("w-3"), "{place} is unknown");
    }
    let touched = writes(&world.ledger().await);
    assert!(touched.iter().all(|one| one.contains("w-2") || one.contains("w-3")), "{touched:?}");
    world.count_anew().await;
    let plan = updates(&mut host, &count(3, "")).await;
    assert!(plan.after.is_wholly_known());
    let touched = writes(&world.ledger().await);
    assert!(touched.iter().all(|one| one.contains("w-3")), "{touched:?}");
    assert_eq!(machines(&world.ledger().await), ["w-0", "w-1", "w-2"]);

    updates(&mut host, &count(3, "remove_nodes = [\"w-1\"]")).await;
    assert_eq!(machines(&world.ledger().await), ["w-0", "w-2", "w-3"]);
    world.count_anew().await;
    host.apply(POOL, &count(3, "remove_nodes = []")).await.done();
    is_settled(&mut host, &count(3, "remove_nodes = []")).await;
    let ledger = world.ledger().await;
    assert_eq!(machines(&ledger), ["w-0", "w-2", "w-3"], "emptying the list changes nothing");
    assert!(
        writes(&ledger).iter().all(|one| one.starts_with("PATCH virtualMachines/w-0")),
        "{:?}",
        writes(&ledger)
    );
    updates(&mut host, &count(0, "")).await;
    assert_eq!(world.ledger().await.ids(), before);
    updates(&mut host, &count(1, "")).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_state_is_imported_to_an_empty_plan() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    let text = workers(
        r#"
        node_count   = 2
        offers       = [{ sku = "D2s_v5", zone = "1" }, { sku = "D4s_v5", spot = true }]
        spot         = { max_price = 0.5 }
        os_disk      = { size_gb = 300, type = "standard_ssd" }
        data_disks   = [{ name = "a", size_gb = 16, on_remove = "delete" }, { name = "b", size_gb = 32 }]
        labels       = { tier = "gold" }
        taints       = [{ key = "gpu", effect = "NoSchedule" }]
        tags         = { team = "bud" }
        ttl          = "4h"
        timeouts     = { create = "20m" }
        remove_nodes = ["w-0"]
        replace_nodes = { "w-1" = "once" }
        public_ipv6  = true
        "#,
    );
    host.apply(POOL, &text).await.done();
    let known = host.value(POOL);
    host.forget(POOL);
    host.import(POOL, By::Id(&format!("{NET_ID}/w"))).await.unwrap();
    is_settled(&mut host, &text).await;
    let names: Vec<&'static str> =
        vec!["nodes", "node_states", "chosen_sku", "tags_all", "expires_at", "outdated"];
    for name in names {
        assert_eq!(host.value(POOL).get(name), known.get(name), "{name}");
    }
    host.forget(POOL);
    let identity = Value::object([("id", Value::string(format!("{NET_ID}/w")))]);
    host.import(POOL, By::Identity(&identity)).await.unwrap();
    is_settled(&mut host, &text).await;
    for (id, summary) in [
        (format!("{NET_ID}/other"), "Nothing to import"),
        (NET_ID.to_owned(), "Bad import id"),
        ("w".into(), "Bad import id"),
    ] {
        let found = host.import("bud_node_pool.other", By::Id(&id)).await.unwrap_err();
        assert_eq!(found.0[0].summary, summary, "{found:?}");
    }
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_plan_holds_a_day_later() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    let text = two("ttl = \"48h\"");
    let plan = host.plan(POOL, &text).await.unwrap();
    assert!(plan.after.get("expires_at").is_unknown());
    world.clock(std::time::Duration::from_secs(86_400)).await;
    assert_eq!(host.apply_plan(plan).await.done(), Action::Create);
    is_settled(&mut host, &text).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_name_makes_another_pool_and_a_taint_the_same_anew() {
    let (world, mut host, before) = standing(&two("")).await;
    let other = two("").replacen("\"w\"", "\"x\"", 1);
    let plan = host.plan(POOL, &other).await.unwrap();
    assert_eq!((plan.action, plan.replace.as_slice()), (Action::Replace, [Path::of("name")].as_slice()));
    host.apply_plan(plan).await.done();
    assert_eq!(machines(&world.ledger().await), ["x-0", "x-1"]);
    is_settled(&mut host, &other).await;
    let plan = host.plan_replaced(POOL, &other).await.unwrap();
    host.apply_plan(plan).await.done();
    assert_eq!(inside(&world, "x-0").await["boots"], 1);
    is_settled(&mut host, &other).await;
    goes(&world, &mut host, &before).await;
}
