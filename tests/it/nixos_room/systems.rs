//! The systems as Nix sees them: parsed, evaluated with a stand-in for nixpkgs, and asked.

use super::{nix, nixos, sample};

#[test]
fn every_file_is_nix() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0;
    for (name, cluster) in [("azure", sample::azure()), ("aws", sample::aws()), ("hosts", sample::hosts())] {
        let generated = nixos::generate(&cluster).unwrap();
        let root = folder.path().join(name);
        nix::lay(&root, &generated.flake);
        for (path, text) in generated.flake.iter().filter(|(path, _)| path.ends_with(".nix")) {
            assert_eq!(rnix::Root::parse(text).errors(), &[], "{path}\n{text}");
            files += 1;
            let Some(output) = nix::instantiate(&["--parse", root.join(path).to_str().unwrap()]) else {
                continue;
            };
            assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(files > 50, "{files}");
}

/// Everything that the modules reach for, as text that can be compared.
const STAND_IN: &str = r#"
let
  lib = {
    mkBefore = list: list;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    getName = pkg: pkg;
  };
  names = set: builtins.mapAttrs (name: _: "<${name}>") set;
  pkgs = names { k3s_1_36 = null; jq = null; } // {
    nvidia-container-toolkit.tools = "<nvidia-container-toolkit.tools>";
  };
  config = {
    nix.package = "<nix>";
    services.k3s.package = "<k3s>";
    hardware.nvidia.package = { outPath = "<nvidia>"; bin = "<nvidia.bin>"; };
    boot.kernelPackages.nvidiaPackages = names { production = null; dc_580 = null; dc = null; };
  };
  plain = value:
    if builtins.isFunction value then map value [ "nvidia-x11" "fabricmanager" "slack" ]
    else if builtins.isAttrs value then
      (if value ? outPath then value.outPath else builtins.mapAttrs (_: plain) value)
    else if builtins.isList value then map plain value
    else value;
  module = file:
    let
      loaded = import file;
      set = if builtins.isFunction loaded then loaded { inherit config lib pkgs; } else loaded;
    in plain (removeAttrs set [ "imports" ]) // {
      imports = map (file: { name = baseNameOf file; value = module file; }) (set.imports or [ ]);
    };
  flake = import ./flake.nix;
  outputs = flake.outputs { self = { }; nixpkgs.lib.nixosSystem = { modules }: map module modules; };
in { url = flake.inputs.nixpkgs.url; systems = outputs.nixosConfigurations; }
"#;

/// The evaluated systems of a cluster, by the name of a node and of a module.
pub(super) struct Evaluated {
    generated: nixos::Generated,
    value: serde_json::Value,
}

impl Evaluated {
    pub(super) fn of(cluster: &nixos::Cluster) -> Option<Self> {
        let generated = nixos::generate(cluster).unwrap();
        let folder = tempfile::tempdir().unwrap();
        nix::lay(folder.path(), &generated.flake);
        let file = folder.path().join("stand-in.nix");
        std::fs::write(&file, STAND_IN).unwrap();
        let value = nix::evaluate(&file)?;
        Some(Self { generated, value })
    }

    /// A module of a node.
    pub(super) fn module(&self, node: &str, module: &str) -> &serde_json::Value {
        let system = &self.generated.nodes[node].system;
        let imports = self.value["systems"][system][0]["imports"].as_array().unwrap();
        let file = format!("{module}.nix");
        &imports.iter().find(|import| import["name"] == file.as_str()).unwrap()["value"]
    }

    /// The text of an option, by JSON pointer.
    fn at(&self, node: &str, module: &str, pointer: &str) -> serde_json::Value {
        self.module(node, module).pointer(pointer).cloned().unwrap_or_default()
    }
}

#[test]
fn the_flake_holds_each_system_once() {
    let Some(systems) = Evaluated::of(&sample::azure()) else { return };
    let names: Vec<&String> = systems.value["systems"].as_object().unwrap().keys().collect();
    let known: Vec<&String> = systems.generated.systems.keys().collect();
    assert_eq!(names, known);
    assert_eq!(names.len(), 5, "primary, server, ingress, worker, gpu: {names:?}");
    let url = systems.value["url"].as_str().unwrap();
    let lock: serde_json::Value = serde_json::from_str(&systems.generated.flake["flake.lock"]).unwrap();
    let locked = &lock["nodes"]["nixpkgs"]["locked"];
    assert_eq!(url, format!("github:NixOS/nixpkgs/{}", locked["rev"].as_str().unwrap()));
    assert!(locked["narHash"].as_str().unwrap().starts_with("sha256-"));
}

#[test]
fn k3s_is_told_what_its_role_needs() {
    let Some(systems) = Evaluated::of(&sample::azure()) else { return };
    let k3s = |node: &str, option: &str| systems.at(node, "k3s", &format!("/services/k3s/{option}"));
    for node in ["primary-0", "server-0"] {
        assert_eq!(k3s(node, "role"), "server");
        assert_eq!(k3s(node, "tokenFile"), "/var/lib/bud/server-token");
        assert_eq!(k3s(node, "agentTokenFile"), "/var/lib/bud/agent-token");
    }
    for node in ["ingress-0", "worker-0", "gpu-0"] {
        assert_eq!(k3s(node, "role"), "agent");
        assert_eq!(k3s(node, "tokenFile"), "/var/lib/bud/agent-token");
        assert_eq!(k3s(node, "agentTokenFile"), serde_json::Value::Null);
        // NixOS warns of manifests and charts on agents.
        assert_eq!(k3s(node, "manifests"), serde_json::Value::Null);
    }
    // Who founds and whom to join is in no system.
    for (path, text) in &systems.generated.flake {
        for word in ["clusterInit", "serverAddr", "K3S_URL", "cluster-init", "--server"] {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
    assert_eq!(k3s("gpu-0", "extraKubeletConfig")["maxPods"], 512);
    assert_eq!(k3s("worker-0", "extraKubeletConfig")["maxPods"], 110);
    let flags = k3s("primary-0", "extraFlags");
    let flags: Vec<&str> = flags.as_array().unwrap().iter().filter_map(|flag| flag.as_str()).collect();
    for flag in [
        "--cluster-cidr=10.42.0.0/16,fd12:b0d8:b00b::/56",
        "--service-cidr=10.43.0.0/16,fd12:b0d8:babe::/112",
        "--flannel-ipv6-masq",
        "--secrets-encryption",
        "--tls-san=api.dev.bud.studio",
        // 512 pods need more than a /24 on every node.
        "--kube-controller-manager-arg=node-cidr-mask-size-ipv4=22",
        "\"--etcd-snapshot-schedule-cron=0 */6 * * *\"",
    ] {
        assert!(flags.contains(&flag), "{flag}: {flags:?}");
    }
    let manifest = k3s("primary-0", "manifests")["bud-traefik"]["content"].clone();
    let values: serde_json::Value =
        serde_json::from_str(manifest["spec"]["valuesContent"].as_str().unwrap()).unwrap();
    assert_eq!(values["deployment"]["kind"], "DaemonSet");
    assert_eq!(values["service"]["spec"]["externalTrafficPolicy"], "Local");
    assert_eq!(values["nodeSelector"]["bud/ingress"], "true");
}

#[test]
fn the_firewall_is_open_for_its_role_and_no_further() {
    let Some(azure) = Evaluated::of(&sample::azure()) else { return };
    let Some(aws) = Evaluated::of(&sample::aws()) else { return };
    let open = |systems: &Evaluated, node: &str| {
        let firewall = systems.at(node, "firewall", "/networking/firewall");
        let ports = |name: &str| -> Vec<u64> {
            firewall[name].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect()
        };
        let rules = firewall["extraCommands"].as_str().unwrap().to_owned();
        (ports("allowedTCPPorts"), ports("allowedUDPPorts"), rules, firewall["trustedInterfaces"].to_string())
    };
    let (tcp, udp, rules, trusted) = open(&azure, "primary-0");
    // Ingress nodes carry 80 and 443; the VPN is the primary's.
    assert_eq!((tcp, udp), (vec![], vec![51820]));
    assert!(trusted.contains("cni0") && trusted.contains("flannel.1") && trusted.contains("flannel-v6.1"));
    assert!(trusted.contains("wg-bud"));
    let from = "iptables -A nixos-fw -s 10.177.0.0/16";
    for port in
        ["-p tcp --dport 6443", "-p tcp --dport 2379:2380", "-p tcp --dport 10250", "-p udp --dport 8472"]
    {
        assert!(rules.contains(&format!("{from} {port} -j nixos-fw-accept\n")), "{port}: {rules}");
        assert!(rules.contains(&format!("ip6tables -A nixos-fw -s fd12:babe:cafe::/48 {port} -j")), "{port}");
    }
    assert!(rules.contains("\niptables -A nixos-fw -s 10.42.0.0/16 -j nixos-fw-accept\n"));
    assert!(rules.contains("\nip6tables -A nixos-fw -s fd12:b0d8:babe::/112 -j nixos-fw-accept\n"));

    let (tcp, udp, rules, trusted) = open(&azure, "worker-0");
    assert_eq!((tcp, udp), (vec![], vec![]));
    assert!(!rules.contains("6443") && !rules.contains("2379") && rules.contains("10250"));
    assert!(!trusted.contains("wg-bud"));
    assert_eq!(open(&azure, "ingress-0").0, [80, 443]);

    // No ingress nodes: servers carry it. What nobody may reach is not open to nobody.
    let (tcp, _, rules, trusted) = open(&aws, "cp-1");
    assert_eq!(tcp, [80, 443]);
    assert!(rules.contains("iptables -A nixos-fw -s 203.0.113.0/24 -p tcp --dport 6443 -j"));
    assert!(rules.contains("-p udp --dport 51820:51821") && !rules.contains("8472"));
    assert!(rules.contains("-p tcp --dport 5001") && trusted.contains("flannel-wg"));
    assert!(!open(&aws, "p4d-0").2.contains("203.0.113.0"));
}

#[test]
fn machines_find_network_disks_and_gpus() {
    let Some(azure) = Evaluated::of(&sample::azure()) else { return };
    let networks = azure.at("worker-0", "network", "/systemd/network/networks");
    assert_eq!(networks["10-bud-uplink"]["matchConfig"]["Driver"], "hv_netvsc");
    assert_eq!(networks["05-bud-paired"]["linkConfig"]["Unmanaged"], true);
    let data = azure.at("primary-0", "disks", "/fileSystems/~1var~1lib~1rancher~1k3s~1storage");
    assert_eq!(data["device"], "/dev/disk/by-label/bud-storage");
    let unit = azure.at("primary-0", "k3s", "/systemd/services/k3s/unitConfig");
    assert_eq!(unit["RequiresMountsFor"], serde_json::json!(["/var/lib/rancher/k3s/storage"]));
    let gpu = azure.module("gpu-0", "gpu");
    assert_eq!(gpu["hardware"]["nvidia"]["package"], "<production>");
    // The stand-in asks the predicate about the driver, the fabric manager and something else.
    assert_eq!(gpu["nixpkgs"]["config"]["allowUnfreePredicate"], serde_json::json!([true, true, false]));
    assert_eq!(gpu["services"]["xserver"]["videoDrivers"], serde_json::json!(["nvidia"]));

    let Some(aws) = Evaluated::of(&sample::aws()) else { return };
    let gpu = aws.module("p4d-0", "gpu");
    // NixOS refuses the two forms of the driver together.
    assert_eq!(gpu["hardware"]["nvidia"]["datacenter"]["enable"], true);
    assert_eq!(gpu["services"], serde_json::Value::Null);
    assert_eq!(gpu["hardware"]["nvidia"]["package"], "<dc_580>");
    let mig = gpu["systemd"]["services"]["bud-mig"]["script"].as_str().unwrap();
    assert!(mig.contains("-cgi 1g.5gb,1g.5gb,1g.5gb,1g.5gb,1g.5gb,1g.5gb,1g.5gb -C\n"), "{mig}");

    let Some(hosts) = Evaluated::of(&sample::hosts()) else { return };
    let boot = hosts.at("rack-1", "hardware", "/boot/loader");
    assert_eq!(boot["grub"]["device"], "/dev/disk/bud-system");
    assert_eq!(boot["systemd-boot"]["enable"], false);
    // A host with files of its own gets none of ours beside them.
    assert_eq!(hosts.at("rack-2", "network", "/systemd/network/networks"), serde_json::Value::Null);
    assert_eq!(hosts.at("rack-2", "base", "/nixpkgs/hostPlatform"), "aarch64-linux");
    let environment = hosts.at("rack-1", "base", "/systemd/services/k3s/environment");
    assert_eq!(environment["HTTPS_PROXY"], "http://proxy.local:3128");
    assert!(environment["NO_PROXY"].as_str().unwrap().contains("10.42.0.0/16,10.43.0.0/16,10.177.0.0/16"));
    let flags = hosts.at("rack-1", "k3s", "/services/k3s/extraFlags");
    let flags = flags.as_array().unwrap();
    let hostile = r#""--kube-apiserver-arg=audit-log-format=100%% \"json\" $$x""#;
    assert!(flags.iter().any(|flag| flag == hostile), "{flags:?}");
}

#[test]
fn the_machine_is_nobody_elses() {
    for cluster in [sample::azure(), sample::aws(), sample::hosts()] {
        let Some(systems) = Evaluated::of(&cluster) else { return };
        for name in cluster.nodes.keys() {
            let base = systems.module(name, "base");
            assert_eq!(base["services"]["cloud-init"]["enable"], false);
            assert_eq!(base["services"]["waagent"]["enable"], false);
            assert_eq!(base["networking"]["hostName"], "");
            assert_eq!(base["users"]["mutableUsers"], false);
            assert_eq!(base["users"]["users"]["bud"]["openssh"]["authorizedKeys"]["keys"][0], sample::KEY);
            assert_eq!(base["services"]["openssh"]["settings"]["PasswordAuthentication"], false);
            let certificate = base["services"]["openssh"]["extraConfig"].as_str().unwrap();
            assert_eq!(certificate, "HostCertificate /etc/ssh/ssh_host_bud_ed25519_key-cert.pub\n");
        }
    }
}
