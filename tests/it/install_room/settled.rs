//! What is done on a node that runs its system: its host key is certified, and its system is served to others.

use std::time::Duration;

use bud::node::install::{Fault, Served, certify, serve, withdraw};
use bud::ssh::Authority;
use bud::ssh::host_key::HostKey;
use bud::time::Patience;
use ssh_key::Certificate;

use super::machine::Machine;
use super::{on_machine, run};

const CERTIFICATE: &str = "/etc/ssh/ssh_host_bud_ed25519_key-cert.pub";

fn patience() -> Patience {
    Patience::new(Duration::from_secs(60), tokio_util::sync::CancellationToken::new())
}

/// A node that runs its system and has made a key for itself, as sshd does at its first start.
async fn node() -> Option<(Machine, HostKey)> {
    let machine = Machine::ubuntu().await?;
    run(&machine.access(), &machine.wanted()).await.0.unwrap();
    let own = HostKey::draw().unwrap();
    let path = machine.installed("/etc/ssh/ssh_host_bud_ed25519_key.pub");
    std::fs::write(path, format!("{} root@gpu-0\n", own.public)).unwrap();
    Some((machine, own))
}

#[tokio::test]
async fn a_node_s_own_host_key_is_certified_once() {
    let Some((machine, own)) = node().await else { return };
    let (authority, wanted) = (Authority::draw().unwrap(), machine.wanted());
    let certified = async |authority: &Authority| {
        certify(&machine.access(), "gpu-0", &["10.0.0.7".into()], authority, &wanted.deadlines, &patience())
            .await
    };
    assert_eq!(certified(&authority).await.unwrap(), own.public);
    let read = || {
        Certificate::from_openssh(&std::fs::read_to_string(machine.installed(CERTIFICATE)).unwrap()).unwrap()
    };
    assert_eq!(read().valid_principals(), ["gpu-0", "10.0.0.7"]);
    assert_eq!(machine.count("systemctl reload sshd.service"), 1, "open connections stay");
    // Another authority's takes its place; what a node has not is refused by name.
    let other = Authority::draw().unwrap();
    certified(&other).await.unwrap();
    let issuer = ssh_key::PublicKey::new(read().signature_key().clone(), "").to_openssh().unwrap();
    assert_eq!(issuer, other.public());
    std::fs::remove_file(machine.installed("/etc/ssh/ssh_host_bud_ed25519_key.pub")).unwrap();
    let error = certified(&other).await.unwrap_err();
    assert!(matches!(&*error.fault, Fault::Step { word, .. } if word == "no-host-key"), "{error}");
}

#[tokio::test]
async fn a_system_is_served_to_one_key_and_signed_by_one_that_stays() {
    let Some((machine, _)) = node().await else { return };
    let (access, limits) = (machine.access(), machine.wanted().deadlines);
    let served =
        |key: HostKey| Served { host: "10.0.0.4".into(), port: 22, host_key: "ssh-ed25519 AAAA".into(), key };
    let (one, another) = (HostKey::draw().unwrap(), HostKey::draw().unwrap());
    let built = serve(&access, "gpu-0", &served(one.clone()), &limits, &patience()).await.unwrap();
    assert_eq!(built.path, "/nix/store/aaaaaaaa-nixos-system-worker");
    assert_eq!(built.signed_by, "bud-gpu-0:public");
    assert_eq!(built.key.expose(), one.private.expose());
    let list = || std::fs::read_to_string(machine.installed("/etc/bud/served/root")).unwrap();
    assert_eq!(list(), format!("restrict,command=\"nix-store --serve\" {}\n", one.public));
    let signs = format!("store sign --recursive --key-file /var/lib/bud/signing-key {}", built.path);
    assert_eq!(machine.log().iter().filter(|line| line.ends_with(&signs)).count(), 1, "{:?}", machine.log());

    // The next run has another key to fetch with; what was signed before stays valid.
    let again = serve(&access, "gpu-0", &served(another.clone()), &limits, &patience()).await.unwrap();
    assert_eq!(again.signed_by, built.signed_by);
    assert_eq!(machine.count("nix-store --generate"), 1);
    assert!(list().contains(&another.public) && !list().contains(&one.public));
    withdraw(&access, "gpu-0", &limits, &patience()).await.unwrap();
    assert!(!machine.installed("/etc/bud/served/root").exists());

    // A store that cannot be signed is no store to fetch from.
    machine.fault("build");
    let error = serve(&access, "gpu-0", &served(one), &limits, &patience()).await.unwrap_err();
    assert!(error.to_string().contains("not-signed: error: unable to download"), "{error}");
    assert!(!machine.installed("/etc/bud/served/root").exists());
}

#[tokio::test]
async fn a_machine_that_nobody_reaches_is_named() {
    let machine = on_machine!(ubuntu);
    let mut access = machine.access();
    access.installed_user = "nobody-here".into();
    let limits = machine.wanted().deadlines;
    let error = withdraw(&access, "gpu-0", &limits, &patience()).await.unwrap_err();
    assert!(error.to_string().starts_with("gpu-0: install: "), "{error}");
}
