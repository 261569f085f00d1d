//! One integration binary: the provider in the hands of hosts, real ones and our own small one.
#![allow(
    clippy::pedantic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::needless_pass_by_value,
    clippy::format_collect,
    reason = "a test says what went wrong by failing where it does"
)]

mod azure_room;
mod chart_check;
mod chart_fetch;
mod chart_server;
#[allow(dead_code, reason = "the names of cases are shown by their Debug form")]
mod faults;
mod goldens;
#[allow(dead_code, reason = "what other tests use of the lab is not all of it")]
mod guest;
#[allow(dead_code, unused_imports, reason = "no test uses the whole of it")]
mod harness;
mod helm_oracle;
mod install_room;
#[allow(dead_code, unused_imports, reason = "what other tests use of the control plane is not all of it")]
mod kubernetes;
mod network_interrupted;
mod network_lifecycle;
mod nixos_room;
mod node_pool;
mod process;
mod published;
mod real;
mod release;
mod release_room;
mod ssh_room;
mod tidy;
mod vm;
