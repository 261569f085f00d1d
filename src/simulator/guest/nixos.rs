//! What a NixOS is: read from the flake that it was installed from.
//!
//! This is no evaluator. It reads sets, lists and texts as they are written one a line, which is how the
//! provider writes them, and takes from them what can be seen of a system from outside.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What can be seen of a system from outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) users: Vec<User>,
    pub(crate) k3s: Option<Unit>,
    /// File systems: mount point and device.
    pub(crate) mounts: Vec<(String, String)>,
    /// What the firewall lets in beside SSH.
    pub(crate) open: Vec<Opening>,
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) keys: Vec<String>,
    pub(crate) administrator: bool,
}

/// How k3s is started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// `server` or `agent`.
    pub(crate) role: String,
    pub(crate) flags: Vec<String>,
    /// `services.k3s.disable`.
    pub(crate) disable: Vec<String>,
    /// Such as `k3s_1_36`.
    pub(crate) package: String,
    pub(crate) config: String,
    pub(crate) environment: String,
    pub(crate) token_file: String,
    pub(crate) agent_token_file: String,
}

/// TCP ports that the firewall opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// For which range; for all where there is none.
    pub(crate) source: Option<String>,
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// The options of a file: their paths with all of their values.
type Options = BTreeMap<String, Vec<String>>;

/// What a system of a flake is, and its path in the store; none where the flake has no such system.
pub(crate) fn build(flake: &[(String, String)], name: &str) -> Option<(String, Description)> {
    let folder = format!("systems/{name}/");
    let mut options = Options::new();
    let mut sum = Sha256::new();
    let mut found = false;
    for (path, text) in flake {
        let own = path.strip_prefix(&folder);
        if own.is_some() || path == "flake.lock" {
            sum.update(format!("{}\n{}\n", own.unwrap_or(path), text.len()));
            sum.update(text);
        }
        if own.is_some_and(|own| own.strip_suffix(".nix").is_some_and(|stem| !stem.contains('/'))) {
            found = true;
            read(text, &mut options);
        }
    }
    found.then(|| (store_path(&sum.finalize()), describe(&options)))
}

/// A path in the store: 32 letters of Nix's own alphabet, and the system's name.
fn store_path(sum: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
    let letters: String = sum.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    format!("/nix/store/{letters}-nixos-system-nixos-26.05")
}

/// Reads a file's sets, lists and texts.
fn read(text: &str, options: &mut Options) {
    let mut path: Vec<String> = Vec::new();
    let mut list: Option<String> = None;
    let mut block: Option<String> = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(key) = &block {
            if line.starts_with("'';") {
                block = None;
            } else {
                options.entry(key.clone()).or_default().push(line.to_owned());
            }
            continue;
        }
        if let Some(key) = &list {
            if line == "];" {
                list = None;
            } else {
                options.entry(key.clone()).or_default().push(unquoted(line));
            }
            continue;
        }
        if line == "}" || line == "};" {
            path.pop();
            continue;
        }
        let Some((key, value)) = line.split_once(" = ") else {
            if line == "{" {
                path.push(String::new());
            }
            continue;
        };
        let above =
            path.iter().filter(|part| !part.is_empty()).fold(String::new(), |all, part| all + part + ".");
        let whole = above + &key.split('"').collect::<String>();
        match value {
            "{" => path.push(key.split('"').collect()),
            "[" => list = Some(whole),
            "''" => block = Some(whole),
            _ => options.entry(whole).or_default().push(unquoted(value.trim_end_matches(';'))),
        }
    }
}

/// A text without its quotes.
fn unquoted(word: &str) -> String {
    let Some(inside) = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) else {
        return word.to_owned();
    };
    let mut plain = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

fn describe(options: &Options) -> Description {
    let one = |key: &str| options.get(key).and_then(|all| all.first()).cloned().unwrap_or_default();
    let all = |key: &str| options.get(key).cloned().unwrap_or_default();
    let mut description = Description::default();
    for (key, keys) in options {
        if let Some(name) = key
            .strip_prefix("users.users.")
            .and_then(|rest| rest.strip_suffix(".openssh.authorizedKeys.keys"))
        {
            let administrator = name == "root"
                || all(&format!("users.users.{name}.extraGroups")).contains(&"wheel".to_owned());
            description.users.push(User { name: name.to_owned(), keys: keys.clone(), administrator });
        }
        if let Some(point) = key.strip_prefix("fileSystems.").and_then(|rest| rest.strip_suffix(".device")) {
            description.mounts.push((point.to_owned(), keys.first().cloned().unwrap_or_default()));
        }
    }
    if one("services.k3s.enable") == "true" {
        description.k3s = Some(Unit {
            role: one("services.k3s.role"),
            flags: all("services.k3s.extraFlags"),
            disable: all("services.k3s.disable"),
            package: one("services.k3s.package").trim_start_matches("pkgs.").to_owned(),
            config: one("services.k3s.configPath"),
            environment: one("services.k3s.environmentFile"),
            token_file: one("services.k3s.tokenFile"),
            agent_token_file: one("services.k3s.agentTokenFile"),
        });
    }
    let ports = all("networking.firewall.allowedTCPPorts");
    description.open.extend(ports.iter().filter_map(|port| {
        let port = port.parse().ok()?;
        Some(Opening { source: None, from: port, to: port })
    }));
    description.open.extend(all("networking.firewall.extraCommands").iter().filter_map(|line| opening(line)));
    description
}

/// What a line of the firewall opens: `iptables -A nixos-fw -s RANGE -p tcp --dport PORT[:PORT] -j …-accept`.
fn opening(line: &str) -> Option<Opening> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let behind = |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1));
    if behind("-A") != Some(&"nixos-fw") || behind("-j") != Some(&"nixos-fw-accept") {
        return None;
    }
    let source = behind("-s").map(|range| (*range).to_owned());
    match (behind("-p"), behind("--dport")) {
        (None, None) => Some(Opening { source, from: 0, to: u16::MAX }),
        (Some(&"tcp"), Some(ports)) => {
            let (from, to) = ports.split_once(':').unwrap_or((ports, ports));
            Some(Opening { source, from: from.parse().ok()?, to: to.parse().ok()? })
        }
        _ => None,
    }
}

impl Description {
    /// Whether the firewall lets a connection in.
    pub(crate) fn lets_in(&self, source: std::net::IpAddr, port: u16) -> bool {
        let opens = |opening: &Opening| {
            (opening.from..=opening.to).contains(&port)
                && opening
                    .source
                    .as_ref()
                    .is_none_or(|range| range.parse::<IpNet>().is_ok_and(|range| range.contains(&source)))
        };
        port == 22 || source.is_loopback() || self.open.iter().any(opens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = r#"{ config, lib, pkgs, ... }:

{
  networking.firewall = {
    allowedTCPPorts = [
      443
    ];
    extraCommands = ''
      # The cluster's nodes.
      iptables -A nixos-fw -s 10.177.0.0/16 -p tcp --dport 2379:2380 -j nixos-fw-accept
      iptables -A nixos-fw -s 10.42.0.0/16 -j nixos-fw-accept
    '';
  };
  fileSystems = {
    "/srv/models" = {
      device = "/dev/disk/by-label/bud-models";
    };
  };
  services = {
    k3s = {
      enable = true;
      extraFlags = [
        "\"--x=0 */6\""
      ];
      role = "agent";
    };
    openssh.hostKeys = [
      {
        path = "/etc/ssh/ssh_host_ed25519_key";
      }
    ];
  };
  users = {
    mutableUsers = false;
    users.bud = {
      extraGroups = [
        "wheel"
      ];
      openssh.authorizedKeys.keys = [
        "ssh-ed25519 AAAA operator"
      ];
    };
  };
}
"#;

    #[test]
    fn users_services_and_ports_are_found() {
        let flake = [("systems/a/configuration.nix".to_owned(), SYSTEM.to_owned())];
        let (path, system) = build(&flake, "a").unwrap();
        assert!(path.starts_with("/nix/store/") && path.ends_with("-nixos-system-nixos-26.05"));
        let user =
            User { name: "bud".into(), keys: vec!["ssh-ed25519 AAAA operator".into()], administrator: true };
        assert_eq!(system.users, [user]);
        assert_eq!(system.mounts, [("/srv/models".into(), "/dev/disk/by-label/bud-models".into())]);
        let k3s = system.k3s.clone().unwrap();
        assert_eq!((k3s.role.as_str(), k3s.flags), ("agent", vec!["\"--x=0 */6\"".to_owned()]));
        let from = |address: &str, port| system.lets_in(address.parse().unwrap(), port);
        assert!(from("203.0.113.1", 443) && from("203.0.113.1", 22) && from("127.0.0.1", 6443));
        assert!(from("10.177.2.3", 2380) && from("10.42.0.9", 9100));
        assert!(!from("10.177.2.3", 6443) && !from("203.0.113.1", 2379));
        assert_eq!(build(&flake, "b"), None);
        let other = [("systems/a/configuration.nix".to_owned(), SYSTEM.replace("agent", "server"))];
        assert_ne!(build(&other, "a").unwrap().0, path, "another system is another path");
    }
}
