//! Bodies of machines as data.

use serde_json::json;

use super::*;
use crate::cloud::{Encryption, Mark, Offer, OnRemove, Owner};
use crate::secret::Secret;

fn plan() -> PoolPlan {
    PoolPlan {
        name: "gpu".to_owned(),
        network_id: "/net".to_owned(),
        location: "westeurope".to_owned(),
        subnets: Vec::new(),
        security_group: "default".to_owned(),
        role: "worker".to_owned(),
        offers: vec![Offer { sku: "Standard_D4s_v6".to_owned(), zone: None, spot: false }],
        spot: None,
        image: image().image,
        os_disk_gb: 512,
        os_disk_kind: DiskKind::Premium,
        data_disks: Vec::new(),
        encryption: Encryption::default(),
        admin_username: "bud".to_owned(),
        ssh_public_keys: vec!["ssh-ed25519 A".to_owned(), "ecdsa-sha2-nistp256 B".to_owned()],
        public_ipv4: true,
        public_ipv6: false,
        accelerated_networking: None,
        secure_boot: false,
        vtpm: true,
        identities: Identities::default(),
        capacity_reservation_id: None,
        placement_group: None,
        tags: std::collections::BTreeMap::new(),
        mark: Mark {
            environment: None,
            resource: "bud_node_pool/gpu".to_owned(),
            owner: Owner("o".to_owned()),
            expires_at: None,
        },
        recorded: std::collections::BTreeMap::new(),
    }
}

fn image() -> image::Facts {
    image::Facts {
        image: crate::cloud::Image::Catalogue {
            publisher: "Canonical".to_owned(),
            offer: "ubuntu-24_04-lts".to_owned(),
            sku: "server".to_owned(),
            version: Some("24.04.1".to_owned()),
        },
        generation2: true,
        trusted_launch: true,
    }
}

fn sku(controllers: &[&str], trusted_launch: bool) -> SkuSeen {
    SkuSeen {
        name: "Standard_D4s_v6".to_owned(),
        family: "StandardDsv6Family".to_owned(),
        vcpus: 4,
        memory_gib: 16.0,
        gpus: 0,
        zones: Vec::new(),
        restricted_zones: Vec::new(),
        restricted: None,
        architecture: "x64".to_owned(),
        disk_controllers: controllers.iter().map(|one| (*one).to_owned()).collect(),
        temporary_disk: false,
        premium: true,
        accelerated_networking: true,
        spot: true,
        trusted_launch,
        encryption_at_host: true,
        max_data_disks: 8,
    }
}

fn made(
    plan: &PoolPlan,
    facts: &SkuSeen,
    image: &image::Facts,
    disks: &[(&DataDiskPlan, String)],
    spot: bool,
) -> Value {
    let host_key = HostKey { public: "ssh-ed25519 H".to_owned(), private: Secret::new("private") };
    let tags = Tags::from([("bud:ssh-host-key".to_owned(), host_key.public.clone())]);
    new(&New {
        plan,
        name: "gpu-0",
        sku: "Standard_D4s_v6",
        facts: Some(facts),
        zone: Some("2"),
        spot,
        image,
        card: "/card",
        data_disks: disks,
        availability_set: None,
        host_key: &host_key,
        tags: &tags,
    })
}

fn pg() -> DataDiskPlan {
    DataDiskPlan {
        name: "pg".to_owned(),
        size_gb: 128,
        kind: DiskKind::Premium,
        lun: 3,
        on_remove: OnRemove::Delete,
    }
}

#[test]
fn the_first_request_says_everything() {
    let (plan, disk) = (plan(), pg());
    let mut body = made(&plan, &sku(&["NVMe"], true), &image(), &[(&disk, "/disk".to_owned())], false);
    let data = body["properties"]["osProfile"].as_object_mut().unwrap().remove("customData");
    assert!(data.is_some_and(|data| data.as_str().unwrap().len() > 100));
    let path = "/home/bud/.ssh/authorized_keys";
    assert_eq!(
        body,
        json!({
            "location": "westeurope",
            "zones": ["2"],
            "tags": { "bud:ssh-host-key": "ssh-ed25519 H" },
            "properties": {
                "hardwareProfile": { "vmSize": "Standard_D4s_v6" },
                "storageProfile": {
                    "imageReference": {
                        "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server",
                        "version": "24.04.1"
                    },
                    "osDisk": {
                        "name": "gpu-0-os", "createOption": "FromImage", "caching": "ReadWrite",
                        "diskSizeGB": 512, "deleteOption": "Delete",
                        "managedDisk": { "storageAccountType": "Premium_LRS" }
                    },
                    "dataDisks": [{
                        "lun": 3, "createOption": "Attach", "caching": "None", "deleteOption": "Detach",
                        "managedDisk": { "id": "/disk" }
                    }],
                    "diskControllerType": "NVMe"
                },
                "osProfile": {
                    "computerName": "gpu-0", "adminUsername": "bud",
                    "linuxConfiguration": {
                        "disablePasswordAuthentication": true, "provisionVMAgent": true,
                        "ssh": { "publicKeys": [{ "path": path, "keyData": "ssh-ed25519 A" }] }
                    }
                },
                "networkProfile": { "networkInterfaces": [
                    { "id": "/card", "properties": { "primary": true, "deleteOption": "Detach" } }
                ] },
                "securityProfile": {
                    "securityType": "TrustedLaunch",
                    "uefiSettings": { "secureBootEnabled": false, "vTpmEnabled": true }
                },
                "diagnosticsProfile": { "bootDiagnostics": { "enabled": true } }
            }
        })
    );
}

#[test]
fn controller_and_security_follow_kind_and_image() {
    let plan = plan();
    let old = image::Facts { generation2: false, trusted_launch: false, ..image() };
    for (controllers, trusted, image, controller, security) in [
        (&["SCSI", "NVMe"][..], true, image(), json!("SCSI"), true),
        (&["SCSI", "NVMe"][..], true, old.clone(), Value::Null, false),
        (&["SCSI"][..], false, image(), Value::Null, false),
        (&["SCSI"][..], true, old, Value::Null, false),
    ] {
        let body = made(&plan, &sku(controllers, trusted), &image, &[], false);
        assert_eq!(body["properties"]["storageProfile"]["diskControllerType"], controller);
        assert_eq!(body["properties"].get("securityProfile").is_some(), security, "{body}");
        assert!(!body.to_string().contains("\"Standard\""), "most subscriptions may not say it");
    }
    let mut plan = plan;
    plan.secure_boot = true;
    let body = made(&plan, &sku(&["SCSI"], false), &image(), &[], false);
    assert_eq!(body["properties"]["securityProfile"]["uefiSettings"]["secureBootEnabled"], true);
}

#[test]
fn spot_identities_and_encryption_are_said() {
    let mut plan = plan();
    plan.spot = Some(SpotPlan { max_price: None, on_eviction: OnEviction::Delete });
    plan.identities = Identities { system: true, ids: vec!["/id".to_owned()] };
    plan.encryption = Encryption { at_host: true, key_id: Some("/set".to_owned()) };
    let body = made(&plan, &sku(&["SCSI"], true), &image(), &[], true);
    let properties = &body["properties"];
    assert_eq!((&properties["priority"], &properties["evictionPolicy"]), (&json!("Spot"), &json!("Delete")));
    assert_eq!(properties["billingProfile"]["maxPrice"], -1.0);
    assert_eq!(properties["securityProfile"]["encryptionAtHost"], true);
    assert_eq!(
        properties["storageProfile"]["osDisk"]["managedDisk"]["diskEncryptionSet"],
        json!({ "id": "/set" })
    );
    let wanted = json!({ "type": "SystemAssigned, UserAssigned", "userAssignedIdentities": { "/id": {} } });
    assert_eq!(body["identity"], wanted);
    assert_eq!(identities(&body), plan.identities);
    assert!(made(&plan, &sku(&["SCSI"], true), &image(), &[], false)["properties"].get("priority").is_none());
}

#[test]
fn a_machine_is_amended_only_where_it_differs() {
    let (mut plan, disk) = (plan(), pg());
    plan.spot = Some(SpotPlan { max_price: Some(0.5), on_eviction: OnEviction::Deallocate });
    let disks = [(&disk, "/Disk".to_owned())];
    let machine = made(&plan, &sku(&["SCSI"], true), &image(), &disks, true);
    assert_eq!(amend(&machine, &plan, &[(&disk, "/disk".to_owned())]), None);
    let dearer = SpotPlan { max_price: Some(0.75), on_eviction: OnEviction::Deallocate };
    let mut other = plan.clone();
    other.spot = Some(dearer.clone());
    assert_eq!(amend(&machine, &other, &disks), None, "a price needs a restart");
    assert_eq!(
        reprice(&machine, &dearer),
        Some(json!({ "properties": { "billingProfile": { "maxPrice": 0.75 } } }))
    );
    assert_eq!(reprice(&machine, &SpotPlan { max_price: Some(0.5), ..dearer }), None);
    let more = [disks[0].clone(), (&disk, "/other".to_owned())];
    let change = amend(&machine, &plan, &more).unwrap();
    let list = change["properties"]["storageProfile"]["dataDisks"].as_array().unwrap();
    assert_eq!((list.len(), &list[1]["managedDisk"]["id"]), (2, &json!("/other")));
    let mut known = plan.clone();
    known.identities = Identities { system: false, ids: vec!["/B".to_owned()] };
    let mut with = machine.clone();
    with["identity"] = json!({ "type": "UserAssigned", "userAssignedIdentities": { "/A": {}, "/b": {} } });
    let change = amend(&with, &known, &disks).unwrap();
    assert_eq!(change["identity"]["userAssignedIdentities"], json!({ "/A": null, "/B": {} }));
}
