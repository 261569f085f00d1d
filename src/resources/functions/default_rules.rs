//! `provider::bud::default_rules(sources)`.

use std::collections::BTreeMap;

use crate::foundry::rules::{self, RuleRow, Source, Sources};
use crate::lifecycle::FunctionError;
use crate::schema::{Function, Parameter};
use crate::value::{Kind, Value};

use super::{Declared, listed, mistyped, object, parameter, refuse, suggestion, texts};

/// Keys of the argument.
const KEYS: [&str; 4] = ["ssh", "api", "wireguard", "internal"];

/// What the host is told.
pub(super) fn declare() -> Declared {
    let sources = "Who may reach what, a list of sources per key: `ssh` (port 22, by default `[\"*\"]`), `api` (the \
                   Kubernetes API on port 6443, by default `[]`), `wireguard` (port 51820, by default `[\"*\"]`) \
                   and `internal` (the network's own ranges, within which everything is allowed). `{}` and null \
                   give the default table.";
    let list = Kind::list(Kind::String);
    Declared {
        name: "default_rules",
        function: Function {
            summary: "Default network rules, narrowed by sources",
            doc: "Gives the rules that `bud_network` has by default, as a map that its `rules` argument takes, so \
                  that more can be laid over them with `merge`. A source is an address range in CIDR form, `*` \
                  or, alone in its list and on Azure only, a service tag. An empty list leaves the rule out. \
                  Where a list mixes IPv4 and IPv6 ranges, the IPv6 ones get a rule of their own, named \
                  `<rule>_ipv6`, because Azure refuses a mixture.\n\n\
                  The rules are `inbound_ssh` (100), `inbound_api` (150, only if `api` lists somebody), \
                  `inbound_wireguard` (200), `inbound_http` (400), `inbound_https` (500), `inbound_internal` \
                  (600) and `inbound_internal_ipv6` (650). Give `internal` where the network does not have the \
                  default ranges.",
            parameters: vec![Parameter {
                allow_null: true,
                ..parameter("sources", sources, Kind::map(list.clone()))
            }],
            returns: Kind::map(object(&[
                ("priority", Kind::Number),
                ("direction", Kind::String),
                ("access", Kind::String),
                ("protocol", Kind::String),
                ("sources", list.clone()),
                ("destinations", list.clone()),
                ("ports", list),
            ])),
            example: r#"provider::bud::default_rules({ api = ["203.0.113.0/24"] })"#,
        },
        call,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the type of every function's body")]
fn call(arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let none = BTreeMap::new();
    let given = match arguments.first() {
        None | Some(Value::Null) => &none,
        Some(given) => given.as_map().ok_or_else(|| mistyped(0))?,
    };
    let mut sources = Sources::default();
    for (key, list) in given {
        let into = match key.as_str() {
            "ssh" => &mut sources.ssh,
            "api" => &mut sources.api,
            "wireguard" => &mut sources.wireguard,
            "internal" => &mut sources.internal,
            _ => {
                let (suggestion, known) = (suggestion(key, KEYS), listed(KEYS));
                return Err(refuse(0, format!("There is no key {key:?}.{suggestion} The keys are {known}.")));
            }
        };
        if !list.is_null() {
            *into = checked(key, texts(list, 0)?)?;
        }
    }
    let rules = rules::default_rules(&sources);
    Ok(Value::object(rules.into_iter().map(|(name, row)| (name, value(row)))))
}

/// The sources of one key, each of which can be used.
fn checked(key: &str, sources: Vec<String>) -> Result<Vec<String>, FunctionError> {
    for text in &sources {
        let source = rules::source(text)
            .map_err(|error| refuse(0, format!("{key:?} cannot list {text:?}: {error}.")))?;
        match source {
            Source::Range(_) => {}
            _ if key == "internal" => {
                let why = "the network's own ranges are address ranges such as 10.177.0.0/16";
                return Err(refuse(0, format!("{key:?} cannot list {text:?}: {why}.")));
            }
            Source::ServiceTag if sources.len() > 1 => {
                let why = "Azure takes a service tag only alone, not in a list with other sources";
                return Err(refuse(0, format!("{key:?} cannot list {text:?}: {why}.")));
            }
            Source::Anywhere | Source::ServiceTag => {}
        }
    }
    Ok(sources)
}

fn value(row: RuleRow) -> Value {
    let list = |items: Vec<String>| Value::List(items.into_iter().map(Value::String).collect());
    Value::object([
        ("priority", Value::int(row.priority.into())),
        ("direction", Value::string(row.direction)),
        ("access", Value::string(row.access)),
        ("protocol", Value::string(row.protocol)),
        ("sources", list(row.sources)),
        ("destinations", list(row.destinations)),
        ("ports", list(row.ports)),
    ])
}
