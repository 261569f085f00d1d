//! Bytes to and from values: the only room that knows gRPC, protobuf and MessagePack.
//!
//! Invariants: no resource by name, no cloud, no rule of what a plan may be. stdout is written in
//! `handshake` and nowhere else. `msgpack`, `decode`, `encode` and `schema` are pure.

pub mod proto;

mod serve;

mod handshake;
mod tls;
mod transport;

mod plugin;
mod server;

mod answer;
mod guard;
pub mod log;

pub mod decode;
pub mod encode;
mod fault;
pub mod msgpack;
mod schema;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Problem};
pub use serve::{Environment, ServeError, serve, serve_attachable};
pub use tls::TlsError;
