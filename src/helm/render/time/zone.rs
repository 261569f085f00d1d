//! Time zones by the names of IANA, out of the table in the binary.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The seconds of 400 years.
const CALENDAR: i64 = 146_097 * 86_400;

/// A time zone.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Go's `LoadLocation` with a local zone that is given; UTC where there is no such zone.
    pub(crate) fn named(name: &str, local: &str) -> Self {
        let name = if name == "Local" { local } else { name };
        if name.is_empty() || name == "UTC" || name.starts_with(['/', '\\']) || name.contains("..") {
            return Self::utc();
        }
        TimeZoneDatabase::bundled().get(name).map_or_else(|_| Self::utc(), Self)
    }

    /// Offset and abbreviation at an instant.
    pub(crate) fn at(&self, seconds: i64) -> (i32, String) {
        // The calendar, and with it the rules of a zone, repeats after 400 years; the table ends with year 9999.
        let last = Timestamp::MAX.as_second();
        let beyond = if seconds > last { (seconds - last).div_euclid(CALENDAR).saturating_add(1) } else { 0 };
        let within = seconds.saturating_sub(beyond.saturating_mul(CALENDAR));
        let instant = Timestamp::from_second(within).unwrap_or(Timestamp::MIN);
        let info = self.0.to_offset_info(instant);
        (info.offset().seconds(), info.abbreviation().to_owned())
    }

    /// The instant at which clocks of the zone show this, as seconds since 1970 were they in UTC.
    pub(crate) fn instant(&self, local: i64) -> i64 {
        // As in Go: a guess, put right once on each side of a change.
        let (offset, _) = self.at(local);
        let guess = local - i64::from(offset);
        let (offset, _) = self.at(guess);
        local - i64::from(offset)
    }
}
