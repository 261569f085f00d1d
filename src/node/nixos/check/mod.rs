//! Everything that can be wrong with a cluster's data, found before a byte is written.

mod access;
mod disks;
mod kubernetes;
mod names;
mod ranges;

use super::cluster::{Cluster, Node, Role};
use super::pin::{Pin, Source};
use super::problem::Problem;

/// All problems of a cluster, each once, in the order in which the data is written down.
pub(super) fn cluster(cluster: &Cluster) -> Vec<Problem> {
    let mut found = Vec::new();
    if !names::is_host_name(&cluster.name) {
        found.push(Problem::BadName { what: "cluster", name: cluster.name.clone() });
    }
    pin(&cluster.pin, cluster.kubernetes.minor, &mut found);
    members(cluster, &mut found);
    overrides(cluster, &mut found);
    access::users(&cluster.users, &mut found);
    ranges::check(cluster, &mut found);
    kubernetes::cluster(cluster, &mut found);
    // Settings are looked at where they are written, so that one wrong line is one problem.
    let layers = std::iter::once((EVERYWHERE, &cluster.settings))
        .chain(cluster.overrides.iter().map(|(key, settings)| (key.as_str(), settings)));
    for (place, settings) in layers {
        access::settings(place, settings, &mut found);
        kubernetes::settings(cluster, place, settings, &mut found);
    }
    for (name, node) in &cluster.nodes {
        kubernetes::node(name, node, &mut found);
        disks::check(name, node, &mut found);
        access::networkd(name, node, &mut found);
    }
    found
}

/// Where the settings of every node are written.
const EVERYWHERE: &str = "every node";

fn pin(pin: &Pin, minor: u32, found: &mut Vec<Problem>) {
    let hash = pin.hash.strip_prefix("sha256-").unwrap_or_default();
    if !names::is_base64(hash, 32) {
        found.push(Problem::BadHash { hash: pin.hash.clone() });
    }
    match &pin.source {
        Source::GitHub { revision } => {
            let hex = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
            if revision.len() != 40 || !revision.chars().all(hex) {
                found.push(Problem::BadRevision { revision: revision.clone() });
            }
        }
        Source::Tarball { url } if !names::is_url(url, &["https", "http", "file"]) => {
            found.push(Problem::BadUrl { place: "pin".into(), what: "nixpkgs", url: url.clone() });
        }
        Source::Tarball { .. } => {}
    }
    let release = pin.release.split_once('.').is_some_and(|(year, month)| {
        year.len() == 2 && matches!(month, "05" | "11") && year.bytes().all(|letter| letter.is_ascii_digit())
    });
    if !release {
        found.push(Problem::BadRelease { release: pin.release.clone() });
    }
    if !pin.kubernetes.is_empty() && !pin.kubernetes.contains(&minor) {
        found.push(Problem::UnknownKubernetes { minor, known: pin.kubernetes.clone() });
    }
}

fn members(cluster: &Cluster, found: &mut Vec<Problem>) {
    for name in cluster.nodes.keys().filter(|name| !names::is_host_name(name)) {
        found.push(Problem::BadName { what: "node", name: name.clone() });
    }
    let with = |role: Role| move |(_, node): &(&String, &Node)| node.role == role;
    let mut primaries = cluster.nodes.iter().filter(with(Role::Primary)).map(|(name, _)| name);
    if let Some(first) = primaries.next() {
        for second in primaries {
            found.push(Problem::SecondPrimary { first: first.clone(), second: second.clone() });
        }
    }
    if cluster.nodes.is_empty() {
        found.push(Problem::NoNodes);
    } else if !cluster.nodes.values().any(|node| node.role.is_server()) {
        found.push(Problem::NoServer);
    }
}

fn overrides(cluster: &Cluster, found: &mut Vec<Problem>) {
    let is_role = |key: &str| Role::ALL.into_iter().any(|role| role.name() == key);
    for key in cluster.overrides.keys() {
        let pool = cluster.nodes.values().any(|node| node.pool.as_ref() == Some(key));
        if !is_role(key) && !pool && !cluster.nodes.contains_key(key) {
            found.push(Problem::UnknownOverride { key: key.clone() });
        }
    }
}
