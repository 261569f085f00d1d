//! The new state a host proposes to a provider: the configuration, and where it says nothing and the
//! provider may, what was there before.

use bud::value::{Kind, Value};

use super::alike::alike;
use super::schema::{Attribute, Attributes, Block, Nested, Nesting, object_kind};

/// The proposal for an object that is `prior` and shall be `config`; either may be null.
pub(crate) fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() {
        // A destroy: whoever asks for one proposes null himself.
        return prior.clone();
    }
    merge_attributes(&block.attributes, prior, config)
}

fn merge_attributes(attributes: &Attributes, prior: &Value, config: &Value) -> Value {
    Value::object(attributes.iter().map(|(name, attribute)| {
        (name.clone(), merge_attribute(attribute, prior.get(name), config.get(name)))
    }))
}

fn merge_attribute(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    if attribute.computed && config.is_null() {
        if attribute.optional
            && attribute.nested.as_ref().is_some_and(|nested| came_from_config(nested, prior))
        {
            // It was written before and is written no more: nothing of it is the provider's own.
            return config.clone();
        }
        return prior.clone();
    }
    match &attribute.nested {
        Some(nested) => merge_nested(nested, prior, config),
        None => config.clone(),
    }
}

fn merge_nested(nested: &Nested, prior: &Value, config: &Value) -> Value {
    if config.is_unknown() || config.is_null() {
        return config.clone();
    }
    match (nested.nesting, config) {
        (Nesting::Single, _) => merge_object(nested, prior, config),
        (Nesting::List, Value::List(elements)) => {
            let before = prior.as_list().unwrap_or_default();
            let merge = |(index, element): (usize, &Value)| match before.get(index) {
                Some(prior) => merge_object(nested, prior, element),
                None => element.clone(),
            };
            Value::List(elements.iter().enumerate().map(merge).collect())
        }
        (Nesting::Map, Value::Map(entries)) => {
            let merge = |(key, entry): (&String, &Value)| {
                let merged = match prior.as_map().and_then(|before| before.get(key)) {
                    Some(prior) => merge_object(nested, prior, entry),
                    None => entry.clone(),
                };
                (key.clone(), merged)
            };
            Value::Map(entries.iter().map(merge).collect())
        }
        (Nesting::Set, Value::List(elements)) => {
            let mut before: Vec<&Value> = prior.as_list().unwrap_or_default().iter().collect();
            let mut merge = |element: &Value| {
                let partner =
                    before.iter().position(|prior| may_come_from(&nested.attributes, prior, element));
                let prior = partner.map_or(&Value::Null, |found| before.remove(found));
                merge_object(nested, prior, element)
            };
            Value::List(elements.iter().map(&mut merge).collect())
        }
        (_, other) => other.clone(),
    }
}

fn merge_object(nested: &Nested, prior: &Value, config: &Value) -> Value {
    if config.is_null() { config.clone() } else { merge_attributes(&nested.attributes, prior, config) }
}

/// Whether a stored object holds something that only a configuration can have put there.
fn came_from_config(nested: &Nested, stored: &Value) -> bool {
    objects(nested.nesting, stored).iter().any(|object| {
        nested.attributes.iter().any(|(name, attribute)| {
            let value = object.get(name);
            !value.is_null()
                && (!attribute.computed
                    || attribute.nested.as_ref().is_some_and(|below| came_from_config(below, value)))
        })
    })
}

/// The objects that a nested attribute holds.
fn objects(nesting: Nesting, value: &Value) -> Vec<&Value> {
    match (nesting, value) {
        (Nesting::Single, Value::Map(_)) => vec![value],
        (Nesting::Map, Value::Map(entries)) => entries.values().collect(),
        (_, Value::List(elements)) => elements.iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether a stored element of a set can be what became of a configured one: they differ only where
/// the provider fills in what the configuration leaves out.
fn may_come_from(attributes: &Attributes, stored: &Value, config: &Value) -> bool {
    if alike(&object_kind(attributes), stored, config) {
        return true;
    }
    if stored.as_map().is_none() || config.as_map().is_none() {
        return false;
    }
    attributes.iter().all(|(name, attribute)| {
        let (stored, config) = (stored.get(name), config.get(name));
        if alike(&attribute.kind, stored, config) {
            return true;
        }
        match &attribute.nested {
            // Elements of an inner set have no name by which they could be compared.
            Some(nested) if nested.nesting == Nesting::Set => false,
            Some(nested) => nested_may_come_from(nested, stored, config),
            None => !matches!(attribute.kind, Kind::Set(_)) && attribute.computed && config.is_null(),
        }
    })
}

/// Only what is stored is looked at: the configuration may hold more, for instance a longer list.
fn nested_may_come_from(nested: &Nested, stored: &Value, config: &Value) -> bool {
    let below = |stored: &Value, config: &Value| may_come_from(&nested.attributes, stored, config);
    match (nested.nesting, stored, config) {
        (_, Value::Null, _) => true,
        (Nesting::Single, Value::Map(_), Value::Map(_)) => below(stored, config),
        (Nesting::List, Value::List(stored), Value::List(config)) => {
            stored.len() <= config.len()
                && stored.iter().zip(config).all(|(stored, config)| below(stored, config))
        }
        (Nesting::Map, Value::Map(stored), Value::Map(config)) => {
            stored.iter().all(|(key, stored)| config.get(key).is_some_and(|config| below(stored, config)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::sample::{also_computed, block, both, computed, nested, optional, required};
    use super::*;

    fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::object(entries)
    }

    fn text(text: &str) -> Value {
        Value::string(text)
    }

    #[test]
    fn a_create_proposes_the_configuration_and_null_for_the_rest() {
        let block = block([
            ("name", required(Kind::String)),
            ("size", both(Kind::Number)),
            ("id", computed(Kind::String)),
        ]);
        let config = object([("name", text("a")), ("size", Value::Null), ("id", Value::Null)]);
        assert_eq!(proposed_new(&block, &Value::Null, &config), config);
    }

    #[test]
    fn what_the_provider_may_fill_keeps_its_prior_value_and_the_rest_does_not() {
        let block = block([
            ("name", required(Kind::String)),
            ("note", optional(Kind::String)),
            ("size", both(Kind::Number)),
            ("id", computed(Kind::String)),
        ]);
        let prior =
            object([("name", text("a")), ("note", text("n")), ("size", Value::int(1)), ("id", text("x"))]);
        let config =
            object([("name", text("b")), ("note", Value::Null), ("size", Value::Null), ("id", Value::Null)]);
        let expected =
            object([("name", text("b")), ("note", Value::Null), ("size", Value::int(1)), ("id", text("x"))]);
        assert_eq!(proposed_new(&block, &prior, &config), expected);
        let unknown = object([("name", Value::unknown()), ("size", Value::int(2))]);
        let proposal = proposed_new(&block, &prior, &unknown);
        assert!(proposal.get("name").is_unknown());
        assert_eq!(proposal.get("size"), &Value::int(2));
    }

    #[test]
    fn a_destroy_proposes_what_the_caller_makes_of_it() {
        let block = block([("name", required(Kind::String))]);
        assert_eq!(proposed_new(&block, &Value::Null, &Value::Null), Value::Null);
    }

    fn nodes(nesting: Nesting) -> Block {
        block([("nodes", nested(nesting, [("role", optional(Kind::String)), ("key", both(Kind::String))]))])
    }

    fn node(role: &str, key: Option<&str>) -> Value {
        object([("role", text(role)), ("key", key.map_or(Value::Null, text))])
    }

    #[test]
    fn lists_are_matched_by_place_and_maps_by_key() {
        // An element put in front inherits the key of the one that stood there: R10.
        let prior = object([("nodes", Value::List(vec![node("b", Some("KEY-OF-b"))]))]);
        let config = object([("nodes", Value::List(vec![node("a", None), node("b", None)]))]);
        let expected = Value::List(vec![node("a", Some("KEY-OF-b")), node("b", None)]);
        assert_eq!(proposed_new(&nodes(Nesting::List), &prior, &config).get("nodes"), &expected);

        let prior = object([("nodes", object([("b", node("b", Some("KEY-OF-b")))]))]);
        let config = object([("nodes", object([("a", node("a", None)), ("b", node("b", None))]))]);
        let expected = object([("a", node("a", None)), ("b", node("b", Some("KEY-OF-b")))]);
        assert_eq!(proposed_new(&nodes(Nesting::Map), &prior, &config).get("nodes"), &expected);
    }

    #[test]
    fn elements_of_sets_are_matched_by_what_was_configured() {
        let prior = object([("nodes", Value::List(vec![node("a", Some("A")), node("b", Some("B"))]))]);
        let config = object([("nodes", Value::List(vec![node("b", None), node("c", None)]))]);
        let expected = Value::List(vec![node("b", Some("B")), node("c", None)]);
        assert_eq!(proposed_new(&nodes(Nesting::Set), &prior, &config).get("nodes"), &expected);
    }

    #[test]
    fn unknown_nested_values_are_proposed_as_they_are() {
        let prior = object([("nodes", object([("b", node("b", Some("B")))]))]);
        let config = object([("nodes", Value::unknown())]);
        assert!(proposed_new(&nodes(Nesting::Map), &prior, &config).get("nodes").is_unknown());
        let config = object([("nodes", object([("b", Value::unknown())]))]);
        let entry = proposed_new(&nodes(Nesting::Map), &prior, &config).get("nodes").get("b").clone();
        assert!(entry.get("role").is_unknown() && entry.get("key").is_unknown());
    }

    #[test]
    fn an_omitted_object_is_forgotten_once_it_held_something_configured() {
        let disk = |leaf| {
            let below = nested(Nesting::Single, [("size", leaf), ("id", computed(Kind::String))]);
            block([("disk", also_computed(below))])
        };
        let prior = object([("disk", object([("size", Value::int(1)), ("id", text("d"))]))]);
        let config = object([("disk", Value::Null)]);
        assert_eq!(proposed_new(&disk(optional(Kind::Number)), &prior, &config).get("disk"), &Value::Null);
        assert_eq!(proposed_new(&disk(both(Kind::Number)), &prior, &config).get("disk"), prior.get("disk"));
    }

    #[test]
    fn a_single_object_keeps_its_computed_leaves_while_it_is_written() {
        let block = block([(
            "disk",
            nested(Nesting::Single, [("size", optional(Kind::Number)), ("id", computed(Kind::String))]),
        )]);
        let prior = object([("disk", object([("size", Value::int(1)), ("id", text("d"))]))]);
        let config = object([("disk", object([("size", Value::int(2)), ("id", Value::Null)]))]);
        let expected = object([("size", Value::int(2)), ("id", text("d"))]);
        assert_eq!(proposed_new(&block, &prior, &config).get("disk"), &expected);
        let gone = object([("disk", Value::Null)]);
        assert_eq!(proposed_new(&block, &prior, &gone).get("disk"), &Value::Null);
    }
}
