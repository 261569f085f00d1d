//! Durations as configurations write them: Go's, and days.

use std::time::Duration;

/// Reads a duration: one or more decimal numbers, each with a unit of `ns`, `us`, `ms`, `s`, `m`, `h` or
/// `d`. Absent where the text is none, negative, or longer than about 290 years.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0_f64;
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|symbol: char| !symbol.is_ascii_digit() && symbol != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let length = rest.find(|symbol: char| symbol.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..length] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += number * unit;
        rest = &rest[length..];
    }
    (seconds <= 9.2e9).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn go_durations_and_days() {
        for (text, seconds) in [("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("1.5h", 5400), ("0", 0)] {
            assert_eq!(parse_duration(text).map(|time| time.as_secs()), Some(seconds), "{text}");
        }
        for text in ["", "5", "h", "1 h", "-1h", "1w", "1h-2m", "1..2s", "99999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
