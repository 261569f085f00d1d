//! Writes YAML that readers of YAML 1.1 and 1.2 understand alike.
//!
//! `kubectl` reads YAML 1.1, in which a plain `on` or `no` is a truth value; the YAML crate writes such
//! a string plain because it is none in YAML 1.2. Here every string that is not plainly a word is quoted.

use serde_norway::{Mapping, Value};

/// A document of a mapping, in block style with an indentation of two.
pub(super) fn document(mapping: &Mapping) -> String {
    let mut out = String::new();
    if mapping.is_empty() {
        out.push_str("{}\n");
    } else {
        entries(mapping, 0, &mut out);
    }
    out
}

fn entries(mapping: &Mapping, indent: usize, out: &mut String) {
    for (position, (key, value)) in mapping.iter().enumerate() {
        // The first entry stands behind the "- " of a sequence or the start of the line.
        if position > 0 {
            pad(indent, out);
        }
        out.push_str(&scalar(key));
        out.push(':');
        below(value, indent, out);
    }
}

/// A value behind a colon.
fn below(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            out.push('\n');
            pad(indent + 2, out);
            entries(mapping, indent + 2, out);
        }
        Value::Sequence(items) if !items.is_empty() => {
            out.push('\n');
            sequence(items, indent, out);
        }
        // Tags mean nothing in what is written here.
        Value::Tagged(tagged) => below(&tagged.value, indent, out),
        other => {
            out.push(' ');
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push('-');
        match item {
            Value::Mapping(mapping) if !mapping.is_empty() => {
                out.push(' ');
                entries(mapping, indent + 2, out);
            }
            other => below(other, indent + 2, out),
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A value on one line; JSON is YAML, so that is how all but plain words are written.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => quoted(text),
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Sequence(_) => "[]".into(),
        Value::Mapping(_) => "{}".into(),
        Value::Tagged(tagged) => scalar(&tagged.value),
    }
}

/// A string in double quotes. JSON leaves raw what YAML 1.1 takes for a line break or does not print;
/// all of it lies in Unicode's first plane, so that four digits are enough.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.chars()
        .map(|character| match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                format!("\\u{:04x}", u32::from(character))
            }
            other => other.to_string(),
        })
        .collect()
}

/// Whether a string is a string in every YAML without quotes: it starts with a letter, holds only
/// characters of names, paths, addresses and Base64, and is no word that some YAML takes for null, a
/// truth value or a number.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && characters.all(|character| character.is_ascii_alphanumeric() || "_-./+=@:".contains(character))
        && !text.ends_with(':')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_norway::{Mapping, Value};

    use super::{document, is_plain};

    fn parse(yaml: &str) -> Mapping {
        serde_norway::from_str(yaml).expect("valid YAML")
    }

    #[test]
    fn block_style() {
        let written = document(&parse(
            "{a: {b: [1, {c: d, e: []}, [x, y], {}], 'on': 'off'}, n: null, t: true, f: 1.5, s: \"two\\nlines\"}",
        ));
        expect![[r#"
            a:
              b:
              - 1
              - c: d
                e: []
              -
                - x
                - "y"
              - {}
              "on": "off"
            "n": null
            t: true
            f: 1.5
            s: "two\nlines"
        "#]]
        .assert_eq(&written);
        expect![[r"
            {}
        "]]
        .assert_eq(&document(&Mapping::new()));
    }

    #[test]
    fn only_words_are_plain() {
        for text in ["default", "admin@cluster", "https://10.0.0.1:6443", "LS0tLS1CRUdJTi==", "a/b.c"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "",
            "on",
            "NO",
            "Null",
            "y",
            "true",
            "inf",
            "nan",
            "1e3",
            "0x1f",
            "12:30:45",
            "~",
            "- a",
            "a: b",
            "a #b",
            "key:",
            "*a",
            "&a",
            "!x",
            "%x",
            "@x",
            "`x",
            "a b",
            "größe",
            "a\tb",
            "2026-11-23",
        ] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back_equal() {
        let strings =
            ["", "on", "1e3", "a: b", "# x", "\u{7f}\u{0}\u{1f}", "ä\u{2028}b", "'\"\\", " x ", "\r\n"];
        let mapping: Mapping = strings
            .iter()
            .map(|text| (Value::from(*text), Value::Sequence(vec![Value::from(*text), Value::from(7_u64)])))
            .collect();
        assert_eq!(parse(&document(&mapping)), mapping);
    }
}
