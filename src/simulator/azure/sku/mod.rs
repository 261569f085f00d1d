//! Machine types: what they can do, where they are sold, and `GET …/skus`.

mod table;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::control;
use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::list;
use super::region;
use table::{FAMILIES, Family, RESTRICTED, Size};

/// What stands before the size in a name.
const PREFIX: &str = "Standard_";

/// One machine type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sku {
    pub(crate) family: &'static Family,
    size: &'static Size,
}

/// A machine type that is not sold to the subscription in a region, or in a zone of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restriction {
    sku: String,
    location: String,
    /// Absent: the whole region.
    #[serde(default)]
    zone: Option<String>,
}

/// The restrictions that hold from the start.
pub(crate) fn restrictions() -> Vec<Restriction> {
    RESTRICTED
        .iter()
        .map(|(sku, location, zone)| Restriction {
            sku: (*sku).to_owned(),
            location: (*location).to_owned(),
            zone: (!zone.is_empty()).then(|| (*zone).to_owned()),
        })
        .collect()
}

/// `POST /skus`: `{ "restrictions": […] }` in the place of those before.
pub(crate) fn restrict(world: &mut World, request: &Request) -> Result<Value, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        restrictions: Vec<Restriction>,
    }
    let Asked { restrictions } = control::body(request)?;
    for restriction in &restrictions {
        Sku::find(&restriction.sku).ok_or_else(|| format!("{} is not a machine type", restriction.sku))?;
        region::canonical(&restriction.location)
            .ok_or_else(|| format!("{} is not a region", restriction.location))?;
    }
    let count = restrictions.len();
    world.azure.compute.restrictions = restrictions;
    Ok(json!({ "restrictions": count }))
}

impl Restriction {
    fn holds(&self, sku: &str, location: &str) -> bool {
        self.sku.eq_ignore_ascii_case(sku) && region::canonical(&self.location) == Some(location)
    }
}

impl Sku {
    fn all() -> impl Iterator<Item = Self> {
        FAMILIES.iter().flat_map(|family| family.sizes.iter().map(move |size| Self { family, size }))
    }

    /// The machine type of a name such as `Standard_D2s_v5`, in any case.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let (prefix, size) = name.split_at_checked(PREFIX.len())?;
        Self::all()
            .filter(|_| prefix.eq_ignore_ascii_case(PREFIX))
            .find(|sku| sku.size.0.eq_ignore_ascii_case(size))
    }

    pub(crate) fn name(self) -> String {
        format!("{PREFIX}{}", self.size.0)
    }

    pub(crate) fn vcpus(self) -> u32 {
        self.size.1
    }

    pub(crate) fn interfaces(self) -> u32 {
        self.size.4
    }

    pub(crate) fn data_disks(self) -> u32 {
        self.size.5
    }

    /// Its memory.
    pub(crate) fn memory_gib(self) -> u32 {
        self.size.2
    }

    pub(crate) fn gpus(self) -> u32 {
        self.size.3
    }

    /// The size of its temporary disk.
    pub(crate) fn temporary_mib(self) -> u32 {
        self.size.6
    }

    /// Whether it has a temporary disk.
    pub(crate) fn temporary(self) -> bool {
        self.size.6 > 0
    }

    /// Whether a region sells it.
    pub(crate) fn sold_in(self, location: &str) -> bool {
        self.family.regions.is_empty() || self.family.regions.contains(&location)
    }

    /// The zones of a region in which it stands.
    pub(crate) fn zones(self, location: &str) -> &'static [&'static str] {
        if region::has_zones(location) { self.family.zones } else { &[] }
    }

    /// The capability's text.
    fn controllers(self) -> String {
        self.family.controllers.join(", ")
    }

    fn capabilities(self) -> Vec<Value> {
        let (_, vcpus, memory, gpus, interfaces, disks, temporary) = *self.size;
        let flag = |value: bool| if value { "True" } else { "False" }.to_owned();
        let mut pairs = vec![
            ("MaxResourceVolumeMB", temporary.to_string()),
            ("OSVhdSizeMB", "1047552".to_owned()),
            ("vCPUs", vcpus.to_string()),
            ("MemoryPreservingMaintenanceSupported", flag(gpus == 0)),
            ("HyperVGenerations", self.family.generations.join(",")),
            ("DiskControllerTypes", self.controllers()),
            ("CpuArchitectureType", self.family.architecture.to_owned()),
            ("MemoryGB", memory.to_string()),
            ("MaxDataDiskCount", disks.to_string()),
            ("LowPriorityCapable", flag(self.family.spot)),
            ("PremiumIO", flag(self.family.premium)),
            ("VMDeploymentTypes", "IaaS".to_owned()),
            ("vCPUsAvailable", vcpus.to_string()),
            ("vCPUsPerCore", if self.family.architecture == "Arm64" { "1" } else { "2" }.to_owned()),
            ("EphemeralOSDiskSupported", flag(temporary > 0)),
            ("EncryptionAtHostSupported", flag(true)),
            ("AcceleratedNetworkingEnabled", flag(self.family.accelerated)),
            ("RdmaEnabled", flag(gpus >= 8)),
            ("MaxNetworkInterfaces", interfaces.to_string()),
        ];
        if gpus > 0 {
            pairs.push(("GPUs", gpus.to_string()));
        }
        // The capability stands there only where it is a limitation.
        if !self.family.trusted_launch {
            pairs.push(("TrustedLaunchDisabled", flag(true)));
        }
        pairs.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    }

    fn shown(self, location: &str, restrictions: &[Restriction]) -> Value {
        let name = self.name();
        let own: Vec<&Restriction> =
            restrictions.iter().filter(|restriction| restriction.holds(&name, location)).collect();
        let mut shown = Vec::new();
        if own.iter().any(|restriction| restriction.zone.is_none()) {
            shown.push(json!({
                "type": "Location",
                "values": [location],
                "restrictionInfo": { "locations": [location] },
                "reasonCode": "NotAvailableForSubscription",
            }));
        }
        let mut zones: Vec<&str> = own.iter().filter_map(|restriction| restriction.zone.as_deref()).collect();
        zones.extend(shown.iter().flat_map(|_| self.zones(location)));
        zones.sort_unstable();
        zones.dedup();
        if !zones.is_empty() {
            shown.push(json!({
                "type": "Zone",
                "values": [location],
                "restrictionInfo": { "locations": [location], "zones": zones },
                "reasonCode": "NotAvailableForSubscription",
            }));
        }
        json!({
            "resourceType": "virtualMachines",
            "name": name,
            "tier": "Standard",
            "size": self.size.0,
            "family": self.family.name,
            "locations": [location],
            "locationInfo": [{ "location": location, "zones": self.zones(location), "zoneDetails": [] }],
            "capabilities": self.capabilities(),
            "restrictions": shown,
        })
    }
}

/// The names of the quotas, with their names in words.
pub(crate) fn families() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES.iter().map(|family| (family.name, family.display))
}

/// `GET /subscriptions/{id}/providers/Microsoft.Compute/skus`.
pub(crate) fn list(world: &World, request: &Request) -> Result<Answer, Refusal> {
    let wanted = match request.parameter("$filter").filter(|text| !text.trim().is_empty()) {
        None => None,
        Some(text) => Some(location_filter(&text).ok_or_else(|| {
            let message = format!("The filter '{text}' is not supported. Only 'location eq' is.");
            Refusal::bad("InvalidParameter", message).target("$filter")
        })?),
    };
    let locations: Vec<&str> = region::names()
        .filter(|name| wanted.as_ref().is_none_or(|text| region::canonical(text) == Some(*name)))
        .collect();
    let restrictions = &world.azure.compute.restrictions;
    let mut items = Vec::new();
    for location in locations {
        items.push(set_sku(location));
        items.extend(disk_skus(location));
        items.extend(
            Sku::all().filter(|sku| sku.sold_in(location)).map(|sku| sku.shown(location, restrictions)),
        );
    }
    // One page, unless a quirk cuts it: this list has no `$top`.
    Ok(if world.quirks.page_size.is_some() {
        list::page(world, request, &items)
    } else {
        Answer::json(200, json!({ "value": items }))
    })
}

fn location_filter(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let (name, verb) = (words.next()?, words.next()?);
    let rest = words.collect::<Vec<_>>().join(" ");
    let value = rest.strip_prefix('\'')?.strip_suffix('\'')?;
    (name.eq_ignore_ascii_case("location") && verb.eq_ignore_ascii_case("eq")).then(|| value.to_owned())
}

fn set_sku(location: &str) -> Value {
    json!({
        "resourceType": "availabilitySets",
        "name": "Aligned",
        "locations": [location],
        "locationInfo": [{ "location": location, "zones": [], "zoneDetails": [] }],
        "capabilities": [{ "name": "MaximumPlatformFaultDomainCount", "value": super::availability_set::fault_domains(location).to_string() }],
        "restrictions": [],
    })
}

fn disk_skus(location: &str) -> impl Iterator<Item = Value> + '_ {
    super::disk::SKUS.iter().map(move |name| {
        json!({
            "resourceType": "disks",
            "name": name,
            "tier": name.split('_').next(),
            "size": "P",
            "locations": [location],
            "locationInfo": [{ "location": location, "zones": if region::has_zones(location) { vec!["1", "2", "3"] } else { vec![] }, "zoneDetails": [] }],
            "capabilities": [{ "name": "MinSizeGiB", "value": "1" }, { "name": "MaxSizeGiB", "value": "32767" }],
            "restrictions": [],
        })
    })
}

/// The machine type that a machine asks for, if it may be had there.
pub(crate) fn available(
    world: &World,
    id: &str,
    size: &str,
    location: &str,
    zones: &[&str],
) -> Result<Sku, Refusal> {
    let sold = Sku::find(size).filter(|sku| sku.sold_in(location));
    let Some(sku) = sold else {
        let known: Vec<String> = Sku::all().filter(|sku| sku.sold_in(location)).map(Sku::name).collect();
        let message = format!(
            "The value {size} provided for the VM size is not valid. The valid sizes in the current region are: {}. Find \
             out more on the valid VM sizes in each region at https://aka.ms/azure-regionservices.",
            known.join(",")
        );
        return Err(Refusal::bad("InvalidParameter", message).target("vmSize"));
    };
    let name = sku.name();
    let restrictions = &world.azure.compute.restrictions;
    let closed = |zone: Option<&str>| {
        restrictions
            .iter()
            .any(|restriction| restriction.holds(&name, location) && restriction.zone.as_deref() == zone)
    };
    let missing = zones.iter().any(|zone| !sku.zones(location).contains(zone) || closed(Some(zone)));
    if missing || closed(None) {
        return Err(not_available(id, location, zones));
    }
    Ok(sku)
}

/// 409: the machine type is not to be had.
pub(crate) fn not_available(id: &str, location: &str, zones: &[&str]) -> Refusal {
    let subscription = id.split('/').nth(2).unwrap_or_default();
    let message = format!(
        "The requested size for resource '{id}' is currently not available in location '{location}' zones '{}' for \
         subscription '{subscription}'. Please try another size or deploy to a different location or zones. See \
         https://aka.ms/azureskunotavailable for details.",
        zones.join(",")
    );
    Refusal::new(409, "SkuNotAvailable", message)
}
