//! What users, hosts and later versions rely on, as it was last looked at: the words of errors, stored states,
//! bytes on the wire. `BUD_GOLDEN=write scripts/test goldens` writes them anew.

mod diagnostics;
mod states;
mod wire;

use std::path::{Path, PathBuf};

/// A file below `tests/golden`.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Whether goldens are to be written.
pub(crate) fn writing() -> bool {
    std::env::var("BUD_GOLDEN").is_ok_and(|wanted| wanted == "write")
}

/// Compares a text with a golden, or writes it.
#[track_caller]
fn golden(name: &str, text: &str) {
    if writing() {
        std::fs::write(path(name), text).unwrap();
    }
    let kept = std::fs::read_to_string(path(name)).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(one, other)| one != other);
    let line = differs.unwrap_or(kept.lines().count().min(text.lines().count()));
    assert!(
        kept == text,
        "tests/golden/{name} differs from line {} on:\n  kept {:?}\n  now  {:?}\nIf it is meant: BUD_GOLDEN=write \
         scripts/test goldens, and read the difference.",
        line + 1,
        kept.lines().nth(line),
        text.lines().nth(line)
    );
}
