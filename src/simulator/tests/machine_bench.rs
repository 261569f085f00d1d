//! What the tests of virtual machines start from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::settings::SUBSCRIPTION;
use super::bench::{Bench, GROUP, Seen, address_body, network, network_body};

pub(super) const COMPUTE_VERSION: &str = "2024-07-01";
pub(super) const DISK_VERSION: &str = "2024-03-02";

/// The path of something of the compute provider in the test's group.
pub(super) fn compute(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Compute/{rest}")
}

/// The path of something of the compute provider in a region.
pub(super) fn regional(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/{rest}")
}

/// A public key that Azure takes.
pub(super) fn key() -> String {
    let mut blob = Vec::new();
    for field in [b"ssh-ed25519".as_slice(), &[7; 32]] {
        blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        blob.extend(field);
    }
    format!("ssh-ed25519 {} test", STANDARD.encode(blob))
}

pub(super) fn nic_body(configurations: &Value) -> Value {
    json!({ "location": "westeurope", "properties": { "ipConfigurations": configurations } })
}

/// A machine of Ubuntu 24.04 with one interface.
pub(super) fn machine_body(size: &str, nic: &str) -> Value {
    json!({
        "location": "westeurope",
        "tags": { "role": "worker" },
        "properties": {
            "hardwareProfile": { "vmSize": size },
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
                },
                "osDisk": {
                    "name": format!("{nic}-os"), "createOption": "FromImage", "diskSizeGB": 64,
                    "deleteOption": "Delete", "managedDisk": { "storageAccountType": "Premium_LRS" },
                },
            },
            "osProfile": {
                "computerName": nic, "adminUsername": "bud", "customData": STANDARD.encode("#cloud-config\n"),
                "linuxConfiguration": {
                    "disablePasswordAuthentication": true,
                    "ssh": { "publicKeys": [{ "path": "/home/bud/.ssh/authorized_keys", "keyData": key() }] },
                },
            },
            "networkProfile": { "networkInterfaces": [{ "id": network(&format!("networkInterfaces/{nic}")) }] },
            "diagnosticsProfile": { "bootDiagnostics": { "enabled": true } },
        },
    })
}

impl Bench {
    /// A simulator with a group, a network and the interfaces `a` and `b`, `a` with a public address.
    pub(super) async fn with_interfaces(speed: f64) -> Self {
        let bench = Self::at(speed).await;
        bench.make_group().await;
        bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
        bench.make("publicIPAddresses/ip", address_body()).await.is(201);
        bench.settle().await;
        for nic in ["a", "b"] {
            let mut configuration = json!({ "name": "main", "properties": {
                "subnet": { "id": network("virtualNetworks/net/subnets/a") },
            } });
            if nic == "a" {
                configuration["properties"]["publicIPAddress"] =
                    json!({ "id": network("publicIPAddresses/ip") });
            }
            let body = nic_body(&json!([configuration]));
            bench.make(&format!("networkInterfaces/{nic}"), body).await.is(201);
        }
        bench.settle().await;
        bench
    }

    /// Lets everything end that was begun.
    pub(super) async fn settle(&self) {
        self.advance(300).await;
    }

    /// PUT of something of the compute provider.
    pub(super) async fn compute(&self, rest: &str, body: Value) -> Seen {
        self.put(&compute(rest), version(rest), body).await
    }

    pub(super) async fn look(&self, rest: &str) -> Seen {
        self.send("GET", &compute(rest), version(rest), None).await
    }

    pub(super) async fn patch(&self, rest: &str, body: Value) -> Seen {
        self.send("PATCH", &compute(rest), version(rest), Some(body)).await
    }

    pub(super) async fn act(&self, machine: &str, action: &str) -> Seen {
        self.send("POST", &compute(&format!("virtualMachines/{machine}/{action}")), COMPUTE_VERSION, None)
            .await
    }

    pub(super) async fn drop(&self, rest: &str) -> Seen {
        self.send("DELETE", &compute(rest), version(rest), None).await
    }

    /// A machine that is there when this returns.
    pub(super) async fn machine(&self, name: &str, body: Value) {
        self.compute(&format!("virtualMachines/{name}"), body).await.is(201);
        self.settle().await;
        let seen = self.look(&format!("virtualMachines/{name}")).await.is(200);
        assert_eq!(seen.body["properties"]["provisioningState"], "Succeeded", "{}", seen.body);
    }

    /// Switches a machine and lets that end.
    pub(super) async fn switch(&self, name: &str, action: &str) {
        self.act(name, action).await.is(202);
        self.settle().await;
    }

    /// The last part of the power state's code.
    pub(super) async fn power(&self, name: &str) -> String {
        let view = self.look(&format!("virtualMachines/{name}/instanceView")).await.is(200).body;
        let codes = view["statuses"].as_array().unwrap().iter().filter_map(|status| status["code"].as_str());
        codes.filter_map(|code| code.strip_prefix("PowerState/")).collect()
    }

    /// A machine as the control endpoint shows it.
    pub(super) async fn inside(&self, name: &str) -> Value {
        self.control("GET", &format!("/machines/{name}"), Value::Null).await.is(200).body
    }
}

fn version(rest: &str) -> &'static str {
    if rest.starts_with("disks") { DISK_VERSION } else { COMPUTE_VERSION }
}
