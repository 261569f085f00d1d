//! Disks: how they are found, how they are divided and how the system finds its file systems again.
//!
//! A disk is found by what it is, never by the name that the kernel gave it. File systems are found by
//! identifiers that we choose before they are made, so that all nodes of a kind share one system.

use sha2::{Digest, Sha256};

use super::cluster::Firmware;

/// The smallest disk that NixOS is installed on.
pub const SYSTEM_DISK_MIN_BYTES: u64 = 20 * 1_000_000_000;

/// What a disk is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskAt {
    /// Serial number or WWN, as the machine itself reports it.
    Serial(String),
    /// A link below `/dev/disk/by-id/`.
    ById(String),
    /// Azure's number of a data disk.
    Lun(u32),
    /// Amazon's id of a volume, `vol-…`.
    Volume(String),
}

impl DiskAt {
    /// How it reads in a message.
    pub fn describe(&self) -> String {
        match self {
            Self::Serial(serial) => format!("serial {serial}"),
            Self::ById(link) => link.clone(),
            Self::Lun(lun) => format!("LUN {lun}"),
            Self::Volume(volume) => volume.clone(),
        }
    }
}

/// A disk that lives longer than the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDisk {
    /// Name, unique on the node.
    pub name: String,
    /// How it is found.
    pub at: DiskAt,
    /// Where it is mounted.
    pub mount: String,
    /// What it is formatted with where there is nothing on it.
    pub file_system: FileSystem,
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// ext4.
    Ext4,
    /// XFS.
    Xfs,
}

impl FileSystem {
    /// The name that mount knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }
}

impl DataDisk {
    /// Label of its file system: XFS holds 12 letters.
    pub fn label(&self) -> String {
        let plain = self.name.len() <= 8;
        if plain { format!("bud-{}", self.name) } else { format!("bud-{}", &digest(&self.name)[..8]) }
    }
}

/// The identifiers of a system disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SystemDiskIds {
    /// Of the partition table.
    pub(super) table: String,
    /// Of the root file system.
    pub(super) root: String,
    /// Of the EFI system partition: eight digits, as FAT has them.
    pub(super) boot: String,
}

impl SystemDiskIds {
    /// The identifiers that a cluster's system disks have.
    pub(super) fn of(seed: &str) -> Self {
        let boot = digest(&format!("{seed} boot"))[..8].to_uppercase();
        Self { table: uuid(&format!("{seed} table")), root: uuid(&format!("{seed} root")), boot }
    }

    /// The boot partition's identifier as udev and fstab write it.
    pub(super) fn boot_link(&self) -> String {
        format!("{}-{}", &self.boot[..4], &self.boot[4..])
    }
}

/// Whether a machine of this kind has an EFI system partition.
pub(super) fn has_boot_partition(firmware: Firmware) -> bool {
    firmware == Firmware::Efi
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// Two digits for each byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
}

/// A UUID of the custom kind (version 8) from text.
fn uuid(text: &str) -> String {
    let hash = digest(text);
    let variant = ['8', '9', 'a', 'b'][usize::from(hash.as_bytes()[16] % 4)];
    format!("{}-{}-8{}-{variant}{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}
