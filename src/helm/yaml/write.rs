//! Values to YAML: the encoders of go-yaml over the emitter.

use super::construct::Numbers;
use super::emit::{Context, Emitter, Style};
use super::order::compare;
use super::resolve::{Dialect, Scalar, is_base60, old_bool, resolve};
use crate::helm::render::{float_json, float_shortest};
use crate::helm::value::{Map, Value};

/// Why a value has no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwritable {
    /// JSON has no such number.
    #[error("error marshaling into JSON: json: unsupported value: {0}")]
    Number(String),
    /// JSON writes it and YAML does not read it.
    #[error("yaml: control characters are not allowed")]
    Control,
    /// The key is longer than a simple key may be.
    #[error("yaml: did not find expected ',' or '}}'")]
    LongKey,
}

/// `toYaml`: to JSON, and from there to YAML.
pub(crate) fn write_through_json(value: &Value) -> Result<String, Unwritable> {
    check(value)?;
    let folded;
    let value = if holds_next_line(value) {
        folded = fold(value);
        &folded
    } else {
        value
    };
    let mut writer = Writer { emitter: Emitter::new(Dialect::V2) };
    writer.node(value, Context::Root);
    Ok(writer.emitter.finish())
}

/// `toYamlPretty`: straight to YAML, without folding and with indented sequences.
pub(crate) fn write_pretty(value: &Value) -> String {
    let mut writer = Writer { emitter: Emitter::new(Dialect::V3) };
    writer.node(value, Context::Root);
    writer.emitter.finish()
}

fn check(value: &Value) -> Result<(), Unwritable> {
    match value {
        Value::Float(float) if !float.is_finite() => Err(Unwritable::Number(float_shortest(*float))),
        Value::String(text) => check_text(text),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Map(map) => map.iter().try_for_each(|(key, value)| {
            check_text(key)?;
            // Where JSON is read as YAML, quotes count and escapes are six letters at most.
            if key.len() > 170 && json_length(key) > 1024 {
                return Err(Unwritable::LongKey);
            }
            check(value)
        }),
        _ => Ok(()),
    }
}

fn check_text(text: &str) -> Result<(), Unwritable> {
    if text.bytes().all(|byte| byte < 0x7F) {
        return Ok(());
    }
    let bad =
        |rune: char| matches!(rune, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.chars().any(bad) { Err(Unwritable::Control) } else { Ok(()) }
}

fn holds_next_line(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\u{85}'),
        Value::List(items) => items.iter().any(holds_next_line),
        Value::Map(map) => map.iter().any(|(key, value)| key.contains('\u{85}') || holds_next_line(value)),
        _ => false,
    }
}

/// JSON leaves U+0085 as it is, and YAML folds it in quotes: one is a space, more are one less.
fn fold(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(fold_text(text)),
        Value::List(items) => Value::List(items.iter().map(fold).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(key, value)| (fold_text(key), fold(value))).collect()),
        other => other.clone(),
    }
}

fn fold_text(text: &str) -> String {
    let quoted = text.chars().map(|rune| match rune {
        '\u{85}' => rune.to_string(),
        ' ' => " ".to_owned(),
        rune if rune.is_alphanumeric() => rune.to_string(),
        rune => format!("\\U{:08x}", u32::from(rune)),
    });
    let quoted = format!("\"{}\"", quoted.collect::<String>());
    match super::compose::read(quoted.as_bytes(), Numbers::Floats) {
        Ok(Value::String(folded)) => folded,
        _ => text.to_owned(),
    }
}

fn json_length(text: &str) -> usize {
    let letters = text.chars().map(|rune| match rune {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => 1,
    });
    2 + letters.sum::<usize>()
}

struct Writer {
    emitter: Emitter,
}

impl Writer {
    fn node(&mut self, value: &Value, context: Context) {
        match value {
            Value::Map(map) if map.is_empty() => self.emitter.empty(["{", "}"]),
            Value::List(items) if items.is_empty() => self.emitter.empty(["[", "]"]),
            Value::Map(map) => self.mapping(map, context),
            Value::List(items) => {
                let before = self.emitter.enter_sequence(context);
                for item in items {
                    self.emitter.item();
                    self.node(item, Context::Item);
                }
                self.emitter.indent = before;
            }
            Value::String(text) => self.text(text, context),
            Value::Null => self.emitter.scalar("null", Style::Plain, context),
            Value::Bool(truth) => {
                self.emitter.scalar(if *truth { "true" } else { "false" }, Style::Plain, context);
            }
            Value::Int(int) => self.emitter.scalar(&int.to_string(), Style::Plain, context),
            Value::Float(float) => {
                let text = self.number(*float);
                self.emitter.scalar(&text, Style::Plain, context);
            }
        }
    }

    fn mapping(&mut self, map: &Map, context: Context) {
        let dialect = self.emitter.dialect;
        let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
        pairs.sort_by(|(a, _), (b, _)| compare(a, b, dialect));
        let before = self.emitter.enter_mapping(context);
        for (key, value) in pairs {
            let key_context = self.emitter.key(key);
            self.text(key, key_context);
            self.emitter.colon(key_context);
            self.node(value, Context::Value);
        }
        self.emitter.indent = before;
    }

    fn text(&mut self, text: &str, context: Context) {
        let dialect = self.emitter.dialect;
        let plain = resolve(text, dialect, true) == Scalar::Text
            && !is_base60(text)
            && (dialect == Dialect::V2 || old_bool(text).is_none());
        let style = if text.contains('\n') {
            Style::Literal
        } else if plain {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        self.emitter.scalar(text, style, context);
    }

    fn number(&self, float: f64) -> String {
        if self.emitter.dialect == Dialect::V2 {
            // A whole number comes back from JSON as one.
            let json = float_json(float);
            match resolve(&json, Dialect::V2, false) {
                Scalar::Int(int) => return int.to_string(),
                Scalar::Uint(uint) => return uint.to_string(),
                _ => {}
            }
        }
        match float {
            _ if float.is_nan() => ".nan".to_owned(),
            _ if float == f64::INFINITY => ".inf".to_owned(),
            _ if float == f64::NEG_INFINITY => "-.inf".to_owned(),
            _ => float_shortest(float),
        }
    }
}
