//! Who may come in, what is trusted, what is fetched from where, and the user's own modules and files.

use super::names;
use crate::node::nixos::cluster::{Node, User};
use crate::node::nixos::nix::check_module;
use crate::node::nixos::placed::paths;
use crate::node::nixos::problem::Problem;
use crate::node::nixos::settings::Settings;

pub(super) fn users(users: &[User], found: &mut Vec<Problem>) {
    let mut seen: Vec<&str> = Vec::new();
    for user in users {
        let name = user.name.as_str();
        let first = |letter: u8| letter.is_ascii_lowercase() || letter == b'_';
        let inner = |letter: u8| first(letter) || letter.is_ascii_digit() || letter == b'-';
        let form = name.len() <= 31 && name.bytes().next().is_some_and(first) && name.bytes().all(inner);
        if !form {
            found.push(Problem::BadUser { name: user.name.clone() });
        } else if seen.contains(&name) {
            found.push(Problem::DuplicateUser { name: user.name.clone() });
        }
        seen.push(name);
        for key in user.keys.iter().filter(|key| !names::is_ssh_key(key)) {
            found.push(Problem::BadSshKey { user: user.name.clone(), key: key.clone() });
        }
    }
    let comes_in = |user: &User| !user.keys.is_empty() && (user.administrator || user.name == "root");
    if !users.iter().any(comes_in) {
        found.push(Problem::NoLogin);
    }
}

pub(super) fn networkd(name: &str, node: &Node, found: &mut Vec<Problem>) {
    let known = [".network", ".netdev", ".link"];
    for file in node.networkd.keys() {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let named = file.len() < 200 && file.chars().all(plain) && !file.starts_with('.');
        if !named || !known.iter().any(|end| file.ends_with(end)) {
            found.push(Problem::BadNetworkdName { node: name.to_owned(), name: file.clone() });
        }
    }
}

pub(super) fn settings(place: &str, settings: &Settings, found: &mut Vec<Problem>) {
    let owned = || place.to_owned();
    for module in &settings.modules {
        if let Err(fault) = check_module(&module.text) {
            found.push(Problem::BadModule { module: module.name.clone(), fault });
        }
    }
    let caches = ["https", "http", "s3", "ssh", "ssh-ng", "file"];
    for url in settings.substituters.iter().filter(|url| !names::is_url(url, &caches)) {
        found.push(Problem::BadUrl { place: owned(), what: "binary cache", url: url.clone() });
    }
    for key in &settings.trusted_public_keys {
        let (name, body) = key.split_once(':').unwrap_or_default();
        if name.is_empty() || name.contains(char::is_whitespace) || !names::is_base64(body, 32) {
            found.push(Problem::BadCacheKey { place: owned(), key: key.clone() });
        }
    }
    if settings.ca_certificates.iter().any(|pem| !is_certificate(pem)) {
        found.push(Problem::BadCertificate { place: owned() });
    }
    if let Some(proxy) = &settings.proxy {
        for url in [&proxy.http, &proxy.https].into_iter().flatten() {
            if !names::is_url(url, &["http", "https", "socks5"]) {
                found.push(Problem::BadUrl { place: owned(), what: "proxy", url: url.clone() });
            }
        }
        let bad = |entry: &String| entry.contains([',', '"', '%']) || entry.contains(char::is_whitespace);
        for entry in proxy.no_proxy.iter().filter(|entry| bad(entry)) {
            found.push(Problem::BadUrl { place: owned(), what: "proxy's exception", url: entry.clone() });
        }
    }
    for server in settings.time_servers.iter().filter(|server| !names::is_host(server)) {
        found.push(Problem::BadTimeServer { place: owned(), name: server.clone() });
    }
    for (host, registry) in &settings.registries {
        if host != "*" && !names::is_host_and_port(host) {
            found.push(Problem::BadRegistry { place: owned(), host: host.clone() });
        }
        for url in registry.mirrors.iter().filter(|url| !names::is_url(url, &["https", "http"])) {
            found.push(Problem::BadUrl { place: owned(), what: "registry", url: url.clone() });
        }
    }
    files(place, settings, found);
}

fn files(place: &str, settings: &Settings, found: &mut Vec<Problem>) {
    for path in settings.files.keys() {
        let parts = path.strip_prefix('/').map(|rest| rest.split('/').collect::<Vec<_>>());
        let bad = |part: &&str| matches!(*part, "" | "." | "..") || part.contains(char::is_control);
        let elsewhere = ["nix", "proc", "sys", "dev", "run"];
        match parts {
            Some(parts) if !parts.iter().any(bad) && !elsewhere.contains(&parts[0]) => {
                if paths::OURS.contains(&path.as_str()) {
                    found.push(Problem::FileTaken { place: place.to_owned(), path: path.clone() });
                }
            }
            _ => found.push(Problem::BadFilePath { place: place.to_owned(), path: path.clone() }),
        }
    }
}

/// Whether text is one certificate or more, each framed and in base64.
fn is_certificate(pem: &str) -> bool {
    let mut inside = false;
    let mut count = 0;
    for line in pem.lines().map(str::trim_end) {
        match (inside, line) {
            (false, "-----BEGIN CERTIFICATE-----") => inside = true,
            (true, "-----END CERTIFICATE-----") => {
                inside = false;
                count += 1;
            }
            (true, line) => {
                let base64 = |letter: u8| letter.is_ascii_alphanumeric() || b"+/=".contains(&letter);
                if line.is_empty() || !line.bytes().all(base64) {
                    return false;
                }
            }
            // What stands between them is a comment.
            (false, _) => {}
        }
    }
    !inside && count > 0
}
