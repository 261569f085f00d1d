//! `place` of the file copy: a file, whole or not at all.

use super::super::shell::{Said, Shell};
use super::super::tree::ROOT;
use super::sum;

/// What came is not what was announced.
const DAMAGED: u32 = 65;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let Some((path, mode, owner)) = arguments(shell) else { return Said::Exit(2) };
    if let Some(refused) = refused(shell, &path) {
        return refused;
    }
    let end = shell.stdin.iter().position(|byte| *byte == b'\n');
    let Some(end) = end else { return Said::Exit(DAMAGED) };
    let wanted = String::from_utf8_lossy(&shell.stdin[..end]).into_owned();
    let content = &shell.stdin[end + 1..];
    let bytes = shell.world.guests.shared(content);
    if sum(content) != wanted {
        return Said::Exit(DAMAGED);
    }
    if shell.half {
        return Said::Exit(1);
    }
    match shell.guest.put(&path, &owner, mode, bytes) {
        Ok(()) => {
            shell.guest.sync();
            Said::Exit(0)
        }
        Err(reason) => shell.complain(&format!("cat: write error: {reason}")),
    }
}

/// Path, mode and owner.
pub(super) fn arguments(shell: &Shell<'_>) -> Option<(String, u32, String)> {
    let [path, mode, owner] = shell.arguments else { return None };
    let own = format!("{0}:{0}", shell.user);
    let owner = match owner.as_str() {
        "" if shell.user == "root" => ROOT.to_owned(),
        "" => own,
        given if given.contains(':') => given.to_owned(),
        given => format!("{given}:{given}"),
    };
    Some((path.clone(), u32::from_str_radix(mode, 8).ok()?, owner))
}

/// Whether whoever is logged in may write there.
pub(super) fn refused(shell: &mut Shell<'_>, path: &str) -> Option<Said> {
    let home = shell.guest.home(&shell.user);
    let own = shell.user == "root"
        || path.starts_with("/tmp/")
        || home.is_some_and(|home| path.starts_with(&format!("{home}/")));
    (!own).then(|| shell.complain(&format!("sh: 1: cannot create {path}: Permission denied")))
}
