//! A provider with one resource of every kind of attribute, for tests of the wire against real hosts.

extern crate bud;

mod service;

use std::process::ExitCode;

use bud::provider::{Environment, Process};

fn main() -> ExitCode {
    let environment = |name: &str| Process.get(name);
    if std::env::args().any(|argument| argument == "--debug") {
        return bud::wire::serve_attachable(service::provider, &environment);
    }
    bud::wire::serve(service::provider, &environment)
}
