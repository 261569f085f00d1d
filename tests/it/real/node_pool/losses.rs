//! What happens outside: a machine stopped, a tag changed, a machine deleted in the portal.

use serde_json::{Value, json};

use super::{Folder, NET, World, each, small, state, updates, write};

#[test]
fn what_happens_outside_is_shown_and_put_right() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let text = small(2, "tags = { team = \"bud\" }\ndata_disks = [{ name = \"a\", size_gb = 16 }]");
        write(&folder, &text);
        folder.apply().succeeded();
        let nodes = state(&folder)["nodes"].clone();

        // Stopped: it is only shown.
        world.happens("w-1", "stop", &json!({}));
        folder.is_settled("a machine that was stopped");
        folder.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).succeeded();
        assert_eq!(state(&folder)["node_states"], json!({ "w-0": "running", "w-1": "stopped" }));
        world.happens("w-1", "start", &json!({}));

        // A tag: seen, and put right with one request.
        let id = world.id("/virtualMachines/w-1");
        let mut tags = world.portal("GET", &id, &Value::Null)["tags"].clone();
        tags["team"] = json!("theirs");
        tags["policy"] = json!("added");
        world.portal("PATCH", &id, &json!({ "tags": tags }));
        let plan = folder.plan();
        assert_eq!(plan.status.code(), Some(2), "{}", plan.out);
        let writes = updates(&world, &folder, &text);
        assert_eq!(writes, ["PATCH virtualMachines/w-1"]);
        let tags = world.portal("GET", &id, &Value::Null)["tags"].clone();
        assert_eq!((&tags["team"], &tags["policy"]), (&json!("bud"), &json!("added")));

        // Deleted: that node alone comes again, with its addresses and its data.
        world.happens("w-0", "disks", &json!({ "0": "rows" }));
        world.portal("DELETE", &world.id("/virtualMachines/w-0"), &Value::Null);
        let plan = folder.plan().says("1 node of 2 will be replaced");
        assert_eq!(plan.status.code(), Some(2), "{}", plan.out);
        let writes = updates(&world, &folder, &text);
        assert!(writes.iter().all(|one| one.contains("w-0")), "{writes:#?}");
        folder.is_settled("a lost machine");
        assert_eq!(world.machine("w-0")["disks"]["0"], "rows");
        let now = state(&folder);
        for name in ["id", "private_ipv4", "public_ipv4", "zone"] {
            assert_eq!(now["nodes"]["w-0"][name], nodes["w-0"][name], "{name}");
        }
        assert_eq!(now["nodes"]["w-1"], nodes["w-1"]);

        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

/// The refusal called the pool's own machines "objects of others".
#[test]
fn a_network_that_must_be_replaced_is_refused_while_nodes_are_in_it() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, &small(1, ""));
        folder.apply().succeeded();
        let before = world.objects();

        let moved = NET.trim_end().trim_end_matches('}').to_owned() + "  ipv4_cidr = \"10.88.0.0/16\"\n}\n";
        folder.write("  environment = \"ci-1\"", &(moved + &small(1, "")));
        let run = folder.run(&["apply", "-auto-approve", "-json"]).failed();
        let errors = run.errors();
        assert_eq!(errors.len(), 1, "{}", run.out);
        assert_eq!(errors[0].summary, "Network is in use");
        assert!(errors[0].detail.contains("bud_node_pool \"w\""), "{}", errors[0].detail);
        assert_eq!(world.objects(), before, "nothing was removed");

        folder
            .run(&["apply", "-auto-approve", "-no-color", "-replace=bud_node_pool.w"])
            .succeeded()
            .says("2 added, 0 changed, 2 destroyed");
        folder.is_settled("network and pool made anew");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
