//! Sprig's functions that know words: wrapping, shortening and the cases of identifiers.

use super::{Function, Param, int, ok, plain, text, utf8};
use crate::helm::render::text::is_space;

use Param::{Int, Str as S};

pub(super) const TABLE: &[Function] = &[
    plain("wrap", &[Int, S], |args| ok(wrap(text(&args[1]), int(&args[0]), b"\n", false))),
    plain("wrapWith", &[Int, S, S], |args| ok(wrap(text(&args[2]), int(&args[0]), text(&args[1]), true))),
    plain("abbrev", &[Int, S], |args| {
        let (width, text) = (int(&args[0]), text(&args[1]));
        ok(if width < 4 { text.to_vec() } else { abbreviate(text, 0, width) })
    }),
    plain("abbrevboth", &[Int, Int, S], |args| {
        let (left, right, text) = (int(&args[0]), int(&args[1]), text(&args[2]));
        if right < 4 || (left > 0 && right < 7) {
            return ok(text);
        }
        ok(abbreviate(text, left, right))
    }),
    plain("snakecase", &[S], |args| ok(lower_case(&utf8(&args[0]), '_'))),
    plain("kebabcase", &[S], |args| ok(lower_case(&utf8(&args[0]), '-'))),
    plain("camelcase", &[S], |args| ok(pascal_case(&utf8(&args[0])))),
];

fn wrap(text: &[u8], width: i64, newline: &[u8], long_words: bool) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let newline = if newline.is_empty() { b"\n" } else { newline };
    let mut out = Vec::new();
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let line = &text[at..=at + width];
        if let Some(space) = line.iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(&text[at..at + space]);
            out.extend_from_slice(newline);
            at += space + 1;
        } else if long_words {
            out.extend_from_slice(&text[at..at + width]);
            out.extend_from_slice(newline);
            at += width;
        } else if let Some(space) = text[at + width..].iter().position(|byte| *byte == b' ') {
            out.extend_from_slice(&text[at..at + width + space]);
            out.extend_from_slice(newline);
            at += width + space + 1;
        } else {
            out.extend_from_slice(&text[at..]);
            at = text.len();
        }
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// goutils' abbreviation: an ellipsis at the end, or at both ends from an offset on. Empty on what it refuses.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let Ok(most) = usize::try_from(width) else { return Vec::new() };
    if text.is_empty() || most < 4 {
        return Vec::new();
    }
    if text.len() <= most {
        return text.to_vec();
    }
    let mut offset = usize::try_from(offset).unwrap_or(0).min(text.len());
    if text.len() - offset < most - 3 {
        offset = text.len() - (most - 3);
    }
    if offset <= 4 {
        return [&text[..most - 3], b"..."].concat();
    }
    if most < 7 {
        return Vec::new();
    }
    if offset + most - 3 < text.len() {
        return [b"...".as_slice(), &abbreviate(&text[offset..], 0, width - 3)].concat();
    }
    [b"...", &text[text.len() - (most - 3)..]].concat()
}

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || is_space(rune)
}

/// Go's `unicode.IsPunct`: punctuation, without symbols such as `$` and `+`.
fn is_punct(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_punctuation()
            && !matches!(rune, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
    }
    matches!(rune, '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}')
}

fn single_upper(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => rune,
    }
}

fn single_lower(rune: char) -> char {
    rune.to_lowercase().next().unwrap_or(rune)
}

/// xstrings' `ToPascalCase`.
fn pascal_case(text: &str) -> String {
    let mut out = String::new();
    let mut runes = text.chars();
    let mut first_upper = false;
    let mut current = '\0';
    let mut found = false;
    for rune in runes.by_ref() {
        current = rune;
        if !is_connector(rune) {
            first_upper = rune.is_uppercase();
            current = single_upper(rune);
            found = true;
            break;
        }
        out.push(rune);
    }
    if text.is_empty() {
        return out;
    }
    if !found {
        // Only connectors: the library writes the last one twice.
        out.push(current);
        return out;
    }
    for rune in runes {
        let before = current;
        current = rune;
        if is_connector(current) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            first_upper = current.is_uppercase();
            current = single_upper(current);
        } else {
            if first_upper {
                if current.is_uppercase() {
                    current = single_lower(current);
                } else {
                    first_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

fn is_alphabet(rune: char) -> bool {
    // Scripts without case do not count as words of their own.
    rune.is_alphabetic() && (rune.is_uppercase() || rune.is_lowercase())
}

/// The kind and the runes of the next word.
fn next_word(runes: &[char]) -> (Word, &[char], &[char]) {
    let Some(&first) = runes.first() else { return (Word::None, runes, runes) };
    let run = |test: &dyn Fn(char) -> bool| 1 + runes[1..].iter().take_while(|rune| test(**rune)).count();
    let (kind, length) = if is_connector(first) {
        (Word::Connector, run(&is_connector))
    } else if is_punct(first) {
        (Word::Punct, run(&is_punct))
    } else if first.is_uppercase() {
        let length = match runes.get(1) {
            Some(second) if second.is_uppercase() => {
                let upper = run(&char::is_uppercase);
                match runes.get(upper) {
                    Some(next) if is_alphabet(*next) => upper - 1,
                    _ => upper,
                }
            }
            Some(second) if is_alphabet(*second) => run(&|rune| is_alphabet(rune) && !rune.is_uppercase()),
            _ => 1,
        };
        (Word::Upper, length)
    } else if is_alphabet(first) {
        (Word::Alphabet, run(&|rune| is_alphabet(rune) && !rune.is_uppercase()))
    } else if first.is_numeric() {
        (Word::Number, run(&char::is_numeric))
    } else {
        let other =
            |rune: char| !(is_connector(rune) || is_alphabet(rune) || rune.is_numeric() || is_punct(rune));
        (Word::Other, run(&other))
    };
    let (word, rest) = runes.split_at(length);
    (kind, word, rest)
}

fn write_lower(out: &mut String, kind: Word, word: &[char], connector: char) {
    if !matches!(kind, Word::Upper | Word::Connector) {
        out.extend(word);
        return;
    }
    out.extend(word.iter().map(|rune| if is_connector(*rune) { connector } else { single_lower(*rune) }));
}

/// xstrings' `ToSnakeCase` and `ToKebabCase`.
fn lower_case(text: &str, connector: char) -> String {
    let runes: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let (mut kind, mut word, mut rest) = next_word(&runes);
    let ends = |kind: Word| matches!(kind, Word::None | Word::Connector | Word::Punct);
    while !rest.is_empty() {
        if kind != Word::Connector {
            write_lower(&mut out, kind, word, connector);
        }
        let (before, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match before {
            Word::Number => {
                while matches!(kind, Word::Alphabet | Word::Number) {
                    write_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !ends(kind) {
                    out.push(connector);
                }
            }
            Word::Connector => write_lower(&mut out, before, last, connector),
            Word::Punct => {}
            _ if kind != Word::Number => {
                if !matches!(kind, Word::Connector | Word::Punct) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind == Word::Alphabet {
                    out.push(connector);
                    write_lower(&mut out, Word::Number, number, connector);
                    while matches!(kind, Word::Alphabet | Word::Number) {
                        write_lower(&mut out, kind, word, connector);
                        (kind, word, rest) = next_word(rest);
                    }
                    if !ends(kind) {
                        out.push(connector);
                    }
                } else {
                    write_lower(&mut out, Word::Number, number, connector);
                    if !matches!(kind, Word::Connector | Word::Punct) {
                        out.push(connector);
                    }
                }
            }
        }
    }
    write_lower(&mut out, kind, word, connector);
    out
}
