//! Patches: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch, and the merge of an apply.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::shape::{Shape, Way, same_keys};

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// A strategic merge patch: lists with a merge key merge by it, `$patch`, `$retainKeys` and
/// `$deleteFromPrimitiveList` do what they say, `$setElementOrder` orders.
pub(crate) fn strategic(target: &mut Value, patch: &Value, shape: &Shape) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    match changes.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            let mut whole = changes.clone();
            whole.remove("$patch");
            *target = Value::Object(whole);
            return;
        }
        Some("delete") => {
            *target = Value::Object(Map::new());
            return;
        }
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    if let Some(kept) = changes.get("$retainKeys").and_then(Value::as_array) {
        fields.retain(|name, _| kept.iter().any(|one| one == name));
    }
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(items)), Value::Array(gone)) = (fields.get_mut(list), change) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        if change.is_null() {
            fields.remove(name);
            continue;
        }
        let inner = shape.under(name);
        match (change, inner) {
            (Value::Array(new), Shape::List { merge: Some(key), of, .. }) => {
                let at = fields.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                merge_list(at, new, key, of);
            }
            (Value::Object(_), _) => {
                let at = fields.entry(name.clone()).or_insert(Value::Null);
                strategic(at, change, inner);
            }
            _ => {
                fields.insert(name.clone(), change.clone());
            }
        }
    }
    for (name, order) in changes {
        let Some(list) = name.strip_prefix("$setElementOrder/") else { continue };
        let Shape::List { merge: Some(key), .. } = shape.under(list) else { continue };
        let (Some(Value::Array(items)), Some(order)) = (fields.get_mut(list), order.as_array()) else {
            continue;
        };
        let place = |item: &Value| {
            let same = |one: &Value| if key.is_empty() { one == item } else { one[key] == item[key] };
            order.iter().position(same).unwrap_or(usize::MAX)
        };
        items.sort_by_key(place);
    }
}

fn merge_list(at: &mut Value, new: &[Value], key: &str, of: &Shape) {
    let Value::Array(items) = at else {
        *at = Value::Array(new.to_vec());
        return;
    };
    if new.iter().any(|one| one["$patch"] == "replace") {
        *items = new.iter().filter(|one| one["$patch"].is_null()).cloned().collect();
        return;
    }
    for one in new {
        let known =
            items.iter().position(|item| if key.is_empty() { item == one } else { item[key] == one[key] });
        match (known, one["$patch"].as_str()) {
            (Some(index), Some("delete")) => {
                items.remove(index);
            }
            (Some(index), _) => strategic(&mut items[index], one, of),
            (None, Some("delete")) => {}
            (None, _) => items.push(one.clone()),
        }
    }
}

/// What an apply makes of an object: fields of the configuration win, everything else stays.
pub(crate) fn applied(live: &mut Value, config: &Value, shape: &Shape) {
    match (&mut *live, config) {
        (Value::Object(fields), Value::Object(changes)) if shape.is_granular() => {
            for (name, change) in changes {
                match fields.get_mut(name) {
                    Some(known) => applied(known, change, shape.under(name)),
                    None => {
                        fields.insert(name.clone(), change.clone());
                    }
                }
            }
        }
        (Value::Array(items), Value::Array(new)) => match shape {
            Shape::List { way: Way::Keys(keys), of, .. } => {
                let mut merged: Vec<Value> = Vec::new();
                for one in new {
                    match items.iter().position(|item| same_keys(keys, item, one)) {
                        Some(index) => {
                            let mut item = items.remove(index);
                            applied(&mut item, one, of);
                            merged.push(item);
                        }
                        None => merged.push(one.clone()),
                    }
                }
                items.append(&mut merged);
            }
            Shape::List { way: Way::Set, .. } => {
                for one in new {
                    if !items.contains(one) {
                        items.push(one.clone());
                    }
                }
            }
            _ => *live = config.clone(),
        },
        _ => *live = config.clone(),
    }
}

/// RFC 6902.
pub(crate) fn json(target: &mut Value, operations: &Value) -> Result<(), Failure> {
    let Some(operations) = operations.as_array() else {
        return Err(Failure::bad("json: cannot unmarshal object into Go value of type jsonpatch.Patch"));
    };
    for one in operations {
        let path = one["path"].as_str().unwrap_or_default();
        let refuse = |what: &str| {
            Failure::new(
                422,
                "Invalid",
                format!(
                    "the server rejected our request due to an error in our request: {what} operation does not apply: doc is missing path: {path}: missing value"
                ),
            )
        };
        let operation = one["op"].as_str().unwrap_or_default();
        let value = match operation {
            "move" | "copy" => {
                let from = one["from"].as_str().unwrap_or_default();
                let value = target.pointer(from).cloned().ok_or_else(|| refuse(operation))?;
                if operation == "move" {
                    take(target, from).ok_or_else(|| refuse(operation))?;
                }
                value
            }
            _ => one["value"].clone(),
        };
        match operation {
            "add" | "move" | "copy" => add(target, path, value).ok_or_else(|| refuse(operation))?,
            "replace" => *target.pointer_mut(path).ok_or_else(|| refuse(operation))? = value,
            "remove" => {
                take(target, path).ok_or_else(|| refuse(operation))?;
            }
            "test" if target.pointer(path).unwrap_or(&Value::Null) == &value => {}
            "test" => {
                return Err(Failure::new(
                    422,
                    "Invalid",
                    format!(
                        "the server rejected our request due to an error in our request: testing value {path} failed"
                    ),
                ));
            }
            other => return Err(Failure::bad(format!("Unexpected kind: {other}"))),
        }
    }
    Ok(())
}

fn split(path: &str) -> Option<(&str, String)> {
    let (above, last) = path.rsplit_once('/')?;
    Some((above, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    let (above, last) = split(path)?;
    match target.pointer_mut(above)? {
        Value::Object(fields) => {
            fields.insert(last, value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(target: &mut Value, path: &str) -> Option<Value> {
    let (above, last) = split(path)?;
    match target.pointer_mut(above)? {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
