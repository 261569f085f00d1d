//! The arguments of `data.bud_skus` and what it gives.

use std::collections::BTreeMap;

use crate::schema::{Attributes, Block, DataSource, Rule as Plan, declare, merge};

declare! {
    /// What is asked for.
    pub struct SkusSpec {
        /// Cloud: `azure`. By default the provider's, else `azure`.
        cloud: Option<String> = Plan::one_of(&["azure", "aws"]).or_chosen(),
        /// Region. By default the provider's `location`.
        location: Option<String> = Plan::chosen(),
        /// Only the machine type that stands for a class: `gpu-a100` or `cpu`.
        class: Option<String> = Plan::one_of(&["gpu-a100", "cpu"]),
        /// Only machine types of these names, on Azure with or without `Standard_`. One that the region does
        /// not have is left out.
        names: Option<Vec<String>> = Plan::plain(),
        /// Only machine types that are offered to this account in this zone.
        zone: Option<String> = Plan::plain(),
        /// Only machine types with at least so many GPUs.
        min_gpus: i64 = Plan::default_to(0),
        /// Only machine types of which at least one more can be made now: not restricted, and within the quota.
        available: bool = Plan::default_to(false),
    }
}

declare! {
    /// A machine type as the region offers it to this account.
    pub struct Sku {
        /// The cloud's full name.
        name: String = Plan::plain(),
        /// Class for which it stands, where it does.
        class: Option<String> = Plan::plain(),
        /// Family, whose quota it takes.
        family: String = Plan::plain(),
        /// Virtual processors.
        vcpus: i64 = Plan::plain(),
        /// Memory in GiB.
        memory_gib: f64 = Plan::plain(),
        /// Number of GPUs.
        gpu_count: i64 = Plan::plain(),
        /// Model of the GPUs, where it is known.
        gpu_model: Option<String> = Plan::plain(),
        /// Instruction set: `x64` or `Arm64`.
        architecture: String = Plan::plain(),
        /// Zones in which this account can have it.
        zones: Vec<String> = Plan::plain(),
        /// Zones that offer it, but not to this account.
        restricted_zones: Vec<String> = Plan::plain(),
        /// Why this account cannot have it in the region, in the cloud's word; null where it can.
        restriction: Option<String> = Plan::plain(),
        /// Whether it can be spot.
        spot: bool = Plan::plain(),
        /// Whether it can have accelerated networking.
        accelerated_networking: bool = Plan::plain(),
        /// Whether it takes premium disks.
        premium_disks: bool = Plan::plain(),
        /// Most data disks.
        max_data_disks: i64 = Plan::plain(),
        /// Disk controllers: `SCSI`, `NVMe`.
        disk_controllers: Vec<String> = Plan::plain(),
        /// Whether it has a temporary disk, whose data is lost when the machine is stopped for good.
        temporary_disk: bool = Plan::plain(),
        /// Whether it can be launched trusted (virtual TPM, secure boot).
        trusted_launch: bool = Plan::plain(),
        /// Whether the host's caches and temporary disks can be encrypted.
        encryption_at_host: bool = Plan::plain(),
        /// Virtual processors that are left of its family's and of the region's quota, the smaller of both;
        /// null where the cloud counts neither.
        quota_left: Option<i64> = Plan::plain(),
        /// How many more machines of this type the quotas leave room for; null where nothing is counted.
        machines_left: Option<i64> = Plan::plain(),
        /// The same for spot machines.
        spot_machines_left: Option<i64> = Plan::plain(),
    }
}

declare! {
    /// A counter of the account in the region.
    pub struct Counter {
        /// The cloud's words for it.
        title: String = Plan::plain(),
        /// In use.
        used: i64 = Plan::plain(),
        /// Most allowed.
        limit: i64 = Plan::plain(),
        /// What is left.
        left: i64 = Plan::plain(),
    }
}

declare! {
    /// What the cloud answers.
    pub struct SkusStatus {
        /// The machine types by their full names.
        skus: BTreeMap<String, Sku> = Plan::plain(),
        /// The region's quotas by the cloud's names, such as `cores` or `standardNCADSA100v4Family`.
        quotas: BTreeMap<String, Counter> = Plan::plain(),
    }
}

/// The declaration of `data.bud_skus`.
#[must_use]
pub(in crate::resources) fn source() -> DataSource {
    DataSource {
        block: Block {
            version: 0,
            doc: "Machine types that a region offers to this account: processors, memory, GPUs, zones, restrictions \
                  and what is left of the quotas. The numbers are those of the moment.",
            attributes: merge(SkusSpec::attributes(), SkusStatus::attributes()),
        },
    }
}
