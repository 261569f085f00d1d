//! libyaml's emitter for block style: indentation, the style of scalars, folding at 80 columns.

use super::characters::{at, is_blank, is_blank_or_end, is_break, is_printable};
use super::resolve::Dialect;

/// The column beyond which a space becomes a line break; version 3 of go-yaml has none.
const WIDTH: usize = 80;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Root,
    Item,
    Key,
    /// A key that needs a `?` and a line of its own.
    LongKey,
    Value,
}

/// How a scalar is asked to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

#[derive(Debug)]
pub(super) struct Emitter {
    pub(super) out: Vec<u8>,
    pub(super) dialect: Dialect,
    pub(super) indent: Option<usize>,
    column: usize,
    whitespace: bool,
    indention: bool,
}

impl Emitter {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { out: Vec::new(), dialect, indent: None, column: 0, whitespace: true, indention: true }
    }

    pub(super) fn finish(mut self) -> String {
        self.indent = None;
        self.write_indent();
        // Only whole strings were copied.
        String::from_utf8(self.out).unwrap_or_default()
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        // Version 3 treats a new line as indentation where version 2 does so by hand.
        if self.dialect == Dialect::V3 {
            self.indention = true;
        }
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(b' ');
        }
        self.whitespace = true;
        if self.dialect == Dialect::V2 {
            self.indention = true;
        }
    }

    fn indicator(&mut self, text: &str, need_space: bool, is_space: bool, is_indention: bool) {
        if need_space && !self.whitespace {
            self.put(b' ');
        }
        for byte in text.bytes() {
            self.put(byte);
        }
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }

    pub(super) fn empty(&mut self, brackets: [&str; 2]) {
        self.indicator(brackets[0], true, true, false);
        self.indicator(brackets[1], false, false, false);
    }

    /// Goes one level deeper; gives the level to come back to.
    pub(super) fn enter_mapping(&mut self, context: Context) -> Option<usize> {
        let before = self.indent;
        self.indent = Some(self.deeper(context));
        before
    }

    pub(super) fn enter_sequence(&mut self, context: Context) -> Option<usize> {
        let before = self.indent;
        let is_indentless = self.dialect == Dialect::V2
            && matches!(context, Context::Value | Context::LongKey)
            && !self.indention;
        self.indent = Some(match before {
            Some(indent) if is_indentless => indent,
            _ => self.deeper(context),
        });
        before
    }

    fn deeper(&self, context: Context) -> usize {
        match (self.indent, self.dialect) {
            (None, _) => 0,
            (Some(indent), Dialect::V3) if context != Context::Item => 2 * usize::midpoint(indent, 2),
            (Some(indent), _) => indent + 2,
        }
    }

    pub(super) fn item(&mut self) {
        self.write_indent();
        self.indicator("-", true, false, true);
    }

    /// Starts a key; it is written on the line of its value where it is short.
    pub(super) fn key(&mut self, text: &str) -> Context {
        self.write_indent();
        let is_multiline = !is_simple(text) && (0..text.len()).any(|at| is_break(text.as_bytes(), at));
        if !is_multiline && text.len() <= 128 {
            return Context::Key;
        }
        self.indicator("?", true, false, true);
        Context::LongKey
    }

    /// Ends a key.
    pub(super) fn colon(&mut self, context: Context) {
        if context == Context::Key {
            self.indicator(":", false, false, false);
        } else {
            self.write_indent();
            self.indicator(":", true, false, true);
        }
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, context: Context) {
        let before = self.indent;
        self.indent = Some(before.map_or(2, |indent| match self.dialect {
            Dialect::V3 if context != Context::Item => 2 * usize::midpoint(indent, 2),
            _ => indent + 2,
        }));
        let breaks = context != Context::Key;
        match self.choose(text, style, context) {
            Style::Plain => self.plain(text, breaks),
            Style::SingleQuoted => self.single_quoted(text, breaks),
            Style::DoubleQuoted => self.double_quoted(text, breaks),
            Style::Literal => self.literal(text),
        }
        self.indent = before;
    }

    fn choose(&self, text: &str, style: Style, context: Context) -> Style {
        let allowed = Allowed::new(text, self.dialect);
        let is_key = context == Context::Key;
        let mut style = style;
        if is_key && allowed.multiline {
            style = Style::DoubleQuoted;
        }
        if style == Style::Plain && (!allowed.plain || (text.is_empty() && is_key)) {
            style = Style::SingleQuoted;
        }
        if style == Style::SingleQuoted && !allowed.single_quoted {
            style = Style::DoubleQuoted;
        }
        if style == Style::Literal && (!allowed.block || is_key) {
            style = Style::DoubleQuoted;
        }
        style
    }

    fn folds(&self) -> bool {
        self.dialect == Dialect::V2 && self.column > WIDTH
    }

    /// Copies a run of bytes that holds no break; columns count characters.
    fn copy(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.column += bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    }

    fn plain(&mut self, text: &str, breaks: bool) {
        if !self.whitespace && (!text.is_empty() || self.dialect == Dialect::V2) {
            self.put(b' ');
        }
        self.words(text, breaks, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, breaks: bool) {
        self.indicator("'", true, false, false);
        self.words(text, breaks, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn words(&mut self, text: &str, breaks: bool, quoted: bool) {
        let bytes = text.as_bytes();
        if is_simple(text) {
            self.out.extend_from_slice(bytes);
            self.column += bytes.len();
            self.indention &= bytes.is_empty();
            return;
        }
        let (mut in_spaces, mut in_breaks) = (false, false);
        let mut pos = 0;
        for rune in text.chars() {
            let next = pos + rune.len_utf8();
            if rune == ' ' {
                let inside = !quoted || (pos > 0 && pos < bytes.len() - 1);
                if breaks && !in_spaces && self.folds() && inside && at(bytes, pos + 1) != b' ' {
                    self.write_indent();
                } else {
                    self.put(b' ');
                }
                in_spaces = true;
            } else if is_break(bytes, pos) {
                if !in_breaks && rune == '\n' {
                    self.put_break();
                }
                self.write_break(rune);
                self.indention = true;
                in_breaks = true;
            } else {
                if in_breaks {
                    self.write_indent();
                }
                if quoted && rune == '\'' {
                    self.put(b'\'');
                }
                self.copy(&bytes[pos..next]);
                self.indention = false;
                (in_spaces, in_breaks) = (false, false);
            }
            pos = next;
        }
    }

    fn write_break(&mut self, rune: char) {
        if rune == '\n' {
            self.put_break();
        } else {
            self.out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
            self.column = 0;
        }
    }

    fn double_quoted(&mut self, text: &str, breaks: bool) {
        let bytes = text.as_bytes();
        self.indicator("\"", true, false, false);
        let mut in_spaces = false;
        let mut pos = 0;
        for rune in text.chars() {
            let next = pos + rune.len_utf8();
            if !printable(rune) || is_break(bytes, pos) || rune == '"' || rune == '\\' {
                self.escape(rune);
                in_spaces = false;
            } else if rune == ' ' {
                if breaks && !in_spaces && self.folds() && pos > 0 && pos < bytes.len() - 1 {
                    self.write_indent();
                    if at(bytes, pos + 1) == b' ' {
                        self.put(b'\\');
                    }
                } else {
                    self.put(b' ');
                }
                in_spaces = true;
            } else {
                self.copy(&bytes[pos..next]);
                in_spaces = false;
            }
            pos = next;
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, rune: char) {
        let simple = match rune {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(rune);
                let text = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.copy(text.as_bytes());
                return;
            }
        };
        self.put(b'\\');
        self.copy(simple.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn literal(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.indicator("|", true, false, false);
        if at(bytes, 0) == b' ' || is_break(bytes, 0) {
            self.indicator("2", false, false, false);
        }
        let ends: Vec<bool> =
            text.char_indices().rev().take(2).map(|(pos, _)| is_break(bytes, pos)).collect();
        match ends.as_slice() {
            [true] | [true, true] => self.indicator("+", false, false, false),
            [true, false] => {}
            _ => self.indicator("-", false, false, false),
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut in_breaks = true;
        let mut pos = 0;
        for rune in text.chars() {
            let next = pos + rune.len_utf8();
            if is_break(bytes, pos) {
                self.write_break(rune);
                self.indention = true;
                in_breaks = true;
            } else {
                if in_breaks {
                    self.write_indent();
                }
                self.copy(&bytes[pos..next]);
                self.indention = false;
                in_breaks = false;
            }
            pos = next;
        }
    }
}

/// Characters of four bytes are beyond libyaml's tables: they are escaped.
fn printable(rune: char) -> bool {
    is_printable(rune)
}

/// Whether a text holds but letters, digits and what joins them in names, which need no care in any style.
fn is_simple(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-'))
}

/// Which styles a text can be written in.
struct Allowed {
    multiline: bool,
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Allowed {
    fn new(text: &str, dialect: Dialect) -> Self {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Self { multiline: false, plain: true, single_quoted: true, block: false };
        }
        let mut indicators = bytes.starts_with(b"---") || bytes.starts_with(b"...");
        if is_simple(text) && bytes[0] != b'-' {
            return Self { multiline: false, plain: !indicators, single_quoted: true, block: true };
        }
        let (mut special, mut tabs, mut multiline) = (false, false, false);
        let (mut edge, mut trailing_space, mut break_space, mut space_break) = (false, false, false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let mut pos = 0;
        for rune in text.chars() {
            let next = pos + rune.len_utf8();
            let before_blank = next >= bytes.len() || is_blank(at(bytes, next));
            indicators |= match rune {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`'
                    if pos == 0 =>
                {
                    true
                }
                '?' | '-' if pos == 0 => before_blank,
                ':' => before_blank,
                '#' => after_blank,
                _ => false,
            };
            if rune == '\t' && dialect == Dialect::V3 {
                tabs = true;
            } else if !printable(rune) {
                special = true;
            }
            let is_last = next == bytes.len();
            if rune == ' ' {
                edge |= pos == 0 || is_last;
                trailing_space |= is_last;
                break_space |= after_break;
                (after_space, after_break) = (true, false);
            } else if is_break(bytes, pos) {
                multiline = true;
                edge |= pos == 0 || is_last;
                space_break |= after_space;
                (after_space, after_break) = (false, true);
            } else {
                (after_space, after_break) = (false, false);
            }
            after_blank = is_blank_or_end(bytes, pos);
            pos = next;
        }
        Self {
            multiline,
            plain: !(edge || break_space || space_break || special || tabs || multiline || indicators),
            single_quoted: !(break_space || space_break || special || tabs),
            block: !(trailing_space || space_break || special),
        }
    }
}
