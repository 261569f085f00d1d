//! What a release gives: computed attributes from a record, and from what is rendered.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::declaration::ReleaseMetadata;
use super::masked;
use super::summary::documents;
use crate::helm::release::{Record, Status};
use crate::schema::Field as _;
use crate::secret::Secret;
use crate::value::Value;

/// Every computed attribute that an update may leave as it was.
pub(super) const COMPUTED: [&str; 13] = [
    "revision",
    "status",
    "app_version",
    "chart_digest",
    "metadata",
    "notes",
    "manifest",
    "resources",
    "manifest_summary",
    "manifest_diff",
    "drifted",
    "cluster_uid",
    "last_error",
];

/// Computed attributes that every new revision changes.
pub(super) const MOVING: [&str; 4] = ["revision", "metadata", "notes", "resources"];
/// Computed attributes that show what is rendered.
pub(super) const RENDERED: [&str; 3] = ["manifest", "manifest_summary", "manifest_diff"];

/// Writes what a record says of its release into a state.
pub(super) fn stamp(state: &mut Value, record: &Record) {
    state.set("revision", Value::int(i64::from(record.version)));
    state.set("status", Value::string(record.info.status.name()));
    state.set("app_version", record.app_version().map_or(Value::Null, Value::string));
    state.set("metadata", metadata(record).write());
    let error =
        (record.info.status == Status::Failed).then(|| Value::string(record.info.description.clone()));
    state.set("last_error", error.unwrap_or(Value::Null));
}

fn metadata(record: &Record) -> ReleaseMetadata {
    let text = |key: &str| record.chart["metadata"][key].as_str().unwrap_or_default().to_owned();
    let time = |time: Option<OffsetDateTime>| {
        time.and_then(|time| time.replace_nanosecond(0).ok()).and_then(|time| time.format(&Rfc3339).ok())
    };
    ReleaseMetadata {
        name: record.name.clone(),
        namespace: record.namespace.clone(),
        revision: i64::from(record.version),
        chart: text("name"),
        version: text("version"),
        app_version: record.app_version().map(str::to_owned),
        first_deployed: time(record.info.first_deployed),
        last_deployed: time(record.info.last_deployed),
    }
}

/// Makes computed attributes known only after apply.
pub(super) fn unknown<'a>(planned: &mut Value, names: impl IntoIterator<Item = &'a str>) {
    for name in names {
        planned.set(name, Value::unknown());
    }
}

/// Notes, masked.
pub(super) fn notes(notes: &str, secrets: &[Secret]) -> Value {
    let notes = masked::hide(notes, secrets);
    if notes.trim().is_empty() { Value::Null } else { Value::string(notes) }
}

/// What the cluster made of the objects: JSON without what moves by itself and what is secret. Of objects that
/// hold something drawn only who they are.
pub(super) fn resources(objects: &[Json], secrets: &[Secret], drawing: &BTreeSet<String>) -> Value {
    let mut shown = BTreeMap::new();
    for object in objects {
        let text = |path: &str| object.pointer(path).and_then(Json::as_str).unwrap_or_default().to_owned();
        let key = format!("{}/{}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
        let mut object = object.clone();
        if drawing.contains(&key) {
            object = json!({
                "apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": {
                    "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
                    "uid": object["metadata"]["uid"],
                },
            });
        }
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
            for moving in ["managedFields", "resourceVersion", "generation"] {
                metadata.remove(moving);
            }
        }
        if text("/kind") == "Secret" {
            for part in ["data", "stringData"] {
                for (_, value) in object.get_mut(part).and_then(Json::as_object_mut).into_iter().flatten() {
                    *value = Json::String("(sensitive value)".to_owned());
                }
            }
            // kubectl's own copy of the object.
            if let Some(annotations) =
                object.pointer_mut("/metadata/annotations").and_then(Json::as_object_mut)
            {
                annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            }
        }
        shown.insert(key, Value::string(masked::hide(&object.to_string(), secrets)));
    }
    Value::Map(shown)
}

/// What is secret in a record as far as it says so: the data of its Secrets.
pub(super) fn secrets_of(record: &Record) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for document in documents(&record.manifest, &record.namespace).iter().filter(|one| one.kind == "Secret") {
        let object = crate::helm::yaml::read(document.text.as_bytes()).unwrap_or_default();
        let part = |name: &str| {
            object.as_map().and_then(|map| map.get(name)).and_then(|part| part.as_map().cloned())
        };
        for value in
            part("data").into_iter().flatten().filter_map(|(_, value)| value.as_str().map(str::to_owned))
        {
            let plain = STANDARD.decode(&value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            secrets.extend(plain.map(Secret::new));
            secrets.push(Secret::new(value));
        }
        let texts = part("stringData").into_iter().flatten();
        secrets.extend(texts.filter_map(|(_, value)| value.as_str().map(Secret::new)));
    }
    secrets
}
