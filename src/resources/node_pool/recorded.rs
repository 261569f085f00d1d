//! What only the configuration knows, recorded in tags so that an import finds it again.
//!
//! The arguments that differ from their defaults are one JSON object, cut into the tags of the pool's
//! first node.

use std::collections::BTreeMap;

use crate::schema::Presence;
use crate::value::{Kind, Value};

/// Records the string of `replace_nodes` for which a machine was made.
pub(super) const REPLACED: &str = "replaced";

/// Beginning of the names of the tags with the arguments.
const CONFIG: &str = "config-";

/// Longest value of a tag in Azure.
const LONGEST: usize = 256;

/// More would crowd out the user's own tags, of which an object has 50 in all.
const MOST: usize = 16;

/// Arguments that are found otherwise: in the import id, the network, the number of nodes, the tags.
const ELSEWHERE: &[&str] = &["name", "cloud", "network_id", "location", "node_count", "tags"];

fn kinds() -> BTreeMap<String, (Kind, Value)> {
    super::resource()
        .block
        .attributes
        .into_iter()
        .filter(|one| one.presence != Presence::Computed && !ELSEWHERE.contains(&one.name))
        .map(|one| (one.name.to_owned(), (one.kind(), one.rule.default.clone().unwrap_or(Value::Null))))
        .collect()
}

/// The tags that record the arguments of an object.
pub(super) fn config(object: &Value) -> BTreeMap<String, String> {
    let mut written = serde_json::Map::new();
    for (name, (kind, default)) in kinds() {
        let value = object.get(&name);
        if *value == default || !value.is_wholly_known() {
            continue;
        }
        let json = value.to_json(&kind).ok().and_then(|json| serde_json::from_str(&json).ok());
        if let Some(json) = json {
            written.insert(name, without_nulls(json));
        }
    }
    let text = serde_json::Value::Object(written.clone()).to_string();
    let mut parts = cut(&text);
    if parts.len() > MOST {
        // The longest by far are keys: an import then asks for them in an update of the state alone.
        written.remove("ssh_public_keys");
        parts = cut(&serde_json::Value::Object(written).to_string());
    }
    parts.truncate(MOST);
    parts.into_iter().enumerate().map(|(number, part)| (format!("{CONFIG}{number}"), part)).collect()
}

fn without_nulls(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(entries) => serde_json::Value::Object(
            entries
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        serde_json::Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Pieces of at most the length of a tag, none beginning or ending with a blank, which Azure would trim.
fn cut(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    let mut from = 0;
    while from < letters.len() {
        let mut to = (from + LONGEST).min(letters.len());
        while to < letters.len() && to > from + 1 && (letters[to - 1] == ' ' || letters[to] == ' ') {
            to -= 1;
        }
        parts.push(letters[from..to].iter().collect());
        from = to;
    }
    parts
}

/// The arguments that tags record, laid over an object.
pub(super) fn read(recorded: &BTreeMap<String, String>, object: &mut Value) {
    let parts = (0..MOST).map_while(|number| recorded.get(&format!("{CONFIG}{number}")).map(String::as_str));
    let text: String = parts.collect();
    let Ok(serde_json::Value::Object(written)) = serde_json::from_str(&text) else { return };
    for (name, (kind, _)) in kinds() {
        let Some(json) = written.get(&name) else { continue };
        // Nulls were left out: the older-state reader puts them back.
        if let Ok(value) = Value::from_older_json(json.to_string().as_bytes(), &kind) {
            object.set(&name, whole(&name, value));
        }
    }
}

/// A value with all attributes of its nested objects.
fn whole(name: &str, value: Value) -> Value {
    use crate::schema::{Attribute, Nesting, Shape};
    fn one(nested: &[Attribute], value: Value) -> Value {
        let Value::Map(mut entries) = value else { return value };
        for attribute in nested {
            entries.entry(attribute.name.to_owned()).or_insert(Value::Null);
        }
        Value::Map(entries)
    }
    let attributes = super::resource().block.attributes;
    match attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.shape) {
        Some(Shape::Nested(Nesting::Single, nested)) => one(nested, value),
        Some(Shape::Nested(Nesting::List, nested)) => match value {
            Value::List(elements) => {
                Value::List(elements.into_iter().map(|element| one(nested, element)).collect())
            }
            other => other,
        },
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::{config, cut, read};
    use crate::value::Value;

    #[test]
    fn what_is_recorded_is_read_again() {
        let mut object = Value::object([
            ("role", Value::string("worker")),
            ("node_count", Value::int(3)),
            ("sku", Value::string("gpu-a100")),
            ("public_ipv4", Value::Bool(true)),
            ("zones", Value::List(vec![Value::string("1")])),
            ("ssh_public_keys", Value::List(vec![Value::string(format!("ssh-rsa {} me", "A".repeat(700)))])),
            ("os_disk", Value::object([("size_gb", Value::Null), ("type", Value::string("standard_ssd"))])),
        ]);
        let tags = config(&object);
        assert!(
            tags.len() >= 4 && tags.values().all(|part| part.len() <= 256 && part.trim() == part),
            "{tags:?}"
        );
        assert!(!tags["config-0"].contains("public_ipv4"), "defaults are not recorded");
        let mut again = Value::object([("node_count", Value::int(3)), ("public_ipv4", Value::Bool(true))]);
        read(&tags, &mut again);
        object.set("role", Value::string("worker"));
        assert_eq!(again, object);
    }

    #[test]
    fn no_piece_has_a_blank_at_its_end() {
        let text = format!("{} b{}", "a".repeat(255), "c ".repeat(300));
        let parts = cut(text.trim());
        assert_eq!(parts.concat(), text.trim());
        assert!(parts.iter().all(|part| part.trim() == part && part.len() <= 256), "{parts:?}");
    }
}
