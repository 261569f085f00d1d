//! What kinds an API server has: asked once for a run, and once more when a kind is missing.
//!
//! The aggregated form (apidiscovery.k8s.io, Kubernetes 1.26 and later) takes two requests, the older one
//! a request for each group and version.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Kind, Scope};
use crate::outcome::Presence;

/// The aggregated form in its two versions, and what every server understands.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// What was found, if it was looked for.
#[derive(Default)]
pub(super) struct Discovery(Mutex<Option<Arc<Found>>>);

#[derive(Debug, Default, PartialEq)]
struct Found {
    kinds: Vec<Kind>,
    /// `v1`, `apps/v1`, `apps/v1/Deployment`.
    versions: BTreeSet<String>,
}

/// Which answer will do.
#[derive(Clone, Copy, PartialEq)]
enum Age {
    Kept,
    Fresh,
}

impl Client {
    /// A kind by what stands in its objects. A miss asks the server again, because its definition may have been
    /// installed since.
    ///
    /// # Errors
    /// As every call.
    pub async fn kind(&self, api_version: &str, kind: &str) -> Result<Presence<Kind>, KubeError> {
        let kept = self.discover(Age::Kept).await?;
        if let Some(found) = kept.kind(api_version, kind) {
            return Ok(Presence::Here(found));
        }
        let fresh = self.discover_after(&kept).await?;
        Ok(fresh.kind(api_version, kind).map_or(Presence::Gone, Presence::Here))
    }

    /// What Helm's `Capabilities.APIVersions` holds: `v1`, `apps/v1`, `apps/v1/Deployment`, subresources
    /// included, as Helm 4 puts it together (pkg/action, getVersionSet).
    ///
    /// # Errors
    /// As every call.
    pub async fn api_versions(&self) -> Result<BTreeSet<String>, KubeError> {
        Ok(self.discover(Age::Kept).await?.versions.clone())
    }

    /// Every kind that the server has, its preferred versions first within a group.
    ///
    /// # Errors
    /// As every call.
    pub async fn kinds(&self) -> Result<Vec<Kind>, KubeError> {
        Ok(self.discover(Age::Kept).await?.kinds.clone())
    }

    /// Lets the next question ask the server: definitions were installed or removed.
    pub async fn forget_discovery(&self) {
        *self.discovery().0.lock().await = None;
    }

    /// Asks again unless somebody else has done so since `kept` was read.
    async fn discover_after(&self, kept: &Arc<Found>) -> Result<Arc<Found>, KubeError> {
        let same = self.discovery().0.lock().await.as_ref().is_some_and(|now| Arc::ptr_eq(now, kept));
        self.discover(if same { Age::Fresh } else { Age::Kept }).await
    }

    async fn discover(&self, age: Age) -> Result<Arc<Found>, KubeError> {
        let mut known = self.discovery().0.lock().await;
        if let (Age::Kept, Some(found)) = (age, known.as_ref()) {
            return Ok(Arc::clone(found));
        }
        let mut found = Found::default();
        for root in ["api", "apis"] {
            let answer = self.describe(&[root]).await?;
            match answer["kind"].as_str() {
                Some("APIGroupDiscoveryList") => found.aggregated(&answer),
                _ => self.classic(root, &answer, &mut found).await?,
            }
        }
        let found = Arc::new(found);
        *known = Some(Arc::clone(&found));
        Ok(found)
    }

    async fn classic(&self, root: &str, answer: &Value, found: &mut Found) -> Result<(), KubeError> {
        let core = list(&answer["versions"]).filter_map(Value::as_str);
        let groups = list(&answer["groups"])
            .flat_map(|group| list(&group["versions"]))
            .filter_map(|version| version["groupVersion"].as_str());
        for api_version in core.chain(groups) {
            let mut path = vec![root];
            path.extend(api_version.split('/'));
            match self.describe(&path).await {
                Ok(resources) => found.classic(api_version, &resources),
                // An aggregated API whose server is down hides its own kinds and no others.
                Err(KubeError::Busy { .. } | KubeError::NotFoundKind { .. }) => {
                    found.versions.insert(api_version.to_owned());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn describe(&self, path: &[&str]) -> Result<Value, KubeError> {
        let asked = Asked::new("read", &format!("/{}", path.join("/")));
        let mut request = self.request(Method::GET, path, asked.clone());
        request.accept = ACCEPT;
        self.ask(&request).await?.json(&asked)
    }
}

// === impl Found ===

impl Found {
    fn kind(&self, api_version: &str, kind: &str) -> Option<Kind> {
        self.kinds.iter().find(|one| one.kind == kind && one.api_version() == api_version).cloned()
    }

    /// Reads an `APIGroupDiscoveryList`.
    fn aggregated(&mut self, answer: &Value) {
        for group in list(&answer["items"]) {
            let group_name = text(&group["metadata"]["name"]);
            for version in list(&group["versions"]) {
                let api_version = joined(group_name, text(&version["version"]));
                self.versions.insert(api_version.clone());
                for resource in list(&version["resources"]) {
                    let kind = text(&resource["responseKind"]["kind"]);
                    for sub in list(&resource["subresources"]) {
                        self.version_of(&api_version, text(&sub["responseKind"]["kind"]));
                    }
                    let scope =
                        if resource["scope"] == "Namespaced" { Scope::Namespaced } else { Scope::Cluster };
                    self.add(&api_version, kind, text(&resource["resource"]), scope, &resource["verbs"]);
                }
            }
        }
    }

    /// Reads an `APIResourceList`.
    fn classic(&mut self, api_version: &str, answer: &Value) {
        self.versions.insert(api_version.to_owned());
        for resource in list(&answer["resources"]) {
            let (name, kind) = (text(&resource["name"]), text(&resource["kind"]));
            if name.contains('/') {
                self.version_of(api_version, kind);
                continue;
            }
            let scope = if resource["namespaced"] == true { Scope::Namespaced } else { Scope::Cluster };
            self.add(api_version, kind, name, scope, &resource["verbs"]);
        }
    }

    fn add(&mut self, api_version: &str, kind: &str, plural: &str, scope: Scope, verbs: &Value) {
        self.version_of(api_version, kind);
        if kind.is_empty() || plural.is_empty() {
            return;
        }
        let verbs = list(verbs).filter_map(Value::as_str).map(str::to_owned).collect();
        self.kinds.push(Kind { verbs, ..Kind::new(api_version, kind, plural, scope) });
    }

    fn version_of(&mut self, api_version: &str, kind: &str) {
        if !kind.is_empty() {
            self.versions.insert(format!("{api_version}/{kind}"));
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn joined(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let mut aggregated = Found::default();
        aggregated.aggregated(&json!({ "kind": "APIGroupDiscoveryList", "items": [{
            "metadata": { "name": "apps" },
            "versions": [{ "version": "v1", "resources": [{
                "resource": "deployments", "scope": "Namespaced", "verbs": ["get", "list"],
                "responseKind": { "group": "", "version": "", "kind": "Deployment" },
                "subresources": [{ "subresource": "scale", "responseKind": { "group": "autoscaling", "version": "v1", "kind": "Scale" } }],
            }] }],
        }] }));
        let mut classic = Found::default();
        classic.classic("apps/v1", &json!({ "kind": "APIResourceList", "resources": [
            { "name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get", "list"] },
            { "name": "deployments/scale", "kind": "Scale", "group": "autoscaling", "version": "v1", "namespaced": true, "verbs": ["get"] },
        ] }));
        assert_eq!(aggregated, classic);
        let versions: Vec<&str> = classic.versions.iter().map(String::as_str).collect();
        assert_eq!(versions, ["apps/v1", "apps/v1/Deployment", "apps/v1/Scale"]);
        let found = classic.kind("apps/v1", "Deployment").unwrap();
        assert_eq!((found.plural.as_str(), found.namespaced()), ("deployments", true));
        assert_eq!(classic.kind("apps/v1", "Scale"), None);
    }
}
