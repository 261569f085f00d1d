//! `bud_node_pool`: machines that keep their names, addresses and data.

mod apply;
mod check;
mod convert;
mod declaration;
mod demand;
mod disks;
mod explain;
mod import;
mod leave;
mod limits;
mod login;
mod made;
mod names;
mod nodes;
mod place;
mod plan;
mod preflight;
mod progress;
mod read;
mod recorded;
mod uneven;
mod wanted;
mod work;

pub(super) use declaration::resource;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use super::planned_networks::PlannedNetworks;
use crate::cloud::Machines;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::lifecycle::{Applied, Limits, Managed, Planning};
use crate::outcome::Presence;
use crate::provider::Context;
use crate::schema::{Planned, Resource};
use crate::state::{Held, Identity, Private};
use crate::time::Patience;
use crate::value::{Path, Value};

/// The resource, bound to the configured provider.
pub(super) struct NodePool {
    context: Arc<Context>,
    networks: Arc<PlannedNetworks>,
    demands: demand::Demands,
    #[cfg(test)]
    fixed: Option<Arc<dyn Machines>>,
}

impl NodePool {
    pub(super) fn new(context: Arc<Context>, networks: Arc<PlannedNetworks>) -> Self {
        Self {
            context,
            networks,
            demands: demand::Demands::default(),
            #[cfg(test)]
            fixed: None,
        }
    }

    /// The machines of the object's cloud; absent while the provider's values are unknown.
    fn machines(&self, object: &Value) -> Result<Option<Arc<dyn Machines>>, Diagnostic> {
        #[cfg(test)]
        if let Some(machines) = &self.fixed {
            return Ok(Some(Arc::clone(machines)));
        }
        let Some(cloud) = object.get("cloud").as_str() else { return Ok(None) };
        match self.context.cloud(cloud) {
            Ok(Planned::Known(cloud)) => Ok(Some(cloud.machines())),
            Ok(Planned::Unknown) => Ok(None),
            Err(error) => Err(explain::pool(&error, "Using the cloud", None)),
        }
    }

    fn machines_now(&self, object: &Value) -> Result<Arc<dyn Machines>, Diagnostic> {
        self.machines(object)?.ok_or_else(super::explain::not_configured)
    }

    fn environment(&self) -> Option<String> {
        self.context.settings().environment.clone().known().flatten()
    }
}

#[async_trait]
impl Managed for NodePool {
    fn schema(&self) -> &Resource {
        static RESOURCE: LazyLock<Resource> = LazyLock::new(declaration::resource);
        &RESOURCE
    }

    fn limits(&self, object: &Value) -> Limits {
        limits::of(object)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        check::check(config, &mut diagnostics);
        let draft = crate::schema::Draft::root(config);
        let _: Option<Duration> = draft.get("ttl", &mut diagnostics);
        let timeouts = crate::schema::Draft::nested(config.get("timeouts"), Path::of("timeouts"));
        for name in ["create", "read", "update", "delete"] {
            let _: Option<Duration> = timeouts.get(name, &mut diagnostics);
        }
        diagnostics
    }

    async fn plan(&self, planning: &mut Planning, patience: &Patience) {
        self.settle(planning, patience).await;
    }

    fn identity_of(&self, state: &Value) -> Option<Identity> {
        let mut identity = Identity::from([("type".to_owned(), "bud_node_pool".to_owned())]);
        if let Some(environment) = self.environment() {
            identity.insert("environment".into(), environment);
        }
        for name in ["cloud", "name", "network_id"] {
            let value = state.get(name);
            if value.is_unknown() {
                return None;
            }
            let text =
                value.as_str().unwrap_or_default().trim_start_matches(wanted::AZURE).to_ascii_lowercase();
            identity.insert(name.to_owned(), text);
        }
        Some(identity)
    }

    fn resource_identity(&self, state: &Value) -> Value {
        if state.is_null() { Value::Null } else { Value::object([("id", state.get("id").clone())]) }
    }

    async fn read(
        &self,
        state: &Value,
        private: &mut Private,
        patience: &Patience,
    ) -> Result<Presence<Value>, Diagnostic> {
        self.refresh(state, private, patience).await
    }

    async fn create(
        &self,
        planned: &Value,
        _config: &Value,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics> {
        self.make(planned, held, patience).await.map(Applied::from)
    }

    async fn update(
        &self,
        prior: &Value,
        planned: &Value,
        _config: &Value,
        private: &Private,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics> {
        self.change(prior, planned, private, held, patience).await.map(Applied::from)
    }

    async fn delete(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        self.destroy(prior, private, create_follows, patience).await
    }

    async fn import(
        &self,
        id: &str,
        identity: &Value,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics> {
        let id = if id.is_empty() { identity.get("id").as_str().unwrap_or_default() } else { id };
        self.bring_in(id, patience).await
    }
}

#[cfg(test)]
mod tests;
