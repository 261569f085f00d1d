//! Classes of characters in libyaml's sense, over UTF-8 bytes; what lies beyond the end counts as NUL.

/// The byte at a position.
pub(super) fn at(text: &[u8], pos: usize) -> u8 {
    text.get(pos).copied().unwrap_or(0)
}

/// How many bytes the character takes that starts with this one.
pub(super) fn width(first: u8) -> usize {
    match first {
        0..=0x7F => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// The line break at a position, as its number of bytes; a CR LF is two breaks here.
pub(super) fn break_width(text: &[u8], pos: usize) -> usize {
    match at(text, pos) {
        b'\r' | b'\n' => 1,
        0xC2 if at(text, pos + 1) == 0x85 => 2,
        0xE2 if at(text, pos + 1) == 0x80 && matches!(at(text, pos + 2), 0xA8 | 0xA9) => 3,
        _ => 0,
    }
}

pub(super) fn is_break(text: &[u8], pos: usize) -> bool {
    break_width(text, pos) > 0
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

pub(super) fn is_break_or_end(text: &[u8], pos: usize) -> bool {
    at(text, pos) == 0 || is_break(text, pos)
}

pub(super) fn is_blank_or_end(text: &[u8], pos: usize) -> bool {
    is_blank(at(text, pos)) || is_break_or_end(text, pos)
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a character may stand in a document at all.
pub(super) fn is_allowed(rune: char) -> bool {
    matches!(rune, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether libyaml prints a character as it is: what is allowed, without the tab and the byte order mark,
/// and without what does not fit its tables (all of four bytes).
pub(super) fn is_printable(rune: char) -> bool {
    matches!(rune, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && rune != '\u{feff}'
}
