//! `bud_node_pool` under real hosts.

mod bad_input;
mod changes;
mod life;
mod losses;
mod matrix;
mod offers;
mod unfinished;

use std::collections::BTreeSet;

use serde_json::Value;

use super::host::Folder;
use super::{World, each};

/// Who may log in.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea me";

/// The network, in a region with zones.
const NET: &str =
    "resource \"bud_network\" \"lab\" {\n  name     = \"lab\"\n  location = \"westeurope\"\n}\n";

/// Writes a configuration with the network and what else is given.
fn write(folder: &Folder<'_>, rest: &str) {
    folder.write("  environment = \"ci-1\"", &format!("{NET}{rest}"));
}

/// A pool `bud_node_pool.w`, whose name, role and network the arguments may give.
fn pool(arguments: &str) -> String {
    let mut text = format!("resource \"bud_node_pool\" \"w\" {{\n  ssh_public_keys = [\"{KEY}\"]\n");
    for (name, value) in [("name", "\"w\""), ("role", "\"worker\""), ("network_id", "bud_network.lab.id")] {
        if !arguments.lines().any(|line| line.split_whitespace().next() == Some(name)) {
            text.push_str(&format!("  {name} = {value}\n"));
        }
    }
    format!("{text}{arguments}\n}}\n")
}

/// The same with so many nodes of a small type.
fn small(count: u32, arguments: &str) -> String {
    pool(&format!("node_count = {count}\nsku = \"D2s_v5\"\n{arguments}"))
}

/// The attributes of the pool in the state, null where it is not there.
fn state(folder: &Folder<'_>) -> Value {
    let Ok(text) = std::fs::read(folder.path("terraform.tfstate")) else { return Value::Null };
    let state: Value = serde_json::from_slice(&text).unwrap();
    let mut resources = state["resources"].as_array().unwrap().iter();
    let found = resources.find(|one| one["type"] == "bud_node_pool");
    found.map_or(Value::Null, |one| one["instances"][0]["attributes"].clone())
}

/// Names of the machines that exist.
fn machines(world: &World) -> Vec<String> {
    let objects = world.objects();
    let machines = objects.iter().filter(|id| id.contains("/virtualMachines/"));
    let mut names: Vec<String> = machines.map(|id| id.rsplit('/').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Saves a plan, and gives what it changes.
#[track_caller]
fn planned(folder: &Folder<'_>) -> Vec<Value> {
    folder.run(&["plan", "-no-color", "-out=saved"]).succeeded();
    let shown = folder.run(&["show", "-json", "saved"]).succeeded();
    let plan: Value = serde_json::from_str(&shown.stdout).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    changes.filter(|one| one["change"]["actions"] != serde_json::json!(["no-op"])).cloned().collect()
}

/// Applies the plan that was saved, and gives what was written for it.
#[track_caller]
fn applied(world: &World, folder: &Folder<'_>) -> Vec<String> {
    world.restart_counter();
    folder.run(&["apply", "-no-color", "saved"]).succeeded();
    world.writes()
}

/// Applies a configuration, an update in place, and gives what was written for it.
#[track_caller]
fn updates(world: &World, folder: &Folder<'_>, rest: &str) -> Vec<String> {
    write(folder, rest);
    world.restart_counter();
    folder.apply().succeeded().says("0 added, 1 changed, 0 destroyed");
    world.writes()
}

/// The places of a planned object that are not known yet, as `nodes.w-1.id`.
fn unknown(change: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, place: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Bool(true) => {
                found.insert(place.trim_start_matches('.').to_owned());
            }
            Value::Object(parts) => {
                for (name, part) in parts {
                    walk(part, &format!("{place}.{name}"), found);
                }
            }
            Value::Array(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    walk(part, &format!("{place}.{index}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&change["change"]["after_unknown"], "", &mut found);
    found
}

/// Fails unless everything that was written concerns one of these.
#[track_caller]
fn only(writes: &[String], of: &[&str]) {
    let strange: Vec<&String> =
        writes.iter().filter(|one| !of.iter().any(|part| one.contains(part))).collect();
    assert!(strange.is_empty() && !writes.is_empty(), "only {of:?} should be touched: {writes:#?}");
}

/// The machines that were stopped and started, in order.
fn restarts(writes: &[String]) -> Vec<String> {
    writes.iter().filter(|one| one.starts_with("POST ")).cloned().collect()
}

/// What stopping and starting these one after another looks like.
fn one_by_one(nodes: &[&str]) -> Vec<String> {
    let steps = |node: &&str| ["deallocate", "start"].map(|what| format!("POST {node}/{what}"));
    nodes.iter().flat_map(steps).collect()
}
