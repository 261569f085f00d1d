//! Semantic versions and ranges as Masterminds/semver v3 has them.

use std::cmp::Ordering;

/// Why a version or a range is none, in the library's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VersionError {
    #[error("invalid semantic version")]
    Invalid,
    #[error("version segment starts with 0")]
    LeadingZero,
    #[error("version string is too long (max 256 bytes)")]
    TooLong,
    #[error("constraint string is too long (max 512 bytes)")]
    ConstraintTooLong,
    #[error("too many constraint groups (max 32)")]
    TooManyGroups,
    #[error("error parsing version segment: strconv.ParseUint: parsing {0:?}: value out of range")]
    Range(String),
    #[error("improper constraint: {0}")]
    Improper(String),
}

/// A version, loosely written ones (`v1`, `1.2`) included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) pre: String,
    pub(crate) metadata: String,
    pub(crate) original: String,
}

/// The parts of a loose version: up to three segments, pre-release and metadata, and what follows.
struct Parts<'a> {
    segments: [&'a str; 3],
    pre: &'a str,
    metadata: &'a str,
    rest: &'a str,
}

fn run(text: &str, test: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !test(byte)).unwrap_or(text.len()))
}

fn dotted(text: &str) -> Option<(&str, &str)> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let mut end = run(text, word).0.len();
    if end == 0 {
        return None;
    }
    while let Some(after) = text[end..].strip_prefix('.') {
        let more = run(after, word).0.len();
        if more == 0 {
            break;
        }
        end += 1 + more;
    }
    Some(text.split_at(end))
}

fn parts(text: &str, digit: impl Fn(u8) -> bool + Copy) -> Option<Parts<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (first, mut rest) = run(text, digit);
    if first.is_empty() {
        return None;
    }
    let mut segments = [first, "", ""];
    for segment in &mut segments[1..] {
        let Some(after) = rest.strip_prefix('.') else { break };
        let (digits, after) = run(after, digit);
        if digits.is_empty() {
            break;
        }
        (*segment, rest) = (digits, after);
    }
    let (mut pre, mut metadata) = ("", "");
    if let Some((found, after)) = rest.strip_prefix('-').and_then(dotted) {
        (pre, rest) = (found, after);
    }
    if let Some((found, after)) = rest.strip_prefix('+').and_then(dotted) {
        (metadata, rest) = (found, after);
    }
    Some(Parts { segments, pre, metadata, rest })
}

impl Version {
    pub(crate) fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() > 256 {
            return Err(VersionError::TooLong);
        }
        let parts = parts(text, |byte| byte.is_ascii_digit()).ok_or(VersionError::Invalid)?;
        if !parts.rest.is_empty() {
            return Err(VersionError::Invalid);
        }
        let number = |digits: &str| match digits {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| VersionError::Range(digits.to_owned())),
        };
        let [major, minor, patch] = parts.segments;
        let version = Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            pre: parts.pre.to_owned(),
            metadata: parts.metadata.to_owned(),
            original: text.to_owned(),
        };
        for word in version.pre.split('.') {
            if word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VersionError::LeadingZero);
            }
        }
        Ok(version)
    }

    /// As the library prints it: three segments, without `v`.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        for (mark, part) in [('-', &self.pre), ('+', &self.metadata)] {
            if !part.is_empty() {
                text.push(mark);
                text.push_str(part);
            }
        }
        text
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// A range: alternatives of conditions that must all hold.
#[derive(Debug, Clone)]
pub(crate) struct Constraints {
    alternatives: Vec<Vec<Constraint>>,
}

#[derive(Debug, Clone)]
struct Constraint {
    operator: String,
    version: Version,
    minor_dirty: bool,
    patch_dirty: bool,
    dirty: bool,
}

const OPERATORS: [&str; 12] = ["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"];

fn constraint_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

impl Constraints {
    pub(crate) fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() > 512 {
            return Err(VersionError::ConstraintTooLong);
        }
        let text = rewrite_ranges(text);
        let segments: Vec<&str> = text.split("||").collect();
        if segments.len() > 32 {
            return Err(VersionError::TooManyGroups);
        }
        let alternatives: Result<_, _> = segments.into_iter().map(Self::alternative).collect();
        Ok(Self { alternatives: alternatives? })
    }

    fn alternative(text: &str) -> Result<Vec<Constraint>, VersionError> {
        let improper = || VersionError::Improper(super::quote(text.as_bytes()));
        let mut found = Vec::new();
        let mut rest = text.trim_start();
        loop {
            let (operator, after) = run(rest, |byte| b"=!<>~^".contains(&byte));
            if !OPERATORS.contains(&operator) {
                return Err(improper());
            }
            let parts = parts(after.trim_start(), constraint_digit).ok_or_else(improper)?;
            found.push(Constraint::new(operator, &parts)?);
            let trimmed = parts.rest.trim_start();
            if trimmed.is_empty() {
                return Ok(found);
            }
            rest = match trimmed.strip_prefix(',') {
                Some(after) => after.trim_start(),
                None if trimmed.len() < parts.rest.len() => trimmed,
                None => return Err(improper()),
            };
        }
    }

    pub(crate) fn check(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| {
            let with_pre = all.iter().any(|one| !one.version.pre.is_empty());
            (version.pre.is_empty() || with_pre) && all.iter().all(|one| one.check(version))
        })
    }
}

impl Constraint {
    fn new(operator: &str, parts: &Parts<'_>) -> Result<Self, VersionError> {
        let is_any = |segment: &str| matches!(segment, "" | "x" | "X" | "*");
        let [major, minor, patch] = parts.segments;
        let (mut minor_dirty, mut patch_dirty, mut dirty) = (false, false, true);
        let mut text = if is_any(major) {
            "0.0.0".to_owned()
        } else if is_any(minor) {
            minor_dirty = true;
            format!("{major}.0.0")
        } else if is_any(patch) {
            patch_dirty = true;
            format!("{major}.{minor}.0")
        } else {
            dirty = false;
            format!("{major}.{minor}.{patch}")
        };
        if !parts.pre.is_empty() {
            text.push('-');
            text.push_str(parts.pre);
        }
        if !dirty && !parts.metadata.is_empty() {
            text.push('+');
            text.push_str(parts.metadata);
        }
        let version = Version::parse(&text).map_err(|_| VersionError::Improper("parser error".to_owned()))?;
        Ok(Self { operator: operator.to_owned(), version, minor_dirty, patch_dirty, dirty })
    }

    fn check(&self, version: &Version) -> bool {
        let own = &self.version;
        let order = version.compare(own);
        match self.operator.as_str() {
            "" | "=" if self.dirty => self.tilde(version),
            "" | "=" => order == Ordering::Equal,
            "!=" => {
                if self.dirty {
                    if own.major != version.major || (own.minor != version.minor && !self.minor_dirty) {
                        return true;
                    }
                    if self.minor_dirty {
                        return false;
                    }
                    if own.patch != version.patch && !self.patch_dirty {
                        return true;
                    }
                    if self.patch_dirty {
                        return compare_pre(&version.pre, &own.pre) != Ordering::Equal;
                    }
                }
                order != Ordering::Equal
            }
            ">" => {
                if !self.dirty || version.major > own.major {
                    return order == Ordering::Greater;
                }
                if version.major < own.major || self.minor_dirty {
                    return false;
                }
                if self.patch_dirty {
                    return version.minor > own.minor;
                }
                order == Ordering::Greater
            }
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" => {
                if !self.dirty {
                    return order != Ordering::Greater;
                }
                !(version.major > own.major
                    || (version.major == own.major && version.minor > own.minor && !self.minor_dirty))
            }
            "^" => self.caret(version),
            _ => self.tilde(version),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.minor_dirty)
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        if own.major > 0 || self.minor_dirty {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.patch_dirty {
            return version.minor == own.minor;
        }
        version.minor == 0 && own.patch == version.patch
    }
}

/// `1.2 - 3.4` as `>= 1.2, <= 3.4`.
fn rewrite_ranges(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if !words.contains(&"-") {
        return text.to_owned();
    }
    let is_version = |word: &str| parts(word, constraint_digit).is_some_and(|parts| parts.rest.is_empty());
    let mut out = Vec::new();
    let mut index = 0;
    while index < words.len() {
        if index + 2 < words.len()
            && words[index + 1] == "-"
            && is_version(words[index])
            && is_version(words[index + 2])
        {
            out.push(format!(">= {}, <= {}", words[index], words[index + 2]));
            index += 3;
        } else {
            out.push(words[index].to_owned());
            index += 1;
        }
    }
    out.join(" ")
}
