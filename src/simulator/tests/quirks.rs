//! Each quirk, switched on.

use serde_json::json;

use super::bench::{Bench, GROUP, address_body, group, group_body, network_body};

#[tokio::test]
async fn new_objects_are_seen_late() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "get_404_reads": 2, "list_lag_reads": 1, "parent_404_writes": 1 })).await;
    bench.make_group().await;
    for _ in 0..2 {
        bench.send("GET", &group(), "2021-04-01", None).await.refused(404, "ResourceGroupNotFound");
    }
    bench.send("GET", &group(), "2021-04-01", None).await.is(200);
    bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    bench.get("virtualNetworks/net").await.refused(404, "ResourceNotFound");
    let count = async || bench.get("virtualNetworks").await.is(200).body["value"].as_array().unwrap().len();
    assert_eq!(count().await, 0);
    assert_eq!(count().await, 1);
    let subnet = json!({ "properties": { "addressPrefix": "10.0.1.0/24" } });
    bench.make("virtualNetworks/net/subnets/a", subnet.clone()).await.refused(404, "ParentResourceNotFound");
    bench.make("virtualNetworks/net/subnets/a", subnet).await.is(201);
}

#[tokio::test]
async fn groups_are_spelled_in_capitals() {
    let bench = Bench::with_group().await;
    bench.quirks(json!({ "upper_case_groups": true })).await;
    let made = bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    let capital = format!("/resourceGroups/{}/", GROUP.to_uppercase());
    assert!(made.body["id"].as_str().unwrap().contains(&capital));
    assert!(made.body["properties"]["subnets"][0]["id"].as_str().unwrap().contains(&capital));
}

#[tokio::test]
async fn polls_miss_and_states_lag_behind() {
    let bench = Bench::with_group().await;
    bench.quirks(json!({ "poll_404": 1, "late_succeeded_reads": 2 })).await;
    let made = bench.make("virtualNetworks/net", network_body(&[])).await.is(201);
    let operation = made.header("azure-asyncoperation").unwrap();
    bench.follow(operation).await.refused(404, "NotFound");
    assert_eq!(bench.follow(operation).await.body["status"], "Succeeded");
    let state =
        async || bench.get("virtualNetworks/net").await.body["properties"]["provisioningState"].clone();
    assert_eq!([state().await, state().await, state().await], ["Updating", "Updating", "Succeeded"]);
}

#[tokio::test]
async fn retry_after_is_absent_or_anything() {
    let bench = Bench::with_group().await;
    for (quirk, header) in [
        (json!("scaled"), Some("0")),
        (json!("absent"), None),
        (json!(0), Some("0")),
        (json!(120), Some("120")),
    ] {
        bench.quirks(json!({ "retry_after": quirk })).await;
        let made = bench.make("virtualNetworks/net", network_body(&[])).await;
        assert_eq!(made.header("retry-after"), header);
    }
}

#[tokio::test]
async fn lists_of_one_come_back_as_the_singular() {
    let bench = Bench::with_group().await;
    let rule = json!({ "name": "r", "properties": {
        "protocol": "tcp", "access": "Allow", "direction": "Inbound", "priority": 100,
        "sourceAddressPrefixes": ["10.0.0.0/8"], "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRanges": ["22", "80-90"],
    } });
    let made = bench.make("networkSecurityGroups/nsg", group_body(&[rule])).await.is(201);
    let seen = &made.body["properties"]["securityRules"][0]["properties"];
    assert_eq!(seen["sourceAddressPrefixes"], json!(["10.0.0.0/8"]));
    assert_eq!((&seen["protocol"], &seen["sourcePortRanges"]), (&json!("Tcp"), &json!([])));
    bench.quirks(json!({ "collapse_single_lists": true })).await;
    let read = bench.get("networkSecurityGroups/nsg").await;
    let seen = &read.body["properties"]["securityRules"][0]["properties"];
    assert_eq!(
        (&seen["sourceAddressPrefix"], &seen["sourceAddressPrefixes"]),
        (&json!("10.0.0.0/8"), &json!([]))
    );
    assert_eq!(seen["destinationPortRanges"], json!(["22", "80-90"]));
}

#[tokio::test]
async fn quirks_stay_until_they_are_replaced() {
    let bench = Bench::with_group().await;
    bench.quirks(json!({ "page_size": 1 })).await;
    bench.script(json!({ "rules": [] })).await;
    for name in ["a", "b"] {
        bench.make(&format!("publicIPAddresses/{name}"), address_body()).await.is(201);
    }
    assert!(bench.get("publicIPAddresses").await.body["nextLink"].is_string());
    bench.control("DELETE", "/faults", serde_json::Value::Null).await.is(200);
    assert!(bench.get("publicIPAddresses").await.body["nextLink"].is_null());
}

#[test]
fn the_guide_names_every_quirk_fault_and_variable() {
    let guide = include_str!("../../../docs/guides/simulate.md");
    let quirks = serde_json::to_value(super::super::quirks::Quirks::default()).unwrap();
    for quirk in quirks.as_object().unwrap().keys() {
        assert!(guide.contains(&format!("| `{quirk}` |")), "{quirk}");
    }
    for fault in
        ["cut_before", "cut_after", "delay", "answer", "throttle", "operation", "expire_token", "hang"]
    {
        assert!(
            guide.contains(&format!("`\"{fault}\"`")) || guide.contains(&format!("`{{ \"{fault}\":")),
            "{fault}"
        );
    }
    let row = |name: &str| guide.contains(&format!("`{name}`"));
    let servers = super::super::settings::Servers {
        https: String::new(),
        http: String::new(),
        control: String::new(),
        proxy: String::new(),
        charts: String::new(),
        charts_http: String::new(),
        ca_file: std::path::PathBuf::new(),
    };
    let ready = servers.ready();
    for part in ["env", "endpoints"] {
        for name in ready[part].as_object().unwrap().keys() {
            assert!(row(name), "{part}.{name}");
        }
    }
}
