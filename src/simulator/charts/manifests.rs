//! Manifests by digest and by tag, and what Helm writes into them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::SHELF;
use super::archive::Archive;
use super::digest;
use super::registry::{Registry, error};
use crate::simulator::message::{Answer, Request};

/// Media type of an image manifest.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image index.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a chart's Chart.yaml as JSON.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Media type of a packed chart.
const CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// Media type of its provenance file.
const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/// One repository of the registry.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// Media type and bytes by digest.
    manifests: BTreeMap<String, (String, Bytes)>,
    /// Digest by tag.
    tags: BTreeMap<String, String>,
}

/// Puts a packed chart where `helm push` would.
pub(super) fn shelve(registry: &mut Registry, archive: &Archive) {
    let mut blob = |media: &str, bytes: Bytes| {
        let sum = digest(&bytes);
        let described = json!({ "mediaType": media, "digest": sum, "size": bytes.len() });
        registry.blobs.insert(sum, bytes);
        described
    };
    let config = blob(CONFIG, archive.metadata.to_string().into());
    let mut layers = vec![blob(CONTENT, archive.bytes.clone())];
    layers.extend(archive.provenance.clone().map(|provenance| blob(PROVENANCE, provenance)));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": layers,
        "annotations": {
            "org.opencontainers.image.created": archive.created,
            "org.opencontainers.image.title": archive.name,
            "org.opencontainers.image.version": archive.version,
        },
    });
    let repository = registry.repositories.entry(format!("{SHELF}/{}", archive.name)).or_default();
    repository.keep(&archive.tag(), MANIFEST, manifest.to_string().into());
}

impl Repository {
    fn keep(&mut self, reference: &str, media: &str, bytes: Bytes) -> String {
        let sum = digest(&bytes);
        self.manifests.insert(sum.clone(), (media.to_owned(), bytes));
        if !reference.starts_with("sha256:") {
            self.tags.insert(reference.to_owned(), sum.clone());
        }
        sum
    }
}

/// Answers for a manifest; with the chart where one was pushed.
pub(super) fn handle(
    registry: &mut Registry,
    method: &str,
    name: &str,
    reference: &str,
    request: &Request,
    now: &str,
) -> (Answer, Option<Archive>) {
    match method {
        "GET" => (get(registry, name, reference), None),
        "PUT" => put(registry, name, reference, request, now),
        "DELETE" => (delete(registry, name, reference), None),
        _ => (error(405, "UNSUPPORTED", "the operation is unsupported"), None),
    }
}

fn get(registry: &Registry, name: &str, reference: &str) -> Answer {
    let Some(repository) = registry.repositories.get(name) else {
        return error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let sum = repository.tags.get(reference).map_or(reference, String::as_str);
    match repository.manifests.get(sum) {
        Some((media, bytes)) => Answer::bytes(200, media, bytes.clone()).with("Docker-Content-Digest", sum),
        None => error(404, "MANIFEST_UNKNOWN", "manifest unknown to registry"),
    }
}

fn put(
    registry: &mut Registry,
    name: &str,
    reference: &str,
    request: &Request,
    now: &str,
) -> (Answer, Option<Archive>) {
    let Ok(manifest) = serde_json::from_slice::<Value>(&request.body) else {
        return (error(400, "MANIFEST_INVALID", "manifest invalid"), None);
    };
    if reference.starts_with("sha256:") && digest(&request.body) != reference {
        return (error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"), None);
    }
    let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
    let config = Some(&manifest["config"]).filter(|config| config.is_object());
    for part in layers.iter().chain(config) {
        if !part["digest"].as_str().is_some_and(|sum| registry.blobs.contains_key(sum)) {
            return (error(400, "MANIFEST_BLOB_UNKNOWN", "manifest references an unknown blob"), None);
        }
    }
    let blob = |media: &str| {
        let layer = layers.iter().find(|layer| layer["mediaType"] == media)?;
        registry.blobs.get(layer["digest"].as_str()?).cloned()
    };
    // What is no chart is kept all the same, as any registry does.
    let chart = blob(CONTENT)
        .and_then(|content| Archive::read(content, blob(PROVENANCE), now.to_owned()).ok())
        .filter(|_| name.rsplit_once('/').map(|(shelf, _)| shelf) == Some(SHELF));
    let media = request.header("content-type").unwrap_or(MANIFEST).to_owned();
    let repository = registry.repositories.entry(name.to_owned()).or_default();
    let sum = repository.keep(reference, &media, request.body.clone());
    let answer = Answer::empty(201)
        .with("Location", format!("/v2/{name}/manifests/{sum}"))
        .with("Docker-Content-Digest", sum);
    (answer, chart)
}

fn delete(registry: &mut Registry, name: &str, reference: &str) -> Answer {
    let unknown = || error(404, "MANIFEST_UNKNOWN", "manifest unknown to registry");
    let Some(repository) = registry.repositories.get_mut(name) else { return unknown() };
    if repository.tags.remove(reference).is_some() {
        return Answer::empty(202);
    }
    if repository.manifests.remove(reference).is_none() {
        return unknown();
    }
    repository.tags.retain(|_, sum| sum != reference);
    Answer::empty(202)
}

/// `GET /v2/NAME/tags/list`, by pages where `n` is given.
pub(super) fn tags(registry: &Registry, name: &str, request: &Request) -> Answer {
    let Some(repository) = registry.repositories.get(name) else {
        return error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let last = request.parameter("last").unwrap_or_default();
    let most = request.parameter("n").and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let mut rest = repository.tags.keys().filter(|tag| **tag > last).peekable();
    let page: Vec<&String> = rest.by_ref().take(most).collect();
    let answer = Answer::json(200, json!({ "name": name, "tags": page }));
    match page.last() {
        Some(last) if rest.peek().is_some() => {
            let next = format!("</v2/{name}/tags/list?n={most}&last={last}>; rel=\"next\"");
            answer.with("Link", next)
        }
        _ => answer,
    }
}
