//! Subnets.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::check::parse_error;
use super::draft::Draft;
use super::kind::Kind;
use super::place::Place;
use super::prefix;
use super::store::Object;
use super::virtual_network;

/// Checks a subnet that is written by itself.
pub(crate) fn prepare_alone(world: &World, draft: &mut Draft) -> Result<(), Refusal> {
    let top = draft.place.top();
    let Some(network) = world.azure.get(&top) else { return Ok(()) };
    let others: Vec<(String, Vec<IpNet>)> = world
        .azure
        .children(&top)
        .into_iter()
        .filter(|child| child.place.key() != draft.place.key())
        .map(|child| (child.name().to_owned(), ranges(&child.content.properties)))
        .collect();
    prepare(world, draft, network.name(), &virtual_network::ranges(network), &others)
}

/// Checks a subnet against its network and the other subnets.
pub(crate) fn prepare(
    world: &World,
    draft: &mut Draft,
    network: &str,
    space: &[IpNet],
    others: &[(String, Vec<IpNet>)],
) -> Result<(), Refusal> {
    let (name, id) = (draft.place.name().to_owned(), draft.place.id());
    let texts = prefixes(&draft.content.properties);
    if texts.is_empty() {
        let message =
            "Required property 'addressPrefix' not found in JSON. Path 'properties', line 1, position 1.";
        return Err(parse_error().detail("InvalidJson", message));
    }
    let given: Vec<IpNet> = texts.iter().map(|text| prefix::parse(text, &id)).collect::<Result<_, _>>()?;
    for (at, range) in given.iter().enumerate() {
        let fits = match range {
            IpNet::V4(range) => range.prefix_len() <= 29,
            IpNet::V6(range) => range.prefix_len() == 64,
        };
        if !fits || given[..at].iter().any(|other| prefix::overlap(range, other)) {
            let message = format!("Subnet '{name}' is not valid in virtual network '{network}'.");
            return Err(Refusal::bad("NetcfgInvalidSubnet", message));
        }
    }
    check_inside(&name, &given, network, space)?;
    for (_, taken) in others {
        if given.iter().any(|range| taken.iter().any(|other| prefix::overlap(range, other))) {
            let message = format!(
                "Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet in \
                 virtual network '{network}'."
            );
            return Err(Refusal::bad("NetcfgSubnetRangesOverlap", message));
        }
    }
    if let Some(existing) = world.azure.get(&draft.place)
        && !world.azure.users(&existing.place).is_empty()
        && let Some(lost) = ranges(&existing.content.properties).iter().find(|range| !given.contains(range))
    {
        let message =
            format!("IpPrefix {lost} on Subnet {name} has active allocations and cannot be deleted.");
        return Err(Refusal::bad("InUsePrefixCannotBeDeleted", message));
    }
    Ok(())
}

/// Refuses ranges outside the network.
pub(crate) fn check_inside(
    name: &str,
    given: &[IpNet],
    network: &str,
    space: &[IpNet],
) -> Result<(), Refusal> {
    if given.iter().all(|range| space.iter().any(|whole| whole.contains(range))) {
        return Ok(());
    }
    let message = format!(
        "Subnet '{name}' is not valid because its IP address range is outside the IP address range of virtual network \
         '{network}'."
    );
    Err(Refusal::bad("NetcfgSubnetRangeOutsideVnet", message))
}

/// Refuses a bad name of an inline subnet.
pub(crate) fn check_name(place: &Place) -> Result<(), Refusal> {
    if place.kind.accepts_name(place.name()) {
        return Ok(());
    }
    Err(Refusal::bad("InvalidResourceName", place.kind.name_rule(place.name())))
}

/// The ranges of a subnet.
pub(crate) fn ranges(properties: &Map<String, Value>) -> Vec<IpNet> {
    prefixes(properties).iter().filter_map(|text| text.parse().ok()).collect()
}

fn prefixes(properties: &Map<String, Value>) -> Vec<String> {
    let list = properties.get("addressPrefixes").and_then(Value::as_array);
    let many: Vec<String> = list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    match properties.get("addressPrefix").and_then(Value::as_str) {
        Some(one) if many.is_empty() => vec![one.to_owned()],
        _ => many,
    }
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let configurations: Vec<Value> = world
        .azure
        .users(&object.place)
        .into_iter()
        .filter(|user| user.place.kind == Kind::NetworkInterface)
        .map(|user| json!({ "id": user.id }))
        .collect();
    if !configurations.is_empty() {
        properties.insert("ipConfigurations".into(), json!(configurations));
    }
    properties.entry("delegations").or_insert_with(|| json!([]));
    properties.entry("serviceEndpoints").or_insert_with(|| json!([]));
    properties.entry("privateEndpointNetworkPolicies").or_insert(json!("Disabled"));
    properties.entry("privateLinkServiceNetworkPolicies").or_insert(json!("Enabled"));
    properties
}
