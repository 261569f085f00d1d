//! Machines that the cloud does not have, loses or takes back, and what that costs.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::bench::{Bench, address_body, group_body, network, rule};
use super::machine_bench::{machine_body, regional};
use super::way_in::{connect, silent};

const SIZE: &str = "Standard_D2s_v5";
const SPOT: &str = "Standard_NC24ads_A100_v4";

fn sized(size: &str) -> Value {
    json!({ "properties": { "hardwareProfile": { "vmSize": size } } })
}

#[tokio::test]
async fn a_machine_without_capacity_is_left_failed_and_keeps_its_interface() {
    let bench = Bench::with_interfaces(0.0).await;
    bench
        .script(json!({ "capacity": [{ "sku": "*D2s_v5", "zone": "", "error": "AllocationFailed" }] }))
        .await;
    let made = bench.compute("virtualMachines/one", machine_body(SIZE, "a")).await.is(201);
    bench.advance(61).await;
    let ended = bench.follow(made.header("azure-asyncoperation").unwrap()).await.is(200).body;
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("Failed"), &json!("AllocationFailed")));
    let left = bench.look("virtualMachines/one").await.is(200).body;
    assert_eq!(left["properties"]["provisioningState"], "Failed");
    assert_eq!(bench.power("one").await, "");
    let view = bench.look("virtualMachines/one/instanceView").await.body;
    assert_eq!(view["statuses"][0]["code"], "ProvisioningState/failed/AllocationFailed");
    let bill = bench.control("GET", "/billing", Value::Null).await.body;
    assert_eq!(bill["machines"], json!([]));

    bench.drop("virtualMachines/one").await.is(202);
    bench.advance(41).await;
    let kept = bench.delete("networkInterfaces/a").await;
    kept.refused(400, "NicReservedForAnotherVm");
    assert!(kept.message().contains("180 seconds") && kept.message().contains("virtualMachines/one"));
    assert!(kept.header("retry-after").is_some());
    bench
        .compute("virtualMachines/two", machine_body(SIZE, "a"))
        .await
        .refused(400, "NicReservedForAnotherVm");
    bench.advance(181).await;
    bench.machine("two", machine_body(SIZE, "a")).await;
}

#[tokio::test]
async fn the_machine_for_which_an_interface_is_kept_may_have_it() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.script(json!({ "capacity": [{ "error": "OverconstrainedAllocationRequest" }] })).await;
    bench.compute("virtualMachines/one", machine_body(SIZE, "a")).await.is(201);
    bench.advance(61).await;
    // Also over what is left of it.
    bench.compute("virtualMachines/one", machine_body(SIZE, "a")).await.is(200);
    bench.settle().await;
    assert_eq!(bench.power("one").await, "running");
}

#[tokio::test]
async fn shortages_choose_by_type_zone_price_and_count() {
    let bench = Bench::with_interfaces(0.0).await;
    bench
        .script(json!({ "capacity": [
            { "sku": SIZE, "zone": "1", "times": 0, "error": "ZonalAllocationFailed" },
            { "machine": "two", "nth": 2, "error": "SkuNotAvailable" },
            { "spot": true, "error": "SkuNotAvailable" },
        ] }))
        .await;
    let mut zonal = machine_body(SIZE, "a");
    zonal["zones"] = json!(["1"]);
    let made = bench.compute("virtualMachines/one", zonal.clone()).await.is(201);
    bench.settle().await;
    let ended = bench.follow(made.header("azure-asyncoperation").unwrap()).await.body;
    assert_eq!(ended["error"]["code"], "ZonalAllocationFailed");
    bench.compute("virtualMachines/one", zonal).await.is(200);
    bench.settle().await;
    assert_eq!(bench.look("virtualMachines/one").await.body["properties"]["provisioningState"], "Failed");
    bench.machine("two", machine_body(SIZE, "b")).await;
    bench.switch("two", "deallocate").await;
    bench.act("two", "start").await.refused(409, "SkuNotAvailable");
    assert_eq!(bench.power("two").await, "deallocated");
    bench.switch("two", "start").await;
    let wrong = json!({ "capacity": [{ "nth": 0, "error": "AllocationFailed" }] });
    assert_eq!(bench.control("POST", "/faults", wrong).await.status, 400);
    let unknown = json!({ "capacity": [{ "error": "NoLuck" }] });
    assert_eq!(bench.control("POST", "/faults", unknown).await.status, 400);
}

#[tokio::test]
async fn a_start_without_capacity_leaves_the_machine_deallocated() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body(SIZE, "a")).await;
    bench.switch("one", "deallocate").await;
    bench.script(json!({ "capacity": [{ "error": "AllocationFailed" }] })).await;
    bench.switch("one", "start").await;
    assert_eq!(bench.power("one").await, "deallocated");
    assert_eq!(bench.inside("one").await["billed"], false);
    bench.switch("one", "start").await;
    assert_eq!(bench.power("one").await, "running");
}

#[tokio::test]
async fn a_resize_keeps_the_kind_of_temporary_disk_and_of_controller_and_needs_its_hardware() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body("Standard_D2ads_v5", "a")).await;
    let resize = async |size: &str| bench.patch("virtualMachines/one", sized(size)).await;
    bench.switch("one", "deallocate").await;
    resize("Standard_D2as_v5").await.refused(409, "OperationNotAllowed");
    resize("Standard_D2ads_v6").await.refused(400, "InvalidParameter");
    let mut nvme = sized("Standard_D2ads_v6");
    nvme["properties"]["storageProfile"] = json!({ "diskControllerType": "NVMe" });
    bench.patch("virtualMachines/one", nvme).await.refused(409, "OperationNotAllowed");
    bench.switch("one", "start").await;
    bench
        .control("POST", "/machines/one/disks", json!({ "temporary": "scratch", "os": "system" }))
        .await
        .is(200);
    resize("Standard_D2ds_v5").await.refused(409, "OperationNotAllowed");
    resize("Standard_D4ads_v5").await.is(200);
    bench.settle().await;
    let inside = bench.inside("one").await;
    assert_eq!((&inside["power"], &inside["boots"]), (&json!("running"), &json!(3)));
    assert_eq!(inside["disks"], json!({ "temporary": null, "os": "system" }));
    bench.switch("one", "deallocate").await;
    resize("Standard_D2ds_v5").await.is(200);
    bench.settle().await;
    assert_eq!(bench.power("one").await, "deallocated");
    let bill = bench.control("GET", "/billing", Value::Null).await.body;
    let skus: Vec<&Value> = bill["machines"].as_array().unwrap().iter().map(|bill| &bill["sku"]).collect();
    assert_eq!(skus, ["Standard_D2ads_v5", "Standard_D4ads_v5"]);
}

#[tokio::test]
async fn temporary_disks_forget_and_the_others_remember() {
    let bench = Bench::with_interfaces(0.0).await;
    let mut body = machine_body("Standard_D2ds_v5", "a");
    body["properties"]["storageProfile"]["dataDisks"] =
        json!([{ "lun": 3, "name": "data", "createOption": "Empty", "diskSizeGB": 8 }]);
    bench.machine("one", body).await;
    let texts = json!({ "temporary": "scratch", "os": "system", "3": "rows" });
    bench.control("POST", "/machines/one/disks", texts.clone()).await.is(200);
    bench.switch("one", "restart").await;
    assert_eq!(bench.inside("one").await["disks"], texts);
    bench.switch("one", "deallocate").await;
    bench.switch("one", "start").await;
    assert_eq!(bench.inside("one").await["disks"], json!({ "temporary": null, "os": "system", "3": "rows" }));
    assert_eq!(bench.control("POST", "/machines/one/disks", json!({ "4": "x" })).await.status, 400);
    bench.machine("two", machine_body(SIZE, "b")).await;
    assert_eq!(bench.control("POST", "/machines/two/disks", json!({ "temporary": "x" })).await.status, 400);
}

#[tokio::test]
async fn spot_machines_count_for_themselves_and_are_taken_back() {
    let bench = Bench::with_interfaces(0.0).await;
    let spot = |nic: &str, policy: &str| {
        let mut body = machine_body(SPOT, nic);
        body["properties"]["priority"] = json!("Spot");
        body["properties"]["evictionPolicy"] = json!(policy);
        body["properties"]["billingProfile"] = json!({ "maxPrice": -1 });
        body
    };
    bench
        .control("POST", "/quotas", json!({ "limits": { "cores": 0, "lowPriorityCores": 24 } }))
        .await
        .is(200);
    bench.machine("one", spot("a", "Deallocate")).await;
    let full = bench.compute("virtualMachines/two", spot("b", "Delete")).await;
    full.refused(409, "OperationNotAllowed");
    assert!(
        full.message().contains("LowPriorityCores") && full.message().contains("Additional Required: 24")
    );
    let price = json!({ "properties": { "billingProfile": { "maxPrice": 2.5 } } });
    bench.patch("virtualMachines/one", price.clone()).await.refused(409, "OperationNotAllowed");
    bench.control("POST", "/machines/one/evict", Value::Null).await.is(200);
    assert_eq!(bench.power("one").await, "deallocated");
    bench.patch("virtualMachines/one", price).await.is(200);
    bench
        .control("POST", "/quotas", json!({ "location": "westeurope", "limits": { "lowPriorityCores": 48 } }))
        .await
        .is(200);
    bench.machine("two", spot("b", "Delete")).await;
    bench.control("POST", "/machines/two/evict", Value::Null).await.is(200);
    bench.look("virtualMachines/two").await.refused(404, "ResourceNotFound");
    bench.look("disks/b-os").await.refused(404, "ResourceNotFound");
    bench.get("networkInterfaces/b").await.is(200);
}

#[tokio::test]
async fn quotas_of_cores_families_machines_interfaces_and_addresses_hold() {
    let bench = Bench::with_interfaces(0.0).await;
    for (name, word) in [
        ("cores", "Total Regional Cores"),
        ("standardDSv5Family", "standardDSv5Family Cores"),
        ("virtualMachines", "VirtualMachines"),
    ] {
        bench.control("POST", "/quotas", json!({ "limits": { name: 0 } })).await.is(200);
        let full = bench.compute("virtualMachines/one", machine_body(SIZE, "a")).await;
        full.refused(409, "OperationNotAllowed");
        assert!(
            full.message().contains(word) && full.message().contains("Current Limit: 0"),
            "{}",
            full.message()
        );
        bench.control("POST", "/quotas", json!({ "limits": { name: 3 } })).await.is(200);
    }
    bench.machine("one", machine_body(SIZE, "a")).await;
    bench.switch("one", "deallocate").await;
    bench.patch("virtualMachines/one", sized("Standard_D4s_v5")).await.refused(409, "OperationNotAllowed");
    for (name, code) in [
        ("PublicIPAddresses", "PublicIPCountLimitReached"),
        ("IPv4StandardSkuPublicIpAddresses", "IPv4StandardSkuPublicIpCountLimitReached"),
    ] {
        bench.control("POST", "/quotas", json!({ "limits": { name: 1 } })).await.is(200);
        bench.make("publicIPAddresses/more", address_body()).await.refused(400, code);
        bench.control("POST", "/quotas", json!({ "limits": { name: 9 } })).await.is(200);
    }
    bench.control("POST", "/quotas", json!({ "limits": { "NetworkInterfaces": 2 } })).await.is(200);
    let subnet = json!({ "subnet": { "id": network("virtualNetworks/net/subnets/a") } });
    let body = super::machine_bench::nic_body(&json!([{ "name": "main", "properties": subnet }]));
    bench.make("networkInterfaces/c", body).await.refused(400, "NetworkInterfaceCountLimitReached");
    assert_eq!(bench.control("POST", "/quotas", json!({ "limits": { "luck": 1 } })).await.status, 400);
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Network/locations/westeurope/usages",
        super::super::settings::SUBSCRIPTION
    );
    let usages = bench.send("GET", &path, "2024-03-01", None).await.is(200).body;
    let nics = usages["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|usage| usage["name"]["value"] == "NetworkInterfaces");
    assert_eq!((&nics.unwrap()["currentValue"], &nics.unwrap()["limit"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn a_running_machine_answers_where_its_rules_let_it_and_no_other_does() {
    let bench = Bench::with_interfaces(f64::INFINITY).await;
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("ssh", 100, "22")])).await.is(201);
    let mut nic = bench.get("networkInterfaces/a").await.body;
    nic["properties"]["networkSecurityGroup"] = json!({ "id": network("networkSecurityGroups/nsg") });
    bench.make("networkInterfaces/a", nic).await.is(200);
    let read = bench.get("publicIPAddresses/ip").await.body;
    let address: IpAddr = read["properties"]["ipAddress"].as_str().unwrap().parse().unwrap();
    assert_eq!(connect(&bench, address, 22).await.0, 4);
    bench.machine("one", machine_body(SIZE, "a")).await;
    assert_eq!(connect(&bench, address, 22).await.0, 0);
    assert!(silent(&bench, address, 80).await);
    for what in ["stop", "deallocate"] {
        bench.control("POST", &format!("/machines/one/{what}"), Value::Null).await.is(200);
        assert_eq!(connect(&bench, address, 22).await.0, 4, "{what}");
        bench.control("POST", "/machines/one/start", Value::Null).await.is(200);
    }
    bench.control("POST", "/machines/one/reachable", json!({ "reachable": false })).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 4);
    bench.control("POST", "/machines/one/reachable", json!({ "reachable": true })).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 0);
    bench.control("POST", "/machines/one/kill", Value::Null).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 4);
    bench.look("virtualMachines/one").await.is(404);
    assert_eq!(bench.control("POST", "/machines/one/kill", Value::Null).await.status, 400);
    assert_eq!(bench.control("POST", "/machines/one/hug", Value::Null).await.status, 404);
    let locations = bench.send("GET", &regional("locations/atlantis/usages"), "2024-07-01", None).await;
    locations.refused(400, "LocationNotAvailableForResourceType");
}

#[tokio::test]
async fn the_faults_of_all_requests_hit_machines_too() {
    let bench = Bench::with_interfaces(0.0).await;
    let put = |fault: Value| json!({ "rules": [{ "when": { "method": "PUT", "path": "*/virtualMachines/*" }, "do": fault }] });
    bench.script(put(json!("cut_after"))).await;
    let sent = bench
        .request("PUT", &super::machine_bench::compute("virtualMachines/one"), "2024-07-01")
        .header("content-type", "application/json")
        .body(machine_body(SIZE, "a").to_string());
    assert!(sent.send().await.is_err());
    bench.settle().await;
    assert_eq!(bench.power("one").await, "running");
    // An operation that fails without a code, as some of Azure's do.
    bench.script(put(json!({ "operation": { "status": "Failed" } }))).await;
    let made = bench.compute("virtualMachines/two", machine_body(SIZE, "b")).await.is(201);
    bench.settle().await;
    let ended = bench.follow(made.header("azure-asyncoperation").unwrap()).await.body;
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("Failed"), &json!("")));
    assert_eq!(bench.look("virtualMachines/two").await.body["properties"]["provisioningState"], "Failed");
    // A failed change goes back to what was before.
    bench.script(json!({ "capacity": [{ "error": "AllocationFailed" }] })).await;
    bench.patch("virtualMachines/one", sized("Standard_D4s_v5")).await.is(200);
    bench.settle().await;
    let back = bench.look("virtualMachines/one").await.body;
    assert_eq!(back["properties"]["hardwareProfile"]["vmSize"], SIZE);
    assert_eq!(bench.power("one").await, "running");
    bench.quirks(json!({ "list_lag_reads": 1, "get_404_reads": 1 })).await;
    bench.drop("virtualMachines/two").await.is(202);
    bench.advance(500).await;
    bench.compute("virtualMachines/three", machine_body(SIZE, "b")).await.is(201);
    let list = bench.look("virtualMachines").await.is(200).body;
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    bench.look("virtualMachines/three").await.is(404);
    bench.look("virtualMachines/three").await.is(200);
}
