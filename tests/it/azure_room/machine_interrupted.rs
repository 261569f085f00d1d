//! What an interruption at each request of a machine's life leaves, and that the next run mends it.

use std::time::Duration;

use bud::cloud::{CloudError, NodeChange};
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::faults;
use crate::harness::lanes::lanes;

use super::machine_bench::{Field, node, patience, removal};

/// The run ends at request `n`, which the cloud carried out or not.
fn end_at(n: usize, acted: bool) -> Value {
    json!([{ "when": { "n": n }, "do": { "answer": {
        "status": 400, "code": "EndOfRun", "message": "The run ends here.", "acted": acted
    } } }])
}

/// Every so-many-th request, each once without and once with what it asks for.
fn places(requests: usize, step: usize) -> Vec<(bool, usize)> {
    [false, true]
        .into_iter()
        .flat_map(|acted| (1..=requests).step_by(step).map(move |n| (acted, n)))
        .collect()
}

#[tokio::test]
async fn a_create_that_ends_anywhere_is_continued_without_orphans() {
    let field = Field::new().await;
    field.create(&field.rich("whole"), &node(0)).await.unwrap();
    let (whole, requests) = (field.objects().await, field.bench.requests().await.len());
    let cases = places(requests, if faults::whole() { 1 } else { 2 });
    let whole = &whole;
    lanes(cases, |lane| async move {
        let field = Field::new().await;
        for (acted, n) in lane {
            field.reset().await;
            field.bench.faults(end_at(n, acted)).await;
            let first = node(0);
            let result = field.create(&field.rich("first"), &first).await;
            field.bench.faults(json!([])).await;
            let tags = field.bench.tags().await;
            let machine = tags.iter().find(|(id, _)| id.ends_with("/virtualMachines/gpu-0"));
            if result.is_ok() || machine.is_some_and(|(_, tags)| tags["bud:state"] == "ready") {
                // The last write was carried out: without an environment nobody but an import may have it.
                let again = field.create(&field.rich("second"), &node(0)).await;
                assert!(matches!(again, Err(CloudError::Stranger { .. })), "{n} {acted}: {again:?}");
                continue;
            }
            let second = node(0);
            let made = field.create(&field.rich("second"), &second).await;
            let made = made.unwrap_or_else(|error| panic!("{n} {acted}: {error:?}"));
            assert_eq!(&field.objects().await, whole, "{n} {acted}");
            let key = if machine.is_some() { first.host_key.public } else { second.host_key.public };
            assert_eq!(made.machine.unwrap().host_key, Some(key), "{n} {acted}");
            field.remove("gpu-0", &removal("second")).await.unwrap();
            assert_eq!(field.objects().await, Vec::<String>::new(), "{n} {acted}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cut_connection_or_a_passing_refusal_at_any_request_is_lived_through() {
    let field = Field::new().await;
    field.create(&field.rich("one"), &node(0)).await.unwrap();
    let requests = field.bench.requests().await.len();
    let faults = [
        json!("cut_before"),
        json!("cut_after"),
        json!({ "throttle": { "retry_after": 0 } }),
        json!({ "answer": { "status": 500, "code": "InternalServerError", "message": "m", "acted": true } }),
        json!("expire_token"),
    ];
    // Clients wait before they ask again: all of them only in the whole matrix.
    let struck = (1..=requests).step_by(if faults::whole() { 1 } else { requests / 4 });
    let cases = struck.flat_map(|n| faults.iter().map(move |fault| (n, fault))).collect();
    lanes(cases, |lane: Vec<(usize, &Value)>| async move {
        let field = Field::new().await;
        for (n, fault) in lane {
            field.reset().await;
            field.bench.faults(json!([{ "when": { "n": n }, "do": fault }])).await;
            let made = field.create(&field.rich("one"), &node(0)).await;
            made.unwrap_or_else(|error| panic!("{n} {fault}: {error:?}"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_removal_that_ends_anywhere_is_finished_by_the_next() {
    let field = Field::new().await;
    field.create(&field.rich("one"), &node(0)).await.unwrap();
    field.bench.recount().await;
    field.remove("gpu-0", &removal("one")).await.unwrap();
    let requests = field.bench.requests().await.len();
    lanes(places(requests, if faults::whole() { 1 } else { 3 }), |lane| async move {
        let field = Field::new().await;
        for (acted, n) in lane {
            field.reset().await;
            field.create(&field.rich("one"), &node(0)).await.unwrap();
            field.bench.recount().await;
            field.bench.faults(end_at(n, acted)).await;
            let _ = field.remove("gpu-0", &removal("one")).await;
            field.bench.faults(json!([])).await;
            field
                .remove("gpu-0", &removal("one"))
                .await
                .unwrap_or_else(|error| panic!("{n} {acted}: {error:?}"));
            assert_eq!(field.objects().await, Vec::<String>::new(), "{n} {acted}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_update_or_a_restart_that_ends_anywhere_is_finished_by_the_next() {
    let field = Field::new().await;
    let change = NodeChange { sku: Some("Standard_D8s_v5".to_owned()), start: true, ..NodeChange::default() };
    // The whole course, then one that ends at each of its requests.
    let requests = ends_at(&field, &change, 0).await;
    let change = &change;
    lanes((1..=requests).collect(), |lane: Vec<usize>| async move {
        let field = Field::new().await;
        for n in lane {
            ends_at(&field, change, n).await;
        }
    })
    .await;
}

/// An update and a restart that end at request `n`, or nowhere, and once more to their ends; how many requests
/// they were at first.
async fn ends_at(field: &Field, change: &NodeChange, n: usize) -> usize {
    field.reset().await;
    let (before, mut after) = (field.pool("one"), field.rich("one"));
    after.tags.insert("cost".to_owned(), "7".to_owned());
    let made = field.create(&before, &node(0)).await.unwrap();
    let both = async || {
        let machines = field.machines();
        machines.update(&before, &after, &made, &patience()).await?;
        machines.restart(&field.place(), "gpu-0", change, &patience()).await
    };
    field.bench.recount().await;
    field.bench.faults(if n == 0 { json!([]) } else { end_at(n, true) }).await;
    let first = both().await;
    field.bench.faults(json!([])).await;
    let requests = field.bench.requests().await.len();
    assert!(n > 0 || first.is_ok(), "{first:?}");
    let seen = both().await.unwrap_or_else(|error| panic!("{n}: {error:?}"));
    let machine = seen.machine.as_ref().unwrap();
    assert_eq!(machine.sku, "Standard_D8s_v5", "{n}");
    assert!(seen.public_ipv6.is_some() && seen.data_disks.len() == 2 && seen.tags["cost"] == "7", "{n}");
    requests
}

#[tokio::test]
async fn a_machine_that_failed_is_made_anew_with_its_name_and_addresses() {
    let field = Field::at(3600.0, "westeurope").await;
    field
        .bench
        .faults(json!([{ "when": { "method": "PUT", "path": "*/virtualMachines/*" }, "do": {
            "operation": { "status": "Failed", "code": "OSProvisioningTimedOut", "message": "m" }
        } }]))
        .await;
    let plan = field.pool("one");
    let error = field.create(&plan, &node(0)).await.unwrap_err();
    let CloudError::Refused { answer, .. } = error else { panic!("{error:?}") };
    assert_eq!(answer.code, "OSProvisioningTimedOut");
    field.bench.faults(json!([])).await;
    let before = field.look(&["gpu-0"]).await.remove("gpu-0").unwrap();
    assert_eq!(before.machine.unwrap().power, bud::cloud::Power::Failed);
    let second = node(0);
    let made = field.create(&plan, &second).await.unwrap();
    assert_eq!(made.machine.unwrap().host_key, Some(second.host_key.public));
    assert_eq!(made.public_ipv4, before.public_ipv4);
    assert_eq!(field.objects().await.len(), 4);
}

#[tokio::test]
async fn a_run_that_is_stopped_ends_soon_and_is_continued() {
    let field = Field::at(1.0, "westeurope").await;
    let stop = CancellationToken::new();
    let patience = Patience::new(Duration::from_secs(600), stop.clone());
    let plan = field.pool("one");
    let (machines, first) = (field.machines(), node(0));
    let create = machines.create(&plan, &first, &patience);
    let stopper = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if field.bench.writes().await.contains(&"PUT gpu-0".to_owned()) {
                stop.cancel();
                return std::time::Instant::now();
            }
        }
    };
    let (result, stopped) = tokio::join!(create, stopper);
    assert!(stopped.elapsed() < Duration::from_secs(5));
    assert!(matches!(result, Err(CloudError::Waited { .. })), "{result:?}");
    field.bench.control(reqwest::Method::POST, "/clock", json!({ "advance_seconds": 600 })).await;
    let made = field.create(&plan, &node(0)).await.unwrap();
    assert_eq!(made.machine.unwrap().host_key, Some(first.host_key.public));
}
