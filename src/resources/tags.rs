//! Tags of a resource: what may stand in them, and `tags_all`.

use std::collections::BTreeMap;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::lifecycle::Planning;
use crate::schema::{Draft, Planned};
use crate::value::Value;

/// Checks an attribute that holds tags.
pub(super) fn check(draft: &Draft<'_>, attribute: &str, diagnostics: &mut Diagnostics) {
    for (name, value) in draft.raw(attribute).as_map().into_iter().flatten() {
        let path = draft.at(attribute).key(name.clone());
        let (summary, detail) = if name.to_ascii_lowercase().starts_with("bud:") {
            (
                "Reserved tag",
                format!("The tag {name:?} begins with \"bud:\", which is kept for the provider's own tags."),
            )
        } else if name.is_empty() || name.len() > 512 || name.contains(['<', '>', '%', '&', '\\', '?', '/']) {
            (
                "Bad tag",
                format!(
                    "Azure does not take the tag name {name:?}: 1 to 512 characters without < > % & \\ ? /."
                ),
            )
        } else if value.as_str().is_some_and(|text| text.chars().count() > 256) {
            ("Bad tag", format!("The value of the tag {name:?} is longer than 256 characters."))
        } else {
            continue;
        };
        diagnostics.push(Diagnostic::error(summary, detail).at(path));
    }
}

/// Plans `tags_all`: the provider's defaults with the resource's own laid over them.
pub(super) fn settle(planning: &mut Planning, defaults: &Planned<BTreeMap<String, String>>) {
    let own = planning.planned.get("tags").clone();
    let all = match (defaults, own) {
        (_, Value::Unknown(_)) => Value::unknown(),
        (Planned::Unknown, _) if planning.creates() => Value::unknown(),
        (Planned::Unknown, own) => {
            // What the provider adds is not known: keep what it added before.
            let mut all = planning.prior.get("tags_all").as_map().cloned().unwrap_or_default();
            for key in planning.prior.get("tags").as_map().into_iter().flatten().map(|(key, _)| key) {
                all.remove(key);
            }
            all.extend(own.as_map().cloned().unwrap_or_default());
            Value::Map(all)
        }
        (Planned::Known(defaults), own) => {
            let mut all: BTreeMap<String, Value> =
                defaults.iter().map(|(key, text)| (key.clone(), Value::string(text.clone()))).collect();
            all.extend(own.as_map().cloned().unwrap_or_default());
            Value::Map(all)
        }
    };
    planning.planned.set("tags_all", all);
}
