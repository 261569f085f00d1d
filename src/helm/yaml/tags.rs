//! The rare tokens: directives, anchors, aliases and tags.

use super::characters::{is_blank, is_blank_or_end, is_break, is_break_or_end, is_word, width};
use super::scan::{Fault, Scanner};
use super::token::Kind;

type Result<T, E = Fault> = std::result::Result<T, E>;

impl Scanner<'_> {
    fn skip_blanks(&mut self) {
        while is_blank(self.byte(0)) {
            self.skip();
        }
    }

    fn word(&mut self) -> String {
        let mut out = Vec::new();
        while is_word(self.byte(0)) {
            self.read(&mut out);
        }
        String::from_utf8(out).unwrap_or_default()
    }

    pub(super) fn directive(&mut self) -> Result<Kind> {
        self.skip();
        let name = self.word();
        if name.is_empty() {
            return Err(self.fault("could not find expected directive name"));
        }
        if !is_blank_or_end(self.text, self.pos) {
            return Err(self.fault("found unexpected non-alphabetical character"));
        }
        let kind = match name.as_str() {
            "YAML" => {
                self.skip_blanks();
                let major = self.version_number()?;
                if self.byte(0) != b'.' {
                    return Err(self.fault("did not find expected digit or '.' character"));
                }
                self.skip();
                Kind::Version { major, minor: self.version_number()? }
            }
            "TAG" => {
                self.skip_blanks();
                let handle = self.tag_handle(true)?;
                if !is_blank(self.byte(0)) {
                    return Err(self.fault("did not find expected whitespace"));
                }
                self.skip_blanks();
                let prefix = self.tag_uri("")?;
                if !is_blank_or_end(self.text, self.pos) {
                    return Err(self.fault("did not find expected whitespace or line break"));
                }
                Kind::TagDirective { handle, prefix }
            }
            _ => return Err(self.fault("found unknown directive name")),
        };
        self.end_of_line()?;
        Ok(kind)
    }

    /// Blanks, a comment and the line break.
    pub(super) fn end_of_line(&mut self) -> Result<()> {
        self.skip_blanks();
        if self.byte(0) == b'#' {
            while !is_break_or_end(self.text, self.pos) {
                self.skip();
            }
        }
        if !is_break_or_end(self.text, self.pos) {
            return Err(self.fault("did not find expected comment or line break"));
        }
        if is_break(self.text, self.pos) {
            self.skip_line();
        }
        Ok(())
    }

    fn version_number(&mut self) -> Result<u8> {
        let (mut value, mut length) = (0, 0);
        while self.byte(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return Err(self.fault("found extremely long version number"));
            }
            value = value * 10 + (self.byte(0) - b'0');
            self.skip();
        }
        if length == 0 { Err(self.fault("did not find expected version number")) } else { Ok(value) }
    }

    pub(super) fn anchor(&mut self, is_alias: bool) -> Result<Kind> {
        self.skip();
        let name = self.word();
        let ends = is_blank_or_end(self.text, self.pos)
            || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.fault("did not find expected alphabetic or numeric character"));
        }
        Ok(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) })
    }

    pub(super) fn tag(&mut self) -> Result<Kind> {
        let (mut handle, mut suffix);
        if self.byte(1) == b'<' {
            handle = String::new();
            self.skip();
            self.skip();
            suffix = self.tag_uri("")?;
            if self.byte(0) != b'>' {
                return Err(self.fault("did not find the expected '>'"));
            }
            self.skip();
        } else {
            handle = self.tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                suffix = self.tag_uri("")?;
            } else {
                suffix = self.tag_uri(&handle)?;
                "!".clone_into(&mut handle);
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        if !is_blank_or_end(self.text, self.pos) {
            return Err(self.fault("did not find expected whitespace or line break"));
        }
        Ok(Kind::Tag { handle, suffix })
    }

    fn tag_handle(&mut self, is_directive: bool) -> Result<String> {
        if self.byte(0) != b'!' {
            return Err(self.fault("did not find expected '!'"));
        }
        self.skip();
        let mut handle = format!("!{}", self.word());
        if self.byte(0) == b'!' {
            self.skip();
            handle.push('!');
        } else if is_directive && handle != "!" {
            return Err(self.fault("did not find expected '!'"));
        }
        Ok(handle)
    }

    fn tag_uri(&mut self, head: &str) -> Result<String> {
        let mut out = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut found = !head.is_empty();
        while is_word(self.byte(0)) || b";/?:@&=+$,.!~*'()[]%".contains(&self.byte(0)) {
            if self.byte(0) == b'%' {
                self.uri_escape(&mut out)?;
            } else {
                self.read(&mut out);
            }
            found = true;
        }
        if found {
            Ok(String::from_utf8_lossy(&out).into_owned())
        } else {
            Err(self.fault("did not find expected tag URI"))
        }
    }

    fn uri_escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let mut left = None;
        while left != Some(0) {
            let digits = [self.byte(1), self.byte(2)].map(|digit| char::from(digit).to_digit(16));
            let (b'%', [Some(high), Some(low)]) = (self.byte(0), digits) else {
                return Err(self.fault("did not find URI escaped octet"));
            };
            let octet = u8::try_from(high * 16 + low).unwrap_or_default();
            left = Some(match left {
                None if octet & 0xC0 == 0x80 || octet >= 0xF8 => {
                    return Err(self.fault("found an incorrect leading UTF-8 octet"));
                }
                None => width(octet) - 1,
                Some(_) if octet & 0xC0 != 0x80 => {
                    return Err(self.fault("found an incorrect trailing UTF-8 octet"));
                }
                Some(left) => left - 1,
            });
            out.push(octet);
            for _ in 0..3 {
                self.skip();
            }
        }
        Ok(())
    }
}
