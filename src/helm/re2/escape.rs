//! A rune behind a backslash.

use super::fault::{BACKSLASH, ESCAPE, Fault};

/// Reads an escaped rune; gives its number and what follows. A number need not be that of a rune.
pub(super) fn escaped(text: &str) -> Result<(u32, &str), Fault> {
    let mut rest = text[1..].chars();
    let Some(first) = rest.next() else { return Err(Fault::new(BACKSLASH, "")) };
    let wrong = |rest: &str| Err(Fault::new(ESCAPE, &text[..text.len() - rest.len()]));
    let after = rest.as_str();
    let octal = |after: &str| after.starts_with(|digit: char| matches!(digit, '0'..='7'));
    Ok(match first {
        '1'..='7' if !octal(after) => return wrong(after),
        '0'..='7' => {
            let more = after.bytes().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let (digits, after) = after.split_at(more);
            let value =
                digits.bytes().fold(u32::from(first) - 48, |sum, digit| sum * 8 + u32::from(digit) - 48);
            (value, after)
        }
        'x' => return hexadecimal(after).or_else(wrong),
        'a' => (7, after),
        'f' => (12, after),
        'n' => (10, after),
        'r' => (13, after),
        't' => (9, after),
        'v' => (11, after),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => (u32::from(other), after),
        _ => return wrong(after),
    })
}

/// Two digits, or any number of them in braces; else what is left behind the first that is none.
fn hexadecimal(text: &str) -> Result<(u32, &str), &str> {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return Err(text) };
    if first != '{' {
        let second = rest.next();
        let digits = first.to_digit(16).zip(second.and_then(|digit| digit.to_digit(16)));
        return digits.map(|(high, low)| (high * 16 + low, rest.as_str())).ok_or(rest.as_str());
    }
    let mut value = 0u32;
    let mut count = 0;
    loop {
        match rest.next() {
            Some('}') if count > 0 => return Ok((value, rest.as_str())),
            Some(digit) if digit.is_ascii_hexdigit() => {
                value = value * 16 + digit.to_digit(16).unwrap_or(0);
                count += 1;
                if value > u32::from(char::MAX) {
                    return Err(rest.as_str());
                }
            }
            _ => return Err(rest.as_str()),
        }
    }
}

/// Writes a rune by its number.
pub(super) fn put(out: &mut String, number: u32) {
    match char::from_u32(number) {
        Some(rune) if rune.is_ascii_alphanumeric() => out.push(rune),
        _ => out.push_str(&format!("\\x{{{number:x}}}")),
    }
}
