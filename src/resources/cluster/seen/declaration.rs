//! The arguments of `data.bud_cluster` and what it gives.

use std::collections::BTreeMap;

use crate::schema::{Attributes, Block, DataSource, Rule as Plan, declare, merge};
use crate::secret::Secret;

declare! {
    /// Which cluster is meant.
    pub struct ClusterSeenSpec {
        /// Kubeconfig of the cluster. By default what the provider's `kubernetes` block says, else `KUBECONFIG`.
        kubeconfig: Option<Secret> = Plan::plain(),
    }
}

declare! {
    /// A taint.
    pub struct TaintSeen {
        /// Key.
        key: String = Plan::plain(),
        /// Value; null where it has none.
        value: Option<String> = Plan::plain(),
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        effect: String = Plan::plain(),
    }
}

declare! {
    /// How full a node's file systems are in percent, as the node reported it last. Null where it reports nothing.
    pub struct DisksSeen {
        /// The one of `/`.
        root: Option<i64> = Plan::plain(),
        /// The one of `/boot`.
        boot: Option<i64> = Plan::plain(),
        /// The one that holds images, volumes and etcd.
        k3s: Option<i64> = Plan::plain(),
    }
}

declare! {
    /// A node.
    pub struct NodeSeen {
        /// Whether its kubelet says that it is ready.
        ready: bool = Plan::plain(),
        /// Why it is not ready, in the cluster's words; null where it is.
        not_ready_reason: Option<String> = Plan::plain(),
        /// Whether new pods may come to it: false while it is cordoned.
        schedulable: bool = Plan::plain(),
        /// What it lacks, in the cluster's words: `DiskPressure`, `MemoryPressure`, `PIDPressure`,
        /// `NetworkUnavailable`.
        pressures: Vec<String> = Plan::plain(),
        /// Its roles, such as `control-plane`, `etcd`.
        roles: Vec<String> = Plan::plain(),
        /// Its addresses inside the network.
        internal_addresses: Vec<String> = Plan::plain(),
        /// Its addresses outside of it.
        external_addresses: Vec<String> = Plan::plain(),
        /// Version of Kubernetes that it runs, such as `v1.36.3+k3s1`.
        kubernetes_version: Option<String> = Plan::plain(),
        /// Its kernel.
        kernel_version: Option<String> = Plan::plain(),
        /// Its operating system.
        os: Option<String> = Plan::plain(),
        /// What runs its containers, such as `containerd://2.1.4`.
        container_runtime: Option<String> = Plan::plain(),
        /// Its instruction set, such as `amd64`.
        architecture: Option<String> = Plan::plain(),
        /// GPUs that pods can ask for: whole ones and instances of cut ones.
        gpus: i64 = Plan::plain(),
        /// Version of its NVIDIA driver, as the node reported it; null where it reports none.
        nvidia_driver: Option<String> = Plan::plain(),
        /// The system that it runs, as a path of the Nix store; null where it reports none.
        system: Option<String> = Plan::plain(),
        /// The system that it has started with; another one than `system` waits for a restart.
        booted_system: Option<String> = Plan::plain(),
        /// How full its disks are, in percent.
        disks: DisksSeen = Plan::plain(),
        /// Its labels.
        labels: BTreeMap<String, String> = Plan::plain(),
        /// Its taints.
        taints: Vec<TaintSeen> = Plan::plain(),
        /// When it registered, RFC 3339.
        created_at: Option<String> = Plan::plain(),
    }
}

declare! {
    /// A snapshot of etcd.
    pub struct SnapshotSeen {
        /// Node that took it; `s3` for one that is kept in a bucket only.
        node: Option<String> = Plan::plain(),
        /// Where it lies.
        location: Option<String> = Plan::plain(),
        /// Its size in bytes, in Kubernetes' notation of quantities.
        size: Option<String> = Plan::plain(),
        /// When it was taken, RFC 3339.
        created_at: Option<String> = Plan::plain(),
        /// Whether it can be restored.
        ready: bool = Plan::plain(),
        /// Why it was not taken; null where it was.
        error: Option<String> = Plan::plain(),
    }
}

declare! {
    /// What the cluster says.
    pub struct ClusterSeenStatus {
        /// Whether the cluster answered.
        reachable: bool = Plan::plain(),
        /// Why it did not, or may not be asked; null where it answered.
        reason: Option<String> = Plan::plain(),
        /// Address of its API, as the kubeconfig says it.
        endpoint: Option<String> = Plan::plain(),
        /// What tells it from any other cluster: the uid of its namespace `kube-system`. Null where the user may
        /// not read that.
        cluster_uid: Option<String> = Plan::plain(),
        /// Version of its API server, such as `v1.36.3+k3s1`.
        kubernetes_version: Option<String> = Plan::plain(),
        /// Its nodes by name; empty where it did not answer.
        nodes: BTreeMap<String, NodeSeen> = Plan::plain(),
        /// Names of the nodes that are members of etcd.
        etcd_members: Vec<String> = Plan::plain(),
        /// Snapshots of etcd by name. Empty where there are none, and in clusters that are not k3s.
        snapshots: BTreeMap<String, SnapshotSeen> = Plan::plain(),
    }
}

/// The declaration of `data.bud_cluster`.
#[must_use]
pub(in crate::resources) fn source() -> DataSource {
    DataSource {
        block: Block {
            version: 0,
            doc: "What a Kubernetes cluster says of itself now: its nodes with readiness, versions, GPUs, taints and \
                  disk use, members and snapshots of etcd. It never waits for a cluster and never fails for one that \
                  does not answer: `reachable` is false then, and `reason` says why. Nodes of NixOS report their \
                  system and disk use themselves; elsewhere these are null.",
            attributes: merge(ClusterSeenSpec::attributes(), ClusterSeenStatus::attributes()),
        },
    }
}
