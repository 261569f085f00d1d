//! The machine's own network: networkd, names and time.

use super::Kind;
use crate::node::nixos::cluster::Cloud;
use crate::node::nixos::nix::{Nix, Set};

pub(super) fn options(kind: &Kind) -> Set {
    let mut set = Set::new();
    set.at("networking.useDHCP", false);
    set.at("networking.useNetworkd", true);
    set.at("systemd.network.enable", true);
    match kind.cloud {
        Cloud::Azure => {
            set.at("systemd.network.networks.10-bud-uplink", uplink(Set::new().with("Driver", "hv_netvsc")));
            // The fast half of each interface has the same MAC address; hv_netvsc drives it.
            let paired = Set::new()
                .with("matchConfig.Driver", "mlx4_en mlx4_core mlx5_core mana")
                .with("linkConfig.Unmanaged", true);
            set.at("systemd.network.networks.05-bud-paired", paired);
        }
        Cloud::Aws => {
            set.at("systemd.network.networks.10-bud-uplink", uplink(Set::new().with("Driver", "ena")));
        }
        // Files of the host itself, laid beside these.
        Cloud::Hosts if kind.own_network => {}
        Cloud::Hosts => {
            // Real cards only: bridges, tunnels and pods' interfaces have a kind.
            let real = Set::new().with("Type", "ether").with("Kind", "!*");
            set.at("systemd.network.networks.10-bud-uplink", uplink(real));
        }
    }
    // A machine with two cards, one of them without a cable, shall not wait for both.
    set.at("systemd.network.wait-online.anyInterface", true);
    set.at("services.resolved.enable", true);
    let settings = &kind.settings;
    if !settings.dns_servers.is_empty() {
        let servers = settings.dns_servers.iter().map(ToString::to_string);
        set.at("networking.nameservers", Nix::texts(servers));
    }
    set.at("services.timesyncd.enable", true);
    if !settings.time_servers.is_empty() {
        set.at("services.timesyncd.servers", Nix::texts(&settings.time_servers));
    }
    set
}

/// An interface that the cloud or the site configures. Router advertisements are networkd's: the kernel
/// stops reading them once it forwards.
fn uplink(matching: Set) -> Set {
    Set::new()
        .with("matchConfig", matching)
        .with("networkConfig.DHCP", "yes")
        .with("networkConfig.IPv6AcceptRA", true)
        .with("linkConfig.RequiredForOnline", "routable")
}
