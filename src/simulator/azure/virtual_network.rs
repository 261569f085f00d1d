//! Virtual networks.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::delete;
use super::draft::Draft;
use super::kind::Kind;
use super::prefix;
use super::read;
use super::store::Object;
use super::subnet;

/// Checks the ranges and the subnets that a PUT asks for.
pub(crate) fn prepare(world: &World, draft: &mut Draft) -> Result<(), Refusal> {
    let id = draft.place.id();
    let texts = prefixes(&draft.content.properties);
    if texts.is_empty() {
        let message = format!("Address space of virtual network {id} must have at least one address prefix.");
        return Err(Refusal::bad("InvalidAddressSpace", message));
    }
    let ranges = parsed(&texts, &id)?;
    for (at, range) in ranges.iter().enumerate() {
        if let Some(other) = ranges[..at].iter().find(|other| prefix::overlap(range, other)) {
            let message = format!("Address prefixes {other} and {range} of resource {id} overlap.");
            return Err(Refusal::bad("InvalidAddressSpace", message).detail("AddressPrefixesOverlap", id));
        }
        if range.addr().is_ipv4() && range.prefix_len() > 29 {
            let message =
                format!("Address prefix {range} of resource {id} is too small. The smallest range is /29.");
            return Err(Refusal::bad("InvalidAddressSpace", message));
        }
    }
    let network = draft.place.name().to_owned();
    match draft.content.properties.remove("subnets") {
        Some(Value::Array(items)) => {
            let mut children: Vec<Draft> = Vec::new();
            for item in &items {
                let mut child = Draft::inline(&draft.place, Kind::Subnet, item);
                if let Some(existing) = world.azure.get(&child.place) {
                    child.place = existing.place.clone();
                }
                subnet::check_name(&child.place)?;
                if children.iter().any(|other| other.place.key() == child.place.key()) {
                    let message = format!("Subnet '{}' is defined more than once.", child.place.name());
                    return Err(Refusal::bad("InvalidRequestFormat", "Cannot parse the request.")
                        .detail("DuplicateResourceName", message));
                }
                let others: Vec<(String, Vec<IpNet>)> = children
                    .iter()
                    .map(|other| (other.place.name().to_owned(), subnet::ranges(&other.content.properties)))
                    .collect();
                subnet::prepare(world, &mut child, &network, &ranges, &others)?;
                children.push(child);
            }
            for existing in world.azure.children(&draft.place) {
                if !children.iter().any(|child| child.place.key() == existing.place.key()) {
                    delete::check_unused(world, &existing.place)?;
                }
            }
            draft.children = Some(children);
        }
        _ => {
            for existing in world.azure.children(&draft.place) {
                subnet::check_inside(
                    existing.name(),
                    &subnet::ranges(&existing.content.properties),
                    &network,
                    &ranges,
                )?;
            }
        }
    }
    Ok(())
}

/// The ranges of a network that is stored.
pub(crate) fn ranges(network: &Object) -> Vec<IpNet> {
    prefixes(&network.content.properties).iter().filter_map(|text| text.parse().ok()).collect()
}

fn prefixes(properties: &Map<String, Value>) -> Vec<String> {
    properties
        .get("addressSpace")
        .and_then(|space| space.get("addressPrefixes"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn parsed(texts: &[String], id: &str) -> Result<Vec<IpNet>, Refusal> {
    texts.iter().map(|text| prefix::parse(text, id)).collect()
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let subnets: Vec<Value> =
        world.azure.children(&object.place).into_iter().map(|child| read::shown(world, child)).collect();
    properties.insert("subnets".into(), json!(subnets));
    properties.entry("virtualNetworkPeerings").or_insert_with(|| json!([]));
    properties.entry("enableDdosProtection").or_insert(json!(false));
    properties.entry("privateEndpointVNetPolicies").or_insert(json!("Disabled"));
    properties
}
