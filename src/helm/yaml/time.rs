//! Which texts Go takes for a time stamp: they are kept as text when read, and quoted when written.

/// Whether one of go-yaml's four formats fits.
pub(super) fn is_timestamp(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let mut rest = &text[5..];
    let Some(month) = number(&mut rest) else { return false };
    if !(1..=12).contains(&month) || !eat(&mut rest, '-') {
        return false;
    }
    let Some(day) = number(&mut rest) else { return false };
    let year: u32 = text[..4].parse().unwrap_or(0);
    if day < 1 || day > days(month, year) {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let zoned = match rest.as_bytes()[0] {
        b'T' | b't' => true,
        b' ' => false,
        _ => return false,
    };
    rest = &rest[1..];
    clock(&mut rest) && if zoned { zone(rest) } else { rest.is_empty() }
}

/// One or two digits, as Go reads `1` in a layout.
fn number(rest: &mut &str) -> Option<u32> {
    let count = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    digits.parse().ok()
}

fn eat(rest: &mut &str, what: char) -> bool {
    rest.strip_prefix(what).is_some_and(|after| {
        *rest = after;
        true
    })
}

fn clock(rest: &mut &str) -> bool {
    let below = |rest: &mut &str, most: u32| number(rest).is_some_and(|number| number < most);
    if !(below(rest, 24) && eat(rest, ':') && below(rest, 60) && eat(rest, ':') && below(rest, 60)) {
        return false;
    }
    let bytes = rest.as_bytes();
    if matches!(bytes.first(), Some(b'.' | b',')) && bytes.get(1).is_some_and(u8::is_ascii_digit) {
        let digits = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        *rest = &rest[1 + digits..];
    }
    true
}

fn zone(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    match bytes {
        b"Z" => true,
        [b'+' | b'-', hours @ .., b':', _, _] if hours.len() == 2 => {
            let two = |from: usize| rest.get(from..from + 2).and_then(|text| text.parse::<u32>().ok());
            two(1).is_some_and(|hours| hours <= 24) && two(4).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn days(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
