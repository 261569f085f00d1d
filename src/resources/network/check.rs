//! What is wrong with a network before any cloud is asked. Unknown parts are passed over.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::foundry::rules::{Source, source};
use crate::schema::Draft;
use crate::value::{Path, Value};

fn wrong(summary: &str, detail: String, path: Path) -> Diagnostic {
    Diagnostic::error(summary, detail).at(path)
}

/// Checks a configuration or a plan.
pub(super) fn check(value: &Value, diagnostics: &mut Diagnostics) {
    let draft = Draft::root(value);
    names(&draft, diagnostics);
    ranges(&draft, diagnostics);
    if let Some(rules) = value.get("rules").as_map() {
        group(rules, &Path::of("rules"), diagnostics);
        for name in ["ssh_sources", "api_sources"] {
            let given = value.get(name).as_list().unwrap_or_default();
            let is_default = given.is_empty() || given == [Value::string("*")];
            // In a plan the default table has been laid in: there the arguments are what shaped it.
            if !is_default && value.get("id").is_null() && !value.get(name).is_null() {
                diagnostics.push(wrong(
                    "Conflicting arguments",
                    format!(
                        "{name} shapes the default rules, and rules replaces them. Remove one of the two, or write \
                         rules = merge(provider::bud::default_rules({{ ssh = […], api = […] }}), {{ … }})."
                    ),
                    Path::of(name),
                ));
            }
        }
    }
    for (name, nested) in draft.entries("security_groups") {
        if name == "default" {
            diagnostics.push(wrong(
                "Reserved name",
                "The group \"default\" is the network's own, shaped by rules. Choose another name.".into(),
                nested.path().clone(),
            ));
        }
        resource_name(name, nested.path(), diagnostics);
        if let Some(rules) = nested.raw("rules").as_map() {
            group(rules, &nested.at("rules"), diagnostics);
        }
    }
    for name in ["ssh_sources", "api_sources"] {
        sources(value.get(name), &Path::of(name), true, diagnostics);
    }
    if let (Some(path), Some(false)) = (
        (!value.get("nat_public_ip_ids").is_null()).then(|| Path::of("nat_public_ip_ids")),
        value.get("nat_gateway").as_bool(),
    ) {
        diagnostics.push(wrong(
            "Conflicting arguments",
            "nat_public_ip_ids is used by the NAT gateway, and nat_gateway is false.".into(),
            path,
        ));
    }
}

fn names(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    if let Some(name) = draft.raw("name").as_str() {
        let inner = |symbol: char| symbol.is_ascii_alphanumeric() || "_.-".contains(symbol);
        let ends = name.starts_with(|symbol: char| symbol.is_ascii_alphanumeric())
            && name.ends_with(|symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_');
        if !(2..=64).contains(&name.len()) || !name.chars().all(inner) || !ends {
            diagnostics.push(wrong(
                "Bad name",
                format!(
                    "{name:?} is no name of a network: 2 to 64 letters, digits, \"_\", \".\" and \"-\", beginning \
                     with a letter or digit and ending with one or with \"_\"."
                ),
                draft.at("name"),
            ));
        }
    }
    if let Some(group) = draft.raw("resource_group_name").as_str() {
        let inner = |symbol: char| symbol.is_alphanumeric() || "-_().".contains(symbol);
        if !(1..=90).contains(&group.chars().count()) || !group.chars().all(inner) || group.ends_with('.') {
            diagnostics.push(wrong(
                "Bad name",
                format!(
                    "{group:?} is no name of a resource group: 1 to 90 letters, digits, \"-\", \"_\", \"(\", \")\" \
                     and \".\", not ending in a full stop."
                ),
                draft.at("resource_group_name"),
            ));
        }
    }
    if let Some(location) = draft.raw("location").as_str()
        && (location.is_empty()
            || !location.chars().all(|symbol| symbol.is_ascii_alphanumeric() || " -".contains(symbol)))
    {
        diagnostics.push(wrong(
            "Bad region",
            format!("{location:?} is no name of a region, such as \"westus\" or \"West Europe\"."),
            draft.at("location"),
        ));
    }
    if let Some(id) = draft.raw("existing_network_id").as_str()
        && !id.to_ascii_lowercase().contains("/providers/microsoft.network/virtualnetworks/")
    {
        diagnostics.push(wrong(
            "Bad id",
            format!("{id:?} is no id of a virtual network: /subscriptions/…/providers/Microsoft.Network/virtualNetworks/NAME."),
            draft.at("existing_network_id"),
        ));
    }
    crate::resources::tags::check(draft, "tags", diagnostics);
}

/// A subnet's, group's or rule's name as Azure takes it.
fn resource_name(name: &str, path: &Path, diagnostics: &mut Diagnostics) {
    let inner = |symbol: char| symbol.is_ascii_alphanumeric() || "_.-".contains(symbol);
    let ends = name.starts_with(|symbol: char| symbol.is_ascii_alphanumeric())
        && name.ends_with(|symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_');
    if name.len() > 80 || !name.chars().all(inner) || !ends {
        diagnostics.push(wrong(
            "Bad name",
            format!(
                "{name:?} cannot be a name here: 1 to 80 letters, digits, \"_\", \".\" and \"-\", beginning with a \
                 letter or digit and ending with one or with \"_\"."
            ),
            path.clone(),
        ));
    }
}

fn range(text: &str, wanted: &str, path: &Path, diagnostics: &mut Diagnostics) -> Option<IpNet> {
    let parsed =
        text.parse::<IpNet>().ok().filter(|range| matches!(range, IpNet::V4(_)) == (wanted == "IPv4"));
    match parsed {
        None => {
            let example = if wanted == "IPv4" { "10.177.0.0/16" } else { "fd12:babe:cafe::/48" };
            diagnostics.push(wrong(
                "Bad address range",
                format!("{text:?} is no {wanted} range in CIDR form, such as {example:?}."),
                path.clone(),
            ));
            None
        }
        Some(range) if range.addr() != range.network() => {
            diagnostics.push(wrong(
                "Bad address range",
                format!(
                    "{text:?} has bits set right of its prefix. The range it lies in is \"{}\".",
                    range.trunc()
                ),
                path.clone(),
            ));
            None
        }
        range => range,
    }
}

fn ranges(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let mut read = |name: &str, wanted| {
        draft.raw(name).as_str().and_then(|text| range(text, wanted, &draft.at(name), diagnostics))
    };
    let ipv4 = read("ipv4_cidr", "IPv4");
    let ipv6 = read("ipv6_cidr", "IPv6");
    let without_ipv6 = draft.raw("ipv6").as_bool() == Some(false);
    if without_ipv6 && draft.raw("ipv6_cidr").as_str().is_some() {
        diagnostics.push(wrong(
            "Conflicting arguments",
            "ipv6_cidr is given, and ipv6 is false. Remove one of the two.".into(),
            draft.at("ipv6_cidr"),
        ));
    }
    let mut taken: Vec<(String, IpNet)> = Vec::new();
    for (name, subnet) in draft.entries("subnets") {
        resource_name(name, subnet.path(), diagnostics);
        for (attribute, wanted, whole) in [("ipv4_cidr", "IPv4", ipv4), ("ipv6_cidr", "IPv6", ipv6)] {
            let path = subnet.at(attribute);
            let Some(text) = subnet.raw(attribute).as_str() else { continue };
            if wanted == "IPv6" && without_ipv6 {
                diagnostics.push(wrong(
                    "Conflicting arguments",
                    "The subnet has an IPv6 range, and ipv6 is false.".into(),
                    path,
                ));
                continue;
            }
            let Some(part) = range(text, wanted, &path, diagnostics) else { continue };
            if let Some(whole) = whole.filter(|whole| !whole.contains(&part)) {
                diagnostics.push(wrong(
                    "Subnet outside the network",
                    format!(
                        "The subnet {name:?} has the range {part}, which is not inside the network's {whole}."
                    ),
                    path,
                ));
                continue;
            }
            let too_small = match part {
                IpNet::V4(part) => part.prefix_len() > 29,
                IpNet::V6(part) => part.prefix_len() != 64,
            };
            if too_small {
                let rule =
                    if wanted == "IPv4" { "at most /29, since Azure keeps five addresses" } else { "a /64" };
                diagnostics.push(wrong(
                    "Bad address range",
                    format!("The range {part} of a subnet must be {rule}."),
                    path,
                ));
                continue;
            }
            let overlaps = |other: &IpNet| other.contains(&part) || part.contains(other);
            if let Some((other, range)) = taken.iter().find(|(_, other)| overlaps(other)) {
                diagnostics.push(wrong(
                    "Address range overlaps",
                    format!(
                        "The range {part} of the subnet {name:?} overlaps {range} of the subnet {other:?}."
                    ),
                    path,
                ));
                continue;
            }
            taken.push((name.to_owned(), part));
        }
    }
}

fn group(rules: &BTreeMap<String, Value>, path: &Path, diagnostics: &mut Diagnostics) {
    let mut priorities: BTreeMap<(String, i64), &str> = BTreeMap::new();
    for (name, rule) in rules {
        let draft = Draft::nested(rule, path.key(name.clone()));
        resource_name(name, draft.path(), diagnostics);
        if let Some(priority) = draft.get::<i64>("priority", diagnostics) {
            let direction = draft.raw("direction").as_str().unwrap_or("inbound").to_owned();
            if !(100..=4096).contains(&priority) {
                diagnostics.push(wrong(
                    "Bad priority",
                    format!("The priority {priority} of the rule {name:?} must lie between 100 and 4096."),
                    draft.at("priority"),
                ));
            } else if !draft.raw("direction").is_unknown()
                && let Some(other) = priorities.insert((direction.clone(), priority), name)
            {
                diagnostics.push(wrong(
                    "Priority used twice",
                    format!("The {direction} rules {other:?} and {name:?} both have the priority {priority}; it must be unique."),
                    draft.at("priority"),
                ));
            }
        }
        sources(draft.raw("sources"), &draft.at("sources"), false, diagnostics);
        sources(draft.raw("destinations"), &draft.at("destinations"), false, diagnostics);
        ports(&draft, diagnostics);
    }
}

/// Sources of one rule, or of default rules, which split a list that mixes address families and take one
/// with "*" in it for "*", as the function `default_rules` does.
fn sources(list: &Value, path: &Path, splits: bool, diagnostics: &mut Diagnostics) {
    let Some(list) = list.as_list() else { return };
    if list.is_empty() && path.0.len() > 1 {
        diagnostics.push(wrong(
            "Empty list",
            format!("{path} is empty, so the rule matches nothing. Leave it out for \"*\"."),
            path.clone(),
        ));
    }
    let mut families = std::collections::BTreeSet::new();
    for (index, element) in list.iter().enumerate() {
        let Some(text) = element.as_str() else { continue };
        match source(text) {
            Ok(Source::Anywhere) => families.insert("\"*\""),
            Ok(Source::ServiceTag) => families.insert("a service tag"),
            Ok(Source::Range(IpNet::V4(_))) => families.insert("IPv4 ranges"),
            Ok(Source::Range(IpNet::V6(_))) => families.insert("IPv6 ranges"),
            Err(why) => {
                diagnostics.push(wrong(
                    "Bad address range",
                    format!("{text:?} cannot be used here: {why}."),
                    path.index(index),
                ));
                continue;
            }
        };
    }
    if splits {
        if families.contains("a service tag") && list.len() > 1 {
            diagnostics.push(wrong(
                "Sources of different kinds",
                format!(
                    "{path} lists a service tag beside other sources. Azure takes a service tag only alone."
                ),
                path.clone(),
            ));
        }
    } else if families.len() > 1 {
        let families: Vec<&str> = families.into_iter().collect();
        diagnostics.push(wrong(
            "Sources of different kinds",
            format!(
                "{path} mixes {}. Azure takes one kind in a rule: write one rule for each.",
                families.join(" and ")
            ),
            path.clone(),
        ));
    }
}

fn ports(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let list = draft.raw("ports").as_list().unwrap_or_default();
    for (index, element) in list.iter().enumerate() {
        let Some(text) = element.as_str() else { continue };
        let number =
            |text: &str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let good = text == "*"
            || match text.split_once('-') {
                Some((from, to)) => {
                    matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to)
                }
                None => number(text).is_some(),
            };
        if !good {
            diagnostics.push(wrong(
                "Bad port",
                format!("{text:?} is no port (0 to 65535), no range such as \"60000-61000\", and not \"*\"."),
                draft.at("ports").index(index),
            ));
        }
    }
    if let (Some("icmp"), true) = (
        draft.raw("protocol").as_str(),
        list.iter().any(|port| port.as_str().is_some_and(|port| port != "*")),
    ) {
        diagnostics.push(wrong("Bad port", "ICMP has no ports. Leave ports out.".into(), draft.at("ports")));
    }
}

/// Subnet number 2 of size /24 and b00b of size /64 in the given ranges (HB9).
pub(super) fn default_subnet(ipv4: Ipv4Net, ipv6: Option<Ipv6Net>) -> Option<(Ipv4Net, Option<Ipv6Net>)> {
    let prefix = ipv4.prefix_len().max(24);
    let first = u32::from(ipv4.network()).checked_add(if ipv4.prefix_len() <= 22 { 2 << 8 } else { 0 })?;
    let subnet = Ipv4Net::new(first.into(), prefix).ok()?;
    let subnet6 = match ipv6 {
        Some(whole) if whole.prefix_len() <= 48 => {
            Ipv6Net::new((u128::from(whole.network()) + (0xb00b_u128 << 64)).into(), 64).ok()
        }
        Some(whole) => Ipv6Net::new(whole.network(), 64).ok(),
        None => None,
    };
    Some((subnet, subnet6))
}
