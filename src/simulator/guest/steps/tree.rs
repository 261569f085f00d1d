//! `tree`: the flake becomes `/etc/nixos`, if it came whole.

use std::io::Read as _;

use super::super::shell::{Said, Shell};
use super::sum;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let input = shell.input();
    let etc = format!("{}/etc", input.root());
    let new = format!("{etc}/nixos.bud-new");
    shell.guest.remove(&new);
    if sum(&input.rest) != input.get("sum") {
        return shell.refuse("damaged", "");
    }
    let mut archive = tar::Archive::new(input.rest.as_slice());
    let Ok(entries) = archive.entries() else {
        return shell.complain("tar: This does not look like a tar archive");
    };
    for entry in entries {
        let Ok(mut entry) = entry else { return shell.complain("tar: Unexpected EOF in archive") };
        let Ok(path) = entry.path().map(|path| path.to_string_lossy().into_owned()) else { continue };
        let mut bytes = Vec::new();
        if entry.read_to_end(&mut bytes).is_err() {
            return shell.complain("tar: Unexpected EOF in archive");
        }
        if let Err(reason) = shell.guest.write(&format!("{new}/{path}"), 0o644, bytes) {
            return shell.complain(&format!("tar: {path}: Cannot write: {reason}"));
        }
    }
    if shell.half {
        return Said::Exit(1);
    }
    let old = format!("{etc}/nixos");
    if shell.guest.has(&old)
        && !shell.guest.has(&format!("{old}/.bud"))
        && !shell.guest.has(&format!("{old}.before-bud"))
    {
        shell.guest.rename(&old, &format!("{old}.before-bud"));
    }
    // An empty file has room everywhere.
    let _ = shell.guest.write(&format!("{new}/.bud"), 0o644, "");
    shell.guest.remove(&old);
    shell.guest.rename(&new, &old);
    shell.say("laid", "yes");
    Said::Exit(0)
}
