//! Versions of charts and of Kubernetes, and the objects of `semver`, as Helm reads them: `v1`, `1.2` and
//! `01.2.3` count. Source: Masterminds/semver 3.5, which Helm 4 and its functions use.

mod range;

use std::cmp::Ordering;
use std::fmt;

pub use range::{BadRange, Range, compatible};

/// The longest text that is looked at.
const LONGEST: usize = 256;

/// Why a text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVersion {
    /// It does not have the form of one.
    #[error("invalid semantic version")]
    Form,
    /// It is longer than any version is.
    #[error("version string is too long (max {LONGEST} bytes)")]
    Long,
    /// One of its numbers is larger than 64 bits hold.
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range")]
    Number(String),
    /// A numeric part of the pre-release starts with a zero.
    #[error("version segment starts with 0")]
    LeadingZero,
}

/// A version. Two that differ in build metadata only are equally high.
#[derive(Clone, Debug, Default)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number, 0 where the text has none.
    pub minor: u64,
    /// Third number, 0 where the text has none.
    pub patch: u64,
    /// What stands behind the hyphen.
    pub pre: String,
    /// What stands behind the plus.
    pub build: String,
    original: String,
}

impl Version {
    /// Reads a version.
    pub fn parse(text: &str) -> Result<Self, BadVersion> {
        if text.len() > LONGEST {
            return Err(BadVersion::Long);
        }
        let (numbers, pre, build) = split(text.strip_prefix('v').unwrap_or(text)).ok_or(BadVersion::Form)?;
        let parts: Vec<&str> = numbers.split('.').collect();
        let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.len() > 3 || !parts.iter().all(digits) {
            return Err(BadVersion::Form);
        }
        let number = |at: usize| match parts.get(at) {
            Some(part) => part.parse::<u64>().map_err(|_| BadVersion::Number((*part).to_owned())),
            None => Ok(0),
        };
        let (major, minor, patch) = (number(0)?, number(1)?, number(2)?);
        let padded = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if pre.split('.').any(padded) {
            return Err(BadVersion::LeadingZero);
        }
        Ok(Self {
            major,
            minor,
            patch,
            pre: pre.to_owned(),
            build: build.to_owned(),
            original: text.to_owned(),
        })
    }

    /// The release of these numbers, with the `v` that this one is written with.
    #[must_use]
    pub fn raised(&self, major: u64, minor: u64, patch: u64) -> Self {
        let v = if self.original.starts_with('v') { "v" } else { "" };
        let original = format!("{v}{major}.{minor}.{patch}");
        Self { major, minor, patch, original, ..Self::default() }
    }

    /// The text it was read from.
    pub fn original(&self) -> &str {
        &self.original
    }
}

/// Numbers, pre-release and build metadata; empty where there is none.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let identifiers = |part: &str| {
        part.split('.').all(|one| {
            !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    };
    let (front, build) = match text.split_once('+') {
        Some((front, build)) if identifiers(build) => (front, build),
        Some(_) => return None,
        None => (text, ""),
    };
    match front.split_once('-') {
        Some((numbers, pre)) if identifiers(pre) => Some((numbers, pre, build)),
        Some(_) => None,
        None => Some((front, "", build)),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(out, "-{}", self.pre)?;
        }
        if !self.build.is_empty() {
            write!(out, "+{}", self.build)?;
        }
        Ok(())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_pre(&self.pre, &other.pre),
        })
    }
}

/// Compares two pre-releases part by part: a missing part is lowest, then numbers, then words.
pub(super) fn compare_pre(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (one, other) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => (one.unwrap_or_default(), other.unwrap_or_default()),
        };
        let order = match (one, other) {
            (one, other) if one == other => Ordering::Equal,
            ("", _) => Ordering::Less,
            (_, "") => Ordering::Greater,
            _ => match (one.parse::<u64>(), other.parse::<u64>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => one.cmp(other),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
