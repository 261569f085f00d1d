//! Real OpenTofu and real Terraform run the built provider against the simulator in this process.
//!
//! A host that is not found is skipped aloud. Every wait has an end, and only our own children are
//! ever signalled.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect by failing, and aloud what they skip"
)]

mod bad_input;
mod cancel;
mod host;
mod hosts_rules;
mod lifecycle;
mod node_pool;
mod schema;
mod secrets;
mod skus;
mod world;

use host::{Folder, each};
use world::World;
