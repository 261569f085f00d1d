//! What every machine has: its platform, users, sshd, trust and the ways to fetch.

use super::Kind;
use crate::node::nixos::cluster::{Cloud, Cluster};
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::placed::paths;
use crate::node::nixos::settings::Proxy;

pub(super) fn options(cluster: &Cluster, kind: &Kind) -> Set {
    let mut set = Set::new();
    set.at("system.stateVersion", cluster.pin.release.as_str());
    set.at("nixpkgs.hostPlatform", kind.architecture.platform());
    set.at("time.timeZone", "UTC");
    // Name and addresses are the machine's own, in files outside of the store.
    set.at("networking.hostName", "");
    set.at("services.cloud-init.enable", false);
    if kind.cloud == Cloud::Azure && kind.settings.azure_agent == Some(true) {
        set.at("services.waagent.enable", true);
        // It reports to Azure; users, keys and names stay ours.
        set.at("services.waagent.settings.Provisioning.Enable", false);
    } else {
        set.at("services.waagent.enable", false);
    }
    users(cluster, &mut set);
    sshd(&mut set);
    fetching(cluster, kind, &mut set);
    set
}

fn users(cluster: &Cluster, set: &mut Set) {
    set.at("users.mutableUsers", false);
    set.at("security.sudo.wheelNeedsPassword", false);
    for user in &cluster.users {
        let mut account = Set::new();
        if user.name != "root" {
            account.at("isNormalUser", true);
            if user.administrator {
                account.at("extraGroups", Nix::texts(["wheel"]));
            }
        }
        account.at("openssh.authorizedKeys.keys", Nix::texts(&user.keys));
        set.put(&["users", "users", &user.name], account);
    }
}

fn sshd(set: &mut Set) {
    let key = |path: &str| Nix::Set(Set::new().with("path", path).with("type", "ed25519"));
    set.at("services.openssh.enable", true);
    set.at("services.openssh.openFirewall", true);
    set.at("services.openssh.settings.PasswordAuthentication", false);
    set.at("services.openssh.settings.KbdInteractiveAuthentication", false);
    set.at("services.openssh.settings.PermitRootLogin", "prohibit-password");
    set.at("services.openssh.settings.X11Forwarding", false);
    // The key of the first contact, and the machine's own, which the cluster's authority certifies.
    set.at("services.openssh.hostKeys", vec![key(paths::FIRST_HOST_KEY), key(paths::HOST_KEY)]);
    // Nodes that fetch a system from this one; the list is written when they come.
    set.at("services.openssh.authorizedKeysFiles", Nix::texts([paths::SERVED]));
    set.at("services.openssh.extraConfig", format!("HostCertificate {}\n", paths::HOST_CERTIFICATE));
}

fn fetching(cluster: &Cluster, kind: &Kind, set: &mut Set) {
    let settings = &kind.settings;
    set.at("nix.settings.experimental-features", Nix::texts(["nix-command", "flakes"]));
    set.at("nix.settings.trusted-users", Nix::texts(["root"]));
    if !settings.substituters.is_empty() {
        // Before the default ones, which NixOS adds behind them.
        set.at(
            "nix.settings.substituters",
            Nix::Apply("lib.mkBefore", Box::new(texts(&settings.substituters))),
        );
    }
    if !settings.trusted_public_keys.is_empty() {
        set.at("nix.settings.trusted-public-keys", texts(&settings.trusted_public_keys));
    }
    if !settings.ca_certificates.is_empty() {
        set.at("security.pki.certificates", texts(&settings.ca_certificates));
    }
    if let Some(proxy) = &settings.proxy {
        proxied(cluster, proxy, set);
    }
}

fn texts(texts: &[String]) -> Nix {
    Nix::texts(texts)
}

fn proxied(cluster: &Cluster, proxy: &Proxy, set: &mut Set) {
    let direct = no_proxy(cluster, proxy);
    let mut environment = Set::new().with("NO_PROXY", direct.as_str());
    set.at("networking.proxy.noProxy", direct);
    if let Some(http) = &proxy.http {
        set.at("networking.proxy.httpProxy", http.as_str());
        environment.at("HTTP_PROXY", http.as_str());
    }
    if let Some(https) = &proxy.https {
        set.at("networking.proxy.httpsProxy", https.as_str());
        environment.at("HTTPS_PROXY", https.as_str());
    }
    // k3s hands its environment to containerd; the machine's own variables do not reach units.
    set.at("systemd.services.k3s.environment", environment);
}

/// What is reached directly: the cluster's own addresses and names, whatever else is asked for.
fn no_proxy(cluster: &Cluster, proxy: &Proxy) -> String {
    let kubernetes = &cluster.kubernetes;
    let ranges = [&kubernetes.pod_ranges, &kubernetes.service_ranges, &kubernetes.node_ranges];
    let own = ["localhost", "127.0.0.1", "::1", "169.254.169.254", ".svc", ".cluster.local"];
    let mut direct: Vec<String> = own.map(str::to_owned).to_vec();
    direct.extend(ranges.into_iter().flatten().map(ToString::to_string));
    for further in &proxy.no_proxy {
        if !direct.contains(further) {
            direct.push(further.clone());
        }
    }
    direct.join(",")
}
