//! The members of a cluster's etcd, and whether they are enough.

use std::collections::BTreeMap;

/// The members by the names of their nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Etcd {
    members: BTreeMap<String, Member>,
}

/// One member.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its own name: the node's and a suffix, anew for each join.
    pub(crate) name: String,
    /// Whether it runs.
    pub(crate) up: bool,
}

impl Etcd {
    /// A member joins; none while there is no quorum, because membership is a write.
    pub(crate) fn join(&mut self, node: &str) -> Result<String, String> {
        if self.members.contains_key(node) {
            return Err(format!("duplicate hostname: etcd has a member of node {node}"));
        }
        if !self.members.is_empty() && !self.has_quorum() {
            return Err("etcdserver: unhealthy cluster".to_owned());
        }
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("{node}-{}", &suffix[..8]);
        self.members.insert(node.to_owned(), Member { name: name.clone(), up: true });
        Ok(name)
    }

    /// A member starts or stops.
    pub(crate) fn set(&mut self, node: &str, up: bool) {
        if let Some(member) = self.members.get_mut(node) {
            member.up = up;
        }
    }

    /// A member leaves for good; its name, if it was one.
    pub(crate) fn leave(&mut self, node: &str) -> Option<String> {
        if !self.has_quorum() {
            return None;
        }
        self.members.remove(node).map(|member| member.name)
    }

    /// A member by its node.
    pub(crate) fn member(&self, node: &str) -> Option<&Member> {
        self.members.get(node)
    }

    /// The nodes of all members.
    pub(crate) fn names(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }

    /// How many members there are.
    pub(crate) fn size(&self) -> usize {
        self.members.len()
    }

    /// Whether more than half of the members run. A cluster without members, which no machine founded, is kept by
    /// the simulator itself.
    pub(crate) fn has_quorum(&self) -> bool {
        let up = self.members.values().filter(|member| member.up).count();
        self.members.is_empty() || up * 2 > self.members.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_must_run() {
        let mut etcd = Etcd::default();
        for node in ["a", "b", "c"] {
            etcd.join(node).unwrap();
        }
        assert!(etcd.join("a").unwrap_err().contains("duplicate"));
        etcd.set("a", false);
        assert!(etcd.has_quorum());
        etcd.set("b", false);
        assert!(!etcd.has_quorum());
        assert_eq!(etcd.leave("a"), None);
        assert!(etcd.join("d").unwrap_err().contains("unhealthy"));
        etcd.set("b", true);
        assert!(etcd.leave("a").unwrap().starts_with("a-"));
        assert_eq!(etcd.size(), 2);
        etcd.set("b", false);
        assert!(!etcd.has_quorum());
    }
}
