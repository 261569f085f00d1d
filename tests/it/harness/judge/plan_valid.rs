//! Whether a planned state is one that may come of a prior state and a configuration.

use std::collections::BTreeMap;

use bud::value::Value;

use super::super::alike::alike;
use super::super::schema::{Attribute, Attributes, Block, Nested, Nesting};
use super::{Place, Violations, show};

/// "Provider produced invalid plan": what the first plan of a change may not do.
pub(crate) fn plan_valid(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Violations {
    match (planned.is_null(), config.is_null()) {
        (true, false) => vec!["planned for absence but config wants existence".to_owned()],
        (false, true) => vec!["planned for existence but config wants absence".to_owned()],
        (true, true) => Vec::new(),
        (false, false) => attributes_valid(&block.attributes, prior, config, planned, &Place::default()),
    }
}

fn attributes_valid(
    attributes: &Attributes,
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &Place,
) -> Violations {
    attributes
        .iter()
        .flat_map(|(name, attribute)| {
            let place = place.attribute(name);
            attribute_valid(attribute, prior.get(name), config.get(name), planned.get(name), &place)
        })
        .collect()
}

fn attribute_valid(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &Place,
) -> Violations {
    if alike(&attribute.kind, planned, config) {
        return Vec::new();
    }
    // The provider says that the new value means the same as the old one.
    if alike(&attribute.kind, planned, prior) && !prior.is_null() && !config.is_null() {
        return Vec::new();
    }
    if attribute.computed && (!attribute.optional || config.is_null()) {
        return Vec::new();
    }
    if config.is_null() && !planned.is_null() {
        return vec![if attribute.sensitive {
            place.says("sensitive planned value for a non-computed attribute")
        } else {
            place.says(format!("planned value {} for a non-computed attribute", show(planned)))
        }];
    }
    if attribute.write_only && planned.is_null() {
        return Vec::new();
    }
    if let Some(nested) = &attribute.nested {
        return nested_valid(nested, prior, config, planned, place);
    }
    vec![match (attribute.sensitive, prior.is_null()) {
        (true, true) => place.says("sensitive planned value does not match config value"),
        (true, false) => place.says("sensitive planned value does not match config value nor prior value"),
        (false, true) => place.says(format!(
            "planned value {} does not match config value {}",
            show(planned),
            show(config)
        )),
        (false, false) => place.says(format!(
            "planned value {} does not match config value {} nor prior value {}",
            show(planned),
            show(config),
            show(prior)
        )),
    }]
}

fn nested_valid(
    nested: &Nested,
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &Place,
) -> Violations {
    if planned.is_null() {
        return vec![place.says("planned for absence but config wants existence")];
    }
    if planned.is_unknown() {
        return vec![place.says("planned unknown for configured value")];
    }
    if nested.nesting == Nesting::Single {
        return attributes_valid(&nested.attributes, prior, config, planned, place);
    }
    let Some(count) = length(config) else {
        return match nested.nesting {
            // How many there will be is not known, so any number may be planned.
            Nesting::Set => Vec::new(),
            _ => vec![place.says("count in plan disagrees with count in config, which is unknown")],
        };
    };
    let planned_count = length(planned).unwrap_or_default();
    // Elements of a set that are not wholly known may turn out to be one.
    let fits = planned_count == count
        || nested.nesting == Nesting::Set
            && !planned.is_wholly_known()
            && (1..=planned_count).contains(&count);
    if !fits {
        return vec![
            place.says(format!("count in plan ({planned_count}) disagrees with count in config ({count})")),
        ];
    }
    let nothing = BTreeMap::new();
    match (planned, config) {
        (Value::List(planned), Value::List(config)) if nested.nesting == Nesting::List => {
            let before = prior.as_list().unwrap_or_default();
            let each = planned.iter().zip(config).enumerate().flat_map(|(index, (planned, config))| {
                let prior = before.get(index).unwrap_or(&Value::Null);
                element_valid(nested, prior, config, planned, &place.element(index))
            });
            each.collect()
        }
        (Value::Map(planned), Value::Map(config)) => {
            let before = prior.as_map().unwrap_or(&nothing);
            let mut found = Violations::new();
            for (key, planned) in planned {
                match config.get(key) {
                    Some(config) => {
                        let prior = before.get(key).unwrap_or(&Value::Null);
                        found.extend(element_valid(nested, prior, config, planned, &place.element(key)));
                    }
                    None => {
                        found.push(place.says(format!("map key {key:?} from plan is not present in config")))
                    }
                }
            }
            let missing = config.keys().filter(|key| !planned.contains_key(*key));
            found.extend(
                missing.map(|key| place.says(format!("map key {key:?} from config is not present in plan"))),
            );
            found
        }
        // Elements of a set cannot be matched with each other.
        _ => Vec::new(),
    }
}

fn element_valid(
    nested: &Nested,
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &Place,
) -> Violations {
    if planned.is_null() || config.is_null() {
        // OpenTofu crashes here, so whoever gets as far as this has let a null element pass validation.
        return vec![place.says("an element of nested objects is null")];
    }
    attributes_valid(&nested.attributes, prior, config, planned, place)
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::List(elements) => Some(elements.len()),
        Value::Map(entries) => Some(entries.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bud::value::Kind;

    use super::super::super::schema::sample::{
        block, both, computed, nested, optional, required, sensitive, write_only,
    };
    use super::*;

    fn text(text: &str) -> Value {
        Value::string(text)
    }

    /// Judges one attribute `a` of three values; the text after the place, or nothing.
    fn verdict(attribute: Attribute, prior: Value, config: Value, planned: Value) -> Option<String> {
        let block = block([("a", attribute)]);
        let object = |value| Value::object([("a", value)]);
        let found = plan_valid(&block, &object(prior), &object(config), &object(planned));
        assert!(found.len() <= 1, "{found:?}");
        found.into_iter().next()
    }

    fn accepted(attribute: Attribute, prior: Value, config: Value, planned: Value) {
        assert_eq!(verdict(attribute, prior, config, planned), None);
    }

    fn refused(attribute: Attribute, prior: Value, config: Value, planned: Value, expected: &str) {
        assert_eq!(verdict(attribute, prior, config, planned).as_deref(), Some(expected));
    }

    #[test]
    fn the_configured_value_or_the_prior_one_that_means_the_same() {
        accepted(optional(Kind::String), Value::Null, text("x"), text("x"));
        accepted(required(Kind::String), text("X"), text("x"), text("X"));
        let expected = r#"a: planned value "y" does not match config value "x" nor prior value "X""#;
        refused(required(Kind::String), text("X"), text("x"), text("y"), expected);
        let expected = r#"a: planned value "X" does not match config value "x""#;
        refused(required(Kind::String), Value::Null, text("x"), text("X"), expected);
        let expected = "a: sensitive planned value does not match config value";
        refused(sensitive(Kind::String), Value::Null, text("x"), text("X"), expected);
        let expected = "a: sensitive planned value does not match config value nor prior value";
        refused(sensitive(Kind::String), text("w"), text("x"), text("X"), expected);
    }

    #[test]
    fn a_configured_value_may_not_become_unknown() {
        let expected = r#"a: planned value unknown does not match config value "x""#;
        refused(both(Kind::String), Value::Null, text("x"), Value::unknown(), expected);
        accepted(both(Kind::String), Value::Null, Value::unknown(), Value::unknown());
        let expected = r#"a: planned value "x" does not match config value unknown"#;
        refused(both(Kind::String), Value::Null, Value::unknown(), text("x"), expected);
    }

    #[test]
    fn what_is_not_configured_is_the_providers_only_if_it_is_computed() {
        accepted(computed(Kind::String), text("old"), Value::Null, text("new"));
        accepted(both(Kind::String), text("old"), Value::Null, Value::unknown());
        refused(
            optional(Kind::String),
            Value::Null,
            Value::Null,
            text("x"),
            r#"a: planned value "x" for a non-computed attribute"#,
        );
        refused(
            optional(Kind::list(Kind::String)),
            Value::Null,
            Value::Null,
            Value::List(Vec::new()),
            "a: planned value [] for a non-computed attribute",
        );
        let expected = "a: sensitive planned value for a non-computed attribute";
        refused(sensitive(Kind::String), Value::Null, Value::Null, text("x"), expected);
    }

    #[test]
    fn the_prior_value_is_no_excuse_where_nothing_is_configured() {
        let expected = r#"a: planned value "x" for a non-computed attribute"#;
        refused(optional(Kind::String), text("x"), Value::Null, text("x"), expected);
    }

    #[test]
    fn only_write_only_values_may_be_left_out() {
        accepted(write_only(Kind::String), Value::Null, text("x"), Value::Null);
        let expected = r#"a: planned value null does not match config value "x""#;
        refused(optional(Kind::String), Value::Null, text("x"), Value::Null, expected);
    }

    fn nodes(nesting: Nesting) -> Attribute {
        nested(nesting, [("role", optional(Kind::String)), ("key", both(Kind::String))])
    }

    fn node(role: &str, key: Value) -> Value {
        Value::object([("role", text(role)), ("key", key)])
    }

    #[test]
    fn nested_objects_are_judged_leaf_by_leaf() {
        let config = node("a", Value::Null);
        accepted(nodes(Nesting::Single), Value::Null, config.clone(), node("a", text("K")));
        let expected = r#"a.role: planned value "b" does not match config value "a""#;
        refused(nodes(Nesting::Single), Value::Null, config.clone(), node("b", text("K")), expected);
        let expected = "a: planned unknown for configured value";
        refused(nodes(Nesting::Single), Value::Null, config.clone(), Value::unknown(), expected);
        let expected = "a: planned for absence but config wants existence";
        refused(nodes(Nesting::Single), Value::Null, config, Value::Null, expected);
    }

    #[test]
    fn nested_lists_keep_their_length() {
        let config = Value::List(vec![node("a", Value::Null)]);
        let planned = Value::List(vec![node("a", Value::unknown())]);
        accepted(nodes(Nesting::List), Value::Null, config.clone(), planned);
        let planned = Value::List(vec![node("a", Value::Null), node("b", Value::Null)]);
        let expected = "a: count in plan (2) disagrees with count in config (1)";
        refused(nodes(Nesting::List), Value::Null, config.clone(), planned, expected);
        let planned = Value::List(vec![node("b", Value::Null)]);
        let expected = r#"a[0].role: planned value "b" does not match config value "a""#;
        refused(nodes(Nesting::List), Value::Null, config, planned.clone(), expected);
        let expected = "a: count in plan disagrees with count in config, which is unknown";
        refused(nodes(Nesting::List), Value::Null, Value::unknown(), planned, expected);
    }

    #[test]
    fn null_elements_crash_a_host() {
        let config = Value::List(vec![Value::Null, node("a", Value::Null)]);
        let planned = Value::List(vec![Value::Null, node("a", text("K"))]);
        let expected = "a[0]: an element of nested objects is null";
        refused(nodes(Nesting::List), Value::Null, config, planned, expected);
    }

    #[test]
    fn nested_maps_keep_their_keys() {
        let config = Value::object([("x", node("a", Value::Null))]);
        let planned = Value::object([("x", node("a", text("K")))]);
        accepted(nodes(Nesting::Map), Value::Null, config.clone(), planned);
        let planned = Value::object([("y", node("a", Value::Null))]);
        let block = block([("a", nodes(Nesting::Map))]);
        let object = |value| Value::object([("a", value)]);
        let found = plan_valid(&block, &Value::Null, &object(config.clone()), &object(planned));
        assert_eq!(
            found,
            [
                r#"a: map key "y" from plan is not present in config"#,
                r#"a: map key "x" from config is not present in plan"#
            ]
        );
        let planned = Value::object([("x", node("b", Value::Null))]);
        let prior = Value::object([("x", node("c", Value::Null))]);
        let expected =
            r#"a["x"].role: planned value "b" does not match config value "a" nor prior value "c""#;
        refused(nodes(Nesting::Map), prior, config, planned, expected);
    }

    #[test]
    fn sets_are_only_counted() {
        let config = Value::List(vec![node("a", Value::Null), node("b", Value::Null)]);
        let planned = Value::List(vec![node("a", text("A")), node("c", text("C"))]);
        accepted(nodes(Nesting::Set), Value::Null, config.clone(), planned);
        let planned = Value::List(vec![node("a", text("A"))]);
        let expected = "a: count in plan (1) disagrees with count in config (2)";
        refused(nodes(Nesting::Set), Value::Null, config, planned, expected);
    }

    #[test]
    fn a_null_plan_is_a_destroy_and_only_that() {
        let block = block([("a", optional(Kind::String))]);
        let there = Value::object([("a", Value::Null)]);
        assert!(plan_valid(&block, &there, &Value::Null, &Value::Null).is_empty());
        let expected = ["planned for absence but config wants existence"];
        assert_eq!(plan_valid(&block, &there, &there, &Value::Null), expected);
        let expected = ["planned for existence but config wants absence"];
        assert_eq!(plan_valid(&block, &there, &Value::Null, &there), expected);
    }
}
