//! The machine types that are sold, as data: what the architecture uses, and its neighbours.

/// Machine types that share a quota and a make.
#[derive(Debug)]
pub(crate) struct Family {
    /// Name of its quota.
    pub(crate) name: &'static str,
    /// The quota's name in words.
    pub(crate) display: &'static str,
    /// Disk controllers, as the capability spells them; Azure takes SCSI where a request names none.
    pub(crate) controllers: &'static [&'static str],
    /// Generations of images that boot.
    pub(crate) generations: &'static [&'static str],
    pub(crate) trusted_launch: bool,
    pub(crate) accelerated: bool,
    pub(crate) premium: bool,
    pub(crate) spot: bool,
    pub(crate) architecture: &'static str,
    /// Zones in which it stands, of regions that have zones.
    pub(crate) zones: &'static [&'static str],
    /// Regions that sell it; empty: all.
    pub(crate) regions: &'static [&'static str],
    pub(crate) sizes: &'static [Size],
}

/// One machine type: name without prefix, vCPUs, GiB of memory, GPUs, network interfaces, data disks,
/// MiB of temporary disk.
pub(crate) type Size = (&'static str, u32, u32, u32, u32, u32, u32);

const ALL_ZONES: &[&str] = &["1", "2", "3"];
const BOTH: &[&str] = &["V1", "V2"];

const PLAIN: Family = Family {
    name: "",
    display: "",
    controllers: &["SCSI"],
    generations: BOTH,
    trusted_launch: true,
    accelerated: true,
    premium: true,
    spot: true,
    architecture: "x64",
    zones: ALL_ZONES,
    regions: &[],
    sizes: &[],
};

/// Sixth generation: `NVMe` and second-generation images only.
const SIXTH: Family = Family {
    controllers: &["NVMe"],
    generations: &["V2"],
    regions: &[
        "australiaeast",
        "canadacentral",
        "centralus",
        "eastus",
        "eastus2",
        "francecentral",
        "northeurope",
        "southcentralus",
        "southeastasia",
        "swedencentral",
        "uksouth",
        "westeurope",
        "westus",
        "westus2",
        "westus3",
    ],
    ..PLAIN
};

/// Machines with several A100 or newer: few regions, one zone.
const SWITCHED: Family = Family {
    trusted_launch: false,
    zones: &["1"],
    regions: &["eastus", "southcentralus", "swedencentral", "westeurope", "westus", "westus2", "westus3"],
    ..PLAIN
};

/// All that is sold.
pub(crate) static FAMILIES: &[Family] = &[
    Family {
        name: "StandardNCADSA100v4Family",
        display: "Standard NCADS_A100_v4 Family vCPUs",
        zones: &["1", "2"],
        regions: &[
            "australiaeast",
            "centralindia",
            "eastus",
            "eastus2",
            "francecentral",
            "japaneast",
            "northeurope",
            "southcentralus",
            "southeastasia",
            "swedencentral",
            "uksouth",
            "westeurope",
            "westus",
            "westus2",
            "westus3",
        ],
        sizes: &[
            ("NC24ads_A100_v4", 24, 220, 1, 2, 8, 65_536),
            ("NC48ads_A100_v4", 48, 440, 2, 4, 16, 131_072),
            ("NC96ads_A100_v4", 96, 880, 4, 8, 32, 262_144),
        ],
        ..PLAIN
    },
    Family {
        name: "Standard NDASv4_A100 Family",
        display: "Standard NDASv4_A100 Family vCPUs",
        sizes: &[("ND96asr_v4", 96, 900, 8, 8, 32, 2_969_600)],
        ..SWITCHED
    },
    Family {
        name: "Standard NDAMSv4_A100Family",
        display: "Standard NDAMSv4_A100Family vCPUs",
        sizes: &[("ND96amsr_A100_v4", 96, 1900, 8, 8, 32, 2_969_600)],
        ..SWITCHED
    },
    Family {
        name: "standardNDSH100v5Family",
        display: "Standard NDSH100v5 Family vCPUs",
        generations: &["V2"],
        sizes: &[("ND96isr_H100_v5", 96, 1900, 8, 8, 16, 1_024_000)],
        ..SWITCHED
    },
    Family {
        name: "standardNDISv5MI300XFamily",
        display: "Standard NDISv5MI300X Family vCPUs",
        generations: &["V2"],
        sizes: &[("ND96isr_MI300X_v5", 96, 1850, 8, 8, 16, 1_024_000)],
        ..SWITCHED
    },
    Family {
        name: "Standard NCASv3_T4 Family",
        display: "Standard NCASv3_T4 Family vCPUs",
        sizes: &[
            ("NC4as_T4_v3", 4, 28, 1, 2, 8, 180_224),
            ("NC8as_T4_v3", 8, 56, 1, 4, 16, 360_448),
            ("NC16as_T4_v3", 16, 110, 1, 8, 32, 360_448),
        ],
        ..PLAIN
    },
    Family {
        name: "standardDSv5Family",
        display: "Standard DSv5 Family vCPUs",
        sizes: &[
            ("D2s_v5", 2, 8, 0, 2, 4, 0),
            ("D4s_v5", 4, 16, 0, 2, 8, 0),
            ("D8s_v5", 8, 32, 0, 4, 16, 0),
            ("D16s_v5", 16, 64, 0, 8, 32, 0),
            ("D32s_v5", 32, 128, 0, 8, 32, 0),
            ("D48s_v5", 48, 192, 0, 8, 32, 0),
            ("D64s_v5", 64, 256, 0, 8, 32, 0),
        ],
        ..PLAIN
    },
    Family {
        name: "standardDv5Family",
        display: "Standard Dv5 Family vCPUs",
        premium: false,
        sizes: &[("D2_v5", 2, 8, 0, 2, 4, 0), ("D4_v5", 4, 16, 0, 2, 8, 0)],
        ..PLAIN
    },
    Family {
        name: "standardDDSv5Family",
        display: "Standard DDSv5 Family vCPUs",
        sizes: &[
            ("D2ds_v5", 2, 8, 0, 2, 4, 76_800),
            ("D4ds_v5", 4, 16, 0, 2, 8, 153_600),
            ("D8ds_v5", 8, 32, 0, 4, 16, 307_200),
            ("D16ds_v5", 16, 64, 0, 8, 32, 614_400),
            ("D32ds_v5", 32, 128, 0, 8, 32, 1_228_800),
        ],
        ..PLAIN
    },
    Family {
        name: "standardDASv5Family",
        display: "Standard DASv5 Family vCPUs",
        sizes: &[
            ("D2as_v5", 2, 8, 0, 2, 4, 0),
            ("D4as_v5", 4, 16, 0, 2, 8, 0),
            ("D8as_v5", 8, 32, 0, 4, 16, 0),
            ("D16as_v5", 16, 64, 0, 8, 32, 0),
            ("D32as_v5", 32, 128, 0, 8, 32, 0),
            ("D48as_v5", 48, 192, 0, 8, 32, 0),
            ("D64as_v5", 64, 256, 0, 8, 32, 0),
            ("D96as_v5", 96, 384, 0, 8, 32, 0),
        ],
        ..PLAIN
    },
    Family {
        name: "standardDADSv5Family",
        display: "Standard DADSv5 Family vCPUs",
        sizes: &[
            ("D2ads_v5", 2, 8, 0, 2, 4, 76_800),
            ("D4ads_v5", 4, 16, 0, 2, 8, 153_600),
            ("D8ads_v5", 8, 32, 0, 4, 16, 307_200),
            ("D16ads_v5", 16, 64, 0, 8, 32, 614_400),
            ("D32ads_v5", 32, 128, 0, 8, 32, 1_228_800),
        ],
        ..PLAIN
    },
    Family {
        name: "StandardDasv6Family",
        display: "Standard Dasv6 Family vCPUs",
        sizes: &[
            ("D2as_v6", 2, 8, 0, 2, 4, 0),
            ("D4as_v6", 4, 16, 0, 2, 8, 0),
            ("D8as_v6", 8, 32, 0, 4, 16, 0),
            ("D16as_v6", 16, 64, 0, 8, 32, 0),
            ("D32as_v6", 32, 128, 0, 8, 32, 0),
            ("D64as_v6", 64, 256, 0, 8, 32, 0),
        ],
        ..SIXTH
    },
    Family {
        name: "StandardDadsv6Family",
        display: "Standard Dadsv6 Family vCPUs",
        sizes: &[("D2ads_v6", 2, 8, 0, 2, 4, 112_640), ("D4ads_v6", 4, 16, 0, 2, 8, 225_280)],
        ..SIXTH
    },
    Family {
        name: "StandardDsv6Family",
        display: "Standard Dsv6 Family vCPUs",
        sizes: &[
            ("D2s_v6", 2, 8, 0, 2, 8, 0),
            ("D4s_v6", 4, 16, 0, 2, 12, 0),
            ("D8s_v6", 8, 32, 0, 4, 24, 0),
            ("D32s_v6", 32, 128, 0, 8, 64, 0),
        ],
        ..SIXTH
    },
    Family {
        name: "StandardDlsv6Family",
        display: "Standard Dlsv6 Family vCPUs",
        sizes: &[("D2ls_v6", 2, 4, 0, 2, 8, 0), ("D32ls_v6", 32, 64, 0, 8, 64, 0)],
        ..SIXTH
    },
    Family {
        name: "StandardDalsv6Family",
        display: "Standard Dalsv6 Family vCPUs",
        sizes: &[
            ("D2als_v6", 2, 4, 0, 2, 4, 0),
            ("D4als_v6", 4, 8, 0, 2, 8, 0),
            ("D32als_v6", 32, 64, 0, 8, 32, 0),
        ],
        ..SIXTH
    },
    Family {
        name: "standardDPSv5Family",
        display: "Standard DPSv5 Family vCPUs",
        generations: &["V2"],
        trusted_launch: false,
        architecture: "Arm64",
        sizes: &[("D2ps_v5", 2, 8, 0, 2, 4, 0), ("D4ps_v5", 4, 16, 0, 2, 8, 0)],
        ..PLAIN
    },
    Family {
        name: "standardESv5Family",
        display: "Standard ESv5 Family vCPUs",
        sizes: &[
            ("E2s_v5", 2, 16, 0, 2, 4, 0),
            ("E4s_v5", 4, 32, 0, 2, 8, 0),
            ("E8s_v5", 8, 64, 0, 4, 16, 0),
            ("E16s_v5", 16, 128, 0, 8, 32, 0),
            ("E32s_v5", 32, 256, 0, 8, 32, 0),
            ("E64s_v5", 64, 512, 0, 8, 32, 0),
        ],
        ..PLAIN
    },
    // Either controller, and images of either generation, of which the first knows SCSI alone.
    Family {
        name: "standardEBSv5Family",
        display: "Standard EBSv5 Family vCPUs",
        controllers: &["SCSI", "NVMe"],
        sizes: &[
            ("E2bs_v5", 2, 16, 0, 2, 4, 0),
            ("E4bs_v5", 4, 32, 0, 2, 8, 0),
            ("E8bs_v5", 8, 64, 0, 4, 16, 0),
        ],
        ..PLAIN
    },
    Family {
        name: "standardEASv5Family",
        display: "Standard EASv5 Family vCPUs",
        sizes: &[
            ("E2as_v5", 2, 16, 0, 2, 4, 0),
            ("E4as_v5", 4, 32, 0, 2, 8, 0),
            ("E8as_v5", 8, 64, 0, 4, 16, 0),
            ("E16as_v5", 16, 128, 0, 8, 32, 0),
            ("E32as_v5", 32, 256, 0, 8, 32, 0),
            ("E64as_v5", 64, 512, 0, 8, 32, 0),
        ],
        ..PLAIN
    },
    Family {
        name: "standardFSv2Family",
        display: "Standard FSv2 Family vCPUs",
        sizes: &[
            ("F2s_v2", 2, 4, 0, 2, 4, 16_384),
            ("F4s_v2", 4, 8, 0, 2, 8, 32_768),
            ("F8s_v2", 8, 16, 0, 4, 16, 65_536),
            ("F16s_v2", 16, 32, 0, 4, 32, 131_072),
            ("F32s_v2", 32, 64, 0, 8, 32, 262_144),
            ("F72s_v2", 72, 144, 0, 8, 32, 589_824),
        ],
        ..PLAIN
    },
    Family {
        name: "standardBSFamily",
        display: "Standard BS Family vCPUs",
        accelerated: false,
        spot: false,
        sizes: &[
            ("B1s", 1, 1, 0, 2, 2, 4096),
            ("B1ms", 1, 2, 0, 2, 2, 4096),
            ("B2s", 2, 4, 0, 3, 4, 8192),
            ("B2ms", 2, 8, 0, 3, 4, 16_384),
            ("B4ms", 4, 16, 0, 4, 8, 32_768),
            ("B8ms", 8, 32, 0, 4, 16, 65_536),
        ],
        ..PLAIN
    },
];

/// What is not sold to the subscription from the start: machine type, region, zone (empty: all of it).
pub(crate) static RESTRICTED: &[(&str, &str, &str)] = &[
    ("Standard_NC24ads_A100_v4", "uksouth", ""),
    ("Standard_NC48ads_A100_v4", "uksouth", ""),
    ("Standard_NC96ads_A100_v4", "uksouth", ""),
    ("Standard_D32as_v5", "francecentral", "3"),
    ("Standard_NC24ads_A100_v4", "eastus2", "1"),
];
