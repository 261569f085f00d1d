//! Parts of objects that have a path of their own: approvals, evictions.

use hyper::Method;
use serde_json::Value;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Address, Kind, Scope};
use super::request::Again;
use super::writing::Writing;

impl Client {
    /// Puts a part of an object in the place of what is there, such as `approval`.
    ///
    /// # Errors
    /// As every call.
    pub async fn replace_part(
        &self,
        at: &Address,
        part: &str,
        object: &Value,
        writing: &Writing,
    ) -> Result<Value, KubeError> {
        let mut path = at.path();
        path.push(part);
        let request = self.request(Method::PUT, &path, Asked::new("replace", &format!("{at}/{part}")));
        self.object(&request.query(writing.query()).body("application/json", object)).await
    }

    /// Asks for a pod to be evicted, which its budgets may refuse for now: [`KubeError::Busy`] with the
    /// budget's name in its causes. A pod that is gone is an absence of the kind of [`Client::delete`].
    ///
    /// # Errors
    /// As every call.
    pub async fn evict(&self, namespace: &str, pod: &str, uid: &str) -> Result<Value, KubeError> {
        let at = Kind::new("v1", "Pod", "pods", Scope::Namespaced).at(Some(namespace), pod);
        let object = serde_json::json!({
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": { "name": pod, "namespace": namespace },
            "deleteOptions": { "preconditions": { "uid": uid } },
        });
        let mut path = at.path();
        path.push("eviction");
        // The same pod is evicted once: the uid says which.
        let request = self.request(Method::POST, &path, Asked::new("evict", &at)).again(Again::Harmless);
        self.object(&request.body("application/json", &object)).await
    }
}
