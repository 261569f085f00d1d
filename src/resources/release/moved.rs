//! `moved` from `helm_release` of the provider hashicorp/helm: its state becomes one of ours.
//!
//! Source: terraform-provider-helm 2.x (schema versions 0 and 1, blocks that are lists) and 3.x (version 2,
//! nested attributes), `helm/resource_helm_release.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::lifecycle::Move;
use crate::schema::Resource;
use crate::state::Private;
use crate::value::Value;

/// The newest version of their schema that is known here.
const NEWEST: i64 = 2;

/// Takes the state over; nothing where it is of something else.
pub(super) fn take_over(from: &Move, resource: &Resource) -> Option<Result<(Value, Private), Diagnostics>> {
    let provider = from.provider.rsplit('/').take(2).collect::<Vec<_>>();
    if from.source_type != "helm_release" || provider != ["helm", "hashicorp"] {
        return None;
    }
    Some(read(from, resource))
}

fn read(from: &Move, resource: &Resource) -> Result<(Value, Private), Diagnostics> {
    let wrong = |what: String| Diagnostic::error("State cannot be taken over", what);
    if from.version > NEWEST {
        return Err(wrong(format!(
            "The state of helm_release has version {}, and this provider knows versions up to {NEWEST}. Update the provider.",
            from.version
        ))
        .into());
    }
    let theirs: Json = serde_json::from_slice(&from.json)
        .map_err(|error| wrong(format!("The state of helm_release is no JSON: {error}.")))?;
    let Json::Object(theirs) = theirs else {
        return Err(wrong("The state of helm_release is no object.".to_owned()).into());
    };
    let ours = ours(theirs, resource);
    let kind = resource.block.kind();
    let json = serde_json::to_vec(&ours).unwrap_or_default();
    let mut state = Value::from_older_json(&json, &kind)
        .map_err(|error| wrong(format!("The state of helm_release cannot be read: {error}.")))?;
    for attribute in &resource.block.attributes {
        // What theirs does not have is as if it had always been ours with its default.
        if let (Value::Null, Some(default)) = (state.get(attribute.name), &attribute.rule.default) {
            state.set(attribute.name, default.clone());
        }
    }
    state.set("drifted", Value::Map(BTreeMap::new()));
    let text = |name: &str| state.get(name).as_str().unwrap_or_default().to_owned();
    let id = format!("{}/{}", text("namespace"), text("name"));
    state.set("id", Value::string(id));
    Ok((state, Private::default()))
}

/// Their arguments as ours.
fn ours(mut theirs: Map<String, Json>, resource: &Resource) -> Map<String, Json> {
    // Blocks of 2.x: lists of objects, with single ones for `postrender`.
    if let Some(Json::Array(list)) = theirs.get("postrender").cloned() {
        theirs.insert("postrender".into(), list.into_iter().next().unwrap_or(Json::Null));
    }
    for block in ["set", "set_list", "set_sensitive"] {
        if theirs.get(block).and_then(Json::as_array).is_some_and(Vec::is_empty) {
            theirs.insert(block.into(), Json::Null);
        }
    }
    if let Some(Json::Number(number)) = theirs.get("timeout") {
        let text = number.to_string();
        theirs.insert("timeout".into(), Json::String(text));
    }
    for list in ["values"] {
        if theirs.get(list).and_then(Json::as_array).is_some_and(Vec::is_empty) {
            theirs.insert(list.into(), Json::Null);
        }
    }
    for empty in [
        "repository",
        "description",
        "keyring",
        "repository_username",
        "repository_password",
        "repository_ca_file",
        "repository_cert_file",
        "repository_key_file",
    ] {
        if theirs.get(empty).and_then(Json::as_str).is_some_and(str::is_empty) {
            theirs.insert(empty.into(), Json::Null);
        }
    }
    let metadata = match theirs.remove("metadata") {
        Some(Json::Array(list)) => list.into_iter().next(),
        other => other,
    };
    let revision = metadata.as_ref().and_then(|metadata| metadata.get("revision")).cloned();
    // `manifest` and `resources` of theirs may hold secrets, and the rest is read anew by the first refresh.
    for computed in ["manifest", "resources", "metadata", "id"] {
        theirs.remove(computed);
    }
    theirs.insert("revision".into(), revision.unwrap_or(Json::Null));
    let kept = |name: &String| resource.block.attributes.iter().any(|one| one.name == name);
    theirs.into_iter().filter(|(name, _)| kept(name)).collect()
}
