//! `.helmignore`: which files of a folder do not belong to its chart.

use super::glob::{self, BadPattern};

/// Why a `.helmignore` cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIgnore {
    /// Git knows `**`, Helm does not.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A pattern is none.
    #[error(transparent)]
    Pattern(#[from] BadPattern),
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A folder, whose whole contents go with it.
    Folder,
    /// Anything else.
    File,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    folders_only: bool,
    /// Whether the whole path is compared, or its last part only.
    whole: bool,
}

/// The rules of one chart.
#[derive(Clone, Debug)]
pub struct Ignore {
    rules: Vec<Rule>,
}

impl Ignore {
    /// Reads the file; the rule that hides dotted templates is always there.
    pub fn parse(text: &str) -> Result<Self, BadIgnore> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules =
            text.lines().filter_map(|line| rule(line).transpose()).collect::<Result<Vec<_>, _>>()?;
        rules.extend(rule("templates/.?*")?);
        Ok(Self { rules })
    }

    /// Whether the path, relative to the chart and with slashes, is left out. A rule with `!` leaves out
    /// everything that it does not match: that is what Helm makes of it.
    pub fn leaves_out(&self, path: &str, kind: PathKind) -> bool {
        if path.is_empty() || path == "." || path == "./" {
            return false;
        }
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        for rule in &self.rules {
            // A rule was compared once when it was read, so it can be read.
            let compared = if rule.whole { path } else { name };
            let hit = glob::matches(&rule.pattern, compared).unwrap_or(false);
            let wrong_kind = rule.folders_only && kind != PathKind::Folder;
            if rule.negated {
                if wrong_kind || !hit {
                    return true;
                }
            } else if hit && !wrong_kind {
                return true;
            }
        }
        false
    }
}

fn rule(line: &str) -> Result<Option<Rule>, BadIgnore> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.contains("**") {
        return Err(BadIgnore::DoubleStar);
    }
    glob::matches(line, "abc")?;
    let (line, negated) = line.strip_prefix('!').map_or((line, false), |rest| (rest, true));
    let (line, folders_only) = line.strip_suffix('/').map_or((line, false), |rest| (rest, true));
    let (pattern, whole) = line.strip_prefix('/').map_or((line, line.contains('/')), |rest| (rest, true));
    Ok(Some(Rule { pattern: pattern.to_owned(), negated, folders_only, whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_leave_out_what_helm_leaves_out() {
        use PathKind::{File, Folder};
        for (rules, path, kind, expected) in [
            ("helm.*", "helm.txt", File, true),
            ("*.txt", "cargo/a.txt", File, true),
            ("cargo/*.txt", "mast/a.txt", File, false),
            ("ru[c-e]?er.txt", "rudder.txt", File, true),
            ("", "templates/.dotfile", File, true),
            ("cargo/", "cargo", Folder, true),
            ("cargo/", "cargo", File, false),
            ("!helm.txt", "helm.txt", File, false),
            ("!helm.txt", "tiller.txt", File, true),
            ("/a.txt", "cargo/a.txt", File, false),
            ("/cargo/a.txt", "cargo/a.txt", File, true),
            ("# no\n\n  b.txt  ", "b.txt", File, true),
            ("\u{feff}b.txt", "b.txt", File, true),
        ] {
            assert_eq!(Ignore::parse(rules).unwrap().leaves_out(path, kind), expected, "{rules:?} {path}");
        }
        assert!(Ignore::parse("foo/**/bar").is_err() && Ignore::parse("[z-").is_err());
    }
}
