//! Reading and writing objects.

use hyper::Method;
use serde_json::Value;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Address, Kind, Listing, Selector};
use super::refusal::Refusal;
use super::request::{Again, Request};
use super::writing::{Apply, Conflicts, Deletion, Patch, Writing};
use crate::outcome::Presence;

/// How many objects come in one answer of a list, as kubectl asks for them.
pub(super) const PAGE: &str = "500";

const JSON: &str = "application/json";

impl Client {
    /// One object.
    ///
    /// # Errors
    /// As every call. An API that does not know the kind is [`KubeError::NotFoundKind`], never absence.
    pub async fn get(&self, at: &Address) -> Result<Presence<Value>, KubeError> {
        let asked = Asked::new("get", at);
        present(self.object(&self.request(Method::GET, &at.path(), asked)).await)
    }

    /// Every object that is chosen, in one namespace or in all of them, however many answers that takes.
    ///
    /// # Errors
    /// As every call. A list that outlives its first answer's place in the history is begun again once.
    pub async fn list(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        chosen: &Selector,
    ) -> Result<Listing, KubeError> {
        match self.pages(kind, namespace, chosen).await {
            Err(KubeError::Gone { .. }) => self.pages(kind, namespace, chosen).await,
            listed => listed,
        }
    }

    async fn pages(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        chosen: &Selector,
    ) -> Result<Listing, KubeError> {
        let mut listing = Listing { items: Vec::new(), resource_version: String::new() };
        let mut next = String::new();
        loop {
            let request = self.selected("list", kind, namespace, chosen).query([("limit", PAGE)]);
            let request = if next.is_empty() { request } else { request.query([("continue", &next)]) };
            let mut page = self.object(&request).await?;
            let text = |key: &str| page["metadata"][key].as_str().unwrap_or_default().to_owned();
            listing.resource_version = text("resourceVersion");
            next = text("continue");
            let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
                return Err(KubeError::Answer { asked: request.asked, reason: "it has no items".to_owned() });
            };
            listing.items.extend(items.into_iter().map(|item| named(item, kind)));
            if next.is_empty() {
                return Ok(listing);
            }
        }
    }

    /// Makes an object; its name may be left to the server by `generateName`.
    ///
    /// # Errors
    /// As every call; [`KubeError::AlreadyExists`], [`KubeError::NotFound`] for a missing namespace.
    /// [`KubeError::perhaps_done`] says when the object must be looked at.
    pub async fn create(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        object: &Value,
        writing: &Writing,
    ) -> Result<Value, KubeError> {
        let meta = &object["metadata"];
        let name = meta["name"].as_str().or(meta["generateName"].as_str()).unwrap_or_default();
        let asked = Asked::new("create", &kind.at(namespace, name));
        let request = self.request(Method::POST, &kind.path(namespace, None), asked);
        self.object(&request.query(writing.query()).body(JSON, object)).await
    }

    /// Puts a whole object in the place of what is there. With a `resourceVersion` in it, only in the place
    /// of that version.
    ///
    /// # Errors
    /// As every call; [`KubeError::Changed`] when the version differs, [`KubeError::NotFound`] when
    /// nothing is there.
    pub async fn replace(&self, at: &Address, object: &Value, writing: &Writing) -> Result<Value, KubeError> {
        let request = self.request(Method::PUT, &at.path(), Asked::new("replace", at));
        self.object(&request.query(writing.query()).body(JSON, object)).await
    }

    /// Changes a part of an object.
    ///
    /// # Errors
    /// As every call; [`KubeError::NotFound`] when nothing is there.
    pub async fn patch(&self, at: &Address, patch: &Patch, writing: &Writing) -> Result<Value, KubeError> {
        let (content_type, body) = patch.content();
        // A list of operations may append; the two others say how it shall be.
        let again = if matches!(patch, Patch::Json(_)) { Again::OnlyUnsent } else { Again::Harmless };
        let request = self.request(Method::PATCH, &at.path(), Asked::new("patch", at)).again(again);
        self.object(&request.query(writing.query()).body(content_type, body)).await
    }

    /// Server-side apply: the object has these fields and the manager owns them. Makes the object where there is
    /// none.
    ///
    /// # Errors
    /// As every call; [`KubeError::Conflict`] names the managers of the fields that are refused.
    pub async fn apply(&self, at: &Address, object: &Value, apply: &Apply) -> Result<Value, KubeError> {
        let request = self.request(Method::PATCH, &at.path(), Asked::new("apply", at)).again(Again::Harmless);
        let force = if apply.conflicts == Conflicts::Force { "true" } else { "false" };
        let request = request.query(apply.writing.query()).query([("force", force)]);
        // JSON is YAML, and every server takes it under this name.
        self.object(&request.body("application/apply-patch+yaml", object)).await
    }

    /// Deletes an object. What comes back is the object where it goes on to exist, held by a finalizer or by
    /// its own end, and the API's `Status` otherwise; `Gone` where it was not there.
    ///
    /// # Errors
    /// As every call; [`KubeError::Changed`] when the uid is another.
    pub async fn delete(&self, at: &Address, deletion: &Deletion) -> Result<Presence<Value>, KubeError> {
        let request =
            self.request(Method::DELETE, &at.path(), Asked::new("delete", at)).again(Again::Harmless);
        present(self.object(&request.body(JSON, &deletion.options())).await)
    }

    /// A request for the chosen objects of a kind.
    pub(super) fn selected(
        &self,
        verb: &'static str,
        kind: &Kind,
        namespace: Option<&str>,
        chosen: &Selector,
    ) -> Request {
        let place = namespace.filter(|_| kind.namespaced());
        let asked = Asked::new(
            verb,
            &place.map_or_else(|| kind.to_string(), |namespace| format!("{kind} in {namespace}")),
        );
        let pairs = [("labelSelector", &chosen.labels), ("fieldSelector", &chosen.fields)];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        self.request(Method::GET, &kind.path(namespace, None), asked).query(pairs)
    }

    pub(super) async fn object(&self, request: &Request) -> Result<Value, KubeError> {
        self.ask(request).await?.json(&request.asked)
    }
}

/// Absence is an answer where the API says of this object that it is not there.
pub(super) fn present(answer: Result<Value, KubeError>) -> Result<Presence<Value>, KubeError> {
    match answer {
        Ok(object) => Ok(Presence::Here(object)),
        Err(KubeError::NotFound { refusal, .. }) if Refusal::is_absence(&refusal) => Ok(Presence::Gone),
        Err(error) => Err(error),
    }
}

/// An item of a list with the kind that lists leave out.
pub(super) fn named(mut item: Value, kind: &Kind) -> Value {
    if let Value::Object(fields) = &mut item {
        fields.entry("apiVersion").or_insert_with(|| kind.api_version().into());
        fields.entry("kind").or_insert_with(|| kind.kind.clone().into());
    }
    item
}
