//! From bytes to the characters of a YAML stream, which may be UTF-8 or UTF-16.

use std::borrow::Cow;

use super::characters::is_allowed;
use super::scan::Fault;

type Result<T, E = Fault> = std::result::Result<T, E>;

/// The stream in UTF-8 without a byte order mark, every character of it allowed.
pub(super) fn decode(text: &[u8]) -> Result<Cow<'_, [u8]>> {
    if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        return Ok(Cow::Owned(from_utf16(text)?.into_bytes()));
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    check(text)?;
    Ok(Cow::Borrowed(text))
}

fn check(text: &[u8]) -> Result<()> {
    if text.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return Ok(());
    }
    let text = std::str::from_utf8(text).map_err(|error| {
        let at = error.valid_up_to();
        let bad = text[at];
        Fault::new(match (bad, error.error_len()) {
            (_, None) => "incomplete UTF-8 octet sequence",
            (0x80..=0xBF | 0xF8..=0xFF, _) => "invalid leading UTF-8 octet",
            (0xC0 | 0xC1, _) => "invalid length of a UTF-8 sequence",
            (0xED | 0xF4..=0xF7, _) => "invalid Unicode character",
            _ => "invalid trailing UTF-8 octet",
        })
    })?;
    if text.chars().all(is_allowed) { Ok(()) } else { Err(Fault::new("control characters are not allowed")) }
}

fn from_utf16(text: &[u8]) -> Result<String> {
    let is_little = text[0] == 0xFF;
    let units = text[2..].chunks(2).map(|pair| match pair {
        [low, high] if is_little => u16::from_le_bytes([*low, *high]),
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0xD800,
    });
    let text: String = char::decode_utf16(units)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Fault::new("incomplete UTF-16 character"))?;
    check(text.as_bytes())?;
    Ok(text)
}
