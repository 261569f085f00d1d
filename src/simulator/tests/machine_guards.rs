//! What Azure refuses of a machine's description: each line fails when its guard is taken out.

use serde_json::{Value, json};

use super::bench::{Bench, network};
use super::machine_bench::{compute, machine_body, nic_body};

/// Puts a value at a path such as `/properties/zones`, making what is missing on the way; null removes.
fn set(body: &mut Value, path: &str, value: Value) {
    let (above, name) = path.rsplit_once('/').unwrap();
    let mut at = body;
    for part in above.split('/').skip(1) {
        at = match part.parse::<usize>() {
            Ok(number) => &mut at[number],
            Err(_) => &mut at[part],
        };
    }
    if value.is_null() {
        at.as_object_mut().unwrap().remove(name);
    } else {
        at[name] = value;
    }
}

/// A size, what is changed in its body, and the refusal.
type Case = (&'static str, Vec<(&'static str, Value)>, (u16, &'static str));

async fn check(bench: &Bench, cases: Vec<Case>) {
    for (size, changes, (status, code)) in cases {
        let mut body = machine_body(size, "a");
        for (path, value) in &changes {
            set(&mut body, path, value.clone());
        }
        let seen = bench.compute("virtualMachines/one", body).await;
        assert_eq!((seen.status, seen.code()), (status, code), "{size} {changes:?}: {}", seen.body);
    }
}

const SIZE: &str = "Standard_D2s_v5";
const IMAGE: &str = "/properties/storageProfile/imageReference/sku";
const CONTROLLER: &str = "/properties/storageProfile/diskControllerType";
const SECURITY: &str = "/properties/securityProfile";

#[tokio::test]
async fn hardware_image_controller_and_security_must_fit() {
    let bench = Bench::with_interfaces(0.0).await;
    let trusted = || json!({ "securityType": "TrustedLaunch" });
    check(
        &bench,
        vec![
            ("Standard_D2s_v9", vec![], (400, "InvalidParameter")),
            ("Standard_D2as_v6", vec![], (400, "InvalidParameter")),
            ("Standard_D2as_v6", vec![(CONTROLLER, json!("SCSI"))], (400, "InvalidParameter")),
            (SIZE, vec![(CONTROLLER, json!("NVMe"))], (400, "InvalidParameter")),
            (
                "Standard_D2as_v6",
                vec![(CONTROLLER, json!("NVMe")), (IMAGE, json!("server-gen1"))],
                (400, "BadRequest"),
            ),
            ("Standard_D2ps_v5", vec![], (400, "BadRequest")),
            (SIZE, vec![(IMAGE, json!("server-arm64"))], (400, "BadRequest")),
            (SIZE, vec![(IMAGE, json!("desktop"))], (404, "PlatformImageNotFound")),
            (SIZE, vec![(SECURITY, json!({ "securityType": "Standard" }))], (400, "InvalidParameter")),
            (SIZE, vec![(SECURITY, json!({ "uefiSettings": { "vTpmEnabled": true } }))], (400, "BadRequest")),
            (SIZE, vec![(SECURITY, json!({ "encryptionAtHost": true }))], (400, "InvalidParameter")),
            (SIZE, vec![(SECURITY, trusted()), (IMAGE, json!("server-gen1"))], (400, "BadRequest")),
            ("Standard_ND96asr_v4", vec![(SECURITY, trusted())], (400, "BadRequest")),
            ("Standard_D2_v5", vec![], (400, "InvalidParameter")),
        ],
    )
    .await;
    bench.quirks(json!({ "features": ["UseStandardSecurityType", "EncryptionAtHost"] })).await;
    let mut body = machine_body(SIZE, "a");
    set(&mut body, SECURITY, json!({ "securityType": "Standard", "encryptionAtHost": true }));
    bench.machine("one", body).await;
    let mut body = machine_body("Standard_D2as_v6", "b");
    set(&mut body, CONTROLLER, json!("NVMe"));
    set(&mut body, SECURITY, trusted());
    bench.machine("two", body).await;
    let uefi = &bench.look("virtualMachines/two").await.body["properties"]["securityProfile"]["uefiSettings"];
    assert_eq!(uefi, &json!({ "secureBootEnabled": false, "vTpmEnabled": true }));
}

#[tokio::test]
async fn the_first_settings_must_be_sound() {
    let bench = Bench::with_interfaces(0.0).await;
    let os = |name: &str| format!("/properties/osProfile/{name}").leak() as &'static str;
    let key = os("linuxConfiguration/ssh/publicKeys");
    let refused = (400, "InvalidParameter");
    let short = json!([{ "path": "/home/bud/.ssh/authorized_keys", "keyData": "ssh-rsa AAAA" }]);
    let elsewhere = json!([{ "path": "/root/.ssh/authorized_keys", "keyData": super::machine_bench::key() }]);
    check(
        &bench,
        vec![
            (SIZE, vec![(os("computerName"), json!("under_score"))], refused),
            (SIZE, vec![(os("computerName"), json!("x".repeat(65)))], refused),
            (SIZE, vec![(os("adminUsername"), json!("root"))], refused),
            (SIZE, vec![(os("customData"), json!("not base64!"))], refused),
            (SIZE, vec![(key, json!([]))], refused),
            (SIZE, vec![(key, short)], refused),
            (SIZE, vec![(key, elsewhere)], refused),
            (
                SIZE,
                vec![
                    (os("linuxConfiguration/disablePasswordAuthentication"), json!(false)),
                    (key, json!([])),
                ],
                refused,
            ),
            (SIZE, vec![("/properties/osProfile", Value::Null)], refused),
            (SIZE, vec![("/properties/osProfile/weather", json!("fair"))], (400, "BadRequest")),
            (SIZE, vec![("/properties/networkProfile", Value::Null)], refused),
            (SIZE, vec![("/properties/storageProfile", Value::Null)], refused),
            (SIZE, vec![("/weather", json!("fair"))], (400, "InvalidRequestContent")),
        ],
    )
    .await;
    let long = format!("virtualMachines/{}", "n".repeat(65));
    bench.compute(&long, machine_body(SIZE, "a")).await.refused(400, "InvalidResourceName");
}

#[tokio::test]
async fn zones_spot_and_sets_exclude_each_other() {
    let bench = Bench::with_interfaces(0.0).await;
    let set_body = |sku: &str| json!({ "location": "westeurope", "sku": { "name": sku }, "properties": {} });
    bench.compute("availabilitySets/set", set_body("Aligned")).await.is(200);
    bench.compute("availabilitySets/old", set_body("Classic")).await.is(200);
    let many = json!({ "location": "westeurope", "properties": { "platformFaultDomainCount": 4 } });
    bench.compute("availabilitySets/many", many).await.refused(400, "InvalidParameter");
    let member = |name: &str| json!({ "id": compute(&format!("availabilitySets/{name}")) });
    let place = "/properties/availabilitySet";
    let refused = (409, "OperationNotAllowed");
    check(
        &bench,
        vec![
            (SIZE, vec![("/zones", json!(["1"])), (place, member("set"))], (400, "BadRequest")),
            (SIZE, vec![(place, member("old"))], refused),
            (SIZE, vec![(place, member("none"))], (400, "InvalidResourceReference")),
            (SIZE, vec![(place, member("set")), ("/properties/priority", json!("Spot"))], refused),
            (SIZE, vec![("/properties/evictionPolicy", json!("Delete"))], refused),
            (SIZE, vec![("/properties/billingProfile", json!({ "maxPrice": 1 }))], refused),
            ("Standard_B2s", vec![("/properties/priority", json!("Spot"))], refused),
            (SIZE, vec![("/zones", json!(["4"]))], (400, "InvalidAvailabilityZone")),
            (SIZE, vec![("/zones", json!(["1", "2"]))], (400, "InvalidParameter")),
            ("Standard_NC24ads_A100_v4", vec![("/zones", json!(["3"]))], (409, "SkuNotAvailable")),
        ],
    )
    .await;
    let mut body = machine_body(SIZE, "a");
    set(&mut body, place, member("set"));
    bench.machine("one", body).await;
    bench.drop("availabilitySets/set").await.refused(409, "OperationNotAllowed");
    let shown = bench.look("availabilitySets/set").await.body;
    assert_eq!(shown["properties"]["virtualMachines"][0]["id"], compute("virtualMachines/one"));
    bench.drop("virtualMachines/one").await.is(202);
    bench.settle().await;
    bench.drop("availabilitySets/set").await.is(200);
}

#[tokio::test]
async fn restricted_machine_types_are_not_to_be_had() {
    let bench = Bench::with_interfaces(0.0).await;
    let one = |zone: Option<&str>| json!({ "restrictions": [{ "sku": SIZE, "location": "westeurope", "zone": zone }] });
    bench.control("POST", "/skus", one(Some("2"))).await.is(200);
    check(&bench, vec![(SIZE, vec![("/zones", json!(["2"]))], (409, "SkuNotAvailable"))]).await;
    bench.control("POST", "/skus", one(None)).await.is(200);
    check(&bench, vec![(SIZE, vec![], (409, "SkuNotAvailable"))]).await;
    let path = super::machine_bench::regional("skus?$filter=location%20eq%20'West%20Europe'");
    let skus = bench.send("GET", &path, "2021-07-01", None).await.is(200).body;
    let found = skus["value"].as_array().unwrap().iter().find(|sku| sku["name"] == SIZE).unwrap();
    assert_eq!(found["restrictions"][0]["type"], "Location");
    assert_eq!(found["restrictions"][0]["reasonCode"], "NotAvailableForSubscription");
    bench.control("POST", "/skus", json!({ "restrictions": [] })).await.is(200);
    let mut body = machine_body(SIZE, "a");
    set(&mut body, "/zones", json!(["2"]));
    bench.machine("one", body).await;
}

#[tokio::test]
async fn interfaces_belong_to_one_machine_and_fit_its_type() {
    let bench = Bench::with_interfaces(0.0).await;
    let subnet = json!({ "id": network("virtualNetworks/net/subnets/a") });
    let one = json!({ "name": "main", "properties": { "subnet": subnet } });
    let mut fast = nic_body(&json!([one]));
    fast["properties"]["enableAcceleratedNetworking"] = json!(true);
    bench.make("networkInterfaces/b", fast).await.is(200);
    bench.settle().await;
    let nics = "/properties/networkProfile/networkInterfaces";
    let nic = |name: &str, primary: bool| {
        json!({
            "id": network(&format!("networkInterfaces/{name}")), "properties": { "primary": primary },
        })
    };
    check(
        &bench,
        vec![
            (
                "Standard_B2s",
                vec![(nics, json!([nic("b", true)]))],
                (400, "VMSizeIsNotPermittedToEnableAcceleratedNetworking"),
            ),
            (
                SIZE,
                vec![(nics, json!([nic("a", false), nic("b", false)]))],
                (400, "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary"),
            ),
            (
                SIZE,
                vec![(nics, json!([nic("a", true), nic("b", false), nic("c", false)]))],
                (400, "NetworkInterfaceCountExceeded"),
            ),
            (SIZE, vec![(nics, json!([nic("none", true)]))], (400, "InvalidResourceReference")),
        ],
    )
    .await;
    bench.machine("one", machine_body(SIZE, "a")).await;
    let mut thief = machine_body(SIZE, "b");
    set(&mut thief, nics, json!([nic("a", true)]));
    bench.compute("virtualMachines/two", thief).await.refused(400, "NicInUse");
    let mut both = machine_body(SIZE, "a");
    set(&mut both, nics, json!([nic("a", true), nic("b", false)]));
    bench
        .compute("virtualMachines/one", both.clone())
        .await
        .refused(400, "AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported");
    bench.switch("one", "deallocate").await;
    bench.compute("virtualMachines/one", both).await.is(200);
}

#[tokio::test]
async fn interfaces_have_one_primary_of_version_four_and_addresses_of_their_subnet() {
    let bench = Bench::with_interfaces(0.0).await;
    let subnets =
        json!([{ "name": "a", "properties": { "addressPrefixes": ["10.0.1.0/24", "fd12:0:0:1::/64"] } }]);
    let body = json!({ "location": "westeurope", "properties": {
        "addressSpace": { "addressPrefixes": ["10.0.0.0/16", "fd12::/48"] }, "subnets": subnets,
    } });
    bench.make("virtualNetworks/net", body).await.is(200);
    bench.settle().await;
    let one = |name: &str, version: &str, primary: bool, address: &str| {
        let mut properties = json!({
            "subnet": { "id": network("virtualNetworks/net/subnets/a") },
            "privateIPAddressVersion": version, "primary": primary,
        });
        if !address.is_empty() {
            properties["privateIPAddress"] = json!(address);
            properties["privateIPAllocationMethod"] = json!("Static");
        }
        json!({ "name": name, "properties": properties })
    };
    for (configurations, code) in [
        (
            json!([one("4", "IPv4", false, ""), one("6", "IPv6", true, "")]),
            "Ipv6IpConfigurationCannotBePrimary",
        ),
        (json!([one("6", "IPv6", false, "")]), "Ipv6IpConfigurationCannotBePrimary"),
        (
            json!([one("4", "IPv4", true, ""), one("5", "IPv4", true, "")]),
            "NetworkInterfaceMustHaveExactlyOnePrimaryIpConfiguration",
        ),
        (json!([one("4", "IPv4", true, "10.0.1.3")]), "PrivateIPAddressNotInSubnet"),
        (json!([one("4", "IPv4", true, "10.0.1.255")]), "PrivateIPAddressNotInSubnet"),
        (json!([one("4", "IPv4", true, "10.0.2.9")]), "PrivateIPAddressNotInSubnet"),
        (json!([one("4", "IPv4", true, "10.0.1.4")]), "PrivateIPAddressIsAllocated"),
        (
            json!([one("4", "IPv4", true, "10.0.1.69"), one("5", "IPv4", false, "10.0.1.69")]),
            "PrivateIPAddressIsAllocated",
        ),
    ] {
        bench.make("networkInterfaces/c", nic_body(&configurations)).await.refused(400, code);
    }
    let dual = json!([one("4", "IPv4", true, "10.0.1.69"), one("6", "IPv6", false, "fd12:0:0:1::45")]);
    bench.make("networkInterfaces/c", nic_body(&dual)).await.is(201);
}

#[tokio::test]
async fn disks_have_one_owner_a_lun_and_only_grow() {
    let bench = Bench::with_interfaces(0.0).await;
    let disk = |size: u32| {
        json!({
            "location": "westeurope", "sku": { "name": "Premium_LRS" },
            "properties": { "creationData": { "createOption": "Empty" }, "diskSizeGB": size },
        })
    };
    let made = bench.compute("disks/data", disk(100)).await.is(202);
    assert!(made.header("location").unwrap().contains("/DiskOperations/"));
    bench.settle().await;
    bench.compute("disks/data", disk(50)).await.refused(400, "BadRequest");
    bench.compute("disks/odd", disk(0)).await.refused(400, "InvalidParameter");
    let attach = |lun: u32| json!({ "lun": lun, "createOption": "Attach", "managedDisk": { "id": compute("disks/data") } });
    let data = "/properties/storageProfile/dataDisks";
    let empty = |lun: u32| json!({ "lun": lun, "createOption": "Empty", "diskSizeGB": 8 });
    let size = "/properties/storageProfile/osDisk/diskSizeGB";
    check(
        &bench,
        vec![
            (SIZE, vec![(data, json!([attach(0), empty(0)]))], (400, "InvalidParameter")),
            (
                SIZE,
                vec![(data, json!([empty(0), empty(1), empty(2), empty(3), empty(4)]))],
                (409, "OperationNotAllowed"),
            ),
            (SIZE, vec![(data, json!([attach(0)])), ("/zones", json!(["1"]))], (400, "BadRequest")),
            (SIZE, vec![(size, json!(10))], (409, "OperationNotAllowed")),
            (
                SIZE,
                vec![("/properties/storageProfile/osDisk/name", json!("data"))],
                (409, "ConflictingUserInput"),
            ),
        ],
    )
    .await;
    let mut body = machine_body(SIZE, "a");
    set(&mut body, data, json!([attach(0)]));
    bench.machine("one", body.clone()).await;
    let mut thief = machine_body(SIZE, "b");
    set(&mut thief, data, json!([attach(0)]));
    bench.compute("virtualMachines/two", thief).await.refused(409, "ConflictingUserInput");
    bench.drop("disks/data").await.refused(409, "OperationNotAllowed");
    // Data disks grow while the machine runs, the one with the operating system does not.
    bench.patch("disks/data", json!({ "properties": { "diskSizeGB": 200 } })).await.is(202);
    bench
        .patch("disks/a-os", json!({ "properties": { "diskSizeGB": 200 } }))
        .await
        .refused(409, "OperationNotAllowed");
    set(&mut body, size, json!(200));
    bench.compute("virtualMachines/one", body.clone()).await.refused(409, "OperationNotAllowed");
    bench.switch("one", "deallocate").await;
    bench.compute("virtualMachines/one", body.clone()).await.is(200);
    bench.settle().await;
    assert_eq!(bench.look("disks/a-os").await.body["properties"]["diskSizeGB"], 200);
    set(&mut body, data, json!([]));
    bench.compute("virtualMachines/one", body).await.is(200);
    bench.settle().await;
    bench.drop("disks/data").await.is(202);
}

#[tokio::test]
async fn what_is_fixed_does_not_change_and_what_is_not_does() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body(SIZE, "a")).await;
    let other_key = json!([{ "path": "/home/bud/.ssh/authorized_keys", "keyData": format!("{} x", super::machine_bench::key()) }]);
    for (path, value, name) in [
        ("/zones", json!(["1"]), "zones"),
        ("/properties/osProfile/computerName", json!("b"), "osProfile.computerName"),
        ("/properties/osProfile/adminUsername", json!("other"), "osProfile.adminUsername"),
        ("/properties/osProfile/customData", json!("AAAA"), "customData"),
        (
            "/properties/osProfile/linuxConfiguration/ssh/publicKeys",
            other_key,
            "linuxConfiguration.ssh.publicKeys",
        ),
        ("/properties/storageProfile/imageReference/version", json!("24.04.202404230"), "imageReference"),
        ("/properties/storageProfile/osDisk/name", json!("other"), "osDisk.name"),
        ("/properties/priority", json!("Spot"), "priority"),
        (
            "/properties/securityProfile",
            json!({ "securityType": "TrustedLaunch" }),
            "securityProfile.securityType",
        ),
    ] {
        let mut body = machine_body(SIZE, "a");
        set(&mut body, path, value);
        let seen = bench.compute("virtualMachines/one", body).await;
        seen.refused(409, "PropertyChangeNotAllowed");
        assert_eq!(seen.body["error"]["target"], name);
    }
    // The same again, what was read, and other tags are all taken.
    bench.compute("virtualMachines/one", machine_body(SIZE, "a")).await.is(200);
    bench.settle().await;
    let read = bench.look("virtualMachines/one").await.body;
    bench.compute("virtualMachines/one", read).await.is(200);
    bench.settle().await;
    bench.patch("virtualMachines/one", json!({ "tags": { "role": "other" } })).await.is(200);
    bench.settle().await;
    assert_eq!(bench.look("virtualMachines/one").await.body["tags"], json!({ "role": "other" }));
    assert_eq!(bench.inside("one").await["boots"], 1);
}

#[tokio::test]
async fn accelerated_networking_follows_the_machine_type_and_changes_only_while_it_is_off() {
    let bench = Bench::with_interfaces(0.0).await;
    let fast = |nic: &str| {
        let subnet = json!({ "id": network("virtualNetworks/net/subnets/a") });
        let mut body = nic_body(&json!([{ "name": "main", "properties": { "subnet": subnet } }]));
        body["properties"]["enableAcceleratedNetworking"] = json!(true);
        (format!("networkInterfaces/{nic}"), body)
    };
    bench.machine("slow", machine_body("Standard_B2s", "a")).await;
    bench.machine("one", machine_body(SIZE, "b")).await;
    let (path, body) = fast("a");
    bench.make(&path, body).await.refused(400, "VMSizeIsNotPermittedToEnableAcceleratedNetworking");
    let (path, body) = fast("b");
    bench.make(&path, body.clone()).await.refused(400, "AcceleratedNetworkingCannotBeChangedOnRunningVM");
    bench.switch("one", "deallocate").await;
    bench.make(&path, body).await.is(200);
}

#[tokio::test]
async fn an_address_of_one_zone_serves_no_machine_of_another() {
    let bench = Bench::with_interfaces(0.0).await;
    let mut address = super::bench::address_body();
    address["zones"] = json!(["1"]);
    bench.make("publicIPAddresses/zonal", address).await.is(201);
    bench.settle().await;
    let nic = json!([{ "name": "main", "properties": {
        "subnet": { "id": network("virtualNetworks/net/subnets/a") },
        "publicIPAddress": { "id": network("publicIPAddresses/zonal") },
    } }]);
    bench.make("networkInterfaces/a", nic_body(&nic)).await.is(200);
    bench.settle().await;
    let zones = |zone: &str| vec![("/zones", json!([zone]))];
    check(&bench, vec![(SIZE, zones("2"), (400, "ComputeResourceAndPublicIpZonesMismatch"))]).await;
    check(&bench, vec![(SIZE, zones("1"), (201, ""))]).await;
}

#[tokio::test]
async fn another_family_needs_the_whole_availability_set_off() {
    let bench = Bench::with_interfaces(0.0).await;
    let body = json!({ "location": "westeurope", "sku": { "name": "Aligned" }, "properties": {} });
    bench.compute("availabilitySets/set", body).await.is(200);
    for (name, nic) in [("one", "a"), ("two", "b")] {
        let mut body = machine_body(SIZE, nic);
        set(&mut body, "/properties/availabilitySet", json!({ "id": compute("availabilitySets/set") }));
        bench.machine(name, body).await;
    }
    let resize = json!({ "properties": { "hardwareProfile": { "vmSize": "Standard_D2as_v5" } } });
    bench.switch("one", "deallocate").await;
    bench.patch("virtualMachines/one", resize.clone()).await.refused(409, "OperationNotAllowed");
    bench.switch("two", "deallocate").await;
    bench.patch("virtualMachines/one", resize).await.is(200);
}

#[tokio::test]
async fn images_of_galleries_and_disks_of_images_are_taken() {
    let bench = Bench::with_interfaces(0.0).await;
    let gallery = compute("galleries/g/images/i/versions/1.0.0");
    let reference = "/properties/storageProfile/imageReference";
    check(&bench, vec![(SIZE, vec![(reference, json!({ "id": "/nowhere" }))], (400, "InvalidParameter"))])
        .await;
    let mut body = machine_body(SIZE, "a");
    set(&mut body, reference, json!({ "id": gallery }));
    bench.machine("one", body).await;
    let disk = |image: Value| {
        json!({ "location": "westeurope", "properties": {
        "creationData": { "createOption": "FromImage", "imageReference": image }, "hyperVGeneration": "V2",
    } })
    };
    bench.compute("disks/copy", disk(json!({ "id": "/nowhere" }))).await.refused(400, "InvalidParameter");
    bench.compute("disks/copy", disk(json!({ "id": gallery }))).await.is(202);
    bench.settle().await;
    // It boots a machine, which then has no first settings.
    let attach = json!({ "createOption": "Attach", "managedDisk": { "id": compute("disks/copy") } });
    let os = "/properties/storageProfile/osDisk";
    let mut body = machine_body(SIZE, "b");
    set(&mut body, reference, Value::Null);
    set(&mut body, os, attach);
    bench.compute("virtualMachines/two", body.clone()).await.refused(400, "InvalidParameter");
    set(&mut body, "/properties/osProfile", Value::Null);
    bench.machine("two", body).await;
    bench.switch("two", "deallocate").await;
    assert_eq!(bench.look("disks/copy").await.body["properties"]["diskState"], "Reserved");
}

#[tokio::test]
async fn the_compute_provider_must_be_registered_and_has_its_own_versions() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.quirks(json!({ "unregistered": ["Microsoft.Compute"] })).await;
    check(&bench, vec![(SIZE, vec![], (409, "MissingSubscriptionRegistration"))]).await;
    let path = format!("/subscriptions/{}/providers/Microsoft.Compute", super::super::settings::SUBSCRIPTION);
    let shown = bench.send("POST", &format!("{path}/register"), "2021-04-01", None).await.is(200).body;
    assert_eq!(shown["registrationState"], "Registered");
    let types = shown["resourceTypes"].to_string();
    assert!(types.contains("virtualMachines") && !types.contains("networkInterfaces"), "{types}");
    for (rest, version) in [("virtualMachines", "2024-03-02"), ("disks", "2024-07-01")] {
        bench.send("GET", &compute(rest), version, None).await.refused(400, "NoRegisteredProviderFound");
    }
    bench.machine("one", machine_body(SIZE, "a")).await;
}

#[tokio::test]
async fn user_data_changes_and_is_shown_only_on_demand() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body(SIZE, "a")).await;
    bench.patch("virtualMachines/one", json!({ "properties": { "userData": "AAAA" } })).await.is(200);
    bench.settle().await;
    let shown = bench.look("virtualMachines/one").await.body;
    assert!(shown["properties"].get("userData").is_none());
    let shown = bench.look("virtualMachines/one?$expand=userData").await.body;
    assert_eq!(shown["properties"]["userData"], "AAAA");
}
