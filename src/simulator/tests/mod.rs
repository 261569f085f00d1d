//! Tests of the simulator through its sockets, by an ordinary HTTP client.

mod bench;
mod concurrency;
mod faults;
mod groups;
mod logins;
mod machine_bench;
mod machine_faults;
mod machine_guards;
mod machine_refusals;
mod machines;
mod networks;
mod operations;
mod program;
mod quirks;
mod rules;
mod strict;
mod way_in;
