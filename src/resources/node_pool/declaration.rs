//! The arguments of `bud_node_pool` and what it gives.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::schema::{Attributes, Block, IdentityAttribute, Resource, Rule as Plan, Timeouts, declare, merge};
use crate::value::Kind;

declare! {
    /// One way to get a machine.
    pub struct Offer {
        /// Machine type, or a class.
        sku: String = Plan::plain(),
        /// Zone; by default that which the pool's `zones` give the node.
        zone: Option<String> = Plan::plain(),
        /// Spare capacity, which the cloud may take back at any time.
        spot: bool = Plan::default_to(false),
    }
}

declare! {
    /// Terms for spot machines.
    pub struct Spot {
        /// Highest price per hour in US dollars; by default up to the ordinary price. Azure takes another only
        /// while a machine is stopped: a change restarts the nodes one after another.
        max_price: Option<f64> = Plan::plain(),
        /// What happens when the cloud takes the machine back: `deallocate` (the default) or `delete`.
        on_eviction: String = Plan::one_of(&["deallocate", "delete"]).or("deallocate"),
    }
}

declare! {
    /// The system disk.
    pub struct OsDisk {
        /// Size in GiB. By default 512 with GPUs, else 128 for servers, 64 for ingress nodes and 256 for
        /// workers. It can grow in place and never shrinks.
        size_gb: Option<i64> = Plan::plain(),
        /// Kind: `premium` (the default), `standard_ssd` or `standard`.
        r#type: String = Plan::one_of(&["premium", "standard_ssd", "standard"]).or("premium"),
    }
}

declare! {
    /// A data disk of every node. It belongs to the node's name: a new machine gets it back.
    pub struct DataDisk {
        /// Name inside the node, by which the disk is found again.
        name: String = Plan::plain(),
        /// Size in GiB. It can grow in place and never shrinks.
        size_gb: i64 = Plan::plain(),
        /// Kind: `premium` (the default), `premium_v2`, `ultra`, `standard_ssd` or `standard`.
        r#type: String =
            Plan::one_of(&["premium", "premium_v2", "ultra", "standard_ssd", "standard"]).or("premium"),
        /// Folder where the node's cluster mounts it, such as `/var/lib/models`. The pool itself mounts nothing:
        /// it only keeps it, and a change touches no machine.
        mount: Option<String> = Plan::plain(),
        /// What becomes of it when its node leaves the configuration: `delete` (the default), `snapshot`
        /// (a snapshot is made first) or `keep`.
        on_remove: String = Plan::one_of(&["delete", "snapshot", "keep"]).or("delete"),
    }
}

declare! {
    /// Encryption of the disks beyond what the cloud does anyway.
    pub struct DiskEncryption {
        /// Also the host's caches and temporary disks.
        at_host: bool = Plan::default_to(false),
        /// Id of a disk encryption set, for a key of one's own.
        key_id: Option<String> = Plan::plain(),
    }
}

declare! {
    /// A taint of the Kubernetes node.
    pub struct Taint {
        /// Key.
        key: String = Plan::plain(),
        /// Value.
        value: Option<String> = Plan::plain(),
        /// Effect: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        effect: String = Plan::one_of(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    }
}

declare! {
    /// What the user asks of a pool.
    pub struct PoolSpec {
        /// Name of the pool. Its nodes are called `<name>-0`, `<name>-1`, …: machine, host and Kubernetes node.
        name: String = Plan::replaces(),
        /// Cloud: `azure`. By default the provider's, else `azure`.
        cloud: Option<String> = Plan::one_of(&["azure", "aws", "hosts"]).or_chosen().and_replaces(),
        /// Id of the network, as `bud_network` gives it.
        network_id: Option<String> = Plan::plain(),
        /// Region: always the network's.
        location: Option<String> = Plan::chosen(),
        /// Names of the network's subnets over which the nodes are spread by their number; by default all.
        subnets: Option<Vec<String>> = Plan::plain(),
        /// Security group of the network that all nodes have; by default the network's own.
        security_group: String = Plan::default_to("default"),
        /// What the nodes are: `primary` (founds the cluster), `server`, `ingress` or `worker`.
        role: String = Plan::one_of(&["primary", "server", "ingress", "worker"]),
        /// Number of nodes.
        node_count: i64 = Plan::default_to(1),
        /// Machine type, on Azure with or without `Standard_`, or a class: `gpu-a100` or `cpu`. Either this or
        /// `offers`. A change resizes the nodes one after another where the cloud can, else it holds for new
        /// machines.
        sku: Option<String> = Plan::plain(),
        /// Ways to get a machine, tried in order where the cloud has no capacity. A change holds for new
        /// machines.
        offers: Option<Vec<Offer>> = Plan::plain(),
        /// Zones over which the nodes are spread by their number. A change holds for new machines.
        zones: Option<Vec<String>> = Plan::plain(),
        /// Terms for spot machines; with `sku` it makes the machines spot.
        spot: Option<Spot> = Plan::plain(),
        /// Image: `publisher:offer:sku`, with or without `:version`, or the id of one of your own. By default
        /// Ubuntu 24.04 LTS. The exact version is resolved when a machine is made and is never a change; a
        /// change holds for new machines.
        image: Option<String> = Plan::plain(),
        /// The system disk. A change of its type holds for new machines.
        os_disk: Option<OsDisk> = Plan::plain(),
        /// Data disks of every node.
        data_disks: Option<Vec<DataDisk>> = Plan::plain(),
        /// Encryption of the disks. A change holds for new machines.
        disk_encryption: Option<DiskEncryption> = Plan::plain(),
        /// Name of the first user. A change holds for new machines.
        admin_username: String = Plan::default_to("bud"),
        /// Public keys that may log in, in OpenSSH's form, beside the public half of the provider's `ssh` key;
        /// one of the two is required.
        ssh_public_keys: Option<Vec<String>> = Plan::plain(),
        /// A static public IPv4 address for each node.
        public_ipv4: bool = Plan::default_to(true),
        /// A static public IPv6 address for each node.
        public_ipv6: bool = Plan::default_to(false),
        /// Private IPv4 address of the first node; by default, for the role primary alone, host 69 of its
        /// subnet.
        private_ipv4: Option<String> = Plan::chosen(),
        /// Accelerated networking; by default what the machine type offers. A change holds for new machines.
        accelerated_networking: Option<bool> = Plan::plain(),
        /// Boot only what is signed. NixOS' boot loader is not. A change holds for new machines.
        secure_boot: bool = Plan::default_to(false),
        /// A virtual TPM where machine type and image have one. A change holds for new machines.
        vtpm: bool = Plan::default_to(true),
        /// Identities of the machines towards the cloud: ids, or `"system"` for one of each machine's own.
        identity_ids: Option<Vec<String>> = Plan::plain(),
        /// Id of a capacity reservation from which machines are taken. A change holds for new machines.
        capacity_reservation_id: Option<String> = Plan::plain(),
        /// Id of a proximity placement group. A change holds for new machines.
        placement_group: Option<String> = Plan::plain(),
        /// Labels of the Kubernetes nodes.
        labels: Option<BTreeMap<String, String>> = Plan::plain(),
        /// Taints of the Kubernetes nodes.
        taints: Option<Vec<Taint>> = Plan::plain(),
        /// Names of nodes that shall not exist. Others come in their place; emptying the list changes nothing.
        remove_nodes: Option<Vec<String>> = Plan::plain(),
        /// Node names with any string: a new string makes that node's machine anew, with the same name,
        /// addresses and data disks.
        replace_nodes: Option<BTreeMap<String, String>> = Plan::plain(),
        /// Tags of everything that can carry tags.
        tags: Option<BTreeMap<String, String>> = Plan::plain(),
        /// Time to live, such as `"4h"`, counted from creation or from its last change. By default the
        /// provider's.
        ttl: Option<Duration> = Plan::chosen(),
        /// How long each operation may take.
        timeouts: Option<Timeouts> = Plan::plain(),
    }
}

declare! {
    /// A node. It holds nothing that moves by itself.
    pub struct Node {
        /// Name of node, machine and host.
        name: String = Plan::plain(),
        /// The cloud's id of the machine.
        id: String = Plan::plain(),
        /// Name of the pool.
        pool: String = Plan::plain(),
        /// Role.
        role: String = Plan::plain(),
        /// Machine type, as the cloud writes it.
        sku: String = Plan::plain(),
        /// Zone, where it is in one.
        zone: Option<String> = Plan::plain(),
        /// Private IPv4 address.
        private_ipv4: Option<String> = Plan::plain(),
        /// Private IPv6 address.
        private_ipv6: Option<String> = Plan::plain(),
        /// Public IPv4 address.
        public_ipv4: Option<String> = Plan::plain(),
        /// Public IPv6 address.
        public_ipv6: Option<String> = Plan::plain(),
        /// User to log in as.
        ssh_user: String = Plan::plain(),
        /// Port of SSH.
        ssh_port: i64 = Plan::plain(),
        /// Public host key that the machine must present at the first connection.
        ssh_host_key: Option<String> = Plan::plain(),
        /// Number of GPUs.
        gpu_count: i64 = Plan::plain(),
        /// Model of the GPUs, where it is known.
        gpu_model: Option<String> = Plan::plain(),
        /// Virtual processors.
        vcpus: i64 = Plan::plain(),
        /// Memory in GiB.
        memory_gib: f64 = Plan::plain(),
        /// Labels of the Kubernetes node.
        labels: Option<BTreeMap<String, String>> = Plan::plain(),
        /// Taints of the Kubernetes node.
        taints: Option<Vec<Taint>> = Plan::plain(),
    }
}

declare! {
    /// What the cloud answers.
    pub struct PoolStatus {
        /// The import id: the network's id, `/` and the pool's name.
        id: String = Plan::plain(),
        /// Machine type of the first node.
        chosen_sku: Option<String> = Plan::plain(),
        /// The nodes by name.
        nodes: BTreeMap<String, Node> = Plan::plain(),
        /// State of each node: `running`, `stopped`, `evicted` or `missing`.
        node_states: BTreeMap<String, String> = Plan::plain(),
        /// What each node that lacks something does not have yet: the names of the arguments.
        outdated: BTreeMap<String, String> = Plan::plain(),
        /// The provider's `default_tags` with `tags` laid over them.
        tags_all: BTreeMap<String, String> = Plan::plain(),
        /// When the time to live ends, RFC 3339.
        expires_at: Option<String> = Plan::plain(),
    }
}

/// The declaration of `bud_node_pool`.
#[must_use]
pub(in crate::resources) fn resource() -> Resource {
    Resource {
        block: Block {
            version: 0,
            doc: "Machines of one kind and role. Name, network interface, addresses and data disks belong to the \
                  node's name and outlive its machine; no change of an argument deletes a machine: what cannot be \
                  changed in place holds for machines made later and shows in `outdated`, and `replace_nodes` makes \
                  single nodes anew.",
            attributes: merge(PoolSpec::attributes(), PoolStatus::attributes()),
        },
        identity_version: 0,
        identity: vec![IdentityAttribute {
            name: "id",
            doc: "The import id: the network's id, `/` and the pool's name.",
            kind: Kind::String,
            required: true,
        }],
    }
}
