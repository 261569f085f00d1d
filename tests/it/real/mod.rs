//! Real OpenTofu and real Terraform run the built provider against the simulator in this process.
//!
//! A host that is not found is skipped aloud. Every wait has an end, and only our own children are
//! ever signalled.

mod bad_input;
mod cancel;
mod host;
mod hosts_rules;
mod lifecycle;
mod schema;
mod secrets;
mod world;

use host::{Folder, each};
use world::World;
