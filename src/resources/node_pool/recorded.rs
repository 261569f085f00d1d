//! What only the configuration knows, recorded in tags so that an import finds it again.
//!
//! The arguments that differ from their defaults are one JSON object in the tags of the pool's first node.

use std::collections::BTreeMap;

use crate::schema::Presence;
use crate::value::{Kind, Value};

/// Records the string of `replace_nodes` for which a machine was made.
pub(super) const REPLACED: &str = "replaced";

/// What [`REPLACED`] holds: the string behind a mark, or that the argument was taken away again, because a
/// tag may not be empty.
pub(super) fn replaced(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| format!("={text}"))
}

/// The string for which a machine was made, if it is still asked.
pub(super) fn replaced_for(recorded: &BTreeMap<String, String>) -> Option<&str> {
    recorded.get(REPLACED)?.strip_prefix('=')
}

/// Records the arguments.
pub(super) const CONFIG: &str = "config";

/// More would crowd out the user's own tags, of which an object has 50 in all: sixteen tags of Azure.
const LONGEST: usize = 16 * 256;

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
        if value.is_null() || *value == default || !value.is_wholly_known() {
            continue;
        }
        let json = value.to_json(&kind).ok().and_then(|json| serde_json::from_str(&json).ok());
        if let Some(json) = json {
            written.insert(name, without_nulls(json));
        }
    }
    let mut text = serde_json::Value::Object(written.clone()).to_string();
    if text.len() > LONGEST {
        // The longest by far are keys: an import then asks for them in an update of the state alone.
        written.remove("ssh_public_keys");
        text = serde_json::Value::Object(written).to_string();
    }
    if text.len() > LONGEST { BTreeMap::new() } else { BTreeMap::from([(CONFIG.to_owned(), text)]) }
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

/// The arguments that tags record, laid over an object.
pub(super) fn read(recorded: &BTreeMap<String, String>, object: &mut Value) {
    let text = recorded.get(CONFIG).map(String::as_str).unwrap_or_default();
    let Ok(serde_json::Value::Object(written)) = serde_json::from_str(text) else { return };
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
    use super::{config, read};
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
        assert!(!tags[super::CONFIG].contains("public_ipv4"), "defaults are not recorded");
        let mut again = Value::object([("node_count", Value::int(3)), ("public_ipv4", Value::Bool(true))]);
        read(&tags, &mut again);
        object.set("role", Value::string("worker"));
        assert_eq!(again, object);
    }

    #[test]
    fn keys_that_are_too_long_for_tags_are_left_out() {
        let key = Value::string(format!("ssh-rsa {}", "A".repeat(5000)));
        let object =
            Value::object([("role", Value::string("worker")), ("ssh_public_keys", Value::List(vec![key]))]);
        assert_eq!(config(&object)[super::CONFIG], r#"{"role":"worker"}"#);
    }
}
