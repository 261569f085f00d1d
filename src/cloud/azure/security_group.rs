//! Security groups and their rules.

use std::collections::BTreeMap;

use azure_mgmt_network::package_2024_03::models::{
    NetworkSecurityGroup, NetworkSecurityGroupPropertiesFormat, Resource, SecurityRule, SecurityRuleAccess,
    SecurityRuleDirection, SecurityRulePropertiesFormat, SubResource, security_rule_properties_format,
};
use serde_json::{Value, json};

use super::document::{body, properties, writable};
use super::ids::normal;
use super::tags::{self, Tags};
use crate::cloud::{Access, Direction, Protocol, Rule};

/// What Azure alone writes into a group.
const READ_ONLY: &[&str] = &["defaultSecurityRules", "networkInterfaces", "subnets", "flowLogs"];
/// The properties of a rule that say what we say; the others (a description) stay.
const OURS: &[&str] = &[
    "protocol",
    "access",
    "priority",
    "direction",
    "sourcePortRange",
    "sourcePortRanges",
    "destinationPortRange",
    "destinationPortRanges",
    "sourceAddressPrefix",
    "sourceAddressPrefixes",
    "destinationAddressPrefix",
    "destinationAddressPrefixes",
    "sourceApplicationSecurityGroups",
    "destinationApplicationSecurityGroups",
];

/// Rules by name.
pub(super) type Rules = BTreeMap<String, Rule>;

/// What a group shall be.
pub(super) struct Wanted<'a> {
    /// Region, for a group that is made.
    pub(super) location: &'a str,
    /// Its rules.
    pub(super) rules: &'a Rules,
    /// Whether a rule that is there and not in `rules` stays.
    pub(super) stays: &'a (dyn Fn(&str) -> bool + Sync),
    /// Tags of ours and the user's.
    pub(super) tags: &'a Tags,
    /// Tags that were the user's before.
    pub(super) dropped: &'a Tags,
}

/// The body that brings a group to what it shall be, with all its rules; none where it is so. A change
/// of tags alone is none here: it has a smaller request.
pub(super) fn change(now: Option<&Value>, wanted: &Wanted<'_>) -> Option<Value> {
    let Some(now) = now else {
        let rules = wanted.rules.iter().map(|(name, rule)| new_rule(name, rule)).collect();
        return Some(body(&NetworkSecurityGroup {
            resource: Resource {
                location: Some(wanted.location.to_owned()),
                tags: serde_json::to_value(wanted.tags).ok(),
                ..Resource::default()
            },
            properties: Some(NetworkSecurityGroupPropertiesFormat {
                security_rules: rules,
                ..NetworkSecurityGroupPropertiesFormat::default()
            }),
            etag: None,
        }));
    };
    let mut shall = Vec::new();
    let mut changed = false;
    let mut open: BTreeMap<String, (&String, &Rule)> =
        wanted.rules.iter().map(|(name, rule)| (name.to_lowercase(), (name, rule))).collect();
    for found in rules_of(now) {
        let name = found.get("name").and_then(Value::as_str).unwrap_or_default();
        match open.remove(&name.to_lowercase()) {
            Some((_, rule)) if same(found, rule) => shall.push(writable(found, &[])),
            Some((_, rule)) => {
                changed = true;
                shall.push(changed_rule(found, rule));
            }
            None if (wanted.stays)(name) => shall.push(writable(found, &[])),
            None => changed = true,
        }
    }
    changed |= !open.is_empty();
    shall.extend(open.into_values().map(|(name, rule)| body(&new_rule(name, rule))));
    // A group that Azure could not finish is written again.
    changed |= super::operation::provisioning_state(now).eq_ignore_ascii_case("Failed");
    changed.then(|| {
        let mut group = writable(now, READ_ONLY);
        group["tags"] = json!(tags::laid_over(&tags::of(now), wanted.tags, wanted.dropped));
        properties(&mut group).insert("securityRules".to_owned(), Value::Array(shall));
        group
    })
}

/// The rules that stand in a group, without the ones that every group has.
pub(super) fn rules_of(group: &Value) -> impl Iterator<Item = &Value> {
    group.pointer("/properties/securityRules").and_then(Value::as_array).into_iter().flatten()
}

/// The rules of a group by name.
pub(super) fn seen(group: &Value) -> Rules {
    rules_of(group).filter_map(|rule| Some((rule.get("name")?.as_str()?.to_owned(), read(rule)))).collect()
}

/// A rule as we see it.
pub(super) fn read(rule: &Value) -> Rule {
    let inner = rule.get("properties").unwrap_or(&Value::Null);
    let text = |key: &str| inner.get(key).and_then(Value::as_str).unwrap_or_default();
    let is = |key: &str, word: &str| text(key).eq_ignore_ascii_case(word);
    Rule {
        priority: inner
            .get("priority")
            .and_then(Value::as_u64)
            .and_then(|p| u16::try_from(p).ok())
            .unwrap_or(0),
        direction: if is("direction", "Outbound") { Direction::Outbound } else { Direction::Inbound },
        access: if is("access", "Deny") { Access::Deny } else { Access::Allow },
        protocol: match text("protocol").to_ascii_lowercase().as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "icmp" => Protocol::Icmp,
            _ => Protocol::Any,
        },
        sources: listed(
            inner,
            "sourceAddressPrefix",
            "sourceAddressPrefixes",
            "sourceApplicationSecurityGroups",
        ),
        destinations: listed(
            inner,
            "destinationAddressPrefix",
            "destinationAddressPrefixes",
            "destinationApplicationSecurityGroups",
        ),
        ports: listed(inner, "destinationPortRange", "destinationPortRanges", ""),
    }
}

/// One and many stand in different fields; groups of applications are named by id.
fn listed(inner: &Value, one: &str, many: &str, groups: &str) -> Vec<String> {
    let mut found: Vec<String> = inner
        .get(one)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .into_iter()
        .collect();
    let array = |key: &str| inner.get(key).and_then(Value::as_array).into_iter().flatten();
    found.extend(array(many).filter_map(Value::as_str).map(str::to_owned));
    found.extend(array(groups).filter_map(|group| group.get("id")?.as_str()).map(normal));
    if found.is_empty() { vec!["*".to_owned()] } else { found }
}

/// Whether a rule that stands says what it shall say.
fn same(found: &Value, rule: &Rule) -> bool {
    let inner = found.get("properties").unwrap_or(&Value::Null);
    let seen = read(found);
    let alike = |one: &[String], other: &[String]| {
        let sorted = |list: &[String]| {
            let mut list: Vec<String> = list.iter().map(|text| address(text)).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        sorted(one) == sorted(other)
    };
    let protocol = inner.get("protocol").and_then(Value::as_str).unwrap_or("*");
    seen.priority == rule.priority
        && seen.direction == rule.direction
        && seen.access == rule.access
        && protocol.eq_ignore_ascii_case(protocol_word(rule.protocol))
        && alike(&seen.sources, &rule.sources)
        && alike(&seen.destinations, &rule.destinations)
        && alike(&seen.ports, &rule.ports)
        && listed(inner, "sourcePortRange", "sourcePortRanges", "") == ["*"]
}

/// An address range in one spelling; service tags do not differ by case.
fn address(text: &str) -> String {
    text.parse::<ipnet::IpNet>().map_or_else(|_| text.to_ascii_lowercase(), |net| net.to_string())
}

const fn protocol_word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "Tcp",
        Protocol::Udp => "Udp",
        Protocol::Icmp => "Icmp",
        Protocol::Any => "*",
    }
}

/// A rule in the SDK's model.
fn new_rule(name: &str, rule: &Rule) -> SecurityRule {
    use security_rule_properties_format::Protocol as Word;
    let protocol = match rule.protocol {
        Protocol::Tcp => Word::Tcp,
        Protocol::Udp => Word::Udp,
        Protocol::Icmp => Word::Icmp,
        Protocol::Any => Word::U2a,
    };
    let access = match rule.access {
        Access::Allow => SecurityRuleAccess::Allow,
        Access::Deny => SecurityRuleAccess::Deny,
    };
    let direction = match rule.direction {
        Direction::Inbound => SecurityRuleDirection::Inbound,
        Direction::Outbound => SecurityRuleDirection::Outbound,
    };
    let mut inner = SecurityRulePropertiesFormat::new(protocol, access, i32::from(rule.priority), direction);
    inner.source_port_range = Some("*".to_owned());
    (inner.source_address_prefix, inner.source_address_prefixes) = split(&rule.sources);
    (inner.destination_address_prefix, inner.destination_address_prefixes) = split(&rule.destinations);
    (inner.destination_port_range, inner.destination_port_ranges) = split(&rule.ports);
    SecurityRule {
        sub_resource: SubResource { id: None },
        properties: Some(inner),
        name: Some(name.to_owned()),
        etag: None,
        type_: None,
    }
}

/// One stands in the field for one, more in the field for many.
fn split(list: &[String]) -> (Option<String>, Vec<String>) {
    match list {
        [one] => (Some(one.clone()), Vec::new()),
        many => (None, many.to_vec()),
    }
}

/// A rule that stands, brought to what it shall say.
fn changed_rule(found: &Value, rule: &Rule) -> Value {
    let mut shall = writable(found, &[]);
    let fresh = body(&new_rule("", rule));
    let inner = properties(&mut shall);
    for name in OURS {
        match fresh.pointer(&format!("/properties/{name}")) {
            Some(value) => inner.insert((*name).to_owned(), value.clone()),
            None => inner.remove(*name),
        };
    }
    shall
}

#[cfg(test)]
#[path = "security_group_tests.rs"]
mod tests;
