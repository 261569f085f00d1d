//! Between the declared types and the cloud's nouns.

use std::collections::BTreeMap;

use super::declaration::{NetworkSpec, Rule};
use crate::cloud::{
    self, Access, Direction, ForeignRules, Mark, NatPlan, NetworkPlan, NetworkSeen, Owner, Protocol,
    SubnetPlan,
};
use crate::diagnostics::Diagnostic;
use crate::schema::{Attributes, Field, Unread};
use crate::value::{Path, Value};

/// Prefix of the ids of networks in Azure.
pub(super) const AZURE: &str = "azure:";

/// The cloud's plan of a wholly known planned object.
pub(super) fn network_plan(value: &Value, mark: Mark) -> Result<NetworkPlan, Diagnostic> {
    let root = Path::root();
    let spec = NetworkSpec::from_object(value, &root).map_err(|unread| unread.into_diagnostic(&root))?;
    let tags_all = value.get("tags_all");
    let tags = if tags_all.is_null() {
        BTreeMap::new()
    } else {
        Field::read(tags_all, &Path::of("tags_all"))
            .map_err(|unread: Unread| unread.into_diagnostic(&Path::of("tags_all")))?
    };
    let bad =
        |name: &str| Diagnostic::bug(format!("The value of {name} was not checked.")).at(Path::of(name));
    let mut subnets = BTreeMap::new();
    let mut zones = BTreeMap::new();
    for (name, subnet) in spec.subnets.iter().flatten() {
        let ipv6 =
            subnet.ipv6_cidr.as_ref().map(|text| text.parse()).transpose().map_err(|_| bad("subnets"))?;
        let ipv4 = subnet.ipv4_cidr.parse().map_err(|_| bad("subnets"))?;
        subnets.insert(name.clone(), SubnetPlan { ipv4, ipv6 });
        if let Some(zone) = &subnet.zone {
            zones.insert(name.clone(), zone.clone());
        }
    }
    let mut groups =
        BTreeMap::from([("default".to_owned(), rules(spec.rules.as_ref()).map_err(|()| bad("rules"))?)]);
    for (name, group) in spec.security_groups.iter().flatten() {
        groups.insert(name.clone(), rules(Some(&group.rules)).map_err(|()| bad("security_groups"))?);
    }
    Ok(NetworkPlan {
        location: spec.location.unwrap_or_default(),
        resource_group: spec.resource_group_name.unwrap_or_else(|| spec.name.clone()),
        name: spec.name,
        existing_resource_group: spec.existing_resource_group,
        existing_network: spec.existing_network_id,
        ipv4: spec.ipv4_cidr.parse().map_err(|_| bad("ipv4_cidr"))?,
        ipv6: spec.ipv6_cidr.map(|text| text.parse()).transpose().map_err(|_| bad("ipv6_cidr"))?,
        subnets,
        zones,
        groups,
        nat: spec.nat_gateway.then(|| NatPlan {
            per_zone: spec.nat_gateway_per_zone,
            public_ip_ids: spec.nat_public_ip_ids.unwrap_or_default(),
        }),
        foreign_rules: match spec.foreign_rules.as_str() {
            "keep" => ForeignRules::Keep,
            "error" => ForeignRules::Error,
            _ => ForeignRules::Remove,
        },
        tags,
        recorded: value
            .get("ttl")
            .as_str()
            .map(|ttl| ("ttl".to_owned(), ttl.to_owned()))
            .into_iter()
            .collect(),
        mark,
    })
}

fn rules(rules: Option<&BTreeMap<String, Rule>>) -> Result<BTreeMap<String, cloud::Rule>, ()> {
    rules.into_iter().flatten().map(|(name, rule)| Ok((name.clone(), cloud_rule(rule)?))).collect()
}

fn cloud_rule(rule: &Rule) -> Result<cloud::Rule, ()> {
    Ok(cloud::Rule {
        priority: rule.priority.try_into().map_err(|_| ())?,
        direction: if rule.direction == "outbound" { Direction::Outbound } else { Direction::Inbound },
        access: if rule.access == "deny" { Access::Deny } else { Access::Allow },
        protocol: match rule.protocol.as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "icmp" => Protocol::Icmp,
            _ => Protocol::Any,
        },
        sources: rule.sources.clone(),
        destinations: rule.destinations.clone(),
        ports: rule.ports.clone(),
    })
}

/// A rule as the cloud shows it.
fn rule_value(rule: &cloud::Rule) -> Value {
    Rule {
        priority: rule.priority.into(),
        direction: if rule.direction == Direction::Outbound { "outbound" } else { "inbound" }.into(),
        access: if rule.access == Access::Deny { "deny" } else { "allow" }.into(),
        protocol: match rule.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
            Protocol::Any => "*",
        }
        .into(),
        sources: rule.sources.clone(),
        destinations: rule.destinations.clone(),
        ports: rule.ports.clone(),
    }
    .write()
}

/// Two rules that mean the same, whatever the order of their lists.
fn same_rule(value: &Value, seen: &cloud::Rule) -> bool {
    let Ok(rule) = Rule::read(value, &Path::root()) else { return false };
    let sorted = |mut rule: cloud::Rule| {
        for list in [&mut rule.sources, &mut rule.destinations, &mut rule.ports] {
            for text in list.iter_mut() {
                *text = text
                    .parse::<ipnet::IpNet>()
                    .map_or_else(|_| text.to_ascii_lowercase(), |range| range.to_string());
            }
            list.sort();
        }
        rule
    };
    cloud_rule(&rule).is_ok_and(|rule| sorted(rule) == sorted(seen.clone()))
}

/// The rules of a group as seen, each in the spelling of the state where it means the same. `hidden`
/// leaves out rules that the state does not have and returns their names.
pub(super) fn rules_value(
    prior: &Value,
    seen: &BTreeMap<String, cloud::Rule>,
    hide_foreign: bool,
) -> (Value, Vec<String>) {
    let mut shown = BTreeMap::new();
    let mut foreign = Vec::new();
    for (name, rule) in seen {
        let key = prior.as_map().and_then(|rules| rules.keys().find(|key| key.eq_ignore_ascii_case(name)));
        match key {
            Some(key) if same_rule(prior.get(key), rule) => shown.insert(key.clone(), prior.get(key).clone()),
            Some(key) => shown.insert(key.clone(), rule_value(rule)),
            None if hide_foreign => {
                foreign.push(name.clone());
                None
            }
            None => shown.insert(name.clone(), rule_value(rule)),
        };
    }
    (Value::Map(shown), foreign)
}

/// A range as seen, in the spelling of the state where it is the same.
fn range_value(prior: &Value, seen: Option<ipnet::IpNet>) -> Value {
    match (prior.as_str().and_then(|text| text.parse::<ipnet::IpNet>().ok()), seen) {
        (Some(old), Some(new)) if old == new => prior.clone(),
        (_, Some(new)) => Value::string(new.to_string()),
        (_, None) => Value::Null,
    }
}

/// Whether two spellings name one region: `West Europe` is `westeurope`.
pub(super) fn same_region(left: &str, right: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(' ', "");
    plain(left) == plain(right)
}

fn strings(map: &BTreeMap<String, String>) -> Value {
    Value::Map(map.iter().map(|(key, text)| (key.clone(), Value::string(text.clone()))).collect())
}

/// Lays what was seen over a state. Returns the names of foreign rules that are not shown.
pub(super) fn observe(state: &mut Value, seen: &NetworkSeen, ignored: &dyn Fn(&str) -> bool) -> Vec<String> {
    let existing = !state.get("existing_network_id").is_null();
    state.set("id", Value::string(format!("{AZURE}{}", seen.id)));
    if !state.get("location").as_str().is_some_and(|location| same_region(location, &seen.location)) {
        state.set("location", Value::string(seen.location.clone()));
    }
    if !existing {
        let ipv4 = range_value(state.get("ipv4_cidr"), seen.ipv4.map(Into::into));
        state.set("ipv4_cidr", ipv4);
        let ipv6 = range_value(state.get("ipv6_cidr"), seen.ipv6.map(Into::into));
        state.set("ipv6", Value::Bool(!ipv6.is_null()));
        state.set("ipv6_cidr", ipv6);
        // Azure's subnets have no zone: what was asked is remembered, and recorded for an import.
        let zones: BTreeMap<&str, &str> = seen
            .recorded
            .get("zones")
            .into_iter()
            .flat_map(|zones| zones.split(','))
            .filter_map(|zone| zone.split_once('='))
            .collect();
        let subnets = seen
            .subnets
            .iter()
            .map(|(name, subnet)| {
                let old = state.get("subnets").get(name);
                let zone = match (old, zones.get(name.as_str())) {
                    (Value::Null, Some(zone)) => Value::string(*zone),
                    _ => old.get("zone").clone(),
                };
                let value = Value::object([
                    ("ipv4_cidr", range_value(old.get("ipv4_cidr"), subnet.ipv4.map(Into::into))),
                    ("ipv6_cidr", range_value(old.get("ipv6_cidr"), subnet.ipv6.map(Into::into))),
                    ("zone", zone),
                ]);
                (name.clone(), value)
            })
            .collect();
        state.set("subnets", Value::Map(subnets));
        state.set("nat_gateway", Value::Bool(seen.nat));
    }
    state.set(
        "subnet_ids",
        Value::Map(
            seen.subnets
                .iter()
                .map(|(name, subnet)| (name.clone(), Value::string(subnet.id.clone())))
                .collect(),
        ),
    );
    state.set("security_group_ids", strings(&seen.group_ids));
    state
        .set("egress_ips", Value::List(seen.egress_ips.iter().map(|ip| Value::string(ip.clone())).collect()));

    let hide = matches!(state.get("foreign_rules").as_str(), Some("keep" | "error"));
    let mut foreign = Vec::new();
    let nothing = BTreeMap::new();
    let (rules, hidden) =
        rules_value(state.get("rules"), seen.groups.get("default").unwrap_or(&nothing), hide);
    foreign.extend(hidden);
    state.set("rules", rules);
    let mut groups = BTreeMap::new();
    for (name, rules) in seen.groups.iter().filter(|(name, _)| *name != "default") {
        let (rules, hidden) = rules_value(state.get("security_groups").get(name).get("rules"), rules, hide);
        foreign.extend(hidden);
        groups.insert(name.clone(), Value::object([("rules", rules)]));
    }
    if !groups.is_empty() || !state.get("security_groups").is_null() {
        state.set("security_groups", Value::Map(groups));
    }
    if !existing {
        // Only the keys that we wrote are ours; what others added or policies rewrite is no drift.
        for name in ["tags", "tags_all"] {
            let Some(old) = state.get(name).as_map().cloned() else { continue };
            let now = old
                .into_iter()
                .filter_map(|(key, value)| match seen.tags.get(&key) {
                    _ if ignored(&key) => Some((key, value)),
                    Some(text) => Some((key, Value::string(text.clone()))),
                    None => None,
                })
                .collect();
            state.set(name, Value::Map(now));
        }
    }
    foreign
}

/// The mark of a state or plan.
pub(super) fn mark(name: &str, environment: Option<String>, owner: &str, expires_at: Option<&str>) -> Mark {
    Mark {
        environment,
        resource: format!("bud_network/{name}"),
        owner: Owner(owner.to_owned()),
        expires_at: expires_at.map(str::to_owned),
    }
}
