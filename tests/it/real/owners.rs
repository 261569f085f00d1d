//! Who owns what, after a provider died in an update. Both hosts save no private bytes then, and where the next
//! apply refreshes nothing, only the tags know the owner. It broke like this: the update wrote the parts as
//! nobody's, free for any create to take.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::host::{kill_9, providers_of};
use super::{Folder, World, each};

/// A network and a pool of one node with this tag.
fn write(folder: &Folder<'_>, tag: &str) {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea me";
    folder.write(
        "environment = \"ci-1\"\nlocation = \"westeurope\"",
        &format!(
            "resource \"bud_network\" \"lab\" {{ name = \"lab\" }}\nresource \"bud_node_pool\" \"w\" {{\n  name = \"w\"\n  role = \"worker\"\n  \
             network_id = bud_network.lab.id\n  sku = \"D2s_v5\"\n  ssh_public_keys = [\"{key}\"]\n  tags = {{ tier = \"{tag}\" }}\n}}"
        ),
    );
}

/// The owners that the tags name, of the network's parts and the pool's.
fn owners(world: &World) -> BTreeSet<String> {
    world.all_tags().into_values().filter_map(|mut tags| tags.remove("bud:owner")).collect()
}

#[test]
fn an_update_after_a_killed_one_keeps_the_owner_without_a_refresh() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, "a");
        folder.apply().succeeded();
        let before = owners(&world);
        assert!(before.len() == 2 && !before.contains(""), "{before:?}");
        write(&folder, "b");
        world.faults(&json!([{ "when": { "path": "*virtualMachines/w-0*", "times": 0 }, "do": "hang" }]));
        world.restart_counter();
        let mut killed = 0;
        let update = ["apply", "-auto-approve", "-no-color", "-refresh=false"];
        let run = folder.run_with(&update, |group| {
            let asked = world.requests().iter().any(|one| one.path.contains("virtualMachines/w-0"));
            if killed == 0 && asked {
                for provider in providers_of(group) {
                    kill_9(provider);
                    killed += 1;
                }
            }
        });
        assert!(killed > 0, "it was not killed\n{}", run.out);
        run.failed();
        let state: Value =
            serde_json::from_slice(&std::fs::read(folder.path("terraform.tfstate")).unwrap()).unwrap();
        let pool = state["resources"].as_array().unwrap().iter().find(|one| one["type"] == "bud_node_pool");
        assert_eq!(pool.unwrap()["instances"][0]["private"], Value::Null, "the host kept private bytes");
        world.faults(&json!([]));
        folder.run(&update).succeeded().says("0 added, 1 changed, 0 destroyed");
        assert_eq!(owners(&world), before);
        assert_eq!(world.tags("virtualMachines/w-0")["tier"], "b");
        folder.is_settled("the update");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}
