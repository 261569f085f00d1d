//! What the tests drive the provider with: a small host of our own that restates the real hosts'
//! rules, the real hosts, and the world in which both act.
//!
//! Invariant: everything between the socket and the judge is written here a second time, from the
//! protocol's facts. It shares [`bud::value`]'s data types with the provider, and no code that
//! encodes, proposes, plans or judges.

pub(crate) mod alike;
pub(crate) mod client;
pub(crate) mod codec;
pub(crate) mod generator;
pub(crate) mod hcl;
pub(crate) mod host;
pub(crate) mod judge;
pub(crate) mod lanes;
pub(crate) mod logs;
pub(crate) mod process;
pub(crate) mod proposed;
pub(crate) mod schema;
pub(crate) mod world;
