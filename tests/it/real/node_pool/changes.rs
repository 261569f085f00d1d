//! Every change of operations.md B2 in its class: in place, with a restart, for new machines only.
//!
//! Each change is judged by what it writes, to the last request: what it leaves undone shows in the next.

use serde_json::json;

use super::{
    Folder, NET, World, each, machines, one_by_one, only, pool, restarts, small, state, updates, write,
};

/// Changes in place, and the parts that they touch. The first node's machine records the arguments.
const IN_PLACE: &[(&str, &[&str])] = &[
    ("labels = { tier = \"gold\" }", &["virtualMachines/w-0"]),
    (
        "labels = { tier = \"gold\" }\ntaints = [{ key = \"gpu\", effect = \"NoSchedule\" }]",
        &["virtualMachines/w-0"],
    ),
    ("ttl = \"4h\"", &["PATCH "]),
    ("public_ipv6 = true", &["-ipv6", "networkInterfaces/", "PATCH "]),
    ("public_ipv4 = false", &["-ipv4", "-ipv6", "networkInterfaces/", "PATCH virtualMachines/w-0"]),
    ("", &["-ipv4", "networkInterfaces/", "PATCH virtualMachines/w-0"]),
    ("security_group = \"gpu\"", &["networkInterfaces/", "PATCH virtualMachines/w-0"]),
    (
        "data_disks = [{ name = \"a\", size_gb = 16 }]",
        &["networkInterfaces/", "-data-a", "PATCH virtualMachines/"],
    ),
    ("data_disks = [{ name = \"a\", size_gb = 32 }]", &["-data-a", "PATCH virtualMachines/w-0"]),
    (
        "data_disks = [{ name = \"a\", size_gb = 32, mount = \"/var/lib/models\" }]",
        &["PATCH virtualMachines/w-0"],
    ),
    (
        "data_disks = [{ name = \"a\", size_gb = 32 }]\nidentity_ids = [\"system\"]",
        &["PATCH virtualMachines/"],
    ),
];

/// Arguments that hold for new machines only.
const LATER: &[(&str, &str)] = &[
    ("accelerated_networking", "false"),
    ("admin_username", "\"ops\""),
    ("image", "\"Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2\""),
    ("secure_boot", "true"),
    ("subnets", "[\"budk8s-common\"]"),
    ("vtpm", "false"),
    ("zones", "[\"1\", \"2\"]"),
];

/// The network with a second security group.
fn with_group(rest: &str) -> String {
    let group = "  security_groups = { gpu = { rules = { a = { priority = 100 } } } }\n}\n";
    format!("{}{group}{rest}", NET.trim_end().trim_end_matches('}'))
}

#[test]
fn changes_in_place_restart_nothing() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let put = |rest: &str| folder.write("  environment = \"ci-1\"", &with_group(rest));
        put(&small(2, ""));
        folder.apply().succeeded();
        let nodes = state(&folder)["nodes"].clone();
        for (arguments, parts) in IN_PLACE {
            put(&small(2, arguments));
            world.restart_counter();
            folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
            only(&world.writes(), parts);
            assert_eq!(restarts(&world.writes()), Vec::<String>::new(), "{arguments}");
        }
        folder.is_settled("changes in place");
        for node in ["w-0", "w-1"] {
            let machine = world.machine(node);
            assert_eq!((&machine["boots"], &machine["power"]), (&json!(1), &json!("running")), "{node}");
            for name in ["id", "private_ipv4", "ssh_host_key"] {
                assert_eq!(state(&folder)["nodes"][node][name], nodes[node][name], "{node} {name}");
            }
        }
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn what_needs_a_restart_goes_node_by_node() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, &small(2, ""));
        folder.apply().succeeded();
        let nodes = state(&folder)["nodes"].clone();
        let large = |disk: &str| pool(&format!("node_count = 2\nsku = \"D4s_v5\"\n{disk}"));
        let writes = updates(&world, &folder, &large(""));
        assert_eq!(restarts(&writes), one_by_one(&["w-0", "w-1"]));
        only(&writes, &["w-0/", "w-1/", "PATCH virtualMachines/"]);
        let writes = updates(&world, &folder, &large("os_disk = { size_gb = 300 }"));
        assert_eq!(restarts(&writes), one_by_one(&["w-0", "w-1"]));
        only(&writes, &["w-0/", "w-1/", "-os", "PATCH virtualMachines/w-0"]);
        folder.is_settled("restarts");
        let now = state(&folder);
        for node in ["w-0", "w-1"] {
            for name in ["id", "private_ipv4", "public_ipv4", "ssh_host_key"] {
                assert_eq!(now["nodes"][node][name], nodes[node][name], "{node} {name}");
            }
            assert_eq!(world.machine(node)["boots"], 3, "{node}");
        }
        assert_eq!(now["chosen_sku"], "Standard_D4s_v5");
        let node = &now["nodes"]["w-1"];
        assert_eq!((&node["sku"], &node["vcpus"]), (&json!("Standard_D4s_v5"), &json!(4)), "{node}");
        folder.destroy().succeeded();

        let spot = |price: &str| small(2, &format!("spot = {{ max_price = {price} }}"));
        write(&folder, &spot("0.5"));
        folder.apply().succeeded();
        let writes = updates(&world, &folder, &spot("0.75"));
        assert_eq!(restarts(&writes), one_by_one(&["w-0", "w-1"]));
        folder.is_settled("another price");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn what_holds_for_new_machines_shows_in_outdated() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, &small(2, ""));
        folder.apply().succeeded();
        let mut arguments = "os_disk = { type = \"standard_ssd\" }\n".to_owned();
        for (name, value) in LATER {
            arguments.push_str(&format!("{name} = {value}\n"));
        }
        let writes = updates(&world, &folder, &small(2, &arguments));
        assert!(writes.iter().all(|one| one == "PATCH virtualMachines/w-0"), "{writes:#?}");
        folder.is_settled("what holds for new machines");
        let mut names: Vec<&str> = LATER.iter().map(|(name, _)| *name).chain(["os_disk.type"]).collect();
        names.sort_unstable();
        let lacks = json!(names.join(", "));
        assert_eq!(state(&folder)["outdated"], json!({ "w-0": lacks, "w-1": lacks }));
        // A new machine has it all; a type that those which stand cannot become is one more thing that they lack.
        let three = small(3, &arguments);
        only(&updates(&world, &folder, &three), &["w-2"]);
        assert_eq!(state(&folder)["outdated"], json!({ "w-0": lacks, "w-1": lacks }));
        let other = three.replace("D2s_v5", "D2ds_v5");
        let writes = updates(&world, &folder, &other);
        assert!(writes.iter().all(|one| one == "PATCH virtualMachines/w-0"), "{writes:#?}");
        assert_eq!(state(&folder)["outdated"]["w-2"], "sku");
        assert_eq!(machines(&world), ["w-0", "w-1", "w-2"]);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
