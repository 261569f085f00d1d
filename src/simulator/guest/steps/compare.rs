//! `compare` of the file copy: whether a file is there already; its owner and mode are set again then.

use super::super::shell::{Said, Shell};
use super::super::tree::Kind;
use super::{place, sum};

/// It is not there, or is another.
const ANOTHER: u32 = 66;

pub(super) fn run(shell: &mut Shell<'_>) -> Said {
    let Some((path, mode, owner)) = place::arguments(shell) else { return Said::Exit(2) };
    let wanted = String::from_utf8_lossy(shell.stdin).lines().next().unwrap_or_default().to_owned();
    let there = shell.guest.node(&path).is_some_and(|node| matches!(node.kind, Kind::File(_)));
    let bytes = shell.guest.bytes(&path).filter(|_| there && shell.guest.link(&path).is_none());
    match bytes {
        Some(bytes) if sum(&bytes) == wanted => {
            if let Some(refused) = place::refused(shell, &path) {
                return refused;
            }
            // The same bytes need no room of their own.
            let _ = shell.guest.put(&path, &owner, mode, bytes);
            Said::Exit(0)
        }
        _ => Said::Exit(ANOTHER),
    }
}
