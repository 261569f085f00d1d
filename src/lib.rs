//! The provider's rooms, in the order in which data flows through them.
//!
//! Bytes arrive in [`wire`], become a [`value`], [`lifecycle`] applies the host's rules with the help
//! of a [`schema`], a typed resource in [`resources`] acts on the world rooms, and what happened
//! becomes [`state`], which goes back through [`wire`]. The arrows between the rooms are kept by a
//! test (`tests/it/tidy.rs`) and explained in ARCHITECTURE.md.

pub mod check;
pub mod cloud;
pub mod diagnostics;
pub mod foundry;
pub mod kube;
pub mod lifecycle;
pub mod outcome;
pub mod provider;
pub mod resources;
pub mod schema;
pub mod secret;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod state;
pub mod time;
pub mod value;
pub mod wire;
