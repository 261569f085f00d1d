//! A node from making to removing.

use std::collections::BTreeMap;

use bud::cloud::{CloudError, Image, Mark, NodeChange, OnRemove, Owner, Power};
use serde_json::{Value, json};

use super::machine_bench::{CPU, Field, RESOURCE, disk, node, patience, removal};

#[tokio::test]
async fn a_node_is_made_seen_and_removed() {
    let field = Field::new().await;
    let (plan, node) = (field.pool("one"), node(0));
    let made = field.create(&plan, &node).await.unwrap();
    let machine = made.machine.clone().unwrap();
    assert!(machine.finished && machine.power == Power::Running && machine.sku == CPU);
    assert_eq!(machine.host_key.as_ref(), Some(&node.host_key.public));
    assert_eq!(Some(machine.id), field.machines().machine_id(&field.place(), "gpu-0"));
    let Some(Image::Catalogue { version: Some(version), .. }) = machine.image else { panic!("no version") };
    assert!(version.starts_with("24.04."), "{version}");
    assert!(machine.vtpm && !machine.secure_boot);
    assert!(made.public_ipv4.is_some() && made.private_ipv4.is_some() && made.private_ipv6.is_some());
    assert_eq!((made.subnet.as_deref(), made.security_group.as_deref()), (Some("common"), Some("default")));
    assert!(made.accelerated_networking);
    assert_eq!((made.tags.clone(), made.mark.clone()), (plan.tags.clone(), Some(plan.mark.clone())));
    assert_eq!(made.recorded, plan.recorded);
    assert_eq!(made.parts.len(), 4);
    assert_eq!(field.look(&[]).await, BTreeMap::from([("gpu-0".to_owned(), made)]));
    for (id, tags) in field.bench.tags().await {
        if id.contains("gpu-0") {
            assert_eq!((&tags["bud:state"], &tags["bud:node"]), (&json!("ready"), &json!("gpu-0")), "{id}");
        }
    }
    assert_eq!(field.remove("gpu-0", &removal("one")).await.unwrap(), Vec::<String>::new());
    assert_eq!(field.objects().await, Vec::<String>::new());
    assert_eq!(field.remove("gpu-0", &removal("one")).await.unwrap(), Vec::<String>::new());
    assert_eq!(field.look(&["gpu-0"]).await, BTreeMap::new());
}

#[tokio::test]
async fn the_first_boot_brings_the_host_key_and_no_password() {
    let field = Field::new().await;
    let (plan, node) = (field.pool("one"), node(0));
    field.create(&plan, &node).await.unwrap();
    let inside = field.inside("gpu-0").await;
    let data = inside["custom_data"].as_str().unwrap();
    use base64::Engine as _;
    let data = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap();
    let config: Value = serde_json::from_str(data.strip_prefix("#cloud-config\n").unwrap()).unwrap();
    assert_eq!(config["ssh_keys"]["ed25519_public"], node.host_key.public);
    assert_eq!(config["ssh_keys"]["ed25519_private"], node.host_key.private.expose());
    assert_eq!(config["ssh_authorized_keys"], json!(plan.ssh_public_keys));
}

#[tokio::test]
async fn a_rich_node_has_two_families_and_disks_that_outlive_its_machine() {
    let field = Field::new().await;
    let mut plan = field.rich("one");
    plan.role = "primary".to_owned();
    let mut node = node(0);
    node.private_ipv4 = Some("10.177.2.69".parse().unwrap());
    let made = field.create(&plan, &node).await.unwrap();
    assert!(made.public_ipv4.is_some() && made.public_ipv6.is_some());
    assert_eq!(made.private_ipv4, node.private_ipv4);
    assert_eq!((made.data_disks["pg"].lun, made.data_disks["wal"].lun), (Some(0), Some(1)));
    assert!(made.machine.as_ref().unwrap().identities.system);
    field.happen("gpu-0", "disks", json!({ "0": "rows" })).await;
    let mut only = removal("one");
    only.machine_only = true;
    field.remove("gpu-0", &only).await.unwrap();
    let left = field.objects().await;
    assert!(left.iter().all(|id| !id.starts_with("virtualMachines/") && id != "disks/gpu-0-os"), "{left:?}");
    assert_eq!(left.len(), 5, "card, two addresses, two disks: {left:?}");
    let seen = field.look(&["gpu-0"]).await.remove("gpu-0").unwrap();
    assert!(seen.machine.is_none() && seen.public_ipv4 == made.public_ipv4 && seen.data_disks.len() == 2);
    let again = field.create(&plan, &node).await.unwrap();
    assert_eq!(
        (again.public_ipv4, again.public_ipv6, again.private_ipv4, again.private_ipv6),
        (made.public_ipv4, made.public_ipv6, made.private_ipv4, made.private_ipv6)
    );
    assert_eq!(again.data_disks["pg"].id, made.data_disks["pg"].id);
    assert_eq!(field.inside("gpu-0").await["disks"]["0"], "rows", "{}", field.inside("gpu-0").await);
}

#[tokio::test]
async fn data_disks_go_or_stay_as_they_are_told() {
    let field = Field::new().await;
    let mut plan = field.pool("one");
    plan.data_disks = vec![disk("a", 8, 0), disk("b", 8, 1)];
    field.create(&plan, &node(0)).await.unwrap();
    let mut removal = removal("one");
    removal.data_disks = BTreeMap::from([("b".to_owned(), OnRemove::Keep)]);
    let kept = field.remove("gpu-0", &removal).await.unwrap();
    assert!(kept.len() == 1 && kept[0].ends_with("/disks/gpu-0-data-b"), "{kept:?}");
    assert_eq!(field.objects().await, ["disks/gpu-0-data-b"]);
    let tags = field.bench.tags().await;
    let kept = tags.iter().find(|(id, _)| id.ends_with("gpu-0-data-b")).unwrap().1;
    assert_eq!(kept, &json!({ "team": "ops" }), "it is not ours any more");
    let error = field.create(&plan, &node(0)).await.unwrap_err();
    assert!(matches!(error, CloudError::Stranger { .. }), "{error:?}");
}

#[tokio::test]
async fn a_change_touches_only_what_differs_and_keeps_what_others_wrote() {
    let field = Field::new().await;
    let before = field.rich("one");
    let made = field.create(&before, &node(0)).await.unwrap();
    let machines = field.machines();
    field.bench.recount().await;
    let same = machines.update(&before, &before, &made, &patience()).await.unwrap();
    assert_eq!(field.bench.writes().await, Vec::<String>::new());
    assert_eq!(same, made);

    let mut tags = field.bench.tags().await[&made.machine.as_ref().unwrap().id].clone();
    tags["policy"] = json!("theirs");
    let id = &made.machine.as_ref().unwrap().id;
    field.bench.portal("PATCH", &format!("{id}?api-version=2024-07-01"), json!({ "tags": tags })).await;
    let mut after = before.clone();
    after.tags = BTreeMap::from([("cost".to_owned(), "7".to_owned())]);
    field.bench.recount().await;
    let seen = machines.update(&before, &after, &made, &patience()).await.unwrap();
    let writes = field.bench.writes().await;
    assert!(writes.len() == 7 && writes.iter().all(|write| write.starts_with("PATCH ")), "{writes:?}");
    assert_eq!(writes.last().unwrap(), "PATCH gpu-0", "the machine comes last");
    let wanted =
        [("cost", "7"), ("policy", "theirs")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(seen.tags, BTreeMap::from(wanted));
    assert_eq!(seen.machine.unwrap().host_key, made.machine.unwrap().host_key);
    assert_eq!(field.inside("gpu-0").await["boots"], 1);
}

#[tokio::test]
async fn addresses_groups_disks_and_identities_change_in_place() {
    let field = Field::new().await;
    let before = field.pool("one");
    let made = field.create(&before, &node(0)).await.unwrap();
    let mut after = field.rich("one");
    after.public_ipv4 = false;
    let seen = field.machines().update(&before, &after, &made, &patience()).await.unwrap();
    assert!(seen.public_ipv4.is_none() && seen.public_ipv6.is_some());
    assert_eq!((seen.data_disks["pg"].size_gb, seen.data_disks["pg"].lun), (128, Some(0)));
    assert!(seen.machine.as_ref().unwrap().identities.system);
    assert_eq!(seen.private_ipv4, made.private_ipv4);
    let mut larger = after.clone();
    larger.data_disks[0].size_gb = 256;
    larger.identities.system = false;
    let seen = field.machines().update(&after, &larger, &seen, &patience()).await.unwrap();
    assert_eq!(seen.data_disks["pg"].size_gb, 256);
    assert!(!seen.machine.as_ref().unwrap().identities.system);
    assert_eq!(field.look(&["gpu-0"]).await["gpu-0"], seen);
    assert_eq!(field.inside("gpu-0").await["boots"], 1);
}

#[tokio::test]
async fn a_restart_resizes_and_grows_once_and_starts_what_stands_still() {
    let field = Field::new().await;
    let plan = field.pool("one");
    let made = field.create(&plan, &node(0)).await.unwrap();
    let change = NodeChange {
        sku: Some("Standard_D8s_v5".to_owned()),
        os_disk_gb: Some(128),
        ..NodeChange::default()
    };
    for writes in [4, 0] {
        field.bench.recount().await;
        let seen = field.machines().restart(&field.place(), "gpu-0", &change, &patience()).await.unwrap();
        let machine = seen.machine.unwrap();
        assert_eq!(
            (machine.sku.as_str(), machine.os_disk_gb, machine.power),
            ("Standard_D8s_v5", 128, Power::Running)
        );
        assert_eq!(seen.public_ipv4, made.public_ipv4);
        let written = field.bench.writes().await;
        assert_eq!(written.len(), writes, "{written:?}");
    }
    field.happen("gpu-0", "stop", Value::Null).await;
    assert_eq!(field.look(&[]).await["gpu-0"].machine.as_ref().unwrap().power, Power::Stopped);
    let start = NodeChange { start: true, ..NodeChange::default() };
    let seen = field.machines().restart(&field.place(), "gpu-0", &start, &patience()).await.unwrap();
    assert_eq!(seen.machine.unwrap().power, Power::Running);
}

#[tokio::test]
async fn what_goes_wrong_outside_is_seen() {
    let field = Field::new().await;
    let mut plan = field.pool("one");
    plan.offers[0].spot = true;
    for number in 0..2 {
        field.create(&plan, &node(number)).await.unwrap();
    }
    field.happen("gpu-0", "evict", Value::Null).await;
    field.happen("gpu-1", "kill", Value::Null).await;
    let seen = field.look(&["gpu-0", "gpu-1"]).await;
    let machine = seen["gpu-0"].machine.as_ref().unwrap();
    assert!(machine.power == Power::Evicted && machine.spot);
    assert!(seen["gpu-1"].machine.is_none() && seen["gpu-1"].public_ipv4.is_some());
}

#[tokio::test]
async fn the_end_of_the_console_is_told() {
    let field = Field::new().await;
    assert_eq!(field.machines().console(&field.place(), "gpu-0", &patience()).await.unwrap(), None);
    field.create(&field.pool("one"), &node(0)).await.unwrap();
    field.happen("gpu-0", "console", json!({ "append": "Kernel panic - not syncing\n" })).await;
    let text = field.machines().console(&field.place(), "gpu-0", &patience()).await.unwrap().unwrap();
    assert!(text.contains("Kernel panic - not syncing"), "{text}");
}

#[tokio::test]
async fn servers_of_a_region_without_zones_stand_apart() {
    let field = Field::at(f64::INFINITY, "westus").await;
    let mut plan = field.pool("one");
    plan.role = "server".to_owned();
    let (machines, patience) = (field.machines(), patience());
    let (first, second) = (node(0), node(1));
    let made =
        tokio::join!(machines.create(&plan, &first, &patience), machines.create(&plan, &second, &patience));
    made.0.unwrap();
    made.1.unwrap();
    let sets =
        |objects: Vec<String>| objects.into_iter().filter(|id| id.starts_with("availabilitySets/")).count();
    assert_eq!(sets(field.objects().await), 1);
    field.remove("gpu-0", &removal("one")).await.unwrap();
    machines.tidy(&field.place(), RESOURCE, &patience).await.unwrap();
    assert_eq!(sets(field.objects().await), 1, "one machine is still in it");
    field.remove("gpu-1", &removal("one")).await.unwrap();
    machines.tidy(&field.place(), RESOURCE, &patience).await.unwrap();
    assert_eq!(field.objects().await, Vec::<String>::new());
}

#[tokio::test]
async fn strangers_are_refused_before_anything_is_made() {
    let field = Field::new().await;
    let plan = field.pool("one");
    field.create(&plan, &node(0)).await.unwrap();
    let before = field.bench.objects().await;
    field.bench.recount().await;
    let other = field.pool("other");
    let error = field.create(&other, &node(0)).await.unwrap_err();
    assert!(matches!(&error, CloudError::Stranger { id, .. } if id.ends_with("/gpu-0")), "{error:?}");
    assert_eq!((field.bench.writes().await, field.bench.objects().await), (Vec::new(), before));
    let found =
        field.machines().find(&other, &["gpu-0".to_owned(), "gpu-1".to_owned()], &patience()).await.unwrap();
    assert!(
        found.len() == 4 && found.iter().all(|part| part.ours.is_err() && part.node == "gpu-0"),
        "{found:?}"
    );
    assert_eq!(field.remove("gpu-0", &removal("other")).await.unwrap(), Vec::<String>::new());
    assert_eq!(field.objects().await.len(), 4, "what is another's is not removed");
}

#[tokio::test]
async fn what_was_let_go_is_taken_over() {
    let field = Field::new().await;
    let first = node(0);
    let made = field.create(&field.rich("one"), &first).await.unwrap();
    let owner = Owner("one".to_owned());
    let let_go = field.machines().let_go(&field.place(), "gpu-0", &owner, &patience()).await.unwrap();
    assert_eq!(let_go.len(), made.parts.len());
    let again = field.create(&field.rich("two"), &node(0)).await.unwrap();
    assert_eq!(
        again.machine.as_ref().unwrap().host_key,
        Some(first.host_key.public),
        "the machine keeps its key"
    );
    assert_eq!(again.mark.as_ref().unwrap().owner, Owner("two".to_owned()));
    for (id, tags) in field.bench.tags().await {
        if id.contains("gpu-0") {
            assert_eq!((&tags[Mark::OWNER], &tags[Mark::STATE]), (&json!("two"), &json!("ready")), "{id}");
        }
    }
    assert_eq!(field.inside("gpu-0").await["boots"], 1);
}

#[tokio::test]
async fn habits_of_the_real_cloud_change_nothing() {
    let field = Field::new().await;
    field
        .bench
        .quirks(json!({
            "get_404_reads": 1, "list_lag_reads": 1, "parent_404_writes": 1, "upper_case_groups": true,
            "poll_404": 1, "late_succeeded_reads": 2, "retry_after": 0, "page_size": 1,
        }))
        .await;
    let plan = field.rich("one");
    let made = field.create(&plan, &node(0)).await.unwrap();
    assert!(
        made.parts.iter().all(|id| id.starts_with("/subscriptions/") && id.contains("/budk8s/")),
        "{:?}",
        made.parts
    );
    let seen = field.look(&["gpu-0"]).await.remove("gpu-0").unwrap();
    assert_eq!((seen.machine, seen.data_disks), (made.machine.clone(), made.data_disks.clone()));
    let seen = field.look(&["gpu-0"]).await.remove("gpu-0").unwrap();
    assert_eq!(seen, made);
    field.remove("gpu-0", &removal("one")).await.unwrap();
    assert_eq!(field.objects().await, Vec::<String>::new());
}
