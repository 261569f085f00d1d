//! Regular expressions as Go has them: RE2's syntax and its errors, matched by the crate `regex`.
//!
//! The two are close, but not the same: `[\w-.]`, names of groups, `\z`, ASCII in `\d`, `\w`, `\s` and `\b`, set
//! operations, repeated operators. So an expression is read here by RE2's rules and written anew for the crate.

mod class;
mod escape;
mod fault;
mod groups;
mod parse;
#[cfg(test)]
mod tests;

use regex::bytes::{Captures, Match, Regex, RegexBuilder};

pub(crate) use fault::Fault;

/// How much memory a compiled expression may take, in bytes.
const LARGEST: usize = 64 << 20;
/// How deep groups may nest; RE2 says 1,000, and each rune may be a group here.
const DEEPEST: u32 = 4000;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Expression {
    regex: Regex,
    source: String,
    /// The names of the groups, empty where one has none. More than one may have the same.
    names: Vec<String>,
}

impl Expression {
    /// Reads and compiles an expression.
    ///
    /// # Errors
    ///
    /// What RE2 has against it.
    pub(crate) fn new(source: &[u8]) -> Result<Self, Fault> {
        let text = match std::str::from_utf8(source) {
            Ok(text) => text,
            Err(error) => {
                let rest = &source[error.valid_up_to()..];
                return Err(Fault::new(fault::UTF8, String::from_utf8_lossy(rest)));
            }
        };
        let (written, names) = parse::translate(text)?;
        let built = RegexBuilder::new(&written).size_limit(LARGEST).nest_limit(DEEPEST).build();
        let regex = built.map_err(|_| Fault::new(fault::LARGE, text))?;
        Ok(Self { regex, source: text.to_owned(), names })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn is_match(&self, subject: &[u8]) -> bool {
        self.regex.is_match(subject)
    }

    pub(crate) fn find<'h>(&self, subject: &'h [u8]) -> Option<Match<'h>> {
        self.regex.find(subject)
    }

    pub(crate) fn find_iter<'r, 'h>(
        &'r self,
        subject: &'h [u8],
    ) -> impl Iterator<Item = Match<'h>> + use<'r, 'h> {
        self.regex.find_iter(subject)
    }

    pub(crate) fn captures_iter<'r, 'h>(
        &'r self,
        subject: &'h [u8],
    ) -> impl Iterator<Item = Captures<'h>> + use<'r, 'h> {
        self.regex.captures_iter(subject)
    }

    /// What the first group of that name that took part has matched.
    pub(crate) fn named<'h>(&self, captures: &Captures<'h>, name: &str) -> Option<Match<'h>> {
        let with_name = self.names.iter().enumerate().filter(|(_, one)| *one == name);
        with_name.map(|(index, _)| index + 1).find_map(|index| captures.get(index))
    }
}
