//! The elements of `nodes`: planned value by value, and filled with what the cloud answered.

use super::wanted::{Wanted, by_heart};
use crate::cloud::{NodeSeen, Power, SkuSeen};
use crate::value::{Number, Value};

/// A node that is made: everything that is known, the rest unknown.
pub(super) fn new(planned: &Value, node: &str, number: u32, id: Option<String>) -> Value {
    let wanted = Wanted(planned);
    let mut value = Value::object([
        ("name", Value::string(node)),
        ("id", id.map_or(Value::unknown(), Value::string)),
        ("zone", Value::unknown()),
        ("private_ipv6", Value::unknown()),
        ("ssh_port", Value::int(22)),
        ("ssh_user", planned.get("admin_username").clone()),
        ("ssh_host_key", Value::unknown()),
        ("private_ipv4", Value::unknown()),
        ("public_ipv4", Value::unknown()),
        ("public_ipv6", Value::unknown()),
    ]);
    pools(&mut value, planned);
    if number == 0 && !planned.get("private_ipv4").is_null() {
        value.set("private_ipv4", planned.get("private_ipv4").clone());
    }
    let offers = wanted.offers();
    let single = offers.as_deref().and_then(|offers| match offers {
        [offer] => Some(offer),
        _ => None,
    });
    set_sku(&mut value, single.map(|offer| offer.sku.as_str()));
    if let Some(offers) = &offers {
        let own = wanted.zone(number);
        match (single.and_then(|offer| offer.zone.clone()), own) {
            (Some(zone), _) => value.set("zone", Value::string(zone)),
            (None, Some(zone)) if offers.iter().all(|offer| offer.zone.is_none()) => {
                value.set("zone", zone.map_or(Value::Null, Value::string));
            }
            _ => {}
        }
    }
    value
}

/// What is the pool's in every node, and public addresses that are not wanted or not there yet.
fn pools(value: &mut Value, planned: &Value) {
    value.set("pool", planned.get("name").clone());
    value.set("role", planned.get("role").clone());
    value.set("labels", planned.get("labels").clone());
    value.set("taints", planned.get("taints").clone());
    for name in ["public_ipv4", "public_ipv6"] {
        match planned.get(name) {
            Value::Bool(false) => value.set(name, Value::Null),
            Value::Bool(true) if !value.get(name).is_null() => {}
            _ => value.set(name, Value::unknown()),
        }
    }
}

/// A node that stays, whose machine perhaps is resized.
pub(super) fn kept(planned: &Value, prior: &Value, resized: Option<&str>) -> Value {
    let mut value = prior.clone();
    pools(&mut value, planned);
    if let Some(sku) = resized {
        set_sku(&mut value, Some(sku));
    }
    value
}

/// A node that stays and whose machine is made anew: name, addresses and zone stay where they are there.
pub(super) fn anew(planned: &Value, prior: &Value, number: u32, id: Option<String>) -> Value {
    let mut value = new(planned, prior.get("name").as_str().unwrap_or_default(), number, id);
    for name in ["private_ipv4", "private_ipv6", "public_ipv4", "public_ipv6"] {
        if !prior.get(name).is_null() && !value.get(name).is_null() {
            value.set(name, prior.get(name).clone());
        }
    }
    // Offers that name zones decide anew; else disks and addresses are where the node was.
    let free = planned
        .get("offers")
        .as_list()
        .is_none_or(|offers| offers.iter().all(|offer| offer.get("zone").is_null()));
    if free && !planned.get("offers").is_unknown() {
        value.set("zone", prior.get("zone").clone());
    }
    value
}

/// Machine type and what follows from it, as far as it is known by heart.
fn set_sku(value: &mut Value, sku: Option<&str>) {
    value.set("sku", sku.map_or(Value::unknown(), Value::string));
    let known = sku.and_then(by_heart);
    let number = |number: Option<u32>| number.map_or(Value::unknown(), |number| Value::int(number.into()));
    value.set("vcpus", number(known.map(|sku| sku.vcpus)));
    value.set("memory_gib", number(known.map(|sku| sku.memory_gib)));
    value.set("gpu_count", number(known.map(|sku| sku.gpus.map_or(0, |gpus| gpus.count))));
    value.set(
        "gpu_model",
        known.map_or(Value::unknown(), |sku| sku.gpus.map_or(Value::Null, |gpus| Value::string(gpus.model))),
    );
}

/// A node as it is, for the unknown parts of a plan or for a refresh. `of` finds machine types that are
/// not known by heart.
pub(super) fn seen(pool: &Value, seen: &NodeSeen, of: &dyn Fn(&str) -> Option<SkuSeen>) -> Value {
    let text = |text: Option<String>| text.map_or(Value::Null, Value::string);
    let mut value = Value::object([("name", Value::string(seen.name.clone())), ("ssh_port", Value::int(22))]);
    for name in ["role", "labels", "taints"] {
        value.set(name, pool.get(name).clone());
    }
    value.set("pool", pool.get("name").clone());
    value.set("private_ipv4", text(seen.private_ipv4.map(|ip| ip.to_string())));
    value.set("private_ipv6", text(seen.private_ipv6.map(|ip| ip.to_string())));
    value.set("public_ipv4", text(seen.public_ipv4.map(|ip| ip.to_string())));
    value.set("public_ipv6", text(seen.public_ipv6.map(|ip| ip.to_string())));
    if let Some(machine) = &seen.machine {
        value.set("id", Value::string(machine.id.clone()));
        value.set("zone", text(machine.zone.clone()));
        value.set("ssh_user", Value::string(machine.admin_username.clone()));
        value.set("ssh_host_key", text(machine.host_key.clone()));
        set_sku(&mut value, Some(&machine.sku));
        if by_heart(&machine.sku).is_none()
            && let Some(sku) = of(&machine.sku)
        {
            describe(&mut value, &sku);
        }
    }
    value
}

/// What the cloud's list says of a machine type; it does not name the GPUs.
pub(super) fn describe(value: &mut Value, sku: &SkuSeen) {
    value.set("vcpus", Value::int(sku.vcpus.into()));
    value.set("memory_gib", Number::from_f64(sku.memory_gib).map_or(Value::Null, Value::Number));
    value.set("gpu_count", Value::int(sku.gpus.into()));
    value.set("gpu_model", Value::Null);
}

/// A planned node with what was seen in the place of the unknown. Names of machine types and ids that
/// differ in case alone stay as they were planned.
pub(super) fn fill(planned: &Value, seen: &Value) -> Value {
    match (planned, seen) {
        (Value::Unknown(_), seen) => seen.clone(),
        (Value::Map(planned), Value::Map(_)) => Value::Map(
            planned.iter().map(|(name, value)| (name.clone(), fill(value, seen.get(name)))).collect(),
        ),
        (planned, _) => planned.clone(),
    }
}

/// A known node of a state with what refresh saw.
pub(super) fn refreshed(prior: &Value, now: &Value) -> Value {
    let mut value = prior.clone();
    for (name, new) in now.as_map().into_iter().flatten() {
        let old = prior.get(name);
        let same = match (old.as_str(), new.as_str()) {
            (Some(old), Some(new)) if matches!(name.as_str(), "id" | "sku") => old.eq_ignore_ascii_case(new),
            _ => false,
        };
        // Facts of a machine type that could not be looked up stay as they were.
        let unasked = new.is_unknown() && (name != "sku");
        if !same && !unasked {
            value.set(name, new.clone());
        }
    }
    value
}

/// What `node_states` says of a node.
pub(super) fn state(seen: Option<&NodeSeen>) -> &'static str {
    match seen.and_then(|seen| seen.machine.as_ref()).map(|machine| (machine.power, machine.finished)) {
        None | Some((Power::Failed, _) | (_, false)) => "missing",
        Some((Power::Running, true)) => "running",
        Some((Power::Stopped, true)) => "stopped",
        Some((Power::Evicted, true)) => "evicted",
    }
}
