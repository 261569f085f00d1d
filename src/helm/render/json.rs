//! Go's encoding/json: values to text, text to values, and values to what YAML is written from.

use super::datum::{Datum, List, ListKind, Map, MapKind, Object, Pairs};
use super::go::{float_json, float_shortest};
use super::text::{RUNE_ERROR, Str, runes};
use crate::helm::value::{Map as PlainMap, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How deep values may nest before it counts as a circle.
const DEEPEST: usize = 1000;

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// On one line, with `<`, `>` and `&` escaped.
    Compact,
    /// Two spaces for each level.
    Indented,
    /// On one line, nothing escaped that need not be.
    Raw,
}

/// The value that JSON would hold.
pub(crate) fn plain(datum: &Datum) -> Result<Value, String> {
    plain_at(datum, 0)
}

fn plain_at(datum: &Datum, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err(format!("json: unsupported value: encountered a cycle via {}", datum.type_name()));
    }
    let text = |text: &Str| Value::String(clean(text.bytes()));
    Ok(match datum {
        Datum::Nil => Value::Null,
        Datum::Bool(truth) => Value::Bool(*truth),
        Datum::Int(int) | Datum::Int64(int) | Datum::Duration(int) => Value::Int(*int),
        Datum::Uint8(int) => Value::Int(i64::from(*int)),
        #[allow(clippy::cast_precision_loss, reason = "no function of templates gives larger ones")]
        Datum::Uint64(int) => i64::try_from(*int).map_or(Value::Float(*int as f64), Value::Int),
        Datum::Float(float) if float.is_finite() => Value::Float(*float),
        Datum::Float(float) => return Err(format!("json: unsupported value: {}", float_shortest(*float))),
        Datum::Str(string) => text(string),
        Datum::Bytes(bytes) => Value::String(STANDARD.encode(bytes.bytes())),
        Datum::List(list) if list.is_nil() => Value::Null,
        Datum::List(list) => {
            Value::List(list.items().iter().map(|item| plain_at(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Datum::Map(map) if map.is_nil() => Value::Null,
        Datum::Map(map) => Value::Map(
            map.pairs()
                .iter()
                .map(|(key, value)| Ok((clean(key.bytes()), plain_at(value, depth + 1)?)))
                .collect::<Result<PlainMap, String>>()?,
        ),
        Datum::Time(time) => Value::String(time.rfc3339()),
        Datum::Object(object) => match &**object {
            Object::Version(version) => Value::String(version.to_string()),
            object => {
                let fields = fields(object).into_iter();
                Value::Map(
                    fields
                        .map(|(name, value)| Ok((name, plain_at(&value, depth + 1)?)))
                        .collect::<Result<_, String>>()?,
                )
            }
        },
    })
}

/// The fields of a struct under their names in JSON, in Go's order.
fn fields(object: &Object) -> Vec<(String, Datum)> {
    let named = |name: &str, value: &Datum| (name.to_owned(), value.clone());
    let text = |name: &str, text: &Str| (name.to_owned(), Datum::Str(text.clone()));
    match object {
        Object::Version(_) => Vec::new(),
        Object::Certificate { cert, key } => vec![text("Cert", cert), text("Key", key)],
        Object::Capabilities { kube_version, api_versions, helm_version } => vec![
            named("KubeVersion", kube_version),
            named("APIVersions", api_versions),
            named("HelmVersion", helm_version),
        ],
        Object::KubeVersion { version, major, minor, .. } => {
            vec![text("Version", version), text("Major", major), text("Minor", minor)]
        }
        Object::BuildInfo(fields) => {
            let filled = fields.iter().filter(|(_, value)| !value.is_empty());
            filled.map(|(name, value)| (snake(name), Datum::Str(value.clone()))).collect()
        }
    }
}

/// `GoVersion` as `go_version`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn clean(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => runes(bytes).map(|(rune, _)| rune).collect(),
    }
}

/// `json.Marshal` and its kin, without a newline at the end.
pub(crate) fn write(datum: &Datum, layout: Layout) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), layout };
    writer.put(datum, 0)?;
    Ok(writer.out)
}

/// `json.Marshal` of plain data; what JSON cannot say, such as an endless number, is null.
pub(crate) fn compact(value: &Value) -> String {
    write(&Datum::from(value), Layout::Compact).unwrap_or_else(|_| "null".to_owned())
}

struct Writer {
    out: String,
    layout: Layout,
}

impl Writer {
    fn put(&mut self, datum: &Datum, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("json: unsupported value: encountered a cycle via {}", datum.type_name()));
        }
        match datum {
            Datum::Nil => self.out.push_str("null"),
            Datum::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Datum::Int(int) | Datum::Int64(int) | Datum::Duration(int) => self.out.push_str(&int.to_string()),
            Datum::Uint8(int) => self.out.push_str(&int.to_string()),
            Datum::Uint64(int) => self.out.push_str(&int.to_string()),
            Datum::Float(float) if float.is_finite() => self.out.push_str(&float_json(*float)),
            Datum::Float(float) => {
                return Err(format!("json: unsupported value: {}", float_shortest(*float)));
            }
            Datum::Str(text) => self.text(text.bytes()),
            Datum::Bytes(bytes) => self.text(STANDARD.encode(bytes.bytes()).as_bytes()),
            Datum::List(list) if list.is_nil() => self.out.push_str("null"),
            Datum::List(list) => {
                self.out.push('[');
                for (index, item) in list.items().iter().enumerate() {
                    self.next(index, depth);
                    self.put(item, depth + 1)?;
                }
                self.end(list.len(), depth, ']');
            }
            Datum::Map(map) if map.is_nil() => self.out.push_str("null"),
            Datum::Map(map) => {
                self.out.push('{');
                for (index, (key, value)) in map.pairs().iter().enumerate() {
                    self.next(index, depth);
                    self.key(key.bytes());
                    self.put(value, depth + 1)?;
                }
                self.end(map.len(), depth, '}');
            }
            Datum::Time(time) => self.text(time.rfc3339().as_bytes()),
            Datum::Object(object) => match &**object {
                Object::Version(version) => self.text(version.to_string().as_bytes()),
                object => {
                    let fields = fields(object);
                    self.out.push('{');
                    for (index, (name, value)) in fields.iter().enumerate() {
                        self.next(index, depth);
                        self.key(name.as_bytes());
                        self.put(value, depth + 1)?;
                    }
                    self.end(fields.len(), depth, '}');
                }
            },
        }
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn next(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push(',');
        }
        self.line(depth + 1);
    }

    fn key(&mut self, key: &[u8]) {
        self.text(key);
        self.out.push_str(if self.layout == Layout::Indented { ": " } else { ":" });
    }

    fn end(&mut self, count: usize, depth: usize, bracket: char) {
        if count > 0 {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.out.push('"');
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.part(text);
        } else {
            // What is no UTF-8 is written as an escape, unlike a U+FFFD that was there before.
            for chunk in bytes.utf8_chunks() {
                self.part(chunk.valid());
                for _ in chunk.invalid() {
                    self.out.push_str("\\ufffd");
                }
            }
        }
        self.out.push('"');
    }

    fn part(&mut self, text: &str) {
        let mut done = 0;
        for (at, rune) in text.char_indices() {
            let escaped = match rune {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '<' | '>' | '&' if self.layout == Layout::Raw => continue,
                '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => "",
                _ => continue,
            };
            self.out.push_str(&text[done..at]);
            if escaped.is_empty() {
                self.out.push_str(&format!("\\u{:04x}", u32::from(rune)));
            } else {
                self.out.push_str(escaped);
            }
            done = at + rune.len_utf8();
        }
        self.out.push_str(&text[done..]);
    }
}

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
                let quoted = super::go::quote(char::from(byte).to_string().as_bytes());
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
        match super::go::parse_float(&text) {
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
