//! Requests to the resource manager as data, before anything is sent.

use azure_core::{Method, Request};
use serde_json::Value;
use url::Url;

use super::endpoints::Endpoints;

/// Api-version of everything in Microsoft.Network.
pub(super) const NETWORK: &str = "2024-03-01";
/// Api-version of machines and availability sets, images of the catalogue and counters of compute.
pub(super) const COMPUTE: &str = "2024-07-01";
/// Api-version of disks and snapshots.
pub(super) const DISKS: &str = "2024-03-02";
/// Api-version of the list of kinds of machine.
pub(super) const SKUS: &str = "2021-07-01";
/// Api-version of images that users keep.
pub(super) const GALLERIES: &str = "2023-07-03";
/// Api-version of resource groups, their lists and resource providers.
pub(super) const RESOURCES: &str = "2021-04-01";

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// Method.
    pub(super) method: Method,
    /// Path from the root, an id of Azure's.
    pub(super) path: String,
    /// Api-version; empty for an address that Azure gave and that has its own.
    pub(super) api: &'static str,
    /// Further query parameters.
    pub(super) query: Vec<(&'static str, String)>,
    /// Body.
    pub(super) body: Option<Value>,
    /// Only if the object still has this etag.
    pub(super) if_match: Option<String>,
    /// The group around the object was made a moment ago: a not-found may be Azure's memory only.
    pub(super) fresh_parent: bool,
    /// The whole address where Azure gave one.
    whole: Option<Url>,
}

impl Call {
    fn new(method: Method, path: &str, api: &'static str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            api,
            query: Vec::new(),
            body: None,
            if_match: None,
            fresh_parent: false,
            whole: None,
        }
    }

    /// Reads an object or a list.
    pub(super) fn get(path: &str, api: &'static str) -> Self {
        Self::new(Method::Get, path, api)
    }

    /// Reads an address that Azure gave.
    pub(super) fn follow(url: Url) -> Self {
        Self { whole: Some(url), ..Self::new(Method::Get, "", "") }
    }

    /// Makes or replaces an object.
    pub(super) fn put(path: &str, api: &'static str, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::Put, path, api) }
    }

    /// Changes some properties of an object, or its tags.
    pub(super) fn patch(path: &str, api: &'static str, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::Patch, path, api) }
    }

    /// Removes an object.
    pub(super) fn delete(path: &str, api: &'static str) -> Self {
        Self::new(Method::Delete, path, api)
    }

    /// Starts an action.
    pub(super) fn post(path: &str, api: &'static str) -> Self {
        Self::new(Method::Post, path, api)
    }

    /// The same with one more query parameter.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The body as it may stand in logs: what a machine gets at its first boot holds its private key.
    pub(super) fn shown_body(&self) -> Option<Value> {
        let mut body = self.body.clone()?;
        if let Some(secret) = body.pointer_mut("/properties/osProfile/customData") {
            *secret = Value::from("(secret)");
        }
        Some(body)
    }

    /// The whole address.
    pub(super) fn url(&self, endpoints: &Endpoints) -> Url {
        if let Some(url) = &self.whole {
            return url.clone();
        }
        let mut url = endpoints.manager.clone();
        let root = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{root}{}", self.path));
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("api-version", self.api);
            for (name, value) in &self.query {
                query.append_pair(name, value);
            }
        }
        url
    }

    /// The request without what is drawn for each try (token, ids).
    pub(super) fn request(&self, endpoints: &Endpoints) -> Request {
        let mut request = Request::new(self.url(endpoints), self.method);
        request.insert_header("accept", "application/json");
        if let Some(body) = &self.body {
            request.insert_header("content-type", "application/json");
            request.set_body(body.to_string());
        }
        if let Some(etag) = &self.if_match {
            request.insert_header("if-match", etag.clone());
        }
        request
    }
}

/// An address as it may stand in logs and errors: query values that carry signatures are left out.
pub(super) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| {
            matches!(
                name.as_ref(),
                "api-version" | "$filter" | "$expand" | "$top" | "$orderby" | "statusOnly"
            )
        })
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    shown.set_query(None);
    if !kept.is_empty() {
        shown.query_pairs_mut().extend_pairs(kept);
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::azure::settings::Settings;

    #[test]
    fn a_call_becomes_a_request() {
        let settings = Settings {
            resource_manager_endpoint: Some("http://127.0.0.1:1/arm/".into()),
            ..Settings::default()
        };
        let endpoints = Endpoints::of(&settings).unwrap();
        let mut call =
            Call::put("/subscriptions/s/resourceGroups/a b", RESOURCES, serde_json::json!({"x": 1}));
        call.if_match = Some("W/\"1\"".to_owned());
        let request = call.request(&endpoints);
        assert_eq!(
            request.url().as_str(),
            "http://127.0.0.1:1/arm/subscriptions/s/resourceGroups/a%20b?api-version=2021-04-01"
        );
        assert_eq!(request.headers().get_optional_string(&"if-match".into()).as_deref(), Some("W/\"1\""));
    }

    #[test]
    fn what_a_machine_gets_at_its_first_boot_is_in_no_log() {
        let body = serde_json::json!({ "properties": { "osProfile": { "customData": "QUJD", "x": 1 } } });
        let shown = Call::put("/a", COMPUTE, body).shown_body().unwrap().to_string();
        assert!(!shown.contains("QUJD") && shown.contains("\"x\":1"), "{shown}");
    }

    #[test]
    fn signatures_are_not_shown() {
        let url = Url::parse("https://m/x?api-version=1&t=5&c=MII&s=sig").unwrap();
        assert_eq!(shown(&url), "https://m/x?api-version=1");
    }
}
