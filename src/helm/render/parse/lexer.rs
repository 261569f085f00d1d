//! Cuts a template into tokens, on demand.

use super::token::{Item, Kind};
use crate::helm::render::go;
use crate::helm::render::text;

/// Where the lexer stands in a template.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: usize,
    inside_action: bool,
    failed: bool,
}

/// What one step gives: a token, or the news that another step is needed.
enum Step<'a> {
    Item(Item<'a>),
    Text,
    LeftDelim,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            failed: false,
        }
    }

    /// The next token; `Eof` for ever at the end.
    pub(super) fn next_item(&mut self) -> Item<'a> {
        if self.failed {
            return Item { kind: Kind::Eof, pos: 0, text: b"EOF".as_slice().into(), line: self.start_line };
        }
        if self.inside_action {
            return self.inside();
        }
        let mut step = Step::Text;
        loop {
            step = match step {
                Step::Item(item) => return item,
                Step::Text => self.text(),
                Step::LeftDelim => self.left_delim(),
            };
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        let rest = self.rest();
        (!rest.is_empty()).then(|| text::decode(rest).0)
    }

    fn advance(&mut self) -> Option<char> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let (rune, width) = text::decode(rest);
        self.pos += width;
        if rune == '\n' {
            self.line += 1;
        }
        Some(rune)
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let hit = self.rest().first().is_some_and(|byte| valid.contains(byte));
        if hit {
            self.pos += 1;
        }
        hit
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn emit(&mut self, kind: Kind) -> Item<'a> {
        let item = Item {
            kind,
            pos: self.start,
            text: self.input[self.start..self.pos].into(),
            line: self.start_line,
        };
        self.start = self.pos;
        self.start_line = self.line;
        item
    }

    fn ignore(&mut self) {
        self.line += count_newlines(&self.input[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&mut self, message: String) -> Item<'a> {
        let item = Item {
            kind: Kind::Error,
            pos: self.start,
            text: message.into_bytes().into(),
            line: self.start_line,
        };
        self.failed = true;
        item
    }

    /// Text up to the next action.
    fn text(&mut self) -> Step<'a> {
        let rest = self.rest();
        // Braces are rare, so that looking for one and then at the next is faster than a search for two.
        let mut braces = memchr::memchr_iter(b'{', rest);
        let Some(at) = braces.find(|at| rest.get(at + 1) == Some(&b'{')) else {
            self.pos = self.input.len();
            if self.pos > self.start {
                self.line += count_newlines(&self.input[self.start..self.pos]);
                return Step::Item(self.emit(Kind::Text));
            }
            return Step::Item(Item { text: b"EOF".as_slice().into(), ..self.emit(Kind::Eof) });
        };
        if at > 0 {
            self.pos += at;
            let trimmed = if has_left_trim(&self.input[self.pos + 2..]) {
                let text = &self.input[self.start..self.pos];
                text.len() - trim_end(text).len()
            } else {
                0
            };
            self.pos -= trimmed;
            self.line += count_newlines(&self.input[self.start..self.pos]);
            let item = self.emit(Kind::Text);
            self.pos += trimmed;
            self.ignore();
            if !item.text.is_empty() {
                return Step::Item(item);
            }
        }
        Step::LeftDelim
    }

    fn left_delim(&mut self) -> Step<'a> {
        self.pos += 2;
        let after_marker = if has_left_trim(self.rest()) { 2 } else { 0 };
        if self.input[self.pos + after_marker..].starts_with(b"/*") {
            self.pos += after_marker;
            self.ignore();
            return self.comment();
        }
        let item = self.emit(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.ignore();
        self.paren_depth = 0;
        Step::Item(item)
    }

    fn comment(&mut self) -> Step<'a> {
        self.pos += 2;
        let Some(end) = text::find(self.rest(), b"*/") else {
            return Step::Item(self.error("unclosed comment".to_owned()));
        };
        self.pos += end + 2;
        let Some(trim) = self.right_delim() else {
            return Step::Item(self.error("comment ends before closing delimiter".to_owned()));
        };
        self.pos += if trim { 4 } else { 2 };
        if trim {
            self.pos += self.rest().len() - trim_start(self.rest()).len();
        }
        self.ignore();
        Step::Text
    }

    /// Whether an action ends here, and whether it trims what follows.
    fn right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim(rest) && rest[2..].starts_with(b"}}") {
            return Some(true);
        }
        rest.starts_with(b"}}").then_some(false)
    }

    fn emit_right_delim(&mut self, trim: bool) -> Item<'a> {
        if trim {
            self.pos += 2;
            self.ignore();
        }
        self.pos += 2;
        let item = self.emit(Kind::RightDelim);
        if trim {
            self.pos += self.rest().len() - trim_start(self.rest()).len();
            self.ignore();
        }
        self.inside_action = false;
        item
    }

    fn inside(&mut self) -> Item<'a> {
        if let Some(trim) = self.right_delim() {
            if self.paren_depth == 0 {
                return self.emit_right_delim(trim);
            }
            return self.error("unclosed left paren".to_owned());
        }
        let before = self.pos;
        let Some(rune) = self.advance() else { return self.error("unclosed action".to_owned()) };
        match rune {
            ' ' | '\t' | '\r' | '\n' => {
                self.back_to(before, rune);
                self.space()
            }
            '=' => self.emit(Kind::Assign),
            ':' => {
                if self.advance() == Some('=') {
                    self.emit(Kind::Declare)
                } else {
                    self.error("expected :=".to_owned())
                }
            }
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '`' => self.raw_quoted(),
            '$' => self.field_or_variable(Kind::Variable),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '.' if self.rest().first().is_some_and(|next| !next.is_ascii_digit()) => {
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.back_to(before, rune);
                self.number()
            }
            rune if is_alphanumeric(rune) => {
                self.back_to(before, rune);
                self.identifier()
            }
            '(' => {
                self.paren_depth += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => {
                if self.paren_depth == 0 {
                    return self.error("unexpected right paren".to_owned());
                }
                self.paren_depth -= 1;
                self.emit(Kind::RightParen)
            }
            ' '..='~' => self.emit(Kind::Char),
            rune => self.error(format!("unrecognized character in action: {}", shown_rune(rune))),
        }
    }

    fn back_to(&mut self, pos: usize, rune: char) {
        self.pos = pos;
        if rune == '\n' {
            self.line -= 1;
        }
    }

    /// A run of spaces, of which the last may belong to a trimming delimiter.
    fn space(&mut self) -> Item<'a> {
        let mut count = 0;
        while let Some(&byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.rest().first() {
            self.pos += 1;
            count += 1;
            if byte == b'\n' {
                self.line += 1;
            }
        }
        let last = &self.input[self.pos - 1..];
        if has_right_trim(last) && last[2..].starts_with(b"}}") {
            self.pos -= 1;
            if last[0] == b'\n' {
                self.line -= 1;
            }
            if count == 1 {
                return self.emit_right_delim(true);
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Item<'a> {
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        match &self.input[self.start..self.pos] {
            b"true" | b"false" => self.emit(Kind::Bool),
            word => {
                let kind = Kind::keyword(word).unwrap_or(Kind::Identifier);
                self.emit(kind)
            }
        }
    }

    fn field_or_variable(&mut self, kind: Kind) -> Item<'a> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    /// Letters and digits, of which most are of one byte.
    fn word(&mut self) {
        loop {
            let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            self.pos += self.rest().iter().take_while(plain).count();
            if self.rest().first().is_none_or(u8::is_ascii) || !self.peek().is_some_and(is_alphanumeric) {
                return;
            }
            self.advance();
        }
    }

    fn bad_character(&mut self) -> Item<'a> {
        let shown = self.peek().map_or_else(|| "U+FFFFFFFFFFFFFFFF".to_owned(), shown_rune);
        self.error(format!("bad character {shown}"))
    }

    fn at_terminator(&self) -> bool {
        matches!(
            self.rest().first(),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(')
        ) || self.rest().starts_with(b"}}")
    }

    fn quoted(&mut self, end: char, kind: Kind, problem: &str) -> Item<'a> {
        loop {
            let special = |byte: &u8| *byte == b'\\' || *byte == b'\n' || char::from(*byte) == end;
            let plain = self.rest().iter().position(special);
            self.pos += plain.unwrap_or(self.rest().len());
            match self.advance() {
                Some('\\') => {
                    if matches!(self.advance(), None | Some('\n')) {
                        return self.error(problem.to_owned());
                    }
                }
                None | Some('\n') => return self.error(problem.to_owned()),
                Some(rune) if rune == end => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Item<'a> {
        let Some(at) = memchr::memchr(b'`', self.rest()) else {
            return self.error("unterminated raw quoted string".to_owned());
        };
        self.line += count_newlines(&self.rest()[..at]);
        self.pos += at + 1;
        self.emit(Kind::RawString)
    }

    fn number(&mut self) -> Item<'a> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || self.input[self.pos - 1] != b'i' {
                return self.bad_number();
            }
            return self.emit(Kind::Complex);
        }
        self.emit(Kind::Number)
    }

    fn bad_number(&mut self) -> Item<'a> {
        let shown = go::quote(&self.input[self.start..self.pos]);
        self.error(format!("bad number syntax: {shown}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let (mut decimal, mut hex) = (true, false);
        if self.accept(b"0") {
            if self.accept(b"xX") {
                (digits, decimal, hex) = (b"0123456789abcdefABCDEF_", false, true);
            } else if self.accept(b"oO") {
                (digits, decimal) = (b"01234567_", false);
            } else if self.accept(b"bB") {
                (digits, decimal) = (b"01_", false);
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if (decimal && self.accept(b"eE")) || (hex && self.accept(b"pP")) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }
}

fn shown_rune(rune: char) -> String {
    let code = format!("U+{:04X}", rune as u32);
    if go::is_print(rune) { format!("{code} '{rune}'") } else { code }
}

fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || rune.is_alphabetic() || rune.is_numeric()
}

fn is_trimmed(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn has_left_trim(text: &[u8]) -> bool {
    text.len() >= 2 && text[0] == b'-' && is_trimmed(text[1])
}

fn has_right_trim(text: &[u8]) -> bool {
    text.len() >= 2 && is_trimmed(text[0]) && text[1] == b'-'
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_trimmed(*byte)).map_or(0, |last| last + 1);
    &text[..end]
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_trimmed(*byte)).unwrap_or(text.len());
    &text[start..]
}

fn count_newlines(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}
