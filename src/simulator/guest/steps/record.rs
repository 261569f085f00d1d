//! `record`: the record of the running system.

use super::super::shell::{Said, Shell};
use super::RECORD;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let record = shell.input().record();
    if let Err(reason) = shell.guest.write(RECORD, 0o644, record) {
        return shell.complain(&format!("sh: 1: printf: I/O error: {reason}"));
    }
    shell.guest.sync();
    shell.say("recorded", "yes");
    Said::Exit(0)
}
