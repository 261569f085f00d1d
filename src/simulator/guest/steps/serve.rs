//! `serve`: the system of this machine is signed, and one key may fetch it.

use super::super::account::SERVED;
use super::super::shell::{Said, Shell};
use super::sum;

/// The key that it signs with; it never leaves the machine.
const SECRET: &str = "/var/lib/bud/signing-key";

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let key = shell.input().get("key").to_owned();
    let served = format!("{SERVED}/root");
    if key.is_empty() {
        shell.guest.remove(&served);
        shell.say("stopped", "yes");
        return Said::Exit(0);
    }
    let Some(path) = shell.guest.link("/run/current-system") else {
        return shell.complain("readlink: /run/current-system: No such file or directory");
    };
    if shell.guest.text(&format!("{SECRET}.pub")).is_none() {
        let name = shell.guest.name.clone();
        let drawn = sum(uuid::Uuid::new_v4().as_bytes());
        let written =
            shell.guest.write(&format!("{SECRET}.pub"), 0o600, format!("bud-{name}:{}=", &drawn[..43]));
        if let Err(reason) = written.and_then(|()| shell.guest.write(SECRET, 0o600, drawn)) {
            return shell.complain(reason);
        }
    }
    let line = format!("restrict,command=\"nix-store --serve\" {key}\n");
    if let Err(reason) = shell.guest.write(&served, 0o644, line) {
        return shell.complain(reason);
    }
    shell.guest.sync();
    let signed_by = shell.guest.text(&format!("{SECRET}.pub")).unwrap_or_default();
    shell.say("path", path);
    shell.say("signed_by", signed_by.trim());
    Said::Exit(0)
}
