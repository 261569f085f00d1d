//! The Azure room against the simulator: nothing of Terraform in between.

mod bench;
mod interrupted;
mod life;
mod logins;
mod machine_bench;
mod machine_interrupted;
mod machine_life;
mod machine_offers;
mod wire;
