//! Settles the plan of a network.

use std::collections::BTreeMap;

use super::check::default_subnet;
use super::convert::{AZURE, same_region};
use super::{Network, check};
use crate::cloud::NetworkPlace;
use crate::diagnostics::Diagnostic;
use crate::foundry::rules::{RuleRow, Sources, default_rules};
use crate::lifecycle::Planning;
use crate::resources::{expiry, tags};
use crate::schema::{Field, Planned};
use crate::time::Patience;
use crate::value::{Path, Value};

/// The IPv6 range of a network that names none.
const IPV6: &str = "fd12:babe:cafe::/48";

impl Network {
    /// Everything that a plan can know, without asking the cloud.
    pub(super) fn settle(&self, planning: &mut Planning) {
        self.choose(planning);
        same_spelling(planning);
        ipv6(planning);
        tables(planning);
        tags::settle(planning, &self.context.settings().default_tags);
        expiry::settle(planning);
        check::check(&planning.planned, &mut planning.diagnostics);
        if !planning.diagnostics.has_errors() {
            lockout(planning);
            self.outputs(planning);
        }
    }

    /// Cloud, region, resource group and time to live: configured, remembered, the provider's.
    fn choose(&self, planning: &mut Planning) {
        let settings = self.context.settings();
        let fallbacks = [
            ("cloud", settings.cloud.clone(), Some("azure")),
            ("location", settings.location.clone(), None),
            ("ttl", settings.ttl.clone(), None),
        ];
        for (name, provider, last) in fallbacks {
            let remembered = !planning.prior.get(name).is_null();
            if !planning.config.get(name).is_null() || remembered {
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
        if planning.config.get("resource_group_name").is_null()
            && planning.prior.get("resource_group_name").is_null()
        {
            let name = planning.planned.get("name").clone();
            planning.planned.set("resource_group_name", name);
        }
        if planning.planned.get("location").is_null() {
            planning.diagnostics.push(
                Diagnostic::error(
                    "No region",
                    "The network has no location, and the provider block has none either. Set one of the two.",
                )
                .at(Path::of("location")),
            );
        }
        if let Some(cloud) = planning.planned.get("cloud").as_str().filter(|cloud| *cloud != "azure") {
            let detail = if cloud == "hosts" {
                "Machines that are there already need no bud_network: leave the resource out and give their \
                 addresses to bud_node_pool."
                    .to_owned()
            } else {
                format!("This release makes networks in \"azure\" only, not in {cloud:?}.")
            };
            planning.diagnostics.push(Diagnostic::error("Cloud not supported", detail).at(Path::of("cloud")));
        }
    }

    /// Ids: known before anything is made, since Azure's are made of names.
    fn outputs(&self, planning: &mut Planning) {
        let place = self.place(&planning.planned);
        let created = planning.creates();
        match place {
            Some(place) => {
                planning.planned.set("id", Value::string(format!("{AZURE}{}", place.id)));
                let ids = |ids: &BTreeMap<String, String>| {
                    Value::Map(
                        ids.iter().map(|(name, id)| (name.clone(), Value::string(id.clone()))).collect(),
                    )
                };
                planning.planned.set("security_group_ids", ids(&place.group_ids));
                if !place.existing_network {
                    planning.planned.set("subnet_ids", ids(&place.subnet_ids));
                }
            }
            None if created || planning.changes("subnets") || planning.changes("security_groups") => {
                for name in ["subnet_ids", "security_group_ids"] {
                    planning.planned.set(name, Value::unknown());
                }
            }
            None => {}
        }
        let nat = ["nat_gateway", "nat_gateway_per_zone", "nat_public_ip_ids"];
        if planning.planned.get("nat_gateway").as_bool() == Some(false) {
            planning.planned.set("egress_ips", Value::List(Vec::new()));
        } else if created
            || nat.iter().any(|name| planning.changes(name))
            || (planning.planned.get("nat_gateway_per_zone").as_bool() == Some(true)
                && planning.changes("subnets"))
        {
            planning.planned.set("egress_ips", Value::unknown());
        }
    }

    fn place(&self, planned: &Value) -> Option<NetworkPlace> {
        let mut known = planned.clone();
        known.set("tags_all", Value::Null);
        let plan = self.cloud_plan(&known, "").ok()?;
        Some(self.networks(planned).ok()??.place(&plan))
    }

    /// What stands where the parts of a create would go: one warning of what will be continued.
    pub(super) async fn look(&self, planning: &mut Planning, patience: &Patience) {
        let mut known = planning.planned.clone();
        known.set("tags_all", Value::Null);
        let Ok(plan) = self.cloud_plan(&known, "") else { return };
        let networks = match self.networks(&planning.planned) {
            Ok(Some(networks)) => networks,
            Ok(None) => return,
            Err(diagnostic) => return planning.diagnostics.push(diagnostic),
        };
        match networks.find(&plan, patience).await {
            Ok(found) => {
                let ours: Vec<&str> = found.iter().filter(|part| part.ours.is_ok()).map(|part| part.id.as_str()).collect();
                if !ours.is_empty() {
                    planning.diagnostics.push(Diagnostic::warning(
                        "An interrupted create will be continued",
                        format!(
                            "These parts of the network are there already and will be taken over:\n  {}",
                            ours.join("\n  ")
                        ),
                    ));
                }
                // A finished network of that name may be the one that this plan replaces, which no plan can
                // tell: the create refuses strangers before it writes anything.
            }
            Err(crate::cloud::CloudError::NoCredentials { .. }) => planning.diagnostics.push(Diagnostic::warning(
                "Azure was not asked",
                "There are no credentials yet, so it was not checked whether the names are free. Apply checks it first.",
            )),
            Err(error) => {
                planning.diagnostics.push(super::super::explain::cloud(&error, "Planning the network", None));
            }
        }
    }
}

/// A configured value that only spells the remembered one otherwise is no change.
fn same_spelling(planning: &mut Planning) {
    let (prior, planned) = (planning.prior.clone(), planning.planned.clone());
    let both = |name: &str| Some((prior.get(name).as_str()?, planned.get(name).as_str()?));
    if both("location").is_some_and(|(old, new)| same_region(old, new)) {
        planning.planned.set("location", prior.get("location").clone());
    }
    if both("resource_group_name").is_some_and(|(old, new)| old.eq_ignore_ascii_case(new)) {
        planning.planned.set("resource_group_name", prior.get("resource_group_name").clone());
    }
    for name in ["ipv4_cidr", "ipv6_cidr"] {
        let range = |text: &str| text.parse::<ipnet::IpNet>().ok();
        if both(name).is_some_and(|(old, new)| range(old).is_some() && range(old) == range(new)) {
            planning.planned.set(name, prior.get(name).clone());
        }
    }
}

fn ipv6(planning: &mut Planning) {
    if !planning.config.get("ipv6_cidr").is_null() {
        return;
    }
    let value = match planning.planned.get("ipv6") {
        Value::Bool(false) => Value::Null,
        Value::Unknown(_) => Value::unknown(),
        // An imported network keeps its own range.
        _ => match planning.prior.get("ipv6_cidr") {
            Value::Null => Value::string(IPV6),
            prior => prior.clone(),
        },
    };
    planning.planned.set("ipv6_cidr", value);
}

/// The default subnet and the default rules, which follow the ranges given.
fn tables(planning: &mut Planning) {
    let planned = planning.planned.clone();
    let existing = !planned.get("existing_network_id").is_null();
    let (ipv4, ipv6) = (planned.get("ipv4_cidr"), planned.get("ipv6_cidr"));
    if planning.config.get("subnets").is_null() {
        let subnets = if existing {
            Value::Map(BTreeMap::new())
        } else if ipv4.is_unknown() || ipv6.is_unknown() {
            Value::unknown()
        } else {
            let parsed = ipv4.as_str().and_then(|text| text.parse().ok());
            let parsed6 = ipv6.as_str().and_then(|text| text.parse().ok());
            parsed.and_then(|parsed| default_subnet(parsed, parsed6)).map_or(
                Value::Null,
                |(subnet, subnet6)| {
                    let subnet = Value::object([
                        ("ipv4_cidr", Value::string(subnet.to_string())),
                        ("ipv6_cidr", subnet6.map_or(Value::Null, |range| Value::string(range.to_string()))),
                        ("zone", Value::Null),
                    ]);
                    Value::object([("budk8s-common", subnet)])
                },
            )
        };
        planning.planned.set("subnets", subnets);
    }
    if planning.config.get("rules").is_null() {
        let list = |name: &str| Vec::<String>::read(planned.get(name), &Path::of(name)).ok();
        let ranges_known = !ipv4.is_unknown() && !ipv6.is_unknown();
        let rules = match (list("ssh_sources"), list("api_sources"), ranges_known) {
            (Some(ssh), Some(api), true) => {
                let internal =
                    [ipv4, ipv6].iter().filter_map(|range| range.as_str().map(str::to_owned)).collect();
                let sources = Sources { ssh, api, internal, ..Sources::default() };
                Value::Map(
                    default_rules(&sources)
                        .iter()
                        .map(|(name, row)| (name.clone(), row_value(row)))
                        .collect(),
                )
            }
            _ => Value::unknown(),
        };
        planning.planned.set("rules", rules);
    }
}

fn row_value(row: &RuleRow) -> Value {
    let list = |texts: &[String]| Value::List(texts.iter().map(|text| Value::string(text.clone())).collect());
    Value::object([
        ("priority", Value::int(row.priority.into())),
        ("direction", Value::string(row.direction)),
        ("access", Value::string(row.access)),
        ("protocol", Value::string(row.protocol)),
        ("sources", list(&row.sources)),
        ("destinations", list(&row.destinations)),
        ("ports", list(&row.ports)),
    ])
}

/// Rules that let nobody in by SSH would shut this provider out as well (M36).
fn lockout(planning: &mut Planning) {
    if planning.planned.get("allow_lockout").as_bool() != Some(false)
        || !planning.planned.get("rules").is_wholly_known()
    {
        return;
    }
    let opens = |rule: &Value| {
        let is =
            |name: &str, wanted: &[&str]| rule.get(name).as_str().is_some_and(|text| wanted.contains(&text));
        let port = |port: &Value| {
            match port.as_str() {
            Some("*" | "22") => true,
            Some(range) => range.split_once('-').is_some_and(|(from, to)| {
                matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if (from..=to).contains(&22))
            }),
            None => false,
        }
        };
        is("direction", &["inbound"])
            && is("access", &["allow"])
            && is("protocol", &["tcp", "*"])
            && rule.get("ports").as_list().is_some_and(|ports| ports.iter().any(port))
    };
    if !planning.planned.get("rules").as_map().is_some_and(|rules| rules.values().any(opens)) {
        planning.diagnostics.push(
            Diagnostic::error(
                "Rules lock everybody out",
                "No rule lets anybody in by SSH (22/tcp), so neither you nor this provider could reach the nodes. \
                 Add a rule, or set allow_lockout = true if that is meant.",
            )
            .at(Path::of("rules")),
        );
    }
}
