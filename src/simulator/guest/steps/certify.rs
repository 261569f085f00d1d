//! `certify`: the host key that the installed system has drawn for itself, and its certificate.

use super::super::host_keys::OWN;
use super::super::shell::{Said, Shell};

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let certificate = shell.input().get("certificate").to_owned();
    let Some(line) = shell.guest.text(&format!("{OWN}.pub")) else {
        shell.say("refused", "no-host-key");
        return Said::Exit(0);
    };
    let key: Vec<&str> = line.split_whitespace().take(2).collect();
    shell.say("host_key", key.join(" "));
    let path = format!("{OWN}-cert.pub");
    let known = shell.guest.text(&path).unwrap_or_default();
    if certificate.is_empty() || known.trim_end() == certificate {
        return Said::Exit(0);
    }
    if let Err(reason) = shell.guest.write(&path, 0o644, certificate + "\n") {
        return shell.complain(reason);
    }
    shell.guest.sync();
    shell.say("changed", "yes");
    Said::Exit(0)
}
