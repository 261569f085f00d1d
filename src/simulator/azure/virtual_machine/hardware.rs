//! Whether machine type, image, disk controller and security fit each other.

use serde_json::{Value, json};

use super::super::super::message::Refusal;
use super::super::super::world::World;
use super::super::draft::Draft;
use super::super::image::Image;
use super::super::sku::Sku;
use super::{at, text_at};

/// Checks all of it.
pub(super) fn check(world: &World, draft: &mut Draft, sku: Sku, image: &Image) -> Result<(), Refusal> {
    let name = sku.name();
    if !sku.family.generations.contains(&image.generation) {
        let number = image.generation.trim_start_matches('V');
        let message = format!(
            "The selected VM size '{name}' cannot boot Hypervisor Generation '{number}'. If this was a Create operation \
             please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM \
             Size. If this was an Update operation please select a Hypervisor Generation '{number}' VM Size. For more \
             information, see https://aka.ms/azuregen2vm"
        );
        return Err(Refusal::bad("BadRequest", message));
    }
    if sku.family.architecture != image.architecture {
        let message = format!(
            "Cannot create a VM of size '{name}' because this VM size only supports a CPU Architecture of '{}', but an image \
             or disk with CPU Architecture '{}' was given. Please check that the CPU Architecture of the image or disk is \
             compatible with that of the VM size.",
            sku.family.architecture, image.architecture
        );
        return Err(Refusal::bad("BadRequest", message));
    }
    controller(draft, sku, image)?;
    security(world, draft, sku, image)
}

fn controller(draft: &mut Draft, sku: Sku, image: &Image) -> Result<(), Refusal> {
    let name = sku.name();
    let given = text_at(&draft.content.properties, "storageProfile.diskControllerType").to_owned();
    if given.is_empty() {
        // Azure takes SCSI where nothing is said.
        if !sku.family.controllers.contains(&"SCSI") || !image.controllers.contains(&"SCSI") {
            let message = format!(
                "The VM size '{name}' cannot boot with OS image or disk. Please check that disk controller types supported by \
                 the OS image or disk is one of the supported disk controller types for the VM size '{name}'. Please query \
                 sku api at https://aka.ms/azure-compute-skus  to determine supported disk controller types for the VM size."
            );
            return Err(Refusal::bad("InvalidParameter", message).target("vmSize"));
        }
    } else if !sku.family.controllers.contains(&given.as_str()) {
        let message = format!(
            "The VM size '{name}' cannot boot with DiskControllerType '{given}'. Please check that the disk controller type \
             provided is one of the supported disk controller types for the VM size '{name}'. Please query sku api at \
             https://aka.ms/azure-compute-skus  to determine supported disk controller types for the VM size."
        );
        return Err(Refusal::bad("InvalidParameter", message).target("storageProfile.diskControllerType"));
    } else if !image.controllers.contains(&given.as_str()) {
        let message = format!(
            "Disk Controller Type '{given}' is not supported by the OS image or disk. Supported are: {}.",
            image.controllers.join(", ")
        );
        return Err(Refusal::bad("InvalidParameter", message).target("storageProfile.diskControllerType"));
    }
    Ok(())
}

fn security(world: &World, draft: &mut Draft, sku: Sku, image: &Image) -> Result<(), Refusal> {
    let properties = &mut draft.content.properties;
    let feature = |name: &str| world.quirks.features.iter().any(|known| known.eq_ignore_ascii_case(name));
    let kind = text_at(properties, "securityProfile.securityType").to_owned();
    let uefi = at(properties, "securityProfile.uefiSettings").is_some();
    if at(properties, "securityProfile.encryptionAtHost").and_then(Value::as_bool) == Some(true)
        && !feature("EncryptionAtHost")
    {
        let message = "The property 'securityProfile.encryptionAtHost' is not valid because the \
                       'Microsoft.Compute/EncryptionAtHost' feature is not enabled for this subscription.";
        return Err(Refusal::bad("InvalidParameter", message).target("securityProfile.encryptionAtHost"));
    }
    match kind.as_str() {
        "Standard" if !feature("UseStandardSecurityType") => {
            let path = "securityProfile.securityType";
            let message = format!("The value of parameter {path} is invalid.");
            Err(Refusal::bad("InvalidParameter", message).target(path))
        }
        "" | "Standard" if uefi => {
            let message = "Use of UEFI settings is not supported when security type is 'Standard'.";
            Err(Refusal::bad("BadRequest", message))
        }
        "TrustedLaunch" if !image.trusted_launch => {
            let message = "Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch \
                           Supported Gen2 OS Image. For more information, see https://aka.ms/TrustedLaunch-FAQ.";
            Err(Refusal::bad("BadRequest", message))
        }
        "TrustedLaunch" if !sku.family.trusted_launch => {
            let message = format!(
                "The VM size '{}' is not supported for creation of VMs and Virtual Machine Scale Set with 'TrustedLaunch' \
                 security type.",
                sku.name()
            );
            Err(Refusal::bad("BadRequest", message))
        }
        "TrustedLaunch" => {
            if let Some(profile) = properties.get_mut("securityProfile").and_then(Value::as_object_mut) {
                let settings = profile.entry("uefiSettings").or_insert_with(|| json!({}));
                if let Some(settings) = settings.as_object_mut() {
                    settings.entry("secureBootEnabled").or_insert(json!(false));
                    settings.entry("vTpmEnabled").or_insert(json!(true));
                }
            }
            Ok(())
        }
        "ConfidentialVM" => {
            let message = "Azure knows securityType 'ConfidentialVM', but this simulator does not model it.";
            Err(Refusal::new(501, "NotModelledBySimulator", message))
        }
        _ => Ok(()),
    }
}
