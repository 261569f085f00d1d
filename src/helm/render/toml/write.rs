//! TOML as `BurntSushi`'s encoder writes it.

use crate::helm::render::datum::{Datum, Map};
use crate::helm::render::functions::text_of;
use crate::helm::render::go::float_shortest;
use crate::helm::render::time::duration_text;

use super::{DATE, DATE_TIME, DEEPEST, TIME};

/// Writes a value; what is no table is written alone, without a line's end.
pub(crate) fn write(datum: &Datum) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), written: false };
    match datum {
        Datum::Map(map) if !map.is_nil() => writer.pairs(&mut Vec::new(), map)?,
        Datum::Nil => return Err("toml: cannot encode an anonymous nil".to_owned()),
        Datum::Map(_) => {}
        _ if is_tables(datum) => return Err("toml: top-level values must be Go maps or structs".to_owned()),
        _ => return if is_nil(datum) { Ok(String::new()) } else { element(datum, 0) },
    }
    Ok(writer.out)
}

struct Writer {
    out: String,
    written: bool,
}

/// Whether a value is written below its own heading.
fn is_table(datum: &Datum) -> bool {
    match datum {
        Datum::Map(map) => !map.is_nil(),
        datum => is_tables(datum),
    }
}

fn is_tables(datum: &Datum) -> bool {
    let Datum::List(list) = datum else { return false };
    list.len() > 0 && list.items().iter().all(|item| matches!(item, Datum::Map(map) if !map.is_nil()))
}

fn is_nil(datum: &Datum) -> bool {
    match datum {
        Datum::Nil => true,
        Datum::Map(map) => map.is_nil(),
        Datum::List(list) => list.is_nil(),
        _ => false,
    }
}

impl Writer {
    fn line(&mut self) {
        if self.written {
            self.out.push('\n');
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.written = true;
    }

    fn pairs(&mut self, path: &mut Vec<String>, map: &Map) -> Result<(), String> {
        if path.len() > DEEPEST {
            return Err("toml: tables are nested too deep".to_owned());
        }
        let pairs = map.pairs().clone();
        for tables in [false, true] {
            for (key, value) in pairs.iter().filter(|(_, value)| is_table(value) == tables && !is_nil(value))
            {
                path.push(key.lossy().into_owned());
                self.entry(path, value)?;
                path.pop();
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &mut Vec<String>, value: &Datum) -> Result<(), String> {
        let indent = "  ".repeat(path.len() - 1);
        match value {
            Datum::Map(map) => {
                if path.len() == 1 {
                    self.line();
                }
                let heading = format!("{indent}[{}]", dotted(path));
                self.put(&heading);
                self.line();
                self.pairs(path, map)
            }
            Datum::List(list) if is_tables(value) => {
                for item in list.items().iter() {
                    let Datum::Map(map) = item else { continue };
                    self.line();
                    let heading = format!("{indent}[[{}]]", dotted(path));
                    self.put(&heading);
                    self.line();
                    self.pairs(path, map)?;
                }
                Ok(())
            }
            value => {
                let key = path.last().map(|key| quoted_key(key)).unwrap_or_default();
                let line = format!("{indent}{key} = {}", element(value, 0)?);
                self.put(&line);
                self.line();
                Ok(())
            }
        }
    }
}

/// A key as a heading and an error show it.
pub(super) fn dotted(path: &[String]) -> String {
    path.iter().map(|key| quoted_key(key)).collect::<Vec<_>>().join(".")
}

fn quoted_key(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn element(value: &Datum, depth: usize) -> Result<String, String> {
    if depth > DEEPEST {
        return Err("toml: values are nested too deep".to_owned());
    }
    Ok(match value {
        Datum::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
        Datum::Bool(truth) => truth.to_string(),
        Datum::Int(int) | Datum::Int64(int) | Datum::Named(_, int) => int.to_string(),
        Datum::Uint8(int) => int.to_string(),
        Datum::Uint64(int) => int.to_string(),
        Datum::Float(float) if float.is_nan() => {
            if float.is_sign_negative() { "-nan" } else { "nan" }.to_owned()
        }
        Datum::Float(float) if float.is_infinite() => if *float > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Datum::Float(float) => {
            let text = float_shortest(*float);
            if text.contains(['e', '.']) { text } else { format!("{text}.0") }
        }
        Datum::Str(text) => quoted(&text.lossy()),
        Datum::Duration(nanos) => quoted(&duration_text(*nanos)),
        Datum::Time(time) => match &*time.zone.lossy() {
            DATE_TIME => time.format("2006-01-02T15:04:05.999999999"),
            DATE => time.format("2006-01-02"),
            TIME => time.format("15:04:05.999999999"),
            _ => time.rfc3339(),
        },
        Datum::Bytes(_) | Datum::List(_) => {
            let items = value.as_items().unwrap_or_default();
            let items: Result<Vec<String>, String> =
                items.iter().map(|item| element(item, depth + 1)).collect();
            format!("[{}]", items?.join(", "))
        }
        Datum::Map(map) => {
            let pairs = map.pairs().clone();
            let mut parts = Vec::new();
            for tables in [false, true] {
                for (key, value) in pairs.iter().filter(|(_, value)| is_table(value) == tables) {
                    if !is_nil(value) {
                        let key = quoted_key(&key.lossy());
                        parts.push(format!("{key} = {}", element(value, depth + 1)?));
                    }
                }
            }
            format!("{{{}}}", parts.join(", "))
        }
        Datum::Object(_) => quoted(&text_of(value).lossy()),
    })
}
