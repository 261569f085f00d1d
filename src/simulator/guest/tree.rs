//! The files of one file system: paths with owner, mode and content.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    /// The same bytes on many machines are kept once.
    File(Arc<[u8]>),
    Link(String),
}

/// Something at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// `user:group`.
    pub(crate) owner: String,
    pub(crate) mode: u32,
}

/// The files by their paths from the file system's root; the root itself is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, Node>);

/// Who owns what nobody else does.
pub(crate) const ROOT: &str = "root:root";

impl Tree {
    /// What is at a path.
    pub(crate) fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    /// Whether there is anything at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        path == "/" || self.0.contains_key(path)
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, path: &str) -> Option<Arc<[u8]>> {
        match &self.get(path)?.kind {
            Kind::File(bytes) => Some(Arc::clone(bytes)),
            _ => None,
        }
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Where a link leads.
    pub(crate) fn link(&self, path: &str) -> Option<&str> {
        match &self.get(path)?.kind {
            Kind::Link(to) => Some(to),
            _ => None,
        }
    }

    /// Puts something at a path, with the folders above it.
    pub(crate) fn put(&mut self, path: &str, node: Node) {
        if path == "/" {
            return;
        }
        let mut above = path;
        while let Some((parent, _)) = above.rsplit_once('/') {
            if parent.is_empty() || self.0.contains_key(parent) {
                break;
            }
            let folder = Node { kind: Kind::Folder, owner: ROOT.to_owned(), mode: 0o755 };
            self.0.insert(parent.to_owned(), folder);
            above = parent;
        }
        self.0.insert(path.to_owned(), node);
    }

    /// Writes a file of root.
    pub(crate) fn write(&mut self, path: &str, mode: u32, bytes: impl AsRef<[u8]>) {
        let kind = Kind::File(Arc::from(bytes.as_ref()));
        self.put(path, Node { kind, owner: ROOT.to_owned(), mode });
    }

    /// Makes a folder of root, if there is none.
    pub(crate) fn folder(&mut self, path: &str) {
        if !self.has(path) {
            self.put(path, Node { kind: Kind::Folder, owner: ROOT.to_owned(), mode: 0o755 });
        }
    }

    /// Makes a link, in the place of what was there.
    pub(crate) fn point(&mut self, path: &str, to: &str) {
        self.put(path, Node { kind: Kind::Link(to.to_owned()), owner: ROOT.to_owned(), mode: 0o777 });
    }

    /// Removes what is at a path, and all below it.
    pub(crate) fn remove(&mut self, path: &str) {
        self.0.remove(path);
        let below = format!("{path}/");
        self.0.retain(|path, _| !path.starts_with(&below));
    }

    /// Moves what is at a path, and all below it, into the place of what was there.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let below = format!("{from}/");
        let moved: Vec<(String, Node)> = self
            .0
            .iter()
            .filter(|(path, _)| *path == from || path.starts_with(&below))
            .map(|(path, node)| (format!("{to}{}", &path[from.len()..]), node.clone()))
            .collect();
        if moved.is_empty() {
            return;
        }
        self.remove(from);
        self.remove(to);
        for (path, node) in moved {
            self.put(&path, node);
        }
    }

    /// Names right below a folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<&str> {
        let below = if folder == "/" { "/".to_owned() } else { format!("{folder}/") };
        let inside = |path: &'_ String| path.starts_with(&below) && !path[below.len()..].contains('/');
        self.0.keys().filter(|path| inside(path)).map(|path| &path[below.len()..]).collect()
    }

    /// The files below a folder with their paths from there.
    pub(crate) fn files(&self, folder: &str) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        let below = format!("{folder}/");
        self.0.iter().filter_map(move |(path, node)| match &node.kind {
            Kind::File(bytes) => Some((path.strip_prefix(&below)?, bytes)),
            _ => None,
        })
    }

    /// How many bytes all files have.
    pub(crate) fn size(&self) -> u64 {
        self.0
            .values()
            .map(|node| if let Kind::File(bytes) = &node.kind { bytes.len() as u64 } else { 0 })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_and_go_with_what_is_in_them() {
        let mut tree = Tree::default();
        tree.write("/var/lib/bud/install", 0o644, "node=a\n");
        assert!(tree.has("/var/lib") && !tree.has("/var/lib/other"));
        assert_eq!(tree.names("/var/lib/bud"), ["install"]);
        assert_eq!(tree.names("/"), ["var"]);
        tree.write("/var/lib/bud.new/install", 0o600, "node=b\n");
        tree.rename("/var/lib/bud.new", "/var/lib/bud");
        assert_eq!(tree.text("/var/lib/bud/install").as_deref(), Some("node=b\n"));
        assert!(!tree.has("/var/lib/bud.new"));
        tree.remove("/var/lib");
        assert_eq!((tree.size(), tree.has("/var")), (0, true));
    }
}
