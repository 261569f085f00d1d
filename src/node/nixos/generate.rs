//! From data to files: checks everything, then writes each distinct system once.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::cluster::{Cluster, Role};
use super::disk::hexadecimal;
use super::placed::{self, PlacedFile};
use super::problem::Problem;
use super::system::{self, Kind};
use super::{check, flake, script};

/// All that a cluster's nodes are made of.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The flake, by path inside of it: `flake.nix`, `flake.lock` and a folder for each system.
    pub flake: BTreeMap<String, String>,
    /// The distinct systems by name; each is built once.
    pub systems: BTreeMap<String, System>,
    /// The nodes by name.
    pub nodes: BTreeMap<String, NodeFiles>,
}

/// A distinct system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// SHA-256 of the pin and of every file that it is made of, in hexadecimal. Equal digests are equal
    /// systems.
    pub digest: String,
    /// The platform that can build it.
    pub platform: &'static str,
    /// The nodes that run it, sorted; the first builds it where no builder is named.
    pub nodes: Vec<String>,
}

/// What belongs to one node.
#[derive(Clone, Debug)]
pub struct NodeFiles {
    /// Name of its system: `<flake>#nixosConfigurations.<name>`.
    pub system: String,
    /// Files that lie outside of the store, before the first boot.
    pub placed: Vec<PlacedFile>,
    /// The script that lays out its disks: `sh -s -- check | format | mount | data`. Its refusals are
    /// [`DiskRefusal`](super::DiskRefusal)s.
    pub disks: String,
}

/// Writes the systems of a cluster, or says all that is wrong with it.
pub fn generate(cluster: &Cluster) -> Result<Generated, Vec<Problem>> {
    let problems = check::cluster(cluster);
    if !problems.is_empty() {
        return Err(problems);
    }
    write(cluster).map_err(|problem| vec![problem])
}

fn write(cluster: &Cluster) -> Result<Generated, Problem> {
    let mut flake = BTreeMap::new();
    let mut systems: BTreeMap<String, System> = BTreeMap::new();
    let mut nodes = BTreeMap::new();
    for (name, node) in &cluster.nodes {
        let settings = cluster.settings_of(name, node);
        let placed = placed::files(cluster, name, node, &settings);
        let kind = Kind::of(cluster, node, settings);
        let files = system::files(cluster, &kind)?;
        let digest = digest(cluster, &files);
        let system = format!("{}-{}", folder(node.role), &digest[..12]);
        for (file, text) in files {
            flake.insert(format!("systems/{system}/{file}"), text);
        }
        systems
            .entry(system.clone())
            .or_insert_with(|| System { digest, platform: node.architecture.platform(), nodes: Vec::new() })
            .nodes
            .push(name.clone());
        nodes.insert(name.clone(), NodeFiles { system, placed, disks: script::disks(cluster, node) });
    }
    let names: Vec<&str> = systems.keys().map(String::as_str).collect();
    flake.insert("flake.nix".to_owned(), flake::flake(&cluster.pin, &names)?);
    flake.insert("flake.lock".to_owned(), flake::lock(&cluster.pin));
    Ok(Generated { flake, systems, nodes })
}

/// The first half of a system's name. Founding is no part of a system: a primary is a server.
fn folder(role: Role) -> &'static str {
    if role.is_server() { "server" } else { role.name() }
}

/// What a system is, in 64 digits.
fn digest(cluster: &Cluster, files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    hash.update(flake::identity(&cluster.pin));
    for (file, text) in files {
        // The lengths keep a text from passing as the next file's name.
        hash.update(format!("{file}\n{}\n", text.len()));
        hash.update(text);
    }
    hexadecimal(&hash.finalize())
}
