//! Writes while another operation is going on.

use serde_json::json;

use super::bench::{Bench, group_body, network, network_body};

async fn slow() -> Bench {
    let bench = Bench::at(0.0).await;
    bench.make_group().await;
    bench
}

#[tokio::test]
async fn a_second_put_supersedes_the_first() {
    let bench = slow().await;
    let first = bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let second = bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(200);
    let polled = bench.follow(first.header("azure-asyncoperation").unwrap()).await.is(200);
    assert_eq!(
        (&polled.body["status"], &polled.body["error"]["code"]),
        (&json!("Canceled"), &json!("Canceled"))
    );
    assert_eq!(polled.body["error"]["details"][0]["code"], "CanceledAndSupersededDueToAnotherOperation");
    bench.advance(10).await;
    assert_eq!(
        bench.follow(second.header("azure-asyncoperation").unwrap()).await.body["status"],
        "Succeeded"
    );
    assert_eq!(bench.get("virtualNetworks/net").await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn siblings_parents_and_deletions_must_wait() {
    let bench = slow().await;
    let made = bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let subnet = |prefix: &str| json!({ "properties": { "addressPrefix": prefix } });
    let refused = bench.make("virtualNetworks/net/subnets/a", subnet("10.0.1.0/24")).await;
    refused.refused(429, "AnotherOperationInProgress");
    assert!(
        refused.message().contains(made.header("azure-asyncoperation").unwrap()),
        "{}",
        refused.message()
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    bench.advance(10).await;
    bench.make("virtualNetworks/net/subnets/a", subnet("10.0.1.0/24")).await.is(201);
    bench
        .make("virtualNetworks/net/subnets/b", subnet("10.0.2.0/24"))
        .await
        .refused(429, "AnotherOperationInProgress");
    bench.make("virtualNetworks/net", network_body(&[])).await.refused(429, "AnotherOperationInProgress");
    bench.delete("virtualNetworks/net").await.refused(429, "AnotherOperationInProgress");
    bench.advance(10).await;
    bench.delete("virtualNetworks/net").await.is(202);
    bench.make("virtualNetworks/net", network_body(&[])).await.refused(429, "AnotherOperationInProgress");
    bench.delete("virtualNetworks/net").await.refused(429, "AnotherOperationInProgress");
}

#[tokio::test]
async fn what_is_referred_to_must_be_ready() {
    let bench = slow().await;
    bench.make("networkSecurityGroups/nsg", group_body(&[])).await.is(201);
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({ "id": network("networkSecurityGroups/nsg") });
    let refused = bench.make("virtualNetworks/net", body.clone()).await;
    refused.refused(429, "RetryableError");
    assert_eq!(refused.detail(), "ReferencedResourceNotProvisioned");
    assert!(refused.body.to_string().contains("PutNetworkSecurityGroupOperation"));
    bench.advance(10).await;
    bench.make("virtualNetworks/net", body).await.is(201);
}

#[tokio::test]
async fn a_scaled_operation_takes_its_time() {
    let bench = Bench::at(40.0).await;
    bench.make_group().await;
    let begun = std::time::Instant::now();
    let made = bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let operation = made.header("azure-asyncoperation").unwrap();
    let mut polls = 0;
    while bench.follow(operation).await.body["status"] == "InProgress" {
        polls += 1;
    }
    // 4 simulated seconds at speed 40.
    assert!(begun.elapsed() >= std::time::Duration::from_millis(99), "{:?}", begun.elapsed());
    assert!(polls > 0);
}
