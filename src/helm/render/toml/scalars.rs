//! Texts, numbers, truths and times of TOML.

use super::cursor::{Cursor, Trouble, is_break, is_space, shown};
use super::escapes::{joined, unescaped, without_first_break};
use super::{DATE, DATE_TIME, TIME};
use crate::helm::render::datum::Datum;
use crate::helm::render::go::{parse_float, parse_int, quote, quote_rune};
use crate::helm::render::text::Str;
use crate::helm::render::time::{Time, Zone, parse};

/// The layouts of times, and the zone of what names none.
const TIMES: &[(&str, Option<&str>)] = &[
    ("2006-01-02T15:04:05.999999999Z07:00", None),
    ("2006-01-02T15:04:05.999999999", Some(DATE_TIME)),
    ("2006-01-02", Some(DATE)),
    ("15:04:05.999999999", Some(TIME)),
    ("2006-01-02T15:04Z07:00", None),
    ("2006-01-02T15:04", Some(DATE_TIME)),
    ("15:04", Some(TIME)),
];

/// A value that is neither a list nor a table; its first rune comes next.
pub(super) fn scalar(cursor: &mut Cursor<'_>) -> Result<Datum, Trouble> {
    cursor.skip(is_space)?;
    let start = cursor.at();
    let first = cursor.next()?;
    match first {
        Some('0'..='9') => {
            cursor.back();
            return number_or_time(cursor, start);
        }
        Some(mark @ ('"' | '\'')) => {
            if cursor.accept(mark)? {
                if cursor.accept(mark)? {
                    return long_text(cursor, mark).map(Datum::str);
                }
                cursor.back();
            }
            return line_text(cursor, mark).map(Datum::str);
        }
        Some('.') => return Err(cursor.wrong("floats must start with a digit, not '.'")),
        Some('i' | 'n') => {
            let is_number = (cursor.accept('n')? && cursor.accept('f')?)
                || (cursor.accept('a')? && cursor.accept('n')?);
            if is_number {
                return float(cursor, start);
            }
        }
        Some('-' | '+') => return signed(cursor, start),
        _ => {}
    }
    match first {
        Some(rune) if rune.is_alphabetic() => {
            cursor.back();
            truth(cursor)
        }
        None => Err(cursor.wrong("unexpected EOF; expected value")),
        Some('\n') => Err(cursor.wrong_before("expected value but found '\\n' instead")),
        Some(rune) => Err(cursor.wrong(format!("expected value but found {} instead", quote_rune(rune)))),
    }
}

fn truth(cursor: &mut Cursor<'_>) -> Result<Datum, Trouble> {
    let start = cursor.at();
    while cursor.next()?.is_some_and(char::is_alphabetic) {}
    cursor.back();
    match cursor.since(start) {
        "true" => Ok(Datum::Bool(true)),
        "false" => Ok(Datum::Bool(false)),
        word => Err(cursor.wrong(format!("expected value but found {} instead", quote(word.as_bytes())))),
    }
}

/// The rest of a text on one line; the quote has been read.
pub(super) fn line_text(cursor: &mut Cursor<'_>, mark: char) -> Result<String, Trouble> {
    let start = cursor.at();
    let mut is_escaped = false;
    loop {
        match cursor.next()? {
            None if mark == '"' => return Err(cursor.wrong("unexpected EOF; expected '\"'")),
            None => return Err(cursor.wrong("unexpected EOF; expected \"'\"")),
            Some(rune) if is_break(rune) => {
                return Err(cursor.wrong_before("strings cannot contain newlines"));
            }
            Some('\\') if mark == '"' => {
                is_escaped = true;
                escape(cursor, start)?;
            }
            Some(rune) if rune == mark => break,
            Some(_) => {}
        }
    }
    let (text, _) = cursor.since(start).split_at(cursor.at() - start - 1);
    if is_escaped { unescaped(text, cursor.line()) } else { Ok(text.to_owned()) }
}

/// The rest of a text of several lines; the three quotes have been read.
fn long_text(cursor: &mut Cursor<'_>, mark: char) -> Result<String, Trouble> {
    let start = cursor.at();
    loop {
        match cursor.next()? {
            None if mark == '"' => return Err(cursor.wrong("unexpected EOF; expected '\"\"\"'")),
            None => return Err(cursor.wrong("unexpected EOF; expected \"'''\"")),
            Some('\\') if mark == '"' => {
                if !cursor.next()?.is_some_and(is_break) {
                    cursor.back();
                    escape(cursor, start)?;
                }
            }
            Some(rune) if rune == mark && closes(cursor, mark, start)? => break,
            Some(_) => {}
        }
    }
    let (text, _) = cursor.since(start).split_at(cursor.at() - start - 3);
    let text = without_first_break(text);
    if mark == '"' { unescaped(&joined(text), cursor.line()) } else { Ok(text.to_owned()) }
}

/// Whether the quote that was read is the first of the last three: up to two more may stand before them.
fn closes(cursor: &mut Cursor<'_>, mark: char, start: usize) -> Result<bool, Trouble> {
    if !cursor.accept(mark)? {
        return Ok(false);
    }
    if !cursor.accept(mark)? {
        cursor.back();
        return Ok(false);
    }
    if cursor.peek()? != Some(mark) {
        return Ok(true);
    }
    let so_far = cursor.since(start);
    if mark == '\'' && so_far.ends_with("'''''") {
        return Err(cursor.wrong("unexpected \"''''''\""));
    }
    if mark == '"' && so_far.ends_with("\"\"\"\"\"") && !so_far.ends_with("\\\"\"\"\"\"") {
        return Err(cursor.wrong("unexpected '\"\"\"\"\"\"'"));
    }
    cursor.back();
    cursor.back();
    Ok(false)
}

/// What stands behind a backslash of a text that began here.
fn escape(cursor: &mut Cursor<'_>, start: usize) -> Result<(), Trouble> {
    let rune = cursor.next()?;
    let (count, name) = match rune {
        Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
        Some('x') => (2, "two hexadecimal digits after '\\x'"),
        Some('u') => (4, "four hexadecimal digits after '\\u'"),
        Some('U') => (8, "eight hexadecimal digits after '\\U'"),
        rune => {
            let message = format!("invalid escape in string '\\{}'", shown(rune));
            return Err(if rune.is_none() { cursor.wrong_before(message) } else { cursor.wrong(message) });
        }
    };
    for _ in 0..count {
        if !cursor.next()?.is_some_and(|rune| rune.is_ascii_hexdigit()) {
            let so_far = quote(cursor.since(start).as_bytes());
            return Err(cursor.wrong(format!("expected {name}, but got {so_far} instead")));
        }
    }
    Ok(())
}

/// Reads on while runes are of a kind, and gives the first other back.
fn run(cursor: &mut Cursor<'_>, kind: fn(char) -> bool) -> Result<(), Trouble> {
    cursor.skip(kind)
}

fn number_or_time(cursor: &mut Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    if cursor.accept('0')? {
        let bases: [(char, fn(char) -> bool, &str); 3] = [
            ('b', |rune| matches!(rune, '0' | '1'), "a binary"),
            ('o', |rune| matches!(rune, '0'..='7'), "an octal"),
            ('x', |rune| rune.is_ascii_hexdigit(), "a hexadecimal"),
        ];
        for (base, digit, name) in bases {
            if cursor.accept(base)? {
                let next = cursor.peek()?;
                if !next.is_some_and(digit) {
                    let so_far = cursor.since(start);
                    return Err(cursor.wrong(format!("not {name} number: '{so_far}{}'", shown(next))));
                }
                loop {
                    run(cursor, digit)?;
                    if !cursor.accept('_')? {
                        return integer(cursor, start);
                    }
                }
            }
        }
        if !cursor.peek()?.is_some_and(|rune| rune.is_ascii_digit()) {
            return decimal(cursor, start);
        }
    }
    run(cursor, |rune| rune.is_ascii_digit())?;
    if !matches!(cursor.peek()?, Some('-' | ':')) {
        return decimal(cursor, start);
    }
    run(cursor, |rune| {
        rune.is_ascii_digit() || matches!(rune, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
    })?;
    time(cursor, start)
}

fn signed(cursor: &mut Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    let first = cursor.next()?;
    let rest = match first {
        Some('i') => Some(['n', 'f']),
        Some('n') => Some(['a', 'n']),
        _ => None,
    };
    if let Some(rest) = rest {
        if !cursor.accept(rest[0])? || !cursor.accept(rest[1])? {
            return Err(cursor.wrong(format!("invalid float: '{}'", cursor.since(start))));
        }
        return float(cursor, start);
    }
    if first == Some('0')
        && let Some(base @ ('b' | 'o' | 'x')) = cursor.peek()?
    {
        let so_far = cursor.since(start);
        return Err(cursor.wrong(format!("cannot use sign with non-decimal numbers: '{so_far}{base}'")));
    }
    match first {
        Some('.') => Err(cursor.wrong("floats must start with a digit, not '.'")),
        Some('0'..='9') => decimal(cursor, start),
        rune => Err(cursor.wrong(format!("expected a digit but got {}", quote_rune(shown(rune))))),
    }
}

fn decimal(cursor: &mut Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    run(cursor, |rune| rune.is_ascii_digit() || rune == '_')?;
    if !matches!(cursor.peek()?, Some('.' | 'e' | 'E')) {
        return integer(cursor, start);
    }
    run(cursor, |rune| rune.is_ascii_digit() || matches!(rune, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
    float(cursor, start)
}

fn integer(cursor: &Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    let text = cursor.since(start);
    let shown = || quote(text.as_bytes());
    let wrong = |message: String| Trouble::new(cursor.line(), message);
    if !underscores_are_fine(text) {
        return Err(wrong(format!("Invalid integer {}: underscores must be surrounded by digits", shown())));
    }
    if has_leading_zero(text) {
        return Err(wrong(format!("Invalid integer {}: cannot have leading zeroes", shown())));
    }
    parse_int(text, 0).map(Datum::Int64).map_err(|_| wrong(format!("{text} is out of range for int64")))
}

fn float(cursor: &Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    let text = cursor.since(start);
    let wrong =
        |what: &str| Trouble::new(cursor.line(), format!("Invalid float {}: {what}", quote(text.as_bytes())));
    let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
    if parts.clone().any(|part| !underscores_are_fine(part)) {
        return Err(wrong("underscores must be surrounded by digits"));
    }
    if parts.next().is_some_and(has_leading_zero) {
        return Err(wrong("cannot have leading zeroes"));
    }
    let is_bare = |(at, _): (usize, &str)| !text[at + 1..].starts_with(|rune: char| rune.is_ascii_digit());
    if text.match_indices('.').any(is_bare) {
        return Err(wrong("'.' must be followed by one or more digits"));
    }
    match text {
        "+nan" => return Ok(Datum::Float(f64::NAN)),
        "-nan" => return Ok(Datum::Float(-f64::NAN)),
        _ => {}
    }
    let digits = text.replace('_', "");
    // Words that are no number at all are told from numbers that are too large.
    let is_number = digits.trim_start_matches(['+', '-']).parse::<f64>().is_ok();
    parse_float(&digits).map(Datum::Float).ok_or_else(|| {
        let message = if is_number {
            format!("{text} is out of range for float64")
        } else {
            format!("Invalid float value: {}", quote(text.as_bytes()))
        };
        Trouble::new(cursor.line(), message)
    })
}

fn time(cursor: &Cursor<'_>, start: usize) -> Result<Datum, Trouble> {
    let text = cursor.since(start).trim();
    let text: String = text
        .chars()
        .map(|rune| match rune {
            'z' => 'Z',
            't' | ' ' => 'T',
            rune => rune,
        })
        .collect();
    let wrong = || Trouble::new(cursor.line(), format!("invalid datetime: {}", quote(text.as_bytes())));
    for (layout, zone) in TIMES {
        let Ok(time) = parse(layout, &text, &Zone::utc()) else { continue };
        if misses_a_zero(&text, layout) {
            return Err(wrong());
        }
        let zone = zone.map_or_else(|| time.zone.clone(), Str::from);
        return Ok(Datum::Time(Time { zone, ..time }));
    }
    Err(wrong())
}

/// Go's layouts take a number without its leading zero: then what separates numbers is out of its place.
fn misses_a_zero(text: &str, layout: &str) -> bool {
    let until = layout.find(['.', 'Z']).unwrap_or(layout.len());
    layout
        .bytes()
        .take(until)
        .zip(text.bytes())
        .any(|(wanted, found)| !wanted.is_ascii_digit() && wanted != found)
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

fn underscores_are_fine(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "-inf" | "+inf") {
        return true;
    }
    let mut is_digit = false;
    for rune in text.chars() {
        if rune == '_' && !is_digit {
            return false;
        }
        is_digit = rune.is_ascii_hexdigit();
    }
    is_digit
}
