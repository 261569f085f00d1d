//! What a release drew from chance and the clock, in one Secret beside its records.
//!
//! It carries Helm's label `name` and an owner of its own, so that one list finds it with the records and Helm
//! never takes it for one of them.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};

use super::error::RecordError;
use super::stored::LIMIT;
use crate::helm::render::Drawn;

/// The label `owner` of the Secret.
pub(super) const OWNER: &str = "bud";

/// The most that is unpacked, in bytes.
const LARGEST: u64 = 64 << 20;

/// The name of the Secret.
pub(super) fn key(name: &str) -> String {
    format!("sh.bud.drawn.v1.{name}")
}

/// The labels by which the Secrets of a release are found, this one among them.
pub(super) fn selector(name: &str) -> String {
    format!("name={name},owner in (helm,{OWNER})")
}

/// Whether a Secret of such a list is this one.
pub(super) fn is_drawn(secret: &Value) -> bool {
    secret["metadata"]["labels"]["owner"] == OWNER
}

/// The Secret.
///
/// # Errors
/// [`RecordError::TooLarge`].
pub(super) fn write(namespace: &str, name: &str, drawn: &Drawn) -> Result<Value, RecordError> {
    let unreadable =
        |reason: String| RecordError::Unreadable { namespace: namespace.to_owned(), name: key(name), reason };
    let json = serde_json::to_vec(drawn).map_err(|error| unreadable(error.to_string()))?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packer.write_all(&json).and_then(|()| packer.finish());
    let packed = packed.map_err(|error| unreadable(error.to_string()))?;
    if packed.len() > LIMIT {
        let name = name.to_owned();
        return Err(RecordError::TooLarge { name, revision: 0, size: packed.len(), limit: LIMIT });
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": key(name), "namespace": namespace, "labels": { "name": name, "owner": OWNER } },
        "type": "bud.studio/drawn.v1",
        "data": { "drawn": STANDARD.encode(packed) },
    }))
}

/// What a Secret holds.
///
/// # Errors
/// [`RecordError::Unreadable`]: what it holds must not be drawn anew by mistake.
pub(super) fn read(secret: &Value) -> Result<Drawn, RecordError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let unreadable = |reason: &str| RecordError::Unreadable {
        namespace: text(&secret["metadata"]["namespace"]),
        name: text(&secret["metadata"]["name"]),
        reason: reason.to_owned(),
    };
    let data = secret["data"]["drawn"].as_str().ok_or_else(|| unreadable("it has no data.drawn"))?;
    let packed = STANDARD.decode(data).map_err(|_| unreadable("data.drawn is no base64"))?;
    let mut json = Vec::new();
    let mut unpacker = GzDecoder::new(packed.as_slice()).take(LARGEST);
    unpacker.read_to_end(&mut json).map_err(|_| unreadable("data.drawn is broken gzip"))?;
    serde_json::from_slice(&json).map_err(|_| unreadable("data.drawn holds no draws"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_survive_their_secret_and_are_no_record_of_helms() {
        let drawn: Drawn = serde_json::from_value(json!({ "c/templates/s.yaml": {
            "clock": [17, 4], "calls": { "randAlphaNum 0 1": { "t": "abc" }, "randInt 0 1": { "i": 7 } } } }))
        .unwrap();
        let secret = write("shop", "web", &drawn).unwrap();
        assert!(is_drawn(&secret));
        assert_eq!(read(&secret).unwrap(), drawn);
        assert_ne!(secret["metadata"]["labels"]["owner"], "helm");
        assert!(read(&json!({ "data": { "drawn": "AAAA" } })).is_err());
        assert_eq!(format!("{drawn:?}"), "Drawn(1 templates)");
    }
}
