//! The fault matrices of `bud_network` and `bud_node_pool`: every request of every verb is made to go wrong, then the same
//! configuration is applied again, and what stands must be exactly what the state says.

mod case;
mod course;
pub(crate) mod matrix;
mod pool_case;
mod pool_matrix;
mod stop;
mod unfinished;

use std::collections::BTreeSet;

use bud::value::Value;
use serde_json::{Value as Json, json};

pub(crate) use matrix::whole;

use crate::harness::host::Host;
use crate::harness::world::{Ledger, World};

const ADDRESS: &str = "bud_network.this";

/// What a create makes: something of every kind.
const FULL: &str = r#"
name            = "net"
location        = "westeurope"
nat_gateway     = true
security_groups = { gpu = { rules = { a = { priority = 100 } } } }
"#;

/// What an update comes from.
const BEFORE: &str = r#"
name            = "net"
location        = "westeurope"
tags            = { team = "bud", gone = "soon" }
rules           = { ssh = { priority = 100, protocol = "tcp", ports = ["22"] } }
security_groups = { gpu = { rules = { a = { priority = 100 } } }, old = { rules = { a = { priority = 100 } } } }
subnets         = {
  budk8s-common = { ipv4_cidr = "10.177.2.0/24" }
  old           = { ipv4_cidr = "10.177.8.0/24" }
}
"#;

/// What it comes to: rules, tags, subnets and security groups that are new, other and gone.
const AFTER: &str = r#"
name            = "net"
location        = "westeurope"
tags            = { team = "Bud", cost = "42" }
rules           = {
  ssh = { priority = 100, protocol = "tcp", ports = ["22"], sources = ["10.1.0.0/16"] }
  web = { priority = 110, protocol = "tcp", ports = ["80", "443"] }
}
security_groups = { gpu = { rules = { b = { priority = 200 } } }, new = { rules = { a = { priority = 100 } } } }
subnets         = {
  budk8s-common = { ipv4_cidr = "10.177.2.0/24" }
  new           = { ipv4_cidr = "10.177.9.0/24" }
}
"#;

/// The ids of everything that exists, in one case.
fn ids(ledger: &Ledger) -> BTreeSet<String> {
    ledger.objects.iter().map(|object| object.id.to_lowercase()).collect()
}

/// The owners that the parts carry, as their tags have them.
fn owners(ledger: &Ledger) -> BTreeSet<&str> {
    ledger.objects.iter().filter_map(|object| object.tags.get("bud:owner")).map(String::as_str).collect()
}

/// Every id that a value holds.
fn named(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        if let Some(text) = next.as_str().filter(|text| text.starts_with("/subscriptions/")) {
            found.insert(text.to_lowercase());
        }
        if let Some(parts) = next.as_map() {
            open.extend(parts.values());
        }
        if let Some(parts) = next.as_list() {
            open.extend(parts);
        }
    }
    found
}

/// What stands is what the state says and nothing else: the ids are those expected, the state names no
/// other, and all parts carry the one owner.
fn assert_stands(case: &str, host: &Host, ledger: &Ledger, expected: &BTreeSet<String>) {
    assert_eq!(&ids(ledger), expected, "{case}: the ledger");
    assert_eq!(owners(ledger).len(), 1, "{case}: owners {:?}", owners(ledger));
    assert!(!owners(ledger).contains(""), "{case}: a part is nobody's");
    let state = named(&host.value(ADDRESS));
    assert!(!state.is_empty(), "{case}: the state names nothing");
    let strange: Vec<_> = state.difference(expected).collect();
    assert!(strange.is_empty(), "{case}: the state names what is not there: {strange:?}");
}

/// Destroys, once, and nothing is left.
async fn assert_goes(case: &str, world: &World, host: &mut Host) {
    let outcome = host.destroy(ADDRESS).await;
    assert!(!outcome.failed(), "{case}: the destroy\n{}", outcome.text());
    assert_eq!(ids(&world.ledger().await), BTreeSet::new(), "{case}: after the destroy");
    assert_eq!(host.instance(ADDRESS), None, "{case}: the state after the destroy");
}

/// One fault at request `n`, and no answer to anything after it: for a provider that dies there.
fn last_request(n: u64, fault: &Json) -> Json {
    json!({ "rules": [
        { "when": { "n": n }, "do": fault },
        { "when": { "nth": n + 1, "times": 0 }, "do": "hang" },
    ] })
}
