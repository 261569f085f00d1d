//! The body of a machine, whole at its first request and in parts later.

use azure_mgmt_compute::package_2024_07_01::models::{
    AdditionalCapabilities, BillingProfile, BootDiagnostics, Caching, CapacityReservationProfile,
    CreateOption, DataDisk, DeleteOption, DiagnosticsProfile, DiskControllerType,
    DiskEncryptionSetParameters, EvictionPolicy, LinuxConfiguration, ManagedDiskParameters,
    NetworkInterfaceReference, NetworkInterfaceReferenceProperties, NetworkProfile, OsDisk, OsProfile,
    Priority, Resource, SecurityProfile, SshConfiguration, SshPublicKey, StorageProfile, SubResource,
    UefiSettings, VirtualMachine, VirtualMachineProperties, network_interface_reference_properties,
    security_profile,
};
use serde_json::{Map, Value, json};

use super::document::body;
use super::tags::Tags;
use super::{cloud_init, disk, image};
use crate::cloud::{DataDiskPlan, DiskKind, HostKey, Identities, OnEviction, PoolPlan, SkuSeen, SpotPlan};

/// A machine that shall be made.
#[derive(Clone, Debug)]
pub(super) struct New<'a> {
    /// The pool.
    pub(super) plan: &'a PoolPlan,
    /// Name.
    pub(super) name: &'a str,
    /// Kind, by its full name.
    pub(super) sku: &'a str,
    /// What is known of the kind, where it is listed.
    pub(super) facts: Option<&'a SkuSeen>,
    /// Zone.
    pub(super) zone: Option<&'a str>,
    /// Whether it is spot.
    pub(super) spot: bool,
    /// The image with its exact version.
    pub(super) image: &'a image::Facts,
    /// Id of the network card.
    pub(super) card: &'a str,
    /// Data disks with their ids.
    pub(super) data_disks: &'a [(&'a DataDiskPlan, String)],
    /// Id of the availability set.
    pub(super) availability_set: Option<&'a str>,
    /// Host key for the first boot.
    pub(super) host_key: &'a HostKey,
    /// Tags.
    pub(super) tags: &'a Tags,
}

/// The whole body.
pub(super) fn new(wanted: &New<'_>) -> Value {
    let plan = wanted.plan;
    let mut resource = Resource::new(plan.location.clone());
    resource.tags = serde_json::to_value(wanted.tags).ok();
    let mut machine = VirtualMachine::new(resource);
    machine.zones = wanted.zone.map(str::to_owned).into_iter().collect();
    let reference = |id: &str| SubResource { id: Some(id.to_owned()) };
    let spot = wanted.spot.then(|| {
        plan.spot.clone().unwrap_or(SpotPlan { max_price: None, on_eviction: OnEviction::Deallocate })
    });
    let ultra = wanted.data_disks.iter().any(|(disk, _)| disk.kind == DiskKind::Ultra);
    machine.properties = Some(VirtualMachineProperties {
        storage_profile: Some(storage(wanted)),
        additional_capabilities: ultra.then(|| AdditionalCapabilities {
            ultra_ssd_enabled: Some(true),
            ..AdditionalCapabilities::default()
        }),
        os_profile: Some(os_profile(wanted)),
        network_profile: Some(NetworkProfile {
            network_interfaces: vec![NetworkInterfaceReference {
                sub_resource: reference(wanted.card),
                properties: Some(NetworkInterfaceReferenceProperties {
                    primary: Some(true),
                    delete_option: Some(network_interface_reference_properties::DeleteOption::Detach),
                }),
            }],
            ..NetworkProfile::default()
        }),
        security_profile: security(wanted),
        diagnostics_profile: Some(DiagnosticsProfile {
            boot_diagnostics: Some(BootDiagnostics { enabled: Some(true), storage_uri: None }),
        }),
        availability_set: wanted.availability_set.map(reference),
        proximity_placement_group: plan.placement_group.as_deref().map(reference),
        capacity_reservation: plan
            .capacity_reservation_id
            .as_deref()
            .map(|id| CapacityReservationProfile { capacity_reservation_group: Some(reference(id)) }),
        priority: spot.as_ref().map(|_| Priority::Spot),
        eviction_policy: spot.as_ref().map(|spot| match spot.on_eviction {
            OnEviction::Deallocate => EvictionPolicy::Deallocate,
            OnEviction::Delete => EvictionPolicy::Delete,
        }),
        billing_profile: spot.map(|spot| BillingProfile { max_price: Some(spot.max_price.unwrap_or(-1.0)) }),
        ..VirtualMachineProperties::default()
    });
    let mut machine = body(&machine);
    // The SDK has a closed list of kinds, and no names in a machine's identities.
    machine["properties"]["hardwareProfile"] = json!({ "vmSize": wanted.sku });
    if plan.identities != Identities::default() {
        machine["identity"] = identity(&plan.identities, &[]);
    }
    machine
}

fn storage(wanted: &New<'_>) -> StorageProfile {
    let plan = wanted.plan;
    let mut os = OsDisk::new(CreateOption::FromImage);
    os.name = Some(format!("{}-os", wanted.name));
    os.caching = Some(Caching::ReadWrite);
    os.disk_size_gb = i32::try_from(plan.os_disk_gb).ok();
    os.delete_option = Some(DeleteOption::Delete);
    os.managed_disk = Some(ManagedDiskParameters {
        storage_account_type: disk::sku(plan.os_disk_kind).parse().ok(),
        disk_encryption_set: plan
            .encryption
            .key_id
            .as_ref()
            .map(|id| DiskEncryptionSetParameters { sub_resource: SubResource { id: Some(id.clone()) } }),
        ..ManagedDiskParameters::default()
    });
    StorageProfile {
        image_reference: Some(image::reference(&wanted.image.image)),
        os_disk: Some(os),
        data_disks: wanted.data_disks.iter().map(|(disk, id)| attachment(disk, id)).collect(),
        disk_controller_type: controller(wanted),
    }
}

/// A data disk as it hangs on a machine: it is never removed with it.
fn attachment(disk: &DataDiskPlan, id: &str) -> DataDisk {
    let mut attached = DataDisk::new(i32::from(disk.lun), CreateOption::Attach);
    attached.managed_disk = Some(ManagedDiskParameters {
        sub_resource: SubResource { id: Some(id.to_owned()) },
        ..ManagedDiskParameters::default()
    });
    attached.caching = Some(Caching::None);
    attached.delete_option = Some(DeleteOption::Detach);
    attached
}

/// Azure takes SCSI where nothing is said, which newer kinds do not have; it takes no word at all for
/// machines that boot the old way.
fn controller(wanted: &New<'_>) -> Option<DiskControllerType> {
    let has = |name: &str| {
        wanted.facts.is_some_and(|sku| sku.disk_controllers.iter().any(|one| one.eq_ignore_ascii_case(name)))
    };
    match (has("SCSI"), has("NVMe")) {
        (false, true) => Some(DiskControllerType::NvMe),
        (true, true) if wanted.image.generation2 => Some(DiskControllerType::Scsi),
        _ => None,
    }
}

/// Always said where SKU and image can be launched trusted, because Azure's default moves; never
/// `Standard`, which most subscriptions may not say.
fn security(wanted: &New<'_>) -> Option<SecurityProfile> {
    let plan = wanted.plan;
    let trusted = wanted.image.trusted_launch && wanted.facts.is_none_or(|sku| sku.trusted_launch);
    // What was asked for and cannot be had is Azure's to refuse.
    let trusted = trusted || plan.secure_boot;
    let at_host = plan.encryption.at_host.then_some(true);
    (trusted || at_host.is_some()).then(|| SecurityProfile {
        security_type: trusted.then_some(security_profile::SecurityType::TrustedLaunch),
        uefi_settings: trusted.then_some(UefiSettings {
            secure_boot_enabled: Some(plan.secure_boot),
            v_tpm_enabled: Some(plan.vtpm),
        }),
        encryption_at_host: at_host,
        ..SecurityProfile::default()
    })
}

fn os_profile(wanted: &New<'_>) -> OsProfile {
    let plan = wanted.plan;
    // Azure itself writes keys of these two kinds only; cloud-init writes all of them.
    let known = |key: &&String| ["ssh-rsa ", "ssh-ed25519 "].iter().any(|kind| key.starts_with(kind));
    let mut keys: Vec<&String> = plan.ssh_public_keys.iter().filter(known).collect();
    if keys.is_empty() {
        keys = plan.ssh_public_keys.iter().collect();
    }
    let path = format!("/home/{}/.ssh/authorized_keys", plan.admin_username);
    let public_keys = keys
        .into_iter()
        .map(|key| SshPublicKey { path: Some(path.clone()), key_data: Some(key.clone()) })
        .collect();
    OsProfile {
        computer_name: Some(wanted.name.to_owned()),
        admin_username: Some(plan.admin_username.clone()),
        custom_data: Some(cloud_init::custom_data(wanted.name, wanted.host_key, &plan.ssh_public_keys)),
        linux_configuration: Some(LinuxConfiguration {
            disable_password_authentication: Some(true),
            ssh: Some(SshConfiguration { public_keys }),
            provision_vm_agent: Some(true),
            ..LinuxConfiguration::default()
        }),
        ..OsProfile::default()
    }
}

/// Identities that shall be; those that go are named with null.
fn identity(wanted: &Identities, gone: &[String]) -> Value {
    let kind = match (wanted.system, wanted.ids.is_empty()) {
        (true, true) => "SystemAssigned",
        (false, false) => "UserAssigned",
        (true, false) => "SystemAssigned, UserAssigned",
        (false, true) => return json!({ "type": "None" }),
    };
    let mut ids: Map<String, Value> = gone.iter().map(|id| (id.clone(), Value::Null)).collect();
    ids.extend(wanted.ids.iter().map(|id| (id.clone(), json!({}))));
    if wanted.ids.is_empty() {
        json!({ "type": kind })
    } else {
        json!({ "type": kind, "userAssignedIdentities": ids })
    }
}

/// Identities that a machine has.
pub(super) fn identities(machine: &Value) -> Identities {
    let kind = machine.pointer("/identity/type").and_then(Value::as_str).unwrap_or_default();
    let ids = machine.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    let mut ids: Vec<String> = ids.map(|ids| ids.keys().cloned().collect()).unwrap_or_default();
    ids.sort_unstable();
    Identities { system: kind.contains("SystemAssigned"), ids }
}

/// Data disks of a machine, as (id, logical unit number).
pub(super) fn data_disks(machine: &Value) -> Vec<(String, Option<u8>)> {
    let list = machine.pointer("/properties/storageProfile/dataDisks").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|one| {
            let id = one.pointer("/managedDisk/id")?.as_str()?.to_owned();
            Some((id, one.get("lun").and_then(Value::as_u64).and_then(|lun| u8::try_from(lun).ok())))
        })
        .collect()
}

/// The change that brings a machine that stands to the plan, as far as it can be had in place; none
/// where there is nothing to change.
pub(super) fn amend(machine: &Value, plan: &PoolPlan, disks: &[(&DataDiskPlan, String)]) -> Option<Value> {
    let mut change = json!({});
    let attached = data_disks(machine);
    let missing: Vec<_> = disks
        .iter()
        .filter(|(_, id)| !attached.iter().any(|(other, _)| super::ids::same(other, id)))
        .collect();
    if !missing.is_empty() {
        // The list is replaced as a whole.
        let list = machine.pointer("/properties/storageProfile/dataDisks").and_then(Value::as_array);
        let mut list = list.cloned().unwrap_or_default();
        for one in &mut list {
            // The disk's own size counts: it may have grown since the machine was read.
            one.as_object_mut().map(|one| one.remove("diskSizeGB"));
        }
        list.extend(missing.into_iter().map(|(disk, id)| body(&attachment(disk, id))));
        change["properties"]["storageProfile"] = json!({ "dataDisks": list });
    }
    let has = identities(machine);
    let lower = |ids: &[String]| {
        let mut ids: Vec<String> = ids.iter().map(|id| id.to_ascii_lowercase()).collect();
        ids.sort_unstable();
        ids
    };
    if has.system != plan.identities.system || lower(&has.ids) != lower(&plan.identities.ids) {
        let wanted = lower(&plan.identities.ids);
        let gone: Vec<String> =
            has.ids.into_iter().filter(|id| !wanted.contains(&id.to_ascii_lowercase())).collect();
        change["identity"] = identity(&plan.identities, &gone);
    }
    (change != json!({})).then_some(change)
}

/// The change that gives a spot machine the price of these terms, which Azure takes only while the machine
/// is deallocated; none where it has it.
pub(super) fn reprice(machine: &Value, spot: &SpotPlan) -> Option<Value> {
    let wanted = spot.max_price.unwrap_or(-1.0);
    let now = machine.pointer("/properties/billingProfile/maxPrice").and_then(Value::as_f64).unwrap_or(-1.0);
    (is_spot(machine) && (now - wanted).abs() > 1e-9)
        .then(|| json!({ "properties": { "billingProfile": { "maxPrice": wanted } } }))
}

/// Whether a machine is spot.
pub(super) fn is_spot(machine: &Value) -> bool {
    let priority = machine.pointer("/properties/priority").and_then(Value::as_str).unwrap_or_default();
    priority.eq_ignore_ascii_case("Spot") || priority.eq_ignore_ascii_case("Low")
}

#[cfg(test)]
#[path = "virtual_machine_tests.rs"]
mod tests;
