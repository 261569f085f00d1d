//! `privilege`: which way leads to root.

use super::super::hardware::Sudo;
use super::super::shell::{Said, Shell};

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let user = shell.user.clone();
    shell.say("uid", if user == "root" { 0 } else { 1000 });
    shell.say("user", &user);
    let missing = shell.guest.traits.without.contains(&"sudo".to_owned());
    let word = match shell.guest.sudo(&user) {
        _ if missing => "no",
        Sudo::Yes => "yes",
        Sudo::Asks => "asks",
        Sudo::No => "no",
    };
    shell.say("sudo", word);
    shell.say("doas", "no");
    Said::Exit(0)
}
