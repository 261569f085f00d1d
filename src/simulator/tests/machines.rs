//! Virtual machines from making to deleting.

use serde_json::{Value, json};

use super::bench::{Bench, network};
use super::machine_bench::{compute, machine_body, regional};

#[tokio::test]
async fn a_machine_is_made_in_a_minute_and_looks_as_it_was_asked_for() {
    let bench = Bench::with_interfaces(0.0).await;
    let made = bench.compute("virtualMachines/one", machine_body("Standard_D2s_v5", "a")).await.is(201);
    assert_eq!(made.body["properties"]["provisioningState"], "Creating");
    let status = made.header("azure-asyncoperation").unwrap().to_owned();
    assert!(status.contains("/providers/Microsoft.Compute/locations/westeurope/operations/"), "{status}");
    bench.advance(59).await;
    assert_eq!(bench.follow(&status).await.body["status"], "InProgress");
    assert_eq!(bench.power("one").await, "");
    bench.advance(2).await;
    assert_eq!(bench.follow(&status).await.body["status"], "Succeeded");
    assert_eq!(bench.power("one").await, "running");

    let body = bench.look("virtualMachines/one").await.is(200).body;
    let properties = &body["properties"];
    assert_eq!(body["id"], compute("virtualMachines/one"));
    assert_eq!(properties["provisioningState"], "Succeeded");
    assert_eq!(properties["storageProfile"]["osDisk"]["managedDisk"]["id"], compute("disks/a-os"));
    assert_eq!(properties["storageProfile"]["imageReference"]["version"], "latest");
    assert_eq!(properties["storageProfile"]["imageReference"]["exactVersion"], "24.04.202510140");
    assert_eq!(properties["osProfile"]["computerName"], "a");
    assert!(properties["osProfile"].get("customData").is_none());
    assert!(properties["vmId"].is_string());
    assert!(properties.get("instanceView").is_none());
    let expanded = bench.look("virtualMachines/one?$expand=instanceView").await.body;
    assert_eq!(expanded["properties"]["instanceView"]["computerName"], "a");
    assert_eq!(bench.inside("one").await["custom_data"], "I2Nsb3VkLWNvbmZpZwo=");

    let nic = bench.get("networkInterfaces/a").await.body;
    assert_eq!(nic["properties"]["virtualMachine"]["id"], compute("virtualMachines/one"));
    assert!(nic["properties"]["macAddress"].as_str().unwrap().starts_with("00-0D-3A-"));
    let disk = bench.look("disks/a-os").await.is(200).body;
    assert_eq!(disk["managedBy"], compute("virtualMachines/one"));
    assert_eq!(
        (&disk["properties"]["diskState"], &disk["properties"]["diskSizeGB"]),
        (&json!("Attached"), &json!(64))
    );
}

#[tokio::test]
async fn deleting_takes_what_shall_go_and_leaves_the_rest() {
    let bench = Bench::with_interfaces(0.0).await;
    let mut body = machine_body("Standard_D2s_v5", "a");
    body["properties"]["storageProfile"]["dataDisks"] =
        json!([{ "lun": 0, "name": "data", "createOption": "Empty", "diskSizeGB": 100 }]);
    bench.machine("one", body).await;
    bench.delete("networkInterfaces/a").await.refused(400, "NicInUse");
    bench.drop("disks/data").await.refused(409, "OperationNotAllowed");
    let deleted = bench.drop("virtualMachines/one").await.is(202);
    let (status, location) = (
        deleted.header("azure-asyncoperation").unwrap().to_owned(),
        deleted.header("location").unwrap().to_owned(),
    );
    bench.follow(&location).await.is(202);
    bench.advance(41).await;
    assert_eq!(bench.follow(&status).await.body["status"], "Succeeded");
    bench.follow(&location).await.is(204);
    bench.look("virtualMachines/one").await.refused(404, "ResourceNotFound");
    bench.look("disks/a-os").await.refused(404, "ResourceNotFound");
    assert_eq!(bench.look("disks/data").await.is(200).body["properties"]["diskState"], "Unattached");
    bench.delete("networkInterfaces/a").await.is(202);
    bench.drop("disks/data").await.is(202);
    bench.drop("virtualMachines/one").await.is(204);
}

#[tokio::test]
async fn power_costs_and_counts_until_it_is_given_back() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body("Standard_D2s_v5", "a")).await;
    let billed = async || bench.control("GET", "/billing", Value::Null).await.body["machines"][0].clone();
    let seconds = async || billed().await["seconds"].as_f64().unwrap();
    let before = seconds().await;
    bench.switch("one", "powerOff").await;
    assert_eq!(bench.power("one").await, "stopped");
    assert_eq!((billed().await["billed"].clone(), seconds().await - before), (json!(true), 300.0));
    bench.switch("one", "deallocate").await;
    assert_eq!(bench.power("one").await, "deallocated");
    let stopped = seconds().await;
    bench.advance(1000).await;
    assert_eq!((billed().await["billed"].clone(), seconds().await), (json!(false), stopped));
    let usages =
        bench.send("GET", &regional("locations/westeurope/usages"), "2024-07-01", None).await.is(200).body;
    let cores =
        usages["value"].as_array().unwrap().iter().find(|usage| usage["name"]["value"] == "cores").unwrap();
    assert_eq!(cores["currentValue"], 2);
    bench.switch("one", "start").await;
    assert_eq!(bench.power("one").await, "running");
    assert_eq!(bench.inside("one").await["boots"], 2);
    bench.switch("one", "restart").await;
    assert_eq!(bench.inside("one").await["boots"], 3);
    bench.act("one", "redeploy").await.refused(501, "NotModelledBySimulator");
}

#[tokio::test]
async fn two_changes_at_a_time_conflict_and_a_deletion_ends_the_other() {
    let bench = Bench::with_interfaces(0.0).await;
    let made = bench.compute("virtualMachines/one", machine_body("Standard_D2s_v5", "a")).await.is(201);
    bench.act("one", "deallocate").await.refused(409, "Conflict");
    bench.compute("virtualMachines/one", machine_body("Standard_D2s_v5", "a")).await.refused(409, "Conflict");
    bench.drop("virtualMachines/one").await.is(202);
    let ended = bench.follow(made.header("azure-asyncoperation").unwrap()).await.body;
    assert_eq!(
        (&ended["status"], &ended["error"]["code"]),
        (&json!("Canceled"), &json!("OperationPreempted"))
    );
    bench.settle().await;
    bench.look("virtualMachines/one").await.is(404);
}

#[tokio::test]
async fn lists_come_in_pages_by_group_and_by_subscription_and_with_states() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body("Standard_D2s_v5", "a")).await;
    bench.machine("two", machine_body("Standard_D2s_v5", "b")).await;
    bench.quirks(json!({ "page_size": 1 })).await;
    for path in
        [compute("virtualMachines"), regional("virtualMachines"), regional("virtualMachines?statusOnly=true")]
    {
        let first = bench.send("GET", &path, "2024-07-01", None).await.is(200);
        assert_eq!(first.body["value"][0]["name"], "one", "{path}");
        let second = bench.follow(first.body["nextLink"].as_str().unwrap()).await.is(200);
        assert_eq!(second.body["value"][0]["name"], "two", "{path}");
        assert!(second.body.get("nextLink").is_none());
        let states = second.body["value"][0]["properties"]["instanceView"]["statuses"].to_string();
        assert_eq!(states.contains("PowerState/running"), path.contains("statusOnly"), "{path}");
    }
}

#[tokio::test]
async fn the_console_is_read_at_an_address_that_opens_without_a_login() {
    let bench = Bench::with_interfaces(0.0).await;
    bench.machine("one", machine_body("Standard_D2s_v5", "a")).await;
    bench.control("POST", "/machines/one/console", json!({ "append": "kernel panic" })).await.is(200);
    let found = bench.act("one", "retrieveBootDiagnosticsData").await.is(200).body;
    let address = found["serialConsoleLogBlobUri"].as_str().unwrap();
    let read = bench.http.get(address).send().await.unwrap();
    assert_eq!(read.status(), 200);
    let text = read.text().await.unwrap();
    assert!(text.contains("a login: kernel panic"), "{text}");
    let forged = address.replace("sig=", "sig=0");
    assert_eq!(bench.http.get(forged).send().await.unwrap().status(), 403);
    let mut silent = machine_body("Standard_D2s_v5", "b");
    silent["properties"].as_object_mut().unwrap().remove("diagnosticsProfile");
    bench.machine("two", silent).await;
    bench.act("two", "retrieveBootDiagnosticsData").await.refused(409, "OperationNotAllowed");
}

#[tokio::test]
async fn identities_have_principals() {
    let bench = Bench::with_interfaces(0.0).await;
    let mut body = machine_body("Standard_D2s_v5", "a");
    let user = format!(
        "{}/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u",
        &network("")[..50]
    );
    body["identity"] =
        json!({ "type": "SystemAssigned, UserAssigned", "userAssignedIdentities": { &user: {} } });
    bench.machine("one", body.clone()).await;
    let seen = bench.look("virtualMachines/one").await.body;
    assert!(seen["identity"]["principalId"].is_string());
    assert!(seen["identity"]["userAssignedIdentities"][&user]["clientId"].is_string());
    body["identity"] = json!({ "type": "UserAssigned" });
    bench.compute("virtualMachines/one", body).await.refused(400, "InvalidIdentityParameter");
    let gone = bench.patch("virtualMachines/one", json!({ "identity": { "type": "None" } })).await.is(200);
    assert!(gone.body.get("identity").is_none());
}
