//! From a machine to a node that runs its NixOS, over SSH, with nothing on our side but this program.
//!
//! ```text
//! facts ─▶ course: refuse before anything is destroyed
//!   another system ─▶ stage ─▶ boot (one-shot entry) | kexec ─▶ the installer, proven
//!   the installer  ─▶ disk ─▶ tree, secrets ─▶ install ─▶ finish ─▶ reboot ─▶ NixOS, proven
//!   NixOS already  ─▶ tree, secrets ─▶ install ─▶ finish ─▶ reboot ─▶ NixOS, proven
//! ```
//!
//! Invariants. What runs on a machine are the fixed scripts in `steps/`; data and secrets come by their
//! standard input. What was done is recorded on the machine itself, so that whoever comes next goes on there:
//! on the disk of the system that runs, on the kernel command line of the installer, on the disk that is being
//! installed. Every restart is proven by the boot id, the installer by what we gave it on its command line, the
//! disk by its serial number, the machine by its pinned host key. A disk that holds a finished system is never
//! formatted.

mod access;
mod answers;
mod archive;
mod course;
mod disk;
mod error;
mod facts;
mod lay;
mod leave;
mod phase;
mod recorded;
mod refusal;
mod restart;
mod run;
mod settled;
mod step;
mod tree;
mod wanted;

#[cfg(test)]
mod tests;

pub use access::{Access, Power};
pub(super) use answers::{Answers, Input};
pub use archive::{Expected, InstallerError, InstallerSource, Obtained, default_source, obtain};
pub use disk::Disk;
pub use error::{Fault, InstallError};
pub use facts::{Facts, Loader, Place, Running, Started, Uplink};
pub use phase::{Deadlines, Phase};
pub use recorded::{Reached, Recorded};
pub use refusal::Refusal;
pub use run::{Installed, install, look};
pub(super) use settled::settled;
pub use settled::{Served, certify, serve, withdraw};
pub(super) use step::Login;
pub use wanted::{Build, Built, Fetching, Installer, System, Wanted, Way};
