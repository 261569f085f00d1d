//! Quotas: what a subscription may have in a region, and what it has.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::control;
use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::kind::Kind;
use super::list;
use super::place::Place;
use super::region;
use super::sku::{self, Sku};
use super::store::{Azure, Object};

/// Limits that were set, by region (empty: all) and name in small letters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits(BTreeMap<(String, String), u64>);

/// The limits of a new subscription here: large, so that only who asks for a limit meets one.
const CORES: u64 = 100_000;
const MACHINES: u64 = 25_000;
const ADDRESSES: u64 = 100_000;
const INTERFACES: u64 = 65_536;

/// One counter.
struct Counter {
    name: String,
    display: String,
    current: u64,
    limit: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    location: Option<String>,
    limits: BTreeMap<String, u64>,
}

/// `POST /quotas`: `{ "location": "westus", "limits": { "cores": 10 } }`; without a location everywhere.
pub(crate) fn set(world: &mut World, request: &Request) -> Result<Value, String> {
    let Asked { location, limits } = control::body(request)?;
    let location = match location.as_deref() {
        None => "",
        Some(given) => region::canonical(given).ok_or_else(|| format!("{given} is not a region"))?,
    };
    let known: Vec<String> = counters(&world.azure, "westeurope", Provider::Compute)
        .into_iter()
        .chain(counters(&world.azure, "westeurope", Provider::Network))
        .map(|counter| counter.name.to_lowercase())
        .collect();
    if let Some(name) = limits.keys().find(|name| !known.contains(&name.to_lowercase())) {
        return Err(format!("{name} is not a quota"));
    }
    for (name, limit) in limits {
        world.azure.compute.limits.0.insert((location.to_owned(), name.to_lowercase()), limit);
    }
    Ok(json!({ "limits": world.azure.compute.limits.0.len() }))
}

impl Limits {
    fn of(&self, location: &str, name: &str, standard: u64) -> u64 {
        let find = |location: &str| self.0.get(&(location.to_owned(), name.to_lowercase())).copied();
        find(location).or_else(|| find("")).unwrap_or(standard)
    }
}

/// Whose counters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Compute,
    Network,
}

/// `GET …/providers/{namespace}/locations/{location}/usages`.
pub(crate) fn list(
    world: &World,
    request: &Request,
    location: &str,
    provider: Provider,
) -> Result<Answer, Refusal> {
    let Some(location) = region::canonical(location) else {
        let message = format!("The provided location '{location}' is not available.");
        return Err(Refusal::bad("LocationNotAvailableForResourceType", message));
    };
    let items: Vec<Counter> = counters(&world.azure, location, provider);
    let subscription = super::super::settings::SUBSCRIPTION;
    Ok(list::page_of(world, request, &items, |counter| {
        let mut shown = json!({
            "unit": "Count",
            "currentValue": counter.current,
            "limit": counter.limit,
            "name": { "value": counter.name, "localizedValue": counter.display },
        });
        if provider == Provider::Network {
            shown["id"] = json!(format!(
                "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/usages/{}",
                counter.name
            ));
        }
        shown
    }))
}

fn machines<'a>(azure: &'a Azure, location: &'a str) -> impl Iterator<Item = (Sku, bool)> + 'a {
    azure
        .of_kind(Kind::VirtualMachine)
        .filter(move |machine| machine.content.location == location)
        .filter_map(|machine| Some((size(machine)?, spot(machine))))
}

fn size(machine: &Object) -> Option<Sku> {
    Sku::find(machine.content.properties.get("hardwareProfile")?.get("vmSize")?.as_str()?)
}

fn spot(machine: &Object) -> bool {
    ["Spot", "Low"].contains(&machine.text("priority").unwrap_or_default())
}

fn counters(azure: &Azure, location: &str, provider: Provider) -> Vec<Counter> {
    let limits = &azure.compute.limits;
    let counter = |name: &str, display: &str, current: u64, standard: u64| Counter {
        name: name.to_owned(),
        display: display.to_owned(),
        current,
        limit: limits.of(location, name, standard),
    };
    let count = |kind: Kind, counts: &dyn Fn(&Object) -> bool| {
        azure.of_kind(kind).filter(|object| object.content.location == location && counts(object)).count()
            as u64
    };
    if provider == Provider::Network {
        let version = |wanted: &'static str| {
            count(Kind::PublicAddress, &move |object| object.text("publicIPAddressVersion") == Some(wanted))
        };
        let all = |_: &Object| true;
        return vec![
            counter("VirtualNetworks", "Virtual Networks", count(Kind::VirtualNetwork, &all), 1000),
            counter(
                "NetworkSecurityGroups",
                "Network Security Groups",
                count(Kind::SecurityGroup, &all),
                5000,
            ),
            counter(
                "NetworkInterfaces",
                "Network Interfaces",
                count(Kind::NetworkInterface, &all),
                INTERFACES,
            ),
            counter("PublicIPAddresses", "Public IP Addresses", count(Kind::PublicAddress, &all), ADDRESSES),
            counter(
                "StaticPublicIPAddresses",
                "Static Public IP Addresses",
                count(Kind::PublicAddress, &|object| {
                    object.text("publicIPAllocationMethod") == Some("Static")
                }),
                ADDRESSES,
            ),
            counter(
                "StandardSkuPublicIpAddresses",
                "Public IP Addresses - Standard",
                count(Kind::PublicAddress, &all),
                ADDRESSES,
            ),
            counter(
                "IPv4StandardSkuPublicIpAddresses",
                "Public IPv4 Addresses - Standard",
                version("IPv4"),
                ADDRESSES,
            ),
            counter(
                "IPv6StandardSkuPublicIpAddresses",
                "Public IPv6 Addresses - Standard",
                version("IPv6"),
                ADDRESSES,
            ),
            counter("NatGateways", "Nat Gateways", count(Kind::NatGateway, &all), 1000),
        ];
    }
    // A machine counts while it exists, deallocated or not.
    let mut cores: BTreeMap<&str, u64> = BTreeMap::new();
    for (sku, spot) in machines(azure, location) {
        let names = if spot { vec!["lowPriorityCores"] } else { vec!["cores", sku.family.name] };
        for name in names {
            *cores.entry(name).or_default() += u64::from(sku.vcpus());
        }
    }
    let cores = |name: &str| cores.get(name).copied().unwrap_or_default();
    let mut all = vec![
        counter("availabilitySets", "Availability Sets", count(Kind::AvailabilitySet, &|_| true), 2500),
        counter("cores", "Total Regional vCPUs", cores("cores"), CORES),
        counter("virtualMachines", "Virtual Machines", count(Kind::VirtualMachine, &|_| true), MACHINES),
        counter("lowPriorityCores", "Total Regional Spot vCPUs", cores("lowPriorityCores"), CORES),
    ];
    all.extend(sku::families().map(|(name, display)| counter(name, display, cores(name), CORES)));
    all
}

/// Refuses a machine, or a larger size of one, for which a quota is too small.
pub(crate) fn check_machine(
    azure: &Azure,
    location: &str,
    sku: Sku,
    spot: bool,
    before: Option<Sku>,
) -> Result<(), Refusal> {
    let own = |same: bool| before.filter(|_| same).map_or(0, |sku| u64::from(sku.vcpus()));
    let needed = u64::from(sku.vcpus());
    let family = before.is_some_and(|before| before.family.name == sku.family.name);
    for counter in counters(azure, location, Provider::Compute) {
        let (required, word) = match counter.name.as_str() {
            "cores" if !spot => (needed.saturating_sub(own(true)), "Total Regional Cores".to_owned()),
            "lowPriorityCores" if spot => (needed.saturating_sub(own(true)), "LowPriorityCores".to_owned()),
            "virtualMachines" if before.is_none() => (1, "VirtualMachines".to_owned()),
            name if !spot && name == sku.family.name => {
                (needed.saturating_sub(own(family)), format!("{name} Cores"))
            }
            _ => continue,
        };
        if required > 0 && counter.current + required > counter.limit {
            return Err(exceeded(location, &word, &counter, required));
        }
    }
    Ok(())
}

fn exceeded(location: &str, word: &str, counter: &Counter, required: u64) -> Refusal {
    let message = format!(
        "Operation could not be completed as it results in exceeding approved {word} quota. Additional details - \
         Deployment Model: Resource Manager, Location: {location}, Current Limit: {}, Current Usage: {}, Additional \
         Required: {required}, (Minimum) New Limit Required: {}. Setup Alerts when Quota reaches threshold. Learn more at \
         https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at https://aka.ms/ProdportalCRP/ by \
         specifying parameters listed in the 'Details' section for deployment to succeed. Please read more about quota \
         limits at https://docs.microsoft.com/en-us/azure/azure-supportability/regional-quota-requests",
        counter.limit,
        counter.current,
        counter.current + required
    );
    Refusal::new(409, "OperationNotAllowed", message)
}

/// Refuses one object more of the network provider than its quota allows.
pub(crate) fn check_network(
    azure: &Azure,
    place: &Place,
    location: &str,
    version: &str,
) -> Result<(), Refusal> {
    let names: &[&str] = match place.kind {
        Kind::PublicAddress if version == "IPv6" => {
            &["PublicIPAddresses", "StandardSkuPublicIpAddresses", "IPv6StandardSkuPublicIpAddresses"]
        }
        Kind::PublicAddress => {
            &["PublicIPAddresses", "StandardSkuPublicIpAddresses", "IPv4StandardSkuPublicIpAddresses"]
        }
        Kind::NetworkInterface => &["NetworkInterfaces"],
        _ => return Ok(()),
    };
    let full = counters(azure, location, Provider::Network)
        .into_iter()
        .filter(|counter| names.contains(&counter.name.as_str()))
        .find(|counter| counter.current >= counter.limit);
    let Some(full) = full else { return Ok(()) };
    let limit = full.limit;
    let (code, what) = match full.name.as_str() {
        "NetworkInterfaces" => ("NetworkInterfaceCountLimitReached", "network interfaces"),
        "StandardSkuPublicIpAddresses" => {
            ("StandardSkuPublicIpCountLimitReached", "Standard SKU public IP addresses")
        }
        "IPv4StandardSkuPublicIpAddresses" => {
            ("IPv4StandardSkuPublicIpCountLimitReached", "IPv4 Standard SKU public IP addresses")
        }
        "IPv6StandardSkuPublicIpAddresses" => {
            ("IPv6StandardSkuPublicIpCountLimitReached", "IPv6 Standard SKU public IP addresses")
        }
        _ => ("PublicIPCountLimitReached", "public IP addresses"),
    };
    let message = format!("Cannot create more than {limit} {what} for this subscription in this region.");
    Err(Refusal::bad(code, message))
}
