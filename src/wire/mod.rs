//! Bytes to and from values: the only room that knows gRPC, protobuf and MessagePack.

pub mod proto;

mod answer;
pub mod decode;
pub mod encode;
mod fault;
mod guard;
pub mod msgpack;
mod schema;
mod server;

pub use fault::{Fault, Problem};
