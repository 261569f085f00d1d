//! The operators' VPN: a WireGuard interface that networkd makes.

use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::placed::paths;
use crate::node::nixos::settings::{Peer, WireGuard};

/// Its name; flannel's own are called otherwise.
pub(super) const INTERFACE: &str = "wg-bud";

pub(super) fn options(vpn: &WireGuard) -> Set {
    let peer = |peer: &Peer| {
        let ranges = peer.allowed_ips.iter().map(ToString::to_string);
        Nix::Set(
            Set::new().with("PublicKey", peer.public_key.as_str()).with("AllowedIPs", Nix::texts(ranges)),
        )
    };
    let device = Set::new()
        .with("netdevConfig.Kind", "wireguard")
        .with("netdevConfig.Name", INTERFACE)
        // Room for WireGuard's own header inside of the usual 1500.
        .with("netdevConfig.MTUBytes", "1420")
        .with("wireguardConfig.PrivateKeyFile", paths::WIREGUARD_KEY)
        .with("wireguardConfig.ListenPort", i64::from(vpn.port))
        .with("wireguardPeers", vpn.peers.iter().map(peer).collect::<Vec<_>>());
    let network = Set::new()
        .with("matchConfig.Name", INTERFACE)
        .with("address", Nix::texts([vpn.address.to_string()]))
        // Operators reach the other nodes as if they were this one.
        .with("networkConfig.IPMasquerade", "both")
        .with("linkConfig.RequiredForOnline", false);
    Set::new()
        .with("systemd.network.netdevs.50-bud-vpn", device)
        .with("systemd.network.networks.50-bud-vpn", network)
}
