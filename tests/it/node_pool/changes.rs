//! Every change of operations.md B2 in its class: in place, with a restart, for new machines only.

use bud::value::{Path, Value};

use super::{POOL, goes, inside, is_settled, machines, standing, two, updates, workers, writes};
use crate::harness::judge::{Action, wholly_known};

/// Changes in place: arguments, and what may be unknown in the plan.
const IN_PLACE: &[(&str, &[&str])] = &[
    ("tags = { team = \"bud\" }", &[]),
    ("tags = { team = \"Bud\", cost = \"\" }", &[]),
    ("labels = { tier = \"gold\" }", &[]),
    ("taints = [{ key = \"gpu\", effect = \"NoSchedule\" }]", &[]),
    ("public_ipv6 = true", &["public_ipv6"]),
    ("public_ipv4 = false\npublic_ipv6 = true", &[]),
    ("public_ipv4 = true", &["public_ipv4"]),
    ("data_disks = [{ name = \"a\", size_gb = 16 }]", &[]),
    ("data_disks = [{ name = \"b\", size_gb = 16 }, { name = \"a\", size_gb = 32 }]", &[]),
    (
        "ttl = \"4h\"\ndata_disks = [{ name = \"b\", size_gb = 16 }, { name = \"a\", size_gb = 32 }]",
        &["expires_at"],
    ),
    (
        "identity_ids = [\"system\"]\ndata_disks = [{ name = \"b\", size_gb = 16 }, { name = \"a\", size_gb = 32 }]",
        &[],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_in_place_restart_nothing() {
    let (world, mut host, before) = standing(&two("")).await;
    for (arguments, unknown) in IN_PLACE {
        let text = two(arguments);
        let plan = updates(&mut host, &text).await;
        assert_eq!(plan.replace, Vec::<Path>::new(), "{arguments}");
        for place in wholly_known(&plan.after) {
            assert!(unknown.iter().any(|may| place.contains(may)), "{arguments}: {place} is unknown");
        }
    }
    for node in ["w-0", "w-1"] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["boots"], &machine["power"]), (&1.into(), &"running".into()), "{node}");
    }
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_change_plans_exactly_the_tags() {
    let (world, mut host, before) = standing(&two("")).await;
    let plan = updates(&mut host, &two("tags = { team = \"bud\" }")).await;
    let (old, new) = (plan.before.as_map().unwrap(), plan.after.as_map().unwrap());
    let changed: Vec<&String> =
        new.iter().filter(|(name, value)| old.get(*name) != Some(value)).map(|(name, _)| name).collect();
    assert_eq!(changed, ["tags", "tags_all"]);
    for part in ["/virtualMachines/w-0", "/w-1-nic", "/w-0-ipv4"] {
        assert_eq!(world.ledger().await.with(part)[0].tags["team"], "bud", "{part}");
    }
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_security_group_is_another_in_place() {
    let (world, mut host, _) = standing(&two("")).await;
    let net =
        format!("{}security_groups = {{ gpu = {{ rules = {{ a = {{ priority = 100 }} }} }} }}\n", super::NET);
    host.apply(super::NETWORK, &net).await.done();
    updates(&mut host, &two("security_group = \"gpu\"")).await;
    host.apply(POOL, &two("")).await.done();
    is_settled(&mut host, &two("")).await;
    host.destroy(POOL).await.done();
    assert_eq!(machines(&world.ledger().await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_size_restarts_the_nodes_one_after_another() {
    let disk = "data_disks = [{ name = \"a\", size_gb = 16 }]";
    let (world, mut host, before) = standing(&two(disk)).await;
    let nodes = host.value(POOL).get("nodes").clone();
    for node in ["w-0", "w-1"] {
        world.happens(node, "disks", serde_json::json!({ "0": "rows", "os": "system" })).await;
    }
    world.count_anew().await;
    let text = workers(&format!("node_count = 2\nsku = \"D4s_v5\"\n{disk}"));
    let plan = updates(&mut host, &text).await;
    assert_eq!(plan.after.get("chosen_sku").as_str(), Some("Standard_D4s_v5"));
    for node in ["w-0", "w-1"] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["boots"], &machine["sku"]), (&2.into(), &"Standard_D4s_v5".into()), "{node}");
        assert_eq!((&machine["disks"]["0"], &machine["disks"]["os"]), (&"rows".into(), &"system".into()));
        for name in ["private_ipv4", "public_ipv4", "ssh_host_key", "id"] {
            assert_eq!(
                host.value(POOL).get("nodes").get(node).get(name),
                nodes.get(node).get(name),
                "{node} {name}"
            );
        }
    }
    for node in ["w-0", "w-1"] {
        assert_eq!(host.value(POOL).get("nodes").get(node).get("vcpus"), &Value::int(4), "{node}");
    }
    let order: Vec<String> = writes(&world.ledger().await)
        .into_iter()
        .filter(|one| one.contains("/deallocate") || one.contains("/start"))
        .collect();
    let expected: Vec<String> = ["w-0", "w-1"]
        .iter()
        .flat_map(|node| ["deallocate", "start"].map(|what| format!("POST virtualMachines/{node}/{what}")))
        .collect();
    assert_eq!(order, expected, "one after another");
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_size_that_is_put_back_after_a_refusal_starts_what_was_stopped() {
    let (world, mut host, before) = standing(&two("")).await;
    let nodes = host.value(POOL).get("nodes").clone();
    let refused = serde_json::json!({ "rules": [{
        "when": { "method": "PATCH", "path": "*/virtualMachines/w-0" },
        "do": { "answer": { "status": 409, "code": "OperationNotAllowed", "message": "as the script says" } },
    }] });
    world.faults(refused).await;
    host.apply(POOL, &workers("node_count = 2\nsku = \"D4s_v5\"")).await.error();
    world.no_faults().await;
    assert_eq!(inside(&world, "w-0").await["power"], "deallocated");
    // Somebody stops another one: that is no business of ours.
    world.happens("w-1", "stop", serde_json::json!({})).await;
    let plan = host.plan(POOL, &two("")).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let states = |state: &Value| {
        ["w-0", "w-1"].map(|node| state.get("node_states").get(node).as_str().unwrap().to_owned())
    };
    assert_eq!(states(&plan.before), ["stopped", "stopped"]);
    assert_eq!(states(&plan.after), ["running", "stopped"]);
    assert!(plan.after.is_wholly_known());
    host.apply_plan(plan).await.done();
    is_settled(&mut host, &two("")).await;
    assert_eq!(host.value(POOL).get("nodes"), &nodes);
    for (node, power, boots) in [("w-0", "running", 2), ("w-1", "stopped", 1)] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["power"], &machine["boots"]), (&power.into(), &boots.into()), "{node}");
    }
    // From now on it is like any other: what is stopped outside stays stopped.
    world.happens("w-0", "stop", serde_json::json!({})).await;
    is_settled(&mut host, &two("")).await;
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_larger_system_disk_restarts_the_nodes_one_after_another() {
    let (world, mut host, before) = standing(&two("")).await;
    let nodes = host.value(POOL).get("nodes").clone();
    world.happens("w-1", "disks", serde_json::json!({ "os": "system" })).await;
    world.count_anew().await;
    let plan = updates(&mut host, &two("os_disk = { size_gb = 300 }")).await;
    assert!(plan.after.is_wholly_known());
    assert_eq!(host.value(POOL).get("nodes"), &nodes);
    for node in ["w-0", "w-1"] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["boots"], &machine["power"]), (&2.into(), &"running".into()), "{node}");
    }
    assert_eq!(inside(&world, "w-1").await["disks"]["os"], "system");
    let order: Vec<String> = writes(&world.ledger().await)
        .into_iter()
        .filter(|one| one.starts_with("POST") || one.contains("disks/"))
        .collect();
    let expected: Vec<String> = ["w-0", "w-1"]
        .iter()
        .flat_map(|node| {
            [
                format!("POST virtualMachines/{node}/deallocate"),
                format!("PATCH disks/{node}-os"),
                format!("POST virtualMachines/{node}/start"),
            ]
        })
        .collect();
    assert_eq!(order, expected, "one after another");
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_price_restarts_spot_machines_and_no_others() {
    let spot = |price: &str| {
        workers(&format!(
            "node_count = 2\noffers = [{{ sku = \"D2s_v5\", spot = true }}]\nspot = {{ max_price = {price} }}"
        ))
    };
    let (world, mut host, before) = standing(&spot("0.5")).await;
    let nodes = host.value(POOL).get("nodes").clone();
    world.count_anew().await;
    let plan = updates(&mut host, &spot("0.75")).await;
    assert!(plan.after.is_wholly_known());
    assert_eq!(host.value(POOL).get("nodes"), &nodes);
    for node in ["w-0", "w-1"] {
        let machine = inside(&world, node).await;
        assert_eq!((&machine["boots"], &machine["power"]), (&2.into(), &"running".into()), "{node}");
        let id = nodes.get(node).get("id").as_str().unwrap();
        let (_, machine) = world.portal("GET", &format!("{id}?api-version=2024-07-01"), None).await;
        assert_eq!(machine["properties"]["billingProfile"]["maxPrice"], 0.75, "{node}");
    }
    let order: Vec<String> =
        writes(&world.ledger().await).into_iter().filter(|one| one.starts_with("POST")).collect();
    let expected: Vec<String> = ["w-0", "w-1"]
        .iter()
        .flat_map(|node| ["deallocate", "start"].map(|what| format!("POST virtualMachines/{node}/{what}")))
        .collect();
    assert_eq!(order, expected, "one after another");
    goes(&world, &mut host, &before).await;

    // A price for spot machines that are none concerns nobody that stands.
    let ordinary = |price: &str| {
        two(price)
            .replace("sku = \"D2s_v5\"", "offers = [{ sku = \"D2s_v5\" }, { sku = \"D4s_v5\", spot = true }]")
    };
    host.apply(POOL, &ordinary("spot = { max_price = 0.5 }")).await.done();
    world.count_anew().await;
    updates(&mut host, &ordinary("spot = { max_price = 0.75 }")).await;
    let touched = writes(&world.ledger().await);
    assert!(touched.iter().all(|one| one == "PATCH virtualMachines/w-0"), "{touched:?}");
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_others_changed_is_put_back() {
    let text = |price: &str| {
        workers(&format!("node_count = 2\noffers = [{{ sku = \"D2s_v5\", spot = true }}]\n{price}"))
    };
    for (price, shown) in [("spot = { max_price = 0.5 }", Some("0.5")), ("", None)] {
        let (world, mut host, before) = standing(&text(price)).await;
        let id = |node: &str| {
            let id = host.value(POOL).get("nodes").get(node).get("id").as_str().unwrap().to_owned();
            format!("{id}?api-version=2024-07-01")
        };
        let ids = [id("w-0"), id("w-1")];
        let priced = serde_json::json!({ "properties": { "billingProfile": { "maxPrice": 0.9 } } });
        for (at, seen) in [(1, "0"), (0, "0.9")] {
            // Only one node first: what differs is no price that a configuration may ask for.
            world.happens(&format!("w-{at}"), "deallocate", serde_json::json!({})).await;
            let (status, answer) = world.portal("PATCH", &ids[at], Some(priced.clone())).await;
            assert_eq!(status, 200, "{answer}");
            world.happens(&format!("w-{at}"), "start", serde_json::json!({})).await;
            let plan = host.plan(POOL, &text(price)).await.unwrap();
            assert_eq!(plan.action, Action::Update, "{price}");
            let old = plan.before.get("spot").get("max_price");
            assert_eq!(format!("{old:?}"), format!("{:?}", number(seen)), "{price}");
            assert_eq!(
                plan.after.get("spot").get("max_price"),
                &shown.map_or(Value::Null, number),
                "{price}"
            );
        }
        updates(&mut host, &text(price)).await;
        for id in &ids {
            let (_, machine) = world.portal("GET", id, None).await;
            let now = machine["properties"]["billingProfile"]["maxPrice"].as_f64().unwrap();
            assert_eq!(now.to_string(), shown.unwrap_or("-1"), "{price}");
            assert_eq!(machine["properties"]["provisioningState"], "Succeeded");
        }
        for node in ["w-0", "w-1"] {
            assert_eq!(inside(&world, node).await["power"], "running", "{node}");
        }
        goes(&world, &mut host, &before).await;
    }
}

fn number(text: &str) -> Value {
    Value::Number(bud::value::Number::from_f64(text.parse().unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_disk_is_mounted_touches_no_machine() {
    let disk = |rest: &str| two(&format!("data_disks = [{{ name = \"a\", size_gb = 16{rest} }}]"));
    let (world, mut host, before) = standing(&disk("")).await;
    world.count_anew().await;
    let plan = updates(&mut host, &disk(", mount = \"/var/lib/models\"")).await;
    assert!(plan.after.is_wholly_known());
    let touched = writes(&world.ledger().await);
    assert!(touched.iter().all(|one| one == "PATCH virtualMachines/w-0"), "{touched:?}");
    goes(&world, &mut host, &before).await;
}

/// Changes that hold for new machines: arguments, and what `outdated` says then.
const LATER: &[(&str, &str)] = &[
    ("image = \"Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2\"", "image"),
    ("admin_username = \"ops\"", "admin_username"),
    ("os_disk = { type = \"standard_ssd\" }", "os_disk.type"),
    ("secure_boot = true", "secure_boot"),
    ("vtpm = false", "vtpm"),
    ("accelerated_networking = false", "accelerated_networking"),
    ("zones = [\"1\", \"2\"]", "zones"),
    ("subnets = [\"budk8s-common\"]", "subnets"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_for_new_machines_shows_in_outdated_and_touches_none() {
    let (world, mut host, before) = standing(&two("")).await;
    for (arguments, lacks) in LATER {
        let text = two(arguments);
        world.count_anew().await;
        let plan = updates(&mut host, &text).await;
        assert!(plan.after.is_wholly_known(), "{arguments}");
        let outdated = host.value(POOL).get("outdated").clone();
        for node in ["w-0", "w-1"] {
            assert_eq!(outdated.get(node).as_str(), Some(*lacks), "{arguments}");
        }
        let ledger = world.ledger().await;
        let touched = writes(&ledger);
        // The first node's tags record the arguments, for an import.
        assert!(touched.iter().all(|one| one == "PATCH virtualMachines/w-0"), "{arguments}: {touched:?}");
        assert_eq!(updates(&mut host, &two("")).await.after.get("outdated"), &Value::object::<String>([]));
    }
    // Keys that running machines do not get.
    let text = two("").replace("j3B1Ea me", "j4B1Ea me");
    updates(&mut host, &text).await;
    assert_eq!(host.value(POOL).get("outdated").get("w-1").as_str(), Some("ssh_public_keys"));
    updates(&mut host, &two("")).await;
    assert_eq!(host.value(POOL).get("outdated"), &Value::object::<String>([]));
    // A type with a temporary disk cannot become one without.
    let text = workers("node_count = 2\nsku = \"D2ds_v5\"");
    updates(&mut host, &text).await;
    assert_eq!(host.value(POOL).get("outdated").get("w-1").as_str(), Some("sku"));
    assert_eq!(inside(&world, "w-1").await["boots"], 1);
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_made_anew_keeps_name_addresses_and_data() {
    let disk = "data_disks = [{ name = \"a\", size_gb = 16 }]";
    let (world, mut host, before) = standing(&two(disk)).await;
    let nodes = host.value(POOL).get("nodes").clone();
    world.happens("w-1", "disks", serde_json::json!({ "0": "rows", "os": "system" })).await;
    let image = format!("{disk}\nimage = \"Canonical:ubuntu-24_04-lts:minimal\"");
    updates(&mut host, &two(&image)).await;
    assert_eq!(host.value(POOL).get("outdated").get("w-1").as_str(), Some("image"));
    world.count_anew().await;
    let text = two(&format!("{image}\nreplace_nodes = {{ \"w-1\" = \"1\" }}"));
    let plan = updates(&mut host, &text).await;
    for place in wholly_known(&plan.after) {
        assert!(place.contains("w-1"), "{place} is unknown");
    }
    let state = host.value(POOL);
    for name in ["id", "private_ipv4", "private_ipv6", "public_ipv4", "sku"] {
        assert_eq!(state.get("nodes").get("w-1").get(name), nodes.get("w-1").get(name), "{name}");
    }
    assert_ne!(state.get("nodes").get("w-1").get("ssh_host_key"), nodes.get("w-1").get("ssh_host_key"));
    assert_eq!(state.get("nodes").get("w-0"), nodes.get("w-0"));
    assert_eq!(state.get("outdated").get("w-1"), &Value::Null);
    assert_eq!(state.get("outdated").get("w-0").as_str(), Some("image"));
    let machine = inside(&world, "w-1").await;
    assert_eq!((&machine["disks"]["0"], &machine["disks"]["os"]), (&"rows".into(), &serde_json::Value::Null));
    let touched = writes(&world.ledger().await);
    assert!(
        !touched.iter().any(|one| one.contains("w-0") && !one.starts_with("PATCH virtualMachines/w-0")),
        "{touched:?}"
    );
    // Taking the argument away does nothing; the same string again does nothing either.
    host.apply(POOL, &two(&image)).await.done();
    is_settled(&mut host, &two(&image)).await;
    assert_eq!(inside(&world, "w-1").await["boots"], 1);
    goes(&world, &mut host, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disks_that_are_to_be_kept_stay() {
    let disks =
        "data_disks = [{ name = \"a\", size_gb = 16, on_remove = \"keep\" }, { name = \"b\", size_gb = 16 }]";
    let (world, mut host, before) = standing(&two(disks)).await;
    let text = workers(&format!("node_count = 1\nsku = \"D2s_v5\"\n{disks}"));
    updates(&mut host, &text).await;
    assert_eq!(world.ledger().await.with("/disks/w-1-data-").len(), 1);
    let outcome = host.destroy(POOL).await;
    assert!(outcome.text().contains("Disks were kept"), "{}", outcome.text());
    outcome.done();
    let left: Vec<String> = world
        .ledger()
        .await
        .ids()
        .into_iter()
        .filter(|id| !before.iter().any(|old| old == id))
        .map(str::to_owned)
        .collect();
    assert!(left.len() == 2 && left.iter().all(|id| id.ends_with("-data-a")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_pool_with_members_is_left_alone() {
    let (world, mut host, _) = standing(&two("")).await;
    let path = format!(
        "{}?api-version=2024-07-01",
        host.value(POOL).get("nodes").get("w-1").get("id").as_str().unwrap()
    );
    let (_, machine) = world.portal("GET", &path, None).await;
    let mut tags = machine["tags"].clone();
    tags["bud:cluster"] = "foundry 10.177.2.69".into();
    let (status, answer) = world.portal("PATCH", &path, Some(serde_json::json!({ "tags": tags }))).await;
    assert_eq!(status, 200, "{answer}");
    world.count_anew().await;
    for text in [
        workers("node_count = 1\nsku = \"D2s_v5\""),
        workers("node_count = 2\nsku = \"D4s_v5\""),
        two("replace_nodes = { \"w-1\" = \"1\" }"),
    ] {
        let error = host.apply(POOL, &text).await.error();
        assert!(error.contains("member of the cluster \"foundry\""), "{error}");
    }
    let plan = host.plan_replaced(POOL, &two("")).await.unwrap();
    assert!(host.apply_plan(plan).await.error().contains("is not replaced as a whole"));
    assert!(host.destroy(POOL).await.error().contains("member of the cluster"));
    assert_eq!(writes(&world.ledger().await), Vec::<String>::new(), "nothing was done to any machine");
    assert_eq!(host.apply(POOL, &two("")).await.done(), Action::Nothing);
}
