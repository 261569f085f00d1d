//! What this process has planned of networks: a pool needs region and ranges before its network exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;

use crate::value::Value;

/// A network as it was planned last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedNetwork {
    /// Region; absent while it is not known.
    pub(super) location: Option<String>,
    /// Ranges of each subnet; absent while one is not known.
    pub(super) subnets: Option<BTreeMap<String, Vec<IpNet>>>,
    /// Names of its security groups, with `default`; absent while they are not known.
    pub(super) groups: Option<BTreeSet<String>>,
    /// Whether machines without a public address have a way out; absent while it is not known.
    pub(super) way_out: Option<bool>,
}

/// Networks by their id.
#[derive(Debug, Default)]
pub(super) struct PlannedNetworks(Mutex<BTreeMap<String, PlannedNetwork>>);

impl PlannedNetworks {
    /// Remembers a planned network; a plan without a known id is nothing to remember.
    pub(super) fn remember(&self, planned: &Value) {
        let Some(id) = planned.get("id").as_str() else { return };
        let existing = !planned.get("existing_network_id").is_null();
        let mut ranges = BTreeMap::new();
        let mut known = !existing && planned.get("subnets").as_map().is_some();
        for (name, subnet) in planned.get("subnets").as_map().into_iter().flatten() {
            known &= subnet.is_wholly_known();
            let texts = ["ipv4_cidr", "ipv6_cidr"].into_iter().filter_map(|name| subnet.get(name).as_str());
            ranges.insert(name.clone(), texts.filter_map(|text| text.parse().ok()).collect());
        }
        let groups = planned.get("security_groups");
        let network = PlannedNetwork {
            location: planned.get("location").as_str().map(str::to_owned),
            subnets: known.then_some(ranges),
            groups: (!groups.is_unknown()).then(|| {
                let further = groups.as_map().into_iter().flatten().map(|(name, _)| name.clone());
                further.chain(["default".to_owned()]).collect()
            }),
            way_out: if existing { None } else { planned.get("nat_gateway").as_bool() },
        };
        self.lock().insert(key(id), network);
    }

    /// A network that this process has planned.
    pub(super) fn get(&self, id: &str) -> Option<PlannedNetwork> {
        self.lock().get(&key(id)).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, PlannedNetwork>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids with and without the cloud's prefix, in any case, are one.
fn key(id: &str) -> String {
    id.trim_start_matches("azure:").to_ascii_lowercase()
}
