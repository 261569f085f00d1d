//! Fault scripts: each fault, and the ledger's view of it.

use serde_json::json;

use super::bench::{Bench, NETWORK_VERSION, group, network, network_body};

fn network_put(bench: &Bench) -> reqwest::RequestBuilder {
    bench
        .request("PUT", &network("virtualNetworks/net"), NETWORK_VERSION)
        .header("content-type", "application/json")
        .body(network_body(&[]).to_string())
}

#[tokio::test]
async fn cut_before_does_nothing_and_cut_after_does_all() {
    for (fault, made) in [("cut_before", false), ("cut_after", true)] {
        let bench = Bench::with_group().await;
        bench.script(json!({ "rules": [{ "when": { "n": 2 }, "do": fault }] })).await;
        assert!(network_put(&bench).send().await.is_err(), "{fault}");
        assert_eq!(bench.objects().await.len(), 1 + usize::from(made), "{fault}");
        let ledger = bench.ledger().await;
        assert_eq!(ledger["requests"][1]["status"], 0);
        assert_eq!(ledger["requests"][1]["fault"], fault);
        assert_eq!(ledger["requests"].as_array().unwrap().len(), 2);
        // The rule hits once.
        network_put(&bench).send().await.unwrap().error_for_status().unwrap();
    }
}

#[tokio::test]
async fn plain_http_is_cut_as_well() {
    let bench = Bench::with_group().await;
    bench.script(json!({ "rules": [{ "when": {}, "do": "cut_after" }] })).await;
    let address = format!("{}{}?api-version=2021-04-01", bench.endpoint("azure_http"), group());
    assert!(bench.http.get(address).bearer_auth(&bench.token).send().await.is_err());
}

#[tokio::test]
async fn rules_choose_by_method_path_and_count() {
    let bench = Bench::with_group().await;
    bench
        .script(json!({ "rules": [{
            "when": { "method": "get", "path": "*/resourcegroups/*", "nth": 2, "times": 2 },
            "do": { "answer": { "status": 503, "code": "ServiceUnavailable", "message": "Later.", "retry_after": 7 } },
        }] }))
        .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let seen = bench.send("GET", &group(), "2021-04-01", None).await;
        if seen.status == 503 {
            assert_eq!((seen.code(), seen.header("retry-after")), ("ServiceUnavailable", Some("7")));
        }
        statuses.push(seen.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[tokio::test]
async fn an_answer_may_lie_about_what_was_done() {
    let bench = Bench::with_group().await;
    let fault =
        json!({ "answer": { "status": 500, "code": "InternalServerError", "message": "x", "acted": true } });
    bench.script(json!({ "rules": [{ "when": { "method": "PUT" }, "do": fault }] })).await;
    bench.make("virtualNetworks/net", network_body(&[])).await.refused(500, "InternalServerError");
    bench.get("virtualNetworks/net").await.is(200);
}

#[tokio::test]
async fn throttling_expiry_and_delay() {
    let bench = Bench::with_group().await;
    bench
        .script(json!({ "rules": [
            { "when": { "n": 2 }, "do": { "throttle": { "retry_after": 3 } } },
            { "when": { "n": 3 }, "do": { "delay": 0.05 } },
            { "when": { "n": 4 }, "do": "expire_token" },
        ] }))
        .await;
    let throttled = bench.make("virtualNetworks/net", network_body(&[])).await;
    throttled.refused(429, "TooManyRequests");
    assert_eq!(throttled.header("retry-after"), Some("3"));
    let begun = std::time::Instant::now();
    bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(50));
    let expired = bench.get("virtualNetworks/net").await;
    expired.refused(401, "ExpiredAuthenticationToken");
    assert_eq!(expired.header("x-ms-failure-cause"), Some("gateway"));
    bench.get("virtualNetworks/net").await.refused(401, "ExpiredAuthenticationToken");
    let bench = Bench { token: bench.login().await, ..bench };
    bench.get("virtualNetworks/net").await.is(200);
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_stop_does_not_wait_for_it() {
    let bench = Bench::with_group().await;
    bench.script(json!({ "rules": [{ "when": { "method": "PUT" }, "do": "hang" }] })).await;
    let waited =
        tokio::time::timeout(std::time::Duration::from_millis(200), network_put(&bench).send()).await;
    assert!(waited.is_err());
    assert_eq!(bench.objects().await, ["lab"]);
    tokio::time::timeout(std::time::Duration::from_secs(5), bench.running.stop()).await.unwrap();
}

#[tokio::test]
async fn an_operation_ends_as_the_script_says() {
    let bench = Bench::with_group().await;
    let ending = |status: &str| {
        json!({ "rules": [{
            "when": { "method": "PUT" },
            "do": { "operation": { "status": status, "code": "AllocationFailed", "message": "None left." } },
        }] })
    };
    bench.script(ending("Failed")).await;
    let made = bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    let polled = bench.follow(made.header("azure-asyncoperation").unwrap()).await.is(200);
    assert_eq!(polled.body["status"], "Failed");
    assert_eq!(polled.body["error"]["code"], "AllocationFailed");
    assert_eq!(bench.get("virtualNetworks/net").await.body["properties"]["provisioningState"], "Failed");

    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(200);
    bench.script(ending("Canceled")).await;
    let made = bench.make("virtualNetworks/net", network_body(&[("b", "10.0.2.0/24")])).await.is(200);
    assert_eq!(bench.follow(made.header("azure-asyncoperation").unwrap()).await.body["status"], "Canceled");

    bench
        .script(json!({ "rules": [{
        "when": { "method": "DELETE" },
        "do": { "operation": { "status": "Failed", "code": "InternalServerError", "message": "x" } },
    }] }))
        .await;
    let deleted = bench.delete("virtualNetworks/net").await.is(202);
    assert_eq!(bench.follow(deleted.header("location").unwrap()).await.code(), "InternalServerError");
    bench.get("virtualNetworks/net").await.is(200);
}

#[tokio::test]
async fn logins_are_hit_only_by_their_path() {
    let bench = Bench::with_group().await;
    bench
        .script(json!({ "rules": [
            { "when": { "method": "POST" }, "do": "cut_before" },
            { "when": { "path": "*/oauth2/v2.0/token" }, "do": { "answer": { "status": 503 } } },
        ] }))
        .await;
    let seen = bench.ask_token(super::super::settings::TENANT, &[("client_secret", "x")]).await;
    assert_eq!((seen.status, seen.body.is_null()), (503, true));
    let ledger = bench.ledger().await;
    assert_eq!(ledger["logins"].as_array().unwrap().len(), 2);
    assert_eq!(ledger["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_script_is_refused_whole() {
    let bench = Bench::new().await;
    for script in [
        json!({ "rules": [{ "when": { "n": 0 }, "do": "hang" }] }),
        json!({ "rules": [{ "when": {}, "do": "explode" }] }),
        json!({ "rules": [{ "when": { "m": 1 }, "do": "hang" }] }),
        json!({ "rules": [{ "when": {}, "do": { "delay": -1 } }] }),
        json!({ "rules": [{ "when": {}, "do": { "answer": { "status": 99 } } }] }),
        json!({ "quirks": { "unheard_of": true } }),
    ] {
        let seen = bench.control("POST", "/faults", script.clone()).await;
        assert_eq!(seen.status, 400, "{script}");
        assert!(seen.body["error"].is_string());
    }
}

#[tokio::test]
async fn counting_starts_again_without_losing_objects_and_reset_loses_them() {
    let bench = Bench::with_group().await;
    bench.control("POST", "/counter", serde_json::Value::Null).await.is(200);
    bench.send("GET", &group(), "2021-04-01", None).await.is(200);
    let ledger = bench.ledger().await;
    assert_eq!(ledger["requests"][0]["n"], 1);
    assert_eq!(ledger["requests"][0]["method"], "GET");
    assert_eq!(ledger["objects"].as_array().unwrap().len(), 1);
    bench.control("POST", "/reset", serde_json::Value::Null).await.is(200);
    let ledger = bench.ledger().await;
    assert_eq!(
        (ledger["requests"].as_array().unwrap().len(), ledger["objects"].as_array().unwrap().len()),
        (0, 0)
    );
}
