//! Reading a time by one of Go's layouts, with Go's errors.

use super::civil::days_in;
use super::layout::{DAYS, MONTHS, Piece, next};
use super::zone::Zone;
use super::{Time, to_days};
use crate::helm::render::go::quote;
use crate::helm::render::text::Str;

/// What has been read so far.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<u32>,
    day: Option<u32>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    afternoon: Option<bool>,
    offset: Option<i32>,
    zone: Option<String>,
}

/// Go's `ParseInLocation`.
pub(crate) fn parse(layout: &str, text: &str, zone: &Zone) -> Result<Time, String> {
    let quoted = |text: &str| quote(text.as_bytes());
    let head = || format!("parsing time {}", quoted(text));
    let cannot = |rest: &str, piece: &str| {
        format!("{} as {}: cannot parse {} as {}", head(), quoted(layout), quoted(rest), quoted(piece))
    };
    let mut fields = Fields::default();
    let (mut left, mut rest) = (layout, text);
    loop {
        let (before, piece, after) = next(left);
        let Some(trimmed) = literal(rest, before) else { return Err(cannot(rest, before)) };
        rest = trimmed;
        let Some(piece) = piece else {
            if rest.is_empty() {
                break;
            }
            return Err(format!("{}: extra text: {}", head(), quoted(rest)));
        };
        let name = &left[before.len()..left.len() - after.len()];
        match fields.take(piece, rest, after) {
            Ok(remaining) => rest = remaining,
            Err(Trouble::Syntax) => return Err(cannot(rest, name)),
            Err(Trouble::Range(what)) => return Err(format!("{}: {what} out of range", head())),
        }
        left = after;
    }
    fields.time(zone).map_err(|what| format!("{}: {what} out of range", head()))
}

/// What follows the literal part of a layout; spaces match any number of them.
fn literal<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text;
    let mut prefix = prefix;
    while !prefix.is_empty() {
        if prefix.starts_with(' ') {
            if !rest.is_empty() && !rest.starts_with(' ') {
                return None;
            }
            prefix = prefix.trim_start_matches(' ');
            rest = rest.trim_start_matches(' ');
            continue;
        }
        let letter = prefix.chars().next()?;
        rest = rest.strip_prefix(letter)?;
        prefix = &prefix[letter.len_utf8()..];
    }
    Some(rest)
}

enum Trouble {
    Syntax,
    Range(&'static str),
}

fn digits(text: &str, least: usize, most: usize) -> Result<(u32, &str), Trouble> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return Err(Trouble::Syntax);
    }
    let number = text[..count].parse().map_err(|_| Trouble::Syntax)?;
    Ok((number, &text[count..]))
}

fn name<'a>(text: &'a str, names: &[&str], length: Option<usize>) -> Result<(u32, &'a str), Trouble> {
    for (index, full) in names.iter().enumerate() {
        let wanted = &full[..length.unwrap_or(full.len())];
        if text.get(..wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted)) {
            return Ok((u32::try_from(index).unwrap_or(0), &text[wanted.len()..]));
        }
    }
    Err(Trouble::Syntax)
}

fn below(value: u32, limit: u32, what: &'static str) -> Result<u32, Trouble> {
    if value < limit { Ok(value) } else { Err(Trouble::Range(what)) }
}

/// How long the abbreviation of a zone at the beginning of a text is, by the rules of Go's `parseTimeZone`.
fn zone_name(text: &str) -> Option<usize> {
    let signed = |text: &str| {
        let digits = text.strip_prefix(['+', '-'])?;
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let hours: u64 = digits[..count].parse().ok()?;
        (hours <= 23).then_some(1 + count)
    };
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(after) = text.strip_prefix("GMT") {
        return Some(3 + signed(after).unwrap_or(0));
    }
    if text.len() >= 3 && text.starts_with(['+', '-']) {
        return signed(text);
    }
    let count = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    let fits = match count {
        3 => true,
        4 => text.as_bytes()[3] == b'T' || text.starts_with("WITA"),
        5 => text.as_bytes()[4] == b'T',
        _ => false,
    };
    fits.then_some(count)
}

impl Fields {
    fn take<'a>(&mut self, piece: Piece, text: &'a str, after: &str) -> Result<&'a str, Trouble> {
        let rest;
        match piece {
            Piece::LongYear => {
                let (year, after) = digits(text, 4, 4)?;
                (self.year, rest) = (i64::from(year), after);
            }
            Piece::Year => {
                let (year, after) = digits(text, 2, 2)?;
                self.year = i64::from(if year >= 69 { year + 1900 } else { year + 2000 });
                rest = after;
            }
            Piece::LongMonth | Piece::Month => {
                let length = if piece == Piece::Month { Some(3) } else { None };
                let (index, after) = name(text, &MONTHS, length)?;
                (self.month, rest) = (Some(index + 1), after);
            }
            Piece::NumMonth | Piece::ZeroMonth => {
                let (month, after) = digits(text, if piece == Piece::ZeroMonth { 2 } else { 1 }, 2)?;
                if !(1..=12).contains(&month) {
                    return Err(Trouble::Range("month"));
                }
                (self.month, rest) = (Some(month), after);
            }
            Piece::LongWeekday => rest = name(text, &DAYS, None)?.1,
            Piece::Weekday => rest = name(text, &DAYS, Some(3))?.1,
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => {
                let text =
                    if piece == Piece::UnderDay { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let (day, after) = digits(text, if piece == Piece::ZeroDay { 2 } else { 1 }, 2)?;
                (self.day, rest) = (Some(day), after);
            }
            Piece::UnderYearDay | Piece::ZeroYearDay => {
                let text = if piece == Piece::UnderYearDay { text.trim_start_matches(' ') } else { text };
                let (day, after) = digits(text, if piece == Piece::ZeroYearDay { 3 } else { 1 }, 3)?;
                (self.year_day, rest) = (Some(day), after);
            }
            Piece::Hour => {
                let (hour, after) = digits(text, 1, 2)?;
                (self.hour, rest) = (below(hour, 24, "hour")?, after);
            }
            Piece::Hour12 | Piece::ZeroHour12 => {
                let (hour, after) = digits(text, if piece == Piece::ZeroHour12 { 2 } else { 1 }, 2)?;
                (self.hour, rest) = (below(hour, 13, "hour")?, after);
            }
            Piece::Minute | Piece::ZeroMinute => {
                let (minute, after) = digits(text, if piece == Piece::ZeroMinute { 2 } else { 1 }, 2)?;
                (self.minute, rest) = (below(minute, 60, "minute")?, after);
            }
            Piece::Second | Piece::ZeroSecond => {
                let (second, remaining) = digits(text, if piece == Piece::ZeroSecond { 2 } else { 1 }, 2)?;
                self.second = below(second, 60, "second")?;
                // A fraction may follow even where the layout has none.
                let is_next = matches!(next(after), ("", Some(Piece::Fraction { .. }), _));
                rest = if is_next { remaining } else { self.fraction(remaining, None)? };
            }
            Piece::UpperHalf | Piece::LowerHalf => {
                let (am, pm) = if piece == Piece::UpperHalf { ("AM", "PM") } else { ("am", "pm") };
                if let Some(after) = text.strip_prefix(pm) {
                    (self.afternoon, rest) = (Some(true), after);
                } else if let Some(after) = text.strip_prefix(am) {
                    (self.afternoon, rest) = (Some(false), after);
                } else {
                    return Err(Trouble::Syntax);
                }
            }
            Piece::Offset { utc_is_z, colons, parts } => rest = self.offset(text, utc_is_z, colons, parts)?,
            Piece::ZoneName => {
                if let Some(after) = text.strip_prefix("UTC") {
                    self.offset = Some(0);
                    self.zone = Some("UTC".to_owned());
                    rest = after;
                } else {
                    let count = zone_name(text).ok_or(Trouble::Syntax)?;
                    self.zone = Some(text[..count].to_owned());
                    rest = &text[count..];
                }
            }
            Piece::Fraction { trim: true, .. } => rest = self.fraction(text, None)?,
            Piece::Fraction { digits, .. } => rest = self.fraction(text, Some(digits))?,
        }
        Ok(rest)
    }

    fn fraction<'a>(&mut self, text: &'a str, exact: Option<usize>) -> Result<&'a str, Trouble> {
        let bytes = text.as_bytes();
        let count = match bytes {
            [b'.' | b',', tail @ ..] => tail.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        if let Some(exact) = exact {
            if count < exact {
                return Err(Trouble::Syntax);
            }
        } else if count == 0 {
            return Ok(text);
        }
        let count = exact.unwrap_or(count);
        let shown: String = text[1..=count].chars().chain(std::iter::repeat('0')).take(9).collect();
        self.nanos = shown.parse().unwrap_or(0);
        Ok(&text[1 + count..])
    }

    fn offset<'a>(
        &mut self,
        text: &'a str,
        utc_is_z: bool,
        colons: bool,
        parts: u8,
    ) -> Result<&'a str, Trouble> {
        if utc_is_z && let Some(after) = text.strip_prefix('Z') {
            self.offset = Some(0);
            self.zone = Some("UTC".to_owned());
            return Ok(after);
        }
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(Trouble::Syntax),
        };
        let mut rest = &text[1..];
        let mut seconds = 0;
        for part in 0..parts {
            if part > 0 && colons {
                rest = rest.strip_prefix(':').ok_or(Trouble::Syntax)?;
            }
            let (value, after) = digits(rest, 2, 2)?;
            let name = ["time zone offset hour", "time zone offset minute", "time zone offset second"];
            let at = usize::from(part.min(2));
            let value = below(value, [25, 61, 61][at], name[at])?;
            seconds += i32::try_from(value).unwrap_or(0) * [3600, 60, 1][at];
            rest = after;
        }
        self.offset = Some(sign * seconds);
        Ok(rest)
    }

    fn time(self, zone: &Zone) -> Result<Time, &'static str> {
        let hour = match (self.afternoon, self.hour) {
            (Some(true), hour) if hour < 12 => hour + 12,
            (Some(false), 12) => 0,
            (_, hour) => hour,
        };
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if let Some(year_day) = self.year_day {
            let length = if days_in(2, self.year) == 29 { 366 } else { 365 };
            if year_day < 1 || year_day > length {
                return Err("day-of-year");
            }
            let date = super::from_days(to_days(self.year, 1, 1) + i64::from(year_day) - 1);
            (month, day) = (date.1, date.2);
        }
        if day < 1 || day > days_in(month, self.year) {
            return Err("day");
        }
        let local = to_days(self.year, month, day) * 86_400
            + i64::from(hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second);
        let nanos = self.nanos;
        if let Some(offset) = self.offset {
            let seconds = local - i64::from(offset);
            if offset == 0 {
                return Ok(Time::utc(seconds, nanos));
            }
            let (known, name) = zone.at(seconds);
            let name = if known == offset { name } else { self.zone.unwrap_or_default() };
            return Ok(Time { seconds, nanos, offset, zone: Str::from(name), monotonic: None });
        }
        let seconds = zone.instant(local);
        let (offset, name) = zone.at(seconds);
        match self.zone {
            Some(asked) if asked != name => {
                // A name without an offset that the zone does not have counts as UTC, unless it says itself.
                let hours: i32 = asked.strip_prefix("GMT").and_then(|hours| hours.parse().ok()).unwrap_or(0);
                Ok(Time {
                    seconds: local,
                    nanos,
                    offset: hours * 3600,
                    zone: Str::from(asked),
                    monotonic: None,
                })
            }
            _ => Ok(Time { seconds, nanos, offset, zone: Str::from(name), monotonic: None }),
        }
    }
}
