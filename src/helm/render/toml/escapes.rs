//! What a text of TOML says once its escapes are carried out.

use super::cursor::Trouble;

/// A text of several lines does not begin with the line's end behind its quotes.
pub(super) fn without_first_break(text: &str) -> &str {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text)
}

/// A backslash at the end of a line takes all space up to the next word away.
pub(super) fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let after = &escape[1..];
        let next = after.trim_start_matches([' ', '\t', '\r', '\n']);
        if after[..after.len() - next.len()].contains('\n') {
            rest = next;
            continue;
        }
        // The rune behind a backslash is escaped, and does not escape.
        let width = if after.starts_with('\\') { 2 } else { 1 };
        out.push_str(&escape[..width]);
        rest = &escape[width..];
    }
    out + rest
}

/// Carries out the escapes of a text that ends in this line.
pub(super) fn unescaped(text: &str, line: usize) -> Result<String, Trouble> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest[at + 1..].chars().next().unwrap_or_default();
        let after = &rest[at + 1 + escape.len_utf8()..];
        let digits = match escape {
            'b' => '\u{8}'.into(),
            't' => '\t'.into(),
            'n' => '\n'.into(),
            'f' => '\u{c}'.into(),
            'r' => '\r'.into(),
            'e' => '\u{1b}'.into(),
            '"' | '\\' => escape.into(),
            'x' => Escape::Digits(2),
            'u' => Escape::Digits(4),
            'U' => Escape::Digits(8),
            _ => return Err(Trouble::new(line, format!("invalid escape: '\\{escape}'"))),
        };
        rest = match digits {
            Escape::Rune(rune) => {
                out.push(rune);
                after
            }
            Escape::Digits(count) => {
                let (digits, after) = after.split_at_checked(count).unwrap_or((after, ""));
                let rune = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                out.push(rune.ok_or_else(|| {
                    Trouble::new(line, format!("Escaped character '\\u{digits}' is not valid UTF-8."))
                })?);
                after
            }
        };
    }
    Ok(out + rest)
}

/// What stands behind a backslash.
enum Escape {
    Rune(char),
    /// So many hexadecimal digits follow.
    Digits(usize),
}

impl From<char> for Escape {
    fn from(rune: char) -> Self {
        Self::Rune(rune)
    }
}
