//! From the text of a release to objects with their addresses.

use serde_json::Value;

use super::error::ActionError;
use crate::helm::manifest::{Order, documents, sort_by_kind};
use crate::helm::release::plain;
use crate::helm::yaml;
use crate::kube::{Address, Client};
use crate::outcome::Presence;

/// An object of a text; where it lies is not known yet.
#[derive(Clone)]
pub(super) struct Draft {
    /// The template that it comes from, empty where the text does not say.
    pub(super) path: String,
    pub(super) object: Value,
}

/// An object with its address. An object whose name the server shall make up has an empty name.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) at: Address,
    pub(super) object: Value,
}

/// Which object: two with the same identity are the same object, in whatever version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    group: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

/// What happens to kinds that the cluster does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// They are an error.
    Refuse,
    /// Their objects are left out: they cannot exist.
    Skip,
}

impl Target {
    pub(super) fn identity(&self) -> Identity {
        Identity {
            group: self.at.kind.group.clone(),
            kind: self.at.kind.kind.clone(),
            namespace: self.at.namespace.clone(),
            name: self.at.name.clone(),
        }
    }

    /// Kind, namespace and name, such as `Deployment shop/web`.
    pub(super) fn shown(&self) -> String {
        shown(&self.at)
    }
}

/// Kind, namespace and name, such as `Deployment shop/web`.
pub(super) fn shown(at: &Address) -> String {
    match &at.namespace {
        Some(namespace) => format!("{} {namespace}/{}", at.kind.kind, at.name),
        None => format!("{} {}", at.kind.kind, at.name),
    }
}

/// A text of an object.
pub(super) fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

impl Draft {
    fn shown(&self) -> String {
        format!("{} {}", text(&self.object, "/kind"), text(&self.object, "/metadata/name"))
    }
}

/// The objects of a text; lists are taken apart, documents without content left out.
pub(super) fn parse(manifest: &str, path: &str) -> Result<Vec<Draft>, ActionError> {
    let mut drafts = Vec::new();
    for document in documents(manifest) {
        let source = document.lines().find_map(|line| line.strip_prefix("# Source: ")).unwrap_or(path);
        let bad = |reason: String| ActionError::Manifest { path: source.to_owned(), reason };
        let value = yaml::read(document.as_bytes()).map_err(|error| bad(error.message))?;
        if value.is_null() {
            continue;
        }
        flatten(plain(&value), source, &mut drafts)?;
    }
    Ok(drafts)
}

fn flatten(object: Value, path: &str, drafts: &mut Vec<Draft>) -> Result<(), ActionError> {
    let bad = |reason: &str| ActionError::Manifest { path: path.to_owned(), reason: reason.to_owned() };
    if !object.is_object() {
        return Err(bad("it is no object"));
    }
    let kind = text(&object, "/kind");
    if kind.is_empty() {
        return Err(bad("it has no kind"));
    }
    if text(&object, "/apiVersion").is_empty() {
        return Err(bad("it has no apiVersion"));
    }
    if kind.ends_with("List")
        && let Some(items) = object["items"].as_array()
    {
        return items.iter().try_for_each(|item| flatten(item.clone(), path, drafts));
    }
    let (name, made_up) = (text(&object, "/metadata/name"), text(&object, "/metadata/generateName"));
    match (name.is_empty(), made_up.is_empty()) {
        (true, true) => return Err(bad("it has no metadata.name")),
        (false, false) => return Err(bad("metadata.name and metadata.generateName cannot both be set")),
        _ => {}
    }
    drafts.push(Draft { path: path.to_owned(), object });
    Ok(())
}

/// Objects of several texts without doubles: the later one counts.
pub(super) fn union(lists: impl IntoIterator<Item = Vec<Target>>) -> Vec<Target> {
    let mut all: Vec<Target> = Vec::new();
    for target in lists.into_iter().flatten() {
        let identity = target.identity();
        match all.iter_mut().find(|one| one.identity() == identity) {
            Some(known) => *known = target,
            None => all.push(target),
        }
    }
    all
}

/// Addresses for drafts, in the order asked for. `namespace` is that of the release.
pub(super) async fn resolve(
    client: &Client,
    drafts: &[Draft],
    namespace: &str,
    unknown: Unknown,
) -> Result<Vec<Target>, ActionError> {
    let mut targets = Vec::new();
    for draft in drafts {
        let (api_version, kind) = (text(&draft.object, "/apiVersion"), text(&draft.object, "/kind"));
        let Presence::Here(found) = client.kind(api_version, kind).await? else {
            if unknown == Unknown::Skip {
                continue;
            }
            return Err(ActionError::NoKind {
                object: format!("{} ({})", draft.shown(), draft.path),
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
            });
        };
        let own = text(&draft.object, "/metadata/namespace");
        let namespace = if own.is_empty() { namespace } else { own };
        let at = found.at(Some(namespace), text(&draft.object, "/metadata/name"));
        let mut object = draft.object.clone();
        match &at.namespace {
            Some(namespace) => object["metadata"]["namespace"] = Value::String(namespace.clone()),
            // An object of the cluster with a namespace is refused by the server's apply.
            None => {
                object["metadata"].as_object_mut().map(|metadata| metadata.remove("namespace"));
            }
        }
        targets.push(Target { at, object });
    }
    Ok(targets)
}

/// Sorts for an installation or a removal.
pub(super) fn sort(targets: &mut [Target], order: Order) {
    sort_by_kind(targets, order, |target| &target.at.kind.kind);
}

/// Splits into runs of one kind: what is in one run may be done at once.
pub(super) fn batches(targets: &[Target]) -> impl Iterator<Item = &[Target]> {
    targets.chunk_by(|one, next| one.at.kind.kind == next.at.kind.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_objects_and_lists_are_taken_apart() {
        let text = "---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n\
                    ---\n# only a comment\n---\napiVersion: v1\nkind: List\nitems:\n\
                    - {apiVersion: v1, kind: Secret, metadata: {name: b}, port: 8080}\n";
        let drafts = parse(text, "x").unwrap();
        let shown: Vec<_> = drafts.iter().map(|draft| (draft.shown(), draft.path.as_str())).collect();
        assert_eq!(shown, [("ConfigMap a".to_owned(), "c/templates/a.yaml"), ("Secret b".to_owned(), "x")]);
        assert_eq!(drafts[1].object["port"], serde_json::json!(8080));
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (text, reason) in [
            ("- a", "it is no object"),
            ("apiVersion: v1", "it has no kind"),
            ("kind: Pod", "it has no apiVersion"),
            ("{apiVersion: v1, kind: Pod}", "it has no metadata.name"),
            (
                "{apiVersion: v1, kind: Pod, metadata: {name: a, generateName: b}}",
                "metadata.name and metadata.generateName cannot both be set",
            ),
        ] {
            let error = parse(text, "t.yaml").err().unwrap().to_string();
            assert_eq!(error, format!("t.yaml: {reason}"));
        }
    }
}
