//! Go's time: instants with a zone, durations, and layouts in both directions.

mod civil;
mod duration;
mod layout;
mod names;
mod parse;
mod zone;

pub(crate) use civil::{from_days, to_days};
pub(crate) use duration::{duration_text, parse_duration, round, truncate};
pub(crate) use names::Names;
pub(crate) use parse::parse;
pub(crate) use zone::Zone;

use super::text::Str;

/// Go's `time.Time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Time {
    /// Since 1970 in UTC.
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
    /// Of the zone, in seconds to the east.
    pub(crate) offset: i32,
    /// The zone's abbreviation; empty where it has none.
    pub(crate) zone: Str,
    /// Nanoseconds on the clock that is never set, of an instant that was read from the clock.
    pub(crate) monotonic: Option<i64>,
}

/// The calendar's view of an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    /// From Sunday.
    pub(crate) weekday: u32,
    /// From 1.
    pub(crate) day_of_year: u32,
}

impl Time {
    /// Go's zero time.
    pub(crate) fn zero() -> Self {
        Self::utc(-62_135_596_800, 0)
    }

    pub(crate) fn utc(seconds: i64, nanos: u32) -> Self {
        Self { seconds, nanos, offset: 0, zone: Str::from("UTC"), monotonic: None }
    }

    pub(crate) fn is_in(&self, zone: &Zone) -> Self {
        let (offset, name) = zone.at(self.seconds);
        Self { offset, zone: Str::from(name.as_str()), monotonic: None, ..self.clone() }
    }

    pub(crate) fn add(&self, nanos: i64) -> Self {
        let monotonic = self.monotonic.and_then(|before| before.checked_add(nanos));
        let total = i64::from(self.nanos) + nanos.rem_euclid(1_000_000_000);
        let seconds = self.seconds + nanos.div_euclid(1_000_000_000) + total / 1_000_000_000;
        let nanos = u32::try_from(total % 1_000_000_000).unwrap_or(0);
        Self { seconds, nanos, monotonic, ..self.clone() }
    }

    /// The duration since another, within what a duration can be.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos) - i128::from(other.nanos);
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }

    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds + i64::from(self.offset);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = from_days(days);
        let part = |value: i64| u32::try_from(value).unwrap_or(0);
        Civil {
            year,
            month,
            day,
            hour: part(second / 3600),
            minute: part(second / 60 % 60),
            second: part(second % 60),
            weekday: part((days + 4).rem_euclid(7)),
            day_of_year: part(days - to_days(year, 1, 1) + 1),
        }
    }

    /// The instant rounded down to a multiple of a duration since Go's zero time; `up` rounds halves up.
    pub(crate) fn rounded(&self, nanos: i64, up: bool) -> Self {
        let whole = Self { monotonic: None, ..self.clone() };
        if nanos <= 0 {
            return whole;
        }
        let since = (i128::from(self.seconds) - i128::from(Self::zero().seconds)) * 1_000_000_000
            + i128::from(self.nanos);
        let rest = i64::try_from(since.rem_euclid(i128::from(nanos))).unwrap_or(0);
        let is_up = up && i128::from(rest) * 2 >= i128::from(nanos);
        whole.add(if is_up { nanos - rest } else { -rest })
    }

    /// The two words that Go holds an instant in, for one that was not read from the clock: nanoseconds, and
    /// seconds since its zero time.
    pub(crate) fn words(&self) -> (u32, i64) {
        (self.nanos, self.seconds - Self::zero().seconds)
    }

    /// As `%#v` prints it: Go's source for it.
    pub(crate) fn source(&self) -> String {
        let now = self.civil();
        let month = Names::Month.text(i64::from(now.month));
        let (year, day, hour, minute, second) = (now.year, now.day, now.hour, now.minute, now.second);
        let zone = match self.zone.lossy().as_ref() {
            "UTC" if self.offset == 0 => "time.UTC".to_owned(),
            _ => "time.Local".to_owned(),
        };
        let nanos = self.nanos;
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanos}, {zone})")
    }

    pub(crate) fn format(&self, layout: &str) -> String {
        layout::format(self, layout)
    }

    /// As `%v` prints it.
    pub(crate) fn text(&self) -> String {
        let text = self.format("2006-01-02 15:04:05.999999999 -0700 MST");
        let Some(monotonic) = self.monotonic else { return text };
        let (sign, size) = (if monotonic < 0 { '-' } else { '+' }, monotonic.unsigned_abs());
        format!("{text} m={sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000)
    }

    /// As JSON holds it.
    pub(crate) fn rfc3339(&self) -> String {
        self.format("2006-01-02T15:04:05.999999999Z07:00")
    }
}
