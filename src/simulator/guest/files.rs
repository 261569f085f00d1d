//! Paths on a running machine: which file system they lie on, and what is there.

use std::sync::Arc;

use super::Guest;
use super::disk::Volume;
use super::tree::{Kind, Node, ROOT, Tree};

/// Where a file system is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// In memory: gone when the machine restarts.
    Memory,
    /// On a disk, by its id; partition 0 is the whole of it.
    Disk(String, u32),
}

/// A mounted file system.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) point: String,
    pub(crate) at: Where,
}

/// Why something cannot be written, in the kernel's words.
pub(crate) type Unwritten = &'static str;

const NO_SPACE: Unwritten = "No space left on device";
const READ_ONLY: Unwritten = "Read-only file system";

/// A path without what says nothing.
pub(crate) fn plain(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.fold(String::new(), |whole, part| format!("{whole}/{part}"))
}

impl Guest {
    /// The mount that carries a path, and the path inside of it.
    fn place(&self, path: &str) -> Option<(Where, String)> {
        let path = plain(path);
        let carries = |mount: &&Mount| {
            mount.point == "/" || path == mount.point || path.starts_with(&format!("{}/", mount.point))
        };
        // Of two at the same point the later one covers the earlier.
        let mount = self.mounts.iter().filter(carries).max_by_key(|mount| mount.point.len())?;
        let inside = match mount.at {
            Where::Disk(..) if mount.point != "/" => path[mount.point.len()..].to_owned(),
            _ => path,
        };
        Some((mount.at.clone(), if inside.is_empty() { "/".to_owned() } else { inside }))
    }

    /// A file system on a disk.
    pub(crate) fn volume(&self, at: &Where) -> Option<&Volume> {
        let Where::Disk(id, number) = at else { return None };
        self.disks.iter().find(|disk| disk.id == *id)?.volume(*number)
    }

    pub(crate) fn volume_mut(&mut self, at: &Where) -> Option<&mut Volume> {
        let Where::Disk(id, number) = at else { return None };
        self.disks.iter_mut().find(|disk| disk.id == *id)?.volume_mut(*number)
    }

    /// The mount that carries a path.
    pub(crate) fn mount_of(&self, path: &str) -> Option<Mount> {
        let (at, _) = self.place(path)?;
        self.mounts.iter().rev().find(|mount| mount.at == at).cloned()
    }

    fn tree(&self, at: &Where) -> Option<&Tree> {
        if *at == Where::Memory { Some(&self.memory) } else { self.volume(at).map(Volume::files) }
    }

    fn tree_mut(&mut self, at: &Where) -> Option<&mut Tree> {
        if *at == Where::Memory { Some(&mut self.memory) } else { self.volume_mut(at).map(Volume::files_mut) }
    }

    /// What is at a path, links followed once.
    pub(crate) fn node(&self, path: &str) -> Option<&Node> {
        let (at, inside) = self.place(path)?;
        let node = self.tree(&at)?.get(&inside)?;
        match &node.kind {
            Kind::Link(to) => {
                let (at, inside) = self.place(to)?;
                self.tree(&at)?.get(&inside)
            }
            _ => Some(node),
        }
    }

    /// Whether there is anything at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.place(path).and_then(|(at, inside)| Some(self.tree(&at)?.has(&inside))).unwrap_or(false)
    }

    pub(crate) fn bytes(&self, path: &str) -> Option<Arc<[u8]>> {
        if let Kind::File(bytes) = &self.node(path)?.kind { Some(Arc::clone(bytes)) } else { None }
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where a link leads.
    pub(crate) fn link(&self, path: &str) -> Option<String> {
        let (at, inside) = self.place(path)?;
        self.tree(&at)?.link(&inside).map(str::to_owned)
    }

    /// Writes a file of root, whole.
    pub(crate) fn write(&mut self, path: &str, mode: u32, bytes: impl AsRef<[u8]>) -> Result<(), Unwritten> {
        self.put(path, ROOT, mode, Arc::from(bytes.as_ref()))
    }

    /// Writes a file, whole.
    pub(crate) fn put(
        &mut self,
        path: &str,
        owner: &str,
        mode: u32,
        bytes: Arc<[u8]>,
    ) -> Result<(), Unwritten> {
        let (at, inside) = self.place(path).ok_or(READ_ONLY)?;
        if let Some(volume) = self.volume(&at)
            && volume.free_kib() < bytes.len() as u64 / 1024
        {
            return Err(NO_SPACE);
        }
        let node = Node { kind: Kind::File(bytes), owner: owner.to_owned(), mode };
        self.tree_mut(&at).ok_or(READ_ONLY)?.put(&inside, node);
        Ok(())
    }

    /// Makes a folder.
    pub(crate) fn folder(&mut self, path: &str) {
        if let Some((at, inside)) = self.place(path)
            && let Some(tree) = self.tree_mut(&at)
        {
            tree.folder(&inside);
        }
    }

    /// Removes what is at a path, and all below it.
    pub(crate) fn remove(&mut self, path: &str) {
        if let Some((at, inside)) = self.place(path)
            && let Some(tree) = self.tree_mut(&at)
        {
            tree.remove(&inside);
        }
    }

    /// Moves something within its file system.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let (Some((at, from)), Some((_, to))) = (self.place(from), self.place(to)) else { return };
        if let Some(tree) = self.tree_mut(&at) {
            tree.rename(&from, &to);
        }
    }

    /// Names right below a folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let tree = self.place(folder).and_then(|(at, inside)| Some((self.tree(&at)?, inside)));
        tree.map(|(tree, inside)| tree.names(&inside).into_iter().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// The files below a folder with their paths from there.
    pub(crate) fn below(&self, folder: &str) -> Vec<(String, Arc<[u8]>)> {
        let tree = self.place(folder).and_then(|(at, inside)| Some((self.tree(&at)?, inside)));
        tree.map(|(tree, inside)| {
            tree.files(&inside).map(|(path, bytes)| (path.to_owned(), Arc::clone(bytes))).collect()
        })
        .unwrap_or_default()
    }

    /// KiB that are free where a path lies.
    pub(crate) fn free_kib(&self, path: &str) -> u64 {
        let volume = self.place(path).and_then(|(at, _)| self.volume(&at).map(Volume::free_kib));
        // Half of the memory is the usual limit of a file system in it.
        volume.unwrap_or(self.hardware().memory_kib / 2)
    }

    /// Everything that was written is on the disks.
    pub(crate) fn sync(&mut self) {
        for disk in &mut self.disks {
            disk.each_volume(Volume::sync);
        }
    }

    /// Mount points of a disk.
    pub(crate) fn points(&self, disk: &str) -> Vec<&str> {
        let of = |mount: &&Mount| matches!(&mount.at, Where::Disk(id, _) if id == disk);
        self.mounts.iter().filter(of).map(|mount| mount.point.as_str()).collect()
    }

    /// Mounts a file system, over what was there.
    pub(crate) fn mount(&mut self, point: &str, at: Where) {
        self.mounts.push(Mount { point: point.to_owned(), at });
    }

    /// Takes away everything at a point and below.
    pub(crate) fn unmount(&mut self, point: &str) {
        let below = format!("{point}/");
        self.mounts.retain(|mount| mount.point != point && !mount.point.starts_with(&below));
    }
}
