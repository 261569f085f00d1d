//! The two addresses of an operation, and which of them a client gets.

use serde_json::json;

use super::bench::{Bench, group_body, network, network_body};

#[tokio::test]
async fn both_addresses_lead_to_the_same_operation() {
    let bench = Bench::at(0.0).await;
    bench.make_group().await;
    let made = bench.make("networkSecurityGroups/nsg", group_body(&[])).await.is(201);
    let status = made.header("azure-asyncoperation").unwrap().to_owned();
    let result = status.replace("/operations/", "/operationResults/");
    let running = bench.follow(&result).await.is(202);
    assert!(running.body.is_null() && running.header("location").is_some());
    bench.advance(5).await;
    let done = bench.follow(&result).await.is(200);
    assert_eq!(done.body["id"], network("networkSecurityGroups/nsg"));
    let done = bench.follow(&status).await.is(200);
    for field in ["id", "name", "startTime", "endTime"] {
        assert!(done.body[field].is_string(), "{field}");
    }
    let missing = status.replace("operations/", "operations/0");
    bench.follow(&missing).await.refused(404, "NotFound");
}

#[tokio::test]
async fn headers_may_be_location_alone_or_none() {
    let bench = Bench::with_group().await;
    bench.quirks(json!({ "operation_headers": "location_only" })).await;
    let made = bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    assert!(made.header("azure-asyncoperation").is_none());
    bench.follow(made.header("location").unwrap()).await.is(200);
    bench.quirks(json!({ "operation_headers": "none" })).await;
    let made = bench.make("virtualNetworks/net", network_body(&[])).await.is(200);
    assert!(made.header("azure-asyncoperation").is_none() && made.header("location").is_none());
    assert!(bench.delete("virtualNetworks/net").await.is(202).header("location").is_some());
}

#[tokio::test]
async fn a_failed_update_goes_back_to_what_was() {
    let bench = Bench::with_group().await;
    let mut body = network_body(&[]);
    body["tags"] = json!({ "a": "1" });
    bench.make("virtualNetworks/net", body.clone()).await.is(201);
    let ending =
        json!({ "operation": { "status": "Failed", "code": "InternalServerError", "message": "x" } });
    bench.script(json!({ "rules": [{ "when": { "method": "PUT" }, "do": ending }] })).await;
    body["tags"] = json!({ "a": "2" });
    let made = bench.make("virtualNetworks/net", body).await.is(200);
    assert_eq!(made.body["tags"], json!({ "a": "2" }));
    let read = bench.get("virtualNetworks/net").await.is(200);
    assert_eq!(read.body["tags"], json!({ "a": "1" }));
    assert_eq!(read.body["properties"]["provisioningState"], "Failed");
}
