//! From nothing to nothing: what plans know, scaling, replacement of one node, import.

use serde_json::{Value, json};

use super::super::world::Request;
use super::{Folder, World, applied, each, machines, only, planned, small, state, unknown, updates, write};

const DISK: &str = "data_disks = [{ name = \"a\", size_gb = 16 }]\n";

#[test]
fn a_pool_is_made_scaled_and_removed_and_plans_know_what_stays() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, &small(2, DISK));
        folder.apply().succeeded().says("2 added, 0 changed, 0 destroyed");
        folder.is_settled("create");
        assert_eq!(machines(&world), ["w-0", "w-1"]);
        let first = state(&folder);
        assert_eq!((&first["chosen_sku"], &first["outdated"]), (&json!("Standard_D2s_v5"), &json!({})));
        for node in ["w-0", "w-1"] {
            let key = &world.tags(&format!("/virtualMachines/{node}"))["bud:ssh-host-key"];
            assert_eq!(&first["nodes"][node]["ssh_host_key"], key, "{node}");
        }

        // A tag changes nothing but the tags.
        let tagged = format!("{DISK}tags = {{ team = \"bud\" }}");
        write(&folder, &small(2, &tagged));
        let changes = planned(&folder);
        let addresses: Vec<&Value> = changes.iter().map(|one| &one["address"]).collect();
        assert_eq!(addresses, ["bud_node_pool.w"], "{changes:#?}");
        let (before, after) = (&changes[0]["change"]["before"], &changes[0]["change"]["after"]);
        let changed: Vec<&String> = after
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, value)| before[name.as_str()] != **value)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(changed, ["tags", "tags_all"]);
        assert!(unknown(&changes[0]).is_empty(), "{:?}", unknown(&changes[0]));
        let writes = applied(&world, &folder);
        assert!(writes.iter().all(|one| one.starts_with("PATCH ")), "{writes:#?}");

        // More nodes: every value of those that are there stays known.
        write(&folder, &small(3, &tagged));
        let changes = planned(&folder);
        assert_eq!(changes.len(), 1, "{changes:#?}");
        let open = unknown(&changes[0]);
        assert!(!open.is_empty() && open.iter().all(|place| place.starts_with("nodes.w-2.")), "{open:?}");
        let nodes = &changes[0]["change"]["after"]["nodes"];
        for node in ["w-0", "w-1"] {
            assert_eq!(nodes[node], state(&folder)["nodes"][node], "{node}");
        }
        only(&applied(&world, &folder), &["w-2"]);
        assert_eq!(machines(&world), ["w-0", "w-1", "w-2"]);

        // Fewer.
        only(&updates(&world, &folder, &small(2, &tagged)), &["w-2"]);
        assert_eq!(machines(&world), ["w-0", "w-1"]);
        // Another instead of one that is named; emptying the list brings nothing back.
        updates(&world, &folder, &small(2, &format!("{tagged}\nremove_nodes = [\"w-0\"]")));
        assert_eq!(machines(&world), ["w-1", "w-2"]);
        write(&folder, &small(2, &tagged));
        world.restart_counter();
        folder.apply().succeeded();
        assert_eq!(machines(&world), ["w-1", "w-2"]);
        let writes = world.writes();
        assert!(writes.iter().all(|one| one == "PATCH virtualMachines/w-1"), "{writes:#?}");
        folder.is_settled("remove_nodes emptied");
        folder.destroy().succeeded().says("Destroy complete! Resources: 2 destroyed");
        world.is_empty("after destroy");
    });
}

#[test]
fn a_replaced_node_keeps_its_name_addresses_and_data_and_a_lost_state_is_imported() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let disk = format!("{DISK}public_ipv6 = true\nlabels = {{ tier = \"gold\" }}\nttl = \"4h\"\n");
        write(&folder, &small(2, &disk));
        folder.apply().succeeded();
        let before = state(&folder)["nodes"].clone();
        world.happens("w-1", "disks", &json!({ "0": "rows", "os": "system" }));
        let again = format!("{disk}replace_nodes = {{ \"w-1\" = \"1\" }}");
        write(&folder, &small(2, &again));
        let changes = planned(&folder);
        assert_eq!(changes[0]["change"]["actions"], json!(["update"]), "{changes:#?}");
        let open = unknown(&changes[0]);
        assert!(!open.is_empty() && open.iter().all(|place| place.starts_with("nodes.w-1.")), "{open:?}");
        let writes = applied(&world, &folder);
        assert!(
            writes.iter().all(|one| one.contains("w-1") || one == "PATCH virtualMachines/w-0"),
            "{writes:#?}"
        );
        assert!(writes.contains(&"DELETE virtualMachines/w-1".to_owned()), "{writes:#?}");
        folder.is_settled("a replaced node");
        let after = state(&folder)["nodes"].clone();
        assert_eq!(after["w-0"], before["w-0"]);
        for name in ["id", "private_ipv4", "private_ipv6", "public_ipv4", "public_ipv6", "sku", "zone"] {
            assert_eq!(after["w-1"][name], before["w-1"][name], "{name}");
        }
        assert_ne!(after["w-1"]["ssh_host_key"], before["w-1"]["ssh_host_key"]);
        let machine = world.machine("w-1");
        assert_eq!((&machine["disks"]["0"], &machine["disks"]["os"]), (&json!("rows"), &Value::Null));

        // Everything that the state knew is in the cloud.
        let known = state(&folder);
        let (network, id) = (folder.state()["id"].clone(), known["id"].clone());
        folder.forget();
        for (address, id) in [("bud_network.lab", network), ("bud_node_pool.w", id)] {
            folder.run(&["import", "-no-color", address, id.as_str().unwrap()]).succeeded();
        }
        folder.is_settled("import");
        assert_eq!(state(&folder)["nodes"], known["nodes"]);
        world.restart_counter();
        folder.destroy().succeeded();
        let refused = |one: &Request| one.writes() && one.status >= 400;
        assert!(!world.requests().iter().any(refused), "in Azure's order nothing is refused");
        world.is_empty("after destroy");
    });
}
