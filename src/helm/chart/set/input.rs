//! The letters of a line, read one after another.

/// Where a line is being read.
#[derive(Clone, Debug)]
pub(super) struct Input<'a> {
    rest: &'a str,
}

/// Letters up to one that ends them.
#[derive(Debug)]
pub(super) struct Run {
    /// What was read, without the letter that ended it.
    pub(super) text: String,
    /// The letter that ended it; none at the end of the line.
    pub(super) end: Option<char>,
}

/// What a backslash does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backslash {
    /// The next letter has no meaning of its own.
    Escapes,
    /// It is a letter like others.
    IsText,
}

impl<'a> Input<'a> {
    pub(super) const fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes the letter if it is the next one.
    pub(super) fn takes(&mut self, letter: char) -> bool {
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn until(&mut self, stops: &[char], backslash: Backslash) -> Run {
        let mut text = String::new();
        while let Some(letter) = self.next() {
            if stops.contains(&letter) {
                return Run { text, end: Some(letter) };
            }
            if letter == '\\' && backslash == Backslash::Escapes {
                match self.next() {
                    Some(next) => text.push(next),
                    None => break,
                }
            } else {
                text.push(letter);
            }
        }
        Run { text, end: None }
    }
}
