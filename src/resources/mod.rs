//! What we promise, one file or folder per type; here alone the world meets Terraform.

mod explain;
mod network;
mod service;

pub use service::provider;
