//! Machine types: the architecture's node types and others that its installations use.

/// A cloud that sells machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloudName {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
}

/// What a node is bought for. The class names one machine type per cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeClass {
    /// `gpu-a100`: serves models.
    GpuA100,
    /// `cpu`: everything else.
    Cpu,
}

/// Instruction set of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    X86_64,
    /// `aarch64`.
    Aarch64,
}

/// The GPUs of a machine type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gpus {
    /// How many.
    pub count: u32,
    /// Model.
    pub model: &'static str,
    /// Memory of each in GiB.
    pub memory_gib: u32,
    /// Whether they sit behind `NVSwitch` and need the fabric manager of exactly their driver's version.
    pub nvswitch: bool,
}

/// A machine type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sku {
    /// Cloud that sells it.
    pub cloud: CloudName,
    /// Name without the cloud's prefix, as the architecture writes it.
    pub short_name: &'static str,
    /// Class that it stands for, if it is the cloud's choice for one.
    pub class: Option<NodeClass>,
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: u32,
    /// GPUs.
    pub gpus: Option<Gpus>,
    /// Instruction set.
    pub architecture: Architecture,
}

/// Azure's prefix of machine types; optional wherever a user writes one.
const AZURE_PREFIX: &str = "Standard_";

const fn gpus(count: u32, model: &'static str, memory_gib: u32) -> Gpus {
    Gpus { count, model, memory_gib, nvswitch: false }
}

const fn switched(gpus: Gpus) -> Gpus {
    Gpus { nvswitch: true, ..gpus }
}

const fn sku(
    cloud: CloudName,
    short_name: &'static str,
    class: Option<NodeClass>,
    [vcpus, memory_gib]: [u32; 2],
    gpus: Option<Gpus>,
) -> Sku {
    Sku { cloud, short_name, class, vcpus, memory_gib, gpus, architecture: Architecture::X86_64 }
}

/// The machine types that are known by heart. Clouds sell more; what is not here is asked of the cloud.
pub const SKUS: [Sku; 13] = [
    sku(
        CloudName::Aws,
        "p4d.24xlarge",
        Some(NodeClass::GpuA100),
        [96, 1152],
        Some(switched(gpus(8, "A100", 40))),
    ),
    sku(CloudName::Aws, "c6i.8xlarge", Some(NodeClass::Cpu), [32, 64], None),
    sku(CloudName::Aws, "p4de.24xlarge", None, [96, 1152], Some(switched(gpus(8, "A100", 80)))),
    sku(CloudName::Aws, "p5.48xlarge", None, [192, 2048], Some(switched(gpus(8, "H100", 80)))),
    sku(CloudName::Azure, "NC24ads_A100_v4", Some(NodeClass::GpuA100), [24, 220], Some(gpus(1, "A100", 80))),
    sku(CloudName::Azure, "D32as_v5", Some(NodeClass::Cpu), [32, 128], None),
    sku(CloudName::Azure, "NC48ads_A100_v4", None, [48, 440], Some(gpus(2, "A100", 80))),
    sku(CloudName::Azure, "NC96ads_A100_v4", None, [96, 880], Some(gpus(4, "A100", 80))),
    sku(CloudName::Azure, "ND96asr_v4", None, [96, 900], Some(switched(gpus(8, "A100", 40)))),
    sku(CloudName::Azure, "ND96amsr_A100_v4", None, [96, 1900], Some(switched(gpus(8, "A100", 80)))),
    sku(CloudName::Azure, "ND96isr_H100_v5", None, [96, 1900], Some(switched(gpus(8, "H100", 80)))),
    sku(CloudName::Azure, "ND96isr_MI300X_v5", None, [96, 1850], Some(gpus(8, "MI300X", 192))),
    sku(CloudName::Azure, "D32als_v6", None, [32, 64], None),
];

impl CloudName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Aws, Self::Azure];

    /// The cloud of that name in configurations.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.word() == name)
    }

    /// The name in configurations: `aws` or `azure`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
        }
    }
}

impl NodeClass {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::GpuA100, Self::Cpu];

    /// The name in configurations: `gpu-a100` or `cpu`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::GpuA100 => "gpu-a100",
            Self::Cpu => "cpu",
        }
    }
}

impl Architecture {
    /// The name as Nix and Linux write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }
}

impl Sku {
    /// The machine type of a class, or of a name written with or without the cloud's prefix and in any
    /// case; absent where it is not known by heart.
    #[must_use]
    pub fn find(cloud: CloudName, name: &str) -> Option<&'static Self> {
        SKUS.iter().filter(|sku| sku.cloud == cloud).find(|sku| {
            sku.class.is_some_and(|class| class.word() == name)
                || sku.short_name.eq_ignore_ascii_case(name)
                || sku.cloud_name().eq_ignore_ascii_case(name)
        })
    }

    /// The name as the cloud writes it.
    #[must_use]
    pub fn cloud_name(&self) -> String {
        full_name(self.cloud, self.short_name)
    }

    /// Classes and names that [`Self::find`] knows in a cloud, classes first.
    #[must_use]
    pub fn known(cloud: CloudName) -> Vec<&'static str> {
        let classes = NodeClass::ALL.into_iter().map(NodeClass::word);
        classes.chain(SKUS.iter().filter(|sku| sku.cloud == cloud).map(|sku| sku.short_name)).collect()
    }
}

/// The cloud's own name of what a user wrote: a class becomes its machine type, and Azure's prefix is
/// put in front where it is missing. Names that are not known by heart pass.
#[must_use]
pub fn cloud_name(cloud: CloudName, written: &str) -> String {
    Sku::find(cloud, written).map_or_else(|| full_name(cloud, written), Sku::cloud_name)
}

fn full_name(cloud: CloudName, name: &str) -> String {
    // Azure has a second prefix, Basic_, for types that predate Standard_.
    match cloud {
        CloudName::Azure if !name.starts_with(AZURE_PREFIX) && !name.starts_with("Basic_") => {
            format!("{AZURE_PREFIX}{name}")
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::{CloudName, NodeClass, SKUS, Sku, cloud_name};

    #[test]
    fn node_types_are_the_architectures() {
        for row in seed::rows("Node Types") {
            let class = if row[0] == "GPU" { NodeClass::GpuA100 } else { NodeClass::Cpu };
            for (cloud, cell) in [(CloudName::Aws, &row[1]), (CloudName::Azure, &row[2])] {
                let (name, detail) = cell.split_once(" (").unwrap_or((cell, ""));
                let sku = Sku::find(cloud, class.word()).expect("every cloud has every class");
                assert_eq!(sku.short_name, name);
                let counted = sku
                    .gpus
                    .map_or(format!("{} vCPU", sku.vcpus), |gpus| format!("{}x {}", gpus.count, gpus.model));
                assert!(detail.is_empty() || detail == format!("{counted})"), "{cell}");
                assert_eq!(sku.gpus.is_some(), class == NodeClass::GpuA100);
            }
        }
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for name in ["gpu-a100", "NC24ads_A100_v4", "Standard_NC24ads_A100_v4", "standard_nc24ads_a100_v4"] {
            let sku = Sku::find(CloudName::Azure, name).expect(name);
            assert_eq!(sku.cloud_name(), "Standard_NC24ads_A100_v4");
        }
        assert_eq!(
            Sku::find(CloudName::Aws, "c6i.8xlarge").map(Sku::cloud_name).as_deref(),
            Some("c6i.8xlarge")
        );
        for (cloud, name) in [
            (CloudName::Aws, "NC24ads_A100_v4"),
            (CloudName::Aws, "Standard_c6i.8xlarge"),
            (CloudName::Azure, "p4d.24xlarge"),
            (CloudName::Azure, "gpu"),
            (CloudName::Azure, ""),
        ] {
            assert_eq!(Sku::find(cloud, name), None, "{name}");
        }
    }

    #[test]
    fn unknown_types_pass_under_the_clouds_own_name() {
        assert_eq!(cloud_name(CloudName::Azure, "D2s_v5"), "Standard_D2s_v5");
        assert_eq!(cloud_name(CloudName::Azure, "Basic_A1"), "Basic_A1");
        assert_eq!(cloud_name(CloudName::Azure, "cpu"), "Standard_D32as_v5");
        assert_eq!(cloud_name(CloudName::Aws, "m7i.large"), "m7i.large");
    }

    #[test]
    fn every_class_is_one_machine_type_per_cloud_and_no_name_stands_twice() {
        for cloud in CloudName::ALL {
            for class in NodeClass::ALL {
                let chosen = SKUS.iter().filter(|sku| sku.cloud == cloud && sku.class == Some(class));
                assert_eq!(chosen.count(), 1, "{cloud:?} {class:?}");
            }
        }
        for (position, sku) in SKUS.iter().enumerate() {
            assert!(SKUS[..position].iter().all(|other| other.short_name != sku.short_name));
        }
    }
}
