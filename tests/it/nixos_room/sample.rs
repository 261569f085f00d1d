//! Clusters that the tests of the room write: the seed's on Azure, one on AWS, one on hosts.

use std::collections::BTreeMap;

use super::{Secret, nixos};
use nixos::{
    Addresses, Architecture, Cloud, Cluster, DataDisk, DiskAt, FileSystem, Firmware, Flannel, Gpu,
    GpuHardware, GpuMode, GpuSharing, Ingress, Kept, KeptLoader, KeptMount, Kubernetes, Node, ObjectStore,
    Peer, Proxy, Registry, RegistryLogin, Role, Settings, Snapshots, Taint, User, UserModule, WireGuard,
    WireGuardNodes,
};

/// Values that must be found in placed files and nowhere in the flake.
pub(crate) const SECRETS: [&str; 5] = [
    "canary-registry-password",
    "canary-access-key",
    "canary-secret-key",
    "canary-age-key",
    "Y2FuYXJ5LXdpcmVndWFyZC1wcml2YXRlLWtleS0wMDE=",
];

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f operator";

fn node(role: Role, cloud: Cloud, last: u8) -> Node {
    Node {
        pool: Some(role.name().to_owned()),
        role,
        cloud,
        architecture: Architecture::X86,
        firmware: Firmware::Efi,
        gpu: None,
        addresses: Addresses {
            ipv4: Some([10, 177, 2, last].into()),
            ipv6: Some([0xfd12, 0xbabe, 0xcafe, 0xb00b, 0, 0, 0, u16::from(last)].into()),
        },
        system_disk: DiskAt::Serial(format!("60022480{last:08x}")),
        keeps: None,
        data_disks: Vec::new(),
        networkd: BTreeMap::new(),
        taints: Vec::new(),
        carries_ingress: false,
        guards_metadata: cloud != Cloud::Hosts,
    }
}

fn kubernetes() -> Kubernetes {
    Kubernetes {
        minor: 36,
        pod_ranges: vec!["10.42.0.0/16".parse().unwrap(), "fd12:b0d8:b00b::/56".parse().unwrap()],
        service_ranges: vec!["10.43.0.0/16".parse().unwrap(), "fd12:b0d8:babe::/112".parse().unwrap()],
        node_ranges: vec!["10.177.0.0/16".parse().unwrap(), "fd12:babe:cafe::/48".parse().unwrap()],
        api_sources: Vec::new(),
        api_names: vec!["api.dev.bud.studio".into(), "10.177.2.69".into()],
        flannel: Flannel::Vxlan,
        ingress: Ingress::Traefik,
        secrets_encryption: true,
        embedded_registry: false,
        snapshots: None,
    }
}

fn cluster(name: &str, nodes: Vec<(&str, Node)>) -> Cluster {
    Cluster {
        name: name.into(),
        seed: format!("{name}-0f3c"),
        pin: nixos::default_pin(),
        kubernetes: kubernetes(),
        users: vec![User { name: "bud".into(), keys: vec![KEY.into()], administrator: true }],
        settings: Settings::default(),
        overrides: BTreeMap::new(),
        nodes: nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect(),
    }
}

/// The seed's cluster: primary with a data disk and the VPN, a server, ingress, workers, A100s.
pub(crate) fn azure() -> Cluster {
    let mut primary = node(Role::Primary, Cloud::Azure, 69);
    primary.data_disks = vec![DataDisk {
        name: "storage".into(),
        at: DiskAt::Lun(23),
        mount: "/var/lib/rancher/k3s/storage".into(),
        file_system: FileSystem::Ext4,
    }];
    let mut gpu = node(Role::Worker, Cloud::Azure, 30);
    gpu.pool = Some("gpu".into());
    gpu.gpu = Some(GpuHardware { nvswitch: false, open_modules: true });
    gpu.taints =
        vec![Taint { key: "nvidia.com/gpu".into(), value: "present".into(), effect: "NoSchedule".into() }];
    let mut second = gpu.clone();
    second.addresses.ipv4 = Some([10, 177, 2, 31].into());
    second.system_disk = DiskAt::Serial("600224800000001f".into());
    let mut cluster = cluster(
        "bud-dev",
        vec![
            ("primary-0", primary),
            ("server-0", node(Role::Server, Cloud::Azure, 70)),
            ("server-1", node(Role::Server, Cloud::Azure, 71)),
            ("ingress-0", node(Role::Ingress, Cloud::Azure, 10)),
            ("worker-0", node(Role::Worker, Cloud::Azure, 20)),
            ("worker-1", node(Role::Worker, Cloud::Azure, 21)),
            ("gpu-0", gpu),
            ("gpu-1", second),
        ],
    );
    cluster.settings.registries.insert(
        "docker.io".into(),
        Registry {
            mirrors: vec!["https://harbor.local".into()],
            rewrite: BTreeMap::from([("^(.*)$".to_owned(), "docker/$1".to_owned())]),
            login: Some(RegistryLogin { username: "robot$bud".into(), password: Secret::new(SECRETS[0]) }),
            ca_file: None,
            insecure: false,
        },
    );
    cluster.settings.files.insert(nixos::paths::AGE_KEY.into(), Secret::new(SECRETS[3]));
    cluster.kubernetes.snapshots = Some(Snapshots {
        schedule: "0 */6 * * *".into(),
        retention: 28,
        store: Some(ObjectStore {
            endpoint: "s3.local:9000".into(),
            bucket: "etcd".into(),
            region: "us-east-1".into(),
            folder: "dev".into(),
            access_key: Secret::new(SECRETS[1]),
            secret_key: Secret::new(SECRETS[2]),
        }),
    });
    cluster.settings.wireguard = Some(WireGuard {
        address: "10.54.132.1/24".parse().unwrap(),
        port: 51820,
        nodes: WireGuardNodes::Primary,
        peers: vec![Peer {
            name: "operator".into(),
            public_key: "b3BlcmF0b3Itd2lyZWd1YXJkLXB1YmxpYy1rZXktMDE=".into(),
            allowed_ips: vec!["10.54.132.2/32".parse().unwrap()],
        }],
        private_key: Secret::new(SECRETS[4]),
    });
    cluster.overrides.insert(
        "gpu".into(),
        Settings {
            agent_flags: vec!["--kubelet-arg=node-status-update-frequency=4s".into()],
            max_pods: Some(512),
            gpu: Some(Gpu { mode: GpuMode::Host, driver: None, sharing: GpuSharing::Exclusive }),
            ..Settings::default()
        },
    );
    cluster.overrides.insert(
        "worker".into(),
        Settings {
            modules: vec![UserModule {
                name: "modules[0]".into(),
                text: "{ boot.supportedFilesystems = [ \"nfs\" ]; }\n".into(),
            }],
            ..Settings::default()
        },
    );
    cluster
}

/// Three servers that carry ingress, and p4d machines (`NVSwitch`), cut into instances.
pub(crate) fn aws() -> Cluster {
    let mut gpu = node(Role::Worker, Cloud::Aws, 30);
    gpu.pool = Some("p4d".into());
    gpu.gpu = Some(GpuHardware { nvswitch: true, open_modules: true });
    gpu.system_disk = DiskAt::Serial("vol0a1b2c3d4e5f60718".into());
    gpu.data_disks = vec![DataDisk {
        name: "models-and-datasets".into(),
        at: DiskAt::Volume("vol-0123456789abcdef0".into()),
        mount: "/srv/models".into(),
        file_system: FileSystem::Xfs,
    }];
    // Made from Amazon's NixOS image, whose disk and boot loader stay.
    let server = |role, last| {
        let mut server = node(role, Cloud::Aws, last);
        let mount = |mount: &str, uuid: &str, kind: &str| KeptMount {
            mount: mount.into(),
            uuid: uuid.into(),
            kind: kind.into(),
        };
        server.keeps = Some(Kept {
            root: mount("/", "f222513b-ded1-49fa-b591-20ce86a2fe7f", "ext4"),
            boot: Some(mount("/boot", "12CE-A600", "vfat")),
            loader: KeptLoader::GrubEfi,
        });
        server
    };
    let mut cluster = cluster(
        "bud-prod",
        vec![
            ("cp-0", server(Role::Primary, 4)),
            ("cp-1", server(Role::Server, 5)),
            ("cp-2", server(Role::Server, 6)),
            ("p4d-0", gpu),
        ],
    );
    cluster.kubernetes.flannel = Flannel::WireGuardNative;
    cluster.kubernetes.embedded_registry = true;
    cluster.kubernetes.api_sources =
        vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let sharing = GpuSharing::Mig { profile: "1g.5gb".into(), count: 7 };
    let gpu = Gpu { mode: GpuMode::Host, driver: Some("dc_580".into()), sharing };
    cluster.overrides.insert("p4d".into(), Settings { gpu: Some(gpu), ..Settings::default() });
    cluster
}

/// Machines of a site without internet: one that starts the old way, one with a bond, IPv4 alone.
pub(crate) fn hosts() -> Cluster {
    let mut primary = node(Role::Primary, Cloud::Hosts, 2);
    primary.firmware = Firmware::Bios;
    primary.system_disk = DiskAt::ById("/dev/disk/by-id/ata-SAMSUNG_MZ7LH960-00005_S45NNA0N".into());
    let mut worker = node(Role::Worker, Cloud::Hosts, 3);
    worker.architecture = Architecture::Arm;
    worker.networkd = BTreeMap::from([
        ("10-bond0.netdev".to_owned(), "[NetDev]\nName=bond0\nKind=bond\n".to_owned()),
        ("20-bond0.network".to_owned(), "[Match]\nName=bond0\n\n[Network]\nDHCP=yes\n".to_owned()),
    ]);
    let mut cluster = cluster("site", vec![("rack-1", primary), ("rack-2", worker)]);
    cluster.kubernetes.pod_ranges.truncate(1);
    cluster.kubernetes.service_ranges.truncate(1);
    cluster.settings = Settings {
        substituters: vec!["http://cache.local:8080".into()],
        trusted_public_keys: vec!["site-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into()],
        ca_certificates: vec![
            "site authority\n-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2FuYXJ5\n-----END CERTIFICATE-----\n".into(),
        ],
        proxy: Some(Proxy {
            http: Some("http://proxy.local:3128".into()),
            https: Some("http://proxy.local:3128".into()),
            no_proxy: vec![".local".into()],
        }),
        dns_servers: vec!["10.177.0.53".parse().unwrap()],
        time_servers: vec!["ntp.local".into()],
        server_flags: vec!["--kube-apiserver-arg=audit-log-format=100% \"json\" $x".into()],
        ..Settings::default()
    };
    cluster.kubernetes.ingress = Ingress::None;
    cluster
}
