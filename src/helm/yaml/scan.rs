//! From text to tokens: libyaml's scanner, with its notion of simple keys and indentation.

use std::collections::VecDeque;

use super::characters::{at, break_width, is_blank_or_end, is_break, is_break_or_end, width};
use super::token::{Kind, Token};

/// Where something stands; lines and columns from 0, counted in characters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Why a text is no YAML, in the words of go-yaml.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) line: Option<usize>,
}

impl Fault {
    pub(super) fn new(message: impl AsRef<str>) -> Self {
        Self { message: format!("yaml: {}", message.as_ref()), line: None }
    }

    /// A fault at a line from 1; 0 where go-yaml names none.
    pub(super) fn at_line(line: usize, message: &str) -> Self {
        if line == 0 {
            return Self::new(message);
        }
        Self { message: format!("yaml: line {line}: {message}"), line: Some(line) }
    }
}

/// A place at which a key may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Whether the token is still looked up as a key's. go-yaml forgets that of an empty flow collection.
    listed: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// How deep collections may nest; go-yaml allows 10,000, which no stack of ours holds.
pub(super) const DEEPEST: usize = 500;

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) pos: usize,
    pub(super) mark: Mark,
    pub(super) flow_level: usize,
    /// -1 before the first block collection.
    pub(super) indent: isize,
    pub(super) simple_key_allowed: bool,
    indents: Vec<isize>,
    keys: Vec<SimpleKey>,
    tokens: VecDeque<Token>,
    /// Whether the first token can no longer turn out to be a key.
    settled: bool,
    taken: usize,
}

type Result<T, E = Fault> = std::result::Result<T, E>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            pos: 0,
            mark: Mark::default(),
            flow_level: 0,
            indent: -1,
            simple_key_allowed: true,
            indents: Vec::new(),
            keys: vec![SimpleKey::default()],
            tokens: VecDeque::new(),
            settled: false,
            taken: 0,
        }
    }

    /// The next token, left where it is.
    pub(super) fn peek(&mut self) -> Result<&Token> {
        while !self.settled {
            let head = self.taken;
            let mut wanted = self.tokens.is_empty();
            if !wanted {
                // The head may yet turn out to be a key.
                for level in 0..self.keys.len() {
                    if self.keys[level].listed && self.keys[level].token == head {
                        wanted = self.is_key_valid(level)?;
                        break;
                    }
                }
            }
            if wanted {
                self.fetch()?;
            } else {
                self.settled = true;
            }
        }
        Ok(&self.tokens[0])
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) -> Option<Token> {
        self.taken += 1;
        self.settled = false;
        self.tokens.pop_front()
    }

    pub(super) fn byte(&self, offset: usize) -> u8 {
        at(self.text, self.pos + offset)
    }

    pub(super) fn skip(&mut self) {
        self.mark.index += 1;
        self.mark.column += 1;
        self.pos += width(self.byte(0));
    }

    pub(super) fn skip_line(&mut self) {
        if self.byte(0) == b'\r' && self.byte(1) == b'\n' {
            self.pos += 1;
            self.mark.index += 1;
        }
        self.pos += break_width(self.text, self.pos);
        self.mark.index += 1;
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// How many bytes from here on belong to the class, which must be one of characters of ASCII.
    pub(super) fn run(&self, class: impl Fn(u8) -> bool) -> usize {
        self.text[self.pos.min(self.text.len())..].iter().take_while(|byte| class(**byte)).count()
    }

    /// Steps over so many characters of ASCII.
    pub(super) fn skip_run(&mut self, count: usize) {
        self.mark.index += count;
        self.mark.column += count;
        self.pos += count;
    }

    /// Copies so many characters of ASCII.
    pub(super) fn read_run(&mut self, count: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text[self.pos..self.pos + count]);
        self.skip_run(count);
    }

    /// Copies a character.
    pub(super) fn read(&mut self, out: &mut Vec<u8>) {
        let end = (self.pos + width(self.byte(0))).min(self.text.len());
        out.extend_from_slice(&self.text[self.pos..end]);
        self.pos = end;
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Copies a line break; all but the two of Unicode become a line feed.
    pub(super) fn read_line(&mut self, out: &mut Vec<u8>) {
        match break_width(self.text, self.pos) {
            0 => return,
            3 => out.extend_from_slice(&self.text[self.pos..self.pos + 3]),
            _ => out.push(b'\n'),
        }
        self.skip_line();
    }

    pub(super) fn fault(&self, message: &str) -> Fault {
        let line = self.mark.line;
        Fault::at_line(if line == 0 { 0 } else { line + 1 }, message)
    }

    pub(super) fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!(self.text.get(self.pos..self.pos + 3), Some(b"---" | b"..."))
            && is_blank_or_end(self.text, self.pos + 3)
    }

    fn push(&mut self, kind: Kind, mark: Mark) {
        self.tokens.push_back(Token { kind, line: mark.line });
    }

    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.unroll(self.mark.column.cast_signed());
        let first = self.byte(0);
        let flow = self.flow_level > 0;
        let alone = is_blank_or_end(self.text, self.pos + 1);
        if first == 0 {
            return self.stream_end();
        }
        if self.mark.column == 0 && first == b'%' {
            self.unroll(-1);
            self.remove_key()?;
            self.simple_key_allowed = false;
            let mark = self.mark;
            let kind = self.directive()?;
            self.push(kind, mark);
            return Ok(());
        }
        if self.is_document_indicator() {
            return self.document_indicator(first);
        }
        match first {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.simple_key_allowed = true;
                self.indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if alone => self.block_entry(),
            b'?' if flow || alone => self.key(),
            b':' if flow || alone => self.value(),
            b'*' | b'&' => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.mark;
                let kind = self.anchor(first == b'*')?;
                self.push(kind, mark);
                Ok(())
            }
            b'!' => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.mark;
                let kind = self.tag()?;
                self.push(kind, mark);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.remove_key()?;
                self.simple_key_allowed = true;
                let mark = self.mark;
                let text = self.block_scalar(first == b'|')?;
                self.push(Kind::Scalar { text, is_plain: false }, mark);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.mark;
                let text = self.quoted_scalar(first == b'\'')?;
                self.push(Kind::Scalar { text, is_plain: false }, mark);
                Ok(())
            }
            _ if self.starts_plain(first, alone) => {
                self.save_key()?;
                self.simple_key_allowed = false;
                let mark = self.mark;
                let text = self.plain_scalar()?;
                self.push(Kind::Scalar { text, is_plain: true }, mark);
                Ok(())
            }
            _ => Err(self.fault("found character that cannot start any token")),
        }
    }

    fn starts_plain(&self, first: u8, alone: bool) -> bool {
        match first {
            b'-' => !matches!(self.byte(1), b' ' | b'\t'),
            b'?' | b':' => self.flow_level == 0 && !alone,
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
            | b'%' | b'@' | b'`' => false,
            _ => !is_blank_or_end(self.text, self.pos),
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            if self.mark.column == 0
                && self.text[self.pos.min(self.text.len())..].starts_with(b"\xEF\xBB\xBF")
            {
                self.skip();
            }
            self.skip_run(self.run(|byte| byte == b' '));
            while self.byte(0) == b' '
                || (self.byte(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed))
            {
                self.skip();
            }
            if self.byte(0) == b'#' {
                self.skip_run(self.run(|byte| matches!(byte, b' '..=b'~')));
                while !is_break_or_end(self.text, self.pos) {
                    self.skip();
                }
            }
            if !is_break(self.text, self.pos) {
                return;
            }
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn is_key_valid(&mut self, level: usize) -> Result<bool> {
        let key = self.keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + 1024 < self.mark.index {
            if key.required {
                return Err(self.fault("could not find expected ':'"));
            }
            self.keys[level].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_key(&mut self) -> Result<()> {
        let required = self.flow_level == 0 && self.indent == self.mark.column.cast_signed();
        if self.simple_key_allowed {
            self.remove_key()?;
            let token = self.taken + self.tokens.len();
            if let Some(last) = self.keys.last_mut() {
                *last = SimpleKey { possible: true, listed: true, required, token, mark: self.mark };
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Result<()> {
        match self.keys.last_mut() {
            Some(key) if key.possible => {
                if key.required {
                    return Err(self.fault("could not find expected ':'"));
                }
                key.possible = false;
                key.listed = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Opens a block collection where the column lies deeper than the last; `token` is where it starts.
    fn roll(&mut self, column: usize, token: Option<usize>, kind: Kind, mark: Mark) -> Result<()> {
        let column = column.cast_signed();
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEEPEST {
            return Err(self.fault("exceeded max depth of 10000"));
        }
        self.insert(token, kind, mark);
        Ok(())
    }

    /// Puts a token before another, or behind all of them where that one was taken already.
    fn insert(&mut self, before: Option<usize>, kind: Kind, mark: Mark) {
        let place = before.and_then(|token| token.checked_sub(self.taken)).unwrap_or(self.tokens.len());
        self.tokens.insert(place, Token { kind, line: mark.line });
    }

    fn unroll(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn stream_end(&mut self) -> Result<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll(-1);
        self.remove_key()?;
        self.simple_key_allowed = false;
        self.push(Kind::StreamEnd, self.mark);
        Ok(())
    }

    fn document_indicator(&mut self, first: u8) -> Result<()> {
        self.unroll(-1);
        self.remove_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        for _ in 0..3 {
            self.skip();
        }
        self.push(if first == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd }, mark);
        Ok(())
    }

    fn indicator(&mut self, kind: Kind) {
        let mark = self.mark;
        self.skip();
        self.push(kind, mark);
    }

    fn flow_start(&mut self, kind: Kind) -> Result<()> {
        self.save_key()?;
        let token = self.taken + self.tokens.len();
        self.keys.push(SimpleKey { token, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > DEEPEST {
            return Err(self.fault("exceeded max depth of 10000"));
        }
        self.simple_key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Result<()> {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.keys.pop().unwrap_or_default();
            if let Some(outer) = self.keys.last_mut()
                && outer.token == inner.token
            {
                outer.listed = false;
            }
        }
        self.simple_key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fault("block sequence entries are not allowed in this context"));
            }
            self.roll(self.mark.column, None, Kind::BlockSequenceStart, self.mark)?;
        }
        self.remove_key()?;
        self.simple_key_allowed = true;
        self.indicator(Kind::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fault("mapping keys are not allowed in this context"));
            }
            self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
        }
        self.remove_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.indicator(Kind::Key);
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        let level = self.keys.len() - 1;
        if self.is_key_valid(level)? {
            let key = self.keys[level];
            self.insert(Some(key.token), Kind::Key, key.mark);
            self.roll(key.mark.column, Some(key.token), Kind::BlockMappingStart, key.mark)?;
            self.keys[level].possible = false;
            self.keys[level].listed = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.fault("mapping values are not allowed in this context"));
                }
                self.roll(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.indicator(Kind::Value);
        Ok(())
    }
}
