//! Go's `time.Duration` as text.

/// As `String` prints it.
pub(crate) fn duration_text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    if size == 0 {
        return "0s".to_owned();
    }
    if size < 1_000_000_000 {
        let (unit, name) = match size {
            0..1_000 => return format!("{sign}{size}ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{name}", decimal(size / unit, size % unit, unit));
    }
    let seconds = size / 1_000_000_000;
    let rest = decimal(seconds % 60, size % 1_000_000_000, 1_000_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, _) => format!("{sign}{minutes}m{rest}s"),
        _ => format!("{sign}{hours}h{minutes}m{rest}s"),
    }
}

fn decimal(whole: u64, fraction: u64, unit: u64) -> String {
    if fraction == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    let fraction = format!("{fraction:0digits$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// Go's `ParseDuration`, with its error.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let quoted = crate::helm::render::go::quote(text.as_bytes());
    let invalid = || format!("time: invalid duration {quoted}");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let count = digits(rest);
        let whole: i128 = if count == 0 { 0 } else { rest[..count].parse().map_err(|_| invalid())? };
        rest = &rest[count..];
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            let digits = digits(after);
            fraction = &after[..digits];
            rest = &after[digits..];
        }
        if count == 0 && fraction.is_empty() {
            return Err(invalid());
        }
        let end = rest.bytes().position(|byte| byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("time: missing unit in duration {quoted}"));
        }
        let unit: i128 = match &rest[..end] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            unit => {
                let unit = crate::helm::render::go::quote(unit.as_bytes());
                return Err(format!("time: unknown unit {unit} in duration {quoted}"));
            }
        };
        rest = &rest[end..];
        let fraction: &str = &fraction[..fraction.len().min(18)];
        let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        let part = fraction.parse::<i128>().unwrap_or(0) * unit / scale;
        total = total.saturating_add(whole.saturating_mul(unit)).saturating_add(part);
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return Err(invalid());
        }
    }
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

/// Go's `Duration.Truncate`.
pub(crate) fn truncate(nanos: i64, multiple: i64) -> i64 {
    if multiple <= 0 { nanos } else { nanos - nanos % multiple }
}

/// Go's `Duration.Round`: halves away from zero.
pub(crate) fn round(nanos: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return nanos;
    }
    let rest = nanos % multiple;
    let half = i128::from(rest.unsigned_abs()) * 2 >= i128::from(multiple);
    match (half, nanos < 0) {
        (false, _) => nanos - rest,
        (true, false) => nanos.saturating_add(multiple - rest),
        (true, true) => nanos.saturating_sub(multiple + rest),
    }
}
