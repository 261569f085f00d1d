//! The NixOS of a cluster's nodes as text: a flake, one folder for each distinct system, the files that
//! a node keeps outside of the store, and the script that lays out its disks.
//!
//! Invariants. Pure: no clock, no chance, no file, no environment; the same [`Cluster`] gives the same
//! bytes. Everything is checked before anything is written ([`generate`] gives every [`Problem`] at once).
//! No secret reaches the flake: secrets are [`PlacedFile`]s, and the systems name their paths as strings.
//! What differs from node to node (name, addresses, whom to join) is a placed file as well, so that nodes
//! of one kind share one system, which is built once.

mod check;
mod cluster;
mod disk;
mod flake;
mod generate;
mod kept;
pub mod nix;
mod pin;
mod placed;
mod problem;
mod script;
mod settings;
mod system;
mod systemd;

#[cfg(test)]
mod tests;

pub use cluster::{
    Addresses, Architecture, Cloud, Cluster, DualStack, Firmware, Flannel, GpuHardware, Ingress, Kubernetes,
    Node, ObjectStore, Role, Snapshots, Taint, User,
};
pub use disk::{DataDisk, DiskAt, FileSystem, SYSTEM_DISK_MIN_BYTES};
pub use generate::{Generated, NodeFiles, System, generate};
pub use kept::{Kept, KeptLoader, KeptMount};
pub use pin::{KubernetesMinor, Pin, Source, default_pin, pin_of_release};
pub use placed::{Join, PlacedFile, paths};
pub use problem::Problem;
pub use script::DiskRefusal;
pub use settings::{
    Gpu, GpuMode, GpuSharing, Peer, Proxy, Registry, RegistryLogin, Settings, UserModule, WireGuard,
    WireGuardNodes,
};
