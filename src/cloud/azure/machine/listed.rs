//! Lists of a resource group as they are kept: small, because a group may hold thousands of objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::ids;
use super::super::tags;
use crate::cloud::Mark;

/// Objects by lower-case id, as text: a tree of values takes ten times the room, and of most objects
/// one look is taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    objects: BTreeMap<String, Box<str>>,
    /// Resource, network and node of everything that carries our tags.
    nodes: BTreeSet<(String, String, String)>,
    /// Keys of the data disks by the node that they say they belong to.
    disks: BTreeMap<String, Vec<String>>,
}

impl Listed {
    /// Takes an element of a list in.
    pub(super) fn insert(&mut self, object: &Value) {
        let Some(key) = object.get("id").and_then(Value::as_str).map(str::to_ascii_lowercase) else { return };
        let its = tags::of(object);
        if let (Some(mark), Some(node)) = (tags::mark(&its), tags::get(&its, Mark::NODE)) {
            let network = tags::get(&its, Mark::NETWORK).unwrap_or_default().to_ascii_lowercase();
            self.nodes.insert((mark.resource, network, node.to_owned()));
            if tags::get(&its, Mark::DISK).is_some() {
                self.disks.entry(node.to_owned()).or_default().push(key.clone());
            }
        }
        self.objects.insert(key, object.to_string().into_boxed_str());
    }

    /// An object, by its id in any casing.
    pub(super) fn get(&self, id: &str) -> Option<Value> {
        let text = self.objects.get(&id.to_ascii_lowercase())?;
        // It was written by `insert`.
        serde_json::from_str(text).ok()
    }

    /// The nodes of a resource in a network, by the tags of their parts.
    pub(super) fn nodes_of<'a>(
        &'a self,
        resource: &'a str,
        network_id: &str,
    ) -> impl Iterator<Item = String> + use<'a> {
        let network = ids::name(network_id).to_ascii_lowercase();
        let own = self.nodes.iter().filter(move |(of, inside, _)| of == resource && *inside == network);
        own.map(|(_, _, node)| node.clone())
    }

    /// The data disks that say that they belong to a node of a network.
    pub(super) fn disks_of<'a>(
        &'a self,
        node: &str,
        network_id: &'a str,
    ) -> impl Iterator<Item = Value> + use<'a> {
        let keys = self.disks.get(node).into_iter().flatten();
        keys.filter_map(|key| self.get(key)).filter(|object| {
            tags::get(&tags::of(object), Mark::NETWORK)
                .is_some_and(|own| own.eq_ignore_ascii_case(ids::name(network_id)))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_found_by_id_and_by_the_node_that_their_tags_name() {
        let mut listed = Listed::default();
        let object = |name: &str, node: &str, network: &str| {
            json!({ "id": format!("/G/{name}"), "tags": {
                "bud:managed-by": Mark::MANAGER, "bud:resource": "bud_node_pool/p",
                "bud:node": node, "bud:network": network, "bud:disk": "data",
            } })
        };
        for (name, node, network) in [("a", "p-0", "Net"), ("b", "p-0", "other"), ("c", "p-1", "net")] {
            listed.insert(&object(name, node, network));
        }
        listed.insert(&json!({ "id": "/g/untagged" }));
        listed.insert(&json!({ "name": "without an id" }));
        assert_eq!(listed.get("/g/A"), Some(object("a", "p-0", "Net")));
        assert!(listed.get("/G/UNTAGGED").is_some() && listed.get("/g/d").is_none());
        let nodes: Vec<String> = listed.nodes_of("bud_node_pool/p", "/x/NET").collect();
        assert_eq!(nodes, ["p-0", "p-1"]);
        assert_eq!(listed.nodes_of("bud_node_pool/q", "/x/net").count(), 0);
        assert_eq!(listed.disks_of("p-0", "/x/net").collect::<Vec<_>>(), [object("a", "p-0", "Net")]);
    }
}
