//! Every option that we write exists, with the type that we give it.

use std::collections::BTreeMap;

use super::super::nix::{Nix, Set};
use super::super::system::{Kind, modules};
use super::sample;
use crate::node::nixos::Cluster;

/// An option: its type in words.
type Options = BTreeMap<String, String>;

/// The options of a 2024 tree with the newer ones of k3s, and those that we read elsewhere.
fn known() -> Options {
    let base: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/golden/nixos-options.json")).unwrap();
    let extra: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/golden/nixos-options-extra.json")).unwrap();
    let types = |table: &serde_json::Value, key: &str| -> Vec<(String, String)> {
        let options = table["options"].as_object().unwrap();
        options
            .iter()
            .map(|(name, option)| (name.clone(), option[key].as_str().unwrap().to_owned()))
            .collect()
    };
    types(&base, "t").into_iter().chain(types(&extra, "type")).collect()
}

/// Names as paths: `a."b.c".d` has three.
fn split(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in name.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            letter => parts.last_mut().unwrap().push(letter),
        }
    }
    parts
}

fn matches(pattern: &[String], path: &[String]) -> bool {
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(want, have)| want == have || want == "<name>" || want == "*")
}

/// Whether values below an option of this type have names of their own.
fn is_open(kind: &str) -> bool {
    let free =
        ["attribute set of", "anything", "nixpkgs config", "Nix config", "value", "JSON", "systemd option"];
    free.iter().any(|words| kind.contains(words)) && !kind.contains("(submodule)")
}

/// Whether a value fits a type in words; types that say too little fit everything.
fn fits(value: &Nix, kind: &str) -> bool {
    let plain = kind.trim_start_matches("null or ").trim_start_matches('(');
    if plain.starts_with("list of") && !kind.contains(" or (list") && !matches!(value, Nix::List(_)) {
        return matches!(value, Nix::Code(_) | Nix::Select(..) | Nix::Apply(..));
    }
    let says = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    match value {
        Nix::Bool(_) => says(&["bool", "anything", "config", "systemd option", "value"]),
        Nix::Int(_) => {
            says(&["integer", "number", "int", "anything", "config", "systemd option", "sysctl", "value"])
        }
        Nix::Text(_) | Nix::Pieces(_) => says(&[
            "str",
            "path",
            "one of",
            "anything",
            "systemd option",
            "sysctl",
            "attribute set) or",
            "config",
            "lines",
            "value",
        ]),
        Nix::List(_) => says(&["list", "anything", "config", "systemd option"]),
        Nix::Set(_) => says(&["attribute set", "submodule", "anything"]),
        // Code says nothing about itself.
        Nix::Code(_) | Nix::Select(..) | Nix::Apply(..) => true,
    }
}

/// Every option of a set that is not known, or is given what it cannot hold.
fn faults(known: &[(Vec<String>, String)], set: &Set, path: &mut Vec<String>, found: &mut Vec<String>) {
    for (name, value) in set.iter() {
        path.push(name.clone());
        let here = known.iter().find(|(pattern, _)| matches(pattern, path));
        let below = |pattern: &[String]| pattern.len() > path.len() && matches(&pattern[..path.len()], path);
        let deeper = known.iter().any(|(pattern, _)| below(pattern));
        match (here, value) {
            (_, Nix::Set(inner)) if deeper => faults(known, inner, path, found),
            (Some((_, kind)), Nix::Set(_)) if is_open(kind) => {}
            (Some((_, kind)), value) if fits(value, kind) => {}
            (Some((_, kind)), value) => found.push(format!("{}: {kind}, given {value:?}", path.join("."))),
            (None, _) => {
                // A value inside of an option that takes anything, and has known ones beside it.
                let parent = known.iter().find(|(pattern, _)| {
                    (1..path.len()).any(|end| matches(pattern, &path[..end])) && is_open_for(pattern, known)
                });
                if parent.is_none() {
                    found.push(format!("{}: no such option", path.join(".")));
                }
            }
        }
        path.pop();
    }
}

fn is_open_for(pattern: &[String], known: &[(Vec<String>, String)]) -> bool {
    known.iter().any(|(other, kind)| other == pattern && is_open(kind))
}

fn faults_of(cluster: &Cluster) -> Vec<String> {
    let known: Vec<_> = known().into_iter().map(|(name, kind)| (split(&name), kind)).collect();
    let mut found = Vec::new();
    for (name, node) in &cluster.nodes {
        let kind = Kind::of(cluster, node, cluster.settings_of(name, node));
        for (_, options) in modules(cluster, &kind) {
            faults(&known, &options, &mut Vec::new(), &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_option_exists() {
    let found: Vec<String> =
        [sample::azure(), sample::aws(), sample::hosts()].iter().flat_map(faults_of).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_misspelt_option_and_a_wrong_type_are_found() {
    let known: Vec<_> = known().into_iter().map(|(name, kind)| (split(&name), kind)).collect();
    let check = |set: Set| {
        let mut found = Vec::new();
        faults(&known, &set, &mut Vec::new(), &mut found);
        found.len()
    };
    assert_eq!(check(Set::new().with("services.k3s.enabled", true)), 1);
    assert_eq!(check(Set::new().with("services.k3s.enable", "yes")), 1);
    assert_eq!(check(Set::new().with("services.k3s.enable", true)), 0);
    assert_eq!(check(Set::new().with("networking.firewall.allowedTCPPorts", 22)), 1);
    assert_eq!(check(Set::new().with("boot.loader.grub.devise", "x")), 1);
    assert_eq!(check(Set::new().with("users.users.bud.isNormal", true)), 1);
}

/// Every line of the extra table says where it was read, and none is left over.
#[test]
fn the_extra_table_has_sources_and_no_leftovers() {
    let extra: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/golden/nixos-options-extra.json")).unwrap();
    let base: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/golden/nixos-options.json")).unwrap();
    for (name, option) in extra["options"].as_object().unwrap() {
        let file = option["file"].as_str().unwrap();
        let commit = option["commit"].as_str().unwrap();
        assert!(file.strip_suffix(".nix").is_some() && commit.len() == 40, "{name}: {file} {commit}");
        assert!(base["options"].get(name).is_none(), "{name} is in the other table");
    }
}
