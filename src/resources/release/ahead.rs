//! Plan-time checks that ask the cluster: what it would refuse at apply. Who cannot be asked says nothing here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::declaration::ReleaseSpec;
use super::shown::Claim;
use super::summary::{Document, documents, rendered};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::action::{Fixed, Stranger, fixed_fields, strangers};
use crate::helm::release::Record;
use crate::kube::{Client, Scope, Selector};
use crate::value::Path;

/// How the class is marked that claims without one get.
const DEFAULT_CLASS: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";

/// The storage classes of a cluster with their provisioners; the default one also under the empty name.
pub(super) async fn storage_classes(client: &Client) -> BTreeMap<String, String> {
    let kind = crate::kube::Kind::new("storage.k8s.io/v1", "StorageClass", "storageclasses", Scope::Cluster);
    let Ok(listing) = client.list(&kind, None, &Selector::default()).await else { return BTreeMap::new() };
    let mut classes = BTreeMap::new();
    for class in listing.items {
        let text =
            |path: &str| class.pointer(path).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        if text(DEFAULT_CLASS) == "true" {
            classes.insert(String::new(), text("/provisioner"));
        }
        classes.insert(text("/metadata/name"), text("/provisioner"));
    }
    classes
}

/// Tells what the cluster would refuse of what is claimed.
pub(super) async fn tell(
    client: &Client,
    claim: &Claim<'_>,
    last: Option<&Record>,
    spec: &ReleaseSpec,
    diagnostics: &mut Diagnostics,
) {
    let hard = spec.checks == "error";
    let mut say = |summary: &str, detail: String| {
        let new =
            if hard { Diagnostic::error(summary, detail) } else { Diagnostic::warning(summary, detail) };
        diagnostics.push(new.at(Path::of("chart")));
    };
    let manifest: String =
        claim.rendered.manifests.iter().map(|one| shown(&one.path, &one.content)).collect();
    let (name, namespace) = (&spec.name, &spec.namespace);
    if !spec.take_ownership
        && let Ok(found) = strangers(client, &manifest, last, name, namespace).await
        && !found.is_empty()
    {
        say("Objects that belong to others", foreign(&found));
    }
    let Some(last) = last.filter(|_| !spec.force_update) else { return };
    let changed = changed(claim, last);
    if !changed.is_empty()
        && let Ok(found) = fixed_fields(client, &changed, name, namespace).await
        && !found.is_empty()
    {
        say("Fields that cannot be changed", fixed(&found));
    }
}

fn shown(path: &str, text: &str) -> String {
    format!("---\n# Source: {path}\n{}\n", text.trim_end())
}

/// The objects of a record that a render changes, where apply will not change them in another way.
fn changed(claim: &Claim<'_>, last: &Record) -> String {
    let before: BTreeMap<String, String> = documents(&last.manifest, &last.namespace)
        .into_iter()
        .map(|one| (one.key, super::shown::body(&one.text)))
        .collect();
    let uncertain: BTreeSet<String> = claim.uncertain();
    let moves = |one: &Document| {
        let text = super::shown::body(&one.text);
        before.get(&one.key).is_some_and(|before| *before != text)
            && !uncertain.contains(&one.key)
            // Its data may be stand-ins.
            && one.kind != "Secret"
    };
    let hooks: BTreeSet<&str> = claim.rendered.hooks.iter().map(|hook| hook.manifest.as_str()).collect();
    rendered(claim.rendered, claim.namespace)
        .iter()
        .filter(|one| moves(one) && !hooks.contains(one.text.as_str()))
        .map(|one| shown(&one.path, &one.text))
        .collect()
}

fn foreign(found: &[Stranger]) -> String {
    let mut text = String::new();
    for one in found {
        let owner = match (&one.owner, &one.managed_by) {
            (Some(release), _) => format!("belongs to the release {release}"),
            (None, Some(manager)) => format!("is managed by {manager}"),
            (None, None) => "is there already, and belongs to no release".to_owned(),
        };
        // Writing into a string does not fail.
        let _ = writeln!(text, "  {} {owner}", one.object);
    }
    text + "\nApply refuses them as long as they are there. Give the objects of this release other names, take \
            them out of the other one, or set take_ownership = true to take them over. Set checks = \"off\" to \
            leave the checks out."
}

fn fixed(found: &[Fixed]) -> String {
    let mut text = String::new();
    for one in found {
        let causes: Vec<String> = one
            .causes
            .iter()
            .map(|cause| {
                if cause.field.is_empty() {
                    cause.message.clone()
                } else {
                    format!("{}: {}", cause.field, cause.message)
                }
            })
            .collect();
        let _ = writeln!(text, "  {} {}", one.object, causes.join("; "));
    }
    text + "\nKubernetes never changes these fields of an object that exists, and apply is refused. Keep what \
            they were, give the object another name, or set force_update = true, which deletes and makes it anew. Set \
            checks = \"off\" to leave the checks out."
}
