//! `json.Unmarshal` as Go has it: what it takes, and its words where it does not.

use super::super::datum::{Datum, List, ListKind, Map, MapKind, Pairs};
use super::super::go::{parse_float, quote};
use super::super::text::{RUNE_ERROR, Str};
use super::{DEEPEST, clean};

/// `json.Unmarshal` into an `interface{}`; numbers become float64.
pub(crate) fn read(text: &[u8]) -> Result<Datum, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = reader.value("looking for beginning of value")?;
    reader.space();
    match reader.text.get(reader.at) {
        None => Ok(value),
        Some(byte) => Err(reader.bad(*byte, "after top-level value")),
    }
}

/// `json.Unmarshal` into a map; null is an empty one.
pub(crate) fn read_map(text: &[u8]) -> Result<Datum, String> {
    match read(text)? {
        Datum::Nil => Ok(Datum::map(Pairs::new())),
        map @ Datum::Map(_) => Ok(map),
        other => Err(mismatch(&other, "map[string]interface {}")),
    }
}

/// `json.Unmarshal` into a slice.
pub(crate) fn read_list(text: &[u8]) -> Result<Datum, String> {
    match read(text)? {
        Datum::Nil => Ok(Datum::List(List::nil(ListKind::Any))),
        list @ Datum::List(_) => Ok(list),
        other => Err(mismatch(&other, "[]interface {}")),
    }
}

/// Go's words for a value of the wrong kind.
pub(crate) fn mismatch(found: &Datum, wanted: &str) -> String {
    let found = match found {
        Datum::Bool(_) => "bool",
        Datum::Str(_) => "string",
        Datum::List(_) => "array",
        Datum::Map(_) => "object",
        _ => "number",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.text.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn bad(&self, byte: u8, context: &str) -> String {
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            byte => {
                let quoted = quote(char::from(byte).to_string().as_bytes());
                format!("'{}'", &quoted[1..quoted.len() - 1])
            }
        };
        format!("invalid character {shown} {context}")
    }

    fn expect(&self, context: &str) -> String {
        self.text.get(self.at).map_or_else(end, |byte| self.bad(*byte, context))
    }

    fn value(&mut self, context: &str) -> Result<Datum, String> {
        self.space();
        self.depth += 1;
        if self.depth > 10_000.min(DEEPEST) {
            return Err("exceeded max depth".to_owned());
        }
        let value = match self.text.get(self.at) {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => Datum::Str(self.string()?),
            Some(b't') => self.word("true", Datum::Bool(true))?,
            Some(b'f') => self.word("false", Datum::Bool(false))?,
            Some(b'n') => self.word("null", Datum::Nil)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.expect(context)),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Datum) -> Result<Datum, String> {
        for (index, letter) in word.bytes().enumerate() {
            if self.text.get(self.at) != Some(&letter) {
                let before = &word[index..=index];
                return Err(self.expect(&format!("in literal {word} (expecting '{before}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.expect(context)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Datum, String> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'-' | b'+')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        match parse_float(&text) {
            Some(float) => Ok(Datum::Float(float)),
            None => Err(format!("json: cannot unmarshal number {text} into Go value of type float64")),
        }
    }

    fn string(&mut self) -> Result<Str, String> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let Some(&byte) = self.text.get(self.at) else { return Err(end()) };
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(Str::from(clean(&out)));
                }
                b'\\' => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                0..=0x1f => return Err(self.bad(byte, "in string literal")),
                _ => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(&byte) = self.text.get(self.at) else { return Err(end()) };
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = self.unit()?;
                if (0xD800..0xDC00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.unit()?;
                    if (0xDC00..0xE000).contains(&low) {
                        unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    } else {
                        self.at = back;
                    }
                }
                let rune = char::from_u32(unit).unwrap_or(RUNE_ERROR);
                out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => {
                return Err(self.bad(byte, "in string escape code"));
            }
        });
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(&byte) = self.text.get(self.at) else { return Err(end()) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.bad(byte, "in \\u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn array(&mut self) -> Result<Datum, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.text.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Datum::list(items));
        }
        loop {
            items.push(self.value("looking for beginning of value")?);
            self.space();
            match self.text.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.expect("after array element")),
            }
        }
        self.at += 1;
        Ok(Datum::list(items))
    }

    fn object(&mut self) -> Result<Datum, String> {
        self.at += 1;
        let mut pairs = Pairs::new();
        self.space();
        if self.text.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(Datum::Map(Map::new(MapKind::Any, pairs)));
        }
        loop {
            self.space();
            if self.text.get(self.at) != Some(&b'"') {
                return Err(self.expect("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.space();
            if self.text.get(self.at) != Some(&b':') {
                return Err(self.expect("after object key"));
            }
            self.at += 1;
            let value = self.value("looking for beginning of value")?;
            pairs.insert(key, value);
            self.space();
            match self.text.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.expect("after object key:value pair")),
            }
        }
        self.at += 1;
        Ok(Datum::Map(Map::new(MapKind::Any, pairs)))
    }
}

fn end() -> String {
    "unexpected end of JSON input".to_owned()
}
