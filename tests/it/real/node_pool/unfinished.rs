//! Creates that did not finish: killed between a machine and the state, and changed before the next apply.

use serde_json::{Value, json};

use super::super::host::signal_group;
use super::super::world::Request;
use super::{Folder, NET, World, each, machines, small, state, write};

#[test]
fn a_machine_that_no_state_knows_is_adopted_with_the_key_in_its_tag() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, "");
        folder.apply().succeeded();
        write(&folder, &small(1, ""));
        let put = json!({ "method": "PUT", "path": "*/virtualMachines/w-0" });
        let mut again = put.clone();
        (again["nth"], again["times"]) = (json!(2), json!(0));
        world.faults(&json!([{ "when": put, "do": "cut_after" }, { "when": again, "do": "hang" }]));
        let mut killed = false;
        let made = |one: &Request| one.method == "PUT" && one.path.ends_with("/virtualMachines/w-0");
        folder
            .run_with(&["apply", "-auto-approve", "-no-color"], |group| {
                if !killed && world.requests().iter().any(made) {
                    signal_group(group, "KILL");
                    killed = true;
                }
            })
            .failed();
        assert!(killed);
        assert_eq!(state(&folder), Value::Null, "the state knows nothing of it");
        let key = world.tags("/virtualMachines/w-0")["bud:ssh-host-key"].clone();
        assert!(key.as_str().is_some_and(|key| key.starts_with("ssh-ed25519 ")), "{key}");
        world.faults(&json!([]));
        world.restart_counter();
        folder.apply().succeeded();
        folder.is_settled("an adopted machine");
        let requests = world.requests();
        assert!(!requests.iter().any(made), "the machine is there already: {requests:#?}");
        assert!(!requests.iter().any(|one| one.method == "DELETE"), "{requests:#?}");
        assert_eq!(state(&folder)["nodes"]["w-0"]["ssh_host_key"], key);
        assert_eq!(world.machine("w-0")["boots"], 1);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn an_unfinished_pool_that_is_changed_leaves_nothing_of_the_old_one() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let second = NET.replace("\"lab\"", "\"second\"");
        let put = |pool: &str| write(&folder, &format!("{second}{pool}"));
        let refuse = || {
            let answer = json!({ "status": 403, "code": "RequestDisallowedByPolicy", "message": "not here" });
            world.faults(&json!([{
                "when": { "method": "PUT", "path": "*/virtualMachines/*-1", "times": 0 },
                "do": { "answer": answer },
            }]));
        };
        refuse();
        put(&small(2, ""));
        folder.apply().failed().says("the node w-1").says("RequestDisallowedByPolicy");
        assert_eq!(machines(&world), ["w-0"]);
        // Another name, which fails as well, then another network.
        put(&small(2, "name = \"x\""));
        folder.apply().failed().says("the node x-1");
        let of_w = |id: &&String| id.rsplit('/').next().unwrap().starts_with("w-");
        let left: Vec<String> = world.objects().iter().filter(of_w).cloned().collect();
        assert_eq!(left, Vec::<String>::new(), "of the name before");
        world.faults(&json!([]));
        put(&small(2, "name = \"x\"\nnetwork_id = bud_network.second.id"));
        folder.apply().succeeded();
        folder.is_settled("another network");
        let first: Vec<String> = world
            .objects()
            .into_iter()
            .filter(|id| id.to_lowercase().contains("/resourcegroups/lab/") && id.contains("x-"))
            .collect();
        assert_eq!(first, Vec::<String>::new(), "in the network before");
        assert_eq!(machines(&world), ["x-0", "x-1"]);
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
