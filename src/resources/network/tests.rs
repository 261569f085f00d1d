//! Plans of a network without a world: values in, plan and diagnostics out.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};
use tokio_util::sync::CancellationToken;

use super::Network;
use super::check::{check, default_subnet};
use crate::diagnostics::Diagnostics;
use crate::lifecycle::{self, Plan, PlanDone};
use crate::provider::Context;
use crate::value::{Path, Value};

/// A provider block and a configuration, both by their attributes; the rest is null.
async fn plan(provider: Value, prior: Value, config: Value) -> PlanDone {
    let context = Arc::new(Context::new(Box::new(BTreeMap::from([(
        "ARM_SUBSCRIPTION_ID".to_owned(),
        "5b1d".to_owned(),
    )]))));
    context.configure(&provider);
    let network = Network::new(context, Arc::default());
    let request = Plan {
        type_name: "bud_network".into(),
        prior: prior.clone(),
        proposed: config.clone(),
        config: whole(config),
        private: Vec::new(),
        identity: Value::Null,
    };
    lifecycle::plan(&network, request, CancellationToken::new()).await
}

fn whole(config: Value) -> Value {
    let mut entries = config.as_map().cloned().unwrap_or_default();
    for attribute in super::resource().block.attributes {
        entries.entry(attribute.name.to_owned()).or_insert(Value::Null);
    }
    Value::Map(entries)
}

fn text(value: &str) -> Value {
    Value::string(value)
}

fn shown(diagnostics: &Diagnostics) -> String {
    diagnostics
        .0
        .iter()
        .map(|one| {
            format!(
                "{}: {}: {}\n",
                one.path.as_ref().map(Path::to_string).unwrap_or_default(),
                one.summary,
                one.detail
            )
        })
        .collect()
}

fn wrong(config: Value, expected: &Expect) {
    let mut diagnostics = Diagnostics::none();
    check(&config, &mut diagnostics);
    expected.assert_eq(&shown(&diagnostics));
}

fn rule(priority: i64, ports: &str) -> Value {
    Value::object([("priority", Value::int(priority)), ("ports", Value::List(vec![text(ports)]))])
}

#[test]
fn wrong_rules_are_told_on_their_place() {
    let rules = Value::object([("a", rule(100, "22")), ("b", rule(100, "70000")), ("c", rule(99, "2-1"))]);
    wrong(
        Value::object([("name", text("net")), ("rules", rules)]),
        &expect![[r#"
            rules["b"].priority: Priority used twice: The inbound rules "a" and "b" both have the priority 100; it must be unique.
            rules["b"].ports[0]: Bad port: "70000" is no port (0 to 65535), no range such as "60000-61000", and not "*".
            rules["c"].priority: Bad priority: The priority 99 of the rule "c" must lie between 100 and 4096.
            rules["c"].ports[0]: Bad port: "2-1" is no port (0 to 65535), no range such as "60000-61000", and not "*".
        "#]],
    );
}

#[test]
fn wrong_ranges_are_told_on_their_place() {
    let subnet = |range: &str| Value::object([("ipv4_cidr", text(range))]);
    let subnets = Value::object([
        ("a", subnet("10.177.2.0/24")),
        ("b", subnet("10.177.2.128/25")),
        ("c", subnet("10.178.0.0/24")),
        ("d", subnet("10.177.3.1/24")),
        ("e", subnet("not a range")),
        ("f", Value::object([("ipv4_cidr", Value::unknown())])),
    ]);
    wrong(
        Value::object([("name", text("-")), ("ipv4_cidr", text("10.177.0.0/16")), ("subnets", subnets)]),
        &expect![[r#"
            name: Bad name: "-" is no name of a network: 2 to 64 letters, digits, "_", "." and "-", beginning with a letter or digit and ending with one or with "_".
            subnets["b"].ipv4_cidr: Address range overlaps: The range 10.177.2.128/25 of the subnet "b" overlaps 10.177.2.0/24 of the subnet "a".
            subnets["c"].ipv4_cidr: Subnet outside the network: The subnet "c" has the range 10.178.0.0/24, which is not inside the network's 10.177.0.0/16.
            subnets["d"].ipv4_cidr: Bad address range: "10.177.3.1/24" has bits set right of its prefix. The range it lies in is "10.177.3.0/24".
            subnets["e"].ipv4_cidr: Bad address range: "not a range" is no IPv4 range in CIDR form, such as "10.177.0.0/16".
        "#]],
    );
}

#[test]
fn defaults_follow_the_ranges_given() {
    let subnet = |ipv4: &str, ipv6: Option<&str>| {
        default_subnet(ipv4.parse().unwrap(), ipv6.map(|range| range.parse().unwrap()))
            .map(|(ipv4, ipv6)| (ipv4.to_string(), ipv6.map(|range| range.to_string())))
    };
    let both = |ipv4: &str, ipv6: Option<&str>| Some((ipv4.to_owned(), ipv6.map(str::to_owned)));
    assert_eq!(
        subnet("10.177.0.0/16", Some("fd12:babe:cafe::/48")),
        both("10.177.2.0/24", Some("fd12:babe:cafe:b00b::/64"))
    );
    assert_eq!(subnet("10.20.0.0/16", None), both("10.20.2.0/24", None));
    assert_eq!(subnet("10.20.4.0/24", None), both("10.20.4.0/24", None));
}

#[tokio::test]
async fn a_network_from_nothing_is_planned_whole() {
    let provider = Value::object([("location", text("westus"))]);
    let done = plan(provider, Value::Null, Value::object([("name", text("net"))])).await;
    assert!(!done.diagnostics.has_errors(), "{}", shown(&done.diagnostics));
    assert_eq!(
        done.planned.get("id").as_str(),
        Some("azure:/subscriptions/5b1d/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net")
    );
    assert!(done.planned.is_wholly_known(), "{:?}", done.planned);
    let rules: Vec<&String> = done.planned.get("rules").as_map().unwrap().keys().collect();
    assert_eq!(rules.len(), 6, "{rules:?}");
}

#[tokio::test]
async fn unknown_provider_values_leave_an_existing_network_alone() {
    let known = Value::object([
        ("location", text("westus")),
        ("default_tags", Value::object([("team", text("bud"))])),
    ]);
    let config = Value::object([("name", text("net"))]);
    let first = plan(known, Value::Null, config.clone()).await;
    let unknown = Value::object([("location", Value::unknown()), ("default_tags", Value::unknown())]);
    let again = plan(unknown, first.planned.clone(), config).await;
    assert_eq!(again.planned, first.planned);
    assert_eq!(again.replace, Vec::new());
}

#[tokio::test]
async fn another_spelling_of_the_region_is_no_change() {
    let config = |location: &str| Value::object([("name", text("net")), ("location", text(location))]);
    let first = plan(Value::Null, Value::Null, config("West US")).await;
    let again = plan(Value::Null, first.planned.clone(), config("westus")).await;
    assert_eq!(again.planned, first.planned);
    let moved = plan(Value::Null, first.planned.clone(), config("eastus")).await;
    assert_eq!(moved.replace, vec![Path::of("location")]);
}

#[tokio::test]
async fn a_time_to_live_is_counted_at_apply() {
    let config = Value::object([("name", text("net")), ("location", text("westus")), ("ttl", text("4h"))]);
    let done = plan(Value::Null, Value::Null, config).await;
    assert!(done.planned.get("expires_at").is_unknown());
}

#[tokio::test]
async fn rules_that_let_nobody_in_are_refused() {
    let config = |allow: bool| {
        Value::object([
            ("name", text("net")),
            ("location", text("westus")),
            ("rules", Value::object([("web", rule(100, "443"))])),
            ("allow_lockout", Value::Bool(allow)),
        ])
    };
    let refused = plan(Value::Null, Value::Null, config(false)).await;
    assert_eq!(
        refused.diagnostics.0.first().map(|one| one.summary.as_str()),
        Some("Rules lock everybody out")
    );
    assert!(!plan(Value::Null, Value::Null, config(true)).await.diagnostics.has_errors());
}

/// The same lists as the function `default_rules` takes, with the same rules.
#[tokio::test]
async fn default_rules_split_a_mixed_list_of_sources() {
    let list = |items: &[&str]| Value::List(items.iter().copied().map(text).collect());
    let config = |ssh: Value, api: Value| {
        Value::object([
            ("name", text("net")),
            ("location", text("westus")),
            ("ssh_sources", ssh),
            ("api_sources", api),
        ])
    };
    let mixed = list(&["2001:db8::/32", "203.0.113.0/24"]);
    let given = config(mixed.clone(), mixed);
    wrong(given.clone(), &expect![[""]]);
    let done = plan(Value::Null, Value::Null, given).await;
    assert!(!done.diagnostics.has_errors(), "{}", shown(&done.diagnostics));
    let rules = done.planned.get("rules");
    for (name, priority, source) in [
        ("inbound_ssh", 100, "203.0.113.0/24"),
        ("inbound_ssh_ipv6", 101, "2001:db8::/32"),
        ("inbound_api", 150, "203.0.113.0/24"),
        ("inbound_api_ipv6", 151, "2001:db8::/32"),
    ] {
        assert_eq!(rules.get(name).get("sources"), &list(&[source]), "{name}");
        assert_eq!(rules.get(name).get("priority"), &Value::int(priority), "{name}");
    }
    let anywhere = config(list(&["203.0.113.0/24", "*"]), list(&[]));
    wrong(anywhere.clone(), &expect![[""]]);
    let done = plan(Value::Null, Value::Null, anywhere).await;
    assert_eq!(done.planned.get("rules").get("inbound_ssh").get("sources"), &list(&["*"]));
    wrong(
        config(list(&["AzureCloud", "203.0.113.0/24"]), list(&["Internet", "AzureCloud"])),
        &expect![[r#"
            ssh_sources: Sources of different kinds: ssh_sources lists a service tag beside other sources. Azure takes a service tag only alone.
            api_sources: Sources of different kinds: api_sources lists a service tag beside other sources. Azure takes a service tag only alone.
        "#]],
    );
    // A rule that is written by hand holds one kind, since it has one name.
    let rule =
        Value::object([("priority", Value::int(100)), ("sources", list(&["2001:db8::/32", "10.0.0.0/8"]))]);
    wrong(
        Value::object([("name", text("net")), ("rules", Value::object([("a", rule)]))]),
        &expect![[r#"
            rules["a"].sources: Sources of different kinds: rules["a"].sources mixes IPv4 ranges and IPv6 ranges. Azure takes one kind in a rule: write one rule for each.
        "#]],
    );
}

#[test]
fn every_attribute_has_a_sentence() {
    fn walk(attributes: &[crate::schema::Attribute], missing: &mut Vec<String>) {
        for attribute in attributes {
            if !attribute.doc.contains('.') || attribute.doc.len() < 4 {
                missing.push(attribute.name.to_owned());
            }
            if let crate::schema::Shape::Nested(_, nested) = &attribute.shape {
                walk(nested, missing);
            }
        }
    }
    let mut missing = Vec::new();
    walk(&super::resource().block.attributes, &mut missing);
    walk(&crate::provider::block().attributes, &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}
