//! `member`: what the node knows of its cluster.

use super::super::shell::{Said, Shell};
use super::super::unit::LEFT;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    if let Some(text) = shell.guest.text("/etc/bud/member.json").filter(|text| !text.is_empty()) {
        shell.say("member", text.replace('\n', ""));
    }
    if shell.guest.has(LEFT) {
        shell.say("left", "yes");
    }
    Said::Exit(0)
}
