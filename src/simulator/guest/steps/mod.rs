//! The steps that a machine knows: one file each, which does to the machine's model what the script does to a
//! machine, and answers what it answers.

mod admin;
mod boot;
mod certify;
mod compare;
mod disk;
mod disk_script;
mod facts;
mod finish;
mod follow;
mod forget;
mod install;
mod k3s;
mod kexec;
mod leave;
mod member;
mod place;
mod privilege;
mod reboot;
mod record;
mod serve;
mod stage;
mod tree;

use super::shell::{Said, Shell};

/// A step.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Whether only root can do it.
    pub(crate) as_root: bool,
    pub(crate) run: fn(&mut Shell<'_>) -> Said,
}

const fn step(name: &'static str, as_root: bool, run: fn(&mut Shell<'_>) -> Said) -> Step {
    Step { name, as_root, run }
}

/// All of them.
pub(crate) const KNOWN: &[Step] = &[
    step("admin", true, admin::run),
    step("boot", true, boot::run),
    step("certify", true, certify::run),
    step("compare", false, compare::run),
    step("disk", true, disk::run),
    step("facts", false, facts::run),
    step("finish", true, finish::run),
    step("follow", true, follow::run),
    step("forget", true, forget::run),
    step("install", true, install::run),
    step("k3s", true, k3s::run),
    step("kexec", true, kexec::run),
    step("leave", true, leave::run),
    step("member", true, member::run),
    step("place", false, place::run),
    step("privilege", false, privilege::run),
    step("reboot", true, reboot::run),
    step("record", true, record::run),
    step("serve", true, serve::run),
    step("stage", true, stage::run),
    step("tree", true, tree::run),
];

/// The step of a name.
pub(crate) fn find(name: &str) -> Option<&'static Step> {
    KNOWN.iter().find(|step| step.name == name)
}

/// Where what is left on a machine is recorded.
const RECORD: &str = "/var/lib/bud/install";

/// SHA-256 in hexadecimal.
fn sum(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"))
}
