//! Create, update, patch and apply.

use serde_json::{Value, json};

use super::api::Call;
use super::failure::Failure;
use super::kinds::Kind;
use super::managers::{self, Writer};
use super::store::Key;
use super::target::Target;
use super::{admission, decode, defaults, definitions, patch, reading, validate};

/// Makes an object.
pub(crate) fn create(call: &mut Call<'_>, target: &Target) -> Result<Value, Failure> {
    let mut object = call.body()?;
    decode::check(call, &target.kind, &mut object)?;
    made(call, target, object, None)
}

fn made(
    call: &mut Call<'_>,
    target: &Target,
    mut object: Value,
    apply: Option<&Value>,
) -> Result<Value, Failure> {
    let kind = &target.kind;
    if let Some(answer) = super::reviews::answer(call, kind, &object) {
        return answer;
    }
    let now = call.now();
    let prefix = object["metadata"]["generateName"].as_str().unwrap_or_default().to_owned();
    let mut name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if name.is_empty() && !prefix.is_empty() {
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        name = format!("{}{}", &prefix[..prefix.len().min(58)], &suffix[..5]);
        object["metadata"]["name"] = json!(name);
    }
    namespace(target, &mut object)?;
    let metadata = &mut object["metadata"];
    if !metadata["resourceVersion"].is_null() && metadata["resourceVersion"] != "" {
        return Err(Failure::new(
            500,
            "InternalError",
            "resourceVersion should not be set on objects to be created",
        ));
    }
    metadata["uid"] = json!(uuid::Uuid::new_v4().to_string());
    metadata["creationTimestamp"] = json!(now);
    for gone in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        if let Some(fields) = metadata.as_object_mut() {
            fields.remove(gone);
        }
    }
    if has_generation(kind, &object) {
        object["metadata"]["generation"] = json!(1);
    }
    if clears_status(kind)
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("status");
    }
    defaults::fill(call.cluster, kind, &mut object);
    validate::object(call.cluster, kind, &object, None)?;
    let key = target.key_of(&name);
    admission::create(call, kind, &mut object)?;
    if call.cluster.store.get(&key).is_some() {
        return Err(Failure::exists(kind, &name));
    }
    let manager = call.manager();
    let writer = Writer { manager: &manager, subresource: "", now: &now };
    let mut sent = object.clone();
    if let Some(config) = apply {
        // What others have filled in is nobody's.
        sent = managers::apply(&json!({ "metadata": {} }), config, kind, &writer, true)?;
    } else {
        managers::updated(None, &mut sent, kind, &writer);
    }
    object["metadata"]["managedFields"] = sent["metadata"]["managedFields"].clone();
    keep(call, kind, key, object)
}

/// Puts an object in the place of the one before.
pub(crate) fn update(call: &mut Call<'_>, target: &Target) -> Result<(u16, Value), Failure> {
    let mut object = call.body()?;
    decode::check(call, &target.kind, &mut object)?;
    namespace(target, &mut object)?;
    if object["metadata"]["name"] != target.name.as_str() {
        let sent = object["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Failure::bad(format!(
            "the name of the object ({sent}) does not match the name on the URL ({})",
            target.name
        )));
    }
    let Some(live) = call.cluster.store.get(&target.key()).cloned() else {
        return Err(Failure::not_found(&target.kind, &target.name));
    };
    Ok((200, changed(call, target, &live, object, true)?))
}

/// Changes an object by a patch; an apply makes what is not there.
pub(crate) fn patch(call: &mut Call<'_>, target: &Target) -> Result<(u16, Value), Failure> {
    let kind = &target.kind;
    let media = call.request.header("content-type").unwrap_or_default().to_owned();
    let media = media.split(';').next().unwrap_or_default().trim().to_owned();
    let live = call.cluster.store.get(&target.key()).cloned();
    if media == "application/apply-patch+yaml" {
        if call.request.parameter("fieldManager").is_none_or(|manager| manager.is_empty()) {
            let why = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
            return Err(Failure::new(422, "Invalid", why).with(json!({
                "group": "meta.k8s.io", "kind": "PatchOptions",
                "causes": [{ "reason": "FieldValueRequired", "message": "Required value: is required for apply patch", "field": "fieldManager" }],
            })));
        }
        let mut config = call.body()?;
        decode::check(call, kind, &mut config)?;
        namespace(target, &mut config)?;
        config["metadata"]["name"] = json!(target.name);
        if config["metadata"]["managedFields"].as_array().is_some_and(|list| !list.is_empty()) {
            return Err(Failure::bad("metadata.managedFields must be nil"));
        }
        let Some(live) = live else {
            return Ok((201, made(call, target, config.clone(), Some(&config))?));
        };
        if config["metadata"]["uid"].is_string() && config["metadata"]["uid"] != live["metadata"]["uid"] {
            return Err(Failure::conflict(kind, &target.name, "uid mismatch"));
        }
        let force = call.request.parameter("force").is_some_and(|value| value == "true");
        let (manager, now) = (call.manager(), call.now());
        let writer = Writer { manager: &manager, subresource: "", now: &now };
        let object = managers::apply(&live, &config, kind, &writer, force)?;
        return Ok((200, changed(call, target, &live, object, false)?));
    }
    let Some(live) = live else { return Err(Failure::not_found(kind, &target.name)) };
    let object = patched(call, kind, &live, &media)?;
    Ok((200, changed(call, target, &live, object, true)?))
}

/// An object with the body's patch on it.
pub(crate) fn patched(call: &Call<'_>, kind: &Kind, live: &Value, media: &str) -> Result<Value, Failure> {
    let body = call.body()?;
    let mut object = live.clone();
    match media {
        "application/json-patch+json" => patch::json(&mut object, &body)?,
        "application/merge-patch+json" => patch::merge(&mut object, &body),
        "application/strategic-merge-patch+json" if kind.custom.is_none() => {
            patch::strategic(&mut object, &body, &kind.shape);
        }
        _ => {
            return Err(Failure::new(415, "UnsupportedMediaType", "415: Unsupported Media Type"));
        }
    }
    decode::check(call, kind, &mut object)?;
    Ok(object)
}

/// Keeps a changed object, if it may change so.
fn changed(
    call: &mut Call<'_>,
    target: &Target,
    live: &Value,
    mut object: Value,
    notes: bool,
) -> Result<Value, Failure> {
    let kind = &target.kind;
    let sent = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !sent.is_empty() && object["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"] {
        return Err(Failure::conflict(
            kind,
            &target.name,
            "the object has been modified; please apply your changes to the latest version and try again",
        ));
    }
    if object["metadata"]["uid"].is_string() && object["metadata"]["uid"] != live["metadata"]["uid"] {
        return Err(Failure::conflict(
            kind,
            &target.name,
            "Precondition failed: UID in precondition does not match",
        ));
    }
    for fixed in [
        "uid",
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        match &live["metadata"][fixed] {
            Value::Null => {
                if let Some(fields) = object["metadata"].as_object_mut() {
                    fields.remove(fixed);
                }
            }
            value => object["metadata"][fixed] = value.clone(),
        }
    }
    if clears_status(kind) {
        match &live["status"] {
            Value::Null => {
                if let Some(fields) = object.as_object_mut() {
                    fields.remove("status");
                }
            }
            status => object["status"] = status.clone(),
        }
    }
    defaults::keep(kind, live, &mut object);
    defaults::fill(call.cluster, kind, &mut object);
    validate::object(call.cluster, kind, &object, Some(live))?;
    if notes {
        let (manager, now) = (call.manager(), call.now());
        managers::updated(
            Some(live),
            &mut object,
            kind,
            &Writer { manager: &manager, subresource: "", now: &now },
        );
    }
    if has_generation(kind, &object) && object["spec"] != live["spec"] {
        object["metadata"]["generation"] = json!(live["metadata"]["generation"].as_u64().unwrap_or(0) + 1);
    }
    if object == *live {
        return Ok(reading::shown(kind, live));
    }
    let finished = object["metadata"]["deletionTimestamp"].is_string()
        && object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
        && !(kind.group.is_empty() && kind.plural == "namespaces");
    if finished && !call.is_dry()? {
        call.cluster.store.remove(&target.key());
        definitions::read_again(call.cluster);
        return Ok(reading::shown(kind, &object));
    }
    keep(call, kind, target.key(), object)
}

/// Keeps an object unless the request only asks what would be.
pub(crate) fn keep(call: &mut Call<'_>, kind: &Kind, key: Key, mut object: Value) -> Result<Value, Failure> {
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.name);
    if call.is_dry()? {
        return Ok(object);
    }
    let is_definition = kind.plural == "customresourcedefinitions";
    let kept = call.cluster.store.put(key, object);
    if is_definition {
        definitions::read_again(call.cluster);
    }
    Ok(reading::shown(kind, &kept))
}

/// Whether a kind counts the versions of its `spec`.
fn has_generation(kind: &Kind, object: &Value) -> bool {
    object["spec"].is_object()
        && (kind.custom.is_some() || kind.has("status"))
        && !matches!(
            kind.plural.as_str(),
            "namespaces"
                | "nodes"
                | "services"
                | "persistentvolumes"
                | "persistentvolumeclaims"
                | "resourcequotas"
                | "certificatesigningrequests"
        )
}

/// Whether the status is written apart from the object.
fn clears_status(kind: &Kind) -> bool {
    kind.has("status") && !matches!(kind.plural.as_str(), "nodes" | "customresourcedefinitions")
        || kind.plural == "customresourcedefinitions"
}

/// The object's namespace is the path's.
fn namespace(target: &Target, object: &mut Value) -> Result<(), Failure> {
    let sent = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    if target.namespace.is_empty() {
        if let Some(fields) = object["metadata"].as_object_mut() {
            fields.remove("namespace");
        }
        return Ok(());
    }
    if !sent.is_empty() && sent != target.namespace {
        return Err(Failure::bad(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    object["metadata"]["namespace"] = json!(target.namespace);
    Ok(())
}
