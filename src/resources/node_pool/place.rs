//! Where a pool is: region, first address, and what is known of its network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::IpNet;

use super::check::wrong;
use super::wanted::{AZURE, Wanted};
use super::{NodePool, explain};
use crate::cloud::{CloudError, Machines};
use crate::diagnostics::Diagnostic;
use crate::lifecycle::Planning;
use crate::outcome::Presence;
use crate::schema::Planned;
use crate::time::Patience;
use crate::value::{Path, Value};

/// Host number of the primary in its subnet (m3).
const PRIMARY_HOST: u32 = 69;

/// What is known of the pool's network.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) location: Option<String>,
    pub(super) subnets: Option<BTreeMap<String, Vec<IpNet>>>,
    pub(super) groups: Option<BTreeSet<String>>,
    pub(super) way_out: Option<bool>,
    /// Why something could not be asked.
    pub(super) unasked: Option<String>,
}

impl NodePool {
    /// What this process or the cloud knows of the network. The cloud is asked only for what a create needs.
    pub(super) async fn surroundings(
        &self,
        planning: &Planning,
        machines: Option<&dyn Machines>,
        patience: &Patience,
    ) -> Result<Surroundings, Diagnostic> {
        let wanted = Wanted(&planning.planned);
        let Some(network) = wanted.network() else { return Ok(Surroundings::default()) };
        let mut known = Surroundings::default();
        if let Some(planned) = self.networks.get(network) {
            known.location = planned.location;
            known.subnets = planned.subnets;
            known.groups = planned.groups;
            known.way_out = planned.way_out;
        }
        if !planning.creates() {
            return Ok(known);
        }
        let needs_ranges = first_address_is_ours(&planning.planned, &planning.config);
        if known.location.is_some() && (known.subnets.is_some() || !needs_ranges) {
            return Ok(known);
        }
        let Some(machines) = machines else { return Ok(known) };
        if known.location.is_none() {
            match machines.location_of(network, patience).await {
                Ok(Presence::Here(location)) => known.location = Some(location),
                Ok(_) => known.unasked = Some("the network is not there yet".into()),
                Err(CloudError::NoCredentials { .. }) => {
                    known.unasked = Some("there are no credentials yet".into());
                }
                Err(error) => return Err(explain::pool(&error, "Looking for the network", None)),
            }
        }
        if known.location.is_some() && known.subnets.is_none() && needs_ranges {
            match machines.subnet_ranges(network, patience).await {
                Ok(found) => known.subnets = found.here(),
                Err(error) => return Err(explain::pool(&error, "Looking at the network's subnets", None)),
            }
        }
        Ok(known)
    }

    /// Region and first private address.
    pub(super) fn settle_place(planning: &mut Planning, known: &Surroundings) {
        let configured = planning.config.get("location").as_str().map(str::to_owned);
        let remembered = planning.prior.get("location").clone();
        if let (Some(configured), Some(location)) = (&configured, &known.location)
            && !same_region(configured, location)
        {
            planning.diagnostics.push(wrong(
                "Region is not the network's",
                format!(
                    "The pool's location is {configured:?}, and its network is in {location:?}. Leave it out."
                ),
                Path::of("location"),
            ));
        }
        if configured.is_none() {
            let location = match (&known.location, remembered) {
                (_, remembered) if !remembered.is_null() => remembered,
                (Some(location), _) => Value::string(location.clone()),
                (None, _) => Value::unknown(),
            };
            planning.planned.set("location", location);
        } else if remembered
            .as_str()
            .is_some_and(|old| configured.as_deref().is_some_and(|new| same_region(old, new)))
        {
            planning.planned.set("location", remembered);
        }
        if planning.config.get("private_ipv4").is_null() && planning.prior.get("private_ipv4").is_null() {
            let address = match planning.planned.get("role") {
                Value::Unknown(_) if planning.creates() => Value::unknown(),
                _ if !planning.creates() || !first_address_is_ours(&planning.planned, &planning.config) => {
                    Value::Null
                }
                _ => match (&known.subnets, Wanted(&planning.planned).texts("subnets")) {
                    (Some(subnets), Some(chosen)) => first_address(subnets, &chosen)
                        .map_or(Value::Null, |ip| Value::string(ip.to_string())),
                    _ => Value::unknown(),
                },
            };
            planning.planned.set("private_ipv4", address);
        }
    }

    /// At apply: what the plan could not know of the place.
    pub(super) async fn resolve(
        &self,
        planned: &mut Value,
        machines: &dyn Machines,
        patience: &Patience,
    ) -> Result<(), Diagnostic> {
        let network = Wanted(planned).network().unwrap_or_default().to_owned();
        if planned.get("location").as_str().is_none() {
            match machines.location_of(&network, patience).await {
                Ok(Presence::Here(location)) => planned.set("location", Value::string(location)),
                Ok(_) => {
                    return Err(wrong(
                        "No such network",
                        format!("There is no network {network}. Create it first, or correct network_id."),
                        Path::of("network_id"),
                    ));
                }
                Err(error) => return Err(explain::pool(&error, "Looking for the network", None)),
            }
        }
        if planned.get("private_ipv4").is_unknown() {
            let address = if planned.get("role").as_str() == Some("primary") {
                let ranges = machines
                    .subnet_ranges(&network, patience)
                    .await
                    .map_err(|error| explain::pool(&error, "Looking at the network's subnets", None))?;
                let chosen = Wanted(planned).texts("subnets").unwrap_or_default();
                ranges.here().and_then(|ranges| first_address(&ranges, &chosen))
            } else {
                None
            };
            planned.set("private_ipv4", address.map_or(Value::Null, |ip| Value::string(ip.to_string())));
        }
        if planned.get("id").is_unknown() {
            let id = super::convert::id(&network, Wanted(planned).name().unwrap_or_default());
            planned.set("id", Value::string(id));
        }
        Ok(())
    }

    /// The id of the pool, where the network's is known.
    pub(super) fn settle_id(planning: &mut Planning) {
        let wanted = Wanted(&planning.planned);
        let id = match (wanted.network(), wanted.name()) {
            (Some(network), Some(name)) => Value::string(super::convert::id(network, name)),
            _ => Value::unknown(),
        };
        if planning.creates() || !planning.prior.get("id").as_str().is_some_and(|old| same_id(old, &id)) {
            planning.planned.set("id", id);
        }
        let (old, new) =
            (planning.prior.get("network_id").clone(), planning.planned.get("network_id").clone());
        if old.as_str().is_some_and(|old| same_id(old, &new)) && planning.config.get("network_id") == &old {
            planning.planned.set("network_id", old);
        }
    }

    /// The region for checks at plan where the network is not known: the provider's, as a guess.
    pub(super) fn guessed_region(&self) -> Option<String> {
        match &self.context.settings().location {
            Planned::Known(location) => location.clone(),
            Planned::Unknown => None,
        }
    }
}

/// Whether two ids name one object, with and without the cloud's prefix and in any case.
pub(super) fn same_id(old: &str, new: &Value) -> bool {
    let plain = |text: &str| text.trim_start_matches(AZURE).trim_end_matches('/').to_ascii_lowercase();
    new.as_str().is_some_and(|new| plain(old) == plain(new))
}

/// Whether two spellings name one region.
pub(super) fn same_region(left: &str, right: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(' ', "");
    plain(left) == plain(right)
}

/// Whether we choose the first node's address.
fn first_address_is_ours(planned: &Value, config: &Value) -> bool {
    planned.get("role").as_str() == Some("primary") && config.get("private_ipv4").is_null()
}

/// Host 69 of the first node's subnet; none where the subnet is too small for it.
fn first_address(subnets: &BTreeMap<String, Vec<IpNet>>, chosen: &[String]) -> Option<Ipv4Addr> {
    let ranges = match chosen.first() {
        Some(name) => subnets.get(name)?,
        None => subnets.values().next()?,
    };
    let range = ranges.iter().find_map(|range| match range {
        IpNet::V4(range) => Some(range),
        IpNet::V6(_) => None,
    })?;
    let address = Ipv4Addr::from(u32::from(range.network()).checked_add(PRIMARY_HOST)?);
    (range.contains(&address) && address != range.broadcast()).then_some(address)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::first_address;

    #[test]
    fn the_primary_is_host_69_of_its_subnet() {
        let subnets = BTreeMap::from([
            ("a".to_owned(), vec!["fd12::/64".parse().unwrap(), "10.177.2.0/24".parse().unwrap()]),
            ("small".to_owned(), vec!["10.177.9.0/26".parse().unwrap()]),
        ]);
        let address = |chosen: &[&str]| {
            let chosen: Vec<String> = chosen.iter().map(|name| (*name).to_owned()).collect();
            first_address(&subnets, &chosen).map(|ip| ip.to_string())
        };
        assert_eq!(address(&[]).as_deref(), Some("10.177.2.69"));
        assert_eq!(address(&["a", "small"]).as_deref(), Some("10.177.2.69"));
        assert_eq!(address(&["small"]), None);
        assert_eq!(address(&["none"]), None);
    }
}
