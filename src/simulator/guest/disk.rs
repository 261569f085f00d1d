//! Disks of a machine: what they are, how they are divided, and the file systems on them.
//!
//! A file system is kept twice: as the kernel sees it, and as it is on the disk. A power cut leaves the
//! second.

use std::sync::Arc;

use super::tree::Tree;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileSystem {
    Ext4,
    Xfs,
    Vfat,
}

impl FileSystem {
    /// As `blkid` and `findmnt` spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Vfat => "vfat",
        }
    }

    /// The kind of a name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        [Self::Ext4, Self::Xfs, Self::Vfat].into_iter().find(|kind| kind.name() == name)
    }
}

/// A file system on a disk.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(crate) kind: FileSystem,
    pub(crate) uuid: String,
    pub(crate) label: String,
    /// KiB that were free when it was made.
    pub(crate) room_kib: u64,
    seen: Arc<Tree>,
    safe: Arc<Tree>,
}

impl Volume {
    /// A file system on which these files are.
    pub(crate) fn with(kind: FileSystem, uuid: &str, label: &str, room_kib: u64, files: Tree) -> Self {
        let seen = Arc::new(files);
        let safe = Arc::clone(&seen);
        Self { kind, uuid: uuid.to_owned(), label: label.to_owned(), room_kib, seen, safe }
    }

    pub(crate) fn files(&self) -> &Tree {
        &self.seen
    }

    pub(crate) fn files_mut(&mut self) -> &mut Tree {
        Arc::make_mut(&mut self.seen)
    }

    /// What was written is on the disk from now on.
    pub(crate) fn sync(&mut self) {
        self.safe = Arc::clone(&self.seen);
    }

    /// What is not on the disk is lost.
    pub(crate) fn cut(&mut self) {
        self.seen = Arc::clone(&self.safe);
    }

    /// KiB that are free.
    pub(crate) fn free_kib(&self) -> u64 {
        self.room_kib.saturating_sub(self.seen.size() / 1024)
    }
}

/// What is on a disk.
#[derive(Clone, Debug, Default)]
pub(crate) enum Layout {
    #[default]
    Blank,
    /// A file system without partitions.
    Whole(Volume),
    /// A partition table with its UUID; the partitions by number, and what is on them, if anything.
    Table { uuid: String, partitions: Vec<(u32, Option<Volume>)> },
    /// Something that is no file system, by its name in `blkid`.
    Foreign(String),
}

/// A disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// What tells it from all others, whoever it is attached to.
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) serial: String,
    pub(crate) wwn: String,
    pub(crate) model: String,
    /// Links in `/dev/disk/by-id`.
    pub(crate) links: Vec<String>,
    /// Whether it is empty after the machine was deallocated.
    pub(crate) local: bool,
    /// Azure's number of a data disk.
    pub(crate) lun: Option<u32>,
    pub(crate) layout: Layout,
}

impl Disk {
    /// What is on a partition; number 0 is the whole disk.
    pub(crate) fn volume(&self, number: u32) -> Option<&Volume> {
        match &self.layout {
            Layout::Whole(volume) if number == 0 => Some(volume),
            Layout::Table { partitions, .. } => {
                partitions.iter().find(|(known, _)| *known == number).and_then(|(_, volume)| volume.as_ref())
            }
            _ => None,
        }
    }

    /// The same, to change it.
    pub(crate) fn volume_mut(&mut self, number: u32) -> Option<&mut Volume> {
        match &mut self.layout {
            Layout::Whole(volume) if number == 0 => Some(volume),
            Layout::Table { partitions, .. } => partitions
                .iter_mut()
                .find(|(known, _)| *known == number)
                .and_then(|(_, volume)| volume.as_mut()),
            _ => None,
        }
    }

    /// All file systems with their partitions' numbers.
    pub(crate) fn volumes(&self) -> Vec<(u32, &Volume)> {
        match &self.layout {
            Layout::Whole(volume) => vec![(0, volume)],
            Layout::Table { partitions, .. } => {
                partitions.iter().filter_map(|(number, volume)| Some((*number, volume.as_ref()?))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Does something to every file system.
    pub(crate) fn each_volume(&mut self, mut what: impl FnMut(&mut Volume)) {
        match &mut self.layout {
            Layout::Whole(volume) => what(volume),
            Layout::Table { partitions, .. } => {
                partitions.iter_mut().filter_map(|(_, volume)| volume.as_mut()).for_each(what);
            }
            _ => {}
        }
    }

    /// The table's UUID.
    pub(crate) fn table(&self) -> Option<&str> {
        if let Layout::Table { uuid, .. } = &self.layout { Some(uuid) } else { None }
    }
}
