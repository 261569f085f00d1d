//! Generates the messages and services of the plugin protocol, server and client halves, without a
//! protoc on the machine.

use std::error::Error;

const FILES: [&str; 5] = [
    "proto/tfplugin6.proto",
    "proto/go_plugin/controller.proto",
    "proto/go_plugin/broker.proto",
    "proto/go_plugin/stdio.proto",
    "proto/health.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=build.rs");
    let descriptors = protox::compile(FILES, ["proto"])?;
    // The client half is for tests, which play the host.
    tonic_prost_build::configure().build_server(true).build_client(true).compile_fds(descriptors)?;
    Ok(())
}
