//! The messages and services that `build.rs` generates from `proto/`: the server half, and the client
//! half for tests that play the host.

// Generated code: the protocol's own names and no Rust documentation. What the messages mean is written
// in proto/*.proto.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

/// The provider protocol.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// The plugin host's own services: shutdown, standard streams, further connections.
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// The health check.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
