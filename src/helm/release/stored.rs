//! A record in its Secret: `data.release` is base64 of base64 of gzip of JSON.
//!
//! Source: Helm 4.3, `pkg/storage/driver/{secrets,util}.go`.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::error::RecordError;
use super::record::Record;

/// The most that the data of a Secret may hold, in bytes (Kubernetes, `core/v1`, `MaxSecretSize`).
pub const LIMIT: usize = 1 << 20;

/// The largest record that is unpacked, in bytes: a thousandfold of what fits compressed is an attack.
const LARGEST: u64 = 256 << 20;

/// The labels that Helm sets itself.
pub const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// The name of the Secret of a revision.
pub fn key(name: &str, revision: u32) -> String {
    format!("sh.helm.release.v1.{name}.v{revision}")
}

/// The labels by which the Secrets of a release are found.
pub fn selector(name: &str) -> String {
    format!("name={name},owner=helm")
}

/// Which moment a Secret is written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is made.
    Created(OffsetDateTime),
    /// It is changed.
    Modified(OffsetDateTime),
}

/// The Secret of a record.
///
/// # Errors
/// [`RecordError::TooLarge`], [`RecordError::SystemLabel`].
pub fn write(record: &Record, moment: Moment) -> Result<Value, RecordError> {
    if let Some(label) = record.labels.keys().find(|label| SYSTEM_LABELS.contains(&label.as_str())) {
        return Err(RecordError::SystemLabel(label.clone()));
    }
    let name = key(&record.name, record.version);
    let unreadable = |reason: String| RecordError::Unreadable {
        namespace: record.namespace.clone(),
        name: name.clone(),
        reason,
    };
    let json = serde_json::to_vec(record).map_err(|error| unreadable(error.to_string()))?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packer.write_all(&json).and_then(|()| packer.finish());
    let text = STANDARD.encode(packed.map_err(|error| unreadable(error.to_string()))?);
    if text.len() > LIMIT {
        let (name, revision) = (record.name.clone(), record.version);
        return Err(RecordError::TooLarge { name, revision, size: text.len(), limit: LIMIT });
    }
    let mut labels = record.labels.clone();
    let (stamp, at) = match moment {
        Moment::Created(at) => ("createdAt", at),
        Moment::Modified(at) => ("modifiedAt", at),
    };
    labels.insert(stamp.to_owned(), at.unix_timestamp().to_string());
    labels.insert("name".to_owned(), record.name.clone());
    labels.insert("owner".to_owned(), "helm".to_owned());
    labels.insert("status".to_owned(), record.info.status.name().to_owned());
    labels.insert("version".to_owned(), record.version.to_string());
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": name, "namespace": record.namespace, "labels": labels },
        "type": "helm.sh/release.v1",
        "data": { "release": STANDARD.encode(text) },
    }))
}

/// The record of a Secret.
///
/// # Errors
/// [`RecordError::Unreadable`].
pub fn read(secret: &Value) -> Result<Record, RecordError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &secret["metadata"];
    let unreadable = |reason: &str| RecordError::Unreadable {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        reason: reason.to_owned(),
    };
    let data = secret["data"]["release"].as_str().ok_or_else(|| unreadable("it has no data.release"))?;
    let once = STANDARD.decode(data).map_err(|_| unreadable("data.release is no base64"))?;
    let packed = STANDARD.decode(once).map_err(|_| unreadable("data.release is no base64 of base64"))?;
    // Records from before compression are plain JSON.
    let json = if packed.starts_with(&[0x1f, 0x8b, 0x08]) {
        let mut json = Vec::new();
        let mut unpacker = GzDecoder::new(packed.as_slice()).take(LARGEST + 1);
        unpacker.read_to_end(&mut json).map_err(|_| unreadable("data.release is broken gzip"))?;
        if json.len() as u64 > LARGEST {
            return Err(unreadable("data.release is too large when unpacked"));
        }
        json
    } else {
        packed
    };
    // What serde says of a wrong value may hold that value: only the place is told.
    let mut record: Record = serde_json::from_slice(&json).map_err(|error| {
        unreadable(&format!("no record at line {} column {}", error.line(), error.column()))
    })?;
    if record.name.is_empty() || record.version == 0 {
        return Err(unreadable("the record has no name or no revision"));
    }
    if record.namespace.is_empty() {
        record.namespace = text(&metadata["namespace"]);
    }
    record.labels = labels(metadata);
    Ok(record)
}

/// The user's own labels of a Secret.
fn labels(metadata: &Value) -> BTreeMap<String, String> {
    let all = metadata["labels"].as_object().into_iter().flatten();
    all.filter(|(key, _)| !SYSTEM_LABELS.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
