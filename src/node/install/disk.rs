//! The disks of a machine, and which of them NixOS goes to.
//!
//! A disk is known by its serial number, its WWN or a link that udev made of them; never by the kernel's name,
//! which is another one after every restart.

use std::collections::BTreeMap;

use crate::node::nixos::{DiskAt, SYSTEM_DISK_MIN_BYTES};

use super::answers::Answers;
use super::refusal::Refusal;

/// A disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// The kernel's name, good for messages only.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its serial number, if it has one.
    pub serial: Option<String>,
    /// Its world wide name, if it has one.
    pub wwn: Option<String>,
    /// What it says it is.
    pub model: String,
    /// Links to it in `/dev/disk/by-id`.
    pub links: Vec<String>,
    /// Where parts of it are mounted.
    pub mounts: Vec<String>,
    /// Whether it is removable, or empty after the machine was stopped.
    pub is_local: bool,
    /// Whether `/` lies on it.
    pub is_root: bool,
}

/// Mount points that belong to a system. Anything else that is mounted is data.
const OF_A_SYSTEM: [&str; 10] =
    ["/", "/boot", "/boot/efi", "/efi", "[SWAP]", "/tmp", "/var", "/var/tmp", "/var/log", "/nix/store"];

impl Disk {
    pub(super) fn all(answers: &Answers) -> Vec<Self> {
        let mut disks: BTreeMap<&str, Self> = BTreeMap::new();
        for (key, value) in answers.below("disk.") {
            let Some((name, key)) = key.rsplit_once('.') else { continue };
            let disk = disks.entry(name).or_insert_with(|| Self { name: name.to_owned(), ..Self::default() });
            let given = Some(value.to_owned()).filter(|value| !value.is_empty());
            match key {
                "bytes" => disk.bytes = value.parse().unwrap_or(0),
                "serial" => disk.serial = given,
                "wwn" => disk.wwn = given,
                "model" => value.clone_into(&mut disk.model),
                "link" => disk.links.extend(given),
                "mount" => disk.mounts.extend(given.map(|point| point.replace("\\x20", " "))),
                "local" => disk.is_local = value == "yes",
                "root" => disk.is_root = value == "yes",
                _ => {}
            }
        }
        disks.into_values().collect()
    }

    fn answers(&self, at: &DiskAt) -> bool {
        match at {
            DiskAt::Serial(serial) => {
                self.serial.as_ref() == Some(serial) || self.wwn.as_ref() == Some(serial)
            }
            DiskAt::ById(link) => self.links.contains(link),
            DiskAt::Lun(_) | DiskAt::Volume(_) => false,
        }
    }

    /// What it is known by, as long as no other disk is known by the same.
    pub(super) fn identity(&self, all: &[Self]) -> Option<DiskAt> {
        let own = [&self.serial, &self.wwn].into_iter().flatten().cloned().map(DiskAt::Serial);
        let links = self.links.iter().cloned().map(DiskAt::ById);
        own.chain(links).find(|at| all.iter().filter(|disk| disk.answers(at)).count() == 1)
    }

    /// The one disk that is known by this.
    pub(super) fn find<'a>(all: &'a [Self], at: &DiskAt) -> Result<&'a Self, Refusal> {
        let found: Vec<_> = all.iter().filter(|disk| disk.answers(at)).collect();
        match found[..] {
            [disk] => Ok(disk),
            [] => Err(Refusal::NoDisk { at: at.describe(), there: all.iter().map(Self::describe).collect() }),
            _ => Err(Refusal::AmbiguousDisk {
                at: at.describe(),
                disks: found.into_iter().map(Self::describe).collect(),
            }),
        }
    }

    /// Refuses a disk that NixOS must not go to.
    pub(super) fn may_be_installed(&self) -> Result<(), Refusal> {
        let disk = self.describe();
        if self.is_local {
            return Err(Refusal::LocalDisk { disk });
        }
        if self.bytes < SYSTEM_DISK_MIN_BYTES {
            return Err(Refusal::SmallDisk { disk, bytes: self.bytes });
        }
        let data = self.mounts.iter().filter(|point| !OF_A_SYSTEM.contains(&point.as_str()));
        let mounts: Vec<String> = data.cloned().collect();
        if mounts.is_empty() { Ok(()) } else { Err(Refusal::DataOnDisk { disk, mounts }) }
    }

    /// How it reads in messages: `sda (Virtual Disk, serial 6002…, 128 GB)`.
    pub(super) fn describe(&self) -> String {
        let known = self.serial.as_ref().or(self.wwn.as_ref());
        let known = known.map_or("no serial".to_owned(), |serial| format!("serial {serial}"));
        let model = if self.model.is_empty() { String::new() } else { format!("{}, ", self.model) };
        format!("{} ({model}{known}, {} GB)", self.name, self.bytes / 1_000_000_000)
    }
}
