//! Formats of texts, which drafts before 2019 insist on.

use crate::helm::re2::Expression;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a text has the format, and if not, why. Formats that nobody knows are fine.
pub(super) fn check(format: &str, text: &str) -> Result<(), &'static str> {
    let fine = |good: bool, why: &'static str| if good { Ok(()) } else { Err(why) };
    match format {
        "ipv4" => fine(text.parse::<Ipv4Addr>().is_ok(), "expected four decimals"),
        "ipv6" => fine(text.contains(':') && text.parse::<Ipv6Addr>().is_ok(), "not a valid ipv6 address"),
        "hostname" => hostname(text),
        "email" => fine(email(text), "missing @"),
        "date" => date(text),
        "uuid" => fine(uuid(text), "must be 36 characters long"),
        "regex" => fine(Expression::new(text.as_bytes()).is_ok(), "invalid regex"),
        "uri" => fine(text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)), "relative url"),
        "json-pointer" => fine(text.is_empty() || text.starts_with('/'), "not starting with /"),
        _ => Ok(()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

fn hostname(text: &str) -> Result<(), &'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return Err("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return Err("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return Err("label starts with hyphen");
        }
        if label.ends_with('-') {
            return Err("label ends with hyphen");
        }
        if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err("invalid character in label");
        }
    }
    Ok(())
}

fn email(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && local.len() <= 64 && hostname(domain).is_ok())
}

fn uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn date(text: &str) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err("must be 10 characters long");
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return Err("invalid date");
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err("invalid month"),
    };
    if (1..=days).contains(&day) { Ok(()) } else { Err("invalid day") }
}
