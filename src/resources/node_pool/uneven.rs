//! Arguments of a pool that its nodes do not all have alike, such as after a change that broke off halfway.
//!
//! An argument has one place in the state. What stood on one node alone would be read there as what all of
//! them have, and where that is just what the configuration asks, the others would be forgotten.

use std::collections::BTreeMap;

use crate::cloud::NodeSeen;

/// How many nodes are named before the others are only counted.
const NAMED: usize = 3;

/// What the nodes have: the one value, or, where they differ, a text that says which node has what and is
/// no value of any configuration. `otherwise`: what is said where there is no node.
pub(super) fn across(
    nodes: &[&&NodeSeen],
    has: impl Fn(&&&NodeSeen) -> Option<String>,
    otherwise: Option<String>,
) -> Option<String> {
    let mut found: BTreeMap<Option<String>, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        found.entry(has(node)).or_default().push(&node.name);
    }
    if found.len() < 2 {
        return found.into_keys().next().unwrap_or(otherwise);
    }
    let parts: Vec<String> = found
        .into_iter()
        .map(|(value, nodes)| {
            let more = nodes.len().saturating_sub(NAMED);
            let mut on = nodes.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            if more > 0 {
                on = format!("{on} and {more} more");
            }
            match value {
                Some(value) => format!("{value} on {on}"),
                None => format!("none on {on}"),
            }
        })
        .collect();
    Some(parts.join("; "))
}
