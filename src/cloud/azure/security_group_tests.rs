//! Tests of rules in and out of Azure's JSON.

use super::*;

fn rule() -> Rule {
    Rule {
        priority: 100,
        direction: Direction::Inbound,
        access: Access::Allow,
        protocol: Protocol::Tcp,
        sources: vec!["*".to_owned()],
        destinations: vec!["10.0.0.0/8".to_owned(), "fd00::/8".to_owned()],
        ports: vec!["22".to_owned(), "60000-61000".to_owned()],
    }
}

fn group(rules: &Value) -> Value {
    json!({
        "id": "/g", "etag": "W/\"1\"", "location": "westeurope", "tags": {"theirs": "1"},
        "properties": {"provisioningState": "Succeeded", "flushConnection": true, "securityRules": rules,
            "defaultSecurityRules": [{}], "networkInterfaces": [{"id": "/nic"}]},
    })
}

fn brought(now: &Value, rules: &Rules, stays: bool) -> Option<Value> {
    let (tags, dropped) = (Tags::from([("ours".to_owned(), "2".to_owned())]), Tags::new());
    change(
        Some(now),
        &Wanted { location: "westeurope", rules, stays: &|_| stays, tags: &tags, dropped: &dropped },
    )
}

#[test]
fn one_and_many_stand_in_different_fields() {
    let json = body(&new_rule("ssh", &rule()));
    let inner = &json["properties"];
    assert_eq!(inner["sourceAddressPrefix"], "*");
    assert_eq!(inner.get("sourceAddressPrefixes"), None);
    assert_eq!(inner["destinationAddressPrefixes"], json!(["10.0.0.0/8", "fd00::/8"]));
    assert_eq!(inner.get("destinationAddressPrefix"), None);
    assert_eq!(inner["destinationPortRanges"], json!(["22", "60000-61000"]));
    assert_eq!((&inner["sourcePortRange"], &inner["protocol"]), (&json!("*"), &json!("Tcp")));
    assert_eq!(read(&json), rule());
}

#[test]
fn every_word_of_a_rule_goes_out_and_comes_back() {
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp, Protocol::Any] {
        for direction in [Direction::Inbound, Direction::Outbound] {
            for access in [Access::Allow, Access::Deny] {
                let rule = Rule { direction, access, protocol, ..rule() };
                assert_eq!(read(&body(&new_rule("r", &rule))), rule);
            }
        }
    }
}

#[test]
fn a_rule_of_others_is_read_as_far_as_it_can_be() {
    let seen = read(&json!({"name": "r", "properties": {
        "protocol": "TCP", "access": "deny", "direction": "OUTBOUND", "priority": 4096,
        "sourceApplicationSecurityGroups": [{"id": "/SUBSCRIPTIONS/s"}], "destinationPortRange": "*",
        "sourceAddressPrefixes": [],
    }}));
    assert_eq!(
        (seen.protocol, seen.access, seen.direction),
        (Protocol::Tcp, Access::Deny, Direction::Outbound)
    );
    assert_eq!(
        (seen.sources, seen.destinations),
        (vec!["/subscriptions/s".to_owned()], vec!["*".to_owned()])
    );
}

#[test]
fn what_is_so_already_is_not_written() {
    let mut found = body(&new_rule("SSH", &rule()));
    found["properties"]["destinationAddressPrefixes"] = json!(["fd00::/8", "10.0.0.0/8"]);
    found["properties"]["protocol"] = json!("TCP");
    found["properties"]["provisioningState"] = json!("Succeeded");
    let rules = Rules::from([("ssh".to_owned(), rule())]);
    assert_eq!(brought(&group(&json!([found])), &rules, false), None);
    found["properties"]["sourcePortRange"] = json!("1024");
    let put = brought(&group(&json!([found])), &rules, false).unwrap();
    assert_eq!(put.pointer("/properties/securityRules/0/properties/sourcePortRange"), Some(&json!("*")));
}

#[test]
fn one_put_carries_all_rules_and_what_others_wrote() {
    let mut old = body(&new_rule("old", &rule()));
    old["properties"]["description"] = json!("why");
    let theirs = body(&new_rule("theirs", &Rule { priority: 200, ..rule() }));
    let mut changed = rule();
    changed.sources = vec!["192.0.2.0/24".to_owned(), "VirtualNetwork".to_owned()];
    let rules = Rules::from([
        ("old".to_owned(), changed.clone()),
        ("new".to_owned(), Rule { priority: 300, ..rule() }),
    ]);
    let now = group(&json!([old, theirs]));
    let put = brought(&now, &rules, true).unwrap();
    let names: Vec<&str> = rules_of(&put).map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["old", "theirs", "new"]);
    let first = rules_of(&put).next().unwrap();
    assert_eq!((read(first), &first["properties"]["description"]), (changed, &json!("why")));
    assert_eq!(first["properties"].get("sourceAddressPrefix"), None, "it would contradict the list");
    assert_eq!(put["tags"], json!({"theirs": "1", "ours": "2"}));
    assert_eq!(put["properties"]["flushConnection"], true);
    for gone in [
        "/etag",
        "/properties/provisioningState",
        "/properties/networkInterfaces",
        "/properties/defaultSecurityRules",
    ] {
        assert_eq!(put.pointer(gone), None, "{gone}");
    }
    assert_eq!(seen(&brought(&now, &rules, false).unwrap()).len(), 2, "without the rule of others");
}

#[test]
fn addresses_are_compared_by_meaning() {
    assert_eq!(address("FD00:0::/8"), address("fd00::/8"));
    assert_eq!(address("internet"), address("Internet"));
}
