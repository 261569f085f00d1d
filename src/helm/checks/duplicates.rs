//! Objects that are rendered twice: one of them is lost.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::objects::{Object, Objects};
use super::selection::Check;

pub(super) fn check(objects: &Objects<'_>, found: &mut Vec<Finding>) {
    let mut by_key: BTreeMap<_, Vec<&Object<'_>>> = BTreeMap::new();
    for object in objects.0.iter().filter(|object| !object.name.is_empty()) {
        let key = (family(object.group()), &object.kind, &object.namespace, &object.name);
        by_key.entry(key).or_default().push(object);
    }
    for same in by_key.into_values() {
        for (at, object) in same.iter().enumerate().skip(1) {
            let Some(first) = same[..at].iter().find(|first| meet(first, object)) else { continue };
            let twin = if first.template == object.template { "the same template" } else { first.template };
            found.push(object.finding(
                Check::DuplicateObjects,
                "",
                format!("The object is rendered a second time; {twin} has it too."),
                if object.events.is_some() {
                    "Hooks of one event that have one name remove each other."
                } else {
                    "Helm refuses to install both, or the later one replaces the earlier."
                },
                "Give one of them another name, or switch one off.",
            ));
        }
    }
}

/// Groups through which one object is reached.
fn family(group: &str) -> &str {
    match group {
        "extensions" => "networking.k8s.io",
        other => other,
    }
}

/// Whether two objects of one name are there at the same time.
fn meet(first: &Object<'_>, second: &Object<'_>) -> bool {
    match (first.events, second.events) {
        (None, None) => true,
        (Some(first), Some(second)) => first.iter().any(|event| second.contains(event)),
        _ => false,
    }
}
