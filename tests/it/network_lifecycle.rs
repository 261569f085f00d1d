//! `bud_network` in the hands of our own host: from nothing to nothing, and every change between.

use std::time::Duration;

use bud::value::{Path, Value};
use serde_json::json;

use crate::harness::client::By;
use crate::harness::generator::{network, partly_unknown, runner, sample};
use crate::harness::host::{Host, Processes};
use crate::harness::judge::{Action, wholly_known};
use crate::harness::world::World;

const ADDRESS: &str = "bud_network.this";
const BASE: &str = "name = \"net\"\nlocation = \"westeurope\"\n";
const GROUP: &str = "/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net";

fn group(rest: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Network/{rest}?api-version=2024-03-01")
}

/// A host in a world in which the base network stands.
async fn standing(processes: Processes) -> (World, Host) {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), processes).await;
    assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Create);
    (world, host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_stays_and_goes() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    let plan = host.plan(ADDRESS, BASE).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    assert!(plan.after.get("id").as_str().is_some(), "on Azure the id is known at plan");
    assert_eq!(world.ledger().await.changes(), Vec::<String>::new(), "a plan changes nothing");
    assert_eq!(host.apply_plan(plan.clone()).await.done(), Action::Create);
    assert_eq!(host.value(ADDRESS).get("id"), plan.after.get("id"));
    let there = world.ledger().await;
    for kind in ["resourceGroups/net", "virtualNetworks/net", "networkSecurityGroups/"] {
        assert!(!there.with(kind).is_empty(), "{kind} is missing: {:?}", there.ids());
    }
    let before = there.changes().len();
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Nothing);
    assert_eq!(world.ledger().await.changes().len(), before);
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(host.instance(ADDRESS), None);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

/// A change in place: its arguments, and what may be unknown in its plan.
const IN_PLACE: &[(&str, &[&str])] = &[
    ("tags = { team = \"bud\" }", &[]),
    ("tags = { team = \"Bud\", cost = \"\" }", &[]),
    ("ssh_sources = [\"10.1.0.0/16\", \"10.2.0.0/16\"]", &[]),
    ("api_sources = [\"10.1.0.0/16\"]", &[]),
    ("rules = { ssh = { priority = 100, protocol = \"tcp\", ports = [\"22\"] } }", &[]),
    (
        "rules = { ssh = { priority = 100, protocol = \"tcp\", ports = [\"22\"] }, web = { priority = 110, ports = [\"80\", \"443\"] } }",
        &[],
    ),
    (
        "rules = { out = { priority = 100, direction = \"outbound\", access = \"deny\" } }\nallow_lockout = true",
        &[],
    ),
    ("security_groups = { gpu = { rules = { a = { priority = 100 } } } }", &[]),
    (
        "subnets = { budk8s-common = { ipv4_cidr = \"10.177.2.0/24\", ipv6_cidr = \"fd12:babe:cafe:b00b::/64\" }, more = { ipv4_cidr = \"10.177.9.0/24\" } }",
        &[],
    ),
    ("nat_gateway = true", &["egress_ips"]),
    ("foreign_rules = \"keep\"", &[]),
    ("force_delete = true", &[]),
    ("timeouts = { create = \"20m\" }", &[]),
    ("ttl = \"4h\"", &["expires_at"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_in_place_changes_that_and_nothing_else() {
    let (world, mut host) = standing(Processes::Shared).await;
    let id = host.value(ADDRESS).get("id").clone();
    for (arguments, unknown) in IN_PLACE {
        let text = format!("{BASE}{arguments}\n");
        let plan = host.plan(ADDRESS, &text).await.unwrap();
        assert_eq!((plan.action, plan.replace.as_slice()), (Action::Update, [].as_slice()), "{arguments}");
        for place in wholly_known(&plan.after) {
            assert!(unknown.iter().any(|may| place.starts_with(may)), "{arguments}: {place} is unknown");
        }
        assert_eq!(host.apply_plan(plan).await.done(), Action::Update, "{arguments}");
        assert!(host.plan(ADDRESS, &text).await.unwrap().is_empty(), "{arguments}: the second plan");
        assert_eq!(host.value(ADDRESS).get("id"), &id, "{arguments}");
    }
    // A time to live that is written no more is remembered, and counts on.
    let ttl = host.value(ADDRESS).get("expires_at").clone();
    assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Nothing);
    assert_eq!(host.value(ADDRESS).get("expires_at"), &ttl);
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_forced_replacement_names_what_forces_it() {
    let (world, mut host) = standing(Processes::Shared).await;
    let changes = [
        ("name", "name = \"other\"\nlocation = \"westeurope\""),
        ("location", "name = \"net\"\nlocation = \"northeurope\""),
        (
            "resource_group_name",
            "name = \"net\"\nlocation = \"westeurope\"\nresource_group_name = \"elsewhere\"",
        ),
        ("ipv4_cidr", "name = \"net\"\nlocation = \"westeurope\"\nipv4_cidr = \"10.20.0.0/16\""),
        ("ipv6", "name = \"net\"\nlocation = \"westeurope\"\nipv6 = false"),
        ("ipv6_cidr", "name = \"net\"\nlocation = \"westeurope\"\nipv6_cidr = \"fd12:babe:beef::/48\""),
    ];
    for (attribute, text) in changes {
        let plan = host.plan(ADDRESS, text).await.unwrap();
        assert_eq!(plan.action, Action::Replace, "{attribute}");
        assert!(plan.replace.contains(&Path::of(attribute)), "{attribute}: {:?}", plan.replace);
        assert_eq!(host.apply_plan(plan).await.done(), Action::Replace, "{attribute}");
        assert!(host.plan(ADDRESS, text).await.unwrap().is_empty(), "{attribute}: the second plan");
        assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete, "{attribute}");
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "{attribute}");
        assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Create);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_before_destroy_leaves_the_new_one_standing() {
    let (world, mut host) = standing(Processes::Shared).await;
    host.create_before_destroy = true;
    let text = "name = \"other\"\nlocation = \"westeurope\"\n";
    assert_eq!(host.apply(ADDRESS, text).await.done(), Action::Replace);
    assert!(host.plan(ADDRESS, text).await.unwrap().is_empty());
    let there = world.ledger().await;
    assert!(there.with("resourceGroups/net").is_empty(), "{:?}", there.ids());
    assert!(!there.with("virtualNetworks/other").is_empty(), "{:?}", there.ids());
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tainted_one_and_one_replaced_by_request_come_anew() {
    let (world, mut host) = standing(Processes::Shared).await;
    host.taint(ADDRESS);
    assert_eq!(host.apply(ADDRESS, BASE).await.done(), Action::Replace);
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    let plan = host.plan_replaced(ADDRESS, BASE).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    assert_eq!(host.apply_plan(plan).await.done(), Action::Replace);
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    host.taint(ADDRESS);
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_imports_to_an_empty_plan() {
    let (world, mut host) = standing(Processes::Separate).await;
    let before = host.value(ADDRESS);
    let id = before.get("id").as_str().unwrap().to_owned();
    for by in [By::Id(&id), By::Identity(&Value::object([("id", Value::string(id.clone()))]))] {
        host.forget(ADDRESS);
        host.import(ADDRESS, by).await.unwrap();
        let plan = host.plan(ADDRESS, BASE).await.unwrap();
        assert!(plan.is_empty(), "{by:?}: from {:?} to {:?}", plan.before, plan.after);
        assert_eq!(host.value(ADDRESS).get("id"), before.get("id"));
    }
    host.forget(ADDRESS);
    let missing = id.replace("virtualNetworks/net", "virtualNetworks/none");
    assert!(host.import(ADDRESS, By::Id(&missing)).await.is_err());
    let nonsense = host.import(ADDRESS, By::Id("net")).await.unwrap_err();
    assert!(nonsense.has_errors());
    host.import(ADDRESS, By::Id(&id)).await.unwrap();
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_change_is_shown_and_mended() {
    let (world, mut host) = standing(Processes::Shared).await;
    let rule = json!({ "properties": {
        "priority": 4000, "direction": "Inbound", "access": "Allow", "protocol": "*",
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "3389",
    }});
    let path = group("networkSecurityGroups/net-default/securityRules/opened-by-hand");
    let (status, answer) = world.portal("PUT", &path, Some(rule)).await;
    assert_eq!(status, 201, "{answer}");
    let plan = host.plan(ADDRESS, BASE).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(
        plan.before.get("rules").as_map().unwrap().contains_key("opened-by-hand"),
        "{:?}",
        plan.before.get("rules")
    );
    assert_eq!(host.apply_plan(plan).await.done(), Action::Update);
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    assert_eq!(world.portal("GET", &path, None).await.0, 404, "the strange rule is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_delete_is_made_again() {
    let (world, mut host) = standing(Processes::Shared).await;
    let (status, answer) = world.portal("DELETE", &group("virtualNetworks/net"), None).await;
    assert!(status < 300, "{status} {answer}");
    let plan = host.plan(ADDRESS, BASE).await.unwrap();
    assert_eq!(plan.action, Action::Create, "an authoritative not-found takes it out of the state");
    assert_eq!(host.apply_plan(plan).await.done(), Action::Create);
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_plan_is_applied_a_day_later() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    let day = Duration::from_secs(86_400);
    let plan = host.plan(ADDRESS, BASE).await.unwrap();
    world.clock(day).await;
    assert_eq!(host.apply_plan(plan).await.done(), Action::Create);
    assert!(host.plan(ADDRESS, BASE).await.unwrap().is_empty());
    let text = format!("{BASE}tags = {{ a = \"b\" }}\nttl = \"4h\"\n");
    let plan = host.plan(ADDRESS, &text).await.unwrap();
    world.clock(day).await;
    assert_eq!(host.apply_plan(plan).await.done(), Action::Update);
    assert!(host.plan(ADDRESS, &text).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_networks_pass_the_judge() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Shared).await;
    let mut runner = runner(42);
    for case in 0..12 {
        let [first, second] = [sample(&mut runner, &network("net")), sample(&mut runner, &network("net"))];
        for config in [&first, &second] {
            let text = config.text();
            let vague = sample(&mut runner, &partly_unknown(config)).text();
            let plan = match host.plan(ADDRESS, &vague).await {
                Ok(plan) => plan,
                Err(told) => panic!("case {case}:\n{vague}\n{}", crate::harness::host::told(&told)),
            };
            let outcome = host.apply_resolved(plan, Some(&text)).await;
            assert!(!outcome.failed(), "case {case}:\n{vague}\nthen\n{text}\n{}", outcome.text());
            let again = host.plan(ADDRESS, &text).await.unwrap();
            assert!(
                again.is_empty(),
                "case {case}: the second plan of\n{text}\n{:?}\n{:?}",
                again.before,
                again.after
            );
        }
        assert_eq!(host.destroy(ADDRESS).await.done(), Action::Delete);
        assert_eq!(world.ledger().await.ids(), Vec::<&str>::new(), "case {case}");
    }
}
