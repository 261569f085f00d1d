//! What the client makes of answers that no healthy cloud gives.

use std::time::{Duration, Instant};

use bud::cloud::{Cloud, CloudError, azure::Azure};
use bud::outcome::Recovery;
use serde_json::json;

use super::bench::{Bench, patience, plan};

#[tokio::test]
async fn a_wait_that_is_longer_than_the_patience_is_reported_at_once() {
    let bench = Bench::new().await;
    bench.faults(json!([{ "when": { "method": "PUT", "times": 0 }, "do": { "throttle": { "retry_after": 600 } } }])).await;
    let started = Instant::now();
    let error = bench.create(&plan("one")).await.unwrap_err();
    let CloudError::Refused { answer, recovery, .. } = error else { panic!("{error:?}") };
    let asked = Some(Duration::from_secs(600));
    assert_eq!((answer.status, answer.retry_after, recovery), (429, asked, Recovery::Retry(asked)));
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn what_azure_asks_for_is_waited_for() {
    let bench = Bench::new().await;
    bench.faults(json!([{ "when": { "n": 2 }, "do": { "throttle": { "retry_after": 2 } } }])).await;
    let started = Instant::now();
    bench.create(&plan("one")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_not_asked_for_again() {
    let bench = Bench::new().await;
    bench.faults(json!([{ "when": { "times": 0, "path": "/subscriptions/*" }, "do": "expire_token" }])).await;
    let error = bench.create(&plan("one")).await.unwrap_err();
    let CloudError::Refused { answer, .. } = &error else { panic!("{error:?}") };
    assert_eq!((answer.code.as_str(), error.recovery()), ("ExpiredAuthenticationToken", Recovery::Denied));
    assert_eq!(bench.logins().await, 2);
}

#[tokio::test]
async fn a_token_goes_to_the_resource_manager_alone() {
    let bench = Bench::at(600.0).await;
    let answer = json!({ "answer": { "status": 201, "acted": true,
        "headers": { "azure-asyncoperation": "https://127.0.0.1:1/operation" } } });
    bench
        .faults(
            json!([{ "when": { "method": "PUT", "path": "*/virtualNetworks/*", "times": 1 }, "do": answer }]),
        )
        .await;
    assert!(bench.create(&plan("one")).await.unwrap().finished, "the object itself was asked");
}

#[tokio::test]
async fn somebody_elses_faster_write_is_read_and_kept() {
    let bench = Bench::new().await;
    let before = plan("one");
    bench.create(&before).await.unwrap();
    let mut after = before.clone();
    after.groups.insert("default".to_owned(), super::bench::rules(&[80]));
    bench.recount().await;
    let lost = json!({ "answer": { "status": 412, "code": "PreconditionFailed", "message": "m" } });
    bench.faults(json!([{ "when": { "method": "PUT", "times": 1 }, "do": lost }])).await;
    let seen = bench.networks().update(&before, &after, &patience()).await.unwrap();
    assert_eq!(seen.groups, after.groups);
    let all = bench.requests().await;
    let put = all.iter().position(|one| one.method == "PUT").unwrap();
    let after: Vec<&str> = all[put..].iter().map(|one| one.method.as_str()).collect();
    assert_eq!(after[..3], ["PUT", "GET", "PUT"]);
}

#[tokio::test]
async fn a_superseded_operation_is_started_again() {
    let bench = Bench::new().await;
    let ending =
        json!({ "operation": { "status": "Failed", "code": "AnotherOperationInProgress", "message": "m" } });
    bench
        .faults(
            json!([{ "when": { "method": "PUT", "path": "*/virtualNetworks/*", "times": 2 }, "do": ending }]),
        )
        .await;
    assert!(bench.create(&plan("one")).await.unwrap().finished);
}

#[tokio::test]
async fn an_answer_that_is_not_azures_proves_no_absence() {
    let bench = Bench::new().await;
    let answer = json!({ "answer": { "status": 404 } });
    bench.faults(json!([{ "when": { "times": 0, "path": "/subscriptions/*" }, "do": answer }])).await;
    let networks = Azure::new(bench.settings()).unwrap().networks();
    let error = networks.get(&networks.place(&plan("one")), &patience()).await.unwrap_err();
    assert!(matches!(&error, CloudError::Refused { answer, .. } if answer.status == 404), "{error:?}");
}
