//! Where charts come from: this machine's disk, repositories and registries.
//!
//! What this room does not know: templates, clusters, Terraform.

mod folder;
mod values;

pub use folder::{DiskError, load, read_folder};
pub use values::{ValueOptions, ValuesError};
