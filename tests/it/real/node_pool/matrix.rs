//! The fault matrix under real hosts: the first, a middle and the last write of each verb.

use serde_json::{Value, json};

use super::super::host::signal_group;
use super::super::world::Request;
use super::{Folder, World, each, machines, pool, small, state, write};
use crate::faults::whole;

/// How a write goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Host and provider are killed when it has been done.
    Kill,
    /// It is refused, and no repetition helps.
    Refused,
    /// Its operation ends as failed.
    Failed,
}

/// What is done, and its writes: first, middle, last.
struct Verb {
    name: &'static str,
    text: fn() -> String,
    nodes: &'static [&'static str],
    writes: [(&'static str, &'static str); 3],
}

const DISK: &str = "data_disks = [{ name = \"a\", size_gb = 16 }]\n";

/// One life of a pool, verb by verb.
const LIFE: &[Verb] = &[
    Verb {
        name: "create",
        text: || small(1, DISK),
        nodes: &["w-0"],
        writes: [
            ("PUT", "*/publicIPAddresses/w-0-ipv4"),
            ("PUT", "*/virtualMachines/w-0"),
            ("PATCH", "*/virtualMachines/w-0"),
        ],
    },
    Verb {
        name: "scale up",
        text: || small(2, DISK),
        nodes: &["w-0", "w-1"],
        writes: [
            ("PUT", "*/publicIPAddresses/w-1-ipv4"),
            ("PUT", "*/networkInterfaces/w-1-nic"),
            ("PUT", "*/virtualMachines/w-1"),
        ],
    },
    Verb {
        name: "restart",
        text: || pool(&format!("node_count = 2\nsku = \"D4s_v5\"\n{DISK}")),
        nodes: &["w-0", "w-1"],
        writes: [
            ("POST", "*/virtualMachines/w-0/deallocate"),
            ("POST", "*/virtualMachines/w-0/start"),
            ("POST", "*/virtualMachines/w-1/start"),
        ],
    },
    Verb {
        name: "replace",
        text: || {
            pool(&format!("node_count = 2\nsku = \"D4s_v5\"\n{DISK}replace_nodes = {{ \"w-1\" = \"1\" }}"))
        },
        nodes: &["w-0", "w-1"],
        writes: [
            ("DELETE", "*/virtualMachines/w-1"),
            ("PUT", "*/virtualMachines/w-1"),
            ("PATCH", "*/virtualMachines/w-1"),
        ],
    },
    Verb {
        name: "scale down",
        text: || pool(&format!("sku = \"D4s_v5\"\n{DISK}")),
        nodes: &["w-0"],
        writes: [
            ("DELETE", "*/virtualMachines/w-1"),
            ("DELETE", "*/networkInterfaces/w-1-nic"),
            ("DELETE", "*/publicIPAddresses/w-1-ipv4"),
        ],
    },
    Verb {
        name: "delete",
        text: String::new,
        nodes: &[],
        writes: [
            ("DELETE", "*/virtualMachines/w-0"),
            ("DELETE", "*/networkInterfaces/w-0-nic"),
            ("DELETE", "*/publicIPAddresses/w-0-ipv4"),
        ],
    },
];

/// Whether a request is the write that was struck.
fn is(request: &Request, (method, path): (&str, &str)) -> bool {
    let end = path.trim_start_matches('*').to_lowercase();
    request.method == method && request.path.to_lowercase().ends_with(&end)
}

/// Applies with a fault, then without.
fn strike(world: &World, folder: &Folder<'_>, write: (&str, &str), fault: Fault) {
    let (method, path) = write;
    let when = json!({ "method": method, "path": path });
    let always = json!({ "method": method, "path": path, "times": 0 });
    world.restart_counter();
    let apply = ["apply", "-auto-approve", "-no-color"];
    match fault {
        Fault::Kill => {
            let again = json!({ "method": method, "path": path, "nth": 2, "times": 0 });
            world.faults(&json!([{ "when": when, "do": "cut_after" }, { "when": again, "do": "hang" }]));
            let mut killed = false;
            folder
                .run_with(&apply, |group| {
                    if !killed && world.requests().iter().any(|one| is(one, write)) {
                        signal_group(group, "KILL");
                        killed = true;
                    }
                })
                .failed();
            assert!(killed);
        }
        Fault::Refused => {
            let answer = json!({ "status": 403, "code": "RequestDisallowedByPolicy", "message": "not here" });
            world.faults(&json!([{ "when": always, "do": { "answer": answer } }]));
            folder.run(&apply).failed();
        }
        Fault::Failed => {
            let ending = json!({ "status": "Failed", "code": "Test", "message": "as the script says" });
            world.faults(&json!([{ "when": always, "do": { "operation": ending } }]));
            folder.run(&apply).failed();
        }
    }
    assert!(world.requests().iter().any(|one| is(one, write)), "{write:?} was not sent");
    world.faults(&json!([]));
    folder.apply().succeeded();
}

/// Each verb of a pool's life goes wrong once, at the place that the round gives it.
fn life(world: &World, folder: &Folder<'_>, round: usize) {
    write(folder, "");
    folder.apply().succeeded();
    let network = world.objects();
    for (index, verb) in LIFE.iter().enumerate() {
        let place = (index + round) % verb.writes.len();
        let what = verb.writes[place];
        // Tags are answered at once: no operation of theirs can fail.
        let fault = match (place, what.0) {
            (0, _) => Fault::Refused,
            (1, _) => Fault::Kill,
            (_, "PATCH") => Fault::Kill,
            _ => Fault::Failed,
        };
        let case = format!("{} {what:?} {fault:?}", verb.name);
        let before = keys(world);
        write(folder, &(verb.text)());
        strike(world, folder, what, fault);
        assert_eq!(machines(world), verb.nodes, "{case}");
        let now = keys(world);
        for (node, key) in &now {
            assert_eq!(&state(folder)["nodes"][node]["ssh_host_key"], key, "{case}: {node}");
            assert_eq!(world.machine(node)["power"], "running", "{case}: {node}");
            let kept = before.iter().find(|(other, _)| other == node).is_none_or(|(_, old)| old == key);
            assert!(kept || (verb.name == "replace" && node == "w-1"), "{case}: {node} was made anew");
        }
        folder.is_settled(&case);
        println!("matrix: bud_node_pool under {} {case}: passed", folder.host_name());
    }
    assert_eq!(world.objects(), network, "what is left of the pool");
    folder.destroy().succeeded();
    world.is_empty("after destroy");
}

/// The machines with the host keys in their tags.
fn keys(world: &World) -> Vec<(String, Value)> {
    let of = |node: String| {
        let key = world.tags(&format!("/virtualMachines/{node}"))["bud:ssh-host-key"].clone();
        (node, key)
    };
    machines(world).into_iter().map(of).collect()
}

#[test]
fn a_life_with_faults_at_its_writes_ends_well() {
    each(|host| {
        // In CI the hosts share the three rounds; the whole matrix has them all with each.
        let rounds: Vec<usize> = match (whole(), host.name) {
            (true, _) => vec![0, 1, 2],
            (false, "tofu") => vec![1],
            (false, _) => vec![0],
        };
        for round in rounds {
            let world = World::prompt();
            let folder = Folder::new(&world, host);
            life(&world, &folder, round);
        }
    });
}
