//! What Azure refuses, it refuses here, with its own status and code, and nothing is made.

use serde_json::{Value, json};

use super::bench::{Bench, NETWORK_VERSION, address_body, group, network, network_body, seen};

#[tokio::test]
async fn bad_networks() {
    let bench = Bench::with_group().await;
    let space = |prefixes: Value| json!({ "location": "westeurope", "properties": { "addressSpace": { "addressPrefixes": prefixes } } });
    let subnets = |subnets: &[(&str, &str)]| network_body(subnets);
    let with = |path: &str, value: Value| {
        let mut body = network_body(&[]);
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let mut top = network_body(&[]);
    top["accountType"] = json!("x");
    let mut inner = network_body(&[]);
    inner["properties"]["unheardOf"] = json!(true);
    let mut flag = network_body(&[]);
    flag["properties"]["enableDdosProtection"] = json!("yes");
    let mut peering = network_body(&[]);
    peering["properties"]["virtualNetworkPeerings"] = json!([{ "name": "p" }]);
    let cases: Vec<(Value, u16, &str)> = vec![
        (top, 400, "InvalidRequestContent"),
        (inner, 400, "InvalidRequestFormat"),
        (flag, 400, "InvalidRequestFormat"),
        (peering, 501, "NotModelledBySimulator"),
        (json!({ "properties": {} }), 400, "LocationRequired"),
        (json!({ "location": "westeurope" }), 400, "InvalidRequestFormat"),
        (with("/location", json!("atlantis")), 400, "LocationNotAvailableForResourceType"),
        (space(json!([])), 400, "InvalidAddressSpace"),
        (space(json!(["10.0.0.0/16", "10.0.1.0/24"])), 400, "InvalidAddressSpace"),
        (space(json!(["10.0.0.0"])), 400, "InvalidAddressPrefixFormat"),
        (space(json!(["10.0.0.1/16"])), 400, "InvalidCIDRNotation"),
        (space(json!(["fd12::1/48"])), 400, "InvalidCIDRNotation"),
        (space(json!("10.0.0.0/16")), 400, "InvalidRequestFormat"),
        (subnets(&[("a", "10.1.0.0/24")]), 400, "NetcfgSubnetRangeOutsideVnet"),
        (subnets(&[("a", "10.0.0.0/24"), ("b", "10.0.0.128/25")]), 400, "NetcfgSubnetRangesOverlap"),
        (subnets(&[("a", "10.0.0.0/30")]), 400, "NetcfgInvalidSubnet"),
        (subnets(&[("a", "fd12::/63")]), 400, "NetcfgInvalidSubnet"),
        (subnets(&[("a", "10.0.0.9/24")]), 400, "InvalidCIDRNotation"),
        (subnets(&[("a", "10.0.0.0/24"), ("A", "10.0.1.0/24")]), 400, "InvalidRequestFormat"),
        (subnets(&[("-a", "10.0.0.0/24")]), 400, "InvalidResourceName"),
    ];
    for (body, status, code) in cases {
        let seen = bench.make("virtualNetworks/net", body.clone()).await;
        assert_eq!((seen.status, seen.code()), (status, code), "{body}: {}", seen.body);
    }
    assert_eq!(bench.objects().await, ["lab"]);
    for name in ["n", "a%20b", "-ab", "ab-"] {
        let seen = bench.make(&format!("virtualNetworks/{name}"), network_body(&[])).await;
        seen.refused(400, "InvalidResourceName");
    }
    bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let moved = with("/location", json!("eastus"));
    bench.make("virtualNetworks/NET", moved).await.refused(409, "InvalidResourceLocation");
}

#[tokio::test]
async fn an_unknown_property_is_named_with_its_path_and_position() {
    let bench = Bench::with_group().await;
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["sizeOfIt"] = json!(1);
    let seen = bench.make("virtualNetworks/net", body).await;
    assert_eq!(seen.detail(), "InvalidJson");
    let message = seen.body["error"]["details"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("'sizeOfIt'") && message.contains("'properties.subnets[0].properties.sizeOfIt'"),
        "{message}"
    );
}

#[tokio::test]
async fn bad_references() {
    let bench = Bench::with_group().await;
    let with = |reference: Value| {
        let mut body = network_body(&[("a", "10.0.1.0/24")]);
        body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = reference;
        body
    };
    let missing = with(json!({ "id": network("networkSecurityGroups/none") }));
    bench.make("virtualNetworks/net", missing).await.refused(400, "InvalidResourceReference");
    for (reference, detail) in [
        (json!({ "id": "nsg" }), "InvalidJsonReferenceFormat"),
        (json!({ "id": network("natGateways/nat") }), "InvalidJsonReferenceFormat"),
        (json!({}), "MissingJsonReferenceId"),
        (json!({ "id": network("networkSecurityGroups/none"), "x": 1 }), "InvalidJson"),
    ] {
        let seen = bench.make("virtualNetworks/net", with(reference.clone())).await;
        seen.refused(400, "InvalidRequestFormat");
        assert_eq!(seen.detail(), detail, "{reference}");
    }
    let elsewhere = json!({ "location": "eastus", "properties": {} });
    bench.make("networkSecurityGroups/far", elsewhere).await.is(201);
    let far = with(json!({ "id": network("networkSecurityGroups/far") }));
    bench.make("virtualNetworks/net", far).await.refused(400, "InvalidResourceReference");
}

#[tokio::test]
async fn bad_tags() {
    let bench = Bench::with_group().await;
    let many: serde_json::Map<String, Value> = (0..51).map(|n| (format!("t{n}"), json!("x"))).collect();
    let cases: Vec<(Value, &str)> = vec![
        (Value::Object(many), "InvalidTagsCount"),
        (json!({ "a/b": "x" }), "InvalidTagNameCharacters"),
        (json!({ "azureThing": "x" }), "InvalidTagNameReservedPrefix"),
        (json!({ "x": "y".repeat(257) }), "InvalidTagValueLength"),
        (json!({ "x".repeat(513): "y" }), "InvalidTagNameLength"),
        (json!({ "a": "x", "A": "y" }), "DuplicateTagName"),
        (json!({ "a": 1 }), "InvalidRequestContent"),
        (json!(["a"]), "InvalidRequestContent"),
    ];
    for (tags, code) in cases {
        let mut body = address_body();
        body["tags"] = tags.clone();
        let seen = bench.make("publicIPAddresses/ip", body).await;
        assert_eq!((seen.status, seen.code()), (400, code), "{tags}");
        let seen = bench.put(&group(), "2021-04-01", json!({ "location": "westeurope", "tags": tags })).await;
        assert_eq!((seen.status, seen.code()), (400, code), "{tags}");
    }
    let fifty: serde_json::Map<String, Value> = (0..50).map(|n| (format!("bud:t{n}"), json!("x"))).collect();
    let mut body = address_body();
    body["tags"] = Value::Object(fifty);
    bench.make("publicIPAddresses/ip", body).await.is(201);
}

#[tokio::test]
async fn bad_addresses_and_gateways() {
    let bench = Bench::with_group().await;
    let change = |path: &str, value: Value| {
        let mut body = address_body();
        body[path] = value;
        body
    };
    for (body, status, code) in [
        (change("sku", Value::Null), 400, "IPv4BasicSkuPublicIpCountLimitReached"),
        (change("sku", json!({ "name": "Gold" })), 400, "InvalidRequestFormat"),
        (change("properties", json!({})), 400, "StandardSkuPublicIPAddressesMustBeStatic"),
        (change("zones", json!(["4"])), 400, "InvalidAvailabilityZone"),
        (change("zones", json!("1")), 400, "InvalidRequestContent"),
        (
            change("properties", json!({ "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 3 })),
            400,
            "InvalidIdleTimeout",
        ),
    ] {
        let seen = bench.make("publicIPAddresses/ip", body.clone()).await;
        assert_eq!((seen.status, seen.code()), (status, code), "{body}: {}", seen.body);
    }
    let mut zonal = change("zones", json!(["1"]));
    zonal["location"] = json!("westus");
    bench.make("publicIPAddresses/ip", zonal).await.refused(400, "LocationNotSupportAvailabilityZones");
    bench.make("publicIPAddresses/ip", change("zones", json!(["1"]))).await.is(201);
    bench.make("publicIPAddresses/ip", address_body()).await.refused(409, "PropertyChangeNotAllowed");
    let v6 = json!({ "publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv6" });
    bench.make("publicIPAddresses/six", change("properties", v6)).await.is(201);
    let six = bench.get("publicIPAddresses/six").await.body["properties"]["ipAddress"].clone();
    assert!(six.as_str().unwrap().starts_with("2001:db8::"), "{six}");

    let gateway = |sku: &str, zones: Value, address: &str| {
        json!({ "location": "westeurope", "sku": { "name": sku }, "zones": zones,
            "properties": { "publicIpAddresses": [{ "id": network(&format!("publicIPAddresses/{address}")) }] } })
    };
    for (body, code) in [
        (gateway("Basic", json!([]), "ip"), "InvalidNatGatewaySku"),
        (gateway("Standard", json!(["1", "2"]), "ip"), "NatGatewayMultipleZonesNotAllowed"),
        (gateway("Standard", json!(["2"]), "ip"), "NatGatewayAndPublicIpZonesMismatch"),
        (gateway("Standard", json!([]), "six"), "NatGatewayPublicIpVersionNotSupported"),
        (gateway("Standard", json!([]), "none"), "InvalidResourceReference"),
    ] {
        bench.make("natGateways/nat", body).await.refused(400, code);
    }
    bench.make("natGateways/nat", gateway("Standard", json!(["1"]), "ip")).await.is(201);
}

#[tokio::test]
async fn bad_requests() {
    let bench = Bench::with_group().await;
    let get = async |path: &str| {
        seen(
            bench
                .http
                .get(format!("{}{path}", bench.endpoint("azure")))
                .bearer_auth(&bench.token)
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    get(&group()).await.refused(400, "MissingApiVersionParameter");
    bench.send("GET", &group(), "1999-01-01", None).await.refused(400, "InvalidApiVersionParameter");
    let net = network("virtualNetworks/net");
    bench.send("GET", &net, "2099-01-01", None).await.refused(400, "NoRegisteredProviderFound");
    // A version in which a PUT without subnets would delete them is not modelled.
    bench.send("GET", &net, "2023-06-01", None).await.refused(400, "NoRegisteredProviderFound");
    bench
        .send("PATCH", &network("virtualNetworks/net/subnets/a"), NETWORK_VERSION, Some(json!({})))
        .await
        .refused(405, "MethodNotAllowed");
    bench.send("POST", &net, NETWORK_VERSION, None).await.refused(405, "MethodNotAllowed");
    bench.get("blueNetworks/x").await.refused(404, "InvalidResourceType");
    let compute = net.replace("Microsoft.Network", "Microsoft.Nothing");
    bench.send("GET", &compute, NETWORK_VERSION, None).await.refused(404, "InvalidResourceNamespace");
    bench.send("GET", "/nothing", NETWORK_VERSION, None).await.refused(404, "NotFound");
    let plain = bench.request("PUT", &net, NETWORK_VERSION).body("{}").send().await.unwrap();
    seen(plain).await.refused(415, "UnsupportedMediaType");
    let broken = bench
        .request("PUT", &net, NETWORK_VERSION)
        .header("content-type", "application/json")
        .body("{")
        .send();
    seen(broken.await.unwrap()).await.refused(400, "InvalidRequestContent");
    let orphan = net.replace("/lab/", "/none/");
    bench.put(&orphan, NETWORK_VERSION, network_body(&[])).await.refused(404, "ResourceGroupNotFound");
    let bad = group().replace("lab", "lab.");
    bench
        .put(&bad, "2021-04-01", json!({ "location": "westeurope" }))
        .await
        .refused(400, "InvalidResourceGroupName");
}

#[tokio::test]
async fn interfaces_use_subnets_addresses_and_groups() {
    let bench = Bench::with_group().await;
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/29")])).await.is(201);
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    let interface = |more: Value| {
        let mut properties = json!({ "subnet": { "id": network("virtualNetworks/net/subnets/a") } });
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "location": "westeurope", "properties": { "ipConfigurations": [{ "name": "main", "properties": properties }] } })
    };
    let public = json!({ "publicIPAddress": { "id": network("publicIPAddresses/ip") } });
    bench.make("networkInterfaces/one", interface(public.clone())).await.is(201);
    let read = bench.get("networkInterfaces/one").await.is(200);
    let address = |read: &super::bench::Seen| {
        read.body["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"].clone()
    };
    assert_eq!(address(&read), "10.0.1.4");
    bench.make("networkInterfaces/two", interface(public)).await.refused(400, "PublicIPAddressInUse");
    let fixed = |address: &str| {
        interface(json!({ "privateIPAllocationMethod": "Static", "privateIPAddress": address }))
    };
    bench.make("networkInterfaces/two", fixed("10.0.1.4")).await.refused(400, "PrivateIPAddressIsAllocated");
    bench.make("networkInterfaces/two", fixed("10.0.1.1")).await.refused(400, "PrivateIPAddressNotInSubnet");
    bench.make("networkInterfaces/two", fixed("10.0.1.6")).await.is(201);
    bench.make("networkInterfaces/three", interface(json!({}))).await.is(201);
    assert_eq!(address(&bench.get("networkInterfaces/three").await), "10.0.1.5");
    bench.make("networkInterfaces/four", interface(json!({}))).await.refused(400, "SubnetIsFull");
    let none = json!({ "location": "westeurope", "properties": { "ipConfigurations": [] } });
    bench
        .make("networkInterfaces/four", none)
        .await
        .refused(400, "NetworkInterfaceMustHaveAtLeastOneIpConfiguration");

    let held = bench.delete("virtualNetworks/net/subnets/a").await;
    held.refused(400, "InUseSubnetCannotBeDeleted");
    assert!(held.message().contains("networkInterfaces/one/ipConfigurations/main"));
    bench.delete("virtualNetworks/net").await.refused(400, "InUseSubnetCannotBeDeleted");
    bench.make("virtualNetworks/net", network_body(&[])).await.refused(400, "InUseSubnetCannotBeDeleted");
    let moved = network_body(&[("a", "10.0.2.0/24")]);
    bench.make("virtualNetworks/net", moved).await.refused(400, "InUsePrefixCannotBeDeleted");
    bench.delete("publicIPAddresses/ip").await.refused(400, "PublicIPAddressCannotBeDeleted");
    for name in ["one", "two", "three"] {
        bench.delete(&format!("networkInterfaces/{name}")).await.is(202);
    }
    bench.delete("publicIPAddresses/ip").await.is(202);
    bench.delete("virtualNetworks/net").await.is(202);
    assert_eq!(bench.objects().await, ["lab"]);
}
