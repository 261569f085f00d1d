//! Go's encoding/json: values to text, text to values, and values to what YAML is written from.

mod read;

pub(crate) use read::{mismatch, read, read_list, read_map};

use super::datum::{Datum, Object};
use super::go::{float_json, float_shortest};
use super::text::{Str, runes};
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
        Datum::Int(int) | Datum::Int64(int) | Datum::Duration(int) | Datum::Named(_, int) => Value::Int(*int),
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
            Object::Version(version) | Object::VersionStruct(version) => Value::String(version.to_string()),
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
        Object::Version(_) | Object::VersionStruct(_) => Vec::new(),
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
            Datum::Int(int) | Datum::Int64(int) | Datum::Duration(int) | Datum::Named(_, int) => {
                self.out.push_str(&int.to_string());
            }
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
                Object::Version(version) | Object::VersionStruct(version) => {
                    self.text(version.to_string().as_bytes());
                }
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
