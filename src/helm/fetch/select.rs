//! Which of a chart's versions is meant, as Helm decides it.

use crate::helm::version::{BadRange, Range, Version};

/// The position of the version that is meant. What is no version is passed over. Source: Helm 4,
/// `pkg/repo/v1/index.go` (`IndexFile.Get`) and `pkg/registry/util.go`: the very text first, else the
/// highest in the range, where an empty text is the highest that is no pre-release, and with `devel` also
/// pre-releases count.
pub(super) fn select(versions: &[&str], wanted: &str, devel: bool) -> Result<Option<usize>, BadRange> {
    if let Some(at) = versions.iter().position(|version| *version == wanted && !wanted.is_empty()) {
        return Ok(Some(at));
    }
    let range = match (wanted, devel) {
        ("", true) => Range::parse(">0.0.0-0")?,
        ("", false) => Range::parse("*")?,
        (range, _) => Range::parse(range)?,
    };
    let mut best: Option<(usize, Version)> = None;
    for (at, text) in versions.iter().enumerate() {
        let Ok(version) = Version::parse(text) else { continue };
        let higher = best.as_ref().is_none_or(|(_, known)| version > *known);
        if higher && range.contains(&version) {
            best = Some((at, version));
        }
    }
    Ok(best.map(|(at, _)| at))
}

/// The highest versions, for a message.
pub(super) fn highest(versions: &[&str]) -> Vec<String> {
    let mut known: Vec<Version> = versions.iter().filter_map(|text| Version::parse(text).ok()).collect();
    known.sort();
    known.reverse();
    known.iter().take(5).map(|version| version.original().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{highest, select};

    const KNOWN: [&str; 5] = ["1.2.0", "2.0.0-rc.1", "1.10.0", "no version", "1.9.9"];

    #[test]
    fn the_highest_in_the_range_is_meant() {
        let chosen = |wanted, devel| select(&KNOWN, wanted, devel).unwrap().map(|at| KNOWN[at]);
        assert_eq!(chosen("", false), Some("1.10.0"));
        assert_eq!(chosen("", true), Some("2.0.0-rc.1"));
        assert_eq!(chosen("~1.2", false), Some("1.2.0"));
        assert_eq!(chosen("<1.10", false), Some("1.9.9"));
        assert_eq!(chosen("2.0.0-rc.1", false), Some("2.0.0-rc.1"));
        assert_eq!(chosen("no version", false), Some("no version"), "the very text goes first");
        assert_eq!(chosen(">=3", false), None);
        assert!(select(&KNOWN, "a || b", false).is_err());
    }

    #[test]
    fn a_message_shows_the_highest_first() {
        assert_eq!(highest(&KNOWN), ["2.0.0-rc.1", "1.10.0", "1.9.9", "1.2.0"]);
    }
}
