//! Get, list in pages, and the beginning of a watch.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::api::{Call, Watch};
use super::failure::Failure;
use super::kinds::Kind;
use super::selector::Selector;
use super::table;
use super::target::Target;

/// An object as a version of its kind shows it.
pub(crate) fn shown(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.name);
    object
}

/// One object.
pub(crate) fn get(call: &Call<'_>, target: &Target) -> Result<Value, Failure> {
    let found = call.cluster.store.get(&target.key());
    found
        .map(|object| shown(&target.kind, object))
        .ok_or_else(|| Failure::not_found(&target.kind, &target.name))
}

/// What the query narrows a list to.
pub(crate) fn selector(call: &Call<'_>, target: &Target) -> Result<Selector, Failure> {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let mut fields = parameter("fieldSelector");
    if !target.name.is_empty() {
        fields = format!("metadata.name={}", target.name);
    }
    Selector::read(&parameter("labelSelector"), &fields)
}

/// The objects of a list, all or a page.
pub(crate) fn list(call: &Call<'_>, target: &Target) -> Result<Value, Failure> {
    let selector = selector(call, target)?;
    let kind = &target.kind;
    let limit = call.request.parameter("limit").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let mut revision = call.cluster.store.revision();
    let mut after = None;
    if let Some(token) = call.request.parameter("continue").filter(|token| !token.is_empty()) {
        let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (at, key) = decoded
            .as_deref()
            .and_then(|text| text.split_once('/'))
            .ok_or_else(|| Failure::bad("continue key is not valid: encoded value could not be read"))?;
        revision = at.parse().unwrap_or(revision);
        if call.cluster.store.since(revision).is_none() {
            return Err(expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
            ));
        }
        after = Some(key.to_owned());
    }
    let all = call.cluster.store.list(&kind.group, &kind.plural, &target.namespace);
    let place = |namespace: &str, name: &str| format!("{namespace}/{name}");
    let mut found: Vec<(String, &Arc<Value>)> = all
        .into_iter()
        .filter(|(_, object)| selector.fits(object))
        .map(|(key, object)| (place(&key.namespace, &key.name), object))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    let mut metadata = json!({ "resourceVersion": revision.to_string() });
    if limit > 0 && found.len() > limit {
        metadata["remainingItemCount"] = json!(found.len() - limit);
        found.truncate(limit);
        let last = found.last().map(|(key, _)| key.as_str()).unwrap_or_default();
        metadata["continue"] = json!(URL_SAFE_NO_PAD.encode(format!("{revision}/{last}")));
    }
    // Items of a list of built-in kinds do not say what they are; kubectl and our client fill it in.
    let items: Vec<Value> = found
        .into_iter()
        .map(|(_, object)| {
            let mut item = shown(kind, object);
            if kind.custom.is_none()
                && let Some(fields) = item.as_object_mut()
            {
                fields.remove("apiVersion");
                fields.remove("kind");
            }
            item
        })
        .collect();
    Ok(json!({
        "kind": format!("{}List", kind.name), "apiVersion": kind.api_version(), "metadata": metadata, "items": items,
    }))
}

fn expired(message: &str) -> Failure {
    Failure::new(410, "Expired", message)
}

/// Begins a watch.
pub(crate) fn watch(call: &Call<'_>, target: &Target) -> Result<Box<Watch>, Failure> {
    let selector = selector(call, target)?;
    let as_table = table::wanted(call.request);
    let flag = |name: &str| call.request.parameter(name).is_some_and(|value| value == "true" || value == "1");
    let asked = call.request.parameter("resourceVersion").unwrap_or_default();
    let now = call.cluster.store.revision();
    let bookmarks = flag("allowWatchBookmarks");
    let mut first = Vec::new();
    let revision = match asked.as_str() {
        "" | "0" => {
            let kind = &target.kind;
            for (_, object) in call.cluster.store.list(&kind.group, &kind.plural, &target.namespace) {
                if selector.fits(object) {
                    first.push(event(target, "ADDED", object, as_table, call));
                }
            }
            if flag("sendInitialEvents") {
                first.push(bookmark(&target.kind, now, true));
            }
            now
        }
        text => {
            let revision = text.parse::<u64>().map_err(|_| {
                Failure::new(500, "", format!("resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"))
            })?;
            if call.cluster.store.since(revision).is_none() {
                let body = expired(&format!("too old resource version: {revision} ({now})")).body();
                first.push(json!({ "type": "ERROR", "object": body }));
            }
            revision
        }
    };
    let seconds = call.request.parameter("timeoutSeconds").and_then(|text| text.parse().ok()).unwrap_or(1800);
    Ok(Box::new(Watch { target: target.clone(), selector, revision, bookmarks, as_table, first, seconds }))
}

fn event(target: &Target, class: &str, object: &Value, as_table: bool, call: &Call<'_>) -> Value {
    let object = shown(&target.kind, object);
    let object = if as_table { table::of(&target.kind, &object, call.clock) } else { object };
    json!({ "type": class, "object": object })
}

/// An event that only says how far a watch has come.
pub(crate) fn bookmark(kind: &Kind, revision: u64, initial: bool) -> Value {
    let mut metadata = json!({ "resourceVersion": revision.to_string(), "creationTimestamp": null });
    if initial {
        metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
    }
    json!({ "type": "BOOKMARK", "object": {
        "kind": kind.name, "apiVersion": kind.api_version(), "metadata": metadata,
    } })
}
