//! The whole install on a virtual machine: a real firmware, kernel, boot loader and disk. `make test-vm` makes what
//! the machine starts from (`BUD_TEST_VM`) and runs these; nothing else does.

mod boot;
mod kexec;
mod machine;
mod refused;
mod told;

use std::time::Duration;

use bud::node::install::{Access, InstallError, Installed, Wanted, install};
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

use told::Told;

fn patience() -> Patience {
    Patience::new(Duration::from_secs(3 * 60 * 60), CancellationToken::new())
}

/// One run to its end.
async fn run(access: &Access, wanted: &Wanted) -> (Result<Installed, InstallError>, Told) {
    let told = Told::new();
    let done = install(access, wanted, &told, &patience()).await;
    told.end(&done);
    (done, told)
}
