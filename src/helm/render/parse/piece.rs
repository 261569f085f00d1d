//! A piece of a file's text, without a copy of it.

use std::fmt;
use std::ops::Range;

use crate::helm::render::text::Str;

/// Bytes of a text that is held for as long as the piece is: trees hold most of their file, and a copy of each
/// piece was a third of their memory.
#[derive(Clone)]
pub(crate) struct Piece {
    text: Str,
    start: usize,
    end: usize,
}

impl Piece {
    /// What stands there; nothing beyond the end.
    pub(super) fn new(text: &Str, range: Range<usize>) -> Self {
        let end = range.end.min(text.len());
        Self { text: text.clone(), start: range.start.min(end), end }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.text.bytes()[self.start..self.end]
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.bytes()), f)
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes()))
    }
}
