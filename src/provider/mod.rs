//! The provider block: its declaration, the environment behind it, and the settings it comes to.
//!
//! Invariants: configuring contacts nothing and never fails for a value that is known only after
//! apply; only `env` reads environment variables.

mod context;
mod declaration;
mod env;
mod registry;

pub use context::{Bastion, Context, Kubernetes, Settings, Ssh, SshKey};
pub use declaration::{AzureBlock, ProviderBlock, block};
pub use env::{Environment, Process, VARIABLES, Variable};
pub use registry::{RegistryLogin, check as check_registries};
