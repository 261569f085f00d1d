//! `reboot`: the machine restarts, with what is below `/mnt` unmounted before.

use super::super::power::Leaving;
use super::super::shell::{Said, Shell};

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let mounted = !shell.input().root().is_empty();
    shell.guest.sync();
    if mounted {
        if shell.guest.traits.busy {
            return shell.refuse("busy", "umount: /mnt: target is busy.");
        }
        shell.guest.unmount("/mnt");
    }
    shell.say("leaving", "yes");
    shell.leaves = Some(Leaving::Restart);
    Said::Exit(0)
}
