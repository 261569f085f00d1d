//! Refresh: what is lost stays in the state with its name, and shows in `node_states`.

use std::collections::BTreeMap;

use super::progress::{halted, remember_halted};
use super::wanted::{Wanted, by_heart, keys};
use super::{NodePool, convert, explain, made, nodes, recorded, uneven};
use crate::cloud::{NodeSeen, SkuSeen};
use crate::diagnostics::Diagnostic;
use crate::outcome::Presence;
use crate::state::Private;
use crate::time::Patience;
use crate::value::{Number, Value};

impl NodePool {
    /// Looks at a pool.
    pub(super) async fn refresh(
        &self,
        state: &Value,
        private: &mut Private,
        patience: &Patience,
    ) -> Result<Presence<Value>, Diagnostic> {
        let Some(machines) = self.machines(state)? else {
            return Ok(Presence::Unseen(
                "The provider's values are not known yet, so the cloud was not asked.".into(),
            ));
        };
        let place = convert::place(state);
        let expected: Vec<String> = keys(state.get("nodes")).into_iter().collect();
        let told = |error: &crate::cloud::CloudError| explain::pool(error, "Reading the pool", None);
        let seen = machines
            .look(&place, &convert::resource_of(&place.name), &expected, patience)
            .await
            .map_err(|error| told(&error))?;
        if seen.is_empty() && !expected.is_empty() {
            let network =
                machines.location_of(&place.network_id, patience).await.map_err(|error| told(&error))?;
            if network == Presence::Gone {
                return Ok(Presence::Gone);
            }
        }
        // A killed run loses the private bytes in both hosts: the tags still know the owner.
        if private.owner.is_none() {
            private.owner = owner_of(&expected, &seen);
        }
        let skus = if unfamiliar(state, &seen) {
            machines.skus(&place.location, patience).await.map_err(|error| told(&error))?
        } else {
            std::sync::Arc::default()
        };
        let settings = self.context.settings();
        let mut now = state.clone();
        observe(&mut now, &seen, private, &skus, &|tag| settings.ignores(tag));
        Ok(Presence::Here(now))
    }
}

/// The owner of these nodes, as their tags have it.
pub(super) fn owner_of<'nodes>(
    nodes: impl IntoIterator<Item = &'nodes String>,
    seen: &BTreeMap<String, NodeSeen>,
) -> Option<String> {
    let marks = nodes.into_iter().filter_map(|node| seen.get(node)?.mark.as_ref());
    marks.map(|mark| mark.owner.0.clone()).find(|owner| !owner.is_empty())
}

/// Whether a machine has become one of a type that the state cannot describe.
fn unfamiliar(state: &Value, seen: &BTreeMap<String, NodeSeen>) -> bool {
    seen.values().filter_map(|node| Some((node, node.machine.as_ref()?))).any(|(node, machine)| {
        let had = state.get("nodes").get(&node.name).get("sku").as_str().unwrap_or_default();
        by_heart(&machine.sku).is_none() && !had.eq_ignore_ascii_case(&machine.sku)
    })
}

/// Lays what was seen over a state.
pub(super) fn observe(
    state: &mut Value,
    seen: &BTreeMap<String, NodeSeen>,
    private: &mut Private,
    skus: &[SkuSeen],
    ignored: &dyn Fn(&str) -> bool,
) {
    let of = |name: &str| super::plan::find(skus, name).cloned();
    let mut all = BTreeMap::new();
    let mut states = BTreeMap::new();
    for (name, prior) in state.get("nodes").as_map().into_iter().flatten() {
        let found = seen.get(name);
        let condition = nodes::state(found);
        let value = match found {
            Some(found) if condition != "missing" => nodes::refreshed(prior, &nodes::seen(state, found, &of)),
            found => bare(prior, found),
        };
        all.insert(name.clone(), value);
        states.insert(name.clone(), Value::string(condition));
    }
    for node in seen.values().filter(|node| !all.contains_key(&node.name)) {
        // Half made, by an update of this pool that broke off: the next plan finishes or removes it.
        let owner = node.mark.as_ref().map(|mark| mark.owner.0.as_str()).unwrap_or_default();
        if private.owner.as_deref().is_some_and(|ours| owner == ours || owner.is_empty()) {
            states.insert(node.name.clone(), Value::string("missing"));
        }
    }
    let mut halted = halted(private);
    halted.retain(|node| states.get(node).and_then(Value::as_str) == Some("stopped"));
    remember_halted(private, &halted);
    let there: Vec<&NodeSeen> = seen.values().filter(|node| all.contains_key(&node.name)).collect();
    drift(state, &there, ignored);
    private.notes.insert(made::NOTE.to_owned(), made::note(there.iter().copied()));
    // Absent while the create has not finished.
    if !state.get("outdated").is_null() {
        let facts = made::facts(private.notes.get(made::NOTE));
        let standing: BTreeMap<String, Value> = all
            .iter()
            .filter(|(name, _)| facts.contains_key(*name))
            .map(|(name, node)| (name.clone(), node.clone()))
            .collect();
        let outdated = made::outdated(state, &standing, &facts);
        state.set("outdated", outdated);
    }
    let pool = Wanted(state).name().unwrap_or_default().to_owned();
    let first = super::work::numbered(&pool, all.keys().cloned()).into_iter().next();
    let chosen =
        first.and_then(|(name, _)| all.get(&name)).map_or(Value::Null, |node| node.get("sku").clone());
    state.set("chosen_sku", chosen);
    state.set("nodes", Value::Map(all));
    state.set("node_states", Value::Map(states));
}

/// A node without a machine: its addresses are those that are still there.
fn bare(prior: &Value, found: Option<&NodeSeen>) -> Value {
    let mut value = prior.clone();
    let text = |text: Option<String>| text.map_or(Value::Null, Value::string);
    value.set("private_ipv4", text(found.and_then(|node| node.private_ipv4).map(|ip| ip.to_string())));
    value.set("private_ipv6", text(found.and_then(|node| node.private_ipv6).map(|ip| ip.to_string())));
    value.set("public_ipv4", text(found.and_then(|node| node.public_ipv4).map(|ip| ip.to_string())));
    value.set("public_ipv6", text(found.and_then(|node| node.public_ipv6).map(|ip| ip.to_string())));
    value
}

/// Arguments that a node does not have any more as they were written: the next plan puts them right.
fn drift(state: &mut Value, seen: &[&NodeSeen], ignored: &dyn Fn(&str) -> bool) {
    let whole: Vec<&&NodeSeen> = seen.iter().filter(|node| nodes::state(Some(node)) != "missing").collect();
    for name in ["tags", "tags_all"] {
        // Only the keys that we wrote are ours; what others added or policies rewrite is no drift.
        let Some(old) = state.get(name).as_map().cloned() else { continue };
        let mut now = old.clone();
        for (key, value) in &old {
            if ignored(key) {
                continue;
            }
            let has = |node: &&&NodeSeen| node.tags.get(key).cloned();
            match uneven::across(&whole, has, value.as_str().map(str::to_owned)) {
                Some(text) => now.insert(key.clone(), Value::string(text)),
                None => now.remove(key),
            };
        }
        state.set(name, Value::Map(now));
    }
    let group = state.get("security_group").as_str().unwrap_or_default().to_owned();
    let cards: Vec<&&NodeSeen> = seen.iter().filter(|node| node.private_ipv4.is_some()).collect();
    let has = |node: &&&NodeSeen| node.security_group.clone();
    let now = uneven::across(&cards, has, Some(group.clone())).unwrap_or_default();
    if now != group {
        state.set("security_group", Value::string(now));
    }
    if let Value::List(disks) = state.get("data_disks").clone() {
        let there = |disk: &Value| {
            let Some(name) = disk.get("name").as_str() else { return true };
            whole.iter().all(|node| node.data_disks.get(name).is_some_and(|disk| disk.lun.is_some()))
        };
        let left: Vec<Value> = disks.iter().filter(|disk| there(disk)).cloned().collect();
        if left.len() < disks.len() {
            state.set("data_disks", Value::List(left));
        }
    }
    let wanted = Wanted(state).texts("identity_ids").unwrap_or_default();
    let same = |node: &&&NodeSeen| {
        node.machine.as_ref().is_none_or(|machine| {
            let has = &machine.identities;
            let ids: Vec<&String> = wanted.iter().filter(|id| *id != "system").collect();
            has.system == wanted.iter().any(|id| id == "system")
                && has.ids.len() == ids.len()
                && ids.iter().all(|id| has.ids.iter().any(|other| other.eq_ignore_ascii_case(id)))
        })
    };
    if !whole.iter().all(same) {
        let of = |node: &NodeSeen| {
            let has = node.machine.as_ref().map(|machine| machine.identities.clone()).unwrap_or_default();
            has.system.then(|| "system".to_owned()).into_iter().chain(has.ids).collect::<Vec<String>>()
        };
        let mut all: Vec<String> = Vec::new();
        for id in whole.iter().flat_map(|node| of(node)) {
            if !all.iter().any(|other| other.eq_ignore_ascii_case(&id)) {
                all.push(id);
            }
        }
        let now = all.into_iter().filter_map(|id| {
            let has = |node: &&&NodeSeen| {
                of(node).iter().any(|other| other.eq_ignore_ascii_case(&id)).then(|| id.clone())
            };
            uneven::across(&whole, has, None)
        });
        state.set("identity_ids", Value::List(now.map(Value::string).collect()));
    }
    price(state, &whole);
    // A machine that was made anew just before a run was killed says so itself.
    let mut asked = state.get("replace_nodes").as_map().cloned().unwrap_or_default();
    let before = asked.clone();
    for node in &whole {
        if let Some(done) = recorded::replaced_for(&node.recorded) {
            asked.insert(node.name.clone(), Value::string(done));
        }
    }
    if asked != before {
        state.set("replace_nodes", Value::Map(asked));
    }
}

/// The highest price of spot machines. A price has no place for more than one, so that 0, which no configuration
/// may ask for, stands for prices that differ from node to node.
fn price(state: &mut Value, whole: &[&&NodeSeen]) {
    let prices: Vec<Option<f64>> = whole
        .iter()
        .filter_map(|node| node.machine.as_ref())
        .filter(|machine| machine.spot)
        .map(|machine| machine.max_price)
        .collect();
    let Some(first) = prices.first().copied() else { return };
    let offered = Wanted(state).offers().is_some_and(|offers| offers.iter().any(|offer| offer.spot));
    let same = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (one, other) => one.is_none() && other.is_none(),
    };
    let now = if prices.iter().all(|price| same(*price, first)) { first } else { Some(0.0) };
    let had = match state.get("spot").get("max_price") {
        Value::Number(number) => Some(number.as_f64()),
        _ => None,
    };
    if !offered || same(now, had) {
        return;
    }
    let mut spot = state.get("spot").clone();
    if spot.is_null() {
        spot = Value::object([("on_eviction", Value::string("deallocate"))]);
    }
    spot.set("max_price", now.and_then(Number::from_f64).map_or(Value::Null, Value::Number));
    state.set("spot", spot);
}
