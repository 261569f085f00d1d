//! The chart repository: an index and files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::archive::Archive;
use crate::simulator::message::Answer;

/// Answers for a file of the repository.
pub(super) fn answer(archives: &[Archive], file: &str, now: &str) -> Answer {
    if file == "index.yaml" {
        // JSON is YAML.
        return Answer::bytes(200, "text/yaml", index(archives, now).to_string().into());
    }
    for archive in archives {
        if archive.file == file {
            return Answer::bytes(200, "application/gzip", archive.bytes.clone());
        }
        if let Some(provenance) = &archive.provenance
            && file.strip_suffix(".prov") == Some(&archive.file)
        {
            return Answer::bytes(200, "text/plain", provenance.clone());
        }
    }
    Answer::empty(404)
}

fn index(archives: &[Archive], now: &str) -> Value {
    let mut entries: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for archive in archives {
        entries.entry(&archive.name).or_default().push(archive.entry());
    }
    json!({ "apiVersion": "v1", "entries": entries, "generated": now })
}
