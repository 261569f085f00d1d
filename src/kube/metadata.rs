//! Who and what an object is, without what is in it: a small answer where only names, labels and owners are asked for.

use hyper::Method;
use serde_json::Value;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Address, Kind, Selector};
use super::objects::{PAGE, named, present};
use crate::outcome::Presence;

/// The form without contents, and for servers that do not know it the whole object.
const ONE: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const SOME: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// Objects of a kind, as far as one answer goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// Those that were in the answer; only their `metadata` is to be relied on.
    pub items: Vec<Value>,
    /// Whether there are no others.
    pub is_all: bool,
}

impl Client {
    /// The `metadata` of one object.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn metadata(&self, at: &Address) -> Result<Presence<Value>, KubeError> {
        let mut request = self.request(Method::GET, &at.path(), Asked::new("get", at));
        request.accept = ONE;
        present(self.object(&request).await)
    }

    /// The `metadata` of the objects of a kind, in one namespace or in all of them: one answer.
    ///
    /// # Errors
    /// As every call.
    pub async fn glimpse(&self, kind: &Kind, namespace: Option<&str>) -> Result<Glimpse, KubeError> {
        let mut request =
            self.selected("list", kind, namespace, &Selector::default()).query([("limit", PAGE)]);
        request.accept = SOME;
        let mut page = self.object(&request).await?;
        let next = page["metadata"]["continue"].as_str().unwrap_or_default();
        let is_all = next.is_empty();
        let is_list = page["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        let items = match page.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            // In this form an empty list has no items at all.
            None | Some(Value::Null) if is_list => Vec::new(),
            _ => {
                return Err(KubeError::Answer { asked: request.asked, reason: "it has no items".to_owned() });
            }
        };
        Ok(Glimpse { items: items.into_iter().map(|item| named(item, kind)).collect(), is_all })
    }
}
