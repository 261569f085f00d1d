//! The network rules: who may reach a node from where.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::network::{IPV4_RANGE, IPV6_RANGE};

/// Everywhere, in IPv4 and IPv6.
pub const ANYWHERE: &str = "*";

/// Who may reach what. Somebody who is listed nowhere reaches nothing: an empty list leaves its rule out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Who may open an SSH session.
    pub ssh: Vec<String>,
    /// Who may reach the Kubernetes API directly.
    pub api: Vec<String>,
    /// Who may open a `WireGuard` tunnel.
    pub wireguard: Vec<String>,
    /// The ranges of the network itself, within which everything may reach everything.
    pub internal: Vec<String>,
}

impl Default for Sources {
    /// The architecture's: SSH and `WireGuard` from anywhere, the API from nowhere, its own ranges.
    fn default() -> Self {
        Self {
            ssh: vec![ANYWHERE.into()],
            api: Vec::new(),
            wireguard: vec![ANYWHERE.into()],
            internal: vec![IPV4_RANGE.into(), IPV6_RANGE.into()],
        }
    }
}

/// One rule of a network, field by field what `bud_network` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Lower numbers are looked at first.
    pub priority: u16,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// `allow` or `deny`.
    pub access: &'static str,
    /// `tcp`, `udp`, `icmp` or `*`.
    pub protocol: &'static str,
    /// Where from: one `*`, one service tag, or ranges of one address family.
    pub sources: Vec<String>,
    /// Where to.
    pub destinations: Vec<String>,
    /// Ports and port ranges.
    pub ports: Vec<String>,
}

/// Why a text is no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Neither a range nor `*` nor the name of a service tag.
    #[error("it is neither an address range such as 203.0.113.0/24, nor \"*\", nor an Azure service tag")]
    NotARange,
    /// An address without a prefix length.
    #[error("it is a single address; as a range it is written with /{0}")]
    Address(u8),
    /// Bits right of the prefix are set.
    #[error("it has bits set right of its prefix; the range it lies in is {0}")]
    HostBits(IpNet),
}

/// One source, told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `*`.
    Anywhere,
    /// A range.
    Range(IpNet),
    /// One of Azure's service tags, such as `AzureCloud.westeurope`.
    ServiceTag,
}

/// What the rule of a kind of source is called and opens.
struct Service {
    name: &'static str,
    priority: u16,
    protocol: &'static str,
    port: &'static str,
}

const SSH: Service = Service { name: "inbound_ssh", priority: 100, protocol: "tcp", port: "22" };
const API: Service = Service { name: "inbound_api", priority: 150, protocol: "tcp", port: "6443" };
const WIREGUARD: Service =
    Service { name: "inbound_wireguard", priority: 200, protocol: "udp", port: "51820" };
const HTTP: Service = Service { name: "inbound_http", priority: 400, protocol: "tcp", port: "80" };
const HTTPS: Service = Service { name: "inbound_https", priority: 500, protocol: "tcp", port: "443" };
const INTERNAL: Service = Service { name: "inbound_internal", priority: 600, protocol: "*", port: "*" };

/// Distance between the internal rule of IPv4 and that of IPv6.
const INTERNAL_IPV6_DISTANCE: u16 = 50;

/// Tells a source apart.
///
/// # Errors
/// When the text is none.
pub fn source(text: &str) -> Result<Source, SourceError> {
    if text == ANYWHERE {
        return Ok(Source::Anywhere);
    }
    if let Ok(range) = text.parse::<IpNet>() {
        return if range.addr() == range.network() {
            Ok(Source::Range(range))
        } else {
            Err(SourceError::HostBits(range.trunc()))
        };
    }
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Err(SourceError::Address(if address.is_ipv4() { 32 } else { 128 }));
    }
    let (service, region) = text.split_once('.').unwrap_or((text, "region"));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_tag =
        service.starts_with(|first: char| first.is_ascii_alphabetic()) && word(service) && word(region);
    if is_tag { Ok(Source::ServiceTag) } else { Err(SourceError::NotARange) }
}

/// The rules that a network has when it says nothing else, by name.
///
/// A rule holds ranges of one address family only, because Azure refuses a mixture: the IPv6 half of
/// a mixed list is a rule of its own, `<name>_ipv6`, right behind. A list with `*` in it is `*`.
#[must_use]
pub fn default_rules(sources: &Sources) -> BTreeMap<String, RuleRow> {
    let anywhere = [ANYWHERE.to_owned()];
    let mut rules = BTreeMap::new();
    for (service, listed) in [
        (SSH, &sources.ssh[..]),
        (API, &sources.api[..]),
        (WIREGUARD, &sources.wireguard[..]),
        (HTTP, &anywhere[..]),
        (HTTPS, &anywhere[..]),
    ] {
        let (ipv6, rest) = by_family(listed);
        if rest.is_empty() {
            add(&mut rules, service.name.into(), &service, service.priority, ipv6);
        } else {
            add(&mut rules, service.name.into(), &service, service.priority, rest);
            add(&mut rules, format!("{}_ipv6", service.name), &service, service.priority + 1, ipv6);
        }
    }
    let (ipv6, ipv4) = by_family(&sources.internal);
    add(&mut rules, INTERNAL.name.into(), &INTERNAL, INTERNAL.priority, ipv4);
    let priority = INTERNAL.priority + INTERNAL_IPV6_DISTANCE;
    add(&mut rules, format!("{}_ipv6", INTERNAL.name), &INTERNAL, priority, ipv6);
    rules
}

/// The IPv6 ranges of a list, and everything else of it.
fn by_family(listed: &[String]) -> (Vec<String>, Vec<String>) {
    if listed.iter().any(|source| source == ANYWHERE) {
        return (Vec::new(), vec![ANYWHERE.into()]);
    }
    listed.iter().cloned().partition(|source| matches!(source.parse::<IpNet>(), Ok(IpNet::V6(_))))
}

fn add(
    rules: &mut BTreeMap<String, RuleRow>,
    name: String,
    service: &Service,
    priority: u16,
    sources: Vec<String>,
) {
    if sources.is_empty() {
        return;
    }
    let row = RuleRow {
        priority,
        direction: "inbound",
        access: "allow",
        protocol: service.protocol,
        sources,
        destinations: vec![ANYWHERE.into()],
        ports: vec![service.port.into()],
    };
    rules.insert(name, row);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::network::IPV6_RANGE;
    use super::super::seed;
    use super::{RuleRow, Source, SourceError, Sources, default_rules, source};

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn the_default_is_the_architectures_table_and_its_ipv6_half() {
        let mut rules: Vec<(String, RuleRow)> = default_rules(&Sources::default()).into_iter().collect();
        rules.sort_by_key(|(_, row)| row.priority);
        let (name, ipv6) = rules.pop().expect("rules");
        assert_eq!(
            (name.as_str(), ipv6.priority, ipv6.sources),
            ("inbound_internal_ipv6", 650, list(&[IPV6_RANGE]))
        );
        let purposes = [
            ("SSH", "inbound_ssh"),
            ("WireGuard", "inbound_wireguard"),
            ("HTTP", "inbound_http"),
            ("HTTPS", "inbound_https"),
            ("Internal", "inbound_internal"),
        ];
        let ours: Vec<Vec<String>> = rules
            .iter()
            .map(|(name, row)| {
                assert_eq!(
                    (row.direction, row.access, &row.destinations),
                    ("inbound", "allow", &list(&["*"]))
                );
                let (purpose, _) = purposes.iter().find(|(_, known)| known == name).expect("a known rule");
                vec![
                    row.priority.to_string(),
                    row.ports.join(","),
                    row.protocol.to_uppercase(),
                    row.sources.join(","),
                    (*purpose).to_owned(),
                ]
            })
            .collect();
        assert_eq!(ours, seed::rows("Azure Network Architecture"));
    }

    #[test]
    fn the_api_opens_only_to_those_who_are_listed() {
        let rules = default_rules(&Sources { api: list(&["203.0.113.0/24"]), ..Sources::default() });
        let row = &rules["inbound_api"];
        assert_eq!((row.priority, row.protocol, &row.ports), (150, "tcp", &list(&["6443"])));
        assert_eq!(row.sources, list(&["203.0.113.0/24"]));
        assert!(!default_rules(&Sources::default()).contains_key("inbound_api"));
    }

    #[test]
    fn an_empty_list_closes() {
        let rules = default_rules(&Sources {
            ssh: Vec::new(),
            wireguard: Vec::new(),
            internal: Vec::new(),
            ..Sources::default()
        });
        assert_eq!(rules.into_keys().collect::<Vec<_>>(), ["inbound_http", "inbound_https"]);
    }

    #[test]
    fn families_never_share_a_rule() {
        let mixed = list(&["2001:db8::/32", "203.0.113.0/24", "198.51.100.0/24"]);
        let rules = default_rules(&Sources { ssh: mixed, ..Sources::default() });
        assert_eq!(rules["inbound_ssh"].sources, list(&["203.0.113.0/24", "198.51.100.0/24"]));
        assert_eq!(rules["inbound_ssh_ipv6"].sources, list(&["2001:db8::/32"]));
        assert_eq!((rules["inbound_ssh"].priority, rules["inbound_ssh_ipv6"].priority), (100, 101));

        let rules = default_rules(&Sources { ssh: list(&["2001:db8::/32"]), ..Sources::default() });
        assert_eq!(rules["inbound_ssh"].sources, list(&["2001:db8::/32"]));
        assert!(!rules.contains_key("inbound_ssh_ipv6"));

        let rules = default_rules(&Sources { ssh: list(&["203.0.113.0/24", "*"]), ..Sources::default() });
        assert_eq!(rules["inbound_ssh"].sources, list(&["*"]));
    }

    #[test]
    fn an_ipv4_network_has_no_ipv6_rule() {
        let rules = default_rules(&Sources { internal: list(&["10.0.0.0/8"]), ..Sources::default() });
        assert_eq!(rules["inbound_internal"].sources, list(&["10.0.0.0/8"]));
        assert!(!rules.contains_key("inbound_internal_ipv6"));
    }

    #[test]
    fn no_two_rules_share_a_priority() {
        let mixed = list(&["2001:db8::/32", "203.0.113.0/24"]);
        let rules = default_rules(&Sources {
            ssh: mixed.clone(),
            api: mixed.clone(),
            wireguard: mixed.clone(),
            internal: mixed,
        });
        let priorities: BTreeSet<u16> = rules.values().map(|row| row.priority).collect();
        assert_eq!((rules.len(), priorities.len()), (10, 10));
    }

    #[test]
    fn sources_are_told_apart() {
        assert_eq!(source("*"), Ok(Source::Anywhere));
        assert!(matches!(source("0.0.0.0/0"), Ok(Source::Range(_))));
        assert!(matches!(source("fd12:babe:cafe::/48"), Ok(Source::Range(_))));
        assert_eq!(source("Internet"), Ok(Source::ServiceTag));
        assert_eq!(source("AzureCloud.westeurope"), Ok(Source::ServiceTag));
        assert_eq!(source("203.0.113.7"), Err(SourceError::Address(32)));
        assert_eq!(source("::1"), Err(SourceError::Address(128)));
        assert_eq!(source("10.0.0.1/8"), Err(SourceError::HostBits("10.0.0.0/8".parse().unwrap())));
        for text in
            ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "a b", "1.2.3.4-5", ".x", "x.", "300.1.1.1/8", "x/8"]
        {
            assert_eq!(source(text), Err(SourceError::NotARange), "{text:?}");
        }
    }
}
