//! Managed disks.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::super::world::World;
use super::Circumstances;
use super::draft::{self, Draft};
use super::form::{Form, Shape, optional, read_only, required};
use super::operation::{self, Work};
use super::place::Place;
use super::poll;
use super::put;
use super::read;
use super::store::{Content, Object};
use super::tags;
use super::virtual_machine::Power;
use super::virtual_machine::change;

/// The SKUs of disks, the default first.
pub(crate) const SKUS: &[&str] = &[
    "Standard_LRS",
    "StandardSSD_LRS",
    "StandardSSD_ZRS",
    "Premium_LRS",
    "Premium_ZRS",
    "PremiumV2_LRS",
    "UltraSSD_LRS",
];

static IMAGE: Form = Form {
    name: "ImageDiskReference",
    fields: &[
        optional("id", Shape::Text),
        optional("lun", Shape::Integer),
        optional("communityGalleryImageId", Shape::Text),
        optional("sharedGalleryImageId", Shape::Text),
    ],
};

static CREATION: Form = Form {
    name: "CreationData",
    fields: &[
        required("createOption", Shape::OneOf(&["Empty", "FromImage", "Copy", "Import", "Attach", "Upload"])),
        optional("imageReference", Shape::Object(&IMAGE)),
        optional("galleryImageReference", Shape::Object(&IMAGE)),
        optional("logicalSectorSize", Shape::Integer),
        optional("performancePlus", Shape::Bool),
        read_only("sourceUniqueId"),
    ],
};

pub(crate) static FORM: Form = Form {
    name: "DiskProperties",
    fields: &[
        required("creationData", Shape::Object(&CREATION)),
        optional("diskSizeGB", Shape::Integer),
        optional("osType", Shape::OneOf(&["Linux", "Windows"])),
        optional("hyperVGeneration", Shape::OneOf(&["V1", "V2"])),
        optional("networkAccessPolicy", Shape::OneOf(&["AllowAll", "AllowPrivate", "DenyAll"])),
        optional("publicNetworkAccess", Shape::OneOf(&["Enabled", "Disabled"])),
        optional("diskIOPSReadWrite", Shape::Integer),
        optional("diskMBpsReadWrite", Shape::Integer),
        optional("diskIOPSReadOnly", Shape::Integer),
        optional("diskMBpsReadOnly", Shape::Integer),
        optional("maxShares", Shape::Integer),
        optional("burstingEnabled", Shape::Bool),
        optional("optimizedForFrequentAttach", Shape::Bool),
        optional("tier", Shape::Text),
        read_only("encryption"),
        read_only("supportedCapabilities"),
        read_only("securityProfile"),
        read_only("dataAccessAuthMode"),
        read_only("timeCreated"),
        read_only("uniqueId"),
        read_only("diskState"),
        read_only("diskSizeBytes"),
        read_only("provisioningState"),
        read_only("shareInfo"),
        read_only("propertyUpdatesInProgress"),
        read_only("burstingEnabledTime"),
        read_only("LastOwnershipUpdateTime"),
    ],
};

/// A disk's size in GiB.
pub(crate) fn size(object: &Object) -> i64 {
    object.content.properties.get("diskSizeGB").and_then(Value::as_i64).unwrap_or_default()
}

/// A disk's SKU.
pub(crate) fn sku(object: &Object) -> &str {
    object.content.sku.as_ref().and_then(|sku| sku["name"].as_str()).unwrap_or(SKUS[0])
}

/// Checks a disk.
pub(crate) fn prepare(world: &World, draft: &mut Draft, existing: Option<&Object>) -> Result<(), Refusal> {
    let content = &mut draft.content;
    content.sku.get_or_insert_with(|| json!({ "name": SKUS[0] }));
    if let Some(existing) = existing {
        // What is not said stays.
        for (name, value) in &existing.content.properties {
            content.properties.entry(name).or_insert_with(|| value.clone());
        }
        if existing.content.properties.get("creationData") != content.properties.get("creationData") {
            return Err(change::refused("creationData"));
        }
        if existing.content.zones != content.zones {
            return Err(change::refused("zones"));
        }
    }
    let creation = &content.properties["creationData"];
    match creation["createOption"].as_str().unwrap_or_default() {
        // A disk that is there keeps where it came from, also when a machine made it.
        _ if existing.is_some() => {}
        "Empty" => {}
        "FromImage" => {
            let image = creation.get("imageReference").or_else(|| creation.get("galleryImageReference"));
            let Some(id) = image.and_then(|image| image["id"].as_str()) else {
                let path = "disk.creationData.imageReference";
                let message = format!("Required parameter '{path}' is missing (null).");
                return Err(Refusal::bad("InvalidParameter", message).target(path));
            };
            if !id.to_lowercase().contains("/versions/") {
                let message = format!("The value '{id}' of parameter imageReference.id is invalid.");
                return Err(
                    Refusal::bad("InvalidParameter", message).target("disk.creationData.imageReference.id")
                );
            }
            content.properties.entry("diskSizeGB").or_insert(json!(30));
            content.properties.entry("osType").or_insert(json!("Linux"));
        }
        other => {
            let message =
                format!("Azure knows createOption '{other}', but this simulator does not model it.");
            return Err(Refusal::new(501, "NotModelledBySimulator", message));
        }
    }
    let Some(size) = content.properties.get("diskSizeGB").and_then(Value::as_i64) else {
        let message = "Required parameter 'disk.diskSizeGB' is missing (null).";
        return Err(Refusal::bad("InvalidParameter", message).target("disk.diskSizeGB"));
    };
    if !(1..=65_536).contains(&size) {
        let message = format!(
            "The value '{size}' of parameter disk.diskSizeGB is out of range. It must be from 1 to 65536."
        );
        return Err(Refusal::bad("InvalidParameter", message).target("disk.diskSizeGB"));
    }
    match existing {
        Some(existing) => check_change(world, existing, content, size),
        None => Ok(()),
    }
}

fn check_change(world: &World, existing: &Object, content: &Content, wanted: i64) -> Result<(), Refusal> {
    let before = size(existing);
    if wanted < before {
        let message = format!(
            "New disk size must be greater than the previous size: {before} is larger than {wanted}. This can lead to loss of \
             data, so disk size reduction is not supported."
        );
        return Err(Refusal::bad("BadRequest", message).target("diskSizeGB"));
    }
    let Some(owner) = world.azure.machine_of(&existing.place) else { return Ok(()) };
    let running = owner.machine.as_ref().is_some_and(|machine| machine.power != Power::Deallocated);
    let boots = existing.content.properties.contains_key("osType");
    let new_sku = content.sku.as_ref().and_then(|sku| sku["name"].as_str());
    if running && wanted > before && (boots || before <= 4095 && wanted > 4095) {
        let message = format!(
            "Resize of disk '{}' is not allowed while it is attached to running VM '{}'. Resize is allowed only when \
             creating a VM or when the VM is deallocated.",
            existing.name(),
            owner.id()
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    if running && new_sku != Some(sku(existing)) {
        let message = format!(
            "Cannot change the SKU of disk '{}' while it is attached to running VM '{}'. Deallocate the VM first.",
            existing.name(),
            owner.id()
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    Ok(())
}

/// PATCH: what is said changes, the rest stays.
pub(crate) fn patch(
    world: &mut World,
    request: &Request,
    place: &Place,
    circumstances: &Circumstances,
) -> Result<Answer, Refusal> {
    super::resource_group::open(world, &place.in_group())?;
    let existing = read::existing(world, place)?.clone();
    let fields = draft::body(request)?;
    draft::check_top(request, &fields, &["tags", "properties", "sku"])?;
    let mut draft =
        Draft { place: existing.place.clone(), content: existing.content.clone(), children: None };
    if fields.contains_key("tags") {
        draft.content.tags = tags::check(fields.get("tags"))?;
    }
    if fields.contains_key("sku") {
        draft.content.sku = draft::sku(fields.get("sku"), place.kind)?;
    }
    if let Some(Value::Object(given)) = fields.get("properties") {
        let raw = String::from_utf8_lossy(&request.body);
        let mut whole = existing.content.properties.clone();
        whole.extend(given.clone());
        draft.content.properties = super::check::Check::for_kind(&raw, place.kind).properties(
            &FORM,
            &Value::Object(whole),
            "properties",
        )?;
    }
    prepare(world, &mut draft, Some(&existing))?;
    super::busy::check_family(world, request, place)?;
    put::write(world, draft, circumstances.author);
    let id = operation::begin(world, Work::Put, &existing.place, &[], circumstances);
    let body = read::shown(world, read::existing(world, place)?);
    Ok(poll::begun(world, request, &id, Answer::json(202, body)))
}

/// The properties as Azure shows them.
pub(crate) fn shown(world: &World, object: &Object) -> Map<String, Value> {
    let mut properties = object.content.properties.clone();
    let owner = world.azure.machine_of(&object.place);
    let state = match owner {
        None => "Unattached",
        Some(owner) if owner.machine.as_ref().is_some_and(|machine| machine.power == Power::Deallocated) => {
            "Reserved"
        }
        Some(_) => "Attached",
    };
    properties.insert("diskState".into(), json!(state));
    properties.insert("uniqueId".into(), json!(object.guid));
    properties.insert("timeCreated".into(), json!(super::super::clock::stamp(object.created)));
    properties.insert("diskSizeBytes".into(), json!(size(object) * 1_073_741_824));
    properties.insert("encryption".into(), json!({ "type": "EncryptionAtRestWithPlatformKey" }));
    properties.entry("networkAccessPolicy").or_insert(json!("AllowAll"));
    properties.entry("publicNetworkAccess").or_insert(json!("Enabled"));
    properties
}
