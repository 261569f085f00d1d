//! Pools and nodes for the room's machines, in a network that stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bud::cloud::azure::Azure;
use bud::cloud::{
    Cloud, CloudError, DataDiskPlan, DiskKind, Encryption, HostKey, Identities, Image, Machines, Mark,
    NodePlan, NodeRemoval, NodeSeen, Offer, OnRemove, Owner, PoolPlace, PoolPlan,
};
use bud::ssh::host_key;
use bud::time::Patience;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, plan as network_plan};

pub(crate) const CPU: &str = "Standard_D4s_v5";
pub(crate) const GPU: &str = "Standard_NC24ads_A100_v4";
pub(crate) const RESOURCE: &str = "bud_node_pool/gpu";

/// A simulator with a network in it.
pub(crate) struct Field {
    pub(crate) bench: Bench,
    pub(crate) network: String,
    pub(crate) location: String,
}

impl Field {
    pub(crate) async fn new() -> Self {
        Self::at(f64::INFINITY, "westeurope").await
    }

    pub(crate) async fn at(speed: f64, location: &str) -> Self {
        let bench = Bench::at(speed).await;
        let mut field = Self { bench, network: String::new(), location: location.to_owned() };
        field.network = field.lay().await;
        field
    }

    /// The network, made anew after a reset.
    async fn lay(&self) -> String {
        let mut plan = network_plan("net");
        plan.location.clone_from(&self.location);
        let made = self.bench.create(&plan).await.unwrap();
        self.bench.recount().await;
        made.id
    }

    pub(crate) async fn reset(&self) {
        self.bench.reset().await;
        self.lay().await;
    }

    /// The room as a new process has it.
    pub(crate) fn machines(&self) -> Arc<dyn Machines> {
        Azure::new(self.bench.settings()).unwrap().machines()
    }

    pub(crate) fn place(&self) -> PoolPlace {
        PoolPlace {
            name: "gpu".to_owned(),
            network_id: self.network.clone(),
            location: self.location.clone(),
        }
    }

    pub(crate) async fn create(&self, plan: &PoolPlan, node: &NodePlan) -> Result<NodeSeen, CloudError> {
        self.machines().create(plan, node, &patience()).await
    }

    pub(crate) async fn remove(&self, node: &str, removal: &NodeRemoval) -> Result<Vec<String>, CloudError> {
        self.machines().remove(&self.place(), node, removal, &patience()).await
    }

    pub(crate) async fn look(&self, expected: &[&str]) -> BTreeMap<String, NodeSeen> {
        let expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        self.machines().look(&self.place(), RESOURCE, &expected, &patience()).await.unwrap()
    }

    /// Ids of everything but the network, by their last two words.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let short = |id: &String| {
            id.rsplitn(3, '/').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/")
        };
        let machine = [
            "virtualMachines",
            "networkInterfaces",
            "publicIPAddresses",
            "disks",
            "availabilitySets",
            "snapshots",
        ];
        let all: Vec<String> = self.bench.objects().await.iter().map(short).collect();
        let mut own: Vec<String> = all
            .into_iter()
            .filter(|id| machine.iter().any(|kind| id.starts_with(&format!("{kind}/"))))
            .collect();
        own.sort_unstable();
        own
    }

    /// A machine as it is inside.
    pub(crate) async fn inside(&self, node: &str) -> Value {
        self.bench.control(reqwest::Method::GET, &format!("/machines/{node}"), Value::Null).await
    }

    /// Something that happens to a machine from outside.
    pub(crate) async fn happen(&self, node: &str, what: &str, body: Value) {
        self.bench.control(reqwest::Method::POST, &format!("/machines/{node}/{what}"), body).await;
    }

    pub(crate) async fn capacity(&self, rules: Value) {
        self.bench.control(reqwest::Method::POST, "/faults", json!({ "capacity": rules })).await;
    }

    /// A pool of one kind of machine with a public IPv4 address.
    pub(crate) fn pool(&self, owner: &str) -> PoolPlan {
        PoolPlan {
            name: "gpu".to_owned(),
            network_id: self.network.clone(),
            location: self.location.clone(),
            subnets: Vec::new(),
            security_group: "default".to_owned(),
            role: "worker".to_owned(),
            offers: vec![offer(CPU, None)],
            spot: None,
            image: Image::Catalogue {
                publisher: "Canonical".to_owned(),
                offer: "ubuntu-24_04-lts".to_owned(),
                sku: "server".to_owned(),
                version: None,
            },
            os_disk_gb: 64,
            os_disk_kind: DiskKind::Premium,
            data_disks: Vec::new(),
            encryption: Encryption::default(),
            admin_username: "bud".to_owned(),
            ssh_public_keys: vec![host_key::HostKey::draw().unwrap().public],
            public_ipv4: true,
            public_ipv6: false,
            accelerated_networking: None,
            secure_boot: false,
            vtpm: true,
            identities: Identities::default(),
            capacity_reservation_id: None,
            placement_group: None,
            tags: BTreeMap::from([("team".to_owned(), "ops".to_owned())]),
            mark: Mark {
                environment: None,
                resource: RESOURCE.to_owned(),
                owner: Owner(owner.to_owned()),
                expires_at: None,
            },
            recorded: BTreeMap::from([("role".to_owned(), "worker".to_owned())]),
        }
    }

    /// The same with all that a node can have.
    pub(crate) fn rich(&self, owner: &str) -> PoolPlan {
        PoolPlan {
            data_disks: vec![disk("pg", 128, 0), disk("wal", 32, 1)],
            public_ipv6: true,
            identities: Identities { system: true, ids: Vec::new() },
            ..self.pool(owner)
        }
    }
}

pub(crate) fn offer(sku: &str, zone: Option<&str>) -> Offer {
    Offer { sku: sku.to_owned(), zone: zone.map(str::to_owned), spot: false }
}

pub(crate) fn disk(name: &str, size_gb: u32, lun: u8) -> DataDiskPlan {
    DataDiskPlan { name: name.to_owned(), size_gb, kind: DiskKind::Premium, lun, on_remove: OnRemove::Delete }
}

pub(crate) fn node(number: u32) -> NodePlan {
    let key = host_key::HostKey::draw().unwrap();
    NodePlan {
        name: format!("gpu-{number}"),
        number,
        zone: None,
        private_ipv4: None,
        host_key: HostKey { public: key.public, private: key.private },
    }
}

pub(crate) fn removal(owner: &str) -> NodeRemoval {
    NodeRemoval {
        owners: vec![Owner(owner.to_owned())],
        resource: RESOURCE.to_owned(),
        machine_only: false,
        data_disks: BTreeMap::new(),
    }
}

pub(crate) fn patience() -> Patience {
    Patience::new(Duration::from_secs(120), CancellationToken::new())
}
