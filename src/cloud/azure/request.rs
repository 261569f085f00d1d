//! Requests to the resource manager as data, before anything is sent.

use azure_core::{Method, Request};
use serde_json::Value;
use url::Url;

use super::endpoints::Endpoints;

/// Api-version of everything in Microsoft.Network.
pub(super) const NETWORK: &str = "2024-03-01";
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

    /// Changes the tags of an object.
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
        .filter(|(name, _)| matches!(name.as_ref(), "api-version" | "$filter" | "$expand" | "$top"))
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
    fn signatures_are_not_shown() {
        let url = Url::parse("https://m/x?api-version=1&t=5&c=MII&s=sig").unwrap();
        assert_eq!(shown(&url), "https://m/x?api-version=1");
    }
}
