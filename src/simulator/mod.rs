//! The world on loopback: a strict Azure Resource Manager, its login, and a way in to machines.
//!
//! It speaks the real protocols on real sockets and refuses what the real cloud refuses, with the
//! cloud's own status, code and message. It shares no code with our clients: nothing here uses
//! another room. One lock holds the whole world and every request is one synchronous step under it,
//! so that the same requests give the same answers; only connections, delays and the proxy wait.

mod azure;
mod charts;
mod clock;
mod control;
mod faults;
mod glob;
mod guest;
mod kubernetes;
mod ledger;
mod login;
mod machine;
mod message;
mod options;
mod proxy;
mod quirks;
mod running;
mod serve;
mod settings;
mod shortage;
mod tls;
mod token;
mod world;

#[cfg(test)]
mod tests;

pub use options::{Options, SimulatorError};
pub use running::{Running, run, start};
