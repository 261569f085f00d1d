//! References within a schema: by pointer, by `$id`, by anchor.

use serde_json::Value as Json;

/// The schema that a reference means.
pub(super) fn resolve<'a>(root: &'a Json, reference: &str) -> Result<&'a Json, String> {
    let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let own =
        |json: &Json| ["$id", "id"].iter().any(|key| json.get(key).and_then(Json::as_str) == Some(document));
    let base = if document.is_empty() || own(root) {
        root
    } else {
        find(root, &own).ok_or_else(|| {
            format!("failing loading {document:?}: charts are checked without fetching other schemas")
        })?
    };
    if fragment.is_empty() {
        return Ok(base);
    }
    if fragment.starts_with('/') {
        let pointer = unescaped(fragment);
        return base
            .pointer(&pointer)
            .ok_or_else(|| format!("json-pointer in \"file:///values.schema.json#{fragment}\" not found"));
    }
    let hash = format!("#{fragment}");
    let named = |json: &Json| {
        ["$anchor", "$dynamicAnchor"].iter().any(|key| json.get(key).and_then(Json::as_str) == Some(fragment))
            || ["$id", "id"].iter().any(|key| json.get(key).and_then(Json::as_str) == Some(&hash))
    };
    find(base, &named).ok_or_else(|| format!("anchor in \"file:///values.schema.json#{fragment}\" not found"))
}

fn find<'a>(json: &'a Json, wanted: &dyn Fn(&Json) -> bool) -> Option<&'a Json> {
    if wanted(json) {
        return Some(json);
    }
    match json {
        Json::Object(map) => map.values().find_map(|inner| find(inner, wanted)),
        Json::Array(list) => list.iter().find_map(|inner| find(inner, wanted)),
        _ => None,
    }
}

/// Without `%41` and the like.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
