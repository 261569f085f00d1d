//! Stored states of each version that was ever released: later versions must read them. A file is written once,
//! when its version has none, and never again: `BUD_GOLDEN=write` leaves those that are there alone.

use serde_json::{Value as Json, json};

use super::{path, writing};
use crate::harness::host::{Host, Instance, Processes};
use crate::harness::world::World;

const NETWORK: (&str, &str) = (
    "bud_network.this",
    r#"
name            = "net"
location        = "westeurope"
nat_gateway     = true
tags            = { team = "bud" }
timeouts        = { create = "20m" }
ssh_sources     = ["203.0.113.0/24"]
security_groups = { gpu = { rules = { a = { priority = 100, ports = ["22", "8000-9000"] } } } }
subnets         = {
  budk8s-common = { ipv4_cidr = "10.177.2.0/24", ipv6_cidr = "fd12:babe:cafe:2::/64" }
  zonal         = { ipv4_cidr = "10.177.8.0/24", zone = "1" }
}
"#,
);

const POOL: (&str, &str) = (
    "bud_node_pool.this",
    r#"
name            = "w"
role            = "worker"
network_id      = "azure:/subscriptions/5b1d0000-0000-4000-8000-000000000001/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net"
ssh_public_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea me"]
node_count      = 2
offers          = [{ sku = "D2s_v5" }, { sku = "D4s_v5" }]
data_disks      = [{ name = "a", size_gb = 16 }]
security_group  = "gpu"
tags            = { team = "bud" }
labels          = { tier = "a" }
"#,
);

/// Owner of the parts in a stored file; that of the world takes its place.
const OWNER: &str = "OWNER";

/// What a state file holds of an object.
fn stored(instance: &Instance) -> Json {
    let mut private: Json = serde_json::from_slice(&instance.private).unwrap();
    assert!(private["owner"].is_string(), "{private}");
    private["owner"] = json!(OWNER);
    json!({
        "version": instance.version,
        "attributes": serde_json::from_str::<Json>(&instance.json).unwrap(),
        "private": private,
        "identity": instance.identity.as_ref().map(|one| serde_json::from_str::<Json>(one).unwrap()),
    })
}

/// The object as a host has it that stored it so, whose parts carry this owner.
fn instance(stored: &Json, owner: &str) -> Instance {
    Instance {
        json: stored["attributes"].to_string(),
        version: stored["version"].as_i64().unwrap(),
        private: stored["private"].to_string().replace(OWNER, owner).into_bytes(),
        identity: (!stored["identity"].is_null()).then(|| stored["identity"].to_string()),
        tainted: false,
    }
}

/// The stored states of a resource, by version.
fn files(name: &str) -> Vec<(i64, Json)> {
    let read = |version| std::fs::read_to_string(path(&format!("states/{name}.v{version}.json"))).ok();
    let known = (0..).map_while(|version| Some((version, read(version)?)));
    known.map(|(version, text)| (version, serde_json::from_str(&text).unwrap())).collect()
}

/// With the objects in a world, each stored state of one of them is read, planned to nothing, and destroyed.
async fn are_read(objects: &[(&str, &str)]) {
    let (address, text) = *objects.last().unwrap();
    let name = address.split('.').next().unwrap();
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    for (address, text) in objects {
        host.apply(address, text).await.done();
    }
    let now = host.instance(address).unwrap().clone();
    let file = path(&format!("states/{name}.v{}.json", now.version));
    if writing() && !file.exists() {
        std::fs::write(&file, format!("{:#}\n", stored(&now))).unwrap();
    }
    let files = files(name);
    let newest = files.last().map(|(version, _)| *version);
    assert_eq!(
        newest,
        Some(now.version),
        "no state of this version is kept: BUD_GOLDEN=write scripts/test goldens"
    );
    let owner: Json = serde_json::from_slice::<Json>(&now.private).unwrap()["owner"].clone();
    let standing = host.state();
    for (version, kept) in files {
        let mut state = standing.clone();
        state.get_mut(address).unwrap().current = Some(instance(&kept, owner.as_str().unwrap()));
        host.restore(state);
        let plan =
            host.plan(address, text).await.unwrap_or_else(|found| panic!("version {version}: {found:?}"));
        assert!(plan.is_empty(), "version {version}: {:?}\n{:?}", plan.before, plan.after);
        // Every attribute that was stored and still exists means what it meant.
        host.refresh(address).await.unwrap();
        let json: Json = serde_json::from_str(&host.instance(address).unwrap().json).unwrap();
        for (attribute, value) in kept["attributes"].as_object().unwrap() {
            let random = attribute == "nodes";
            assert!(
                random || json.get(attribute).is_none_or(|now| now == value),
                "{version}: {attribute}: {json:#}"
            );
        }
    }
    // The last of them still owns what stands.
    for (address, _) in objects.iter().rev() {
        host.destroy(address).await.done();
    }
    assert_eq!(world.ledger().await.ids(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_networks_are_read() {
    are_read(&[NETWORK]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_pools_are_read() {
    are_read(&[NETWORK, POOL]).await;
}
