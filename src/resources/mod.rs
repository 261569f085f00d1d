//! What we promise, one file or folder per type; here alone the world meets Terraform.

mod chart;
mod chart_place;
mod cluster;
mod clusters;
mod expiry;
mod explain;
pub mod functions;
mod kubeconfig;
mod machines;
mod network;
mod node_pool;
mod pages;
mod planned_networks;
mod registries;
mod release;
mod service;
mod skus;
mod tags;

pub use pages::pages;
pub use service::provider;
