//! Where charts come from: this machine's disk, repositories and registries.
//!
//! What this room does not know: templates, clusters, Terraform.

mod error;
mod folder;
mod http;
mod index;
mod registry;
mod remote;
mod select;
mod values;

pub use error::FetchError;
pub use folder::{DiskError, load, read_folder};
pub use remote::{ChartSource, Credentials, Fetched, Mirrors, fetch};
pub use values::{ValueOptions, ValuesError};
