//! The texts of scalars: block, quoted and plain, with libyaml's folding.

use super::characters::{is_blank, is_blank_or_end, is_break, is_break_or_end};
use super::scan::{Fault, Scanner};

type Result<T, E = Fault> = std::result::Result<T, E>;

fn text(bytes: Vec<u8>) -> String {
    // The whole document was UTF-8, and breaks are cut at whole characters.
    String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned())
}

/// White space between two parts of a scalar, until it is known what follows.
#[derive(Default)]
struct Gap {
    blanks: Vec<u8>,
    first_break: Vec<u8>,
    more_breaks: Vec<u8>,
}

impl Gap {
    /// Folds line breaks: a single one is a space, of several the first is dropped.
    fn fold(&mut self, out: &mut Vec<u8>) {
        if self.first_break.first() == Some(&b'\n') {
            if self.more_breaks.is_empty() {
                out.push(b' ');
            }
        } else {
            out.append(&mut self.first_break);
        }
        out.append(&mut self.more_breaks);
        self.first_break.clear();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self, is_literal: bool) -> Result<String> {
        self.skip();
        let mut chomping = Chomping::Clip;
        let mut increment = 0;
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if chomping == Chomping::Clip => {
                    chomping = if sign == b'+' { Chomping::Keep } else { Chomping::Strip };
                    self.skip();
                }
                b'0' if increment == 0 => {
                    return Err(self.fault("found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => {
                    increment = usize::from(digit - b'0');
                    self.skip();
                }
                _ => break,
            }
        }
        self.end_of_line()?;
        let around = usize::try_from(self.indent).unwrap_or(0);
        let mut indent = if increment > 0 { around + increment } else { 0 };
        let mut out = Vec::new();
        let (mut first_break, mut more_breaks) = (Vec::new(), Vec::new());
        self.block_breaks(&mut indent, &mut more_breaks)?;
        let mut leading_blank = false;
        while self.mark.column == indent && self.byte(0) != 0 {
            let blank = is_blank(self.byte(0));
            if !is_literal && !leading_blank && !blank && first_break.first() == Some(&b'\n') {
                if more_breaks.is_empty() {
                    out.push(b' ');
                }
                first_break.clear();
            } else {
                out.append(&mut first_break);
            }
            out.append(&mut more_breaks);
            leading_blank = blank;
            while !is_break_or_end(self.text, self.pos) {
                self.read_run(self.run(|byte| matches!(byte, b'\t' | b' '..=b'~')), &mut out);
                if !is_break_or_end(self.text, self.pos) {
                    self.read(&mut out);
                }
            }
            self.read_line(&mut first_break);
            self.block_breaks(&mut indent, &mut more_breaks)?;
        }
        if chomping != Chomping::Strip {
            out.append(&mut first_break);
        }
        if chomping == Chomping::Keep {
            out.append(&mut more_breaks);
        }
        Ok(text(out))
    }

    /// Indentation and blank lines; finds the indentation where none is known yet.
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut Vec<u8>) -> Result<()> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.mark.column < *indent) && self.byte(0) == b' ' {
                self.skip();
            }
            deepest = deepest.max(self.mark.column);
            if (*indent == 0 || self.mark.column < *indent) && self.byte(0) == b'\t' {
                return Err(self.fault("found a tab character where an indentation space is expected"));
            }
            if !is_break(self.text, self.pos) {
                break;
            }
            self.read_line(breaks);
        }
        if *indent == 0 {
            let least = usize::try_from(self.indent + 1).unwrap_or(0);
            *indent = deepest.max(least).max(1);
        }
        Ok(())
    }

    pub(super) fn quoted_scalar(&mut self, is_single: bool) -> Result<String> {
        let quote = self.byte(0);
        self.skip();
        let mut out = Vec::new();
        let mut gap = Gap::default();
        loop {
            if self.is_document_indicator() {
                return Err(self.fault("found unexpected document indicator"));
            }
            if self.byte(0) == 0 {
                return Err(self.fault("found unexpected end of stream"));
            }
            let mut leading_blanks = false;
            while !is_blank_or_end(self.text, self.pos) {
                let byte = self.byte(0);
                if is_single && byte == b'\'' && self.byte(1) == b'\'' {
                    out.push(b'\'');
                    self.skip();
                    self.skip();
                } else if byte == quote {
                    break;
                } else if !is_single && byte == b'\\' && is_break(self.text, self.pos + 1) {
                    self.skip();
                    self.skip_line();
                    leading_blanks = true;
                    break;
                } else if !is_single && byte == b'\\' {
                    self.escape(&mut out)?;
                } else {
                    self.read(&mut out);
                    let plain = |byte| matches!(byte, b'!'..=b'~') && !matches!(byte, b'\'' | b'"' | b'\\');
                    self.read_run(self.run(plain), &mut out);
                }
            }
            if self.byte(0) == quote {
                break;
            }
            self.blanks(&mut gap, &mut leading_blanks, None)?;
            if leading_blanks {
                gap.fold(&mut out);
            } else {
                out.append(&mut gap.blanks);
            }
        }
        self.skip();
        Ok(text(out))
    }

    /// Blanks and line breaks inside of a scalar; tabs before the column are refused.
    fn blanks(&mut self, gap: &mut Gap, leading: &mut bool, column: Option<isize>) -> Result<()> {
        loop {
            let byte = self.byte(0);
            if is_blank(byte) {
                let is_shallow = column.is_some_and(|column| self.mark.column.cast_signed() < column);
                if *leading && is_shallow && byte == b'\t' {
                    return Err(self.fault("found a tab character that violates indentation"));
                }
                if *leading {
                    self.skip();
                } else {
                    self.read(&mut gap.blanks);
                }
            } else if is_break(self.text, self.pos) {
                if *leading {
                    self.read_line(&mut gap.more_breaks);
                } else {
                    gap.blanks.clear();
                    self.read_line(&mut gap.first_break);
                    *leading = true;
                }
            } else {
                return Ok(());
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let simple = match self.byte(1) {
            b'0' => "\0",
            b'a' => "\u{7}",
            b'b' => "\u{8}",
            b't' | b'\t' => "\t",
            b'n' => "\n",
            b'v' => "\u{b}",
            b'f' => "\u{c}",
            b'r' => "\r",
            b'e' => "\u{1b}",
            b' ' => " ",
            b'"' => "\"",
            b'\'' => "'",
            b'\\' => "\\",
            b'N' => "\u{85}",
            b'_' => "\u{a0}",
            b'L' => "\u{2028}",
            b'P' => "\u{2029}",
            b'x' => return self.code(2, out),
            b'u' => return self.code(4, out),
            b'U' => return self.code(8, out),
            _ => return Err(self.fault("found unknown escape character")),
        };
        out.extend_from_slice(simple.as_bytes());
        self.skip();
        self.skip();
        Ok(())
    }

    fn code(&mut self, digits: usize, out: &mut Vec<u8>) -> Result<()> {
        self.skip();
        self.skip();
        let mut value: u32 = 0;
        for offset in 0..digits {
            let Some(digit) = char::from(self.byte(offset)).to_digit(16) else {
                return Err(self.fault("did not find expected hexdecimal number"));
            };
            value = (value << 4) | digit;
        }
        let Some(rune) = char::from_u32(value) else {
            return Err(self.fault("found invalid Unicode character escape code"));
        };
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        for _ in 0..digits {
            self.skip();
        }
        Ok(())
    }

    pub(super) fn plain_scalar(&mut self) -> Result<String> {
        let indent = self.indent + 1;
        let mut out = Vec::new();
        let mut gap = Gap::default();
        let mut leading_blanks = false;
        loop {
            if self.is_document_indicator() || self.byte(0) == b'#' {
                break;
            }
            while !is_blank_or_end(self.text, self.pos) {
                let byte = self.byte(0);
                if (byte == b':' && is_blank_or_end(self.text, self.pos + 1))
                    || (self.flow_level > 0 && matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}'))
                {
                    break;
                }
                if leading_blanks {
                    gap.fold(&mut out);
                    leading_blanks = false;
                } else if !gap.blanks.is_empty() {
                    out.append(&mut gap.blanks);
                }
                self.read(&mut out);
                // Until a character that may end it.
                let flow = self.flow_level > 0;
                let plain = |byte| match byte {
                    b':' => false,
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' => !flow,
                    byte => matches!(byte, b'!'..=b'~'),
                };
                self.read_run(self.run(plain), &mut out);
            }
            if !is_blank(self.byte(0)) && !is_break(self.text, self.pos) {
                break;
            }
            self.blanks(&mut gap, &mut leading_blanks, Some(indent))?;
            if self.flow_level == 0 && self.mark.column.cast_signed() < indent {
                break;
            }
        }
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        Ok(text(out))
    }
}
