//! Security groups and rules.

use serde_json::{Value, json};

use super::bench::{Bench, group_body, network, network_body, rule};

#[tokio::test]
async fn a_put_replaces_all_rules_and_the_six_defaults_stay() {
    let bench = Bench::with_group().await;
    let both = [rule("ssh", 100, "22"), rule("web", 200, "443")];
    let made = bench.make("networkSecurityGroups/nsg", group_body(&both)).await.is(201);
    let defaults = made.body["properties"]["defaultSecurityRules"].as_array().unwrap();
    let priorities: Vec<_> = defaults.iter().map(|rule| rule["properties"]["priority"].clone()).collect();
    assert_eq!(priorities, [65_000, 65_001, 65_500, 65_000, 65_001, 65_500]);
    let names = async || {
        let read = bench.get("networkSecurityGroups/nsg").await;
        let rules = read.body["properties"]["securityRules"].as_array().unwrap().clone();
        rules.iter().map(|rule| rule["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["ssh", "web"]);
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("web", 100, "443")])).await.is(200);
    assert_eq!(names().await, ["web"]);
    bench.make("networkSecurityGroups/nsg", json!({ "location": "westeurope" })).await.is(200);
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn a_rule_by_itself() {
    let bench = Bench::with_group().await;
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("ssh", 100, "22")])).await.is(201);
    let web = json!({ "properties": rule("web", 200, "443")["properties"] });
    bench.make("networkSecurityGroups/nsg/securityRules/web", web.clone()).await.is(201);
    let listed = bench.get("networkSecurityGroups/nsg/securityRules").await.is(200);
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 2);
    bench
        .make("networkSecurityGroups/nsg/securityRules/more", web)
        .await
        .refused(400, "SecurityRuleConflict");
    bench.delete("networkSecurityGroups/nsg/securityRules/web").await.is(202);
    bench.get("networkSecurityGroups/nsg/securityRules/web").await.refused(404, "NotFound");
}

#[tokio::test]
async fn what_a_rule_may_not_say() {
    let bench = Bench::with_group().await;
    let cases: [(&str, Value, &str); 16] = [
        ("priority", json!(99), "SecurityRuleInvalidPriority"),
        ("priority", json!(4097), "SecurityRuleInvalidPriority"),
        ("priority", json!("100"), "InvalidRequestFormat"),
        ("priority", Value::Null, "InvalidRequestFormat"),
        ("protocol", json!("Sctp"), "InvalidRequestFormat"),
        ("access", json!("Maybe"), "InvalidRequestFormat"),
        ("destinationPortRange", json!("22,80"), "SecurityRuleInvalidPortRange"),
        ("destinationPortRange", json!("90-80"), "SecurityRuleInvalidPortRange"),
        ("destinationPortRange", json!("65536"), "SecurityRuleInvalidPortRange"),
        ("destinationPortRange", json!("-1"), "SecurityRuleInvalidPortRange"),
        ("destinationPortRange", Value::Null, "SecurityRuleParameterMissing"),
        ("destinationPortRanges", json!(["22"]), "SecurityRuleParameterContainsUnsupportedValue"),
        ("sourceAddressPrefix", json!("10.0.0.1/8"), "SecurityRuleInvalidAddressPrefix"),
        ("sourceAddressPrefix", json!("Everybody"), "SecurityRuleInvalidAddressPrefix"),
        ("unheardOf", json!(1), "InvalidRequestFormat"),
        ("description", json!("x".repeat(141)), "SecurityRuleInvalidDescription"),
    ];
    for (property, value, code) in cases {
        let mut bad = rule("r", 100, "22");
        bad["properties"][property] = value.clone();
        let seen = bench.make("networkSecurityGroups/nsg", group_body(&[bad])).await;
        assert_eq!((seen.status, seen.code()), (400, code), "{property} = {value}: {}", seen.body);
    }
    for tag in
        ["VirtualNetwork", "Internet", "Storage.WestEurope", "10.1.2.3", "fd00::/8", "azureloadbalancer"]
    {
        let mut good = rule("r", 100, "0-65535");
        good["properties"]["sourceAddressPrefix"] = json!(tag);
        let seen = bench.make("networkSecurityGroups/nsg", group_body(&[good])).await;
        assert!(seen.status < 300, "{tag}: {}", seen.body);
    }
    let twice = [rule("a", 100, "22"), rule("b", 100, "80")];
    bench.make("networkSecurityGroups/nsg", group_body(&twice)).await.refused(400, "SecurityRuleConflict");
    let mut out = rule("b", 100, "80");
    out["properties"]["direction"] = json!("Outbound");
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("a", 100, "22"), out])).await.is(200);
    let default = rule("denyallinbound", 100, "22");
    bench
        .make("networkSecurityGroups/nsg", group_body(&[default]))
        .await
        .refused(400, "SecurityRuleConflict");
    let name = rule("a b", 100, "22");
    bench.make("networkSecurityGroups/nsg", group_body(&[name])).await.refused(400, "InvalidResourceName");
}

#[tokio::test]
async fn a_used_group_cannot_go() {
    let bench = Bench::with_group().await;
    bench.make("networkSecurityGroups/nsg", group_body(&[])).await.is(201);
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({ "id": network("networkSecurityGroups/nsg") });
    bench.make("virtualNetworks/net", body).await.is(201);
    let seen = bench.delete("networkSecurityGroups/nsg").await;
    seen.refused(400, "InUseNetworkSecurityGroupCannotBeDeleted");
    assert!(seen.message().contains(&network("virtualNetworks/net/subnets/a")));
    let read = bench.get("networkSecurityGroups/nsg").await;
    assert_eq!(read.body["properties"]["subnets"][0]["id"], network("virtualNetworks/net/subnets/a"));
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(200);
    bench.delete("networkSecurityGroups/nsg").await.is(202);
}
