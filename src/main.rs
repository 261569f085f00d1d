//! The binary: without arguments the provider that a host starts, else its command line.

mod cli;

use std::process::ExitCode;

use bud::provider::{Environment, Process};

fn main() -> ExitCode {
    // A host gives no arguments, and starts us several times for one plan: straight to the handshake.
    if std::env::args_os().len() == 1 {
        return bud::wire::serve(cli::provider, &|name| Process.get(name));
    }
    cli::run()
}
