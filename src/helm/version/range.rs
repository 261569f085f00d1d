//! Ranges of versions as Chart.yaml writes them: `>=1.2 <2`, `~1.2`, `^1`, `1.x`, `1 - 2`, `||`.

use super::{Version, compare_pre};

/// The longest range that is looked at.
const LONGEST: usize = 512;
/// The most alternatives between `||`.
const MOST: usize = 32;

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    /// One of the alternatives does not have the form of one.
    #[error("improper constraint: {0:?}")]
    Form(String),
    /// It is longer than any range is.
    #[error("constraint string is too long (max {LONGEST} bytes)")]
    Long,
    /// It has more alternatives than any range has.
    #[error("too many constraint groups (max {MOST})")]
    Groups,
    /// A bound looks like a version and is none.
    #[error("constraint parser error")]
    Bound,
}

/// How a bound compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// The longer ones first, so that none hides behind its own beginning.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// How many numbers a bound leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    Everything,
}

/// One comparison.
#[derive(Clone, Debug)]
struct Bound {
    operator: Operator,
    version: Version,
    open: Open,
}

/// A range: alternatives, each of bounds that all must hold.
#[derive(Clone, Debug)]
pub struct Range {
    alternatives: Vec<Vec<Bound>>,
}

impl Range {
    /// Reads a range.
    pub fn parse(text: &str) -> Result<Self, BadRange> {
        if text.len() > LONGEST {
            return Err(BadRange::Long);
        }
        let text = with_spans_as_bounds(text);
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > MOST {
            return Err(BadRange::Groups);
        }
        let alternatives = groups.into_iter().map(bounds).collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// Whether the version lies within. A pre-release does only where one of the bounds is one too.
    pub fn contains(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|bounds| {
            let pre = bounds.iter().any(|bound| !bound.version.pre.is_empty());
            (pre || version.pre.is_empty()) && bounds.iter().all(|bound| bound.holds(version))
        })
    }
}

/// Whether a version lies within a range; not where one of both is neither.
pub fn compatible(range: &str, version: &str) -> bool {
    match (Range::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.contains(&version),
        _ => false,
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

fn skip_spaces(text: &str) -> &str {
    text.trim_start_matches(|letter: char| u8::try_from(letter).is_ok_and(is_space))
}

/// What of the text a bound's version takes: up to three numbers or wildcards, pre-release, metadata.
/// Only what ends a bound gives its length; the range then finds what is left over.
fn version_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let run = |from: usize, good: fn(u8) -> bool| {
        from + bytes[from..].iter().take_while(|byte| good(**byte)).count()
    };
    let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'|' | b'x' | b'X' | b'*');
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let start = usize::from(bytes.first() == Some(&b'v'));
    let mut end = run(start, number);
    if end == start {
        return None;
    }
    for _ in 0..2 {
        if bytes.get(end) == Some(&b'.') {
            let next = run(end + 1, number);
            if next == end + 1 {
                break;
            }
            end = next;
        }
    }
    for mark in [b'-', b'+'] {
        if bytes.get(end) != Some(&mark) {
            continue;
        }
        let mut next = run(end + 1, word);
        if next == end + 1 {
            continue;
        }
        while bytes.get(next) == Some(&b'.') {
            let further = run(next + 1, word);
            if further == next + 1 {
                break;
            }
            next = further;
        }
        end = next;
    }
    Some(end)
}

/// `1.2 - 2.3` as `>= 1.2, <= 2.3`.
fn with_spans_as_bounds(text: &str) -> String {
    if !text.contains('-') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    'next: while !rest.is_empty() {
        for (at, _) in rest.char_indices() {
            let Some(length) = version_length(&rest[at..]) else { continue };
            let (low, behind) = rest[at..].split_at(length);
            let dash = skip_spaces(behind);
            let Some(high) = dash.strip_prefix('-').filter(|_| dash.len() < behind.len()) else { continue };
            let start = skip_spaces(high);
            let Some(length) = version_length(start).filter(|_| start.len() < high.len()) else { continue };
            // The spaces around are part of what is replaced.
            let front = rest[..at].trim_end_matches(|letter: char| u8::try_from(letter).is_ok_and(is_space));
            out.push_str(front);
            out.push_str(&format!(">= {low}, <= {} ", &start[..length]));
            rest = skip_spaces(&start[length..]);
            continue 'next;
        }
        out.push_str(rest);
        break;
    }
    out
}

/// The bounds of one alternative, between which stand spaces or commas.
fn bounds(group: &str) -> Result<Vec<Bound>, BadRange> {
    let bad = || BadRange::Form(group.to_owned());
    let mut found = Vec::new();
    let mut rest = skip_spaces(group);
    loop {
        let (operator, behind) = OPERATORS
            .iter()
            .find_map(|(text, operator)| Some((*operator, rest.strip_prefix(text)?)))
            .unwrap_or((Operator::Equal, rest));
        let behind = skip_spaces(behind);
        let length = version_length(behind).ok_or_else(bad)?;
        found.push((operator, &behind[..length]));
        let after = &behind[length..];
        let next = skip_spaces(after);
        if next.is_empty() {
            // The whole group has the form of one before any of its bounds is read.
            return found.into_iter().map(|(operator, text)| bound(operator, text)).collect();
        }
        rest = match next.strip_prefix(',') {
            Some(next) => skip_spaces(next),
            None if next.len() < after.len() => next,
            None => return Err(bad()),
        };
    }
}

fn bound(operator: Operator, text: &str) -> Result<Bound, BadRange> {
    let numbers_end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, tail) = text.split_at(numbers_end);
    let pre = &tail[..tail.find('+').unwrap_or(tail.len())];
    let parts: Vec<&str> = numbers.strip_prefix('v').unwrap_or(numbers).split('.').collect();
    let open = |part: Option<&&str>| part.is_none_or(|part| matches!(*part, "x" | "X" | "*"));
    let (open, version) = if open(parts.first()) {
        (Open::Everything, format!("0.0.0{pre}"))
    } else if open(parts.get(1)) {
        (Open::Minor, format!("{}.0.0{pre}", parts[0]))
    } else if open(parts.get(2)) {
        (Open::Patch, format!("{}.{}.0{pre}", parts[0], parts[1]))
    } else {
        (Open::Nothing, text.to_owned())
    };
    let version = Version::parse(&version).map_err(|_| BadRange::Bound)?;
    Ok(Bound { operator, version, open })
}

impl Bound {
    fn holds(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => version == own,
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => match self.open {
                Open::Minor => version.major > own.major,
                Open::Patch => (version.major, version.minor) > (own.major, own.minor),
                Open::Everything if version.major != own.major => version.major > own.major,
                Open::Nothing | Open::Everything => version > own,
            },
            Operator::Less => version < own,
            Operator::GreaterEqual => version >= own,
            Operator::LessEqual => match self.open {
                Open::Nothing => version <= own,
                Open::Minor => version.major <= own.major,
                Open::Patch | Open::Everything => (version.major, version.minor) <= (own.major, own.minor),
            },
            Operator::Caret => self.caret(version),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        // Nothing said, and 0.0.0 too, is anything.
        let anything = (own.major, own.minor, own.patch) == (0, 0, 0)
            && matches!(self.open, Open::Nothing | Open::Everything);
        version >= own
            && (anything
                || version.major == own.major && (version.minor == own.minor || self.open == Open::Minor))
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => version != own,
            _ if version.major != own.major => true,
            Open::Minor => false,
            _ if version.minor != own.minor => true,
            Open::Patch if version.pre.is_empty() && own.pre.is_empty() => false,
            Open::Patch => compare_pre(&version.pre, &own.pre).is_ne(),
            Open::Everything => version != own,
        }
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
            return false;
        }
        if own.major > 0 || self.open == Open::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.open == Open::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line: range, versions within, versions outside. The judge was Masterminds/semver 3.5.
    #[test]
    fn ranges_hold_what_helm_lets_them_hold() {
        for (range, within, outside) in [
            ("*", "0.0.1 1.2.3", "1.0.0-beta"),
            ("", "", ""),
            ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
            ("1.12.*", "1.12.0 1.12.7", "1.13.0 1.11.9"),
            ("17.x.x", "17.0.0 17.9.1", "18.0.0"),
            ("~1.2", "1.2.0 1.2.9", "1.3.0"),
            ("~1", "1.0.0 1.9.0", "2.0.0"),
            ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("^0.0", "0.0.1", "0.1.0"),
            ("^1.2", "1.2.0 1.9.0", "2.0.0 1.1.9"),
            (">=1.2 <2", "1.2.0 1.9.9", "2.0.0 1.1.0"),
            (">=1.2, <2", "1.2.0", "2.0.0"),
            (">1.2", "1.3.0 2.0.0", "1.2.5"),
            (">1", "2.0.0", "1.5.0"),
            ("<=1.2", "1.2.9 1.0.0", "1.3.0"),
            ("<=1", "1.9.9", "2.0.0"),
            ("!=1.2.x", "1.3.0", "1.2.3"),
            ("!=1.2.3", "1.2.4", "1.2.3"),
            ("1.2 - 1.4.5", "1.2.0 1.4.5", "1.4.6 1.1.0"),
            ("1.2.3 || ^2", "1.2.3 2.5.0", "1.2.4 3.0.0"),
            (">= 1.22.0-0", "1.22.0 1.30.0 1.25.0-gke.3", "1.21.9"),
            (">0.0.0-0", "0.0.1 1.0.0-alpha", ""),
            ("v1.18.2", "1.18.2 v1.18.2", "1.18.3"),
            ("~0.0.0", "0.0.0 5.0.0", ""),
        ] {
            let parsed = Range::parse(range);
            if range.is_empty() {
                assert!(parsed.is_err(), "an empty range is improper");
                continue;
            }
            let parsed = parsed.unwrap();
            for version in within.split_whitespace() {
                assert!(parsed.contains(&Version::parse(version).unwrap()), "{version} within {range}");
            }
            for version in outside.split_whitespace() {
                assert!(!parsed.contains(&Version::parse(version).unwrap()), "{version} outside {range}");
            }
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for range in [">=1.0<2.0", "foo", "1.2.3.4", "> = 1", "1..2", "1,,2", "||"] {
            assert!(Range::parse(range).is_err(), "{range}");
        }
        assert!(matches!(Range::parse("1x.2"), Err(BadRange::Bound)));
    }
}
