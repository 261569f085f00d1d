//! An expression by RE2's rules, written anew for the crate.

use super::class::{bracketed, perl, unicode};
use super::escape::{escaped, put};
use super::fault::{Fault, NAME, NO_PAREN, PAREN, PERL, REPEAT_COUNT, REPEATED_REPEAT};
use super::groups::{Flags, Groups};

/// The largest count of a repetition.
const MOST: u32 = 1000;

/// The expression for the crate, and the names of its groups.
pub(super) fn translate(source: &str) -> Result<(String, Vec<String>), Fault> {
    let mut parser = Parser {
        source,
        rest: source,
        out: String::with_capacity(source.len() * 2),
        names: Vec::new(),
        flags: Flags::default(),
        groups: Groups::new(),
    };
    // The operator right before, with all that follows it.
    let mut last_repeat = "";
    while !parser.rest.is_empty() {
        let before = parser.rest;
        let repeats = parser.piece(last_repeat)?;
        last_repeat = if repeats { before } else { "" };
    }
    if parser.groups.is_open() {
        return Err(Fault::new(NO_PAREN, source));
    }
    Ok((parser.out, parser.names))
}

struct Parser<'a> {
    source: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<String>,
    flags: Flags,
    groups: Groups,
}

impl<'a> Parser<'a> {
    /// Reads one piece; whether it was a repetition.
    fn piece(&mut self, last_repeat: &str) -> Result<bool, Fault> {
        let text = self.rest;
        let first = text.chars().next().unwrap_or_default();
        self.rest = &text[first.len_utf8()..];
        match first {
            '(' if self.rest.starts_with('?') => self.perl_group(text)?,
            '(' => {
                self.groups.open(self.flags, self.source)?;
                self.names.push(String::new());
                self.out.push('(');
            }
            ')' => {
                self.flags = self.groups.close().ok_or_else(|| Fault::new(PAREN, self.source))?;
                self.out.push(')');
            }
            '|' => {
                self.groups.branch();
                self.out.push('|');
            }
            '^' => self.atom(if self.flags.lines { "(?m:^)" } else { "\\A" }),
            '$' => self.atom(if self.flags.lines { "(?m:$)" } else { "\\z" }),
            '.' => self.atom(if self.flags.dot_breaks { "(?s:.)" } else { "[^\\n]" }),
            '[' => {
                let (class, rest) = bracketed(text)?;
                self.folded(&class);
                self.rest = rest;
            }
            '*' | '+' | '?' => {
                self.repeat(text, &first.to_string(), None, last_repeat)?;
                return Ok(true);
            }
            '{' => return self.braces(text, last_repeat),
            '\\' => self.backslash(text)?,
            rune => self.literal(u32::from(rune)),
        }
        Ok(false)
    }

    /// Something that can be repeated.
    fn atom(&mut self, written: &str) {
        self.groups.atom();
        self.out.push_str(written);
    }

    /// The same, in which case may not count.
    fn folded(&mut self, written: &str) {
        if self.flags.fold {
            self.atom(&format!("(?i:{written})"));
        } else {
            self.atom(written);
        }
    }

    fn literal(&mut self, number: u32) {
        let mut written = String::new();
        match char::from_u32(number) {
            Some(_) => put(&mut written, number),
            // The number of no rune: nothing is one.
            None => written.push_str("[^\\x00-\\x{10ffff}]"),
        }
        self.folded(&written);
    }

    fn repeat(
        &mut self,
        text: &'a str,
        operator: &str,
        times: Option<(u32, Option<u32>)>,
        last_repeat: &str,
    ) -> Result<(), Fault> {
        let lazy = self.rest.strip_prefix('?');
        self.rest = lazy.unwrap_or(self.rest);
        if !last_repeat.is_empty() {
            return Err(Fault::new(REPEATED_REPEAT, &last_repeat[..last_repeat.len() - self.rest.len()]));
        }
        self.groups.repeat(times, &text[..text.len() - self.rest.len()])?;
        self.out.push_str(operator);
        if lazy.is_some() != self.flags.lazy {
            self.out.push('?');
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,3}`, or a brace that stands for itself.
    fn braces(&mut self, text: &'a str, last_repeat: &str) -> Result<bool, Fault> {
        let Some((least, most, rest)) = counts(text) else {
            self.literal(u32::from('{'));
            return Ok(false);
        };
        let operator = &text[..text.len() - rest.len()];
        let fits = |count: u32| count <= MOST;
        if !fits(least) || !most.is_none_or(|most| fits(most) && least <= most) {
            return Err(Fault::new(REPEAT_COUNT, operator));
        }
        self.rest = rest;
        self.repeat(text, operator, Some((least, most)), last_repeat)?;
        Ok(true)
    }

    fn backslash(&mut self, text: &'a str) -> Result<(), Fault> {
        let after = text.get(2..).unwrap_or_default();
        match text.as_bytes().get(1) {
            Some(b'A') => self.atom("\\A"),
            Some(b'b') => self.atom("(?-u:\\b)"),
            Some(b'B') => self.atom("(?-u:\\B)"),
            Some(b'z') => self.atom("\\z"),
            Some(b'C') => return Err(Fault::new(super::fault::ESCAPE, "\\C")),
            Some(b'Q') => {
                let (literal, after) = after.split_once("\\E").unwrap_or((after, ""));
                for rune in literal.chars() {
                    self.literal(u32::from(rune));
                }
                self.rest = after;
                return Ok(());
            }
            _ => {
                let class = match unicode(text)? {
                    Some(class) => Some(class),
                    None => perl(text).map(|(class, rest)| (class.to_owned(), rest)),
                };
                if let Some((class, rest)) = class {
                    self.folded(&class);
                    self.rest = rest;
                } else {
                    let (number, rest) = escaped(text)?;
                    self.literal(number);
                    self.rest = rest;
                }
                return Ok(());
            }
        }
        self.rest = after;
        Ok(())
    }

    /// `(?i)`, `(?i:…)`, `(?P<name>…)`, `(?<name>…)`.
    fn perl_group(&mut self, text: &'a str) -> Result<(), Fault> {
        let named = text.strip_prefix("(?<").filter(|rest| !rest.is_empty());
        if let Some(body) = named.or_else(|| text.strip_prefix("(?P<").filter(|rest| !rest.is_empty())) {
            let end = body.find('>').ok_or_else(|| Fault::new(NAME, text))?;
            let (name, rest) = (&body[..end], &body[end + 1..]);
            let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(Fault::new(NAME, &text[..text.len() - rest.len()]));
            }
            self.groups.open(self.flags, self.source)?;
            self.names.push(name.to_owned());
            self.out.push('(');
            self.rest = rest;
            return Ok(());
        }
        let mut flags = self.flags;
        let (mut sets, mut has_flag) = (true, true);
        let mut runes = text[2..].chars();
        while let Some(rune) = runes.next() {
            match rune {
                'i' => flags.fold = sets,
                'm' => flags.lines = sets,
                's' => flags.dot_breaks = sets,
                'U' => flags.lazy = sets,
                '-' if sets => {
                    (sets, has_flag) = (false, false);
                    continue;
                }
                ':' | ')' if has_flag => {
                    if rune == ':' {
                        self.groups.open(self.flags, self.source)?;
                        self.out.push_str("(?:");
                    }
                    self.flags = flags;
                    self.rest = runes.as_str();
                    return Ok(());
                }
                _ => return Err(Fault::new(PERL, &text[..text.len() - runes.as_str().len()])),
            }
            has_flag = true;
        }
        Err(Fault::new(PERL, text))
    }
}

/// The counts of `{…}` and what follows; too large a number counts as one that is refused.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (least, rest) = number(&text[1..])?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(most, rest)| (Some(most), rest))?,
    };
    Some((least, most, rest.strip_prefix('}')?))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || (digits > 1 && text.starts_with('0')) {
        return None;
    }
    let (digits, rest) = text.split_at(digits);
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}
