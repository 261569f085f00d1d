//! A place in a document of TOML, and what is wrong there.

use crate::helm::render::text::decode;

/// What is wrong, and in which line. Which key was being read is known to the tables.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) line: usize,
    pub(super) message: String,
}

impl Trouble {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Reads rune by rune; whatever may not stand in a document ends it.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    /// The end has been read, and nothing was given back since.
    ended: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1, ended: false }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// What was read since a place; only whole runes are read, so that it is text.
    pub(super) fn since(&self, start: usize) -> &'a str {
        std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default()
    }

    /// The next rune, or none at the end.
    pub(super) fn next(&mut self) -> Result<Option<char>, Trouble> {
        let rest = &self.text[self.at..];
        let Some(&first) = rest.first() else {
            self.ended = true;
            return Ok(None);
        };
        if first == b'\n' {
            self.line += 1;
        }
        let (rune, width) = decode(rest);
        if rune == char::REPLACEMENT_CHARACTER && width == 1 {
            return Err(Trouble::new(self.line, format!("invalid UTF-8 byte: 0x{first:02x}")));
        }
        let is_control = rune.is_ascii_control() && !matches!(rune, '\t' | '\r' | '\n');
        if is_control || (rune == '\r' && rest.get(1) != Some(&b'\n')) {
            let message = format!("TOML files cannot contain control characters: '0x{:02x}'", rune as u32);
            return Err(Trouble::new(self.line, message));
        }
        self.at += width;
        Ok(Some(rune))
    }

    /// Gives the last rune back.
    pub(super) fn back(&mut self) {
        if std::mem::take(&mut self.ended) || self.at == 0 {
            return;
        }
        self.at -= 1;
        while self.at > 0 && self.text[self.at] & 0xc0 == 0x80 {
            self.at -= 1;
        }
        if self.text[self.at] == b'\n' {
            self.line -= 1;
        }
    }

    pub(super) fn peek(&mut self) -> Result<Option<char>, Trouble> {
        let rune = self.next()?;
        self.back();
        Ok(rune)
    }

    /// Takes the next rune if it is this one.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool, Trouble> {
        let is_it = self.next()? == Some(wanted);
        if !is_it {
            self.back();
        }
        Ok(is_it)
    }

    /// Passes over what is of a kind.
    pub(super) fn skip(&mut self, kind: fn(char) -> bool) -> Result<(), Trouble> {
        while self.next()?.is_some_and(kind) {}
        self.back();
        Ok(())
    }

    /// What is wrong right here; at the end it is the last line that has something in it.
    pub(super) fn wrong(&self, message: impl Into<String>) -> Trouble {
        let after_a_line = self.ended && self.at > 0 && self.text[self.at - 1] == b'\n';
        Trouble::new(self.line - usize::from(after_a_line), message)
    }

    /// What is wrong with the end of a line that has just been read.
    pub(super) fn wrong_before(&self, message: impl Into<String>) -> Trouble {
        Trouble::new(self.line - 1, message)
    }
}

pub(super) fn is_space(rune: char) -> bool {
    matches!(rune, ' ' | '\t')
}

pub(super) fn is_break(rune: char) -> bool {
    matches!(rune, '\n' | '\r')
}

/// The rune as Go's `%c` prints it: a NUL at the end.
pub(super) fn shown(rune: Option<char>) -> char {
    rune.unwrap_or('\0')
}
