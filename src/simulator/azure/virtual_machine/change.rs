//! What may change about a virtual machine, and when.

use serde_json::{Map, Value};

use super::super::super::message::Refusal;
use super::super::super::world::World;
use super::super::draft::Draft;
use super::super::reference::reference;
use super::super::sku::Sku;
use super::super::store::Object;
use super::{Power, at, provisioned, sku_of, text_at};

/// What never changes: the path, and the name in Azure's refusal.
const FIXED: &[(&str, &str)] = &[
    ("osProfile.computerName", "osProfile.computerName"),
    ("osProfile.adminUsername", "osProfile.adminUsername"),
    ("osProfile.customData", "customData"),
    ("osProfile.linuxConfiguration.ssh.publicKeys", "linuxConfiguration.ssh.publicKeys"),
    (
        "osProfile.linuxConfiguration.disablePasswordAuthentication",
        "linuxConfiguration.disablePasswordAuthentication",
    ),
    ("osProfile.linuxConfiguration.provisionVMAgent", "linuxConfiguration.provisionVMAgent"),
    ("storageProfile.imageReference", "imageReference"),
    ("storageProfile.osDisk.name", "osDisk.name"),
    ("storageProfile.osDisk.createOption", "osDisk.createOption"),
    ("storageProfile.osDisk.managedDisk.id", "osDisk.managedDisk.id"),
    ("storageProfile.osDisk.managedDisk.storageAccountType", "osDisk.managedDisk.storageAccountType"),
    ("availabilitySet", "availabilitySet.id"),
    ("priority", "priority"),
    ("evictionPolicy", "evictionPolicy"),
];

/// 409: it does not change.
pub(crate) fn refused(name: &str) -> Refusal {
    let message = format!("Changing property '{name}' is not allowed.");
    Refusal::new(409, "PropertyChangeNotAllowed", message).target(name)
}

/// What a body does not say stays as it is.
pub(super) fn keep(draft: &mut Draft, existing: &Object) {
    let old = &existing.content;
    for (name, value) in &old.properties {
        let new = draft.content.properties.entry(name).or_insert_with(|| value.clone());
        fill(new, value);
    }
    // A list that is given counts as a whole, and one that is not stays, also inside a profile.
    if draft.content.identity.is_none() {
        draft.content.identity.clone_from(&old.identity);
    }
}

fn fill(new: &mut Value, old: &Value) {
    if let (Value::Object(new), Value::Object(old)) = (new, old) {
        // A reference is one value.
        let reference = new.contains_key("id") || new.contains_key("publisher");
        for (name, value) in old {
            match new.get_mut(name) {
                Some(inner) => fill(inner, value),
                // A disk's size is its own: it may have grown since it was said.
                None if reference || name == "diskSizeGB" => {}
                None => {
                    new.insert(name.clone(), value.clone());
                }
            }
        }
    }
}

/// Refuses what may not change.
pub(super) fn check(world: &World, draft: &mut Draft, existing: &Object) -> Result<(), Refusal> {
    let (old, new) = (&existing.content, &draft.content);
    if old.zones != new.zones {
        return Err(refused("zones"));
    }
    for (path, name) in FIXED {
        let (before, after) = (at(&old.properties, path), at(&new.properties, path));
        if !same(path, before, after) {
            return Err(refused(name));
        }
    }
    let stands = provisioned(existing) && power(existing) != Power::Deallocated;
    let price = |properties: &Map<String, Value>| {
        at(properties, "billingProfile.maxPrice").and_then(Value::as_f64).map(f64::to_bits)
    };
    if price(&old.properties) != price(&new.properties) && stands {
        let message = "Max price change is not allowed. For more information, see http://aka.ms/AzureSpot/errormessages";
        return Err(Refusal::new(409, "OperationNotAllowed", message).target("billingProfile"));
    }
    let kind = "securityProfile.securityType";
    if provisioned(existing) && text_at(&old.properties, kind) != text_at(&new.properties, kind) {
        return Err(refused(kind));
    }
    resize(world, draft, existing)
}

fn same(path: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => match path {
            "storageProfile.imageReference" => {
                ["id", "publisher", "offer", "sku", "version"].iter().all(|name| {
                    let text = |value: &Value| value[*name].as_str().unwrap_or_default().to_lowercase();
                    text(before) == text(after)
                })
            }
            "availabilitySet" => {
                reference(Some(before)).map(|place| place.key())
                    == reference(Some(after)).map(|place| place.key())
            }
            "storageProfile.osDisk.managedDisk.id" | "storageProfile.osDisk.name" => {
                before.as_str().map(str::to_lowercase) == after.as_str().map(str::to_lowercase)
            }
            _ => before == after,
        },
        // Priority and the like have a meaning when they are absent.
        (None, Some(Value::String(word))) => path == "priority" && word == "Regular",
        (None, Some(_)) => {
            path.starts_with("osProfile.linuxConfiguration.ssh") && after == Some(&Value::Array(Vec::new()))
        }
        (_, None) => true,
    }
}

fn power(object: &Object) -> Power {
    object.machine.as_ref().map_or(Power::Absent, |machine| machine.power)
}

/// Another size: not across kinds of temporary disk or disk controller, and not beyond the hardware on
/// which the machine, or its availability set, stands.
fn resize(world: &World, draft: &Draft, existing: &Object) -> Result<(), Refusal> {
    let size = text_at(&draft.content.properties, "hardwareProfile.vmSize");
    let (Some(before), Some(after)) = (sku_of(existing), Sku::find(size)) else { return Ok(()) };
    let stands = provisioned(existing) && power(existing) != Power::Deallocated;
    let controller = |object: &Map<String, Value>| match text_at(object, "storageProfile.diskControllerType")
    {
        "" => "SCSI".to_owned(),
        word => word.to_owned(),
    };
    let (old, new) = (controller(&existing.content.properties), controller(&draft.content.properties));
    if provisioned(existing) && old != new {
        let message = format!(
            "Unable to change the disk controller type of VM '{}' from '{old}' to '{new}'. Changing the disk controller type \
             of a VM that has been created is not allowed.",
            existing.name()
        );
        return Err(
            Refusal::new(409, "OperationNotAllowed", message).target("storageProfile.diskControllerType")
        );
    }
    if before.name() == after.name() || !provisioned(existing) {
        return Ok(());
    }
    if before.temporary() != after.temporary() {
        let message = format!(
            "Unable to resize the VM '{}' since changing from resource disk to non-resource disk VM size and vice-versa is \
             not allowed. Please refer to https://aka.ms/AAah4sj for more details.",
            existing.name()
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message).target("vmSize"));
    }
    let other_hardware = before.family.name != after.family.name;
    if !other_hardware {
        return Ok(());
    }
    let set = reference(existing.content.properties.get("availabilitySet"));
    let held = set.iter().flat_map(|set| world.azure.referrers(&set.key())).any(|member| {
        super::is_machine(member) && power(member) != Power::Deallocated && provisioned(member)
    });
    if stands || held {
        let message = format!(
            "Unable to resize the VM '{}' to size '{}' since it is not available in the current hardware cluster{}. Deallocate \
             the VM{} first. Read more on VM resizing strategy at https://aka.ms/azure-resizevm.",
            existing.name(),
            after.name(),
            if set.is_some() { " of its availability set" } else { "" },
            if set.is_some() { "s of the availability set" } else { "" }
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message).target("vmSize"));
    }
    Ok(())
}
