//! More of what Azure refuses of machines: identities, terms of spot, switches. Each line fails when its
//! guard is taken out.

use serde_json::{Value, json};

use super::bench::{Bench, network};
use super::machine_bench::machine_body;

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
