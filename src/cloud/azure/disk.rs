//! Managed disks and snapshots of them.

use azure_mgmt_compute::package_2024_07_01::models::{
    CreationData, Disk, DiskProperties, DiskSku, Encryption as DiskEncryption, EncryptionType, Resource,
    Snapshot, SnapshotProperties, creation_data, disk_sku,
};
use serde_json::{Value, json};

use super::document::body;
use super::tags::Tags;
use crate::cloud::DiskKind;

/// What a new disk shall be.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    /// Region.
    pub(super) location: &'a str,
    /// Zone, that of its machine.
    pub(super) zone: Option<&'a str>,
    /// Kind.
    pub(super) kind: DiskKind,
    /// Size in GiB.
    pub(super) size_gb: u32,
    /// Disk encryption set.
    pub(super) key: Option<&'a str>,
    /// Tags.
    pub(super) tags: &'a Tags,
}

/// Azure's name of a kind.
pub(super) const fn sku(kind: DiskKind) -> &'static str {
    match kind {
        DiskKind::Standard => "Standard_LRS",
        DiskKind::StandardSsd => "StandardSSD_LRS",
        DiskKind::Premium => "Premium_LRS",
        DiskKind::PremiumV2 => "PremiumV2_LRS",
        DiskKind::Ultra => "UltraSSD_LRS",
    }
}

/// The kind of a name; copies in several zones count as their kind.
pub(super) fn kind(sku: &str) -> Option<DiskKind> {
    Some(match sku.to_ascii_lowercase().as_str() {
        "standard_lrs" => DiskKind::Standard,
        "standardssd_lrs" | "standardssd_zrs" => DiskKind::StandardSsd,
        "premium_lrs" | "premium_zrs" => DiskKind::Premium,
        "premiumv2_lrs" => DiskKind::PremiumV2,
        "ultrassd_lrs" => DiskKind::Ultra,
        _ => return None,
    })
}

/// The body of a new, empty disk.
pub(super) fn new(wanted: &Wanted<'_>) -> Value {
    let mut properties = DiskProperties::new(CreationData::new(creation_data::CreateOption::Empty));
    properties.disk_size_gb = i32::try_from(wanted.size_gb).ok();
    properties.encryption = wanted.key.map(encryption);
    let mut resource = Resource::new(wanted.location.to_owned());
    resource.tags = serde_json::to_value(wanted.tags).ok();
    let mut disk = Disk::new(resource);
    disk.zones = wanted.zone.map(str::to_owned).into_iter().collect();
    disk.sku = Some(DiskSku { name: sku(wanted.kind).parse::<disk_sku::Name>().ok(), tier: None });
    disk.properties = Some(properties);
    body(&disk)
}

fn encryption(key: &str) -> DiskEncryption {
    DiskEncryption {
        disk_encryption_set_id: Some(key.to_owned()),
        type_: Some(EncryptionType::EncryptionAtRestWithCustomerKey),
    }
}

/// The change that makes a disk larger; none where it is large enough.
pub(super) fn growth(now: &Value, size_gb: u32) -> Option<Value> {
    (self::size_gb(now) < size_gb).then(|| json!({ "properties": { "diskSizeGB": size_gb } }))
}

/// The body of a snapshot of a disk.
pub(super) fn snapshot(disk_id: &str, location: &str, tags: &Tags) -> Value {
    let mut creation = CreationData::new(creation_data::CreateOption::Copy);
    creation.source_resource_id = Some(disk_id.to_owned());
    let mut properties = SnapshotProperties::new(creation);
    properties.incremental = Some(true);
    let mut resource = Resource::new(location.to_owned());
    resource.tags = serde_json::to_value(tags).ok();
    let mut snapshot = Snapshot::new(resource);
    snapshot.properties = Some(properties);
    body(&snapshot)
}

/// Name of the last snapshot of a disk: one for each disk that ever had the name.
pub(super) fn snapshot_name(name: &str, disk: &Value) -> String {
    let unique = disk.pointer("/properties/uniqueId").and_then(Value::as_str).unwrap_or("last");
    let short: String = unique.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let start: String = name.chars().take(70).collect();
    format!("{start}-{short}")
}

/// Size in GiB.
pub(super) fn size_gb(disk: &Value) -> u32 {
    let size = disk.pointer("/properties/diskSizeGB").and_then(Value::as_u64);
    size.and_then(|size| u32::try_from(size).ok()).unwrap_or_default()
}

/// Kind, where it is one that we know.
pub(super) fn kind_of(disk: &Value) -> Option<DiskKind> {
    kind(disk.pointer("/sku/name")?.as_str()?)
}

/// Zone.
pub(super) fn zone_of(disk: &Value) -> Option<&str> {
    disk.pointer("/zones/0").and_then(Value::as_str)
}

/// Id of the machine that has it.
pub(super) fn machine_of(disk: &Value) -> Option<&str> {
    disk.get("managedBy").and_then(Value::as_str).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_disk_says_all_that_counts() {
        let tags = Tags::from([("bud:node".to_owned(), "db-0".to_owned())]);
        let wanted = Wanted {
            location: "westeurope",
            zone: Some("2"),
            kind: DiskKind::PremiumV2,
            size_gb: 4096,
            key: Some("/des"),
            tags: &tags,
        };
        assert_eq!(
            new(&wanted),
            json!({
                "location": "westeurope",
                "zones": ["2"],
                "sku": { "name": "PremiumV2_LRS" },
                "tags": { "bud:node": "db-0" },
                "properties": {
                    "creationData": { "createOption": "Empty" },
                    "diskSizeGB": 4096,
                    "encryption": {
                        "diskEncryptionSetId": "/des", "type": "EncryptionAtRestWithCustomerKey"
                    },
                },
            })
        );
    }

    #[test]
    fn kinds_have_names_and_names_have_kinds() {
        for one in [
            DiskKind::Standard,
            DiskKind::StandardSsd,
            DiskKind::Premium,
            DiskKind::PremiumV2,
            DiskKind::Ultra,
        ] {
            assert_eq!(kind(&sku(one).to_uppercase()), Some(one));
        }
        assert_eq!(kind("Premium_ZRS"), Some(DiskKind::Premium));
        assert_eq!(kind("Tape_LRS"), None);
    }

    #[test]
    fn a_disk_only_grows() {
        let disk = json!({ "properties": { "diskSizeGB": 64 } });
        assert_eq!(growth(&disk, 64), None);
        assert_eq!(growth(&disk, 32), None);
        assert_eq!(growth(&disk, 128), Some(json!({ "properties": { "diskSizeGB": 128 } })));
    }

    #[test]
    fn a_snapshot_is_named_after_the_very_disk() {
        let disk = json!({ "properties": { "uniqueId": "3f1c-77aa-9999" } });
        assert_eq!(snapshot_name("db-0-data-pg", &disk), "db-0-data-pg-3f1c77aa");
        let body = snapshot("/disks/d", "westeurope", &Tags::new());
        assert_eq!(body["properties"]["creationData"]["sourceResourceId"], "/disks/d");
        assert_eq!(body["properties"]["incremental"], true);
    }
}
