//! Bytes to and from values: the only room that knows gRPC, protobuf and MessagePack.

mod fault;
pub mod msgpack;
pub mod proto;

pub use fault::{Fault, Problem};
