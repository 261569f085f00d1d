//! More of what Azure refuses of machines: identities, terms of spot, switches. Each line fails when its
//! guard is taken out.

use serde_json::{Value, json};

use super::bench::{Bench, network};
use super::machine_bench::{compute, key, machine_body};

const SIZE: &str = "Standard_D2s_v5";

#[tokio::test]
async fn sizes_identities_prices_and_interfaces_must_be_well_said() {
    let bench = Bench::with_interfaces(0.0).await;
    let nic =
        |primary: bool| json!({ "id": network("networkInterfaces/a"), "properties": { "primary": primary } });
    let spot = |price: f64| json!({ "priority": "Spot", "billingProfile": { "maxPrice": price } });
    let card = json!({ "networkProfile": { "networkInterfaces": [nic(true), nic(false)] } });
    let address =
        json!({ "networkProfile": { "networkInterfaces": [{ "id": network("publicIPAddresses/ip") }] } });
    let confidential = json!({ "securityProfile": { "securityType": "ConfidentialVM" } });
    for (properties, status, code) in [
        (json!({ "hardwareProfile": {} }), 400, "InvalidParameter"),
        (spot(0.0), 400, "InvalidParameter"),
        (spot(-2.0), 400, "InvalidParameter"),
        (card, 400, "InvalidParameter"),
        (address, 400, "InvalidParameter"),
        (confidential, 501, "NotModelledBySimulator"),
    ] {
        let mut body = machine_body(SIZE, "a");
        for (name, value) in properties.as_object().unwrap() {
            body["properties"][name] = value.clone();
        }
        let seen = bench.compute("virtualMachines/one", body).await;
        assert_eq!((seen.status, seen.code()), (status, code), "{properties}: {}", seen.body);
    }
    for (identity, code) in [
        (json!({ "type": "Everybody" }), "InvalidParameter"),
        (json!({ "type": "SystemAssigned, None" }), "InvalidParameter"),
        (
            json!({ "type": "UserAssigned", "userAssignedIdentities": { (network("natGateways/a")): {} } }),
            "LinkedInvalidPropertyId",
        ),
    ] {
        let mut body = machine_body(SIZE, "a");
        body["identity"] = identity.clone();
        let seen = bench.compute("virtualMachines/one", body).await;
        assert_eq!((seen.status, seen.code()), (400, code), "{identity}: {}", seen.body);
    }
    assert!(!bench.objects().await.iter().any(|id| id.contains("virtualMachines")));
}

#[tokio::test]
async fn what_does_not_run_is_not_restarted_and_what_never_came_is_not_switched() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body(SIZE, "a")).await;
    // Only spot machines are taken back.
    bench.act("one", "simulateEviction").await.refused(409, "OperationNotAllowed");
    assert_eq!(bench.control("POST", "/machines/one/evict", Value::Null).await.status, 400);
    assert_eq!(bench.power("one").await, "running");
    bench.switch("one", "deallocate").await;
    bench.act("one", "restart").await.refused(409, "OperationNotAllowed");
    assert_eq!(bench.power("one").await, "deallocated");

    bench.script(json!({ "capacity": [{ "machine": "two", "error": "AllocationFailed" }] })).await;
    bench.compute("virtualMachines/two", machine_body(SIZE, "b")).await.is(201);
    bench.settle().await;
    bench.act("two", "start").await.refused(409, "OperationNotAllowed");
    bench.act("two", "deallocate").await.refused(409, "OperationNotAllowed");
    bench.act("two", "retrieveBootDiagnosticsData").await.refused(409, "OperationNotAllowed");
}

#[tokio::test]
async fn data_disks_have_a_number_and_keep_it_and_their_origin() {
    let bench = Bench::with_interfaces(0.0).await;
    let disk = |lun: i64, origin: &str| json!({ "lun": lun, "name": "data", "createOption": origin, "diskSizeGB": 8 });
    let with = |disk: Value| {
        let mut body = machine_body(SIZE, "a");
        body["properties"]["storageProfile"]["dataDisks"] = json!([disk]);
        body
    };
    for (disk, status, code) in [
        (disk(64, "Empty"), 400, "InvalidParameter"),
        (disk(-1, "Empty"), 400, "InvalidParameter"),
        (disk(0, "Copy"), 501, "NotModelledBySimulator"),
    ] {
        let seen = bench.compute("virtualMachines/one", with(disk.clone())).await;
        assert_eq!((seen.status, seen.code()), (status, code), "{disk}: {}", seen.body);
    }
    bench.machine("one", with(disk(3, "Empty"))).await;
    let machine = bench.look("virtualMachines/one").await.is(200).body;
    for (name, value) in [("lun", json!(4)), ("createOption", json!("Attach"))] {
        let mut disk = machine["properties"]["storageProfile"]["dataDisks"][0].clone();
        disk[name] = value;
        let change = json!({ "properties": { "storageProfile": { "dataDisks": [disk] } } });
        bench.patch("virtualMachines/one", change).await.refused(409, "PropertyChangeNotAllowed");
    }
}

/// What is changed in a description by its path, and the refusal with what it is about.
type Case = (Vec<(&'static str, Value)>, u16, &'static str, &'static str);

/// The changes laid over a description; null takes away.
fn changed(changes: &[(&'static str, Value)]) -> Value {
    let mut body = machine_body(SIZE, "a");
    for (path, value) in changes {
        let (above, name) = path.rsplit_once('/').unwrap();
        let at = body["properties"].pointer_mut(above).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            at.remove(name)
        } else {
            at.insert(name.to_owned(), value.clone())
        };
    }
    body
}

async fn check(bench: &Bench, cases: Vec<Case>) {
    for (changes, status, code, target) in cases {
        let seen = bench.compute("virtualMachines/one", changed(&changes)).await;
        let said = (seen.status, seen.code(), seen.body["error"]["target"].as_str().unwrap_or_default());
        assert_eq!(said, (status, code, target), "{changes:?}: {}", seen.body);
    }
}

#[tokio::test]
async fn logins_and_profiles_are_refused_by_their_own_names() {
    let bench = Bench::with_interfaces(0.0).await;
    let named = |admin: &str| {
        let home = format!("/home/{admin}/.ssh/authorized_keys");
        vec![
            ("/osProfile/adminUsername", json!(admin)),
            ("/osProfile/linuxConfiguration/ssh/publicKeys", json!([{ "path": home, "keyData": key() }])),
        ]
    };
    let password = |password: &str| {
        vec![
            ("/osProfile/linuxConfiguration/disablePasswordAuthentication", json!(false)),
            ("/osProfile/adminPassword", json!(password)),
        ]
    };
    let refused = |changes, target| (changes, 400, "InvalidParameter", target);
    check(
        &bench,
        vec![
            refused(named("root"), "adminUsername"),
            refused(named("Guest"), "adminUsername"),
            refused(named("9lives"), "osProfile.adminUsername"),
            refused(named("dot."), "osProfile.adminUsername"),
            refused(named("a b"), "osProfile.adminUsername"),
            refused(named(&"n".repeat(65)), "osProfile.adminUsername"),
            refused(password("short"), "adminPassword"),
            refused(password("onlysmallletters"), "adminPassword"),
            refused(vec![("/storageProfile", Value::Null)], "storageProfile"),
            refused(vec![("/storageProfile/imageReference", Value::Null)], "storageProfile.imageReference"),
        ],
    )
    .await;
    bench.machine("one", changed(&password("Long enough, 4 kinds"))).await;
}

#[tokio::test]
async fn disks_are_refused_by_their_own_names() {
    let bench = Bench::with_interfaces(0.0).await;
    let data = |disk: Value| vec![("/storageProfile/dataDisks", json!([disk]))];
    let zonal = json!({
        "location": "westeurope", "sku": { "name": "Premium_LRS" }, "zones": ["1"],
        "properties": { "creationData": { "createOption": "Empty" }, "diskSizeGB": 8 },
    });
    bench.compute("disks/zonal", zonal).await.is(202);
    bench.settle().await;
    let attached = |option: &str| json!({ "lun": 0, "createOption": option, "managedDisk": { "id": compute("disks/zonal") } });
    let mut beyond = data(attached("Attach"));
    let named =
        |name: &str| data(json!({ "lun": 0, "createOption": "Empty", "name": name, "diskSizeGB": 8 }));
    let nothing = json!({ "createOption": "Attach", "osType": "Linux" });
    check(
        &bench,
        vec![
            (
                vec![("/storageProfile/osDisk", nothing), ("/osProfile", Value::Null)],
                400,
                "InvalidParameter",
                "storageProfile.osDisk.managedDisk.id",
            ),
            (data(attached("Empty")), 400, "InvalidParameter", "dataDisk.managedDisk.id"),
            (
                data(json!({ "lun": 0, "createOption": "Attach" })),
                400,
                "InvalidParameter",
                "dataDisk.managedDisk.id",
            ),
            (named("a/b"), 400, "InvalidParameter", "dataDisk.name"),
            (named(&"n".repeat(81)), 400, "InvalidParameter", "dataDisk.name"),
            (
                data(json!({ "lun": 0, "createOption": "Empty", "diskSizeGB": 32_768 })),
                400,
                "InvalidParameter",
                "dataDisk.diskSizeGB",
            ),
            (
                data(json!({ "lun": 0, "createOption": "Empty" })),
                400,
                "InvalidParameter",
                "dataDisk.diskSizeGB",
            ),
        ],
    )
    .await;
    // A disk of one zone goes to no machine of another, nor to one without.
    for zones in [Some(json!(["2"])), None] {
        let mut body = changed(&beyond);
        body["zones"] = zones.unwrap_or(Value::Null);
        let seen = bench.compute("virtualMachines/one", body).await;
        seen.refused(400, "BadRequest");
        assert!(seen.message().contains("not in zone"), "{}", seen.body);
    }
    beyond.push(("/hardwareProfile", json!({ "vmSize": "Standard_E2bs_v5" })));
    let mut body = changed(&beyond);
    body["zones"] = json!(["1"]);
    bench.machine("one", body).await;
    // What is off may have a larger disk, and no smaller one.
    bench.switch("one", "deallocate").await;
    let smaller = json!({ "properties": { "storageProfile": { "osDisk": { "diskSizeGB": 32 } } } });
    let seen = bench.patch("virtualMachines/one", smaller).await;
    seen.refused(400, "BadRequest");
    assert_eq!(seen.body["error"]["target"], "osDisk.diskSizeGB");
    assert_eq!(bench.look("disks/a-os").await.body["properties"]["diskSizeGB"], 64);
}

#[tokio::test]
async fn an_image_boots_from_the_controllers_that_it_knows() {
    let bench = Bench::with_interfaces(0.0).await;
    let with = |controller: &str, image: &str| {
        let mut body = machine_body("Standard_E2bs_v5", "a");
        body["properties"]["storageProfile"]["diskControllerType"] = json!(controller);
        body["properties"]["storageProfile"]["imageReference"]["sku"] = json!(image);
        body
    };
    let seen = bench.compute("virtualMachines/one", with("NVMe", "server-gen1")).await;
    seen.refused(400, "InvalidParameter");
    assert!(seen.message().contains("Supported are: SCSI."), "{}", seen.body);
    bench.machine("one", with("NVMe", "server")).await;
    bench.drop("virtualMachines/one").await.is(202);
    bench.settle().await;
    bench.machine("one", with("SCSI", "server-gen1")).await;
}
