//! Kinds of machine, as the subscription may use them in one region.

use serde_json::Value;

use super::ids::region;
use crate::cloud::SkuSeen;

/// The machines in a list of SKUs; disks, snapshots and hosts are left out.
pub(super) fn all(list: &[Value], location: &str) -> Vec<SkuSeen> {
    let mut seen: Vec<SkuSeen> = list
        .iter()
        .filter(|one| {
            let kind = one.get("resourceType").and_then(Value::as_str).unwrap_or_default();
            kind.eq_ignore_ascii_case("virtualMachines")
        })
        .filter_map(|one| seen(one, location))
        .collect();
    seen.sort_by(|one, other| one.name.cmp(&other.name));
    seen
}

fn seen(one: &Value, location: &str) -> Option<SkuSeen> {
    let info = items(one, "locationInfo").find(|info| here(info.get("location"), location));
    let offered = items(one, "locations").any(|place| here(Some(place), location));
    if info.is_none() && !offered {
        return None;
    }
    let capability = |name: &str| {
        let found = items(one, "capabilities").find(|one| {
            one.get("name").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        found.and_then(|one| one.get("value")?.as_str()).unwrap_or_default()
    };
    let yes = |name: &str| capability(name).eq_ignore_ascii_case("True");
    let number = |name: &str| capability(name).parse::<f64>().unwrap_or_default();
    let count = |name: &str| capability(name).parse::<u32>().unwrap_or_default();
    let words = |name: &str| -> Vec<String> {
        capability(name)
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut zones: Vec<String> = info.map(|info| texts(info, "zones")).unwrap_or_default();
    zones.sort_unstable();
    let (mut restricted_zones, mut restricted) = (Vec::new(), None);
    for one in items(one, "restrictions") {
        let kind = one.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind.eq_ignore_ascii_case("Zone") {
            restricted_zones
                .extend(one.get("restrictionInfo").map(|info| texts(info, "zones")).unwrap_or_default());
        } else if kind.eq_ignore_ascii_case("Location") {
            let reason = one.get("reasonCode").and_then(Value::as_str).unwrap_or("Restricted");
            restricted = Some(reason.to_owned());
        }
    }
    let generations = words("HyperVGenerations");
    let controllers = words("DiskControllerTypes");
    Some(SkuSeen {
        name: one.get("name")?.as_str()?.to_owned(),
        family: one.get("family").and_then(Value::as_str).unwrap_or_default().to_owned(),
        vcpus: count("vCPUs"),
        memory_gib: number("MemoryGB"),
        gpus: count("GPUs"),
        zones,
        restricted_zones,
        restricted,
        architecture: Some(capability("CpuArchitectureType"))
            .filter(|word| !word.is_empty())
            .unwrap_or("x64")
            .to_owned(),
        // Kinds that are older than the capability have SCSI alone.
        disk_controllers: if controllers.is_empty() { vec!["SCSI".to_owned()] } else { controllers },
        temporary_disk: number("MaxResourceVolumeMB") > 0.0 || number("NvmeDiskSizeInMiB") > 0.0,
        premium: yes("PremiumIO"),
        accelerated_networking: yes("AcceleratedNetworkingEnabled"),
        spot: yes("LowPriorityCapable"),
        trusted_launch: generations.iter().any(|one| one == "V2") && !yes("TrustedLaunchDisabled"),
        encryption_at_host: yes("EncryptionAtHostSupported"),
        max_data_disks: count("MaxDataDiskCount"),
    })
}

fn items<'a>(one: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    one.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn texts(one: &Value, key: &str) -> Vec<String> {
    items(one, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn here(place: Option<&Value>, location: &str) -> bool {
    place.and_then(Value::as_str).is_some_and(|place| region(place) == region(location))
}

/// Zones of the region: those in which any kind of machine is offered.
pub(super) fn zones(skus: &[SkuSeen]) -> Vec<String> {
    let mut zones: Vec<String> = skus.iter().flat_map(|sku| sku.zones.iter().cloned()).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// A kind by its name.
pub(super) fn find<'a>(skus: &'a [SkuSeen], name: &str) -> Option<&'a SkuSeen> {
    skus.iter().find(|sku| sku.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn a100() -> Value {
        json!({
            "resourceType": "virtualMachines",
            "name": "Standard_NC24ads_A100_v4",
            "family": "StandardNCADSA100v4Family",
            "locations": ["westeurope"],
            "locationInfo": [{ "location": "WestEurope", "zones": ["3", "1"], "zoneDetails": [] }],
            "capabilities": [
                { "name": "vCPUs", "value": "24" },
                { "name": "MemoryGB", "value": "220" },
                { "name": "GPUs", "value": "1" },
                { "name": "HyperVGenerations", "value": "V2" },
                { "name": "CpuArchitectureType", "value": "x64" },
                { "name": "PremiumIO", "value": "True" },
                { "name": "LowPriorityCapable", "value": "True" },
                { "name": "AcceleratedNetworkingEnabled", "value": "True" },
                { "name": "MaxResourceVolumeMB", "value": "65536" },
                { "name": "MaxDataDiskCount", "value": "8" },
                { "name": "DiskControllerTypes", "value": "SCSI, NVMe" },
            ],
            "restrictions": [
                { "type": "Zone", "restrictionInfo": { "zones": ["3"] }, "reasonCode": "NotAvailableForSubscription" },
            ],
        })
    }

    #[test]
    fn a_kind_of_machine_is_read() {
        let disk = json!({ "resourceType": "disks", "name": "Premium_LRS", "locations": ["westeurope"] });
        let list = [disk, a100()];
        let skus = all(&list, "West Europe");
        let [sku] = skus.as_slice() else { panic!("{skus:?}") };
        assert_eq!((sku.vcpus, sku.gpus, sku.max_data_disks), (24, 1, 8));
        assert_eq!(
            (sku.zones.as_slice(), sku.restricted_zones.as_slice()),
            (&["1", "3"].map(String::from)[..], &["3".to_owned()][..])
        );
        assert_eq!(sku.disk_controllers, ["SCSI", "NVMe"]);
        assert!(
            sku.trusted_launch && sku.spot && sku.premium && sku.temporary_disk && !sku.encryption_at_host
        );
        assert_eq!(sku.restricted, None);
        assert_eq!(all(&list, "northeurope"), []);
        assert_eq!(zones(&skus), ["1", "3"]);
        assert!(find(&skus, "standard_nc24ADS_a100_v4").is_some());
    }

    #[test]
    fn a_restriction_of_the_region_has_the_clouds_word() {
        let mut one = a100();
        one["restrictions"] = json!([{ "type": "Location", "reasonCode": "NotAvailableForSubscription" }]);
        assert_eq!(all(&[one], "westeurope")[0].restricted.as_deref(), Some("NotAvailableForSubscription"));
    }
}
