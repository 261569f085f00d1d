//! Random configurations of a network: valid ones, changes of them, and ones that are not known yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Arguments by name, each the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Configuration(pub(crate) BTreeMap<String, String>);

impl Configuration {
    /// The body of the block.
    pub(crate) fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name} = {value}");
            text
        })
    }

    /// The same with some arguments not known yet, or some lists inside its rules.
    fn with_unknown(&self, arguments: &[String], inside: bool) -> Self {
        let mut known = self.0.clone();
        for name in arguments {
            known.insert(name.clone(), "unknown()".to_owned());
        }
        if inside && let Some(rules) = known.get_mut("rules") {
            *rules = first_source_unknown(rules).replace("ports = [\"22\"]", "ports = unknown()");
        }
        Self(known)
    }
}

/// The first range of each list in the place of which something unknown stands: a list keeps its length.
fn first_source_unknown(rules: &str) -> String {
    let mut parts = rules.split("[\"10.");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("[unknown()");
        text.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    text
}

/// A runner that always makes the same cases.
pub(crate) fn runner(seed: u8) -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// One case of a strategy.
pub(crate) fn sample<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

/// A valid network with the given name.
pub(crate) fn network(name: &str) -> impl Strategy<Value = Configuration> + use<> {
    let name = format!("{name:?}");
    let sources = prop_oneof![
        rules().prop_map(|rules| vec![("rules", rules)]),
        (option(0.5, cidrs()), option(0.5, cidrs())).prop_map(|(ssh, api)| {
            let both = [ssh.map(|ssh| ("ssh_sources", ssh)), api.map(|api| ("api_sources", api))];
            both.into_iter().flatten().collect()
        }),
    ];
    let groups = btree_map("[a-z]{3,6}", rules(), 1..3).prop_map(|groups| {
        let groups = groups.iter().map(|(name, rules)| format!("{name} = {{ rules = {rules} }}"));
        format!("{{ {} }}", groups.collect::<Vec<_>>().join(", "))
    });
    let rest = (
        option(0.4, subnets()),
        option(0.3, groups),
        option(0.5, tags()),
        option(0.3, select(vec!["\"4h\"", "\"2d\"", "\"90m\""])),
        option(0.3, select(vec!["\"remove\"", "\"keep\"", "\"error\""])),
        option(0.3, any::<bool>()),
        option(0.3, select(vec!["{ create = \"10m\" }", "{ read = \"2m\", delete = \"1h\" }", "{}"])),
    );
    (sources, rest).prop_map(move |(sources, (subnets, groups, tags, ttl, foreign, nat, timeouts))| {
        let mut arguments = BTreeMap::from([
            ("name".to_owned(), name.clone()),
            ("location".to_owned(), "\"westeurope\"".to_owned()),
            // Whether somebody gets in by SSH is another rule's test.
            ("allow_lockout".to_owned(), "true".to_owned()),
        ]);
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                arguments.insert(name.to_owned(), value);
            }
        };
        for (name, value) in sources {
            put(name, Some(value));
        }
        put("subnets", subnets);
        put("security_groups", groups);
        put("tags", tags);
        put("ttl", ttl.map(str::to_owned));
        put("foreign_rules", foreign.map(str::to_owned));
        put("nat_gateway", nat.map(|nat| nat.to_string()));
        put("timeouts", timeouts.map(str::to_owned));
        Configuration(arguments)
    })
}

/// The same configuration before some of it is known.
pub(crate) fn partly_unknown(known: &Configuration) -> impl Strategy<Value = Configuration> + use<> {
    // A name, a location and maps with keys of their own are what for_each and ids hang on: the rest.
    let may: Vec<String> = known
        .0
        .keys()
        .filter(|name| {
            [
                "tags",
                "ttl",
                "rules",
                "ssh_sources",
                "api_sources",
                "subnets",
                "security_groups",
                "nat_gateway",
            ]
            .contains(&name.as_str())
        })
        .cloned()
        .collect();
    let known = known.clone();
    let count = may.len();
    (subsequence(may, 0..=count), any::<bool>())
        .prop_map(move |(arguments, inside)| known.with_unknown(&arguments, inside))
}

fn option<T: std::fmt::Debug + Clone>(
    chance: f64,
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(chance, strategy)
}

fn quoted(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts = texts.into_iter().map(|text| format!("{:?}", text.as_ref()));
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

/// Ranges that do not overlap each other, since Azure refuses a rule that names one place twice.
fn cidrs() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[\"*\"]".to_owned()),
        btree_set(1_u8..250, 1..4)
            .prop_map(|octets: BTreeSet<u8>| quoted(octets.iter().map(|octet| format!("10.{octet}.0.0/16")))),
        Just(quoted(["2001:db8::/32"])),
    ]
}

fn ports() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[\"22\"]".to_owned()),
        Just("[\"*\"]".to_owned()),
        btree_set(0_u16..60, 1..4).prop_map(|thousands: BTreeSet<u16>| {
            quoted(thousands.iter().map(|one| match one % 2 {
                0 => format!("{}", one * 1000 + 1),
                _ => format!("{}-{}", one * 1000 + 1, one * 1000 + 500),
            }))
        }),
    ]
}

fn rules() -> impl Strategy<Value = String> {
    let rule = (
        option(0.5, select(vec!["inbound", "outbound"])),
        option(0.5, select(vec!["allow", "deny"])),
        option(0.7, select(vec!["tcp", "udp", "*"])),
        option(0.6, cidrs()),
        option(0.6, ports()),
    );
    vec(rule, 1..6).prop_map(|rules| {
        let rules =
            rules.into_iter().enumerate().map(|(index, (direction, access, protocol, sources, ports))| {
                // One priority for each rule, whatever its direction.
                let mut fields = vec![format!("priority = {}", 100 + index * 10)];
                let mut word = |name: &str, value: Option<&str>| {
                    fields.extend(value.map(|value| format!("{name} = {value:?}")))
                };
                word("direction", direction);
                word("access", access);
                word("protocol", protocol);
                fields.extend(sources.map(|sources| format!("sources = {sources}")));
                fields.extend(ports.map(|ports| format!("ports = {ports}")));
                format!("rule-{index} = {{ {} }}", fields.join(", "))
            });
        format!("{{ {} }}", rules.collect::<Vec<_>>().join(", "))
    })
}

fn subnets() -> impl Strategy<Value = String> {
    btree_map(0_u8..200, any::<bool>(), 1..4).prop_map(|subnets| {
        let subnets = subnets.iter().map(|(number, both)| {
            let ipv6 = if *both {
                format!(", ipv6_cidr = \"fd12:babe:cafe:{number:x}::/64\"")
            } else {
                String::new()
            };
            format!("subnet-{number} = {{ ipv4_cidr = \"10.177.{number}.0/24\"{ipv6} }}")
        });
        format!("{{ {} }}", subnets.collect::<Vec<_>>().join(", "))
    })
}

fn tags() -> impl Strategy<Value = String> {
    btree_map("[a-z]{2,5}", "[a-z0-9 ]{0,8}", 0..4).prop_map(|tags| {
        let tags = tags.iter().map(|(key, value)| format!("{key} = {value:?}"));
        format!("{{ {} }}", tags.collect::<Vec<_>>().join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_cases_and_another_seed_others() {
        let cases = |seed| {
            let mut runner = runner(seed);
            let strategy = network("net");
            (0..20).map(|_| sample(&mut runner, &strategy).text()).collect::<Vec<_>>()
        };
        assert_eq!(cases(1), cases(1));
        assert_ne!(cases(1), cases(2));
        let distinct: BTreeSet<String> = cases(1).into_iter().collect();
        assert!(distinct.len() > 15, "{}", distinct.len());
    }

    #[test]
    fn unknown_elements_take_the_place_of_known_ones() {
        let rules = r#"{ a = { sources = ["10.1.0.0/16", "10.2.0.0/16"] }, b = { sources = ["*"] } }"#;
        let expected = r#"{ a = { sources = [unknown(), "10.2.0.0/16"] }, b = { sources = ["*"] } }"#;
        assert_eq!(first_source_unknown(rules), expected);
    }

    #[test]
    fn partly_unknown_configurations_name_the_same_arguments() {
        let mut runner = runner(3);
        let mut unknown = 0;
        for _ in 0..20 {
            let known = sample(&mut runner, &network("net"));
            let vague = sample(&mut runner, &partly_unknown(&known));
            assert!(known.0.keys().eq(vague.0.keys()));
            unknown += vague.text().matches("unknown()").count();
        }
        assert!(unknown > 10, "{unknown}");
    }
}
