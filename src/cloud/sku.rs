//! Kinds of machine that an account can have in a region, and its counters there.

/// A kind of machine as the cloud offers it to this account in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct SkuSeen {
    /// The cloud's full name.
    pub name: String,
    /// Family whose quota it counts against, such as `standardNCADSA100v4Family`.
    pub family: String,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// GPUs.
    pub gpus: u32,
    /// Zones of the region in which it is offered.
    pub zones: Vec<String>,
    /// Zones in which this account may not use it.
    pub restricted_zones: Vec<String>,
    /// Why this account may not use it in the region at all, in the cloud's word.
    pub restricted: Option<String>,
    /// `x64` or `Arm64`.
    pub architecture: String,
    /// Disk controllers it can use: `SCSI`, `NVMe`.
    pub disk_controllers: Vec<String>,
    /// Whether it has a temporary disk.
    pub temporary_disk: bool,
    /// Whether it takes premium disks.
    pub premium: bool,
    /// Whether it can have accelerated networking.
    pub accelerated_networking: bool,
    /// Whether it can be spot.
    pub spot: bool,
    /// Whether it can be launched trusted (vTPM, secure boot).
    pub trusted_launch: bool,
    /// Whether hosts can encrypt.
    pub encryption_at_host: bool,
    /// Most data disks.
    pub max_data_disks: u32,
}

impl Quota {
    /// Counter of all virtual processors of a region, spot aside.
    pub const CORES: &str = "cores";
    /// The same for spot.
    pub const SPOT_CORES: &str = "lowPriorityCores";
    /// Counter of the machines of a region.
    pub const MACHINES: &str = "virtualMachines";
}

/// One counter of the account in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The cloud's name: a family, `cores`, `lowPriorityCores`, `StandardSkuPublicIpAddresses`, …
    pub name: String,
    /// The cloud's words for it.
    pub title: String,
    /// In use now.
    pub used: u64,
    /// Most allowed.
    pub limit: u64,
}
