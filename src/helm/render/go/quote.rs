//! Go's `strconv.Quote` and `Unquote`.

use crate::helm::render::text::{RUNE_ERROR, runes};

/// Whether Go prints a rune as it is.
pub(crate) fn is_print(rune: char) -> bool {
    if rune.is_ascii() {
        return (' '..='~').contains(&rune);
    }
    if rune <= '\u{9f}' || rune == '\u{ad}' || rune == '\u{a0}' {
        return false;
    }
    // What is no letter, mark, number, punctuation or symbol: spaces, format characters, private use.
    !(rune.is_whitespace()
        || matches!(rune,
            '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{10ffff}'))
}

/// In double quotes, with Go's escapes.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for (rune, raw) in runes(bytes) {
        match rune {
            RUNE_ERROR if raw.len() == 1 => out.push_str(&format!("\\x{:02x}", raw[0])),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            rune if is_print(rune) => out.push(rune),
            rune if rune < ' ' || rune == '\u{7f}' => out.push_str(&format!("\\x{:02x}", rune as u32)),
            rune if (rune as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", rune as u32)),
            rune => out.push_str(&format!("\\U{:08x}", rune as u32)),
        }
    }
    out.push('"');
    out
}

/// A rune in single quotes, with Go's escapes.
pub(crate) fn quote_rune(rune: char) -> String {
    if rune == '\'' {
        return "'\\''".to_owned();
    }
    let quoted = quote(rune.encode_utf8(&mut [0; 4]).as_bytes());
    format!("'{}'", quoted[1..quoted.len() - 1].replace("\\\"", "\""))
}

/// The value of a Go string literal in double quotes or backquotes.
pub(crate) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    if literal.len() < 2 || literal[0] != literal[literal.len() - 1] {
        return None;
    }
    let mut inner = &literal[1..literal.len() - 1];
    match literal[0] {
        b'`' => Some(inner.iter().copied().filter(|byte| *byte != b'\r').collect()),
        b'"' => {
            let mut out = Vec::with_capacity(inner.len());
            while let Some(&first) = inner.first() {
                if first != b'\\' {
                    if first == b'"' || first == b'\n' {
                        return None;
                    }
                    out.push(first);
                    inner = &inner[1..];
                    continue;
                }
                let is_byte = matches!(inner.get(1), Some(b'x' | b'0'..=b'7'));
                let (value, rest) = unquote_char(inner, b'"')?;
                inner = rest;
                match u8::try_from(value) {
                    Ok(byte) if is_byte => out.push(byte),
                    _ => {
                        let rune = char::from_u32(value)?;
                        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                }
            }
            Some(out)
        }
        _ => None,
    }
}

/// One possibly escaped character and what follows it.
pub(crate) fn unquote_char(text: &[u8], quote: u8) -> Option<(u32, &[u8])> {
    let first = *text.first()?;
    if first == quote {
        return None;
    }
    if first != b'\\' {
        let (rune, width) = crate::helm::render::text::decode(text);
        return Some((rune as u32, &text[width..]));
    }
    let digits = |count: usize, radix: u32, from: usize| -> Option<(u32, &[u8])> {
        let digits = text.get(from..from + count)?;
        let value = digits.iter().try_fold(0u32, |value, digit| {
            Some(value.checked_mul(radix)? + char::from(*digit).to_digit(radix)?)
        })?;
        Some((value, &text[from + count..]))
    };
    let simple = match text.get(1)? {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => 10,
        b'r' => 13,
        b't' => 9,
        b'v' => 11,
        b'\\' => 92,
        b'x' => return digits(2, 16, 2),
        b'u' => return digits(4, 16, 2),
        b'U' => return digits(8, 16, 2),
        b'0'..=b'7' => return digits(3, 8, 1).filter(|(value, _)| *value < 256),
        escaped if *escaped == quote => u32::from(quote),
        _ => return None,
    };
    Some((simple, &text[2..]))
}
