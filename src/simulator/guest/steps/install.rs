//! `install`: the installation starts, or the one that runs is found.

use std::net::IpAddr;

use russh::keys::PrivateKey;

use super::super::super::machine::Reach;
use super::super::birth;
use super::super::host_keys::FIRST;
use super::super::installation::{Built, Installation};
use super::super::nixos;
use super::super::shell::{Input, Said, Shell};

/// Simulated seconds that building takes, and fetching what another node has built.
const BUILD_SECONDS: f64 = 150.0;
const FETCH_SECONDS: f64 = 60.0;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let [mounted, system, sum, build, path] = [
        input.get_or("mounted", "yes"),
        input.get("system"),
        input.get("sum"),
        input.get_or("build", "here"),
        input.get("path"),
    ];
    let what = format!("{mounted} {system} {sum} {build} {path}");
    if let Some(job) = &shell.guest.job
        && job.what == what
    {
        match job.status {
            Some(0) => {
                shell.say("done", "yes");
                return Said::Exit(0);
            }
            None => {
                shell.say("running", "yes");
                return Said::Exit(0);
            }
            Some(_) => {}
        }
    }
    shell.guest.job = None;
    let root = input.root();
    if !root.is_empty() {
        for name in [FIRST.to_owned(), format!("{FIRST}.pub")] {
            let node = shell.guest.node(&name).cloned();
            let bytes = shell.guest.bytes(&name);
            let (Some(node), Some(bytes)) = (node, bytes) else {
                shell.say("refused", "no-host-key");
                return Said::Exit(0);
            };
            if let Err(reason) = shell.guest.put(&format!("{root}{name}"), &node.owner, node.mode, bytes) {
                return shell.complain(reason);
            }
        }
    }
    let (seconds, log, then) =
        if build == "elsewhere" { fetched(shell, &input, root) } else { built(shell, system, root) };
    let clock = shell.clock.clone();
    shell.guest.job = Some(Installation::begin(&clock, &what, seconds, &log, then));
    shell.say("started", "yes");
    Said::Exit(0)
}

type Plan = (f64, Vec<String>, Result<Built, u32>);

fn failing(said: impl Into<String>) -> Plan {
    (5.0, vec![said.into()], Err(1))
}

/// The system is built from the flake that was laid down.
fn built(shell: &Shell<'_>, system: &str, root: &'static str) -> Plan {
    if let Some(said) = &shell.guest.traits.build_fails {
        return failing(said.clone());
    }
    let flake: Vec<(String, String)> = shell
        .guest
        .below(&format!("{root}/etc/nixos"))
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
        .collect();
    let Some((path, description)) = nixos::build(&flake, system) else {
        return failing(format!(
            "error: flake 'path:{root}/etc/nixos' does not provide attribute \
             'nixosConfigurations.{system}.config.system.build.toplevel'"
        ));
    };
    let log = vec![
        "building the flake in path:/etc/nixos...".to_owned(),
        format!("copying path '{path}-source' from 'https://cache.nixos.org'..."),
        format!("building '{path}.drv'..."),
        "installing the boot loader...".to_owned(),
        "installation finished!".to_owned(),
    ];
    (BUILD_SECONDS, log, Ok(Built { below: root, path, description }))
}

/// The system is fetched from the node that has built it, with the key for that.
fn fetched(shell: &Shell<'_>, input: &Input, root: &'static str) -> Plan {
    let (from, path) = (input.get("from"), input.get("path"));
    let refused = |said: &str| failing(format!("error: cannot connect to '{from}': {said}"));
    let Some((host, port)) = from.strip_prefix("ssh://root@").map(place) else {
        return failing(format!("error: don't know how to open Nix store '{from}'"));
    };
    let machine = match shell.world.reach_from(&shell.guest.key, &host, port) {
        Reach::Guest(machine) => machine,
        Reach::Refused => return refused("Connection refused"),
        _ => return refused("Connection timed out"),
    };
    let Some(other) = shell.world.guests.all.get(&machine) else { return refused("Connection timed out") };
    let hosts = shell.guest.text("/run/bud/fetch-hosts").unwrap_or_default();
    let (keys, _) = other.host_keys();
    let line = |key: &PrivateKey| {
        let line = key.public_key().to_openssh().unwrap_or_default();
        line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    };
    let pinned = keys.iter().any(|key| hosts.contains(&line(key)));
    if !pinned {
        return refused("Host key verification failed.");
    }
    let key = shell.guest.text("/run/bud/fetch-key").and_then(|text| PrivateKey::from_openssh(&text).ok());
    match key.and_then(|key| other.lets_in("root", key.public_key())) {
        None => return refused("root: Permission denied (publickey)."),
        Some(login) if login.forced.as_deref().is_some_and(|command| command != "nix-store --serve") => {
            return refused("unexpected end-of-file");
        }
        Some(_) => {}
    }
    let signed_by = other.text("/var/lib/bud/signing-key.pub").unwrap_or_default();
    let trusted = input.all("nix").any(|line| line.split_whitespace().any(|word| word == signed_by.trim()));
    if signed_by.is_empty() || !trusted {
        return failing(format!(
            "error: cannot add path '{path}' because it lacks a signature by a trusted key"
        ));
    }
    let Some(text) = other.text(&format!("{path}/{}", birth::SAYS)) else {
        return failing(format!("error: path '{path}' is not valid"));
    };
    let Ok(description) = serde_json::from_str(&text) else {
        return failing(format!("error: path '{path}' is not a system"));
    };
    let log = vec![
        format!("copying path '{path}' from '{from}'..."),
        "installing the boot loader...".to_owned(),
        "installation finished!".to_owned(),
    ];
    (FETCH_SECONDS, log, Ok(Built { below: root, path: path.to_owned(), description }))
}

/// Host and port of an address without its user.
fn place(text: &str) -> (String, u16) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (host.to_owned(), rest.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(22));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if text.parse::<IpAddr>().is_err() => {
            (host.to_owned(), port.parse().unwrap_or(22))
        }
        _ => (text.to_owned(), 22),
    }
}
