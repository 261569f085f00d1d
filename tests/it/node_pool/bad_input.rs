//! Bad input: one diagnostic each, on its attribute, and nothing is made.

use serde_json::json;

use bud::diagnostics::Diagnostic;

use super::{COMMON, NETWORK, POOL, begin, two, workers, writes};
use crate::harness::host::Processes;

/// Arguments, the attribute, the summary, and a part of the detail.
fn cases() -> Vec<(String, &'static str, &'static str, &'static str)> {
    let long = "n".repeat(62);
    vec![
        (workers("sku = \"D2s_v55\""), "sku", "Unknown machine type", "Standard_D2s_v5"),
        (
            workers("offers = [{ sku = \"cpu\" }, { sku = \"nothing\" }]"),
            "offers[1].sku",
            "Unknown machine type",
            "nothing",
        ),
        (
            workers("sku = \"NC24ads_A100_v4\"\nzones = [\"1\", \"9\"]"),
            "zones[1]",
            "Zone not offered",
            "\"9\"",
        ),
        (workers("sku = \"D4s_v5\""), "sku", "Machine type restricted", "D4s_v5"),
        (workers("sku = \"cpu\"\nnode_count = -1"), "node_count", "Bad number of nodes", "-1"),
        (workers("sku = \"cpu\"\nnode_count = 1000000"), "node_count", "Bad number of nodes", "10000"),
        (workers("sku = \"cpu\"\nnode_count = 1.5"), "node_count", "Not a whole number", "1.5"),
        (
            format!("name = \"{long}\"\nrole = \"worker\"\nsku = \"cpu\"\n{COMMON}"),
            "name",
            "Name too long",
            "63",
        ),
        (
            format!("name = \"Pool_1\"\nrole = \"worker\"\nsku = \"cpu\"\n{COMMON}"),
            "name",
            "Bad name",
            "Pool_1",
        ),
        (
            workers("sku = \"cpu\"\nsecurity_group = \"defualt\""),
            "security_group",
            "Unknown security group",
            "\"default\"",
        ),
        (workers("sku = \"cpu\"\nsubnets = [\"other\"]"), "subnets[0]", "Unknown subnet", "budk8s-common"),
        (workers(""), "sku", "No machine type", "offers"),
        (workers("sku = \"cpu\"\noffers = [{ sku = \"cpu\" }]"), "sku", "Conflicting arguments", "offers"),
        (workers("sku = \"cpu\"\nimage = \"ubuntu\""), "image", "Bad image", "publisher:offer:sku"),
        (workers("sku = \"cpu\"\nos_disk = { size_gb = 5 }"), "os_disk.size_gb", "Bad disk size", "30"),
        (
            workers(
                "sku = \"cpu\"\ndata_disks = [{ name = \"a\", size_gb = 8 }, { name = \"a\", size_gb = 8 }]",
            ),
            "data_disks[1].name",
            "Name used twice",
            "unique",
        ),
        (
            workers("sku = \"cpu\"\ndata_disks = [{ name = \"a\", size_gb = 8, mount = \"var/lib\" }]"),
            "data_disks[0].mount",
            "Bad mount point",
            "begin with",
        ),
        (
            workers("sku = \"cpu\"\ndata_disks = [{ name = \"a\", size_gb = 8, mount = \"/var/../etc\" }]"),
            "data_disks[0].mount",
            "Bad mount point",
            "..",
        ),
        (
            workers(
                "sku = \"cpu\"\ndata_disks = [{ name = \"a\", size_gb = 8, mount = \"/d\" }, { name = \"b\", size_gb = 8, mount = \"/d\" }]",
            ),
            "data_disks[1].mount",
            "Mount point used twice",
            "/d",
        ),
        (
            workers("sku = \"B1s\"\naccelerated_networking = true"),
            "accelerated_networking",
            "Machine type cannot do that",
            "B1s",
        ),
        (workers("sku = \"B1s\"\nspot = { max_price = 1 }"), "spot", "Machine type cannot do that", "spot"),
        (workers("sku = \"D2ps_v5\""), "sku", "Machine type cannot do that", "Arm"),
        (
            workers("sku = \"ND96asr_v4\"\nsecure_boot = true"),
            "secure_boot",
            "Machine type cannot do that",
            "trusted",
        ),
        (
            workers("sku = \"cpu\"\nremove_nodes = [\"x-1\"]"),
            "remove_nodes[0]",
            "Not a node of this pool",
            "w-0",
        ),
        (
            workers("sku = \"cpu\"\nreplace_nodes = { \"w-01\" = \"a\" }"),
            "replace_nodes[\"w-01\"]",
            "Not a node of this pool",
            "w-0",
        ),
        (workers("sku = \"cpu\"\nadmin_username = \"root\""), "admin_username", "Bad user name", "root"),
        (
            workers("sku = \"cpu\"\nprivate_ipv4 = \"10.9.9.9\""),
            "private_ipv4",
            "Address outside the network",
            "10.9.9.9",
        ),
        (workers("sku = \"cpu\"\npublic_ipv4 = false"), "public_ipv4", "No way out", "nat_gateway"),
        (
            workers("sku = \"cpu\"\nlocation = \"northeurope\""),
            "location",
            "Region is not the network's",
            "westeurope",
        ),
        (workers("sku = \"cpu\"\ncloud = \"aws\""), "cloud", "Cloud not supported", "aws"),
        (workers("sku = \"cpu\"\ncloud = \"hosts\""), "cloud", "Cloud not supported", "hosts"),
        (
            workers("sku = \"cpu\"\nlabels = { \"a b\" = \"c\" }"),
            "labels[\"a b\"]",
            "Bad label or taint",
            "a b",
        ),
        (
            workers("sku = \"cpu\"").replace("ssh-ed25519 AAAAC3", "ssh-ed25519 BBBB"),
            "ssh_public_keys[0]",
            "Bad SSH key",
            "OpenSSH",
        ),
    ]
}

/// Whether it is shown on this place: the attribute or its element is marked, and below that the text says it.
fn stands_at(one: &Diagnostic, path: &str) -> bool {
    let marked = one.path.as_ref().map(ToString::to_string).unwrap_or_default();
    marked == path || (!marked.is_empty() && path.starts_with(&marked) && one.detail.contains(path))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_once_on_its_attribute_and_nothing_is_made() {
    let (world, mut host, _) = begin(Processes::Shared).await;
    world.restrict(json!([{ "sku": "Standard_D4s_v5", "location": "westeurope" }])).await;
    // As in one configuration: the network is planned by the process that plans the pool.
    host.plan(NETWORK, super::NET).await.unwrap();
    world.count_anew().await;
    for (text, path, summary, detail) in cases() {
        let found = host.plan(POOL, &text).await.expect_err(&text);
        assert_eq!(found.0.len(), 1, "{text}\n{found:?}");
        let one = &found.0[0];
        assert!(stands_at(one, path), "{text}\n{one:?}");
        assert_eq!(one.summary, summary, "{text}\n{one:?}");
        assert!(one.detail.contains(detail), "{text}\n{one:?}");
    }
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_machine_survives_asks_for_a_second_pool() {
    let (world, mut host, before) = begin(Processes::Shared).await;
    let standing = two("os_disk = { size_gb = 300 }\ndata_disks = [{ name = \"a\", size_gb = 32 }]");
    host.apply(POOL, &standing).await.done();
    world.count_anew().await;
    let net = |name: &str| standing.replacen("virtualNetworks/net", &format!("virtualNetworks/{name}"), 1);
    for (text, path) in [
        (standing.replacen("worker", "ingress", 1), "role"),
        (net("other"), "network_id"),
        (standing.replacen("300", "200", 1), "os_disk.size_gb"),
        (standing.replacen("32", "16", 1), "data_disks[0].size_gb"),
        (standing.replacen("{ name = \"a\", size_gb = 32 }", "", 1), "data_disks"),
        (standing.replacen("size_gb = 32", "size_gb = 32, type = \"standard\"", 1), "data_disks[0].type"),
        (format!("{standing}private_ipv4 = \"10.177.2.99\"\n"), "private_ipv4"),
    ] {
        let found = host.plan(POOL, &text).await.expect_err(&text);
        assert_eq!(found.0.len(), 1, "{text}\n{found:?}");
        assert!(stands_at(&found.0[0], path), "{found:?}");
        assert!(found.0[0].detail.contains("second pool"), "{found:?}");
    }
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new());
    // A destroy plans the configuration first.
    host.plan(POOL, &standing).await.unwrap();
    super::goes(&world, &mut host, &before).await;
}
