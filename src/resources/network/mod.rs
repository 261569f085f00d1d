//! `bud_network`: the private network that every node of a cluster joins.

mod check;
mod convert;
mod declaration;
mod plan;

pub(super) use declaration::resource;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use super::planned_networks::PlannedNetworks;
use super::{expiry, explain};
use crate::cloud::{CloudError, NetworkPlace, NetworkPlan, NetworkSeen, Networks, Owner, Removal, Removed};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::lifecycle::{Applied, Limits, Managed, Planning};
use crate::outcome::Presence;
use crate::provider::Context;
use crate::schema::{Planned, Resource};
use crate::state::{Held, Identity, Private};
use crate::time::Patience;
use crate::value::{Path, Value};
use convert::AZURE;

/// The resource, bound to the configured provider.
pub(super) struct Network {
    context: Arc<Context>,
    planned: Arc<PlannedNetworks>,
}

/// What keeps the state's names of foreign rules that refresh saw, for `foreign_rules = "error"`.
const FOREIGN: &str = "foreign_rules";

impl Network {
    pub(super) fn new(context: Arc<Context>, planned: Arc<PlannedNetworks>) -> Self {
        Self { context, planned }
    }

    /// The networks of the object's cloud; absent while the provider's values are unknown.
    fn networks(&self, object: &Value) -> Result<Option<Arc<dyn Networks>>, Diagnostic> {
        let Some(cloud) = object.get("cloud").as_str() else { return Ok(None) };
        match self.context.cloud(cloud) {
            Ok(Planned::Known(cloud)) => Ok(Some(cloud.networks())),
            Ok(Planned::Unknown) => Ok(None),
            Err(error) => Err(explain::cloud(&error, "Using the cloud", None)),
        }
    }

    fn networks_now(&self, object: &Value) -> Result<Arc<dyn Networks>, Diagnostic> {
        self.networks(object)?.ok_or_else(explain::not_configured)
    }

    fn environment(&self) -> Option<String> {
        self.context.settings().environment.clone().known().flatten()
    }

    fn cloud_plan(&self, planned: &Value, owner: &str) -> Result<NetworkPlan, Diagnostic> {
        let name = planned.get("name").as_str().unwrap_or_default();
        let expires_at = planned.get("expires_at").as_str();
        convert::network_plan(planned, convert::mark(name, self.environment(), owner, expires_at))
    }

    /// The state after an apply: the plan with what the cloud answered in the place of the unknown.
    fn after(planned: &Value, seen: &NetworkSeen) -> Value {
        let mut state = planned.clone();
        let mut shown = planned.clone();
        convert::observe(&mut shown, seen, &|_| true);
        for name in ["id", "subnet_ids", "security_group_ids", "egress_ips"] {
            if !state.get(name).is_wholly_known() || name == "egress_ips" {
                state.set(name, shown.get(name).clone());
            }
        }
        state
    }

    /// The owner as the tags have it; a new one where they have none.
    async fn owner_of(
        networks: &dyn Networks,
        state: &Value,
        patience: &Patience,
    ) -> Result<String, Diagnostic> {
        let seen = networks
            .get(&Self::place_of(state), patience)
            .await
            .map_err(|error| explain::cloud(&error, "Looking at the network", None))?;
        let Presence::Here(NetworkSeen { mark: Some(mark), .. }) = seen else {
            return Ok(uuid::Uuid::new_v4().to_string());
        };
        Ok(if mark.owner.0.is_empty() { uuid::Uuid::new_v4().to_string() } else { mark.owner.0 })
    }

    fn place_of(state: &Value) -> NetworkPlace {
        let strings = |name: &str| -> BTreeMap<String, String> {
            state
                .get(name)
                .as_map()
                .into_iter()
                .flatten()
                .filter_map(|(key, id)| Some((key.clone(), id.as_str()?.to_owned())))
                .collect()
        };
        NetworkPlace {
            id: state.get("id").as_str().unwrap_or_default().trim_start_matches(AZURE).to_owned(),
            resource_group: state.get("resource_group_name").as_str().unwrap_or_default().to_owned(),
            existing_resource_group: state.get("existing_resource_group").as_bool().unwrap_or(false),
            existing_network: !state.get("existing_network_id").is_null(),
            group_ids: strings("security_group_ids"),
            subnet_ids: strings("subnet_ids"),
        }
    }
}

#[async_trait]
impl Managed for Network {
    fn schema(&self) -> &Resource {
        static RESOURCE: LazyLock<Resource> = LazyLock::new(declaration::resource);
        &RESOURCE
    }

    fn limits(&self, _: &Value) -> Limits {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Limits { create: minutes(30), read: minutes(5), update: minutes(30), delete: minutes(30) }
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
        self.settle(planning);
        if planning.diagnostics.has_errors() {
            return;
        }
        self.planned.remember(&planning.planned);
        if planning.planned.get("foreign_rules").as_str() == Some("error")
            && let Some(rules) = planning.private.notes.get(FOREIGN)
        {
            let error = CloudError::ForeignRules {
                group: planning
                    .prior
                    .get("security_group_ids")
                    .get("default")
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                rules: rules.split(',').map(str::to_owned).collect(),
            };
            planning.diagnostics.push(explain::cloud(&error, "Planning the network", None));
        }
        if planning.creates() {
            self.look(planning, patience).await;
        }
    }

    fn identity_of(&self, state: &Value) -> Option<Identity> {
        let mut identity = Identity::from([("type".to_owned(), "bud_network".to_owned())]);
        if let Some(environment) = self.environment() {
            identity.insert("environment".into(), environment);
        }
        for name in ["cloud", "name", "location", "resource_group_name", "existing_network_id"] {
            let value = state.get(name);
            if value.is_unknown() {
                return None;
            }
            let text = value.as_str().unwrap_or_default().to_ascii_lowercase().replace(' ', "");
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
        let Some(networks) = self.networks(state)? else {
            return Ok(Presence::Unseen(
                "The provider's values are not known yet, so the cloud was not asked.".into(),
            ));
        };
        let seen = networks
            .get(&Self::place_of(state), patience)
            .await
            .map_err(|error| explain::cloud(&error, "Reading the network", None))?;
        let settings = self.context.settings();
        Ok(seen.map(|seen| {
            // The parts of a create that failed before it came to its network: the object is as it was held.
            if !seen.finished && seen.ipv4.is_none() && seen.ipv6.is_none() {
                return state.clone();
            }
            // A killed update loses the private bytes in both hosts: the tags still know the owner.
            if private.owner.is_none() {
                private.owner =
                    seen.mark.as_ref().map(|mark| mark.owner.0.clone()).filter(|owner| !owner.is_empty());
            }
            let mut now = state.clone();
            let foreign = convert::observe(&mut now, &seen, &|tag| settings.ignores(tag));
            private.notes.remove(FOREIGN);
            if !foreign.is_empty() && state.get("foreign_rules").as_str() == Some("error") {
                private.notes.insert(FOREIGN.into(), foreign.join(","));
            }
            now
        }))
    }

    async fn create(
        &self,
        planned: &Value,
        _config: &Value,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics> {
        let networks = self.networks_now(planned)?;
        let mut planned = planned.clone();
        planned.set("expires_at", expiry::from_now(planned.get("ttl")));
        let owner = uuid::Uuid::new_v4().to_string();
        let plan = self.cloud_plan(&planned, &owner)?;
        let private = Private { owner: Some(owner), ..Private::default() };
        let place = networks.place(&plan);
        let mut hold = |accepted: bool| {
            if accepted { held.put(planned.clone(), private.clone()) } else { held.clear() }
        };
        let seen = networks.create(&plan, &mut hold, patience).await.map_err(|error| {
            explain::cloud(&error, "Creating the network", Some(&format!("{AZURE}{}", place.id)))
        })?;
        let state = Self::after(&planned, &seen);
        held.put(state.clone(), private);
        Ok(state.into())
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
        let networks = self.networks_now(planned)?;
        let mut planned = planned.clone();
        if planned.get("expires_at").is_unknown() {
            planned.set("expires_at", expiry::from_now(planned.get("ttl")));
        }
        let mut private = private.clone();
        private.notes.remove(FOREIGN);
        let owner = match private.owner.clone() {
            Some(owner) => owner,
            // Both hosts lose the private bytes of a killed update; without a refresh only the tags know the owner.
            None => Self::owner_of(networks.as_ref(), prior, patience).await?,
        };
        private.owner = Some(owner.clone());
        let (from, to) = (self.cloud_plan(prior, &owner)?, self.cloud_plan(&planned, &owner)?);
        match networks.update(&from, &to, patience).await {
            Ok(seen) => {
                let state = Self::after(&planned, &seen);
                held.put(state.clone(), private);
                Ok(state.into())
            }
            Err(error) => {
                // The prior state is kept: the next refresh sees what was changed already.
                held.put(prior.clone(), private);
                Err(explain::cloud(&error, "Updating the network", None).into())
            }
        }
    }

    async fn delete(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics> {
        let networks = self.networks_now(prior)?;
        let removal = Removal {
            owner: private.owner.clone().map(Owner),
            resource: format!("bud_network/{}", prior.get("name").as_str().unwrap_or_default()),
            create_follows,
            force: prior.get("force_delete").as_bool().unwrap_or(false),
        };
        match networks.delete(&Self::place_of(prior), &removal, patience).await {
            Ok(Removed::Gone) => Ok(Diagnostics::none()),
            Ok(Removed::LetGo(parts)) => Ok(Diagnostic::warning(
                "Parts are kept for the create that follows",
                format!(
                    "The create of this network never finished. Its parts are kept and will be continued:\n  {}\n\nIf \
                     that create does not come, the next one with this name takes them over, and sweep lists them.",
                    parts.join("\n  ")
                ),
            )
            .into()),
            Err(error) => Err(explain::cloud(&error, "Destroying the network", None).into()),
        }
    }

    async fn import(
        &self,
        id: &str,
        identity: &Value,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics> {
        let id = if id.is_empty() { identity.get("id").as_str().unwrap_or_default() } else { id };
        let arm = id
            .strip_prefix(AZURE)
            .filter(|arm| arm.to_ascii_lowercase().contains("/providers/microsoft.network/virtualnetworks/"));
        let parts: Vec<&str> = arm.unwrap_or_default().split('/').collect();
        let (Some(arm), Some(group), Some(name)) = (arm, parts.get(4), parts.get(8)) else {
            return Err(Diagnostic::error(
                "Bad import id",
                format!("{id:?} is no id of a network. Write azure:/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/NAME."),
            )
            .into());
        };
        let mut state = Value::Map(
            self.schema()
                .block
                .attributes
                .iter()
                .map(|one| (one.name.to_owned(), one.rule.default.clone().unwrap_or(Value::Null)))
                .collect(),
        );
        state.set("id", Value::string(format!("{AZURE}{arm}")));
        state.set("name", Value::string(*name));
        state.set("cloud", Value::string("azure"));
        state.set("resource_group_name", Value::string(*group));
        let networks = self.networks_now(&state)?;
        let seen = networks
            .get(&Self::place_of(&state), patience)
            .await
            .map_err(|error| explain::cloud(&error, "Importing the network", None))?;
        let Presence::Here(seen) = seen else {
            return Err(Diagnostic::error("Nothing to import", format!("There is no network {arm}.")).into());
        };
        let defaults = self.context.settings().default_tags.clone().known().unwrap_or_default();
        state.set("name", Value::string(seen.name.clone()));
        state.set("resource_group_name", Value::string(seen.resource_group.clone()));
        state.set("existing_resource_group", Value::Bool(!seen.owns_resource_group));
        let text = |texts: &BTreeMap<String, String>| {
            Value::Map(texts.iter().map(|(key, text)| (key.clone(), Value::string(text.clone()))).collect())
        };
        let mut own = seen.tags.clone();
        own.retain(|key, text| defaults.get(key) != Some(text));
        state.set("tags_all", text(&seen.tags));
        if !own.is_empty() {
            state.set("tags", text(&own));
        }
        state.set("nat_gateway_per_zone", Value::Bool(seen.nat_per_zone));
        if !seen.nat_public_ip_ids.is_empty() {
            state.set(
                "nat_public_ip_ids",
                Value::List(seen.nat_public_ip_ids.iter().map(|id| Value::string(id.clone())).collect()),
            );
        }
        convert::observe(&mut state, &seen, &|_| false);
        for (from, name) in [("inbound_ssh", "ssh_sources"), ("inbound_api", "api_sources")] {
            let sources = state.get("rules").get(from).get("sources").clone();
            if !sources.is_null() {
                state.set(name, sources);
            }
        }
        let expires_at = seen.mark.as_ref().and_then(|mark| mark.expires_at.clone());
        state.set("expires_at", expires_at.map_or(Value::Null, Value::string));
        if let Some(ttl) = seen.recorded.get("ttl") {
            state.set("ttl", Value::string(ttl.clone()));
        }
        let owner = seen.mark.map(|mark| mark.owner.0);
        Ok((state, Private { owner, ..Private::default() }))
    }
}

#[cfg(test)]
mod tests;
