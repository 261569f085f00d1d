//! `finish`: which system was installed; the disk is finished, and on the disk is what was written.

use super::super::shell::{Said, Shell};
use super::RECORD;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let root = input.root();
    let profiles = format!("{root}/nix/var/nix/profiles");
    let generation = shell.guest.link(&format!("{profiles}/system"));
    let system = generation.and_then(|generation| shell.guest.link(&format!("{profiles}/{generation}")));
    let there = system.filter(|system| shell.guest.has(&format!("{root}{system}")));
    let Some(system) = there else { return shell.refuse("no-system", &format!("{profiles}/system")) };
    let record = format!("{}system={system}\n", input.record());
    let written = shell
        .guest
        .write(&format!("{root}{RECORD}"), 0o644, record)
        .and_then(|()| shell.guest.write(&format!("{root}/var/lib/bud/finished"), 0o644, ""));
    if let Err(reason) = written {
        return shell.complain(reason);
    }
    shell.guest.sync();
    shell.say("system", system);
    Said::Exit(0)
}
