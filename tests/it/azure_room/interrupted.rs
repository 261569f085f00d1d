//! What an interruption at each request leaves, and that the next run mends it.

use std::time::Duration;

use bud::cloud::{CloudError, Removed};
use bud::outcome::Presence;
use bud::time::{Ended, Patience};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, large, patience, plan, removal};
use crate::harness::lanes::lanes;

/// The run ends at request `n`, which the cloud carried out or not.
fn end_at(n: usize, acted: bool) -> Value {
    json!([{ "when": { "n": n }, "do": { "answer": {
        "status": 400, "code": "EndOfRun", "message": "The run ends here.", "acted": acted
    } } }])
}

#[tokio::test]
async fn a_create_that_ends_anywhere_is_continued_without_orphans() {
    let bench = Bench::new().await;
    bench.create(&large("whole")).await.unwrap();
    let (whole, requests) = (bench.objects().await, bench.requests().await.len());
    for acted in [false, true] {
        for n in 1..=requests {
            bench.reset().await;
            bench.faults(end_at(n, acted)).await;
            let result = bench.create(&large("first")).await;
            bench.faults(json!([])).await;
            if acted && result.is_err() && finished(&bench).await {
                // The last write was carried out: the network is whole, and without an environment nobody
                // but an import may have it.
                assert!(matches!(bench.create(&large("second")).await, Err(CloudError::Stranger { .. })));
                continue;
            }
            bench.create(&large("second")).await.unwrap_or_else(|error| panic!("{n} {acted}: {error:?}"));
            assert_eq!(bench.objects().await, whole, "{n} {acted}");
            let place = bench.networks().place(&large("second"));
            bench.networks().delete(&place, &removal("second"), &patience()).await.unwrap();
            assert_eq!(bench.objects().await, Vec::<String>::new(), "{n} {acted}");
        }
    }
}

async fn finished(bench: &Bench) -> bool {
    let tags = bench.tags().await;
    let group = tags.iter().find(|(id, _)| id.to_lowercase().ends_with("/resourcegroups/budk8s"));
    group.is_some_and(|(_, tags)| tags["bud:state"] == "ready")
}

#[tokio::test]
async fn an_interrupted_create_with_another_plan_leaves_only_the_new_parts() {
    let bench = Bench::new().await;
    let mut small = plan("second");
    small.location = "northeurope".to_owned();
    bench.create(&small).await.unwrap();
    let wanted = bench.objects().await;
    bench.reset().await;
    bench.create(&large("whole")).await.unwrap();
    let requests = bench.requests().await.len();
    for n in 1..requests {
        bench.reset().await;
        bench.faults(end_at(n, false)).await;
        bench.create(&large("first")).await.unwrap_err();
        bench.faults(json!([])).await;
        bench.create(&small).await.unwrap_or_else(|error| panic!("{n}: {error:?}"));
        assert_eq!(bench.objects().await, wanted, "{n}");
    }
}

#[tokio::test]
async fn a_cut_connection_at_any_request_is_lived_through() {
    let bench = Bench::new().await;
    bench.create(&large("one")).await.unwrap();
    let requests = bench.requests().await.len();
    let cases = ["cut_before", "cut_after"].into_iter().flat_map(|cut| (1..=requests).map(move |n| (cut, n)));
    lanes(cases.collect(), |lane: Vec<(&str, usize)>| async move {
        let bench = Bench::new().await;
        for (action, n) in lane {
            bench.reset().await;
            bench.faults(json!([{ "when": { "n": n }, "do": action }])).await;
            bench.create(&large("one")).await.unwrap_or_else(|error| panic!("{n} {action}: {error:?}"));
            bench.faults(json!([])).await;
            let place = bench.networks().place(&large("one"));
            bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
            assert_eq!(bench.objects().await, Vec::<String>::new());
        }
    })
    .await;
}

#[tokio::test]
async fn passing_refusals_at_any_request_are_lived_through() {
    let bench = Bench::new().await;
    bench.create(&plan("one")).await.unwrap();
    let requests = bench.requests().await.len();
    let faults = [
        json!({ "throttle": { "retry_after": 0 } }),
        json!({ "answer": { "status": 500, "code": "InternalServerError", "message": "m", "acted": true } }),
        json!({ "answer": { "status": 503, "code": "ServiceUnavailable", "message": "m" } }),
        json!({ "answer": { "status": 429, "code": "RetryableError", "message": "m" } }),
        json!("expire_token"),
    ];
    let cases = faults.iter().flat_map(|fault| (1..=requests).map(move |n| (fault, n))).collect();
    lanes(cases, |lane: Vec<(&Value, usize)>| async move {
        let bench = Bench::new().await;
        for (fault, n) in lane {
            bench.reset().await;
            bench.faults(json!([{ "when": { "n": n }, "do": fault }])).await;
            bench.create(&plan("one")).await.unwrap_or_else(|error| panic!("{n} {fault}: {error:?}"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_failed_operation_is_reported_and_the_next_run_goes_on() {
    let bench = Bench::new().await;
    bench.create(&large("whole")).await.unwrap();
    let whole = bench.objects().await;
    for status in ["Failed", "Canceled"] {
        for path in [
            "*/virtualNetworks/*",
            "*/networkSecurityGroups/budk8s-db",
            "*/natGateways/*",
            "*/publicIPAddresses/*",
        ] {
            bench.reset().await;
            let ending = json!({ "status": status, "code": "Whatever", "message": "as told" });
            bench
                .faults(json!([{ "when": { "method": "PUT", "path": path, "times": 1 }, "do": { "operation": ending } }]))
                .await;
            let error = bench.create(&large("first")).await.unwrap_err();
            let CloudError::Refused { answer, .. } = &error else { panic!("{error:?}") };
            assert_eq!(
                (answer.status, answer.code.as_str(), answer.message.as_str()),
                (200, "Whatever", "as told")
            );
            bench.create(&large("second")).await.unwrap_or_else(|error| panic!("{status} {path}: {error:?}"));
            assert_eq!(bench.objects().await, whole);
        }
    }
}

#[tokio::test]
async fn a_removal_that_ends_anywhere_is_found_again() {
    for existing in [false, true] {
        let bench = Bench::new().await;
        let mut plan = large("one");
        plan.existing_resource_group = existing;
        let place = bench.networks().place(&plan);
        let group = place.id.split("/providers/").next().unwrap().to_owned();
        let mut n = 0;
        loop {
            n += 1;
            for acted in [false, true] {
                bench.reset().await;
                if existing {
                    let path = format!("{group}?api-version=2021-04-01");
                    bench.portal("PUT", &path, json!({ "location": "westeurope" })).await;
                }
                bench.create(&plan).await.unwrap();
                bench.recount().await;
                bench.faults(end_at(n, acted)).await;
                let first = bench.networks().delete(&place, &removal("one"), &patience()).await;
                bench.faults(json!([])).await;
                // The next run: a look, and a removal of what is seen.
                if let Presence::Here(_) = bench.networks().get(&place, &patience()).await.unwrap() {
                    assert!(first.is_err(), "{n} {acted}");
                    bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
                }
                let left: Vec<String> = bench.objects().await.into_iter().filter(|id| *id != group).collect();
                assert_eq!(left, Vec::<String>::new(), "{existing} {n} {acted}");
            }
            if bench.requests().await.len() < n || n > 40 {
                break;
            }
        }
        assert!(n > 5 && n <= 40, "{n}");
    }
}

#[tokio::test]
async fn an_update_that_ends_anywhere_is_finished_by_the_next() {
    let bench = Bench::new().await;
    let (before, mut after) = (plan("one"), large("one"));
    after.tags.insert("more".to_owned(), "x".to_owned());
    for (from, to) in [(&before, &after), (&after, &before)] {
        bench.reset().await;
        bench.create(to).await.unwrap();
        let (wanted, place) = (bench.objects().await, bench.networks().place(to));
        let target = bench.networks().get(&place, &patience()).await.unwrap().here().unwrap();
        for n in 1..100 {
            bench.reset().await;
            bench.create(from).await.unwrap();
            bench.recount().await;
            bench.faults(end_at(n, true)).await;
            let done = bench.networks().update(from, to, &patience()).await.is_ok();
            bench.faults(json!([])).await;
            let mut seen = bench
                .networks()
                .update(from, to, &patience())
                .await
                .unwrap_or_else(|error| panic!("{n}: {error:?}"));
            seen.egress_ips.clone_from(&target.egress_ips);
            assert_eq!(seen, target, "{n}");
            assert_eq!(bench.objects().await, wanted, "{n}");
            if done {
                break;
            }
            assert!(n < 99);
        }
    }
}

#[tokio::test]
async fn what_an_unfinished_create_left_is_let_go_and_taken_over() {
    let bench = Bench::new().await;
    bench
        .faults(json!([{ "when": { "method": "PUT", "path": "*/virtualNetworks/*" }, "do": { "answer": {
        "status": 400, "code": "EndOfRun", "message": "" } } }]))
        .await;
    let mut held = Vec::new();
    bench.networks().create(&plan("one"), &mut |yes| held.push(yes), &patience()).await.unwrap_err();
    assert_eq!(held, [true]);
    bench.faults(json!([])).await;
    let place = bench.networks().place(&plan("one"));
    let mut follows = removal("one");
    follows.create_follows = true;
    let Removed::LetGo(ids) = bench.networks().delete(&place, &follows, &patience()).await.unwrap() else {
        panic!()
    };
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(
        bench.tags().await.iter().filter(|(id, _)| ids.contains(id)).all(|(_, tags)| tags["bud:owner"] == "")
    );
    bench.recount().await;
    bench.create(&plan("two")).await.unwrap();
    assert!(bench.requests().await.iter().all(|one| one.method != "DELETE"));
    follows.owner = Some(bud::cloud::Owner("two".to_owned()));
    assert_eq!(bench.networks().delete(&place, &follows, &patience()).await.unwrap(), Removed::Gone);
    assert!(bench.objects().await.is_empty(), "a finished network is removed although a create follows");
}

#[tokio::test]
async fn a_first_write_that_is_refused_leaves_nothing_to_hold() {
    let bench = Bench::new().await;
    let mut plan = plan("one");
    plan.location = "atlantis".to_owned();
    let mut held = Vec::new();
    bench.networks().create(&plan, &mut |yes| held.push(yes), &patience()).await.unwrap_err();
    assert_eq!(held, [true, false]);
}

#[tokio::test]
async fn a_stop_starts_no_request_and_returns_in_time() {
    let bench = Bench::at(0.0).await;
    bench.quirks(json!({ "retry_after": "absent" })).await;
    let stop = CancellationToken::new();
    let patience = Patience::new(Duration::from_secs(60), stop.clone());
    let networks = bench.networks();
    let create = tokio::spawn(async move { networks.create(&plan("one"), &mut |_| (), &patience).await });
    while !bench
        .requests()
        .await
        .iter()
        .any(|one| one.path.ends_with("budk8s-default") && one.method == "PUT")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = bench.requests().await.len();
    let stopped = std::time::Instant::now();
    stop.cancel();
    let error = create.await.unwrap().unwrap_err();
    assert!(stopped.elapsed() < Duration::from_secs(4));
    assert!(matches!(error, CloudError::Waited { why: Ended::Stopped, .. }), "{error:?}");
    assert!(bench.requests().await.len() <= before + 1, "one that was under way");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_given_up_soon() {
    let bench = Bench::new().await;
    let mut settings = bench.settings();
    settings.resource_manager_endpoint = Some("https://127.0.0.1:1".to_owned());
    let azure = bud::cloud::azure::Azure::new(settings).unwrap();
    let started = std::time::Instant::now();
    let networks = bud::cloud::Cloud::networks(&azure);
    let mut held = Vec::new();
    let error = networks.create(&plan("one"), &mut |yes| held.push(yes), &patience()).await.unwrap_err();
    assert!(matches!(error, CloudError::Unreachable { perhaps_sent: false, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(45) && held.is_empty());
}
