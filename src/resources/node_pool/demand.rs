//! What this process plans to take of each quota, over all pools (M24, HM5).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::plan::find;
use super::wanted::{Roster, Wanted};
use crate::cloud::{Quota, SkuSeen};
use crate::value::Value;

/// Public addresses.
const ADDRESSES: &str = "PublicIPAddresses";
/// Static ones of the kind that we make.
const STANDARD_ADDRESSES: &str = "StandardSkuPublicIpAddresses";
/// Cards.
const CARDS: &str = "NetworkInterfaces";

/// What one pool's plan takes, less what it frees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// Region.
    pub(super) location: String,
    /// By counter.
    pub(super) counts: BTreeMap<String, i64>,
}

impl Demand {
    /// Of a plan. Machine types that the region does not list take nothing: they are an error of their own.
    pub(super) fn of(
        prior: &Value,
        planned: &Value,
        roster: &Roster,
        resized: &BTreeMap<String, String>,
        skus: &[SkuSeen],
        location: &str,
    ) -> Self {
        let mut demand = Self { location: location.to_owned(), counts: BTreeMap::new() };
        let offer = Wanted(planned).offers().and_then(|offers| offers.into_iter().next());
        let was_spot = Wanted(prior).offers().is_some_and(|offers| offers.iter().any(|offer| offer.spot));
        let has =
            |node: &str| prior.get("nodes").get(node).get("sku").as_str().and_then(|sku| find(skus, sku));
        let wants = offer.as_ref().and_then(|offer| find(skus, &offer.sku));
        let spot = offer.as_ref().is_some_and(|offer| offer.spot);
        for _ in roster.added.keys() {
            demand.machine(wants, spot, 1);
            *demand.counts.entry(Quota::MACHINES.into()).or_default() += 1;
            *demand.counts.entry(CARDS.into()).or_default() += 1;
        }
        for node in roster.anew.keys() {
            demand.machine(has(node), was_spot, -1);
            demand.machine(wants, spot, 1);
        }
        for (node, sku) in resized {
            demand.machine(has(node), was_spot, -1);
            demand.machine(find(skus, sku), spot, 1);
        }
        let existing =
            |node: &&String| prior.get("nodes").as_map().is_some_and(|nodes| nodes.contains_key(*node));
        for node in roster.gone.iter().filter(existing) {
            demand.machine(has(node), was_spot, -1);
            *demand.counts.entry(Quota::MACHINES.into()).or_default() -= 1;
            *demand.counts.entry(CARDS.into()).or_default() -= 1;
        }
        for name in ["public_ipv4", "public_ipv6"] {
            let wanted = planned.get(name).as_bool() == Some(true);
            let taken = |node: &String| !prior.get("nodes").get(node).get(name).is_null();
            let mut change = 0;
            if wanted {
                change += many(roster.added.len());
                change += many(roster.kept.iter().filter(|node| !taken(node)).count());
            } else {
                change -= many(roster.kept.iter().filter(|node| taken(node)).count());
            }
            change -= many(roster.gone.iter().filter(existing).filter(|node| taken(node)).count());
            *demand.counts.entry(ADDRESSES.into()).or_default() += change;
            *demand.counts.entry(STANDARD_ADDRESSES.into()).or_default() += change;
        }
        demand
    }

    fn machine(&mut self, sku: Option<&SkuSeen>, spot: bool, sign: i64) {
        let Some(sku) = sku else { return };
        let cores = i64::from(sku.vcpus) * sign;
        if spot {
            *self.counts.entry(Quota::SPOT_CORES.into()).or_default() += cores;
        } else {
            *self.counts.entry(Quota::CORES.into()).or_default() += cores;
            *self.counts.entry(sku.family.clone()).or_default() += cores;
        }
    }
}

/// A number of nodes, which is far below what fits.
fn many(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What all pools of this process plan, each replaced when it is planned again.
#[derive(Debug, Default)]
pub(super) struct Demands(Mutex<BTreeMap<(String, String), Demand>>);

impl Demands {
    /// Keeps what a pool plans, and says what all pools together take of each counter in its region.
    pub(super) fn plan(&self, network: &str, pool: &str, demand: Demand) -> BTreeMap<String, i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let location = demand.location.clone();
        all.insert((network.to_ascii_lowercase(), pool.to_owned()), demand);
        let mut sum = BTreeMap::new();
        for one in all.values().filter(|one| super::place::same_region(&one.location, &location)) {
            for (name, count) in &one.counts {
                *sum.entry(name.clone()).or_default() += count;
            }
        }
        sum
    }

    /// The pool's apply begins: from now on the cloud counts what it takes. Whether its plan was checked.
    pub(super) fn begin(&self, network: &str, pool: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(network.to_ascii_lowercase(), pool.to_owned())).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Demand, Demands, Quota};

    #[test]
    fn a_pool_is_counted_once_and_leaves_when_its_apply_begins() {
        let demands = Demands::default();
        let of = |cores| Demand {
            location: "westus".into(),
            counts: BTreeMap::from([(Quota::CORES.to_owned(), cores)]),
        };
        assert_eq!(demands.plan("/n", "a", of(4))[Quota::CORES], 4);
        assert_eq!(demands.plan("/n", "b", of(8))[Quota::CORES], 12);
        assert_eq!(demands.plan("/N", "a", of(6))[Quota::CORES], 14, "planned again it is replaced");
        let elsewhere = Demand { location: "eastus".into(), ..of(100) };
        assert_eq!(demands.plan("/m", "a", elsewhere)[Quota::CORES], 100, "regions are counted apart");
        assert!(demands.begin("/n", "a"));
        assert!(!demands.begin("/n", "a"));
        assert_eq!(demands.plan("/n", "b", of(8))[Quota::CORES], 8);
    }
}
