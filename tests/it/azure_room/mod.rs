//! The Azure room against the simulator: nothing of Terraform in between.

mod bench;
mod interrupted;
mod life;
mod logins;
mod wire;
