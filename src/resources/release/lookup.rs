//! `lookup` of the templates, asked of a real cluster.

use std::fmt;

use tokio::runtime::Handle;

use crate::helm::render::{Lookup, LookupError};
use crate::helm::value::{Map, Value};
use crate::kube::{Client, KubeError, Selector};
use crate::outcome::Presence;

/// Asks from the thread of a render, which waits for the answer.
pub(super) struct ClusterLookup {
    client: Client,
    runtime: Handle,
}

impl ClusterLookup {
    /// For a render that was begun inside the runtime.
    pub(super) fn new(client: Client) -> Self {
        Self { client, runtime: Handle::current() }
    }

    async fn ask(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<serde_json::Value>, KubeError> {
        let Presence::Here(kind) = self.client.kind(api_version, kind).await? else { return Ok(None) };
        let namespace = (!namespace.is_empty()).then_some(namespace);
        if !name.is_empty() {
            return Ok(self.client.get(&kind.at(namespace, name)).await?.here());
        }
        let listing = self.client.list(&kind, namespace, &Selector::default()).await?;
        Ok(Some(serde_json::json!({
            "apiVersion": kind.api_version(),
            "kind": format!("{}List", kind.kind),
            "metadata": { "resourceVersion": listing.resource_version },
            "items": listing.items,
        })))
    }
}

impl Lookup for ClusterLookup {
    fn object(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Map>, LookupError> {
        let asked = self.ask(api_version, kind, namespace, name);
        let found = self.runtime.block_on(asked).map_err(|error| LookupError(error.to_string()))?;
        Ok(found.and_then(|object| match datum(object) {
            Value::Map(map) => Some(map),
            _ => None,
        }))
    }
}

/// An object as the templates see it: whole numbers stay whole, as the API's are in Helm.
fn datum(from: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match from {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        Json::String(text) => Value::String(text),
        Json::Array(list) => Value::List(list.into_iter().map(datum).collect()),
        Json::Object(map) => Value::Map(map.into_iter().map(|(key, value)| (key, datum(value))).collect()),
    }
}

impl fmt::Debug for ClusterLookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClusterLookup")
    }
}
