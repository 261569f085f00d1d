//! Charts on loopback: one store, served as a chart repository and as an OCI registry.
//!
//! A chart that comes in by one way can be fetched by the other. Sources: Helm's chart repository guide
//! (index.yaml, apiVersion v1), the OCI distribution specification 1.1, and the media types of Helm 4's
//! `pkg/registry`.

mod access;
mod archive;
mod blobs;
mod manifests;
mod registry;
mod repository;
mod uploads;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) use access::Access;
pub(crate) use archive::Archive;

use self::registry::Registry;
use super::control::body;
use super::message::{Answer, Request};
use super::world::World;

/// The folder under which both servers have the charts that were given to the simulator: the address of
/// the repository is `https://HOST/charts`, that of the registry `oci://HOST/charts`.
pub(crate) const SHELF: &str = "charts";

/// Every chart, and who may have it.
#[derive(Debug, Default)]
pub(crate) struct Charts {
    archives: Vec<Archive>,
    registry: Registry,
    pub(crate) access: Access,
}

/// Why the charts of a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChartsError {
    /// A folder or a file cannot be read.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// It is no chart.
    #[error("{}: {reason}", path.display())]
    Chart { path: PathBuf, reason: String },
}

impl Charts {
    /// The charts (`*.tgz`, with `*.tgz.prov` beside them) of a folder.
    pub(crate) fn read(folder: &Path, now: &str) -> Result<Self, ChartsError> {
        let file = |path: &Path| {
            let path = path.to_owned();
            |source| ChartsError::File { path, source }
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(file(folder))? {
            let path = entry.map_err(file(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "tgz") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut charts = Self::default();
        for path in paths {
            let bytes = std::fs::read(&path).map_err(file(&path))?;
            let mut provenance = path.clone().into_os_string();
            provenance.push(".prov");
            let provenance = PathBuf::from(provenance);
            let signed = provenance
                .is_file()
                .then(|| std::fs::read(&provenance).map_err(file(&provenance)))
                .transpose()?;
            charts
                .add(bytes.into(), signed.map(Bytes::from), now)
                .map_err(|reason| ChartsError::Chart { path, reason })?;
        }
        Ok(charts)
    }

    /// Takes a chart in, in the place of one with the same name and version.
    pub(crate) fn add(
        &mut self,
        bytes: Bytes,
        provenance: Option<Bytes>,
        now: &str,
    ) -> Result<Value, String> {
        let archive = Archive::read(bytes, provenance, now.to_owned())?;
        self.registry.shelve(&archive);
        let told = archive.told();
        self.keep(archive);
        Ok(told)
    }

    fn keep(&mut self, archive: Archive) {
        self.archives.retain(|known| known.file != archive.file);
        self.archives.push(archive);
    }

    fn told(&self) -> Value {
        json!({ "charts": self.archives.iter().map(Archive::told).collect::<Vec<_>>(), "access": self.access.word() })
    }
}

/// Answers a request to the server of charts.
pub(crate) fn handle(world: &mut World, request: &Request) -> Answer {
    let (now, stamp) = (world.clock.now(), world.clock.stamp());
    let charts = &mut world.charts;
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["token"] => charts.access.token(request, now),
        ["oauth2", "exchange"] => {
            let tokens = &world.tokens;
            let is_good = |token: &str| tokens.find(token).is_some_and(|issued| issued.expires > now);
            charts.access.exchange(request, is_good)
        }
        ["oauth2", "token"] => charts.access.oauth_token(request, now),
        ["v2", rest @ ..] => {
            if let Some(refusal) = charts.access.refuse(request, rest, now) {
                return refusal;
            }
            let (answer, pushed) = charts.registry.handle(request, rest, &stamp);
            if let Some(archive) = pushed {
                charts.keep(archive);
            }
            answer.with("Docker-Distribution-Api-Version", "registry/2.0")
        }
        [SHELF, file] if matches!(request.method.as_str(), "GET" | "HEAD") => {
            if let Some(refusal) = charts.access.refuse_plainly(request) {
                return refusal;
            }
            repository::answer(&charts.archives, file, &stamp)
        }
        _ => Answer::empty(404),
    }
}

/// Answers a call to `/charts` of the control endpoint.
pub(crate) fn control(world: &mut World, method: &str, request: &Request) -> Option<Result<Value, String>> {
    let stamp = world.clock.stamp();
    match (method, request.path.as_str()) {
        ("GET", "/charts") => Some(Ok(world.charts.told())),
        ("POST", "/charts") => Some(world.charts.add(request.body.clone(), None, &stamp)),
        ("DELETE", "/charts") => {
            world.charts = Charts::default();
            Some(Ok(json!({})))
        }
        ("POST", "/charts/access") => Some(body::<Access>(request).map(|access| {
            world.charts.access = access;
            world.charts.told()
        })),
        _ => None,
    }
}

/// The digest of bytes, as registries write it.
fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
