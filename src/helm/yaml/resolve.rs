//! What a plain scalar means: go-yaml's resolution, version 2 (YAML 1.1) and version 3.

use super::time::is_timestamp;
use crate::helm::render::{parse_float, parse_int, parse_uint};

/// What a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Timestamp,
    Text,
}

impl Scalar {
    /// The short tag.
    pub(super) fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Text => "!!str",
        }
    }
}

/// Which go-yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Behind `toYaml` and everything that is read.
    V2,
    /// Behind `toYamlPretty`.
    V3,
}

/// Resolves a plain scalar. `times` is whether it may be a time stamp.
pub(super) fn resolve(text: &str, dialect: Dialect, times: bool) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'+' | b'-' | b'0'..=b'9' => infinity(text).unwrap_or_else(|| number(text, dialect, times)),
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            _ => parse_float(text).map_or(Scalar::Text, Scalar::Float),
        },
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, dialect),
        _ => Scalar::Text,
    }
}

fn infinity(text: &str) -> Option<Scalar> {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => Some(Scalar::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Scalar::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn word(text: &str, dialect: Dialect) -> Scalar {
    match text {
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ if dialect == Dialect::V3 => Scalar::Text,
        _ => old_bool(text).map_or(Scalar::Text, Scalar::Bool),
    }
}

/// The truth values of YAML 1.1 alone.
pub(super) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str, dialect: Dialect, times: bool) -> Scalar {
    if times && is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(number) = integer(plain, 0) {
        return number;
    }
    if is_float(plain)
        && let Some(float) = parse_float(plain)
    {
        return Scalar::Float(float);
    }
    let bases: &[(&str, u32)] = if dialect == Dialect::V3 { &[("0b", 2), ("0o", 8)] } else { &[("0b", 2)] };
    for (prefix, base) in bases {
        if let Some(found) = plain.strip_prefix(prefix).and_then(|digits| integer(digits, *base)) {
            return found;
        }
        if let Some(digits) = plain.strip_prefix('-').and_then(|rest| rest.strip_prefix(prefix))
            && let Ok(int) = parse_int(&format!("-{digits}"), *base)
        {
            return Scalar::Int(int);
        }
    }
    Scalar::Text
}

fn integer(text: &str, base: u32) -> Option<Scalar> {
    parse_int(text, base).map(Scalar::Int).or_else(|_| parse_uint(text, base).map(Scalar::Uint)).ok()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let fraction = digits(after);
        if whole == 0 && fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let after = after.strip_prefix(['-', '+']).unwrap_or(after);
        let exponent = digits(after);
        return exponent > 0 && exponent == after.len();
    }
    rest.is_empty()
}

/// Numbers to the base of 60, which YAML 1.1 had and go-yaml quotes:
/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
pub(super) fn is_base60(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !first.starts_with(|letter: char| letter.is_ascii_digit()) || !digits(first) {
        return false;
    }
    let sixty = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    let rest: Vec<&str> = parts.collect();
    let Some((last, before)) = rest.split_last() else { return false };
    let last = match last.split_once('.') {
        Some((last, fraction)) if digits(fraction) => last,
        Some(_) => return false,
        None => last,
    };
    before.iter().all(|part| sixty(part)) && sixty(last)
}
