//! Whether a final value is a completion of a planned one.

use bud::value::{Kind, Value};

use super::super::alike::alike;
use super::super::schema::Block;
use super::{Place, Violations, show};

/// "Provider produced inconsistent result after apply", and "… inconsistent final plan": every value
/// that the plan knew is kept, every unknown one is filled by a value of its type.
pub(crate) fn compatible(block: &Block, planned: &Value, actual: &Value) -> Violations {
    match (planned.is_null(), actual.is_null()) {
        (true, false) => return vec!["root object was absent, but now present".to_owned()],
        (false, true) => return vec!["root object was present, but now absent".to_owned()],
        (true, true) => return Vec::new(),
        (false, false) => {}
    }
    let mut found = Violations::new();
    for (name, attribute) in &block.attributes {
        let place = Place::default().attribute(name);
        let here = value_compatible(&attribute.kind, planned.get(name), actual.get(name), &place);
        if attribute.sensitive && !here.is_empty() {
            found.push(place.says("inconsistent values for sensitive attribute"));
        } else {
            found.extend(here);
        }
    }
    found
}

fn value_compatible(kind: &Kind, planned: &Value, actual: &Value, place: &Place) -> Violations {
    if let (Value::Typed(planned_kind, planned), Value::Typed(actual_kind, actual)) = (planned, actual) {
        return if planned_kind == actual_kind {
            value_compatible(planned_kind, planned, actual, place)
        } else {
            vec![place.says("wrong final value type")]
        };
    }
    if let Value::Unknown(refinement) = planned {
        return refined(refinement.0.as_slice(), actual, place);
    }
    match (planned.is_null(), actual.is_null()) {
        (true, true) => return Vec::new(),
        (false, true) => return vec![place.says(format!("was {}, but now null", show(planned)))],
        (true, false) => return vec![place.says(format!("was null, but now {}", show(actual)))],
        (false, false) => {}
    }
    if actual.is_unknown() {
        return vec![place.says("was known, but now unknown")];
    }
    match (kind, planned, actual) {
        (Kind::List(element), Value::List(planned), Value::List(actual)) => {
            list_compatible(|_| element.as_ref(), planned, actual, place)
        }
        (Kind::Tuple(kinds), Value::List(planned), Value::List(actual)) => {
            list_compatible(|index| kinds.get(index).unwrap_or(&Kind::Dynamic), planned, actual, place)
        }
        (Kind::Set(element), Value::List(planned), Value::List(actual)) => {
            set_compatible(element, planned, actual, place)
        }
        (Kind::Map(element), Value::Map(planned), Value::Map(actual)) => {
            let mut found = Violations::new();
            for (key, planned) in planned {
                match actual.get(key) {
                    Some(actual) => {
                        found.extend(value_compatible(element, planned, actual, &place.element(key)))
                    }
                    None => found.push(place.says(format!("element {key:?} has vanished"))),
                }
            }
            let new = actual.keys().filter(|key| !planned.contains_key(*key));
            found.extend(new.map(|key| place.says(format!("new element {key:?} has appeared"))));
            found
        }
        (Kind::Object(attributes), Value::Map(_), Value::Map(_)) => attributes
            .iter()
            .flat_map(|(name, kind)| {
                value_compatible(kind, planned.get(name), actual.get(name), &place.attribute(name))
            })
            .collect(),
        _ if alike(kind, planned, actual) => Vec::new(),
        _ => vec![place.says(format!("was {}, but now {}", show(planned), show(actual)))],
    }
}

fn list_compatible<'kind>(
    kind: impl Fn(usize) -> &'kind Kind,
    planned: &[Value],
    actual: &[Value],
    place: &Place,
) -> Violations {
    let mut found = Violations::new();
    for (index, planned) in planned.iter().enumerate() {
        match actual.get(index) {
            Some(actual) => {
                found.extend(value_compatible(kind(index), planned, actual, &place.element(index)))
            }
            None => found.push(place.says(format!("element {index} has vanished"))),
        }
    }
    let new = planned.len()..actual.len();
    found.extend(new.map(|index| place.says(format!("new element {index} has appeared"))));
    found
}

/// Every planned element needs a partner among the actual ones and the other way round; elements that
/// turn out equal may become one, so the set may shrink but never grow.
fn set_compatible(element: &Kind, planned: &[Value], actual: &[Value], place: &Place) -> Violations {
    let fits = |planned: &Value, actual: &Value| value_compatible(element, planned, actual, place).is_empty();
    let lost = planned.iter().filter(|planned| !actual.iter().any(|actual| fits(planned, actual)));
    let mut found: Violations = lost
        .map(|lost| {
            place.says(format!(
                "planned set element {} does not correlate with any element in actual",
                show(lost)
            ))
        })
        .collect();
    if found.is_empty() {
        let new = actual.iter().filter(|actual| !planned.iter().any(|planned| fits(planned, actual)));
        found.extend(new.map(|new| {
            place
                .says(format!("actual set element {} does not correlate with any element in plan", show(new)))
        }));
    }
    if planned.len() < actual.len() {
        found.push(place.says(format!("length changed from {} to {}", planned.len(), actual.len())));
    }
    found
}

/// What the plan promised of an unknown value holds: not null, a prefix, a range of lengths.
fn refined(refinement: &[u8], actual: &Value, place: &Place) -> Violations {
    let refuse =
        || vec![place.says(format!("final value {} does not conform to planning placeholder", show(actual)))];
    let mut bytes = refinement;
    let Ok(entries) = rmp::decode::read_map_len(&mut bytes) else { return Vec::new() };
    for _ in 0..entries {
        let Ok(key) = rmp::decode::read_int::<i64, _>(&mut bytes) else { return refuse() };
        let kept = match key {
            1 => rmp::decode::read_bool(&mut bytes).map(|null| null || !actual.is_null()).ok(),
            2 => rmp::decode::read_str_from_slice(bytes).ok().map(|(prefix, rest)| {
                bytes = rest;
                actual.is_unknown() || actual.as_str().is_some_and(|text| text.starts_with(prefix))
            }),
            5 | 6 => rmp::decode::read_int::<usize, _>(&mut bytes).ok().map(|bound| match actual {
                Value::List(elements) => within(key, elements.len(), bound),
                Value::Map(entries) => within(key, entries.len(), bound),
                _ => actual.is_unknown(),
            }),
            // We never promise bounds of numbers, and what we are sent we hand back untouched.
            _ => return Vec::new(),
        };
        if kept != Some(true) {
            return refuse();
        }
    }
    Vec::new()
}

fn within(key: i64, length: usize, bound: usize) -> bool {
    if key == 5 { length >= bound } else { length <= bound }
}

#[cfg(test)]
mod tests {
    use bud::value::Refinement;

    use super::super::super::schema::sample::{block, both, computed, sensitive};
    use super::*;

    fn text(text: &str) -> Value {
        Value::string(text)
    }

    fn verdict(kind: Kind, planned: Value, actual: Value) -> Violations {
        let block = block([("a", both(kind))]);
        compatible(&block, &Value::object([("a", planned)]), &Value::object([("a", actual)]))
    }

    fn accepted(kind: Kind, planned: Value, actual: Value) {
        assert_eq!(verdict(kind, planned, actual), Violations::new());
    }

    fn refused(kind: Kind, planned: Value, actual: Value, expected: &str) {
        assert_eq!(verdict(kind, planned, actual), [expected]);
    }

    #[test]
    fn known_leaves_stay_as_they_are() {
        accepted(Kind::Number, Value::int(1), Value::Number(bud::value::Number::parse("1.0").unwrap()));
        refused(Kind::String, text("x"), text("y"), r#"a: was "x", but now "y""#);
        refused(Kind::String, text(""), Value::Null, r#"a: was "", but now null"#);
        let empty = Value::List(Vec::new());
        refused(Kind::list(Kind::String), Value::Null, empty, "a: was null, but now []");
        refused(Kind::String, text("x"), Value::unknown(), "a: was known, but now unknown");
    }

    #[test]
    fn unknown_leaves_may_become_anything_that_was_promised() {
        accepted(Kind::String, Value::unknown(), text("x"));
        accepted(Kind::String, Value::unknown(), Value::Null);
        accepted(Kind::String, Value::unknown(), Value::unknown());
        let never_null = Value::Unknown(Refinement(vec![0x81, 0x01, 0xc2]));
        accepted(Kind::String, never_null.clone(), text("x"));
        let expected = "a: final value null does not conform to planning placeholder";
        refused(Kind::String, never_null, Value::Null, expected);
        let prefixed = Value::Unknown(Refinement(vec![0x81, 0x02, 0xa2, b'v', b'-']));
        accepted(Kind::String, prefixed.clone(), text("v-1"));
        let expected = r#"a: final value "w" does not conform to planning placeholder"#;
        refused(Kind::String, prefixed, text("w"), expected);
        let two_or_more = Value::Unknown(Refinement(vec![0x81, 0x05, 0x02]));
        let strings = |count| Value::List(vec![text("s"); count]);
        accepted(Kind::list(Kind::String), two_or_more.clone(), strings(2));
        let expected = r#"a: final value ["s"] does not conform to planning placeholder"#;
        refused(Kind::list(Kind::String), two_or_more, strings(1), expected);
    }

    #[test]
    fn lists_and_maps_keep_their_keys() {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|t| text(t)).collect());
        let kind = Kind::list(Kind::String);
        accepted(kind.clone(), Value::List(vec![text("x"), Value::unknown()]), list(&["x", "y"]));
        refused(kind.clone(), list(&["x"]), list(&["x", "y"]), "a: new element 1 has appeared");
        refused(kind.clone(), list(&["x", "y"]), list(&["x"]), "a: element 1 has vanished");
        refused(kind, list(&["x"]), list(&["y"]), r#"a[0]: was "x", but now "y""#);

        let map = |key: &str| Value::object([(key, Value::int(1))]);
        let kind = Kind::map(Kind::Number);
        accepted(kind.clone(), Value::object([("k", Value::unknown())]), map("k"));
        assert_eq!(
            verdict(kind, map("ServiceAccount/x"), map("ServiceMonitor/y")),
            [
                r#"a: element "ServiceAccount/x" has vanished"#,
                r#"a: new element "ServiceMonitor/y" has appeared"#
            ]
        );
    }

    #[test]
    fn objects_are_compared_attribute_by_attribute() {
        let kind = Kind::Object([("x".to_owned(), Kind::String), ("y".to_owned(), Kind::String)].into());
        let planned = Value::object([("x", text("1")), ("y", Value::unknown())]);
        accepted(kind.clone(), planned.clone(), Value::object([("x", text("1")), ("y", text("2"))]));
        let changed = Value::object([("x", text("3")), ("y", text("2"))]);
        refused(kind, planned, changed, r#"a.x: was "1", but now "3""#);
    }

    #[test]
    fn sets_may_shrink_and_never_grow() {
        let set = |values: &[Value]| Value::List(values.to_vec());
        let kind = Kind::Set(Box::new(Kind::String));
        accepted(kind.clone(), set(&[text("x"), text("y")]), set(&[text("y"), text("x")]));
        accepted(kind.clone(), set(&[text("x"), Value::unknown()]), set(&[text("x")]));
        let expected = r#"a: planned set element "x" does not correlate with any element in actual"#;
        refused(kind.clone(), set(&[text("x")]), set(&[text("y")]), expected);
        let grown = verdict(kind, set(&[Value::unknown()]), set(&[text("x"), text("y")]));
        assert_eq!(grown, ["a: length changed from 1 to 2"]);
    }

    #[test]
    fn the_whole_object_neither_comes_nor_goes() {
        let block = block([("a", computed(Kind::String))]);
        let there = Value::object([("a", Value::Null)]);
        assert!(compatible(&block, &there, &there).is_empty());
        assert_eq!(compatible(&block, &there, &Value::Null), ["root object was present, but now absent"]);
        assert_eq!(compatible(&block, &Value::Null, &there), ["root object was absent, but now present"]);
    }

    #[test]
    fn of_sensitive_values_only_the_place_is_told() {
        let block = block([("a", sensitive(Kind::String))]);
        let object = |value| Value::object([("a", value)]);
        let found = compatible(&block, &object(text("old")), &object(text("new")));
        assert_eq!(found, ["a: inconsistent values for sensitive attribute"]);
    }
}
