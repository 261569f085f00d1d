//! Ways to get a machine: capacity, quotas, and what is told of both.

use serde_json::json;

use super::{POOL, begin, goes, inside, is_settled, machines, no_room, two, workers, writes};
use crate::harness::host::Processes;
use crate::harness::judge::Action;

const TWO_WAYS: &str = "offers = [{ sku = \"gpu-a100\" }, { sku = \"NC4as_T4_v3\" }]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_offer_is_taken_where_the_first_has_no_room() {
    for error in ["AllocationFailed", "SkuNotAvailable", "OverconstrainedAllocationRequest"] {
        let (world, mut host, before) = begin(Processes::Separate).await;
        world.faults(no_room("Standard_NC24ads_A100_v4", error)).await;
        let text = workers(TWO_WAYS);
        let plan = host.plan(POOL, &text).await.unwrap();
        assert!(plan.after.get("nodes").get("w-0").get("sku").is_unknown());
        assert_eq!(host.apply_plan(plan).await.done(), Action::Create, "{error}");
        assert_eq!(host.value(POOL).get("chosen_sku").as_str(), Some("Standard_NC4as_T4_v3"));
        assert_eq!(inside(&world, "w-0").await["sku"], "Standard_NC4as_T4_v3");
        is_settled(&mut host, &text).await;
        world.no_faults().await;
        is_settled(&mut host, &text).await;
        goes(&world, &mut host, &before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_anywhere_names_every_offer_and_is_continued() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    world.faults(no_room("*", "AllocationFailed")).await;
    let text = workers(TWO_WAYS);
    let error = host.apply(POOL, &text).await.error();
    assert!(
        error.contains("No capacity") && error.contains("NC24ads_A100_v4") && error.contains("NC4as_T4_v3"),
        "{error}"
    );
    world.no_faults().await;
    host.apply(POOL, &text).await.done();
    is_settled(&mut host, &text).await;
    assert_eq!(machines(&world.ledger().await), ["w-0"]);
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_too_small_is_told_at_plan() {
    let (world, mut host, _) = begin(Processes::Separate).await;
    world.count_anew().await;
    for (limits, text, name) in [
        (json!({ "cores": 3 }), two(""), "cores"),
        (json!({ "standardDSv5Family": 3 }), two(""), "standardDSv5Family"),
        (json!({ "lowPriorityCores": 3 }), two("spot = { max_price = 1 }"), "lowPriorityCores"),
    ] {
        world.quotas(limits).await;
        let found = host.plan(POOL, &text).await.unwrap_err();
        assert_eq!(found.0.len(), 1, "{found:?}");
        assert_eq!(found.0[0].summary, "Quota too small");
        let detail = &found.0[0].detail;
        assert!(detail.contains(name) && detail.contains("limit 3") && detail.contains("4 more"), "{detail}");
        world.quotas(json!({ "cores": 1000, "standardDSv5Family": 1000, "lowPriorityCores": 1000 })).await;
    }
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new());
    host.provider("preflight = \"warn\"");
    world.quotas(json!({ "cores": 3 })).await;
    let plan = host.plan(POOL, &two("")).await.unwrap();
    assert_eq!(plan.diagnostics.0[0].summary, "Quota too small");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_error_at_apply_stops_at_once_and_says_what_is_needed() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    host.provider("preflight = \"off\"");
    world.quotas(json!({ "cores": 1 })).await;
    let error = host.apply(POOL, &workers(TWO_WAYS.replace("gpu-a100", "D2s_v5").as_str())).await.error();
    assert!(
        error.contains("Quota exhausted") && error.contains("cores") && error.contains("allows 1"),
        "{error}"
    );
    let tried = writes(&world.ledger().await);
    assert_eq!(
        tried.iter().filter(|one| one.starts_with("PUT virtualMachines/")).count(),
        1,
        "no other offer is tried"
    );
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plan_frees_is_counted() {
    let (world, mut host, before) = begin(Processes::Shared).await;
    host.apply(POOL, &two("")).await.done();
    world.quotas(json!({ "cores": 4 })).await;
    // One goes and another comes: the same number of processors.
    super::updates(&mut host, &two("remove_nodes = [\"w-0\"]")).await;
    assert_eq!(machines(&world.ledger().await), ["w-1", "w-2"]);
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_of_one_process_are_counted_together() {
    let (world, mut host, _) = begin(Processes::Shared).await;
    world.quotas(json!({ "cores": 6 })).await;
    host.plan(POOL, &two("")).await.unwrap();
    // Planned again it is counted once.
    host.plan(POOL, &two("")).await.unwrap();
    let other = two("").replacen("\"w\"", "\"x\"", 1);
    let found = host.plan("bud_node_pool.other", &other).await.unwrap_err();
    assert!(found.0[0].detail.contains("8 more are needed (4 for this pool, 4 for others"), "{found:?}");
    // Its apply takes what it planned, and the other pool still does not fit.
    host.apply(POOL, &two("")).await.done();
    let found = host.plan("bud_node_pool.other", &other).await.unwrap_err();
    assert!(found.0[0].detail.contains("4 are in use, and 4 more are needed."), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_never_comes_up_shows_its_console() {
    let (world, mut host, _) = begin(Processes::Shared).await;
    world
        .faults(json!({ "rules": [{
            "when": { "method": "PUT", "path": "*/virtualMachines/w-0" },
            "do": { "operation": { "status": "Failed", "code": "OSProvisioningTimedOut", "message": "it did not come up" } },
        }] }))
        .await;
    let error = host.apply(POOL, &workers("sku = \"D2s_v5\"")).await.error();
    assert!(error.contains("OSProvisioningTimedOut") && error.contains("serial console"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resize_without_room_or_quota_says_so_and_is_finished_later() {
    let (world, mut host, before) = begin(Processes::Separate).await;
    host.apply(POOL, &two("")).await.done();
    host.provider("preflight = \"off\"");
    let text = workers("node_count = 2\nsku = \"D4s_v5\"");
    world.quotas(json!({ "standardDSv5Family": 5 })).await;
    let error = host.apply(POOL, &text).await.error();
    for part in ["Quota exhausted", "allows 5", "4", "2"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    world.quotas(json!({ "standardDSv5Family": 100 })).await;
    world.faults(no_room("*", "SkuNotAvailable")).await;
    let error = host.apply(POOL, &text).await.error();
    assert!(error.contains("No capacity") && error.contains("Standard_D4s_v5"), "{error}");
    world.no_faults().await;
    host.apply(POOL, &text).await.done();
    is_settled(&mut host, &text).await;
    for node in ["w-0", "w-1"] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["sku"], &machine["power"]), (&"Standard_D4s_v5".into(), &"running".into()));
    }
    goes(&world, &mut host, &before).await;
}
