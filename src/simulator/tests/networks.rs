//! Networks, subnets, addresses and gateways: create, read, change, delete.

use serde_json::json;

use super::bench::{Bench, NETWORK_VERSION, address_body, group_body, network, network_body};

#[tokio::test]
async fn a_network_is_made_polled_read_and_deleted() {
    let bench = Bench::at(0.0).await;
    bench.make_group().await;
    let made = bench.make("virtualNetworks/Net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    assert_eq!(made.body["properties"]["provisioningState"], "Updating");
    assert_eq!(made.body["properties"]["subnets"][0]["properties"]["provisioningState"], "Updating");
    assert!(made.header("location").is_none());
    assert_eq!(made.header("retry-after"), Some("1"));
    let operation = made.header("azure-asyncoperation").unwrap().to_owned();
    assert!(operation.starts_with(&bench.endpoint("azure")), "{operation}");
    assert_eq!(bench.follow(&operation).await.is(200).body["status"], "InProgress");
    assert_eq!(bench.get("virtualNetworks/net").await.body["properties"]["provisioningState"], "Updating");

    bench.advance(10).await;
    let polled = bench.follow(&operation).await.is(200);
    assert_eq!(polled.body["status"], "Succeeded");
    assert!(polled.header("retry-after").is_none());
    let read = bench.get("VIRTUALNETWORKS/net").await.is(200);
    assert_eq!(read.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(read.body["name"], "Net");
    assert_eq!(read.body["id"], network("virtualNetworks/Net"));
    assert_ne!(read.body["etag"], made.body["etag"]);
    assert_eq!(read.body["properties"]["resourceGuid"], made.body["properties"]["resourceGuid"]);
    for header in ["x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"] {
        assert!(read.header(header).is_some(), "{header}");
    }

    let deleted = bench.delete("virtualNetworks/Net").await.is(202);
    assert!(deleted.body.is_null());
    let (location, operation) = (
        deleted.header("location").unwrap().to_owned(),
        deleted.header("azure-asyncoperation").unwrap().to_owned(),
    );
    bench.follow(&location).await.is(202);
    assert_eq!(bench.get("virtualNetworks/Net").await.body["properties"]["provisioningState"], "Deleting");
    bench.advance(60).await;
    bench.follow(&location).await.is(204);
    assert_eq!(bench.follow(&operation).await.body["status"], "Succeeded");
    bench.get("virtualNetworks/Net").await.refused(404, "ResourceNotFound");
    bench.delete("virtualNetworks/Net").await.is(204);
    assert_eq!(bench.objects().await, ["lab"]);
}

#[tokio::test]
async fn subnets_are_kept_replaced_or_emptied_by_what_a_put_says() {
    let bench = Bench::with_group().await;
    let names = async || {
        let read = bench.get("virtualNetworks/net").await.is(200);
        let subnets = read.body["properties"]["subnets"].as_array().unwrap().clone();
        subnets.iter().map(|subnet| subnet["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    bench
        .make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")]))
        .await
        .is(201);
    let mut without = network_body(&[]);
    without["properties"].as_object_mut().unwrap().remove("subnets");
    bench.make("virtualNetworks/net", without).await.is(200);
    assert_eq!(names().await, ["a", "b"]);
    bench
        .make("virtualNetworks/net", network_body(&[("c", "10.0.3.0/24"), ("b", "10.0.2.0/24")]))
        .await
        .is(200);
    assert_eq!(names().await, ["b", "c"]);
    bench.make("virtualNetworks/net", network_body(&[])).await.is(200);
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn what_was_read_can_be_written_back() {
    let bench = Bench::with_group().await;
    bench
        .make("networkSecurityGroups/nsg", group_body(&[super::bench::rule("ssh", 100, "22")]))
        .await
        .is(201);
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    for rest in ["networkSecurityGroups/nsg", "virtualNetworks/net", "publicIPAddresses/ip"] {
        let read = bench.get(rest).await.is(200).body;
        bench.make(rest, read).await.is(200);
    }
}

#[tokio::test]
async fn a_subnet_by_itself() {
    let bench = Bench::with_group().await;
    let body =
        |prefix: &str| json!({ "properties": { "addressPrefix": prefix, "defaultOutboundAccess": false } });
    bench
        .make("virtualNetworks/net/subnets/a", body("10.0.1.0/24"))
        .await
        .refused(404, "ParentResourceNotFound");
    bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let made = bench.make("virtualNetworks/NET/subnets/a", body("10.0.1.0/24")).await.is(201);
    assert_eq!(made.body["id"], network("virtualNetworks/net/subnets/a"));
    assert_eq!(made.body["properties"]["defaultOutboundAccess"], false);
    bench.get("virtualNetworks/net/subnets/b").await.refused(404, "NotFound");
    let list = bench.get("virtualNetworks/net/subnets").await.is(200);
    assert_eq!(list.body["value"].as_array().unwrap().len(), 1);
    bench.delete("virtualNetworks/net/subnets/a").await.is(202);
    bench.get("virtualNetworks/net/subnets/a").await.refused(404, "NotFound");
}

#[tokio::test]
async fn a_gateway_serves_subnets_and_cannot_go_while_it_does() {
    let bench = Bench::with_group().await;
    let first = bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    assert!(first.body["properties"]["ipAddress"].is_null());
    let address = bench.get("publicIPAddresses/ip").await.body["properties"]["ipAddress"].clone();
    assert!(address.as_str().unwrap().starts_with("198.18."), "{address}");
    let gateway = json!({
        "location": "westeurope", "sku": { "name": "Standard" },
        "properties": { "publicIpAddresses": [{ "id": network("publicIPAddresses/ip") }] },
    });
    bench.make("natGateways/nat", gateway.clone()).await.is(201);
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["natGateway"] =
        json!({ "id": network("natGateways/nat") });
    bench.make("virtualNetworks/net", body).await.is(201);
    let read = bench.get("natGateways/nat").await.is(200);
    assert_eq!(read.body["properties"]["subnets"][0]["id"], network("virtualNetworks/net/subnets/a"));
    assert_eq!(
        bench.get("publicIPAddresses/ip").await.body["properties"]["natGateway"]["id"],
        network("natGateways/nat")
    );

    bench.delete("natGateways/nat").await.refused(400, "CannotDeleteNatGatewayAssociatedToSubnet");
    bench.delete("publicIPAddresses/ip").await.refused(400, "PublicIPAddressCannotBeDeleted");
    bench.make("natGateways/other", gateway).await.refused(400, "PublicIPAddressInUse");
    bench.delete("virtualNetworks/net").await.is(202);
    bench.delete("natGateways/nat").await.is(202);
    bench.delete("publicIPAddresses/ip").await.is(202);
    assert_eq!(bench.objects().await, ["lab"]);
}

#[tokio::test]
async fn tags_are_patched_whole() {
    let bench = Bench::with_group().await;
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    let path = network("publicIPAddresses/ip");
    let before = bench.get("publicIPAddresses/ip").await.body;
    let body = json!({ "tags": { "a": "1" } });
    let seen = bench.send("PATCH", &path, NETWORK_VERSION, Some(body)).await.is(200);
    assert_eq!(seen.body["tags"], json!({ "a": "1" }));
    assert_ne!(seen.body["etag"], before["etag"]);
    assert_eq!(seen.body["properties"]["ipAddress"], before["properties"]["ipAddress"]);
    let body = json!({ "tags": { "b": "2" }, "properties": {} });
    bench.send("PATCH", &path, NETWORK_VERSION, Some(body)).await.refused(400, "InvalidRequestContent");
    let body = json!({ "tags": { "b": "2" } });
    let seen = bench.send("PATCH", &path, NETWORK_VERSION, Some(body)).await.is(200);
    assert_eq!(seen.body["tags"], json!({ "b": "2" }));
}

#[tokio::test]
async fn a_write_may_name_the_etag_that_it_has_seen() {
    let bench = Bench::with_group().await;
    bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let etag = bench.get("virtualNetworks/net").await.body["etag"].as_str().unwrap().to_owned();
    let put = |etag: String| {
        bench
            .request("PUT", &network("virtualNetworks/net"), NETWORK_VERSION)
            .header("content-type", "application/json")
            .header("if-match", etag)
            .body(network_body(&[]).to_string())
    };
    let seen = super::bench::seen(put(etag.clone()).send().await.unwrap()).await.is(200);
    assert_ne!(seen.body["etag"], etag);
    let seen = super::bench::seen(put(etag).send().await.unwrap()).await;
    seen.refused(412, "PreconditionFailed");
    assert_eq!(seen.detail(), "PreconditionFailedEtagMismatch");
}
