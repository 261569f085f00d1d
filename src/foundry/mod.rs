//! What Bud AI Foundry is, as pure data and functions: the tables of its deployment architecture.
//!
//! Invariants: this room uses no other room and does no I/O. Every table is compared with the
//! architecture's own one, kept as Markdown in `tests/golden/seed/tables.md`, by a unit test.

pub mod components;
pub mod environments;
pub mod images;
pub mod ingress_hosts;
pub mod network;
pub mod nodes;
pub mod redundancy;
pub mod rules;
pub mod secrets;
#[cfg(test)]
mod seed;
pub mod storage;
