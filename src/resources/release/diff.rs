//! What changes between two masked manifests, object by object.

use std::collections::BTreeMap;

use similar::TextDiff;

use super::summary::documents;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// The difference of two manifests, only of objects that differ; nothing where there is none.
pub(super) fn diff(before: &str, after: &str, namespace: &str) -> Option<String> {
    let (before, after) = (by_key(before, namespace), by_key(after, namespace));
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut out = String::new();
    for key in keys {
        let nothing = String::new();
        let (one, other) = (before.get(key).unwrap_or(&nothing), after.get(key).unwrap_or(&nothing));
        if one == other {
            continue;
        }
        let sides = |text: &str| if text.is_empty() { "/dev/null".to_owned() } else { key.clone() };
        let diff = TextDiff::from_lines(one.as_str(), other.as_str());
        let mut shown = diff.unified_diff();
        let shown =
            shown.context_radius(CONTEXT).missing_newline_hint(false).header(&sides(one), &sides(other));
        out.push_str(&shown.to_string());
    }
    (!out.is_empty()).then_some(out)
}

/// The objects by their keys; several of one key are one text.
fn by_key(manifest: &str, namespace: &str) -> BTreeMap<String, String> {
    let mut objects: BTreeMap<String, String> = BTreeMap::new();
    for document in documents(manifest, namespace) {
        let text = objects.entry(document.key).or_default();
        text.push_str(document.text.trim_end());
        text.push('\n');
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_that_differ_are_shown_with_three_lines_around() {
        let object = |name: &str, value: &str| {
            format!(
                "---\n# Source: c/{name}.yaml\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: 1\n  b: 2\n  c: 3\n  d: {value}\n  e: 5\n"
            )
        };
        let before = format!("{}{}", object("one", "4"), object("two", "4"));
        let after = format!("{}{}", object("one", "4"), object("two", "five"));
        let shown = diff(&before, &after, "shop").unwrap();
        assert!(!shown.contains("shop/one"), "{shown}");
        assert!(shown.starts_with("--- ConfigMap/shop/two\n+++ ConfigMap/shop/two\n@@"), "{shown}");
        assert!(shown.contains("-  d: 4\n+  d: five\n") && !shown.contains("name: two"), "{shown}");
        assert_eq!(diff(&before, &before, "shop"), None);
        assert!(diff("", &before, "shop").unwrap().contains("--- /dev/null\n+++ ConfigMap/shop/one"));
    }
}
