//! What a refresh asks: one list for each resource type and resource group, whatever the pools.

use std::collections::BTreeMap;

use serde_json::json;

use super::{begin, workers, writes};
use crate::harness::host::Processes;
use crate::harness::judge::Action;

/// How often each list was begun, and what else was asked.
fn asked(paths: impl IntoIterator<Item = (String, u32)>) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for (path, count) in paths {
        *counts.entry(path).or_default() += count;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pools_of_a_process_share_one_list_of_each_type_page_by_page() {
    let (world, mut host, _) = begin(Processes::Shared).await;
    let pool = |name: &str, nodes: u32| {
        workers(&format!("sku = \"D2s_v5\"\nnode_count = {nodes}\n")).replace("\"w\"", &format!("\"{name}\""))
    };
    let pools = [("bud_node_pool.a", pool("a", 3)), ("bud_node_pool.b", pool("b", 2))];
    for (address, text) in &pools {
        assert_eq!(host.apply(address, text).await.done(), Action::Create);
    }
    world.faults(json!({ "rules": [], "quirks": { "page_size": 2 } })).await;
    world.count_anew().await;
    host.refresh_together(&pools.each_ref().map(|(address, _)| *address)).await.unwrap();
    let ledger = world.ledger().await;
    assert_eq!(writes(&ledger), Vec::<String>::new());
    let last = |path: &str| {
        path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
    };
    let lists = asked(ledger.requests.iter().map(|one| (last(&one.path), 1)));
    // Five machines, cards, addresses and disks, two on a page; machines also with their power.
    let expected = asked([
        ("virtualMachines".to_owned(), 6),
        ("networkInterfaces".to_owned(), 3),
        ("publicIPAddresses".to_owned(), 3),
        ("disks".to_owned(), 3),
    ]);
    assert_eq!(lists, expected, "no node is asked for by itself, and no list twice");
    for (address, text) in &pools {
        assert!(host.plan(address, text).await.unwrap().is_empty(), "{address}");
    }
}
