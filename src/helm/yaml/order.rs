//! The order in which go-yaml writes the keys of a mapping: letters behind the rest, numbers by their size.

use std::cmp::Ordering;

use super::resolve::Dialect;

pub(super) fn compare(a: &str, b: &str, dialect: Dialect) -> Ordering {
    // Most keys differ at a letter of ASCII.
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    if let (Some(x), Some(y)) = (a.as_bytes().get(same), b.as_bytes().get(same))
        && x.is_ascii_alphabetic()
        && y.is_ascii_alphabetic()
    {
        return x.cmp(y);
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if less(&a, &b, dialect) {
        Ordering::Less
    } else if less(&b, &a, dialect) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

fn is_digit(rune: char) -> bool {
    rune.is_ascii_digit() || (!rune.is_ascii() && rune.is_numeric() && !rune.is_alphabetic())
}

fn less(a: &[char], b: &[char], dialect: Dialect) -> bool {
    let mut after_digit = false;
    for (at, (&x, &y)) in a.iter().zip(b).enumerate() {
        if x == y {
            after_digit = is_digit(x);
            continue;
        }
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x < y,
            (false, false) => {}
            (first, second) => {
                return if dialect == Dialect::V3 && after_digit { first } else { second };
            }
        }
        let start = if x == '0' || y == '0' {
            let before = a[..at].iter().rev().take_while(|rune| is_digit(**rune));
            i64::from(before.into_iter().any(|rune| *rune != '0'))
        } else {
            0
        };
        let (first, first_end) = run(a, at, start);
        let (second, second_end) = run(b, at, start);
        if first != second {
            return first < second;
        }
        if first_end != second_end {
            return first_end < second_end;
        }
        return x < y;
    }
    a.len() < b.len()
}

/// The number that starts at a position, and where it ends; it wraps around as in Go.
fn run(text: &[char], start: usize, value: i64) -> (i64, usize) {
    let mut value = value;
    let mut at = start;
    while let Some(rune) = text.get(at).filter(|rune| is_digit(**rune)) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(u32::from(*rune)) - i64::from(b'0'));
        at += 1;
    }
    (value, at)
}
