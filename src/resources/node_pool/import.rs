//! Import: a pool by its network and name, read back from the tags of its nodes (M38).

use std::collections::BTreeMap;

use super::wanted::AZURE;
use super::{NodePool, convert, explain, nodes, read, recorded, work};
use crate::cloud::PoolPlace;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::outcome::Presence;
use crate::state::Private;
use crate::time::Patience;
use crate::value::Value;

impl NodePool {
    /// The state of the pool with that import id.
    pub(super) async fn bring_in(
        &self,
        id: &str,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics> {
        let parts = id.strip_prefix(AZURE).and_then(|id| id.rsplit_once('/'));
        let (network, name) = match parts {
            Some((network, name))
                if !name.is_empty()
                    && network.starts_with("/subscriptions/")
                    && network
                        .to_ascii_lowercase()
                        .contains("/providers/microsoft.network/virtualnetworks/")
                    && network.split('/').count() == 9 =>
            {
                (network, name)
            }
            _ => {
                return Err(Diagnostic::error(
                    "Bad import id",
                    format!(
                        "{id:?} is no id of a pool. Write azure:/subscriptions/…/resourceGroups/…/providers/\
                         Microsoft.Network/virtualNetworks/NETWORK/POOL: the network's id, \"/\" and the pool's name."
                    ),
                )
                .into());
            }
        };
        let mut state = Value::Map(
            super::resource()
                .block
                .attributes
                .iter()
                .map(|one| (one.name.to_owned(), one.rule.default.clone().unwrap_or(Value::Null)))
                .collect(),
        );
        state.set("name", Value::string(name));
        state.set("cloud", Value::string("azure"));
        state.set("network_id", Value::string(format!("{AZURE}{network}")));
        state.set("id", Value::string(convert::id(network, name)));
        let machines = self.machines_now(&state)?;
        let told = |error: &crate::cloud::CloudError| explain::pool(error, "Importing the pool", None);
        let nothing = |what: String| Diagnostics::from(Diagnostic::error("Nothing to import", what));
        let location = machines.location_of(network, patience).await.map_err(|error| told(&error))?;
        let Presence::Here(location) = location else {
            return Err(nothing(format!("There is no network {network}.")));
        };
        state.set("location", Value::string(location.clone()));
        let place = PoolPlace { name: name.to_owned(), network_id: network.to_owned(), location };
        let seen = machines
            .look(&place, &convert::resource_of(name), &[], patience)
            .await
            .map_err(|error| told(&error))?;
        if seen.is_empty() {
            return Err(nothing(format!(
                "Nothing in the network {network} carries the tags of a pool {name:?}. Only pools that this provider \
                 made can be imported."
            )));
        }
        let in_order = work::numbered(name, seen.keys().cloned());
        let whole: Vec<_> = in_order
            .iter()
            .filter_map(|(node, _)| seen.get(node))
            .filter(|node| nodes::state(Some(node)) != "missing")
            .collect();
        if let Some(first) = whole.iter().find(|node| node.recorded.contains_key(recorded::CONFIG)) {
            recorded::read(&first.recorded, &mut state);
        }
        let Some(first) = whole.first() else {
            return Err(nothing(format!(
                "The create of the pool {name:?} never finished. Apply its configuration: what is there is continued."
            )));
        };
        if state.get("role").is_null() {
            return Err(nothing(format!(
                "The nodes of the pool {name:?} do not carry the tags that record its arguments."
            )));
        }
        let skus = machines.skus(&place.location, patience).await.map_err(|error| told(&error))?;
        let of = |sku: &str| super::plan::find(&skus, sku).cloned();
        let all: BTreeMap<String, Value> =
            whole.iter().map(|node| (node.name.clone(), nodes::seen(&state, node, &of).settled())).collect();
        state.set("node_count", Value::int(i64::try_from(all.len()).unwrap_or(i64::MAX)));
        state.set("nodes", Value::Map(all));
        state.set("outdated", Value::Map(BTreeMap::new()));
        let text = |texts: &BTreeMap<String, String>| {
            Value::Map(texts.iter().map(|(key, text)| (key.clone(), Value::string(text.clone()))).collect())
        };
        let defaults = self.context.settings().default_tags.clone().known().unwrap_or_default();
        let mut own = first.tags.clone();
        own.retain(|key, text| defaults.get(key) != Some(text));
        state.set("tags_all", text(&first.tags));
        if !own.is_empty() {
            state.set("tags", text(&own));
        }
        let expires_at = first.mark.as_ref().and_then(|mark| mark.expires_at.clone());
        state.set("expires_at", expires_at.map_or(Value::Null, Value::string));
        let owner = whole.iter().filter_map(|node| node.mark.as_ref()).map(|mark| mark.owner.0.clone());
        let mut private =
            Private { owner: owner.clone().find(|owner| !owner.is_empty()), ..Private::default() };
        read::observe(&mut state, &seen, &mut private, &skus, &|_| false);
        Ok((state, private))
    }
}
