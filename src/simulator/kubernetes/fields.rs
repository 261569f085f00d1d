//! Who set which field: sets of fields as `FieldsV1` writes them, and what one may do with them.

use serde_json::{Map, Value, json};

use super::shape::{Shape, Way, key_of};

/// A set of fields: an object of `f:NAME`, `k:{KEYS}`, `v:VALUE` and `.`.
pub(crate) type Set = Map<String, Value>;

/// The fields that a value sets.
pub(crate) fn set_of(value: &Value, shape: &Shape) -> Set {
    let mut set = Set::new();
    match (value, shape) {
        (Value::Object(fields), _) if shape.is_granular() => {
            for (name, inner) in fields {
                set.insert(format!("f:{name}"), Value::Object(set_of(inner, shape.under(name))));
            }
        }
        (Value::Array(items), Shape::List { way: Way::Keys(keys), of, .. }) => {
            for item in items {
                let mut inner = set_of(item, of);
                inner.insert(".".to_owned(), json!({}));
                set.insert(element(keys, item), Value::Object(inner));
            }
        }
        (Value::Array(items), Shape::List { way: Way::Set, .. }) => {
            for item in items {
                set.insert(format!("v:{item}"), json!({}));
            }
        }
        _ => {}
    }
    set
}

/// How an element of a keyed list is named in a set.
pub(crate) fn element(keys: &[String], item: &Value) -> String {
    let keys: Map<String, Value> = keys.iter().map(|key| (key.clone(), key_of(item, key))).collect();
    format!("k:{}", Value::Object(keys))
}

/// The fields in which two values differ, those that only one has included.
pub(crate) fn difference(one: &Value, other: &Value, shape: &Shape) -> Set {
    let mut set = Set::new();
    let both = |one: &Value, other: &Value, shape: &Shape| {
        let granular = (shape.is_granular() && one.is_object() && other.is_object())
            || (matches!(shape, Shape::List { way: Way::Keys(_) | Way::Set, .. })
                && one.is_array()
                && other.is_array());
        if granular { difference(one, other, shape) } else { Set::new() }
    };
    match (one, other) {
        (Value::Object(left), Value::Object(right)) if shape.is_granular() => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                let (one, other) = (&one[name.as_str()], &other[name.as_str()]);
                if one != other {
                    let inner = shape.under(name);
                    let mut under = both(one, other, inner);
                    if under.is_empty() {
                        under = set_of(if one.is_null() { other } else { one }, inner);
                    }
                    set.insert(format!("f:{name}"), Value::Object(under));
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            let Shape::List { way, of, .. } = shape else { return set };
            let name = |item: &Value| match way {
                Way::Keys(keys) => element(keys, item),
                _ => format!("v:{item}"),
            };
            for item in left.iter().chain(right) {
                let named = name(item);
                let here = left.iter().find(|one| name(one) == named);
                let there = right.iter().find(|one| name(one) == named);
                if here != there {
                    let under = if let (Some(here), Some(there)) = (here, there) {
                        both(here, there, of)
                    } else {
                        let mut under = set_of(item, of);
                        under.insert(".".to_owned(), json!({}));
                        under
                    };
                    set.insert(named, Value::Object(under));
                }
            }
        }
        _ => {}
    }
    set
}

fn inner(value: &Value) -> &Set {
    static EMPTY: std::sync::OnceLock<Set> = std::sync::OnceLock::new();
    value.as_object().unwrap_or_else(|| EMPTY.get_or_init(Set::new))
}

/// Both sets together.
pub(crate) fn union(one: &Set, other: &Set) -> Set {
    let mut set = one.clone();
    for (name, value) in other {
        let under =
            set.get(name).map_or_else(|| inner(value).clone(), |known| union(inner(known), inner(value)));
        set.insert(name.clone(), Value::Object(under));
    }
    set
}

/// The leaves of a set without those that the other has, or has something above or below of.
pub(crate) fn without(one: &Set, other: &Set) -> Set {
    let mut set = Set::new();
    for (name, value) in one {
        match other.get(name) {
            None => {
                set.insert(name.clone(), value.clone());
            }
            Some(theirs) if inner(theirs).is_empty() || inner(value).is_empty() => {}
            Some(theirs) => {
                let rest = without(inner(value), inner(theirs));
                if !rest.is_empty() {
                    set.insert(name.clone(), Value::Object(rest));
                }
            }
        }
    }
    set
}

/// The leaves that both have.
pub(crate) fn common(one: &Set, other: &Set) -> Set {
    let mut set = Set::new();
    for (name, value) in one {
        let Some(theirs) = other.get(name) else { continue };
        let rest = common(inner(value), inner(theirs));
        if !rest.is_empty() || inner(value).is_empty() || inner(theirs).is_empty() {
            set.insert(name.clone(), Value::Object(rest));
        }
    }
    set
}

/// The paths of a set's leaves, as messages name them: `.spec.containers[name="a"].image`.
pub(crate) fn paths(set: &Set, above: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in set {
        let (mark, rest) = name.split_once(':').unwrap_or((".", ""));
        let path = match mark {
            "f" => format!("{above}.{rest}"),
            "k" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("{above}[{}]", keys.join(","))
            }
            "v" => format!("{above}[={rest}]"),
            _ => {
                all.push(above.to_owned());
                continue;
            }
        };
        if inner(value).is_empty() { all.push(path) } else { all.extend(paths(inner(value), &path)) }
    }
    all
}

/// Takes the leaves of a set out of a value; what becomes empty by it goes too.
pub(crate) fn prune(value: &mut Value, set: &Set, shape: &Shape) {
    match value {
        Value::Object(fields) => {
            for (name, under) in set {
                let Some(name) = name.strip_prefix("f:") else { continue };
                let Some(found) = fields.get_mut(name) else { continue };
                let under = inner(under);
                if under.is_empty() {
                    fields.remove(name);
                    continue;
                }
                prune(found, under, shape.under(name));
                let empty = found.as_object().is_some_and(Map::is_empty)
                    || found.as_array().is_some_and(Vec::is_empty);
                if empty {
                    fields.remove(name);
                }
            }
        }
        Value::Array(items) => {
            let Shape::List { way, of, .. } = shape else { return };
            items.retain_mut(|item| {
                let named = match way {
                    Way::Keys(keys) => element(keys, item),
                    _ => format!("v:{item}"),
                };
                let Some(under) = set.get(&named).map(inner) else { return true };
                if under.is_empty() || under.contains_key(".") {
                    return false;
                }
                prune(item, under, of);
                true
            });
        }
        _ => {}
    }
}
