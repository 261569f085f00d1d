//! One integration binary: the provider in the hands of hosts, real ones and our own small one.

mod harness;
mod network_interrupted;
mod network_lifecycle;
mod process;
mod real_hosts;
mod tidy;
