//! What we promise, one file or folder per type; here alone the world meets Terraform.

mod explain;
pub mod functions;
mod network;
mod pages;
mod service;

pub use pages::pages;
pub use service::provider;
