//! Numbers that keep every digit that the host sent.

use std::fmt;

/// A decimal number of any size. Two numbers are equal when they denote the same decimal, whatever
/// their spelling: `1`, `1.0` and `10e-1` are one number.
#[derive(Clone, Debug)]
pub struct Number(String);

impl Number {
    /// Reads a decimal number such as `-12.5e3`; absent where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        canonical(text).map(|_| Self(text.to_owned()))
    }

    /// The number from a finite binary float, by its shortest decimal; absent for infinities and NaN.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self(format!("{number}")))
    }

    /// The decimal text, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The whole number, if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Ok(number) = self.0.parse::<i64>() {
            return Some(number);
        }
        let (negative, digits, exponent) = canonical(&self.0)?;
        if digits.is_empty() {
            return Some(0);
        }
        let zeros = usize::try_from(exponent).ok().filter(|zeros| *zeros <= 19)?;
        format!("{}{digits}{}", if negative { "-" } else { "" }, "0".repeat(zeros)).parse().ok()
    }

    /// The nearest binary float.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || canonical(&self.0) == canonical(&other.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Sign, significant digits without zeros at either end, and the power of ten they are scaled by.
pub(super) fn canonical(text: &str) -> Option<(bool, String, i64)> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let trimmed = digits.trim_start_matches('0');
    let significant = trimmed.trim_end_matches('0');
    exponent = exponent.checked_add(i64::try_from(trimmed.len() - significant.len()).ok()?)?;
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((negative, significant.to_owned(), exponent))
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn spelling_does_not_make_a_difference() {
        for (left, right) in [("1", "1.0"), ("10e-1", "1"), ("-0", "0"), ("0.10", "1e-1"), ("1E+2", "100")] {
            assert_eq!(Number::parse(left), Number::parse(right), "{left} and {right}");
        }
        assert_ne!(Number::parse("1234567890.12345678901"), Number::parse("1234567890.1234567"));
        assert_ne!(Number::parse("-1"), Number::parse("1"));
    }

    #[test]
    fn every_digit_is_kept() {
        let text = "18446744073709551615.000000000000000000000001";
        assert_eq!(Number::parse(text).map(|number| number.text().to_owned()).as_deref(), Some(text));
    }

    #[test]
    fn whole_numbers_are_found_behind_their_spelling() {
        assert_eq!(Number::parse("1.50e1").and_then(|number| number.as_i64()), Some(15));
        assert_eq!(Number::parse("-0.0").and_then(|number| number.as_i64()), Some(0));
        assert_eq!(Number::parse("1.5").and_then(|number| number.as_i64()), None);
        assert_eq!(Number::parse("abc"), None);
        assert_eq!(Number::parse("1e").is_none(), Number::parse(".").is_none());
    }
}
