//! Go's `strconv` for reading numbers.

/// Why a text is no integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    Syntax,
    Range,
}

/// Go's `ParseUint`; base 0 takes it from the prefix and allows underscores.
pub(crate) fn parse_uint(text: &str, base: u32) -> Result<u64, NumberError> {
    let mut digits = text;
    let mut radix = base;
    if base == 0 {
        radix = 10;
        let lower = text.as_bytes().get(1).map(u8::to_ascii_lowercase);
        if text.starts_with('0') {
            (radix, digits) = match lower {
                Some(b'b') if text.len() >= 3 => (2, &text[2..]),
                Some(b'o') if text.len() >= 3 => (8, &text[2..]),
                Some(b'x') if text.len() >= 3 => (16, &text[2..]),
                _ => (8, &text[1..]),
            };
            if digits.is_empty() {
                return if text == "0" { Ok(0) } else { Err(NumberError::Syntax) };
            }
        }
        if text.contains('_') && !underscores_are_fine(text) {
            return Err(NumberError::Syntax);
        }
    }
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value: Option<u64> = Some(0);
    for digit in digits.chars() {
        if digit == '_' && base == 0 {
            continue;
        }
        let digit = digit.to_digit(radix).ok_or(NumberError::Syntax)?;
        value = value
            .and_then(|value| value.checked_mul(u64::from(radix)))
            .and_then(|value| value.checked_add(u64::from(digit)));
    }
    value.ok_or(NumberError::Range)
}

/// Go's `ParseInt`.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = i128::from(parse_uint(digits, base)?);
    i64::try_from(if negative { -value } else { value }).map_err(|_| NumberError::Range)
}

/// Underscores only between digits, or between the prefix and a digit.
fn underscores_are_fine(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['-', '+']).as_bytes();
    let mut last = b'^';
    let mut hex = false;
    if rest.len() >= 2 && rest[0] == b'0' && matches!(rest[1] | 32, b'b' | b'o' | b'x') {
        hex = rest[1] | 32 == b'x';
        rest = &rest[2..];
        last = b'0';
    }
    for &byte in rest {
        if byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit()) {
            last = b'0';
        } else if byte == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

/// Go's `ParseFloat` for 64 bits; `None` where it gives an error (out of range too).
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') {
        return if underscores_are_fine(text) { parse_float(&text.replace('_', "")) } else { None };
    }
    let body = text.trim_start_matches(['-', '+']);
    if text.len() - body.len() > 1 {
        return None;
    }
    let lower = body.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return lower.parse().ok().map(|value: f64| if text.starts_with('-') { -value } else { value });
    }
    if let Some(hex) = lower.strip_prefix("0x") {
        return hex_float(hex).map(|value| if text.starts_with('-') { -value } else { value });
    }
    // Rust knows no words but the ones above.
    if !body.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    let value = u64::from_str_radix(&digits, 16).ok()?;
    let shift = i32::try_from(fraction.len()).ok()? * 4;
    #[allow(clippy::cast_precision_loss, reason = "what Go does too")]
    Some(value as f64 * 2f64.powi(exponent - shift))
}
