//! A document of TOML: its tables, keys, lists and tables in braces.

use super::DEEPEST;
use super::cursor::{Cursor, Trouble, is_break, is_space, shown};
use super::scalars::{line_text, scalar};
use super::tables::Tables;
use crate::helm::render::datum::{Datum, Map, MapKind, Pairs};
use crate::helm::render::go::{quote, quote_rune};

/// Reads a document.
///
/// # Errors
///
/// What is wrong, in which line, and behind which key.
pub(crate) fn read(text: &[u8]) -> Result<Datum, String> {
    let marks: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
    let text = marks.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text);
    if text.iter().take(6).any(|byte| *byte == 0) {
        return Err("toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must \
                    be UTF-8"
            .to_owned());
    }
    let mut reader = Reader { cursor: Cursor::new(text), tables: Tables::new() };
    match reader.document() {
        Ok(()) => Ok(Datum::Map(reader.tables.root())),
        Err(Trouble { line, message }) => {
            let key = reader.tables.last_key();
            let behind = if key.is_empty() { key } else { format!(" (last key {})", quote(key.as_bytes())) };
            Err(format!("toml: line {line}{behind}: {message}"))
        }
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    tables: Tables,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Trouble> {
        loop {
            match self.cursor.next()? {
                None => return Ok(()),
                Some(rune) if is_space(rune) || is_break(rune) => {}
                Some('#') => self.comment()?,
                Some('[') => {
                    self.heading()?;
                    self.line_end()?;
                }
                Some(_) => {
                    self.cursor.back();
                    self.line()?;
                    self.line_end()?;
                }
            }
        }
    }

    fn comment(&mut self) -> Result<(), Trouble> {
        self.cursor.skip(|rune| !is_break(rune))
    }

    /// What may follow on the same line.
    fn line_end(&mut self) -> Result<(), Trouble> {
        self.cursor.skip(is_space)?;
        match self.cursor.next()? {
            None => {
                self.cursor.back();
                Ok(())
            }
            Some('#') => self.comment(),
            Some(rune) if is_break(rune) => Ok(()),
            Some(rune) => Err(self.cursor.wrong(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                quote_rune(rune)
            ))),
        }
    }

    /// `[a.b]` or `[[a.b]]`; the first bracket has been read.
    fn heading(&mut self) -> Result<(), Trouble> {
        let in_list = self.cursor.accept('[')?;
        let mut key = Vec::new();
        loop {
            self.cursor.skip(is_space)?;
            match self.cursor.peek()? {
                Some(']') | None => {
                    return Err(self
                        .cursor
                        .wrong("unexpected end of table name (table names cannot be empty)"));
                }
                Some('.') => {
                    return Err(self
                        .cursor
                        .wrong("unexpected table separator (table names cannot be empty)"));
                }
                Some(_) => {}
            }
            let part = self.part(key.is_empty())?;
            key.push(part);
            self.cursor.skip(is_space)?;
            match self.cursor.next()? {
                Some('.') => {}
                Some(']') => break,
                rune => {
                    let rune = quote_rune(shown(rune));
                    let message = format!("expected '.' or ']' to end table name, but got {rune} instead");
                    return Err(self.cursor.wrong(message));
                }
            }
        }
        if in_list {
            let rune = self.cursor.next()?;
            if rune != Some(']') {
                let rune = quote_rune(shown(rune));
                let message =
                    format!("expected end of table array name delimiter ']', but got {rune} instead");
                return Err(self.cursor.wrong(message));
            }
        }
        self.tables.enter(&key, in_list)
    }

    /// One part of a key, bare or in quotes.
    fn part(&mut self, is_first: bool) -> Result<String, Trouble> {
        let part = if let Some(mark @ ('"' | '\'')) = self.cursor.peek()? {
            self.cursor.next()?;
            line_text(&mut self.cursor, mark)?
        } else {
            let start = self.cursor.at();
            self.cursor.skip(|rune| rune.is_ascii_alphanumeric() || matches!(rune, '_' | '-'))?;
            self.cursor.since(start).to_owned()
        };
        if is_first {
            self.tables.line = self.cursor.line();
        }
        Ok(part)
    }

    /// A key up to its equals sign.
    fn key(&mut self) -> Result<Vec<String>, Trouble> {
        self.cursor.skip(is_space)?;
        match self.cursor.peek()? {
            Some('=') | None => return Err(self.cursor.wrong("unexpected '=': key name appears blank")),
            Some('.') => return Err(self.cursor.wrong("unexpected '.': keys cannot start with a '.'")),
            Some(_) => {}
        }
        let mut key = Vec::new();
        loop {
            self.cursor.skip(is_space)?;
            match self.cursor.peek()? {
                Some('=') | None => return Err(self.cursor.wrong("unexpected '='")),
                Some('.') => return Err(self.cursor.wrong("unexpected '.'")),
                Some(_) => {}
            }
            let part = self.part(key.is_empty())?;
            key.push(part);
            self.cursor.skip(is_space)?;
            match self.cursor.next()? {
                Some('.') => {}
                Some('=') => return Ok(key),
                None => return Err(self.cursor.wrong("unexpected EOF; expected key separator '='")),
                Some('\n') => {
                    return Err(self.cursor.wrong_before("expected '.' or '=', but got '\\n' instead"));
                }
                Some(rune) => {
                    let rune = quote_rune(rune);
                    return Err(self.cursor.wrong(format!("expected '.' or '=', but got {rune} instead")));
                }
            }
        }
    }

    /// A key and its value in the table of the last heading.
    fn line(&mut self) -> Result<(), Trouble> {
        let outer = self.tables.context.clone();
        self.pair(None, 0)?;
        self.tables.context = outer;
        self.tables.key.clear();
        Ok(())
    }

    /// A key and its value; in braces the table there gets it too.
    fn pair(&mut self, braces: Option<&Map>, depth: usize) -> Result<(), Trouble> {
        let mut key = self.key()?;
        self.tables.key = key.pop().unwrap_or_default();
        for part in &key {
            self.tables.imply(part)?;
        }
        let (value, is_list) = self.value(false, depth)?;
        let name = self.tables.key.clone();
        self.tables.set(&name, value.clone())?;
        self.tables.note(is_list);
        braces.map_or(Ok(()), |table| self.tables.put(table, &key, value))
    }

    /// A value, and whether it is a list.
    fn value(&mut self, in_list: bool, depth: usize) -> Result<(Datum, bool), Trouble> {
        if depth > DEEPEST {
            return Err(self.cursor.wrong("values are nested too deep"));
        }
        self.cursor.skip(is_space)?;
        match self.cursor.peek()? {
            Some('[') => {
                self.cursor.next()?;
                self.list(depth).map(|list| (list, true))
            }
            Some('{') => {
                self.cursor.next()?;
                self.braces(in_list, depth).map(|table| (table, false))
            }
            _ => scalar(&mut self.cursor).map(|value| (value, false)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Datum, Trouble> {
        self.tables.note(true);
        let mut items = Vec::new();
        loop {
            match self.cursor.next()? {
                Some(rune) if is_space(rune) || is_break(rune) => continue,
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => return Err(self.cursor.wrong("unexpected comma")),
                Some(']') => return Ok(Datum::list(items)),
                _ => self.cursor.back(),
            }
            items.push(self.value(true, depth + 1)?.0);
            loop {
                match self.cursor.next()? {
                    Some(rune) if is_space(rune) || is_break(rune) => {}
                    Some('#') => self.comment()?,
                    Some(',') => break,
                    Some(']') => return Ok(Datum::list(items)),
                    rune => {
                        let message = "expected a comma (',') or array terminator (']'), but got ";
                        return Err(self.cursor.wrong(format!("{message}{}", rune_or_end(rune))));
                    }
                }
            }
        }
    }

    fn braces(&mut self, in_list: bool, depth: usize) -> Result<Datum, Trouble> {
        let table = Map::new(MapKind::Any, Pairs::new());
        let (outer, outer_key) = (self.tables.context.clone(), self.tables.key.clone());
        self.tables.enter_inline(in_list)?;
        let within = self.tables.context.clone();
        while self.another_pair()? {
            self.pair(Some(&table), depth + 1)?;
            self.tables.context.clone_from(&within);
            if !self.pair_end()? {
                break;
            }
        }
        (self.tables.context, self.tables.key) = (outer, outer_key);
        Ok(Datum::Map(table))
    }

    /// Whether a pair comes before the brace that closes.
    fn another_pair(&mut self) -> Result<bool, Trouble> {
        loop {
            match self.cursor.next()? {
                Some(rune) if is_space(rune) || is_break(rune) => {}
                Some('#') => self.comment()?,
                Some(',') => return Err(self.cursor.wrong("unexpected comma")),
                Some('}') => return Ok(false),
                _ => {
                    self.cursor.back();
                    return Ok(true);
                }
            }
        }
    }

    /// Whether a comma comes before the brace that closes.
    fn pair_end(&mut self) -> Result<bool, Trouble> {
        loop {
            match self.cursor.next()? {
                Some(rune) if is_space(rune) || is_break(rune) => {}
                Some('#') => self.comment()?,
                Some(',') => return Ok(true),
                Some('}') => return Ok(false),
                rune => {
                    let rune = rune_or_end(rune);
                    let message = format!(
                        "expected a comma or an inline table terminator '}}', but got {rune} instead"
                    );
                    return Err(self.cursor.wrong(message));
                }
            }
        }
    }
}

fn rune_or_end(rune: Option<char>) -> String {
    rune.map_or_else(|| "end of file".to_owned(), |rune| format!("'{rune}'"))
}
