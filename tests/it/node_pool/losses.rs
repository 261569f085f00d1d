//! What happens outside: machines lost, stopped, taken back, and parts that others change.

use bud::value::Value;
use serde_json::json;

use super::{POOL, goes, inside, is_settled, standing, two, updates, workers, writes};
use crate::harness::judge::{Action, wholly_known};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_machine_is_made_anew_alone() {
    let disk = "data_disks = [{ name = \"a\", size_gb = 16 }]";
    let (world, mut host, before) = standing(&two(disk)).await;
    let nodes = host.value(POOL).get("nodes").clone();
    world.happens("w-0", "disks", json!({ "0": "rows" })).await;
    world.happens("w-0", "kill", json!({})).await;
    world.count_anew().await;
    let plan = host.plan(POOL, &two(disk)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.before.get("node_states").get("w-0").as_str(), Some("missing"));
    assert_eq!(plan.diagnostics.0.len(), 1, "{:?}", plan.diagnostics);
    let warning = &plan.diagnostics.0[0];
    assert_eq!(warning.summary, "1 node of 2 will be replaced");
    assert!(warning.detail.contains("w-0") && !warning.detail.contains("w-1"), "{}", warning.detail);
    for place in wholly_known(&plan.after) {
        assert!(place.contains("w-0"), "{place} is unknown");
    }
    assert_eq!(host.apply_plan(plan).await.done(), Action::Update);
    is_settled(&mut host, &two(disk)).await;
    for name in ["id", "private_ipv4", "public_ipv4"] {
        assert_eq!(host.value(POOL).get("nodes").get("w-0").get(name), nodes.get("w-0").get(name), "{name}");
    }
    assert_eq!(inside(&world, "w-0").await["disks"]["0"], "rows");
    let touched = writes(&world.ledger().await);
    assert!(touched.iter().all(|one| !one.contains("w-1")), "{touched:?}");
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_machine_only_shows_it() {
    let (world, mut host, before) = standing(&two("")).await;
    world.happens("w-1", "stop", json!({})).await;
    let plan = host.plan(POOL, &two("")).await.unwrap();
    assert!(plan.is_empty(), "{:?}", plan.after);
    host.refresh(POOL).await.unwrap();
    assert_eq!(host.value(POOL).get("node_states").get("w-1").as_str(), Some("stopped"));
    // It stays stopped while the others change.
    updates(&mut host, &two("tags = { a = \"b\" }")).await;
    assert_eq!(inside(&world, "w-1").await["power"], "stopped");
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spot_machine_that_was_taken_back_comes_again() {
    for on_eviction in ["deallocate", "delete"] {
        let text = two(&format!("spot = {{ on_eviction = \"{on_eviction}\" }}"));
        let (world, mut host, before) = standing(&text).await;
        world.happens("w-1", "evict", json!({})).await;
        let plan = host.plan(POOL, &text).await.unwrap();
        let state = if on_eviction == "delete" { "missing" } else { "evicted" };
        assert_eq!(plan.before.get("node_states").get("w-1").as_str(), Some(state));
        assert_eq!(plan.diagnostics.0[0].summary, "1 node of 2 will be replaced");
        host.apply_plan(plan).await.done();
        is_settled(&mut host, &text).await;
        assert_eq!(inside(&world, "w-1").await["power"], "running");
        goes(&world, &mut host, &before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_of_a_node_lost_comes_again_under_its_name() {
    let (world, mut host, before) = standing(&two("")).await;
    world.happens("w-1", "kill", json!({})).await;
    let group =
        "/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net/providers/Microsoft.Network";
    for part in ["networkInterfaces/w-1-nic", "publicIPAddresses/w-1-ipv4"] {
        let (status, answer) =
            world.portal("DELETE", &format!("{group}/{part}?api-version=2024-03-01"), None).await;
        assert!(status < 300, "{part}: {status} {answer}");
    }
    let plan = host.plan(POOL, &two("")).await.unwrap();
    assert!(plan.after.get("nodes").get("w-1").get("public_ipv4").is_unknown());
    host.apply_plan(plan).await.done();
    is_settled(&mut host, &two("")).await;
    assert!(host.value(POOL).get("nodes").get("w-1").get("public_ipv4").as_str().is_some());
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_of_others_stay_and_ours_come_back() {
    let text = two("tags = { team = \"bud\" }");
    let (world, mut host, before) = standing(&text).await;
    let id = host.value(POOL).get("nodes").get("w-0").get("id").as_str().unwrap().to_owned();
    let path = format!("{id}?api-version=2024-07-01");
    let tags = async || world.portal("GET", &path, None).await.1["tags"].clone();
    let mut edited = tags().await;
    edited["policy"] = "theirs".into();
    world.portal("PATCH", &path, Some(json!({ "tags": edited }))).await;
    is_settled(&mut host, &text).await;
    edited["team"] = "gone".into();
    world.portal("PATCH", &path, Some(json!({ "tags": edited }))).await;
    updates(&mut host, &text).await;
    let now = tags().await;
    assert_eq!((&now["team"], &now["policy"]), (&"bud".into(), &"theirs".into()));
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_is_gone_takes_the_pool_with_it() {
    let (world, mut host, _) = standing(&workers("sku = \"D2s_v5\"")).await;
    let group =
        "/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net?api-version=2021-04-01";
    world.portal("DELETE", group, None).await;
    host.refresh(POOL).await.unwrap();
    assert_eq!(host.value(POOL), Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_differ_from_each_other_are_all_put_right() {
    // As a change leaves them that broke off between two nodes: one node is as the state says, the other as
    // the configuration asks.
    let (world, mut host, before) = standing(&two("tags = { team = \"old\", gone = \"soon\" }")).await;
    let id = host.value(POOL).get("nodes").get("w-0").get("id").as_str().unwrap().to_owned();
    let path = format!("{id}?api-version=2024-07-01");
    let mut tags = world.portal("GET", &path, None).await.1["tags"].clone();
    tags["team"] = "new".into();
    tags.as_object_mut().unwrap().remove("gone");
    world.portal("PATCH", &path, Some(json!({ "tags": tags }))).await;
    world.portal("PATCH", &path, Some(json!({ "identity": { "type": "SystemAssigned" } }))).await;
    let text = two("tags = { team = \"new\" }\nidentity_ids = [\"system\"]");
    let plan = host.plan(POOL, &text).await.unwrap();
    let shown =
        |name: &str, key: &str| plan.before.get(name).get(key).as_str().unwrap_or_default().to_owned();
    assert_eq!(shown("tags", "team"), "new on w-0; old on w-1");
    assert_eq!(shown("tags_all", "gone"), "none on w-0; soon on w-1");
    assert_eq!(
        plan.before.get("identity_ids"),
        &Value::List(vec![Value::string("none on w-1; system on w-0")])
    );
    updates(&mut host, &text).await;
    let ledger = world.ledger().await;
    for node in ["w-0", "w-1"] {
        let machine = ledger.with(&format!("/virtualMachines/{node}"))[0];
        assert_eq!((machine.tags["team"].as_str(), machine.tags.get("gone")), ("new", None), "{node}");
        let path = path.replace("w-0", node);
        assert_eq!(world.portal("GET", &path, None).await.1["identity"]["type"], "SystemAssigned", "{node}");
    }
    goes(&world, &mut host, &before).await;
}
