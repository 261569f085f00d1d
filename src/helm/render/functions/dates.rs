//! Sprig's functions of dates, and Helm's of durations.

use super::{Function, Outcome, Param, plain, text, utf8, world};
use crate::helm::render::datum::Datum;
use crate::helm::render::exec::Machine;
use crate::helm::render::go;
use crate::helm::render::time::{Time, Zone, duration_text, parse, parse_duration, round, truncate};

use Param::{Any, Str as S, Time as T};

pub(super) const TABLE: &[Function] = &[
    world("now", &[], |machine, _| Ok(Datum::Time(now(machine)))),
    world("date", &[S, Any], |machine, args| Ok(in_zone(machine, &utf8(&args[0]), &args[1], "Local"))),
    world("dateInZone", &[S, Any, S], |machine, args| {
        Ok(in_zone(machine, &utf8(&args[0]), &args[1], &utf8(&args[2])))
    }),
    world("date_in_zone", &[S, Any, S], |machine, args| {
        Ok(in_zone(machine, &utf8(&args[0]), &args[1], &utf8(&args[2])))
    }),
    world("htmlDate", &[Any], |machine, args| Ok(in_zone(machine, "2006-01-02", &args[0], "Local"))),
    world("htmlDateInZone", &[Any, S], |machine, args| {
        Ok(in_zone(machine, "2006-01-02", &args[0], &utf8(&args[1])))
    }),
    plain("dateModify", &[S, T], |args| Ok(modify(args).unwrap_or_else(|_| args[1].clone()))),
    plain("date_modify", &[S, T], |args| Ok(modify(args).unwrap_or_else(|_| args[1].clone()))),
    plain("mustDateModify", &[S, T], modify),
    plain("must_date_modify", &[S, T], modify),
    world("ago", &[Any], |machine, args| {
        let now = now(machine);
        let then = instant(machine, &args[0]);
        Ok(Datum::str(duration_text(round(now.since(&then), 1_000_000_000))))
    }),
    plain("duration", &[Any], |args| {
        let seconds = match &args[0] {
            Datum::Str(text) => match go::parse_int(&text.lossy(), 10) {
                Ok(seconds) => seconds,
                Err(go::NumberError::Range) if text.bytes().starts_with(b"-") => i64::MIN,
                Err(go::NumberError::Range) => i64::MAX,
                Err(go::NumberError::Syntax) => 0,
            },
            Datum::Int64(seconds) => *seconds,
            _ => 0,
        };
        super::ok(duration_text(seconds.wrapping_mul(1_000_000_000)))
    }),
    world("durationRound", &[Any], |machine, args| {
        let nanos = match &args[0] {
            Datum::Str(text) => parse_duration(&text.lossy()).unwrap_or(0),
            Datum::Int64(nanos) => *nanos,
            Datum::Time(time) => now(machine).since(time),
            _ => 0,
        };
        Ok(Datum::str(rounded(nanos.unsigned_abs())))
    }),
    world("toDate", &[S, S], |machine, args| {
        Ok(to_date(machine, args).unwrap_or_else(|_| Datum::Time(Time::zero())))
    }),
    world("mustToDate", &[S, S], |machine, args| {
        to_date(machine, args).map_err(crate::helm::render::exec::Failure::text)
    }),
    plain("unixEpoch", &[T], |args| match &args[0] {
        Datum::Time(time) => super::ok(time.seconds.to_string()),
        _ => super::ok("0"),
    }),
    plain("mustToDuration", &[Any], |args| as_duration(&args[0]).map(Datum::Duration)),
    plain("durationSeconds", &[Any], |args| Ok(Datum::Float(parts(&args[0], 1_000_000_000)))),
    plain("durationMinutes", &[Any], |args| Ok(Datum::Float(parts(&args[0], 60_000_000_000)))),
    plain("durationHours", &[Any], |args| Ok(Datum::Float(parts(&args[0], HOUR)))),
    plain("durationDays", &[Any], |args| Ok(Datum::Float(parts(&args[0], HOUR) / 24.0))),
    plain("durationWeeks", &[Any], |args| Ok(Datum::Float(parts(&args[0], HOUR) / 24.0 / 7.0))),
    plain("durationMilliseconds", &[Any], |args| Ok(Datum::Int64(nanos(&args[0]) / 1_000_000))),
    plain("durationMicroseconds", &[Any], |args| Ok(Datum::Int64(nanos(&args[0]) / 1_000))),
    plain("durationNanoseconds", &[Any], |args| Ok(Datum::Int64(nanos(&args[0])))),
    plain("durationRoundTo", &[Any, Any], |args| Ok(to_multiple(args, round))),
    plain("durationTruncateTo", &[Any, Any], |args| Ok(to_multiple(args, truncate))),
];

const HOUR: i64 = 3_600_000_000_000;

fn now(machine: &mut Machine<'_, '_>) -> Time {
    let (seconds, nanos) = machine.now();
    let zone = Zone::named("Local", &machine.outside.clock.zone());
    let mut now = Time::utc(seconds, nanos).is_in(&zone);
    // A time that is drawn again has the same text.
    now.monotonic = if machine.outside.draws.is_some() { None } else { machine.outside.clock.monotonic() };
    now
}

fn instant(machine: &mut Machine<'_, '_>, datum: &Datum) -> Time {
    match datum {
        Datum::Time(time) => time.clone(),
        Datum::Int(seconds) | Datum::Int64(seconds) => Time::utc(*seconds, 0),
        _ => now(machine),
    }
}

fn in_zone(machine: &mut Machine<'_, '_>, layout: &str, date: &Datum, zone: &str) -> Datum {
    let zone = Zone::named(zone, &machine.outside.clock.zone());
    Datum::str(instant(machine, date).is_in(&zone).format(layout))
}

fn modify(args: &[Datum]) -> Outcome {
    let nanos = parse_duration(&utf8(&args[0]))?;
    match &args[1] {
        Datum::Time(time) => Ok(Datum::Time(time.add(nanos))),
        other => Ok(other.clone()),
    }
}

fn to_date(machine: &Machine<'_, '_>, args: &[Datum]) -> Outcome {
    let zone = Zone::named("Local", &machine.outside.clock.zone());
    let (layout, date) = (utf8(&args[0]), utf8(&args[1]));
    parse(&layout, &date, &zone).map(Datum::Time)
}

fn rounded(size: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 86_400 * SECOND;
    let units = [
        (365 * DAY, "y"),
        (30 * DAY, "mo"),
        (DAY, "d"),
        (3600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    match units.iter().find(|(unit, _)| size > *unit) {
        Some((unit, name)) => format!("{}{name}", size / unit),
        None => "0s".to_owned(),
    }
}

/// Helm's `asDuration`: numbers are seconds.
fn as_duration(datum: &Datum) -> Result<i64, String> {
    const MOST: i64 = i64::MAX / 1_000_000_000;
    let whole = |seconds: i64| {
        if (-MOST..=MOST).contains(&seconds) {
            Ok(seconds * 1_000_000_000)
        } else {
            Err(format!("duration seconds overflow: {seconds}"))
        }
    };
    match datum {
        Datum::Duration(nanos) => Ok(*nanos),
        Datum::Nil => Err("invalid duration".to_owned()),
        Datum::Str(given) => {
            let trimmed = crate::helm::render::text::trim(given.bytes(), crate::helm::render::text::is_space);
            let trimmed = String::from_utf8_lossy(trimmed);
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(nanos) = parse_duration(&trimmed) {
                return Ok(nanos);
            }
            match go::parse_float(&trimmed) {
                Some(seconds) => float(seconds),
                None => Err(format!("could not parse duration {}", go::quote(text(datum)))),
            }
        }
        Datum::Int(seconds) | Datum::Int64(seconds) => whole(*seconds),
        Datum::Uint8(seconds) => whole(i64::from(*seconds)),
        Datum::Uint64(seconds) => match i64::try_from(*seconds) {
            Ok(seconds) => whole(seconds),
            Err(_) => Err(format!("duration seconds overflow: {seconds}")),
        },
        Datum::Float(seconds) => float(*seconds),
        other => Err(format!("unsupported duration type {}", other.type_name())),
    }
}

fn float(seconds: f64) -> Result<i64, String> {
    let shown = go::float_shortest(seconds);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {shown}"));
    }
    if seconds.abs() > 9_223_372_036.854_775 {
        return Err(format!("duration seconds overflow: {shown}"));
    }
    #[allow(clippy::cast_possible_truncation, reason = "in range, and Go truncates too")]
    Ok((seconds * 1e9) as i64)
}

fn nanos(datum: &Datum) -> i64 {
    as_duration(datum).unwrap_or(0)
}

/// Whole units and the rest apart, as Go divides.
pub(super) fn in_units(nanos: i64, unit: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "Go's durations as floats")]
    let (whole, rest) = ((nanos / unit) as f64, (nanos % unit) as f64);
    #[allow(clippy::cast_precision_loss, reason = "a unit of time")]
    let unit = unit as f64;
    whole + rest / unit
}

fn parts(datum: &Datum, unit: i64) -> f64 {
    in_units(nanos(datum), unit)
}

fn to_multiple(args: &[Datum], change: fn(i64, i64) -> i64) -> Datum {
    let Ok(nanos) = as_duration(&args[0]) else { return Datum::Duration(0) };
    Datum::Duration(as_duration(&args[1]).map_or(nanos, |multiple| change(nanos, multiple)))
}
