//! What a machine was made with: arguments that hold for new machines only, and `outdated`.
//!
//! Each machine records in a tag what it was made with, as short digests; refresh keeps that beside the
//! state, grouped, so that a plan can say what a node lacks without asking the cloud.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::wanted::Wanted;
use crate::cloud::NodeSeen;
use crate::value::{Kind, Value};

/// Name of the record.
pub(super) const TAG: &str = "made";

/// Name of the note beside the state.
pub(super) const NOTE: &str = "made";

/// Arguments that hold for new machines only (operations.md B2), beside offers and zones, which are
/// compared with what the machine is.
const ARGUMENTS: &[&str] = &[
    "image",
    "admin_username",
    // No cluster writes them to running machines yet; until then these keep the keys that they came with.
    "ssh_public_keys",
    "os_disk.type",
    "spot.on_eviction",
    "secure_boot",
    "vtpm",
    "accelerated_networking",
    "subnets",
    "disk_encryption",
    "capacity_reservation_id",
    "placement_group",
];

fn argument(object: &Value, name: &str) -> Value {
    match name.split_once('.') {
        Some((outer, inner)) => object.get(outer).get(inner).clone(),
        None => object.get(name).clone(),
    }
}

/// The value that stands for nothing given.
fn default_of(name: &str) -> Value {
    match name {
        "os_disk.type" => Value::string("premium"),
        "spot.on_eviction" => Value::string("deallocate"),
        "admin_username" => Value::string("bud"),
        "secure_boot" => Value::Bool(false),
        "vtpm" => Value::Bool(true),
        _ => Value::Null,
    }
}

/// Short digest of an argument; absent where it is the default or null.
fn digest(object: &Value, name: &str) -> Option<String> {
    let value = argument(object, name);
    if value.is_null() || value == default_of(name) {
        return None;
    }
    let text = value.to_json(&Kind::Dynamic).unwrap_or_else(|_| format!("{value:?}"));
    let bytes = Sha256::digest(text.as_bytes());
    // All of them must fit into one tag, of 256 characters.
    let first = bytes.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes)) >> 8;
    Some(format!("{first:06x}"))
}

/// The record of a machine that is made with these arguments.
pub(super) fn of(object: &Value) -> String {
    let parts = ARGUMENTS.iter().filter_map(|name| Some(format!("{name}={}", digest(object, name)?)));
    parts.collect::<Vec<_>>().join(",")
}

/// What a node's machine was made with, as the note keeps it.
pub(super) fn fact(seen: &NodeSeen) -> Option<String> {
    let machine = seen.machine.as_ref()?;
    let made = seen.recorded.get(TAG).cloned().unwrap_or_default();
    Some(if machine.spot { format!("{made},spot") } else { made })
}

/// Whether a machine of this record is spot.
pub(super) fn is_spot(fact: &str) -> bool {
    fact.split(',').any(|part| part == "spot")
}

/// The note: nodes by what they were made with.
pub(super) fn note<'a>(seen: impl IntoIterator<Item = &'a NodeSeen>) -> String {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for node in seen {
        if let Some(fact) = fact(node) {
            groups.entry(fact).or_default().push(&node.name);
        }
    }
    serde_json::to_string(&groups).unwrap_or_default()
}

/// What each node was made with.
pub(super) fn facts(note: Option<&String>) -> BTreeMap<String, String> {
    let groups: BTreeMap<String, Vec<String>> =
        note.and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default();
    groups
        .into_iter()
        .flat_map(|(fact, nodes)| nodes.into_iter().map(move |node| (node, fact.clone())))
        .collect()
}

/// What a node lacks, in the words of `outdated`; empty: nothing. `node` is its element in `nodes`.
pub(super) fn lacks(object: &Value, node: &Value, fact: Option<&str>) -> String {
    let mut lacking: BTreeSet<&str> = BTreeSet::new();
    if let Some(fact) = fact {
        let has: BTreeMap<&str, &str> = fact.split(',').filter_map(|part| part.split_once('=')).collect();
        for name in ARGUMENTS {
            if argument(object, name).is_wholly_known()
                && digest(object, name).as_deref() != has.get(name).copied()
            {
                lacking.insert(name);
            }
        }
    }
    let wanted = Wanted(object);
    let (sku, zone) = (node.get("sku").as_str(), node.get("zone").as_str());
    if let (Some(offers), Some(sku)) = (wanted.offers(), sku) {
        let spot = fact.map(is_spot);
        let fits = offers.iter().any(|offer| {
            offer.sku.eq_ignore_ascii_case(sku)
                && spot.is_none_or(|spot| spot == offer.spot)
                && offer.zone.as_deref().is_none_or(|offered| Some(offered) == zone)
        });
        if !fits {
            lacking.insert(if object.get("offers").is_null() { "sku" } else { "offers" });
        }
        if let Some(zones) = wanted.texts("zones")
            && offers.iter().all(|offer| offer.zone.is_none())
            && !zones.is_empty()
            && !zone.is_some_and(|zone| zones.iter().any(|one| one == zone))
        {
            lacking.insert("zones");
        }
    }
    lacking.into_iter().collect::<Vec<_>>().join(", ")
}

/// The whole attribute for the nodes of a map.
pub(super) fn outdated(
    object: &Value,
    nodes: &BTreeMap<String, Value>,
    facts: &BTreeMap<String, String>,
) -> Value {
    let entries = nodes.iter().filter_map(|(name, node)| {
        let lacks = lacks(object, node, facts.get(name).map(String::as_str));
        (!lacks.is_empty()).then(|| (name.clone(), Value::string(lacks)))
    });
    Value::Map(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::{lacks, of};
    use crate::value::Value;

    fn pool(image: Option<&str>, sku: &str) -> Value {
        Value::object([("image", image.map_or(Value::Null, Value::string)), ("sku", Value::string(sku))])
    }

    #[test]
    fn a_machine_lacks_what_it_was_not_made_with() {
        let node = Value::object([("sku", Value::string("Standard_D32as_v5")), ("zone", Value::Null)]);
        let before = pool(None, "cpu");
        let after = pool(Some("a:b:c"), "cpu");
        assert_eq!(lacks(&before, &node, Some(&of(&before))), "");
        assert_eq!(lacks(&after, &node, Some(&of(&before))), "image");
        assert_eq!(lacks(&after, &node, Some(&of(&after))), "");
        assert_eq!(lacks(&before, &node, Some(&of(&after))), "image", "and back again");
        assert_eq!(lacks(&pool(None, "D2s_v5"), &node, Some("")), "sku");
        let spot = format!("{},spot", of(&before));
        assert_eq!(lacks(&before, &node, Some(&spot)), "sku", "it is spot and should not be");
    }

    #[test]
    fn the_record_of_every_argument_fits_into_a_tag() {
        let mut object = pool(Some("a:b:c"), "cpu");
        for (name, value) in [
            ("admin_username", Value::string("me")),
            ("ssh_public_keys", Value::List(vec![Value::string("ssh-ed25519 AAAA")])),
            ("os_disk", Value::object([("type", Value::string("standard"))])),
            ("spot", Value::object([("on_eviction", Value::string("delete"))])),
            ("secure_boot", Value::Bool(true)),
            ("vtpm", Value::Bool(false)),
            ("accelerated_networking", Value::Bool(true)),
            ("subnets", Value::List(vec![Value::string("a")])),
            ("disk_encryption", Value::object([("at_host", Value::Bool(true))])),
            ("capacity_reservation_id", Value::string("/c")),
            ("placement_group", Value::string("/p")),
        ] {
            object.set(name, value);
        }
        assert!(of(&object).len() <= 256, "{}", of(&object).len());
    }
}
