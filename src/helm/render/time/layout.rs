//! Go's layouts: the pieces of `2006-01-02 15:04:05`, and writing a time by them.

use super::Time;

/// One piece of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    ZoneName,
    /// An offset: whether UTC is `Z`, whether there are colons, and down to hours, minutes or seconds.
    Offset {
        utc_is_z: bool,
        colons: bool,
        parts: u8,
    },
    /// So many digits behind the second, trailing zeros kept or not.
    Fraction {
        digits: usize,
        trim: bool,
    },
}

/// The text up to the next piece, the piece, and what follows it.
pub(super) fn next(layout: &str) -> (&str, Option<Piece>, &str) {
    for (at, _) in layout.char_indices() {
        if let Some((piece, length)) = piece(&layout[at..], layout[at..].as_bytes()) {
            // `_2006` is an underscore and a year.
            let (at, length) = if piece == Piece::LongYear { (at + length - 4, 4) } else { (at, length) };
            return (&layout[..at], Some(piece), &layout[at + length..]);
        }
    }
    (layout, None, "")
}

fn piece(text: &str, bytes: &[u8]) -> Option<(Piece, usize)> {
    const TABLE: &[(&str, Piece)] = &[
        ("January", Piece::LongMonth),
        ("Monday", Piece::LongWeekday),
        ("MST", Piece::ZoneName),
        ("002", Piece::ZeroYearDay),
        ("01", Piece::ZeroMonth),
        ("02", Piece::ZeroDay),
        ("03", Piece::ZeroHour12),
        ("04", Piece::ZeroMinute),
        ("05", Piece::ZeroSecond),
        ("06", Piece::Year),
        ("15", Piece::Hour),
        ("1", Piece::NumMonth),
        ("2006", Piece::LongYear),
        ("2", Piece::Day),
        ("_2006", Piece::LongYear),
        ("__2", Piece::UnderYearDay),
        ("_2", Piece::UnderDay),
        ("3", Piece::Hour12),
        ("4", Piece::Minute),
        ("5", Piece::Second),
        ("PM", Piece::UpperHalf),
        ("pm", Piece::LowerHalf),
        ("-070000", Piece::Offset { utc_is_z: false, colons: false, parts: 3 }),
        ("-07:00:00", Piece::Offset { utc_is_z: false, colons: true, parts: 3 }),
        ("-0700", Piece::Offset { utc_is_z: false, colons: false, parts: 2 }),
        ("-07:00", Piece::Offset { utc_is_z: false, colons: true, parts: 2 }),
        ("-07", Piece::Offset { utc_is_z: false, colons: false, parts: 1 }),
        ("Z070000", Piece::Offset { utc_is_z: true, colons: false, parts: 3 }),
        ("Z07:00:00", Piece::Offset { utc_is_z: true, colons: true, parts: 3 }),
        ("Z0700", Piece::Offset { utc_is_z: true, colons: false, parts: 2 }),
        ("Z07:00", Piece::Offset { utc_is_z: true, colons: true, parts: 2 }),
        ("Z07", Piece::Offset { utc_is_z: true, colons: false, parts: 1 }),
    ];
    for (name, piece) in TABLE {
        if text.starts_with(name) {
            return Some((*piece, name.len()));
        }
    }
    let word = |name: &str| text.starts_with(name) && !bytes.get(3).is_some_and(u8::is_ascii_lowercase);
    if word("Jan") {
        return Some((Piece::Month, 3));
    }
    if word("Mon") {
        return Some((Piece::Weekday, 3));
    }
    if let [b'.' | b',', digit @ (b'0' | b'9'), ..] = bytes {
        let digits = bytes[1..].iter().take_while(|byte| *byte == digit).count();
        if !bytes.get(1 + digits).is_some_and(u8::is_ascii_digit) {
            return Some((Piece::Fraction { digits, trim: *digit == b'9' }, 1 + digits));
        }
    }
    None
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A time by a layout.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let now = time.civil();
    let month = MONTHS[(now.month as usize).saturating_sub(1).min(11)];
    let weekday = DAYS[(now.weekday as usize).min(6)];
    let half = (now.hour + 11) % 12 + 1;
    let mut out = String::new();
    let mut rest = layout;
    loop {
        let (before, piece, after) = next(rest);
        out.push_str(before);
        let Some(piece) = piece else { return out };
        match piece {
            Piece::LongMonth => out.push_str(month),
            Piece::Month => out.push_str(&month[..3]),
            Piece::NumMonth => out.push_str(&now.month.to_string()),
            Piece::ZeroMonth => out.push_str(&format!("{:02}", now.month)),
            Piece::LongWeekday => out.push_str(weekday),
            Piece::Weekday => out.push_str(&weekday[..3]),
            Piece::Day => out.push_str(&now.day.to_string()),
            Piece::UnderDay => out.push_str(&format!("{:2}", now.day)),
            Piece::ZeroDay => out.push_str(&format!("{:02}", now.day)),
            Piece::UnderYearDay => out.push_str(&format!("{:3}", now.day_of_year)),
            Piece::ZeroYearDay => out.push_str(&format!("{:03}", now.day_of_year)),
            Piece::Hour => out.push_str(&format!("{:02}", now.hour)),
            Piece::Hour12 => out.push_str(&half.to_string()),
            Piece::ZeroHour12 => out.push_str(&format!("{half:02}")),
            Piece::Minute => out.push_str(&now.minute.to_string()),
            Piece::ZeroMinute => out.push_str(&format!("{:02}", now.minute)),
            Piece::Second => out.push_str(&now.second.to_string()),
            Piece::ZeroSecond => out.push_str(&format!("{:02}", now.second)),
            Piece::LongYear if now.year < 0 => out.push_str(&format!("-{:04}", -now.year)),
            Piece::LongYear => out.push_str(&format!("{:04}", now.year)),
            Piece::Year => out.push_str(&format!("{:02}", now.year.rem_euclid(100))),
            Piece::UpperHalf => out.push_str(if now.hour >= 12 { "PM" } else { "AM" }),
            Piece::LowerHalf => out.push_str(if now.hour >= 12 { "pm" } else { "am" }),
            Piece::ZoneName if time.zone.is_empty() => out.push_str(&offset(time.offset, false, 2)),
            Piece::ZoneName => out.push_str(&time.zone.lossy()),
            Piece::Offset { utc_is_z: true, .. } if time.offset == 0 => out.push('Z'),
            Piece::Offset { colons, parts, .. } => out.push_str(&offset(time.offset, colons, parts)),
            Piece::Fraction { digits, trim } => {
                let text = format!("{:09}", time.nanos);
                let text = &text[..digits.min(9)];
                let text = if trim { text.trim_end_matches('0') } else { text };
                if !(trim && text.is_empty()) {
                    out.push(char::from(rest.as_bytes()[before.len()]));
                    out.push_str(text);
                }
            }
        }
        rest = after;
    }
}

fn offset(seconds: i32, colons: bool, parts: u8) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let size = seconds.abs();
    let colon = if colons { ":" } else { "" };
    let mut out = format!("{sign}{:02}", size / 3600);
    if parts > 1 {
        out.push_str(&format!("{colon}{:02}", size / 60 % 60));
    }
    if parts > 2 {
        out.push_str(&format!("{colon}{:02}", size % 60));
    }
    out
}
