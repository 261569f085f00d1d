//! Reading a planned pool of which parts may not be known yet.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use crate::cloud::Offer;
use crate::foundry::nodes::{CloudName, Sku, cloud_name};
use crate::value::Value;

/// Prefix of the ids of networks and pools in Azure.
pub(super) const AZURE: &str = "azure:";

/// What a plan says of a pool; each answer is absent while it is not known.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a>(pub(super) &'a Value);

impl<'a> Wanted<'a> {
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).as_str()
    }

    pub(super) fn name(self) -> Option<&'a str> {
        self.text("name")
    }

    /// The cloud's own id of the network.
    pub(super) fn network(self) -> Option<&'a str> {
        self.text("network_id").map(|id| id.trim_start_matches(AZURE))
    }

    /// How many nodes.
    pub(super) fn count(self) -> Option<usize> {
        match self.0.get("node_count") {
            Value::Number(number) => number.as_i64().and_then(|count| usize::try_from(count).ok()),
            _ => None,
        }
    }

    /// A list of texts, empty where there is none.
    pub(super) fn texts(self, name: &str) -> Option<Vec<String>> {
        let value = self.0.get(name);
        if value.is_null() {
            return Some(Vec::new());
        }
        value.as_list()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    }

    /// Names of nodes that shall not exist.
    pub(super) fn removed(self) -> Option<BTreeSet<String>> {
        Some(self.texts("remove_nodes")?.into_iter().collect())
    }

    /// Ways to get a machine, in order, under the cloud's names.
    pub(super) fn offers(self) -> Option<Vec<Offer>> {
        let offers = self.0.get("offers");
        if offers.is_null() {
            let sku = self.text("sku")?;
            let spot = self.0.get("spot");
            return (!spot.is_unknown())
                .then(|| vec![Offer { sku: full(sku), zone: None, spot: !spot.is_null() }]);
        }
        let one = |offer: &Value| {
            let zone = offer.get("zone");
            (!zone.is_unknown()).then_some(())?;
            Some(Offer {
                sku: full(offer.get("sku").as_str()?),
                zone: zone.as_str().map(str::to_owned),
                spot: match offer.get("spot") {
                    Value::Null => false,
                    spot => spot.as_bool()?,
                },
            })
        };
        offers.as_list()?.iter().map(one).collect()
    }

    /// The zone that the pool gives a new node, where the offers do not say one.
    #[expect(clippy::option_option, reason = "not known yet, or known to be none")]
    pub(super) fn zone(self, number: u32) -> Option<Option<String>> {
        let zones = self.texts("zones")?;
        let count = u32::try_from(zones.len()).ok()?;
        Some(number.checked_rem(count).and_then(|place| zones.get(place as usize).cloned()))
    }

    /// Size of a new system disk in GiB. `gpus`: whether the machine type has any.
    pub(super) fn os_disk_gb(self, gpus: bool) -> u32 {
        let given = match self.0.get("os_disk").get("size_gb") {
            Value::Number(number) => number.as_i64().and_then(|size| u32::try_from(size).ok()),
            _ => None,
        };
        given.unwrap_or(match self.text("role") {
            _ if gpus => 512,
            Some("primary" | "server") => 128,
            Some("ingress") => 64,
            _ => 256,
        })
    }

    /// Whether the nodes hold the control plane, so that they change one at a time.
    pub(super) fn serves(self) -> bool {
        matches!(self.text("role"), Some("primary" | "server"))
    }
}

/// The cloud's own name of what the user wrote, in whatever case the prefix is.
pub(super) fn full(written: &str) -> String {
    let prefix = "Standard_";
    match written.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => {
            cloud_name(CloudName::Azure, &format!("{prefix}{}", &written[prefix.len()..]))
        }
        _ => cloud_name(CloudName::Azure, written),
    }
}

/// The machine type, where it is known by heart.
pub(super) fn by_heart(sku: &str) -> Option<&'static Sku> {
    Sku::find(CloudName::Azure, sku)
}

/// Why a node's machine is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anew {
    /// It was lost or taken back.
    Lost,
    /// The configuration asks for it.
    Asked,
}

/// Which nodes a change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Roster {
    /// Those that exist and stay.
    pub(super) kept: BTreeSet<String>,
    /// Those among the kept whose machine is made anew.
    pub(super) anew: BTreeMap<String, Anew>,
    /// New ones, with their numbers.
    pub(super) added: BTreeMap<String, u32>,
    /// Those that go, and what an earlier run left half made.
    pub(super) gone: BTreeSet<String>,
}

impl Roster {
    /// Of a state and a plan; absent while the plan does not know it.
    pub(super) fn of(prior: &Value, planned: &Value) -> Option<Self> {
        let wanted = Wanted(planned);
        let (pool, count, removed) = (wanted.name()?, wanted.count()?, wanted.removed()?);
        if planned.get("replace_nodes").is_unknown() {
            return None;
        }
        let existing = keys(prior.get("nodes"));
        let states = prior.get("node_states");
        let have: BTreeSet<u32> = existing.iter().filter_map(|node| names::number(pool, node)).collect();
        let not: BTreeSet<u32> = removed.iter().filter_map(|node| names::number(pool, node)).collect();
        let mut roster = Self::default();
        for number in names::allocate(&have, &not, count) {
            let node = names::node_name(pool, number);
            if !existing.contains(&node) {
                roster.added.insert(node, number);
                continue;
            }
            let asked = |object: &Value| object.get("replace_nodes").get(&node).clone();
            let lost = matches!(states.get(&node).as_str(), Some("missing" | "evicted"));
            if lost {
                roster.anew.insert(node.clone(), Anew::Lost);
            } else if !asked(planned).is_null() && asked(planned) != asked(prior) {
                roster.anew.insert(node.clone(), Anew::Asked);
            }
            roster.kept.insert(node);
        }
        // What an earlier run left half made has a state although it is no node yet.
        roster.gone = existing
            .into_iter()
            .chain(keys(states))
            .filter(|node| !roster.kept.contains(node) && !roster.added.contains_key(node))
            .collect();
        Some(roster)
    }

    /// Every node that shall be, by its number.
    pub(super) fn nodes(&self, pool: &str) -> Vec<(u32, String)> {
        let mut nodes: Vec<(u32, String)> = self
            .kept
            .iter()
            .chain(self.added.keys())
            .filter_map(|node| Some((names::number(pool, node)?, node.clone())))
            .collect();
        nodes.sort();
        nodes
    }
}

/// The keys of a map.
pub(super) fn keys(map: &Value) -> BTreeSet<String> {
    map.as_map().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{AZURE, Wanted, full};
    use crate::value::Value;

    #[test]
    fn names_of_machine_types_are_the_clouds() {
        for (written, expected) in [
            ("gpu-a100", "Standard_NC24ads_A100_v4"),
            ("D32as_v5", "Standard_D32as_v5"),
            ("standard_D2s_v5", "Standard_D2s_v5"),
            ("D2s_v5", "Standard_D2s_v5"),
            ("", "Standard_"),
        ] {
            assert_eq!(full(written), expected, "{written}");
        }
    }

    #[test]
    fn disks_follow_the_role() {
        let size =
            |role: &str, gpus| Wanted(&Value::object([("role", Value::string(role))])).os_disk_gb(gpus);
        assert_eq!(
            [size("primary", false), size("server", false), size("ingress", false), size("worker", false)],
            [128, 128, 64, 256]
        );
        assert_eq!(size("worker", true), 512);
    }

    #[test]
    fn a_network_is_named_with_and_without_its_prefix() {
        for id in [format!("{AZURE}/subscriptions/a"), "/subscriptions/a".to_owned()] {
            let value = Value::object([("network_id", Value::string(id))]);
            assert_eq!(Wanted(&value).network(), Some("/subscriptions/a"));
        }
    }
}
