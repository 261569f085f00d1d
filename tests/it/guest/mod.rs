//! Simulated machines: the whole install against them by every way, struck at every step, and what they refuse.

mod bench;
mod lab;
mod matrix;
mod network;
mod openssh;
mod refused;
mod settled;
mod steps;
mod ways;

use std::time::Duration;

use bud::node::install::{Access, InstallError, Installed, Wanted, install};
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

use crate::install_room::Told;

fn patience() -> Patience {
    Patience::new(Duration::from_secs(120), CancellationToken::new())
}

/// One run to its end.
async fn run(access: &Access, wanted: &Wanted) -> (Result<Installed, InstallError>, Told) {
    let told = Told::default();
    let done = install(access, wanted, &told, &patience()).await;
    (done, told)
}
