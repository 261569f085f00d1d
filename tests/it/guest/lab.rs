//! A simulator with a network in it, and machines of Ubuntu that a key opens.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bud::node::install::{Access, Build, Deadlines, Fetching, Installer, System, Wanted, look};
use bud::node::nixos::{self, Architecture, Cloud, DiskAt, Firmware};
use bud::node::progress::Silent;
use bud::simulator::{Options, Running, start};
use bud::ssh::host_key::HostKey;
use bud::ssh::{HostPin, Identity, Limits, Link, Proxy, Road, Session, Target};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::patience;
use crate::nixos_room::sample;

const SUBSCRIPTION: &str = "5b1d0000-0000-4000-8000-000000000001";
const NETWORK: &str = "2024-03-01";
const COMPUTE: &str = "2024-07-01";

pub(crate) struct Lab {
    world: World,
    http: reqwest::Client,
    folder: TempDir,
    /// The key that opens every machine.
    pub(crate) key: HostKey,
}

/// A simulator in this process, or one of its own.
enum World {
    Inside(Running),
    Outside { ready: Value, process: Child },
}

impl Drop for World {
    fn drop(&mut self) {
        if let Self::Outside { process, .. } = self {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A machine in the lab.
pub(crate) struct Machine<'a> {
    pub(crate) lab: &'a Lab,
    pub(crate) name: String,
    pub(crate) address: String,
    /// The host key that its custom data brought.
    pub(crate) host_key: HostKey,
    body: Value,
}

impl Lab {
    /// A lab in which nothing takes any time.
    pub(crate) async fn new() -> Self {
        Self::at(f64::INFINITY).await
    }

    pub(crate) async fn at(speed: f64) -> Self {
        let running = start(Options { speed, ..Options::default() }).await.unwrap();
        Self::over(World::Inside(running)).await
    }

    /// A lab in a process of its own, run by this program.
    pub(crate) async fn beside(program: &str, speed: f64) -> Self {
        let speed = speed.to_string();
        let command = ["simulate", "--speed", &speed];
        let mut process = Command::new(program).args(command).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self::over(World::Outside { ready, process }).await
    }

    async fn over(world: World) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let folder = tempfile::Builder::new().prefix("lab").tempdir().unwrap();
        archive(&folder.path().join("installer.tar.gz"));
        let lab = Self { world, http, folder, key: HostKey::draw().unwrap() };
        lab.portal("PUT", &group(), NETWORK, json!({ "location": "westeurope" })).await;
        let rule = |name: &str, priority: u32, port: &str| {
            json!({ "name": name, "properties": {
                "priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
                "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*",
                "destinationPortRange": port,
            } })
        };
        let rules =
            json!({ "location": "westeurope", "properties": { "securityRules": [rule("ssh", 100, "22")] } });
        lab.portal("PUT", &network("networkSecurityGroups/group"), NETWORK, rules).await;
        let body = json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.177.0.0/16"] },
            "subnets": [{ "name": "a", "properties": {
                "addressPrefix": "10.177.2.0/24",
                "networkSecurityGroup": { "id": network("networkSecurityGroups/group") },
            } }],
        } });
        lab.portal("PUT", &network("virtualNetworks/net"), NETWORK, body).await;
        lab
    }

    pub(crate) fn text(&self, pointer: &str) -> String {
        let ready = match &self.world {
            World::Inside(running) => &running.ready,
            World::Outside { ready, .. } => ready,
        };
        ready.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    }

    /// A call of the control endpoint that must succeed.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.text("/endpoints/control"));
        let answer = self.http.request(method, url).body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Something that somebody does in the portal.
    pub(crate) async fn portal(&self, method: &str, path: &str, version: &str, body: Value) -> Value {
        let path = format!("{path}?api-version={version}");
        self.control(Method::POST, "/portal", json!({ "method": method, "path": path, "body": body })).await
    }

    /// What goes wrong from now on at the steps of machines.
    pub(crate) async fn faults(&self, machines: Value) {
        self.control(Method::POST, "/faults", json!({ "machines": machines })).await;
    }

    /// The steps so far: name, status and fault.
    pub(crate) async fn steps(&self) -> Vec<Value> {
        self.control(Method::GET, "/ledger", json!({})).await["steps"].as_array().unwrap().clone()
    }

    /// How often a step was begun.
    pub(crate) async fn count(&self, step: &str) -> usize {
        self.steps().await.iter().filter(|line| line["step"] == step).count()
    }

    /// A machine of Ubuntu 24.04 with a public address.
    pub(crate) async fn ubuntu(&self, name: &str) -> Machine<'_> {
        self.machine(name, json!({})).await
    }

    /// The same with more properties, which win.
    pub(crate) async fn machine(&self, name: &str, more: Value) -> Machine<'_> {
        let address = json!({
            "location": "westeurope", "sku": { "name": "Standard" },
            "properties": { "publicIPAllocationMethod": "Static" },
        });
        self.portal("PUT", &network(&format!("publicIPAddresses/{name}")), NETWORK, address).await;
        let interface = json!({ "location": "westeurope", "properties": { "ipConfigurations": [{
            "name": "main", "properties": {
                "subnet": { "id": network("virtualNetworks/net/subnets/a") },
                "publicIPAddress": { "id": network(&format!("publicIPAddresses/{name}")) },
            },
        }] } });
        self.portal("PUT", &network(&format!("networkInterfaces/{name}")), NETWORK, interface).await;
        let host_key = HostKey::draw().unwrap();
        let mut body = self.body(name, &host_key);
        merge(&mut body["properties"], more);
        self.portal("PUT", &compute(&format!("virtualMachines/{name}")), COMPUTE, body.clone()).await;
        let found =
            self.portal("GET", &network(&format!("publicIPAddresses/{name}")), NETWORK, Value::Null).await;
        let address = found["properties"]["ipAddress"].as_str().unwrap().to_owned();
        // One look lets the machine be born.
        self.control(Method::GET, &format!("/machines/{name}"), json!({})).await;
        Machine { lab: self, name: name.to_owned(), address, host_key, body }
    }

    fn body(&self, name: &str, host_key: &HostKey) -> Value {
        let config = json!({
            "hostname": name, "ssh_pwauth": false, "disable_root": true,
            "ssh_keys": { "ed25519_private": host_key.private.expose(), "ed25519_public": host_key.public },
        });
        json!({ "location": "westeurope", "properties": {
            "hardwareProfile": { "vmSize": "Standard_D4s_v5" },
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
                },
                "osDisk": {
                    "name": format!("{name}-os"), "createOption": "FromImage", "diskSizeGB": 64,
                    "deleteOption": "Delete", "managedDisk": { "storageAccountType": "Premium_LRS" },
                },
            },
            "osProfile": {
                "computerName": name, "adminUsername": "ubuntu",
                "customData": STANDARD.encode(format!("#cloud-config\n{config}\n")),
                "linuxConfiguration": {
                    "disablePasswordAuthentication": true,
                    "ssh": { "publicKeys": [{
                        "path": "/home/ubuntu/.ssh/authorized_keys", "keyData": self.key.public,
                    }] },
                },
            },
            "networkProfile": { "networkInterfaces": [{ "id": network(&format!("networkInterfaces/{name}")) }] },
        } })
    }
}

impl Machine<'_> {
    /// What is inside.
    pub(crate) async fn inside(&self) -> Value {
        self.lab.control(Method::GET, &format!("/machines/{}/guest", self.name), json!({})).await
    }

    /// Something is odd about it from now on.
    pub(crate) async fn odd(&self, traits: Value) {
        self.call("guest", traits).await;
    }

    /// Where a call of the control endpoint goes.
    pub(crate) fn control_url(&self, what: &str) -> String {
        format!("{}/machines/{}/{what}", self.lab.text("/endpoints/control"), self.name)
    }

    pub(crate) async fn call(&self, what: &str, body: Value) -> Value {
        self.lab.control(Method::POST, &format!("/machines/{}/{what}", self.name), body).await
    }

    /// Its cloud makes it anew from its image, under the same name and address.
    pub(crate) async fn remake(&self) {
        let path = compute(&format!("virtualMachines/{}", self.name));
        self.lab.portal("DELETE", &path, COMPUTE, Value::Null).await;
        self.lab.portal("PUT", &path, COMPUTE, self.body.clone()).await;
        self.lab.control(Method::GET, &format!("/machines/{}", self.name), json!({})).await;
    }

    /// Its address in the network.
    pub(crate) async fn private(&self) -> String {
        let path = network(&format!("networkInterfaces/{}", self.name));
        let interface = self.lab.portal("GET", &path, NETWORK, Value::Null).await;
        let configuration = &interface["properties"]["ipConfigurations"][0]["properties"];
        configuration["privateIPAddress"].as_str().unwrap().to_owned()
    }

    /// How to log in as somebody.
    pub(crate) fn target(&self, user: &str) -> Target {
        Target {
            host: self.address.clone(),
            port: 22,
            user: user.to_owned(),
            pin: HostPin::key(&self.host_key.public).unwrap(),
            identities: vec![Identity::key(&self.lab.key.private, None).unwrap()],
        }
    }

    pub(crate) fn link(&self, target: Target) -> Link {
        let proxy = Proxy::parse(&self.lab.text("/endpoints/proxy")).unwrap();
        Link::new(target, Road { proxy: Some(proxy), bastions: Vec::new() }, Limits::default())
    }

    pub(crate) async fn session(&self, user: &str) -> Session {
        self.link(self.target(user)).session(&patience()).await.unwrap()
    }

    pub(crate) fn access(&self) -> Access {
        self.access_to(self.target("ubuntu"))
    }

    pub(crate) fn access_to(&self, target: Target) -> Access {
        Access { machine: self.link(target), installed_user: "bud".to_owned(), power: None }
    }

    /// The serial number of the disk with its system.
    pub(crate) async fn serial(&self) -> String {
        self.inside().await["disks"][0]["serial"].as_str().unwrap().to_owned()
    }

    /// What it shall become: the seed's first GPU node, under its own name.
    pub(crate) async fn wanted(&self) -> Wanted {
        self.wanted_with(|_| {}).await
    }

    /// The same for a machine that runs NixOS, which keeps its disk and its boot loader.
    pub(crate) async fn wanted_kept(&self) -> Wanted {
        self.wanted_kept_with(|_| {}).await
    }

    /// The same with a change to the node.
    pub(crate) async fn wanted_kept_with(&self, change: impl FnOnce(&mut nixos::Node)) -> Wanted {
        let facts = look(&self.access(), &self.name, deadlines(), &Silent, &patience()).await.unwrap();
        let kept = facts.kept().unwrap();
        let keep = |node: &mut nixos::Node| {
            node.keeps = Some(kept.clone());
            change(node);
        };
        let mut wanted = self.wanted_with(keep).await;
        wanted.keeps = Some(kept);
        wanted.installer = None;
        wanted
    }

    /// The same with a change to the node.
    pub(crate) async fn wanted_with(&self, change: impl FnOnce(&mut nixos::Node)) -> Wanted {
        let serial = self.serial().await;
        let mut cluster = sample::azure();
        cluster.users[0].keys = vec![self.lab.key.public.clone()];
        let mut node = cluster.nodes.remove("gpu-0").unwrap();
        node.system_disk = DiskAt::Serial(serial.clone());
        change(&mut node);
        cluster.nodes.insert(self.name.clone(), node);
        let generated = nixos::generate(&cluster).unwrap();
        self.wanted_of(&generated, serial)
    }

    /// What it shall become in a cluster that was generated.
    pub(crate) fn wanted_of(&self, generated: &nixos::Generated, serial: String) -> Wanted {
        let files = &generated.nodes[&self.name];
        let system = &generated.systems[&files.system];
        let file = self.lab.folder.path().join("installer.tar.gz");
        let bytes = std::fs::metadata(&file).unwrap().len();
        Wanted {
            node: self.name.clone(),
            cloud: Cloud::Azure,
            way: None,
            architecture: Architecture::X86,
            firmware: Firmware::Efi,
            system: System {
                name: files.system.clone(),
                digest: system.digest.clone(),
                flake: Arc::new(generated.flake.clone()),
                build: Build::Here,
            },
            system_disk: DiskAt::Serial(serial),
            keeps: None,
            disks: files.disks.clone(),
            placed: files.placed.clone(),
            keys: Vec::new(),
            networkd: Default::default(),
            installer: Some(Installer { file, sha256: "ab".repeat(32), bytes }),
            fetching: Fetching::default(),
            takeover: false,
            wipe: None,
            deadlines: deadlines(),
        }
    }
}

/// Short enough for a test to wait for, long enough on a machine that is busy.
pub(crate) fn deadlines() -> Deadlines {
    let minute = Duration::from_secs(60);
    Deadlines {
        answer: minute,
        denied: Duration::from_millis(300),
        step: minute,
        upload: minute,
        stage: minute,
        installer: Duration::from_secs(20),
        disk: minute,
        install: minute,
        reboot: Duration::from_secs(20),
        pause: Duration::from_millis(30),
    }
}

fn group() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/lab")
}

pub(crate) fn network(rest: &str) -> String {
    format!("{}/providers/Microsoft.Network/{rest}", group())
}

pub(crate) fn compute(rest: &str) -> String {
    format!("{}/providers/Microsoft.Compute/{rest}", group())
}

fn merge(into: &mut Value, given: Value) {
    match (into, given) {
        (Value::Object(into), Value::Object(given)) => {
            for (name, value) in given {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, given) => *into = given,
    }
}

/// An installer's archive in the form of nixos-images.
fn archive(path: &std::path::Path) {
    let run = "#!/bin/sh\ninit=\"/nix/store/iiii-nixos-system-nixos-installer/init\"\nkernelParams=\"'console=ttyS0,115200' \
               loglevel=4 'root=fstab'\"\n";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    {
        let mut builder = tar::Builder::new(&mut encoder);
        let files: [(&str, &[u8]); 5] = [
            ("bzImage", b"a kernel"),
            ("initrd", b"\xfd7zXZ\0 the installer's own initrd"),
            ("kexec", b"a program"),
            ("ip", b"a program"),
            ("run", run.as_bytes()),
        ];
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, format!("kexec/{name}"), bytes).unwrap();
        }
        builder.finish().unwrap();
    }
    let bytes = encoder.finish().unwrap();
    std::fs::File::create(path).unwrap().write_all(&bytes).unwrap();
}
