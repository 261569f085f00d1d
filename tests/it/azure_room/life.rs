//! Create, look, change, remove.

use std::collections::BTreeMap;

use bud::cloud::{CloudError, ForeignRules, NatPlan, PartRole, Removed};
use bud::outcome::Presence;
use serde_json::{Value, json};

use super::bench::{Bench, large, patience, plan, removal, rule, rules, subnet};

#[tokio::test]
async fn a_network_is_made_seen_and_removed() {
    let bench = Bench::new().await;
    let plan = plan("one");
    let networks = bench.networks();
    let mut held = Vec::new();
    let made = networks.create(&plan, &mut |yes| held.push(yes), &patience()).await.unwrap();
    assert_eq!(held, [true]);
    assert_eq!(
        bench.writes().await,
        [
            "PUT budk8s",
            "PUT budk8s-default",
            "PUT budk8s",
            "PATCH budk8s-default",
            "PATCH budk8s",
            "PATCH budk8s"
        ]
    );
    assert!(made.finished && made.owns_resource_group && !made.nat);
    assert_eq!(made.mark, Some(plan.mark.clone()));
    assert_eq!((made.ipv4, made.ipv6), (Some(plan.ipv4), plan.ipv6));
    assert_eq!(made.groups, plan.groups);
    assert_eq!(made.tags, plan.tags);
    assert_eq!(made.recorded, plan.recorded);
    let place = networks.place(&plan);
    assert_eq!(made.id, place.id);
    assert_eq!(made.subnets["common"].id, place.subnet_ids["common"]);
    assert_eq!(made.subnets["common"].ipv6, plan.subnets["common"].ipv6);
    for (id, tags) in bench.tags().await {
        if !id.contains("/subnets/") && !id.contains("/securityRules/") {
            assert_eq!(tags["bud:state"], "ready", "{id}");
            assert_eq!(tags["team"], "ops", "{id}");
        }
    }
    bench.recount().await;
    assert_eq!(bench.networks().get(&place, &patience()).await.unwrap(), Presence::Here(made));
    assert_eq!(bench.requests().await.len(), 3, "network, group, resource group");
    let removed = networks.delete(&place, &removal("one"), &patience()).await.unwrap();
    assert_eq!((removed, bench.objects().await), (Removed::Gone, Vec::new()));
    assert_eq!(networks.get(&place, &patience()).await.unwrap(), Presence::Gone);
    assert_eq!(networks.delete(&place, &removal("one"), &patience()).await.unwrap(), Removed::Gone);
}

#[tokio::test]
async fn a_way_out_is_made_seen_and_removed() {
    let bench = Bench::new().await;
    let plan = large("one");
    let made = bench.create(&plan).await.unwrap();
    assert!(made.nat && !made.nat_per_zone && made.nat_public_ip_ids.is_empty());
    assert_eq!(made.egress_ips.len(), 1);
    let place = bench.networks().place(&plan);
    assert_eq!(bench.networks().get(&place, &patience()).await.unwrap(), Presence::Here(made));
    bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
    assert!(bench.objects().await.is_empty());
}

#[tokio::test]
async fn zones_get_gateways_of_their_own_and_are_recorded() {
    let bench = Bench::new().await;
    let mut plan = large("one");
    plan.nat = Some(NatPlan { per_zone: true, public_ip_ids: Vec::new() });
    plan.zones = BTreeMap::from([("common".to_owned(), "1".to_owned()), ("gpu".to_owned(), "2".to_owned())]);
    let made = bench.create(&plan).await.unwrap();
    assert!(made.nat_per_zone);
    assert_eq!(made.egress_ips.len(), 2);
    assert_eq!(made.recorded["zones"], "common=1,gpu=2");
}

#[tokio::test]
async fn a_change_of_rules_is_one_put() {
    let bench = Bench::new().await;
    let before = large("one");
    bench.create(&before).await.unwrap();
    let mut after = before.clone();
    after.groups.insert("default".to_owned(), rules(&[22, 80]));
    bench.recount().await;
    let seen = bench.networks().update(&before, &after, &patience()).await.unwrap();
    assert_eq!(bench.writes().await, ["PUT budk8s-default"]);
    assert_eq!(seen.groups, after.groups);
    bench.recount().await;
    bench.networks().update(&after, &after, &patience()).await.unwrap();
    assert!(bench.writes().await.is_empty(), "nothing differs, nothing is written");
}

#[tokio::test]
async fn a_change_of_tags_touches_nothing_but_tags_and_keeps_those_of_others() {
    let bench = Bench::new().await;
    let before = plan("one");
    let made = bench.create(&before).await.unwrap();
    let mut tags = bench.tags().await[&made.id].clone();
    tags["policy"] = json!("theirs");
    let path = format!("{}?api-version=2024-03-01", made.id);
    bench.portal("PATCH", &path, json!({ "tags": tags })).await;
    let mut after = before.clone();
    after.tags = BTreeMap::from([("cost".to_owned(), "7".to_owned())]);
    bench.recount().await;
    let seen = bench.networks().update(&before, &after, &patience()).await.unwrap();
    let mut writes = bench.writes().await;
    writes.sort_unstable();
    assert_eq!(writes, ["PATCH budk8s", "PATCH budk8s", "PATCH budk8s-default"]);
    let wanted =
        BTreeMap::from([("cost".to_owned(), "7".to_owned()), ("policy".to_owned(), "theirs".to_owned())]);
    assert_eq!(seen.tags, wanted);
}

#[tokio::test]
async fn parts_come_and_go_in_place() {
    let bench = Bench::new().await;
    let (small, big) = (plan("one"), large("one"));
    bench.create(&small).await.unwrap();
    let grown = bench.networks().update(&small, &big, &patience()).await.unwrap();
    assert!(grown.nat && grown.subnets.len() == 2 && grown.groups.len() == 2);
    assert_eq!(grown.egress_ips.len(), 1);
    let mut moved = big.clone();
    moved.subnets.insert("common".to_owned(), subnet("10.177.9.0/24", None));
    let seen = bench.networks().update(&big, &moved, &patience()).await.unwrap();
    assert_eq!(seen.subnets["common"].ipv6, None);
    let shrunk = bench.networks().update(&moved, &small, &patience()).await.unwrap();
    assert!(!shrunk.nat && shrunk.subnets.len() == 1 && shrunk.groups.len() == 1);
    assert_eq!(shrunk.subnets["common"].ipv4, Some(small.subnets["common"].ipv4));
    let left = bench.objects().await;
    assert!(!left.iter().any(|id| id.contains("nat") || id.contains("-db")), "{left:?}");
}

#[tokio::test]
async fn what_others_put_into_the_network_stays() {
    let bench = Bench::new().await;
    let before = large("one");
    let made = bench.create(&before).await.unwrap();
    let path = format!("{}/subnets/theirs?api-version=2024-03-01", made.id);
    let body = json!({ "properties": { "addressPrefix": "10.177.200.0/24" } });
    bench.portal("PUT", &path, body).await;
    let mut after = before.clone();
    after.subnets.remove("gpu");
    let seen = bench.networks().update(&before, &after, &patience()).await.unwrap();
    assert_eq!(seen.subnets.keys().collect::<Vec<_>>(), ["common", "theirs"]);
}

async fn with_foreign_rule(bench: &Bench, policy: ForeignRules) -> bud::cloud::NetworkPlan {
    let mut plan = plan("one");
    plan.foreign_rules = policy;
    let made = bench.create(&plan).await.unwrap();
    let path = format!("{}/securityRules/theirs?api-version=2024-03-01", made.group_ids["default"]);
    let body = json!({ "properties": {
        "protocol": "Udp", "access": "Deny", "direction": "Inbound", "priority": 999, "sourcePortRange": "*",
        "destinationPortRanges": ["53", "123"], "sourceAddressPrefix": "Internet", "destinationAddressPrefix": "*",
    } });
    bench.portal("PUT", &path, body).await;
    let seen =
        bench.networks().get(&bench.networks().place(&plan), &patience()).await.unwrap().here().unwrap();
    let mut theirs = rule(999, "53");
    theirs.ports.push("123".to_owned());
    theirs.sources = vec!["Internet".to_owned()];
    theirs.protocol = bud::cloud::Protocol::Udp;
    theirs.access = bud::cloud::Access::Deny;
    assert_eq!(seen.groups["default"]["theirs"], theirs);
    plan
}

#[tokio::test]
async fn rules_of_others_are_removed_kept_or_refused() {
    for (policy, stays) in [(ForeignRules::Remove, false), (ForeignRules::Keep, true)] {
        let bench = Bench::new().await;
        let before = with_foreign_rule(&bench, policy).await;
        let mut after = before.clone();
        after.groups.insert("default".to_owned(), rules(&[80]));
        let seen = bench.networks().update(&before, &after, &patience()).await.unwrap();
        assert_eq!(seen.groups["default"].contains_key("theirs"), stays);
        assert_eq!(seen.groups["default"].len(), 1 + usize::from(stays), "{seen:?}");
    }
    let bench = Bench::new().await;
    let before = with_foreign_rule(&bench, ForeignRules::Error).await;
    bench.recount().await;
    let error = bench.networks().update(&before, &before, &patience()).await.unwrap_err();
    assert!(matches!(error, CloudError::ForeignRules { rules, .. } if rules == ["theirs"]));
    assert!(bench.writes().await.is_empty());
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_written() {
    let bench = Bench::new().await;
    let plan = plan("one");
    let place = bench.networks().place(&plan);
    let group = place.id.split("/providers/").next().unwrap().to_owned();
    let body = json!({ "location": "westeurope" });
    bench.portal("PUT", &format!("{group}?api-version=2021-04-01"), body).await;
    let found = bench.networks().find(&plan, &patience()).await.unwrap();
    assert!(found.len() == 1 && found[0].role == PartRole::ResourceGroup && found[0].ours.is_err());
    bench.recount().await;
    let mut held = Vec::new();
    let error = bench.networks().create(&plan, &mut |yes| held.push(yes), &patience()).await.unwrap_err();
    assert!(matches!(error, CloudError::Stranger { id, .. } if id == group));
    assert!(held.is_empty() && bench.writes().await.is_empty());
}

#[tokio::test]
async fn a_finished_network_of_another_state_is_a_stranger_unless_the_environment_is_the_same() {
    let bench = Bench::new().await;
    bench.create(&plan("one")).await.unwrap();
    assert!(matches!(bench.create(&plan("two")).await, Err(CloudError::Stranger { .. })));
    bench.reset().await;
    let with_environment = |owner: &str| {
        let mut plan = plan(owner);
        plan.mark.environment = Some("ci".to_owned());
        plan
    };
    bench.create(&with_environment("one")).await.unwrap();
    let taken = bench.create(&with_environment("two")).await.unwrap();
    assert_eq!(taken.mark.unwrap().owner.0, "two");
    // The first owner's removal finds nothing of its own any more.
    let place = bench.networks().place(&plan("one"));
    let before = bench.objects().await;
    bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
    assert_eq!(bench.objects().await, before);
}

#[tokio::test]
async fn a_group_that_holds_things_of_others_is_not_removed_without_force() {
    let bench = Bench::new().await;
    let plan = plan("one");
    bench.create(&plan).await.unwrap();
    let place = bench.networks().place(&plan);
    let theirs = place.id.replace("virtualNetworks/budk8s", "networkSecurityGroups/theirs");
    let path = format!("{theirs}?api-version=2024-03-01");
    bench.portal("PUT", &path, json!({ "location": "westeurope" })).await;
    let error = bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap_err();
    assert!(matches!(error, CloudError::Occupied { objects, .. } if objects == [theirs]));
    assert!(bench.objects().await.contains(&place.id), "nothing was removed");
    let mut force = removal("one");
    force.force = true;
    bench.networks().delete(&place, &force, &patience()).await.unwrap();
    assert!(bench.objects().await.is_empty());
}

#[tokio::test]
async fn a_group_of_the_users_stays_and_loses_only_our_parts() {
    let bench = Bench::new().await;
    let mut plan = large("one");
    plan.existing_resource_group = true;
    let error = bench.create(&plan).await.unwrap_err();
    let CloudError::Refused { answer, .. } = error else { panic!("{error:?}") };
    assert_eq!(answer.code, "ResourceGroupNotFound");
    let place = bench.networks().place(&plan);
    let group = place.id.split("/providers/").next().unwrap().to_owned();
    let path = format!("{group}?api-version=2021-04-01");
    bench.portal("PUT", &path, json!({ "location": "northeurope" })).await;
    let made = bench.create(&plan).await.unwrap();
    assert!(!made.owns_resource_group);
    bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
    assert_eq!(bench.objects().await, [group]);
}

#[tokio::test]
async fn a_network_of_the_users_is_only_used() {
    let bench = Bench::new().await;
    let theirs = plan("theirs");
    let their_network = bench.create(&theirs).await.unwrap();
    let mut plan = plan("one");
    plan.name = "guest".to_owned();
    plan.resource_group = "guest".to_owned();
    plan.mark.resource = "bud_network/guest".to_owned();
    plan.existing_network = Some(their_network.id.to_uppercase());
    bench.recount().await;
    let made = bench.create(&plan).await.unwrap();
    assert!(
        bench.requests().await.iter().all(|one| one.method == "GET" || !one.path.contains("virtualNetworks"))
    );
    assert_eq!(made.subnets.keys().collect::<Vec<_>>(), ["common"]);
    assert_eq!(made.groups, plan.groups);
    assert!(made.finished);
    let place = bench.networks().place(&plan);
    assert_eq!(bench.networks().get(&place, &patience()).await.unwrap(), Presence::Here(made));
    let mut removal = removal("one");
    removal.resource = "bud_network/guest".to_owned();
    bench.networks().delete(&place, &removal, &patience()).await.unwrap();
    assert!(bench.objects().await.iter().all(|id| !id.contains("guest")));
    assert!(bench.objects().await.contains(&their_network.id));
}

#[tokio::test]
async fn an_import_finds_the_groups_by_their_mark() {
    let bench = Bench::new().await;
    let plan = large("one");
    let made = bench.create(&plan).await.unwrap();
    let mut place = bench.networks().place(&plan);
    place.group_ids.clear();
    place.subnet_ids.clear();
    assert_eq!(bench.networks().get(&place, &patience()).await.unwrap(), Presence::Here(made));
}

#[tokio::test]
async fn habits_of_the_real_cloud_change_nothing() {
    let bench = Bench::new().await;
    bench
        .quirks(json!({
            "get_404_reads": 1, "list_lag_reads": 1, "parent_404_writes": 1, "upper_case_groups": true,
            "poll_404": 1, "late_succeeded_reads": 2, "retry_after": 0, "page_size": 1,
            "collapse_single_lists": true,
        }))
        .await;
    let plan = large("one");
    let made = bench.create(&plan).await.unwrap();
    let place = bench.networks().place(&plan);
    assert_eq!(made.id, place.id);
    assert_eq!(made.group_ids, place.group_ids);
    assert_eq!(made.groups, plan.groups);
    assert_eq!(bench.networks().get(&place, &patience()).await.unwrap(), Presence::Here(made));
    bench.networks().delete(&place, &removal("one"), &patience()).await.unwrap();
    assert!(bench.objects().await.is_empty());
}

#[tokio::test]
async fn operations_without_headers_are_waited_for_all_the_same() {
    for headers in ["location_only", "none"] {
        let bench = Bench::at(600.0).await;
        bench.quirks(json!({ "operation_headers": headers, "retry_after": 0 })).await;
        let plan = plan("one");
        let made = bench.create(&plan).await.unwrap();
        assert!(made.finished);
        bench.networks().delete(&bench.networks().place(&plan), &removal("one"), &patience()).await.unwrap();
        assert_eq!(bench.objects().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_unregistered_provider_is_registered_once_or_reported() {
    let bench = Bench::new().await;
    let subscription = bench.text("/env/ARM_SUBSCRIPTION_ID");
    let path = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Network/unregister?api-version=2021-04-01"
    );
    bench.portal("POST", &path, Value::Null).await;
    let mut settings = bench.settings();
    settings.register_providers = Some(false);
    let strict = bud::cloud::azure::Azure::new(settings).unwrap();
    let networks = bud::cloud::Cloud::networks(&strict);
    let error = networks.create(&large("one"), &mut |_| (), &patience()).await.unwrap_err();
    let CloudError::Refused { answer, .. } = error else { panic!("{error:?}") };
    assert_eq!(answer.code, "MissingSubscriptionRegistration");
    bench.recount().await;
    bench.create(&large("one")).await.unwrap();
    let registrations = bench.writes().await.into_iter().filter(|write| write == "POST register").count();
    assert_eq!(registrations, 1);
}
