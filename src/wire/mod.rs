//! Bytes to and from values: the only room that knows gRPC, protobuf and MessagePack.

pub mod proto;
