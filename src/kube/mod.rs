//! Kubernetes as the provider meets it, without a word of Terraform.
//!
//! [`Client`] speaks to one API server; objects are JSON. `connect` is the way there: kubeconfig, login,
//! TLS, proxies. `request` is what is asked and how often. [`wait`] waits for a condition by watching.
//!
//! Invariants: this room knows no value, schema or diagnostic. What is secret in a kubeconfig never
//! stands in an error. Opening a client reads no network and runs no program.

mod access;
mod client;
mod connect;
pub mod credential;
mod discovery;
mod error;
mod kind;
pub mod kubeconfig;
mod logs;
mod metadata;
pub mod node;
mod objects;
mod refusal;
mod request;
mod subresource;
mod token;
pub mod wait;
mod watch;
mod writing;
mod yaml;

pub use access::{Access, Channel, Opening, Stream};
pub use client::{Client, ServerVersion};
pub use error::{Asked, Expired, KubeError, TlsProblem, Webhook};
pub use kind::{Address, Kind, Listing, Scope, Selector};
pub use logs::{Logs, Run};
pub use metadata::Glimpse;
pub use refusal::{Cause, FieldConflict, Refusal};
pub use token::{SHORTEST_TOKEN, Token};
pub use watch::{Change, Changes};
pub use writing::{Apply, Conflicts, Deletion, DryRun, Patch, Propagation, Validation, Writing};
