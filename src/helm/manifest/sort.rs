//! Rendered files to objects and hooks, in the order in which they are installed.

use std::collections::BTreeMap;

use super::head::Head;
use super::hook::{Hook, HookEvent};
use super::kinds::{Order, sort_by_kind};
use super::split::documents;
use crate::helm::chart::WrongKind;
use crate::helm::yaml::{self, YamlError};

/// One object of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The template that it comes from.
    pub path: String,
    /// Its text.
    pub content: String,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
}

/// What a release consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// The hooks, by kind.
    pub hooks: Vec<Hook>,
    /// The objects, by kind.
    pub manifests: Vec<Manifest>,
}

/// A rendered document that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}: {reason}")]
pub struct BadManifest {
    /// The template that it comes from.
    pub path: String,
    /// Why.
    pub reason: BadDocument,
}

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDocument {
    /// It is no YAML.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// It is no object.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Kind(String),
}

const HOOK: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE: &str = "helm.sh/hook-delete-policy";
const LOGS: &str = "helm.sh/hook-output-log-policy";

/// Splits rendered files, takes the hooks out, and sorts both for an installation. Partials and blank
/// files fall away.
pub fn sort(files: &BTreeMap<String, String>) -> Result<Sorted, BadManifest> {
    let mut sorted = Sorted::default();
    for (path, content) in files {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.starts_with('_') {
            continue;
        }
        for document in documents(content) {
            let bad = |reason| BadManifest { path: path.clone(), reason };
            let value = yaml::read(document.as_bytes()).map_err(|error| bad(error.into()))?;
            let wrong = |error: WrongKind| bad(BadDocument::Kind(error.to_string()));
            let head = Head::read(&value).map_err(wrong)?;
            match head.annotations.get(HOOK) {
                Some(events) => sorted.hooks.extend(hook(path, document, &head, events)),
                None => sorted.manifests.push(Manifest {
                    path: path.clone(),
                    content: document.to_owned(),
                    api_version: head.api_version,
                    kind: head.kind,
                    name: head.name,
                }),
            }
        }
    }
    sort_by_kind(&mut sorted.hooks, Order::Install, |hook| &hook.kind);
    sort_by_kind(&mut sorted.manifests, Order::Install, |manifest| &manifest.kind);
    Ok(sorted)
}

/// A hook; none where one of its events is unknown: Helm leaves such an object out.
fn hook(path: &str, document: &str, head: &Head, events: &str) -> Option<Hook> {
    let words = |annotation: &str| match head.annotations.get(annotation) {
        Some(text) => text.split(',').map(|word| word.trim().to_lowercase()).collect(),
        None => Vec::new(),
    };
    let events = events
        .split(',')
        .map(|event| HookEvent::named(&event.trim().to_lowercase()))
        .collect::<Option<_>>()?;
    Some(Hook {
        name: head.name.clone(),
        kind: head.kind.clone(),
        path: path.to_owned(),
        manifest: document.to_owned(),
        events,
        weight: head.annotations.get(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or(0),
        delete_policies: words(DELETE),
        output_log_policies: words(LOGS),
    })
}
