//! Who reaches a machine: security rules from outside, channels between machines, power and firewalls.

use std::sync::Arc;
use std::time::Duration;

use bud::ssh::{Command, Limits, Link, Proxy, Road, SshError};
use serde_json::{Value, json};

use super::lab::{Lab, compute, network};
use super::{patience, run};

#[tokio::test]
async fn a_machine_is_reached_where_its_rules_allow() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    machine.session("ubuntu").await;
    let rule = network("networkSecurityGroups/group/securityRules/ssh");
    lab.portal("DELETE", &rule, "2024-03-01", Value::Null).await;
    let limits =
        Limits { tcp: Duration::from_millis(500), proxy: Duration::from_millis(500), ..Limits::default() };
    let road =
        Road { proxy: Some(Proxy::parse(&lab.text("/endpoints/proxy")).unwrap()), bastions: Vec::new() };
    let closed = Link::new(machine.target("ubuntu"), road, limits).session(&patience()).await;
    assert!(closed.is_err(), "the rule is gone");
}

#[tokio::test]
async fn a_machine_leads_on_to_others_of_its_network() {
    let lab = Lab::new().await;
    let first = lab.ubuntu("gpu-0").await;
    let second = lab.ubuntu("gpu-1").await;
    let interface = lab.portal("GET", &network("networkInterfaces/gpu-1"), "2024-03-01", Value::Null).await;
    let private =
        interface["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"].as_str().unwrap();
    let proxy = Proxy::parse(&lab.text("/endpoints/proxy")).unwrap();
    let road = Road { proxy: Some(proxy), bastions: vec![first.target("ubuntu")] };
    for host in [private, "gpu-1"] {
        let mut target = second.target("ubuntu");
        host.clone_into(&mut target.host);
        let session = Link::new(target, road.clone(), Limits::default()).session(&patience()).await.unwrap();
        let said = session.run(Command::new("name", "hostname", Duration::from_secs(5)), &patience()).await;
        assert_eq!(said.unwrap(), "gpu-1\n", "by {host}");
    }
    // Nothing listens there, and there is no such neighbour.
    let session = first.session("ubuntu").await;
    let refused = session.channel(private, 6443, &patience()).await;
    assert!(matches!(refused, Err(SshError::ChannelRefused { .. })));
    let nobody = session.channel("10.177.2.250", 22, &patience()).await;
    assert!(matches!(nobody, Err(SshError::ChannelRefused { .. })));
    // Its own port by its own name.
    session.channel("127.0.0.1", 22, &patience()).await.unwrap();
}

#[tokio::test]
async fn the_firewall_of_an_installed_system_holds() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let neighbour = lab.ubuntu("gpu-1").await;
    run(&machine.access(), &machine.wanted().await).await.0.unwrap();
    let session = neighbour.session("ubuntu").await;
    // The kubelet's port is open to nodes, and nobody listens yet; another one is closed.
    let at = async |port| {
        let begun = std::time::Instant::now();
        let done = session.channel("gpu-0", port, &patience()).await;
        assert!(matches!(done, Err(SshError::ChannelRefused { .. })), "{port}");
        begun.elapsed() >= Duration::from_millis(400)
    };
    assert!(!at(10250).await, "refused at once");
    assert!(at(8080).await, "swallowed");
}

#[tokio::test]
async fn power_ends_sessions_and_what_was_not_written_out() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let session = machine.session("ubuntu").await;
    let before = machine.inside().await["boot_id"].clone();
    machine.call("cut", json!({})).await;
    let look = || Command::new("look", "cat /proc/sys/kernel/random/boot_id", Duration::from_secs(5));
    session.run(look(), &patience()).await.unwrap_err();
    let now = machine.session("ubuntu").await.run(look(), &patience()).await.unwrap();
    assert_ne!(json!(now.trim()), before, "another start of the machine");
    assert_eq!(json!(now.trim()), machine.inside().await["boot_id"]);

    machine.call("stop", json!({})).await;
    let limits = Limits { proxy: Duration::from_secs(4), ..Limits::default() };
    let road =
        Road { proxy: Some(Proxy::parse(&lab.text("/endpoints/proxy")).unwrap()), bastions: Vec::new() };
    let off = Arc::new(Link::new(machine.target("ubuntu"), road, limits));
    off.session(&patience()).await.unwrap_err();
    machine.call("start", json!({})).await;
    off.session(&patience()).await.unwrap();
}

#[tokio::test]
async fn a_deallocated_machine_loses_its_temporary_disk_alone() {
    let lab = Lab::new().await;
    let machine = lab.machine("gpu-0", json!({ "hardwareProfile": { "vmSize": "Standard_D4ds_v5" } })).await;
    machine.call("files", json!({ "files": { "/mnt/scratch": "x", "/srv/data": "y" } })).await;
    let has = async |path: &str| {
        let session = machine.session("ubuntu").await;
        let command = Command::new("look", format!("test -e {path}"), Duration::from_secs(5));
        session.exec(command, &patience()).await.unwrap().exit.is_success()
    };
    assert!(has("/mnt/scratch").await && has("/srv/data").await);
    machine.call("stop", json!({})).await;
    machine.call("start", json!({})).await;
    assert!(has("/mnt/scratch").await, "its hardware was kept");
    machine.call("deallocate", json!({})).await;
    machine.call("start", json!({})).await;
    assert!(!has("/mnt/scratch").await && has("/srv/data").await);
    // Gone with its virtual machine.
    lab.portal("DELETE", &compute("virtualMachines/gpu-0"), "2024-07-01", Value::Null).await;
    let limits = Limits { proxy: Duration::from_secs(4), ..Limits::default() };
    let road =
        Road { proxy: Some(Proxy::parse(&lab.text("/endpoints/proxy")).unwrap()), bastions: Vec::new() };
    Link::new(machine.target("ubuntu"), road, limits).session(&patience()).await.unwrap_err();
}

#[tokio::test]
async fn a_reset_takes_machines_away() {
    let lab = Lab::new().await;
    let machine = lab.ubuntu("gpu-0").await;
    let session = machine.session("ubuntu").await;
    lab.control(reqwest::Method::POST, "/reset", json!({})).await;
    session.run(Command::new("look", "true", Duration::from_secs(5)), &patience()).await.unwrap_err();
    assert_eq!(
        lab.control(reqwest::Method::GET, "/machines", json!({})).await["virtual_machines"],
        json!([])
    );
}

/// A disk that is blank is formatted where the system runs already, and mounted from its next start on.
#[tokio::test]
async fn a_data_disk_goes_with_its_machine_and_is_found_by_its_name() {
    let lab = Lab::new().await;
    let disk = json!({ "storageProfile": { "dataDisks": [{
        "lun": 23, "name": "gpu-0-data", "createOption": "Empty", "diskSizeGB": 100, "deleteOption": "Detach",
        "managedDisk": { "storageAccountType": "Premium_LRS" },
    }] } });
    let machine = lab.machine("gpu-0", disk).await;
    machine.odd(json!({ "born": "image" })).await;
    let wanted = machine.wanted_kept_with(|node| {
        node.data_disks = crate::nixos_room::sample::azure().nodes["primary-0"].data_disks.clone();
    });
    let (done, told) = run(&machine.access(), &wanted.await).await;
    done.unwrap_or_else(|error| panic!("{error}\n{}", told.text()));
    let volumes = machine.inside().await["disks"][1]["volumes"].clone();
    assert_eq!((&volumes[0]["label"], &volumes[0]["kind"]), (&json!("bud-storage"), &json!("ext4")));
    machine.call("files", json!({ "files": { "/var/lib/rancher/k3s/storage/pvc": "rows" } })).await;
    let data = &machine.inside().await["disks"][1]["volumes"][0]["files"]["/pvc"]["text"];
    assert_eq!(data, "rows");
    // The next machine of this name gets the disk, with what is on it.
    lab.portal("DELETE", &compute("virtualMachines/gpu-0"), "2024-07-01", Value::Null).await;
    let again = json!({ "storageProfile": { "dataDisks": [{
        "lun": 23, "name": "gpu-0-data", "createOption": "Attach", "deleteOption": "Detach",
        "managedDisk": { "id": compute("disks/gpu-0-data") },
    }] } });
    let machine = lab.machine("gpu-0", again).await;
    assert_eq!(machine.inside().await["disks"][1]["volumes"][0]["files"]["/pvc"]["text"], "rows");
}
