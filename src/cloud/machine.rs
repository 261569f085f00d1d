//! A pool of machines as it is asked for and as it is seen.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use async_trait::async_trait;

use super::{CloudError, Mark, Owner, Quota, SkuSeen};
use crate::outcome::Presence;
use crate::secret::Secret;
use crate::time::Patience;

/// Kind of a managed disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskKind {
    /// Spinning disks.
    Standard,
    /// SSD without a promise of speed.
    StandardSsd,
    /// SSD whose speed grows with its size.
    Premium,
    /// SSD whose speed is chosen; data disks only.
    PremiumV2,
    /// The fastest; data disks only.
    Ultra,
}

/// What becomes of a data disk when its node leaves the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRemove {
    /// It is deleted.
    Delete,
    /// A snapshot is made, then it is deleted.
    Snapshot,
    /// It stays, with its tags, and is no longer ours to touch.
    Keep,
}

/// A data disk of every node of a pool. Its logical unit number is its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDiskPlan {
    /// Name inside the node.
    pub name: String,
    /// Size in GiB.
    pub size_gb: u32,
    /// Kind.
    pub kind: DiskKind,
    /// Logical unit number, 0 to 63, for good.
    pub lun: u8,
    /// What becomes of it with its node.
    pub on_remove: OnRemove,
}

/// Image of a machine's system disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// An image of the cloud's own catalogue.
    Catalogue {
        /// Publisher, such as `Canonical`.
        publisher: String,
        /// Offer, such as `ubuntu-24_04-lts`.
        offer: String,
        /// Plan, such as `server`.
        sku: String,
        /// Version; absent: the newest, resolved when a machine is made.
        version: Option<String>,
    },
    /// An image of the user's, by the cloud's id.
    Id(String),
}

/// One way to get a machine: tried in order, the next one only where this one has no capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The cloud's full name, such as `Standard_NC24ads_A100_v4`.
    pub sku: String,
    /// Zone; absent: the node's own, see [`NodePlan::zone`].
    pub zone: Option<String>,
    /// Spare capacity that the cloud may take back.
    pub spot: bool,
}

/// What happens to a spot machine that the cloud takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnEviction {
    /// It is stopped and keeps its disks.
    Deallocate,
    /// It is deleted.
    Delete,
}

/// Terms for spot machines.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotPlan {
    /// Highest price per hour in US dollars; absent: up to the ordinary price.
    pub max_price: Option<f64>,
    /// What happens at eviction.
    pub on_eviction: OnEviction,
}

/// How disks are encrypted beyond what the cloud does anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// Also the host's caches and temporary disks.
    pub at_host: bool,
    /// The user's key: a disk encryption set.
    pub key_id: Option<String>,
}

/// Identities that a machine has towards the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities {
    /// One of its own.
    pub system: bool,
    /// Ids of the user's.
    pub ids: Vec<String>,
}

/// A pool that shall be: what all its nodes have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolPlan {
    /// Name of the pool.
    pub name: String,
    /// The cloud's id of the network.
    pub network_id: String,
    /// Region.
    pub location: String,
    /// Names of the subnets over which nodes are spread by their number; empty: all of the network.
    pub subnets: Vec<String>,
    /// Name of the network's security group, `default` for its own; or the cloud's id of one.
    pub security_group: String,
    /// `primary`, `server`, `ingress` or `worker`.
    pub role: String,
    /// Ways to get a machine, never empty.
    pub offers: Vec<Offer>,
    /// Terms of the offers that are spot.
    pub spot: Option<SpotPlan>,
    /// Image.
    pub image: Image,
    /// Size of the system disk in GiB.
    pub os_disk_gb: u32,
    /// Kind of the system disk.
    pub os_disk_kind: DiskKind,
    /// Data disks.
    pub data_disks: Vec<DataDiskPlan>,
    /// Encryption.
    pub encryption: Encryption,
    /// Name of the first user.
    pub admin_username: String,
    /// Keys that may log in, in OpenSSH's form.
    pub ssh_public_keys: Vec<String>,
    /// A public IPv4 address for each node.
    pub public_ipv4: bool,
    /// A public IPv6 address for each node.
    pub public_ipv6: bool,
    /// Accelerated networking; absent: what the SKU offers.
    pub accelerated_networking: Option<bool>,
    /// Only signed boot loaders start.
    pub secure_boot: bool,
    /// A virtual TPM where SKU and image have one.
    pub vtpm: bool,
    /// Identities.
    pub identities: Identities,
    /// Reservation from which machines are taken.
    pub capacity_reservation_id: Option<String>,
    /// Proximity placement group (Azure) or placement group (AWS).
    pub placement_group: Option<String>,
    /// The user's tags with the provider's defaults laid below: ours are in `mark`.
    pub tags: BTreeMap<String, String>,
    /// Our own tags; each part also says its node (`bud:node`).
    pub mark: Mark,
    /// What only the configuration knows, kept as tags of each machine for an import; read back in
    /// [`NodeSeen::recorded`].
    pub recorded: BTreeMap<String, String>,
}

/// A node that shall be: what is its own.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Name of node, machine and host.
    pub name: String,
    /// Its number in the pool, from 0.
    pub number: u32,
    /// Zone, where the region has zones and the pool names or spreads over them.
    pub zone: Option<String>,
    /// Fixed private address; absent: the cloud chooses once and it is kept.
    pub private_ipv4: Option<Ipv4Addr>,
    /// Host key that cloud-init lays on a machine that is made now. A machine that is found keeps its own.
    pub host_key: HostKey,
}

/// An SSH host key that we made.
#[derive(Clone, Debug)]
pub struct HostKey {
    /// Public half in OpenSSH's form, without comment.
    pub public: String,
    /// Private half, OpenSSH's PEM.
    pub private: Secret,
}

/// Where a pool is: enough to find all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolPlace {
    /// Name of the pool.
    pub name: String,
    /// The cloud's id of the network.
    pub network_id: String,
    /// Region.
    pub location: String,
}

/// Whether a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs, or is about to.
    Running,
    /// It is stopped, whether or not it still costs money.
    Stopped,
    /// It was spot and the cloud took it back.
    Evicted,
    /// Its making failed: it is of no use and must be removed or made again.
    Failed,
}

/// A data disk as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDiskSeen {
    /// The cloud's id.
    pub id: String,
    /// Size in GiB.
    pub size_gb: u32,
    /// Kind, where it is one that we know.
    pub kind: Option<DiskKind>,
    /// Where the machine sees it; absent: not attached.
    pub lun: Option<u8>,
}

/// A machine as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineSeen {
    /// The cloud's id.
    pub id: String,
    /// The cloud's full name of its kind.
    pub sku: String,
    /// Zone.
    pub zone: Option<String>,
    /// Whether it is spot.
    pub spot: bool,
    /// Highest price of a spot machine.
    pub max_price: Option<f64>,
    /// Whether it runs.
    pub power: Power,
    /// The image with its exact version.
    pub image: Option<Image>,
    /// Size of the system disk in GiB.
    pub os_disk_gb: u32,
    /// Kind of the system disk.
    pub os_disk_kind: Option<DiskKind>,
    /// Name of the first user.
    pub admin_username: String,
    /// Public half of its host key, from its tag.
    pub host_key: Option<String>,
    /// Whether it boots only what is signed.
    pub secure_boot: bool,
    /// Whether it has a virtual TPM.
    pub vtpm: bool,
    /// Identities.
    pub identities: Identities,
    /// Whether the create that made it finished (`bud:state` is `ready`).
    pub finished: bool,
}

/// A node as it is: the parts that exist under its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSeen {
    /// Name.
    pub name: String,
    /// The machine; absent: only other parts of the node are there.
    pub machine: Option<MachineSeen>,
    /// Private IPv4 address of its card.
    pub private_ipv4: Option<Ipv4Addr>,
    /// Private IPv6 address of its card.
    pub private_ipv6: Option<Ipv6Addr>,
    /// Public IPv4 address.
    pub public_ipv4: Option<Ipv4Addr>,
    /// Public IPv6 address.
    pub public_ipv6: Option<Ipv6Addr>,
    /// Name of its subnet.
    pub subnet: Option<String>,
    /// Name of its security group, as in `PoolPlan`.
    pub security_group: Option<String>,
    /// Whether its card has accelerated networking.
    pub accelerated_networking: bool,
    /// Data disks by the name inside the node.
    pub data_disks: BTreeMap<String, DataDiskSeen>,
    /// All tags of the machine (without one, of the card) but ours (`bud:`).
    pub tags: BTreeMap<String, String>,
    /// Our tags, where it carries them.
    pub mark: Option<Mark>,
    /// What only the configuration knew, for import.
    pub recorded: BTreeMap<String, String>,
    /// Value of the machine's tag `bud:cluster`: it is a member of a cluster and must leave it before it is
    /// stopped or deleted.
    pub cluster: Option<String>,
    /// Ids of all parts that exist.
    pub parts: Vec<String>,
}

/// Something that stands where a part of the plan would go, or is left of an earlier create of this pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartFound {
    /// Node that it belongs to.
    pub node: String,
    /// What it is, in the cloud's noun, such as `network interface`.
    pub noun: &'static str,
    /// The cloud's id.
    pub id: String,
    /// Whether it is ours to take over; else why not.
    pub ours: Result<(), String>,
}

/// How a node shall be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRemoval {
    /// Only parts with one of these owners are touched; empty: parts of this pool whatever their owner.
    pub owners: Vec<Owner>,
    /// Type and name, as in [`Mark::resource`].
    pub resource: String,
    /// Only machine and system disk go; card, addresses and data disks wait for the next machine.
    pub machine_only: bool,
    /// What becomes of each data disk, by its name inside the node; those that are not named are deleted.
    pub data_disks: BTreeMap<String, OnRemove>,
}

/// A change of one node's machine in place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeChange {
    /// Stop, resize to this SKU, start again.
    pub sku: Option<String>,
    /// Stop, grow the system disk to this size in GiB, start again: for clouds that refuse it while the
    /// machine runs.
    pub os_disk_gb: Option<u32>,
    /// Stop, give a spot machine these terms, start again: for clouds that refuse another price while the
    /// machine runs.
    pub spot: Option<SpotPlan>,
    /// A stopped or evicted machine is started.
    pub start: bool,
}

/// Machines of one account.
#[async_trait]
pub trait Machines: Send + Sync {
    /// The region of a network.
    async fn location_of(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Presence<String>, CloudError>;

    /// The ranges of each subnet of a network, by subnet name.
    async fn subnet_ranges(
        &self,
        network_id: &str,
        patience: &Patience,
    ) -> Result<Presence<BTreeMap<String, Vec<ipnet::IpNet>>>, CloudError>;

    /// The id that the machine of a node will have, where it is known beforehand. Pure.
    fn machine_id(&self, place: &PoolPlace, node: &str) -> Option<String>;

    /// All that exists of a pool, by node name: parts whose tags say `mark.resource` of this network,
    /// whatever their owner, and machines under the given names. One paged list for each resource type
    /// and resource group serves all pools of the process for a few seconds; a thing that a list
    /// lacks although `expected` names its node is asked for by itself, because a list lags.
    async fn look(
        &self,
        place: &PoolPlace,
        resource: &str,
        expected: &[String],
        patience: &Patience,
    ) -> Result<BTreeMap<String, NodeSeen>, CloudError>;

    /// What already stands where the parts of these nodes would go.
    async fn find(
        &self,
        pool: &PoolPlan,
        nodes: &[String],
        patience: &Patience,
    ) -> Result<Vec<PartFound>, CloudError>;

    /// Makes one node or finishes a half-made one: parts that are ours are taken over (owner rewritten,
    /// brought to the plan), a machine that failed or does not fit is removed first, strangers are
    /// refused before anything is made. Offers are tried in order on capacity errors only. Ends when the
    /// machine runs and its tags say `ready`. May run for many nodes at once.
    async fn create(
        &self,
        pool: &PoolPlan,
        node: &NodePlan,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError>;

    /// Brings one node from one plan to another, in place and without a restart: tags, security group,
    /// public addresses, bigger disks, new data disks, spot price, identities. A request only for what
    /// differs or has drifted.
    async fn update(
        &self,
        from: &PoolPlan,
        to: &PoolPlan,
        seen: &NodeSeen,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError>;

    /// Changes of a machine that stop it for a while.
    async fn restart(
        &self,
        place: &PoolPlace,
        node: &str,
        change: &NodeChange,
        patience: &Patience,
    ) -> Result<NodeSeen, CloudError>;

    /// Removes one node in the cloud's order and returns what was kept. What is not there any more is no
    /// error.
    async fn remove(
        &self,
        place: &PoolPlace,
        node: &str,
        removal: &NodeRemoval,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError>;

    /// Takes the owner off all parts of a node, so that a create that follows takes them over; returns
    /// their ids.
    async fn let_go(
        &self,
        place: &PoolPlace,
        node: &str,
        owner: &Owner,
        patience: &Patience,
    ) -> Result<Vec<String>, CloudError>;

    /// Removes what no single node owns and no pool uses any more (availability set).
    async fn tidy(&self, place: &PoolPlace, resource: &str, patience: &Patience) -> Result<(), CloudError>;

    /// The last lines of a machine's serial console; absent where the cloud has none yet.
    async fn console(
        &self,
        place: &PoolPlace,
        node: &str,
        patience: &Patience,
    ) -> Result<Option<String>, CloudError>;

    /// Kinds of machine in a region; asked once per process.
    async fn skus(&self, location: &str, patience: &Patience) -> Result<Arc<Vec<SkuSeen>>, CloudError>;

    /// The account's counters in a region; asked anew for each plan, kept for a few seconds.
    async fn quotas(&self, location: &str, patience: &Patience) -> Result<Arc<Vec<Quota>>, CloudError>;
}
