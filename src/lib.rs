//! The provider's rooms, in the order in which data flows through them.
//!
//! Bytes arrive in [`wire`], become a [`value`], [`lifecycle`] applies the host's rules with the help
//! of a [`schema`], a typed resource in [`resources`] acts on the world rooms, and what happened
//! becomes [`state`], which goes back through [`wire`]. The arrows between the rooms are kept by a
//! test (`tests/it/tidy.rs`) and explained in ARCHITECTURE.md.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::disallowed_methods,
        clippy::needless_pass_by_value,
        clippy::format_collect,
        reason = "a test says what went wrong by failing where it does"
    )
)]

pub mod check;
pub mod cloud;
pub mod diagnostics;
pub mod foundry;
pub mod helm;
pub mod https;
pub mod kube;
pub mod lifecycle;
pub mod node;
pub mod outcome;
pub mod provider;
pub mod resources;
pub mod schema;
pub mod secret;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod ssh;
pub mod state;
pub mod time;
pub mod value;
pub mod wire;
