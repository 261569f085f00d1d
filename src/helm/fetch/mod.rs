//! Where charts come from: this machine's disk, repositories and registries; and what they depend on.
//!
//! What this room does not know: templates, clusters, Terraform.

mod acr;
mod dependency;
mod error;
mod folder;
mod http;
mod index;
mod login;
mod provenance;
mod registry;
mod remote;
mod select;
mod values;

pub use acr::acr_credentials;
pub use dependency::{Choice, DependencyError, DependencyOptions, Resolved, dependencies};
pub use error::FetchError;
pub use folder::{DiskError, load, read_folder};
pub use login::{Logins, NoLogins, host_of};
pub use provenance::{BadKeyring, Keyring, ProvenanceError, Signer};
pub use remote::{ChartSource, Credentials, Fetched, Mirrors, fetch};
pub use values::{ValueOptions, ValuesError};
