//! A packed chart as it is kept: its bytes and what its Chart.yaml says.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use super::{digest, hex};

/// The largest Chart.yaml that is read.
const LARGEST: u64 = 1 << 20;

/// A packed chart.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    /// Its file's name: `NAME-VERSION.tgz`.
    pub(super) file: String,
    pub(super) name: String,
    pub(super) version: String,
    /// Chart.yaml.
    pub(super) metadata: Value,
    pub(super) bytes: Bytes,
    /// Its provenance file.
    pub(super) provenance: Option<Bytes>,
    /// When it came.
    pub(super) created: String,
}

impl Archive {
    /// Reads the Chart.yaml in the only folder of a gzipped tar.
    pub(super) fn read(bytes: Bytes, provenance: Option<Bytes>, created: String) -> Result<Self, String> {
        let metadata = chart_yaml(&bytes)?;
        let text = |name: &str| metadata[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let name = text("name").ok_or("its Chart.yaml has no name")?;
        let version = text("version").ok_or("its Chart.yaml has no version")?;
        let file = format!("{name}-{version}.tgz");
        Ok(Self { file, name, version, metadata, bytes, provenance, created })
    }

    /// What the control endpoint tells of it.
    pub(super) fn told(&self) -> Value {
        json!({ "name": self.name, "version": self.version, "digest": digest(&self.bytes) })
    }

    /// Its entry in an index.
    pub(super) fn entry(&self) -> Value {
        let mut entry = self.metadata.clone();
        let sum = digest(&self.bytes);
        entry["urls"] = json!([self.file]);
        entry["digest"] = json!(sum.trim_start_matches("sha256:"));
        entry["created"] = json!(self.created);
        entry
    }

    /// Its tag in a registry, where a plus sign may not stand.
    pub(super) fn tag(&self) -> String {
        self.version.replace('+', "_")
    }
}

fn chart_yaml(bytes: &[u8]) -> Result<Value, String> {
    let broken = |error: std::io::Error| format!("no packed chart: {error}");
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let mut parts = path.components();
        let in_base = parts.next().is_some()
            && parts.next().is_some_and(|part| part.as_os_str() == "Chart.yaml")
            && parts.next().is_none();
        if in_base {
            let mut text = Vec::new();
            entry.take(LARGEST).read_to_end(&mut text).map_err(broken)?;
            return serde_norway::from_slice(&text).map_err(|error| format!("its Chart.yaml: {error}"));
        }
    }
    Err(format!(
        "no packed chart: no Chart.yaml among its files ({} bytes, {})",
        bytes.len(),
        hex(&bytes[..bytes.len().min(4)])
    ))
}
