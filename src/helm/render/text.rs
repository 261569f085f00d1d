//! Go's strings: bytes that are mostly, but not always, UTF-8.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A string as Go has it: shared bytes. Files of charts and `b64dec` give what is no UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Str(Arc<[u8]>);

impl Str {
    pub(crate) fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(Arc::from(bytes.as_ref()))
    }

    pub(crate) fn shared(bytes: Arc<[u8]>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As text, with U+FFFD in the place of what is no UTF-8.
    pub(crate) fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(Arc::from(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::from(bytes))
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.lossy(), f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lossy())
    }
}

impl std::borrow::Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// What Go's decoder gives for bytes that are no UTF-8.
pub(crate) const RUNE_ERROR: char = '\u{FFFD}';

/// One rune at the start of the bytes, and how many bytes it takes. Invalid bytes are one U+FFFD each.
/// The bytes must not be empty.
pub(crate) fn decode(bytes: &[u8]) -> (char, usize) {
    let first = bytes[0];
    if first < 0x80 {
        return (char::from(first), 1);
    }
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (RUNE_ERROR, 1),
    };
    let valid = bytes.get(..width).and_then(|bytes| std::str::from_utf8(bytes).ok());
    valid.and_then(|text| text.chars().next()).map_or((RUNE_ERROR, 1), |rune| (rune, width))
}

/// The runes of a string, each with its bytes.
pub(crate) fn runes(bytes: &[u8]) -> Runes<'_> {
    Runes { rest: bytes }
}

/// See [`runes`].
#[derive(Debug)]
pub(crate) struct Runes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Runes<'a> {
    type Item = (char, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (rune, width) = decode(self.rest);
        let (this, rest) = self.rest.split_at(width);
        self.rest = rest;
        Some((rune, this))
    }
}

/// Where a sequence of bytes starts in another.
pub(crate) fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, what)
}

/// Every occurrence replaced, as `strings.ReplaceAll`: an empty `old` matches before each rune and at the end.
pub(crate) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        for (_, rune) in runes(text) {
            out.extend_from_slice(new);
            out.extend_from_slice(rune);
        }
        out.extend_from_slice(new);
        return out;
    }
    let mut rest = text;
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// The parts between separators, at most `limit` of them, as `strings.SplitN`; an empty separator splits
/// after each rune.
pub(crate) fn split<'a>(text: &'a [u8], separator: &[u8], limit: Option<usize>) -> Vec<&'a [u8]> {
    let limit = limit.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if limit == 0 {
        return parts;
    }
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < limit {
            let (part, after) = rest.split_at(decode(rest).1);
            parts.push(part);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
        return parts;
    }
    while parts.len() + 1 < limit {
        let Some(at) = find(rest, separator) else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}

/// Whether Go's `unicode.IsSpace` says so.
pub(crate) fn is_space(rune: char) -> bool {
    matches!(rune, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
        || (rune > '\u{ff}' && rune.is_whitespace())
}

/// The text without what satisfies the test at both ends.
pub(crate) fn trim(text: &[u8], test: impl Fn(char) -> bool) -> &[u8] {
    trim_end(trim_start(text, &test), &test)
}

/// The text without what satisfies the test at its start.
pub(crate) fn trim_start(text: &[u8], test: impl Fn(char) -> bool) -> &[u8] {
    let mut rest = text;
    while !rest.is_empty() {
        let (rune, width) = decode(rest);
        if !test(rune) {
            break;
        }
        rest = &rest[width..];
    }
    rest
}

/// The text without what satisfies the test at its end.
pub(crate) fn trim_end(text: &[u8], test: impl Fn(char) -> bool) -> &[u8] {
    let mut rest = text;
    while !rest.is_empty() {
        let (rune, width) = decode_last(rest);
        if !test(rune) {
            break;
        }
        rest = &rest[..rest.len() - width];
    }
    rest
}

/// The last rune and its width; the bytes must not be empty.
pub(crate) fn decode_last(bytes: &[u8]) -> (char, usize) {
    for width in 1..=bytes.len().min(4) {
        let tail = &bytes[bytes.len() - width..];
        let (rune, taken) = decode(tail);
        if taken == width && (rune != RUNE_ERROR || width == 3) {
            return (rune, width);
        }
        if tail[0] & 0xC0 != 0x80 {
            break;
        }
    }
    (RUNE_ERROR, 1)
}
