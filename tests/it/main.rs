//! One integration binary: the provider in the hands of hosts, real ones and our own small one.

mod faults;
mod harness;
mod network_lifecycle;
mod process;
mod real;
mod tidy;
