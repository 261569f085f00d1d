//! What a server says of itself: versions, groups, kinds, and schemas as far as clients read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::message::Answer;
use super::api::Call;
use super::failure::Failure;
use super::kinds::{Kind, api_version};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers what is asked of no object.
pub(crate) fn answer(call: &Call<'_>, segments: &[&str]) -> Result<Answer, Failure> {
    if call.request.method != "GET" {
        return Err(Failure::no_path());
    }
    let kinds: Vec<Arc<Kind>> = call.cluster.kinds().cloned().collect();
    let accept = call.request.header("accept").unwrap_or_default();
    let aggregated = accept.contains("as=APIGroupDiscoveryList") && accept.contains("v=v2;");
    Ok(match segments {
        ["version"] => Answer::json(200, version(&call.cluster.version)),
        ["healthz" | "livez" | "readyz", ..] if !call.cluster.etcd.has_quorum() => {
            Answer::bytes(500, "text/plain; charset=utf-8", "[-]etcd failed: reason withheld\n".into())
        }
        ["healthz" | "livez" | "readyz", ..] => Answer::plain("ok".to_owned()),
        ["api"] if aggregated => groups(&kinds, true),
        ["apis"] if aggregated => groups(&kinds, false),
        ["api"] => Answer::json(
            200,
            json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }),
        ),
        ["apis"] => {
            let groups: Vec<Value> = versions(&kinds).iter().map(|(name, all)| group(name, all)).collect();
            Answer::json(200, json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["api", version] => resources(&kinds, "", version)?,
        ["apis", name] => {
            let known = versions(&kinds);
            let all = known.get(*name).ok_or_else(Failure::no_path)?;
            let mut group = group(name, all);
            group["kind"] = json!("APIGroup");
            group["apiVersion"] = json!("v1");
            Answer::json(200, group)
        }
        ["apis", name, version] => resources(&kinds, name, version)?,
        ["openapi", "v3"] => {
            let mut paths = Map::new();
            for kind in &kinds {
                let path = root(kind);
                paths.insert(path.clone(), json!({ "serverRelativeURL": format!("/openapi/v3/{path}") }));
            }
            Answer::json(200, json!({ "paths": paths }))
        }
        ["openapi", "v3", rest @ ..] => schemas(&kinds, &rest.join("/"))?,
        [] => {
            let mut paths: Vec<String> = vec!["/api".to_owned(), "/apis".to_owned(), "/version".to_owned()];
            paths.extend(kinds.iter().map(|kind| format!("/{}", root(kind))));
            paths.dedup();
            Answer::json(200, json!({ "paths": paths }))
        }
        _ => return Err(Failure::no_path()),
    })
}

fn root(kind: &Kind) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

fn version(text: &str) -> Value {
    let mut parts = text.trim_start_matches('v').split('.');
    json!({
        "major": parts.next().unwrap_or("1"), "minor": parts.next().unwrap_or("36"), "gitVersion": text,
        "gitCommit": "simulated", "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.25",
        "compiler": "gc", "platform": "linux/amd64",
    })
}

/// The versions of each group, as they stand in the table: the preferred one first.
fn versions(kinds: &[Arc<Kind>]) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in kinds.iter().filter(|kind| !kind.group.is_empty()) {
        let all = groups.entry(kind.group.clone()).or_default();
        if !all.contains(&kind.version) {
            all.push(kind.version.clone());
        }
    }
    groups
}

fn group(name: &str, versions: &[String]) -> Value {
    let all: Vec<Value> = versions
        .iter()
        .map(|version| json!({ "groupVersion": format!("{name}/{version}"), "version": version }))
        .collect();
    json!({ "name": name, "versions": all, "preferredVersion": all.first() })
}

fn groups(kinds: &[Arc<Kind>], core: bool) -> Answer {
    let mut all = versions(kinds);
    if core {
        all = BTreeMap::from([(String::new(), vec!["v1".to_owned()])]);
    }
    let items: Vec<Value> = all
        .iter()
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let own = kinds.iter().filter(|kind| kind.group == *name && kind.version == *version);
                    json!({ "version": version, "freshness": "Current", "resources": own.map(|kind| resource(kind)).collect::<Vec<_>>() })
                })
                .collect();
            let metadata = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    Answer::bytes(200, AGGREGATED, body.to_string().into())
}

fn resource(kind: &Kind) -> Value {
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|one| {
            let (group, version) = if one.version.is_empty() {
                (kind.group.clone(), kind.version.clone())
            } else {
                (one.group.clone(), one.version.clone())
            };
            json!({
                "subresource": one.name, "verbs": one.verbs,
                "responseKind": { "group": group, "version": version, "kind": one.kind },
            })
        })
        .collect();
    let mut entry = json!({
        "resource": kind.plural, "singularResource": kind.singular, "verbs": kind.verbs,
        "responseKind": { "group": kind.group, "version": kind.version, "kind": kind.name },
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
    });
    for (name, list) in [("shortNames", &kind.short), ("categories", &kind.categories)] {
        if !list.is_empty() {
            entry[name] = json!(list);
        }
    }
    if !subresources.is_empty() {
        entry["subresources"] = json!(subresources);
    }
    entry
}

fn resources(kinds: &[Arc<Kind>], group: &str, version: &str) -> Result<Answer, Failure> {
    let mut all = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.group == group && kind.version == version) {
        let mut entry = json!({
            "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.name,
            "verbs": kind.verbs,
        });
        for (name, list) in [("shortNames", &kind.short), ("categories", &kind.categories)] {
            if !list.is_empty() {
                entry[name] = json!(list);
            }
        }
        all.push(entry);
        for one in &kind.subresources {
            let mut entry = json!({
                "name": format!("{}/{}", kind.plural, one.name), "singularName": "", "namespaced": kind.namespaced,
                "kind": one.kind, "verbs": one.verbs,
            });
            if !one.version.is_empty() {
                entry["group"] = json!(one.group);
                entry["version"] = json!(one.version);
            }
            all.push(entry);
        }
    }
    if all.is_empty() {
        return Err(Failure::no_path());
    }
    Ok(Answer::json(
        200,
        json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version(group, version), "resources": all }),
    ))
}

/// The document of one version: which patches can be validated by the server, and of what kinds. The fields of
/// kinds are in no document: clients that want them ask the server to validate.
fn schemas(kinds: &[Arc<Kind>], wanted: &str) -> Result<Answer, Failure> {
    let mut paths = Map::new();
    let mut components = Map::new();
    for kind in kinds.iter().filter(|kind| root(kind) == wanted) {
        let place = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
        let gvk = json!({ "group": kind.group, "version": kind.version, "kind": kind.name });
        let parameters = json!([
            { "name": "dryRun", "in": "query", "schema": { "type": "string", "uniqueItems": true } },
            { "name": "fieldManager", "in": "query", "schema": { "type": "string", "uniqueItems": true } },
            { "name": "fieldValidation", "in": "query", "schema": { "type": "string", "uniqueItems": true } },
        ]);
        let call = |action: &str| {
            json!({
                "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk, "parameters": parameters,
                "responses": { "200": { "description": "OK" } },
            })
        };
        paths.insert(
            format!("/{wanted}/{place}{}/{{name}}", kind.plural),
            json!({ "patch": call("patch"), "put": call("put") }),
        );
        paths.insert(format!("/{wanted}/{place}{}", kind.plural), json!({ "post": call("post") }));
        components.insert(
            format!("{}.{}.{}", kind.group, kind.version, kind.name),
            json!({ "type": "object", "x-kubernetes-group-version-kind": [gvk] }),
        );
    }
    if paths.is_empty() {
        return Err(Failure::no_path());
    }
    Ok(Answer::json(
        200,
        json!({
            "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": "simulated" }, "paths": paths,
            "components": { "schemas": components },
        }),
    ))
}
