//! Network security groups.

use serde_json::{Map, Value, json};

use super::super::message::Refusal;
use super::super::world::World;
use super::draft::Draft;
use super::kind::Kind;
use super::read;
use super::security_rule;
use super::store::Object;

/// Name, description, priority, access, direction, source and destination of the rules that every
/// group has.
pub(crate) const DEFAULT_RULES: [(&str, &str, u16, &str, &str, &str, &str); 6] = [
    (
        "AllowVnetInBound",
        "Allow inbound traffic from all VMs in VNET",
        65_000,
        "Allow",
        "Inbound",
        "VirtualNetwork",
        "VirtualNetwork",
    ),
    (
        "AllowAzureLoadBalancerInBound",
        "Allow inbound traffic from azure load balancer",
        65_001,
        "Allow",
        "Inbound",
        "AzureLoadBalancer",
        "*",
    ),
    ("DenyAllInBound", "Deny all inbound traffic", 65_500, "Deny", "Inbound", "*", "*"),
    (
        "AllowVnetOutBound",
        "Allow outbound traffic from all VMs to all VMs in VNET",
        65_000,
        "Allow",
        "Outbound",
        "VirtualNetwork",
        "VirtualNetwork",
    ),
    (
        "AllowInternetOutBound",
        "Allow outbound traffic from all VMs to Internet",
        65_001,
        "Allow",
        "Outbound",
        "*",
        "Internet",
    ),
    ("DenyAllOutBound", "Deny all outbound traffic", 65_500, "Deny", "Outbound", "*", "*"),
];

/// Checks the rules that a PUT asks for: they replace all that are there, also when none is given.
pub(crate) fn prepare(draft: &mut Draft) -> Result<(), Refusal> {
    let items = match draft.content.properties.remove("securityRules") {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let mut children: Vec<Draft> = Vec::new();
    for item in &items {
        let mut child = Draft::inline(&draft.place, Kind::SecurityRule, item);
        security_rule::check_name(&child.place)?;
        security_rule::prepare(&mut child)?;
        let others: Vec<(&str, &Map<String, Value>)> =
            children.iter().map(|other| (other.place.name(), &other.content.properties)).collect();
        security_rule::check_conflicts(&child, &others)?;
        children.push(child);
    }
    draft.children = Some(children);
    Ok(())
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let rules: Vec<Value> =
        world.azure.children(&object.place).into_iter().map(|child| read::shown(world, child)).collect();
    properties.insert("securityRules".into(), json!(rules));
    properties.insert("defaultSecurityRules".into(), default_rules(object).into());
    for (name, kind) in [("networkInterfaces", Kind::NetworkInterface), ("subnets", Kind::Subnet)] {
        let users: Vec<Value> = world
            .azure
            .users(&object.place)
            .into_iter()
            .filter(|user| user.place.kind == kind)
            .map(|user| json!({ "id": user.id }))
            .collect();
        if !users.is_empty() {
            properties.insert(name.into(), json!(users));
        }
    }
    properties
}

fn default_rules(group: &Object) -> Vec<Value> {
    DEFAULT_RULES
        .iter()
        .map(|(name, description, priority, access, direction, source, destination)| {
            json!({
                "name": name,
                "id": format!("{}/defaultSecurityRules/{name}", group.id()),
                "etag": group.etag,
                "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
                "properties": {
                    "provisioningState": "Succeeded",
                    "description": description,
                    "protocol": "*",
                    "sourcePortRange": "*",
                    "destinationPortRange": "*",
                    "sourceAddressPrefix": source,
                    "destinationAddressPrefix": destination,
                    "access": access,
                    "priority": priority,
                    "direction": direction,
                    "sourcePortRanges": [],
                    "destinationPortRanges": [],
                    "sourceAddressPrefixes": [],
                    "destinationAddressPrefixes": [],
                },
            })
        })
        .collect()
}
