//! Resource groups, lists of resources, subscriptions, providers, the portal.

use serde_json::{Value, json};

use super::super::settings::{FOREIGN_SUBSCRIPTION, SUBSCRIPTION};
use super::bench::{Bench, NETWORK_VERSION, address_body, group, group_body, network, network_body};

const VERSION: &str = "2021-04-01";

#[tokio::test]
async fn a_group_is_made_changed_and_deleted_with_what_is_in_it() {
    let bench = Bench::at(0.0).await;
    bench.send("GET", &group(), VERSION, None).await.refused(404, "ResourceGroupNotFound");
    bench.send("HEAD", &group(), VERSION, None).await.is(404);
    let body = json!({ "location": "West Europe", "tags": { "a": "1" } });
    let made = bench.put(&group(), VERSION, body.clone()).await.is(201);
    assert_eq!(made.body["location"], "westeurope");
    assert_eq!(made.body["properties"]["provisioningState"], "Succeeded");
    bench.put(&group(), VERSION, body).await.is(200);
    bench.send("HEAD", &group(), VERSION, None).await.is(204);
    let patched = bench.send("PATCH", &group(), VERSION, Some(json!({ "tags": { "b": "2" } }))).await.is(200);
    assert_eq!(patched.body["tags"], json!({ "b": "2" }));
    let other = bench.put(&group(), VERSION, json!({ "location": "eastus" })).await;
    other.refused(409, "InvalidResourceGroupLocation");
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    bench.advance(100).await;

    let deleted = bench.send("DELETE", &group(), VERSION, None).await.is(202);
    assert!(deleted.header("azure-asyncoperation").is_none());
    let location = deleted.header("location").unwrap().to_owned();
    bench.follow(&location).await.is(202);
    bench.make("publicIPAddresses/other", address_body()).await.refused(409, "ResourceGroupBeingDeleted");
    bench.send("DELETE", &group(), VERSION, None).await.refused(409, "ResourceGroupBeingDeleted");
    bench.advance(100).await;
    bench.follow(&location).await.is(200);
    bench.get("publicIPAddresses/ip").await.refused(404, "ResourceGroupNotFound");
    assert!(bench.objects().await.is_empty());
}

#[tokio::test]
async fn a_group_stays_while_something_outside_uses_what_is_in_it() {
    let bench = Bench::with_group().await;
    bench.make("networkSecurityGroups/nsg", group_body(&[])).await.is(201);
    let other = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/other");
    bench.put(&other, VERSION, json!({ "location": "westeurope" })).await.is(201);
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({ "id": network("networkSecurityGroups/nsg") });
    let path = format!("{other}/providers/Microsoft.Network/virtualNetworks/net");
    bench.put(&path, NETWORK_VERSION, body).await.is(201);
    let deleted = bench.send("DELETE", &group(), VERSION, None).await.is(202);
    let end = bench.follow(deleted.header("location").unwrap()).await.is(409);
    assert_eq!(end.body["Error"]["Code"], "ResourceGroupDeletionBlocked");
    let read = bench.send("GET", &group(), VERSION, None).await.is(200);
    assert_eq!(read.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn resources_are_listed_by_group_tag_and_page() {
    let bench = Bench::with_group().await;
    for (name, tag) in [("one", "x"), ("two", "y"), ("three", "x")] {
        let mut body = address_body();
        body["tags"] = json!({ "Team": tag });
        bench.make(&format!("publicIPAddresses/{name}"), body).await.is(201);
    }
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    let names = |value: &Value| {
        let items = value["value"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = bench.send("GET", &format!("{}/resources", group()), VERSION, None).await.is(200);
    assert_eq!(names(&all.body), ["one", "two", "three", "net"]);
    assert_eq!(all.body["value"][3]["type"], "Microsoft.Network/virtualNetworks");

    let filtered = |filter: &str| {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("$filter", filter).finish();
        format!("/subscriptions/{SUBSCRIPTION}/resources?{query}")
    };
    let tagged =
        bench.send("GET", &filtered("tagName eq 'team' and tagValue eq 'x'"), VERSION, None).await.is(200);
    assert_eq!(names(&tagged.body), ["one", "three"]);
    let typed = filtered("resourceType eq 'Microsoft.Network/virtualNetworks'");
    assert_eq!(names(&bench.send("GET", &typed, VERSION, None).await.is(200).body), ["net"]);
    for wrong in ["tagValue eq 'x'", "tagName eq 'a' and name eq 'b'", "nonsense", "name eq x"] {
        bench.send("GET", &filtered(wrong), VERSION, None).await.refused(400, "InvalidFilterInQueryString");
    }

    bench.quirks(json!({ "page_size": 2 })).await;
    let first = bench.send("GET", &filtered("tagName eq 'team'"), VERSION, None).await.is(200);
    assert_eq!(names(&first.body), ["one", "two"]);
    let second = bench.follow(first.body["nextLink"].as_str().unwrap()).await.is(200);
    assert_eq!(names(&second.body), ["three"]);
    assert!(second.body["nextLink"].is_null());
    let first = bench.get("publicIPAddresses").await.is(200);
    let second = bench.follow(first.body["nextLink"].as_str().unwrap()).await.is(200);
    assert_eq!(names(&second.body), ["three"]);
}

#[tokio::test]
async fn subscriptions_and_regions() {
    let bench = Bench::new().await;
    let version = "2022-12-01";
    let seen = bench.send("GET", &format!("/subscriptions/{SUBSCRIPTION}"), version, None).await.is(200);
    assert_eq!(seen.body["state"], "Enabled");
    let seen =
        bench.send("GET", &format!("/subscriptions/{SUBSCRIPTION}/locations"), version, None).await.is(200);
    assert!(seen.body["value"].as_array().unwrap().iter().any(|region| region["name"] == "westeurope"));
    let missing = "/subscriptions/00000000-0000-0000-0000-000000000009/resourcegroups";
    bench.send("GET", missing, VERSION, None).await.refused(404, "SubscriptionNotFound");
    bench
        .send("GET", "/subscriptions/x/resourcegroups", VERSION, None)
        .await
        .refused(400, "InvalidSubscriptionId");
    let foreign = format!("/subscriptions/{FOREIGN_SUBSCRIPTION}/resourcegroups");
    let seen = bench.send("GET", &foreign, VERSION, None).await;
    seen.refused(401, "InvalidAuthenticationTokenTenant");
    assert!(seen.header("www-authenticate").unwrap().starts_with("Bearer authorization_uri="));
}

#[tokio::test]
async fn an_unregistered_provider_makes_nothing_until_it_is_registered() {
    let bench = Bench::with_group().await;
    bench.quirks(json!({ "unregistered": ["Microsoft.Network"] })).await;
    let provider = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network");
    let seen = bench.send("GET", &provider, VERSION, None).await.is(200);
    assert_eq!(seen.body["registrationState"], "NotRegistered");
    let seen = bench.make("publicIPAddresses/ip", address_body()).await;
    seen.refused(409, "MissingSubscriptionRegistration");
    assert_eq!(seen.body["error"]["details"][0]["target"], "Microsoft.Network");
    bench.send("POST", &format!("{provider}/register"), VERSION, None).await.is(200);
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
}

#[tokio::test]
async fn the_portal_changes_things_behind_the_ledger() {
    let bench = Bench::at(0.0).await;
    bench.make_group().await;
    let path = format!("{}?api-version={NETWORK_VERSION}", network("publicIPAddresses/ip"));
    let click = json!({ "method": "put", "path": path, "body": address_body() });
    bench.control("POST", "/portal", click).await.is(201);
    let ledger = bench.ledger().await;
    assert_eq!(ledger["requests"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["objects"][1]["by"], "portal");
    assert_eq!(ledger["objects"][1]["type"], "Microsoft.Network/publicIPAddresses");
    assert_eq!(ledger["objects"][1]["state"], "Succeeded");
    let click = json!({ "method": "DELETE", "path": path });
    bench.control("POST", "/portal", click).await.is(202);
    assert_eq!(bench.objects().await, ["lab"]);
    let click = json!({ "method": "PUT", "path": path, "body": { "location": "nowhere" } });
    bench.control("POST", "/portal", click).await.refused(400, "LocationNotAvailableForResourceType");
}
