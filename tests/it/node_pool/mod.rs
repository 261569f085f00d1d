//! `bud_node_pool` in the hands of our own host.

mod bad_input;
mod changes;
mod interrupted;
mod life;
mod lists;
mod losses;
mod offers;

use serde_json::{Value as Json, json};

use crate::harness::host::{Host, Plan, Processes};
use crate::harness::judge::Action;
use crate::harness::world::{Ledger, World};

pub(crate) const NETWORK: &str = "bud_network.this";
pub(crate) const POOL: &str = "bud_node_pool.this";

/// A network in a region with zones.
pub(crate) const NET: &str = "name = \"net\"\nlocation = \"westeurope\"\n";

/// The id of that network.
pub(crate) const NET_ID: &str = "azure:/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net";

/// What every pool here has.
pub(crate) const COMMON: &str = r#"
network_id      = "azure:/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net"
ssh_public_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea me"]
"#;

/// A pool of workers with further arguments.
pub(crate) fn workers(arguments: &str) -> String {
    format!("name = \"w\"\nrole = \"worker\"\n{COMMON}{arguments}\n")
}

/// The same with two nodes of a small type.
pub(crate) fn two(arguments: &str) -> String {
    workers(&format!("node_count = 2\nsku = \"D2s_v5\"\n{arguments}"))
}

/// A world in which the network stands, and its ids.
pub(crate) async fn begin(processes: Processes) -> (World, Host, Vec<String>) {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), processes).await;
    let ids = network(&world, &mut host).await;
    (world, host, ids)
}

/// Makes the network, and gives the ids of what stands then.
pub(crate) async fn network(world: &World, host: &mut Host) -> Vec<String> {
    assert_eq!(host.apply(NETWORK, NET).await.done(), Action::Create);
    world.ledger().await.ids().into_iter().map(str::to_owned).collect()
}

/// A world in which a pool stands.
pub(crate) async fn standing(text: &str) -> (World, Host, Vec<String>) {
    let (world, mut host, ids) = begin(Processes::Shared).await;
    assert_eq!(host.apply(POOL, text).await.done(), Action::Create);
    (world, host, ids)
}

/// Plans an update, applies it, and looks that nothing is left to do.
pub(crate) async fn updates(host: &mut Host, text: &str) -> Plan {
    let plan = host.plan(POOL, text).await.unwrap_or_else(|found| panic!("{text}\n{found:?}"));
    assert_eq!(plan.action, Action::Update, "{text}");
    assert_eq!(host.apply_plan(plan.clone()).await.done(), Action::Update, "{text}");
    is_settled(host, text).await;
    plan
}

/// Fails unless there is nothing to do.
pub(crate) async fn is_settled(host: &mut Host, text: &str) {
    let plan = host.plan(POOL, text).await.unwrap_or_else(|found| panic!("{text}\n{found:?}"));
    assert!(plan.is_empty(), "{text}: the second plan\n{:?}\n{:?}", plan.before, plan.after);
}

/// Destroys the pool: what stood before it stands, and nothing else.
pub(crate) async fn goes(world: &World, host: &mut Host, before: &[String]) {
    host.destroy(POOL).await.done();
    assert_eq!(host.instance(POOL), None);
    assert_eq!(world.ledger().await.ids(), before, "something of the pool is left");
}

/// Names of the machines that exist.
pub(crate) fn machines(ledger: &Ledger) -> Vec<String> {
    let machines = ledger.objects.iter().filter(|one| one.kind.ends_with("/virtualMachines"));
    let mut names: Vec<String> =
        machines.map(|one| one.id.rsplit('/').next().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// What was asked to change, in brief: method, type and name.
pub(crate) fn writes(ledger: &Ledger) -> Vec<String> {
    let brief = |path: &str| {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        parts.get(6..).map(|rest| rest.join("/")).unwrap_or_else(|| parts.join("/"))
    };
    ledger
        .requests
        .iter()
        .filter(|one| one.changes())
        .map(|one| format!("{} {}", one.method, brief(one.path.split('?').next().unwrap_or_default())))
        .collect()
}

/// A machine as it is inside.
pub(crate) async fn inside(world: &World, node: &str) -> Json {
    world.machine(node).await
}

/// A script by which machines of a type have no room.
pub(crate) fn no_room(sku: &str, error: &str) -> Json {
    json!({ "rules": [], "capacity": [{ "sku": sku, "times": 0, "error": error }] })
}
