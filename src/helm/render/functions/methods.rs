//! Methods that templates can call on values: files, versions, times, durations, the kinds of a cluster.

use super::dates::in_units;
use super::{Outcome, Param, ok, text, utf8};
use crate::helm::chart::glob;
use crate::helm::render::datum::{Datum, Map, MapKind, Object, Pairs};
use crate::helm::render::text::{self as go_text, Str};
use crate::helm::render::time::{Names, Zone, duration_text, round, truncate};
use crate::helm::version::Version;
use base64::Engine as _;
use std::cmp::Ordering;
use std::rc::Rc;

/// One method.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) run: fn(&Datum, &[Datum]) -> Outcome,
}

const fn method(
    name: &'static str,
    params: &'static [Param],
    run: fn(&Datum, &[Datum]) -> Outcome,
) -> Method {
    Method { name, params, run }
}

use Param::{Duration as D, Int, Str as S, Time as T, Version as V};

const FILES: &[Method] = &[
    method("Get", &[S], |files, args| ok(bytes_of(files, text(&args[0])))),
    method("GetBytes", &[S], |files, args| Ok(Datum::Bytes(Str::from(bytes_of(files, text(&args[0])))))),
    method("Glob", &[S], |files, args| {
        let pattern = utf8(&args[0]);
        let Datum::Map(map) = files else { return Ok(Datum::Nil) };
        let fits = |name: &Str| glob::matches(&pattern, &name.lossy()).unwrap_or(true);
        let found =
            map.pairs().iter().filter(|(name, _)| fits(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(Datum::Map(Map::new(MapKind::Files, found)))
    }),
    method("AsConfig", &[], |files, _| flat(files, |content| Str::new(content))),
    method("AsSecrets", &[], |files, _| {
        flat(files, |content| Str::from(base64::engine::general_purpose::STANDARD.encode(content)))
    }),
    method("Lines", &[S], |files, args| {
        let content = bytes_of(files, text(&args[0]));
        if content.is_empty() {
            return Ok(Datum::strings::<&[u8]>([]));
        }
        let content = content.strip_suffix(b"\n").unwrap_or(&content);
        Ok(Datum::strings(go_text::split(content, b"\n", None)))
    }),
];

const VALUES: &[Method] = &[
    method("YAML", &[], |values, _| ok(format!("{}\n", super::encoding::to_yaml(values)?))),
    method("AsMap", &[], |values, _| match values {
        Datum::Map(map) => Ok(Datum::Map(map.with_kind(MapKind::Any))),
        _ => Ok(Datum::map(Pairs::new())),
    }),
    method("Table", &[S], |values, args| {
        let path = utf8(&args[0]).into_owned();
        let mut found = values.clone();
        for part in path.split('.') {
            let next = if let Datum::Map(map) = &found { map.get(part.as_bytes()) } else { None };
            match next {
                Some(Datum::Map(map)) => found = Datum::Map(map.with_kind(MapKind::Values)),
                _ => {
                    return Err(format!(
                        "{} is not a table",
                        crate::helm::render::go::quote(part.as_bytes())
                    ));
                }
            }
        }
        Ok(found)
    }),
];

const VERSIONS: &[Method] = &[method("Has", &[S], |versions, args| {
    let Datum::List(list) = versions else { return Ok(Datum::Bool(false)) };
    Ok(Datum::Bool(list.items().iter().any(|one| text(one) == text(&args[0]))))
})];

const KUBE_VERSION: &[Method] = &[
    method("GitVersion", &[], |version, _| match version {
        Datum::Object(object) => match &**object {
            Object::KubeVersion { version, .. } => Ok(Datum::Str(version.clone())),
            _ => ok(""),
        },
        _ => ok(""),
    }),
    method("String", &[], |version, _| match version {
        Datum::Object(object) => match &**object {
            Object::KubeVersion { version, normalized, .. } => {
                Ok(Datum::Str(if normalized.is_empty() { version.clone() } else { normalized.clone() }))
            }
            _ => ok(""),
        },
        _ => ok(""),
    }),
];

/// The methods of a version that only its pointer has.
const OF_POINTERS: &[&[u8]] =
    &[b"Original", b"Compare", b"Equal", b"LessThan", b"LessThanEqual", b"GreaterThan", b"GreaterThanEqual"];

const SEMVER: &[Method] = &[
    method("Major", &[], |version, _| Ok(Datum::Uint64(semver(version).major))),
    method("Minor", &[], |version, _| Ok(Datum::Uint64(semver(version).minor))),
    method("Patch", &[], |version, _| Ok(Datum::Uint64(semver(version).patch))),
    method("Prerelease", &[], |version, _| ok(semver(version).pre)),
    method("Metadata", &[], |version, _| ok(semver(version).build)),
    method("Original", &[], |version, _| ok(semver(version).original())),
    method("String", &[], |version, _| ok(semver(version).to_string())),
    method("Compare", &[V], |version, args| {
        Ok(Datum::Int(match semver(version).cmp(&semver(&args[0])) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    }),
    method("Equal", &[V], |version, args| {
        Ok(Datum::Bool(semver(version).cmp(&semver(&args[0])) == Ordering::Equal))
    }),
    method("LessThan", &[V], |version, args| {
        Ok(Datum::Bool(semver(version).cmp(&semver(&args[0])) == Ordering::Less))
    }),
    method("LessThanEqual", &[V], |version, args| {
        Ok(Datum::Bool(semver(version).cmp(&semver(&args[0])) != Ordering::Greater))
    }),
    method("GreaterThan", &[V], |version, args| {
        Ok(Datum::Bool(semver(version).cmp(&semver(&args[0])) == Ordering::Greater))
    }),
    method("GreaterThanEqual", &[V], |version, args| {
        Ok(Datum::Bool(semver(version).cmp(&semver(&args[0])) != Ordering::Less))
    }),
    method("IncMajor", &[], |version, _| {
        let version = semver(version);
        Ok(semver_of(version.raised(version.major + 1, 0, 0)))
    }),
    method("IncMinor", &[], |version, _| {
        let version = semver(version);
        Ok(semver_of(version.raised(version.major, version.minor + 1, 0)))
    }),
    method("IncPatch", &[], |version, _| {
        let version = semver(version);
        // A pre-release is raised to what it comes before.
        let patch = if version.pre.is_empty() { version.patch + 1 } else { version.patch };
        Ok(semver_of(version.raised(version.major, version.minor, patch)))
    }),
];

const TIME: &[Method] = &[
    method("Year", &[], |time, _| civil(time, |now| now.year)),
    method("Day", &[], |time, _| civil(time, |now| i64::from(now.day))),
    method("Hour", &[], |time, _| civil(time, |now| i64::from(now.hour))),
    method("Minute", &[], |time, _| civil(time, |now| i64::from(now.minute))),
    method("Second", &[], |time, _| civil(time, |now| i64::from(now.second))),
    method("YearDay", &[], |time, _| civil(time, |now| i64::from(now.day_of_year))),
    method("Month", &[], |time, _| {
        with_time(time, |time| Datum::Named(Names::Month, i64::from(time.civil().month)))
    }),
    method("Weekday", &[], |time, _| {
        with_time(time, |time| Datum::Named(Names::Weekday, i64::from(time.civil().weekday)))
    }),
    method("Nanosecond", &[], |time, _| with_time(time, |time| Datum::Int(i64::from(time.nanos)))),
    method("Unix", &[], |time, _| with_time(time, |time| Datum::Int64(time.seconds))),
    method("UnixMilli", &[], |time, _| {
        with_time(time, |time| Datum::Int64(time.seconds * 1000 + i64::from(time.nanos / 1_000_000)))
    }),
    method("UnixNano", &[], |time, _| {
        with_time(time, |time| Datum::Int64(time.seconds.wrapping_mul(1_000_000_000) + i64::from(time.nanos)))
    }),
    method("Format", &[S], |time, args| formatted(time, &utf8(&args[0]))),
    method("String", &[], |time, _| with_time(time, |time| Datum::str(time.text()))),
    method("UTC", &[], |time, _| with_time(time, |time| Datum::Time(time.is_in(&Zone::utc())))),
    method("IsZero", &[], |time, _| {
        with_time(time, |time| Datum::Bool(time.seconds == -62_135_596_800 && time.nanos == 0))
    }),
    method("AddDate", &[Int, Int, Int], |time, args| {
        let [years, months, days] = [0, 1, 2].map(|index| super::int(&args[index]));
        with_time(time, |time| {
            let now = time.civil();
            let month = i64::from(now.month) - 1 + months;
            let year = now.year + years + month.div_euclid(12);
            let month = u32::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
            let before = crate::helm::render::time::to_days(now.year, now.month, now.day);
            let after = crate::helm::render::time::to_days(year, month, 1) + i64::from(now.day) - 1 + days;
            let mut moved = time.clone();
            moved.seconds += (after - before) * 86_400;
            moved.monotonic = None;
            Datum::Time(moved)
        })
    }),
    method("Add", &[D], |time, args| with_time(time, |time| Datum::Time(time.add(super::int(&args[0]))))),
    method("Truncate", &[D], |time, args| {
        with_time(time, |time| Datum::Time(time.rounded(super::int(&args[0]), false)))
    }),
    method("Round", &[D], |time, args| {
        with_time(time, |time| Datum::Time(time.rounded(super::int(&args[0]), true)))
    }),
    method("UnixMicro", &[], |time, _| {
        with_time(time, |time| Datum::Int64(time.seconds * 1_000_000 + i64::from(time.nanos / 1000)))
    }),
    method("GoString", &[], |time, _| with_time(time, |time| Datum::str(time.source()))),
    method("MarshalText", &[], |time, _| with_time(time, |time| Datum::Bytes(Str::from(time.rfc3339())))),
    method("MarshalJSON", &[], |time, _| {
        with_time(time, |time| Datum::Bytes(Str::from(format!("\"{}\"", time.rfc3339()))))
    }),
    method("Compare", &[T], |time, args| match (time, &args[0]) {
        (Datum::Time(time), Datum::Time(other)) => Ok(Datum::Int(time.since(other).signum())),
        _ => Ok(Datum::Int(0)),
    }),
    method("Before", &[T], |time, args| compared(time, &args[0], |since| since < 0)),
    method("After", &[T], |time, args| compared(time, &args[0], |since| since > 0)),
    method("Equal", &[T], |time, args| compared(time, &args[0], |since| since == 0)),
    method("Sub", &[T], |time, args| match (time, &args[0]) {
        (Datum::Time(time), Datum::Time(other)) => Ok(Datum::Duration(time.since(other))),
        _ => Ok(Datum::Duration(0)),
    }),
];

const DURATION: &[Method] = &[
    method("Hours", &[], |nanos, _| Ok(Datum::Float(in_units(super::int(nanos), 3_600_000_000_000)))),
    method("Minutes", &[], |nanos, _| Ok(Datum::Float(in_units(super::int(nanos), 60_000_000_000)))),
    method("Seconds", &[], |nanos, _| Ok(Datum::Float(in_units(super::int(nanos), 1_000_000_000)))),
    method("Milliseconds", &[], |nanos, _| Ok(Datum::Int64(super::int(nanos) / 1_000_000))),
    method("Microseconds", &[], |nanos, _| Ok(Datum::Int64(super::int(nanos) / 1000))),
    method("Nanoseconds", &[], |nanos, _| Ok(Datum::Int64(super::int(nanos)))),
    method("String", &[], |nanos, _| ok(duration_text(super::int(nanos)))),
    method("Abs", &[], |nanos, _| Ok(Datum::Duration(super::int(nanos).saturating_abs()))),
    method("Round", &[D], |nanos, args| Ok(Datum::Duration(round(super::int(nanos), super::int(&args[0]))))),
    method("Truncate", &[D], |nanos, args| {
        Ok(Datum::Duration(truncate(super::int(nanos), super::int(&args[0]))))
    }),
];

const NAMED: &[Method] = &[method("String", &[], |named, _| match named {
    Datum::Named(names, number) => ok(names.text(*number)),
    _ => ok(""),
})];

/// The method of a value.
pub(crate) fn find_method(datum: &Datum, name: &[u8]) -> Option<&'static Method> {
    let methods = match datum {
        Datum::Map(map) => match map.kind() {
            MapKind::Files => FILES,
            MapKind::Values => VALUES,
            MapKind::Any | MapKind::Strings => return None,
        },
        Datum::List(list) if list.kind() == crate::helm::render::datum::ListKind::Versions => VERSIONS,
        Datum::Time(_) => TIME,
        Datum::Duration(_) => DURATION,
        Datum::Named(..) => NAMED,
        Datum::Object(object) => match &**object {
            Object::Version(_) => SEMVER,
            Object::VersionStruct(_) if OF_POINTERS.contains(&name) => return None,
            Object::VersionStruct(_) => SEMVER,
            Object::KubeVersion { .. } => KUBE_VERSION,
            _ => return None,
        },
        _ => return None,
    };
    methods.iter().find(|method| method.name.as_bytes() == name)
}

fn bytes_of(files: &Datum, name: &[u8]) -> Vec<u8> {
    match files {
        Datum::Map(map) => match map.get(name) {
            Some(Datum::Bytes(content)) => content.bytes().to_vec(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn flat(files: &Datum, content_of: impl Fn(&[u8]) -> Str) -> Outcome {
    let Datum::Map(map) = files else { return ok("") };
    let pairs: Pairs = map
        .pairs()
        .iter()
        .map(|(name, content)| {
            let content =
                if let Datum::Bytes(content) = content { content_of(content.bytes()) } else { Str::from("") };
            (Str::from(super::paths::base(&name.lossy())), Datum::Str(content))
        })
        .collect();
    ok(super::encoding::to_yaml(&Datum::map(pairs)).unwrap_or_default())
}

fn semver(datum: &Datum) -> Version {
    if let Datum::Object(object) = datum
        && let Object::Version(version) | Object::VersionStruct(version) = &**object
    {
        return version.clone();
    }
    Version::default()
}

fn semver_of(version: Version) -> Datum {
    Datum::Object(Rc::new(Object::VersionStruct(version)))
}

fn with_time(datum: &Datum, run: impl Fn(&crate::helm::render::time::Time) -> Datum) -> Outcome {
    Ok(if let Datum::Time(time) = datum { run(time) } else { Datum::Nil })
}

fn civil(datum: &Datum, part: impl Fn(crate::helm::render::time::Civil) -> i64) -> Outcome {
    with_time(datum, |time| Datum::Int(part(time.civil())))
}

fn formatted(datum: &Datum, layout: &str) -> Outcome {
    with_time(datum, |time| Datum::str(time.format(layout)))
}

fn compared(datum: &Datum, other: &Datum, test: impl Fn(i64) -> bool) -> Outcome {
    match (datum, other) {
        (Datum::Time(time), Datum::Time(other)) => Ok(Datum::Bool(test(time.since(other)))),
        _ => Ok(Datum::Bool(false)),
    }
}
