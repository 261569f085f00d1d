//! Settles the plan of a pool.

use std::collections::BTreeMap;

use super::check::{self, wrong};
use super::place::Surroundings;
use super::progress::halted;
use super::wanted::{Anew, Roster, Wanted, keys};
use super::{NodePool, convert, disks, made, nodes};
use crate::cloud::{Machines, SkuSeen};
use crate::diagnostics::Diagnostic;
use crate::lifecycle::Planning;
use crate::resources::{expiry, tags};
use crate::schema::Planned;
use crate::time::Patience;
use crate::value::{Path, Value};

impl NodePool {
    /// Everything that a plan can know. The cloud is asked only for what only it knows.
    pub(super) async fn settle(&self, planning: &mut Planning, patience: &Patience) {
        self.choose(planning);
        if planning.diagnostics.has_errors() {
            return;
        }
        Self::settle_id(planning);
        let machines = match self.machines(&planning.planned) {
            Ok(machines) => machines,
            Err(diagnostic) => return planning.diagnostics.push(diagnostic),
        };
        let known = match self.surroundings(planning, machines.as_deref(), patience).await {
            Ok(known) => known,
            Err(diagnostic) => return planning.diagnostics.push(diagnostic),
        };
        Self::settle_place(planning, &known);
        tags::settle(planning, &self.context.settings().default_tags);
        expiry::settle(planning);
        check::check(&planning.planned, &mut planning.diagnostics);
        self.keys(planning);
        fits(planning, &known);
        refused(planning);
        if planning.diagnostics.has_errors() {
            return;
        }
        disks::slow(&planning.planned, &mut planning.diagnostics);
        let Some(roster) = Roster::of(&planning.prior, &planning.planned) else {
            return unknown_nodes(planning);
        };
        let resized = match self.resized(planning, &roster, machines.as_deref(), patience).await {
            Ok(resized) => resized,
            Err(diagnostic) => return planning.diagnostics.push(diagnostic),
        };
        lost(planning, &roster);
        outputs(planning, &roster, &resized, machines.as_deref());
        let asked = self.preflight(planning, &roster, &resized, &known, machines.as_deref(), patience).await;
        if let Some(skus) = asked {
            describe(planning, &skus);
        }
    }

    /// Cloud and time to live: configured, remembered, the provider's.
    fn choose(&self, planning: &mut Planning) {
        let settings = self.context.settings();
        for (name, provider, last) in
            [("cloud", settings.cloud.clone(), Some("azure")), ("ttl", settings.ttl.clone(), None)]
        {
            if !planning.config.get(name).is_null() || !planning.prior.get(name).is_null() {
                continue;
            }
            let value = match provider {
                // An unknown provider value never changes an object that exists.
                Planned::Unknown if planning.creates() => Value::unknown(),
                Planned::Unknown => planning.prior.get(name).clone(),
                Planned::Known(Some(text)) => Value::string(text),
                Planned::Known(None) => last.map_or(Value::Null, Value::string),
            };
            planning.planned.set(name, value);
        }
        if let Some(cloud) = planning.planned.get("cloud").as_str().filter(|cloud| *cloud != "azure") {
            let detail = if cloud == "hosts" {
                "This release makes pools in \"azure\" only, not of \"hosts\". Machines that are there already need no pool: \
                 write them by hand where a cluster takes its nodes."
                    .to_owned()
            } else {
                format!("This release makes pools in \"azure\" only, not in {cloud:?}.")
            };
            planning.diagnostics.push(wrong("Cloud not supported", detail, Path::of("cloud")));
        } else if planning.planned.get("network_id").is_null() {
            planning.diagnostics.push(wrong(
                "No network",
                "network_id is required: the id of the network that the nodes join, such as bud_network.NAME.id.",
                Path::of("network_id"),
            ));
        }
    }

    /// Somebody must be able to log in (m18).
    fn keys(&self, planning: &mut Planning) {
        let own = planning.planned.get("ssh_public_keys");
        let none = own.is_null() || own.as_list().is_some_and(<[Value]>::is_empty);
        if none && matches!(self.context.settings().ssh_key, Planned::Known(None)) {
            planning.diagnostics.push(wrong(
                "No SSH key",
                "Nobody could log in to the nodes: set ssh_public_keys, or private_key or private_key_file in the \
                 provider's ssh block, whose public half is then added.",
                Path::of("ssh_public_keys"),
            ));
        }
    }

    /// The nodes whose machine a changed `sku` resizes; the others have it as `outdated`.
    async fn resized(
        &self,
        planning: &Planning,
        roster: &Roster,
        machines: Option<&dyn Machines>,
        patience: &Patience,
    ) -> Result<BTreeMap<String, String>, Diagnostic> {
        let wanted = Wanted(&planning.planned);
        let mut resized = BTreeMap::new();
        if planning.creates() || !planning.planned.get("offers").is_null() {
            return Ok(resized);
        }
        let Some(offers) = wanted.offers() else { return Ok(resized) };
        let Some(sku) = offers.first().map(|offer| offer.sku.as_str()) else { return Ok(resized) };
        let other: Vec<(&String, &str)> = roster
            .kept
            .iter()
            .filter(|node| !roster.anew.contains_key(*node))
            .filter_map(|node| Some((node, planning.prior.get("nodes").get(node).get("sku").as_str()?)))
            .filter(|(_, has)| !has.eq_ignore_ascii_case(sku))
            .collect();
        if other.is_empty() {
            return Ok(resized);
        }
        let (Some(machines), Some(location)) = (machines, wanted.text("location")) else {
            return Ok(resized);
        };
        let skus = machines
            .skus(location, patience)
            .await
            .map_err(|error| super::explain::pool(&error, "Asking for the region's machine types", None))?;
        for (node, has) in other {
            if let (Some(from), Some(to)) = (find(&skus, has), find(&skus, sku))
                && resizable(from, to)
            {
                resized.insert(node.clone(), to.name.clone());
            }
        }
        Ok(resized)
    }
}

/// The machine type of that name.
pub(super) fn find<'a>(skus: &'a [SkuSeen], name: &str) -> Option<&'a SkuSeen> {
    skus.iter().find(|sku| sku.name.eq_ignore_ascii_case(name))
}

/// Whether the system disks of nodes that stay become larger, for which they are stopped and started.
pub(super) fn grows(prior: &Value, planned: &Value) -> bool {
    let size = |object: &Value| match object.get("os_disk").get("size_gb") {
        Value::Number(number) => number.to_string().parse::<f64>().ok(),
        _ => None,
    };
    let gpus = prior.get("nodes").as_map().into_iter().flat_map(|nodes| nodes.values()).any(has_gpus);
    let before = size(prior).unwrap_or_else(|| f64::from(Wanted(prior).os_disk_gb(gpus)));
    size(planned).is_some_and(|after| after > before)
}

/// Whether the highest price of spot machines becomes another, for which they are stopped and started.
pub(super) fn reprices(prior: &Value, planned: &Value) -> bool {
    let price = |object: &Value| object.get("spot").get("max_price").clone();
    let (old, new) = (price(prior), price(planned));
    !new.is_unknown() && old != new
}

/// Whether a node has the machine type already to which the pool's nodes change. Where it is stopped, an
/// earlier run broke off between stop and start: it is started.
pub(super) fn resized_before(prior: &Value, planned: &Value, has: &str) -> bool {
    let sku = |object: &Value| Wanted(object).text("sku").map(super::wanted::full);
    match (sku(prior), sku(planned)) {
        (Some(old), Some(new)) => !old.eq_ignore_ascii_case(&new) && new.eq_ignore_ascii_case(has),
        _ => false,
    }
}

fn has_gpus(node: &Value) -> bool {
    matches!(node.get("gpu_count"), Value::Number(count) if count.to_string() != "0")
}

/// Whether a machine of one type can become one of another (M4).
fn resizable(from: &SkuSeen, to: &SkuSeen) -> bool {
    let scsi = |sku: &SkuSeen| {
        sku.disk_controllers.is_empty() || sku.disk_controllers.iter().any(|one| one == "SCSI")
    };
    // A machine has SCSI where its type can: only then can it stay with it.
    let controller = if scsi(from) { scsi(to) } else { to.disk_controllers.iter().any(|one| one == "NVMe") };
    controller && from.architecture == to.architecture && from.temporary_disk == to.temporary_disk
}

/// What the network must have for the pool.
fn fits(planning: &mut Planning, known: &Surroundings) {
    let planned = &planning.planned;
    if let Some(groups) = &known.groups {
        check::security_group(planned, groups, &mut planning.diagnostics);
    }
    if let Some(subnets) = &known.subnets {
        check::subnets(planned, &subnets.keys(), &mut planning.diagnostics);
        if let Some(address) = planned.get("private_ipv4").as_str().and_then(|text| text.parse().ok())
            && planning.creates()
            && !subnets.values().flatten().any(|range| range.contains::<&std::net::IpAddr>(&address))
        {
            planning.diagnostics.push(wrong(
                "Address outside the network",
                format!("The address {address} is in none of the network's subnets."),
                Path::of("private_ipv4"),
            ));
        }
    }
    let public = ["public_ipv4", "public_ipv6"].iter().any(|name| planned.get(name).as_bool() != Some(false));
    if known.way_out == Some(false) && !public && planning.creates() {
        planning.diagnostics.push(wrong(
            "No way out",
            "The nodes would have no public address, and the network has no NAT gateway: they could reach nothing to \
             install from. Set nat_gateway = true in the network, or public_ipv4 = true here.",
            Path::of("public_ipv4"),
        ));
    }
}

/// Changes that would take the machines with them: only a second pool makes them without loss.
fn refused(planning: &mut Planning) {
    if planning.creates() {
        return;
    }
    for (name, what) in [("network_id", "network"), ("role", "role"), ("location", "region")] {
        let (old, new) = (planning.prior.get(name).clone(), planning.planned.get(name).clone());
        let same = match name {
            "network_id" => old.as_str().is_some_and(|old| super::place::same_id(old, &new)),
            _ => old == new,
        };
        if same || new.is_unknown() || old.is_null() {
            continue;
        }
        planning.diagnostics.push(wrong(
            "Not possible in place",
            format!(
                "The pool's {what} is {:?} and would become {:?}, which no machine survives. Make a second pool, then \
                 remove this one.",
                old.as_str().unwrap_or_default(),
                new.as_str().unwrap_or_default()
            ),
            Path::of(name),
        ));
    }
    let (old, new) = (planning.prior.get("private_ipv4"), planning.planned.get("private_ipv4"));
    let first = planning
        .planned
        .get("name")
        .as_str()
        .map(|pool| super::names::node_name(pool, 0))
        .unwrap_or_default();
    if planning.prior.get("nodes").as_map().is_some_and(|nodes| nodes.contains_key(&first))
        && !new.is_unknown()
        && old != new
    {
        planning.diagnostics.push(wrong(
            "Not possible in place",
            format!("The address of {first} belongs to its name and stays. Make a second pool, then remove this one."),
            Path::of("private_ipv4"),
        ));
    }
    disks::changed(&planning.prior, &planning.planned, &mut planning.diagnostics);
}

/// One warning that names what was lost outside.
fn lost(planning: &mut Planning, roster: &Roster) {
    let lost: Vec<&str> =
        roster.anew.iter().filter(|(_, why)| **why == Anew::Lost).map(|(node, _)| node.as_str()).collect();
    if lost.is_empty() {
        return;
    }
    let (count, all) = (lost.len(), roster.kept.len());
    let word = if count == 1 { "node" } else { "nodes" };
    planning.diagnostics.push(Diagnostic::warning(
        format!("{count} {word} of {all} will be replaced"),
        format!(
            "Lost or taken back outside of this configuration: {}. Their machines are made anew under the same names; \
             addresses and data disks that are still there stay.",
            lost.join(", ")
        ),
    ));
}

/// The number or the names of the nodes are not known: nothing can be said of them.
fn unknown_nodes(planning: &mut Planning) {
    for name in ["nodes", "node_states", "outdated", "chosen_sku"] {
        planning.planned.set(name, Value::unknown());
    }
}

/// The nodes, value by value, and what follows from them.
fn outputs(
    planning: &mut Planning,
    roster: &Roster,
    resized: &BTreeMap<String, String>,
    machines: Option<&dyn Machines>,
) {
    let planned = planning.planned.clone();
    let pool = planned.get("name").as_str().unwrap_or_default().to_owned();
    let place = convert::place(&planned);
    let id = |node: &str| {
        Wanted(&planned).network()?;
        machines?.machine_id(&place, node)
    };
    let grown = grows(&planning.prior, &planned);
    let reprices = reprices(&planning.prior, &planned);
    let facts = made::facts(planning.private.notes.get(made::NOTE));
    let halted = halted(&planning.private);
    let mut all = BTreeMap::new();
    let mut states = BTreeMap::new();
    for (number, node) in roster.nodes(&pool) {
        let prior = planning.prior.get("nodes").get(&node);
        let state = planning.prior.get("node_states").get(&node).clone();
        let (value, state) = if roster.added.contains_key(&node) {
            (nodes::new(&planned, &node, number, id(&node)), Value::string("running"))
        } else if roster.anew.contains_key(&node) {
            (nodes::anew(&planned, prior, number, id(&node)), Value::string("running"))
        } else {
            let resized = resized.get(&node).map(String::as_str);
            let has = prior.get("sku").as_str().unwrap_or_default();
            let spot = facts.get(&node).is_some_and(|fact| made::is_spot(fact));
            let restarts = resized.is_some()
                || grown
                || resized_before(&planning.prior, &planned, has)
                || (halted.contains(&node) && state.as_str() == Some("stopped"))
                || (spot && reprices);
            let state = if restarts { Value::string("running") } else { state };
            (nodes::kept(&planned, prior, resized), state)
        };
        all.insert(node.clone(), value);
        states.insert(node, state);
    }
    let first = roster.nodes(&pool).into_iter().next().map(|(_, node)| node);
    let chosen = first.and_then(|node| all.get(&node)).map_or(Value::Null, |node| node.get("sku").clone());
    planning.planned.set("chosen_sku", chosen);
    planning.planned.set("outdated", outdated(planning, roster, &all));
    planning.planned.set("nodes", Value::Map(all));
    planning.planned.set("node_states", Value::Map(states));
}

/// Lays what the region's list says of machine types over what is not known by heart.
fn describe(planning: &mut Planning, skus: &[SkuSeen]) {
    let Value::Map(mut all) = planning.planned.get("nodes").clone() else { return };
    for node in all.values_mut().filter(|node| node.get("vcpus").is_unknown()) {
        if let Some(sku) = node.get("sku").as_str().and_then(|name| find(skus, name)) {
            nodes::describe(node, sku);
        }
    }
    planning.planned.set("nodes", Value::Map(all));
}

/// What the nodes will lack. A machine that is made by this plan lacks nothing.
fn outdated(planning: &Planning, roster: &Roster, all: &BTreeMap<String, Value>) -> Value {
    let facts = made::facts(planning.private.notes.get(made::NOTE));
    let stay: BTreeMap<String, Value> = all
        .iter()
        .filter(|(node, _)| roster.kept.contains(*node) && !roster.anew.contains_key(*node))
        .map(|(node, value)| (node.clone(), value.clone()))
        .collect();
    let known = made::outdated(&planning.planned, &stay, &facts);
    if stay.keys().all(|node| facts.contains_key(node)) {
        return known;
    }
    // The notes beside the state were lost with a killed run, and nothing was refreshed since: what changes
    // now is all that can be said.
    let before = made::of(&planning.prior);
    let facts = stay.keys().map(|node| (node.clone(), before.clone())).collect();
    let changed = made::outdated(&planning.planned, &stay, &facts);
    if keys(&changed).is_empty() { planning.prior.get("outdated").clone() } else { changed }
}
