//! Sprig's functions of strings.

use super::{Function, MOST, Outcome, Param, int, many, ok, plain, strslice, strval, text, utf8};
use crate::helm::render::datum::{Datum, Map, MapKind};
use crate::helm::render::go;
use crate::helm::render::text::{self as go_text, Str};

use Param::{Any, Int, Str as S};

pub(super) const TABLE: &[Function] = &[
    plain("hello", &[], |_| ok("Hello!")),
    plain("trim", &[S], |args| ok(go_text::trim(text(&args[0]), go_text::is_space))),
    plain("upper", &[S], |args| ok(map_case(text(&args[0]), go_upper))),
    plain("lower", &[S], |args| ok(map_case(text(&args[0]), go_lower))),
    plain("repeat", &[Int, S], |args| {
        let count =
            usize::try_from(int(&args[0])).map_err(|_| "strings: negative Repeat count".to_owned())?;
        let text = text(&args[1]);
        if text.len().saturating_mul(count) > MOST {
            return Err(format!("the text would have more than {MOST} bytes"));
        }
        ok(text.repeat(count))
    }),
    plain("trimall", &[S, S], trim_all),
    plain("trimAll", &[S, S], trim_all),
    plain("trimSuffix", &[S, S], |args| {
        let (suffix, text) = (text(&args[0]), text(&args[1]));
        ok(text.strip_suffix(suffix).unwrap_or(text))
    }),
    plain("trimPrefix", &[S, S], |args| {
        let (prefix, text) = (text(&args[0]), text(&args[1]));
        ok(text.strip_prefix(prefix).unwrap_or(text))
    }),
    plain("contains", &[S, S], |args| {
        Ok(Datum::Bool(go_text::find(text(&args[1]), text(&args[0])).is_some()))
    }),
    plain("hasPrefix", &[S, S], |args| Ok(Datum::Bool(text(&args[1]).starts_with(text(&args[0]))))),
    plain("hasSuffix", &[S, S], |args| Ok(Datum::Bool(text(&args[1]).ends_with(text(&args[0]))))),
    many("quote", &[Any], |args| {
        let quoted: Vec<String> = present(args).map(|arg| go::quote(strval(arg).bytes())).collect();
        ok(quoted.join(" "))
    }),
    many("squote", &[Any], |args| {
        let quoted: Vec<Vec<u8>> = present(args)
            .map(|arg| [b"'", go::sprint(std::slice::from_ref(arg)).as_slice(), b"'"].concat())
            .collect();
        ok(quoted.join(b" ".as_slice()))
    }),
    many("cat", &[Any], |args| {
        let shown: Vec<Vec<u8>> = present(args).map(|arg| go::sprint(std::slice::from_ref(arg))).collect();
        ok(shown.join(b" ".as_slice()))
    }),
    plain("indent", &[Int, S], |args| indent(&args[0], text(&args[1]), b"")),
    plain("nindent", &[Int, S], |args| indent(&args[0], text(&args[1]), b"\n")),
    plain("replace", &[S, S, S], |args| {
        let (old, new, text) = (text(&args[0]), text(&args[1]), text(&args[2]));
        if text.len().saturating_mul(new.len().max(1)) > MOST * 16 {
            return Err(format!("the text would have more than {MOST} bytes"));
        }
        ok(go_text::replace(text, old, new))
    }),
    plain("plural", &[S, S, Int], |args| Ok(args[usize::from(int(&args[2]) != 1)].clone())),
    plain("toString", &[Any], |args| Ok(Datum::Str(strval(&args[0])))),
    plain("toStrings", &[Any], |args| Ok(Datum::strings(strslice(&args[0]).iter().map(Str::bytes)))),
    plain("trunc", &[Int, S], |args| {
        let (count, text) = (int(&args[0]), text(&args[1]));
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let at = |at: i64| usize::try_from(at).unwrap_or(0);
        ok(if count < 0 && length + count > 0 {
            &text[at(length + count)..]
        } else if count >= 0 && length > count {
            &text[..at(count)]
        } else {
            text
        })
    }),
    plain("substr", &[Int, Int, S], |args| {
        let (start, end, text) = (int(&args[0]), int(&args[1]), text(&args[2]));
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let (start, end) = if start < 0 {
            (0, end)
        } else if end < 0 || end > length {
            (start, length)
        } else {
            (start, end)
        };
        slice_bounds(start, end, length)?;
        ok(&text[usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0)])
    }),
    plain("join", &[S, Any], |args| {
        let parts = strslice(&args[1]);
        let parts: Vec<&[u8]> = parts.iter().map(Str::bytes).collect();
        ok(parts.join(text(&args[0])))
    }),
    plain("split", &[S, S], |args| Ok(numbered(&go_text::split(text(&args[1]), text(&args[0]), None)))),
    plain("splitList", &[S, S], |args| {
        Ok(Datum::strings(go_text::split(text(&args[1]), text(&args[0]), None)))
    }),
    plain("splitn", &[S, Int, S], |args| {
        let limit = usize::try_from(int(&args[1])).ok();
        Ok(numbered(&go_text::split(text(&args[2]), text(&args[0]), limit)))
    }),
    plain("nospace", &[S], |args| {
        ok(go_text::runes(text(&args[0]))
            .filter(|(rune, _)| !go_text::is_space(*rune))
            .flat_map(|(_, raw)| raw.to_vec())
            .collect::<Vec<u8>>())
    }),
    plain("swapcase", &[S], |args| ok(swap_case(&utf8(&args[0])))),
    plain("title", &[S], |args| ok(title(&utf8(&args[0])))),
    plain("untitle", &[S], |args| ok(untitle(&utf8(&args[0])))),
    plain("initials", &[S], |args| {
        // goutils takes bytes for runes.
        let text: String = text(&args[0]).iter().map(|byte| char::from(*byte)).collect();
        let mut last_was_space = true;
        ok(text
            .chars()
            .filter(|rune| {
                let initial = last_was_space && !go_text::is_space(*rune);
                last_was_space = go_text::is_space(*rune);
                initial
            })
            .collect::<String>())
    }),
];

fn present(args: &[Datum]) -> impl Iterator<Item = &Datum> {
    args.iter().filter(|arg| !matches!(arg, Datum::Nil))
}

/// What Go says when a slice expression of a string is out of bounds.
pub(super) fn slice_bounds(start: i64, end: i64, length: i64) -> Result<(), String> {
    if end < 0 || end > length {
        return Err(if end < 0 {
            format!("runtime error: slice bounds out of range [:{end}]")
        } else {
            format!("runtime error: slice bounds out of range [:{end}] with length {length}")
        });
    }
    if start > end {
        return Err(format!("runtime error: slice bounds out of range [{start}:{end}]"));
    }
    Ok(())
}

fn trim_all(args: &[Datum]) -> Outcome {
    let cut: Vec<char> = go_text::runes(text(&args[0])).map(|(rune, _)| rune).collect();
    ok(go_text::trim(text(&args[1]), |rune| cut.contains(&rune)))
}

fn indent(spaces: &Datum, text: &[u8], before: &[u8]) -> Outcome {
    let spaces = usize::try_from(int(spaces)).map_err(|_| "strings: negative Repeat count".to_owned())?;
    let lines = 1 + memchr::memchr_iter(b'\n', text).count();
    if lines.saturating_mul(spaces) > MOST {
        return Err(format!("the text would have more than {MOST} bytes"));
    }
    let mut out = Vec::with_capacity(before.len() + text.len() + lines * spaces);
    out.extend_from_slice(before);
    out.resize(out.len() + spaces, b' ');
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(line);
        if line.ends_with(b"\n") {
            out.resize(out.len() + spaces, b' ');
        }
    }
    Ok(Datum::Str(Str::from(out)))
}

fn numbered(parts: &[&[u8]]) -> Datum {
    let pairs =
        parts.iter().enumerate().map(|(index, part)| (Str::from(format!("_{index}")), Datum::str(part)));
    Datum::Map(Map::new(MapKind::Strings, pairs.collect()))
}

fn go_upper(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => rune,
    }
}

fn go_lower(rune: char) -> char {
    rune.to_lowercase().next().unwrap_or(rune)
}

fn map_case(text: &[u8], change: fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (rune, _) in go_text::runes(text) {
        out.extend_from_slice(change(rune).encode_utf8(&mut [0; 4]).as_bytes());
    }
    out
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(|rune| {
            if rune.is_uppercase() {
                go_lower(rune)
            } else if rune.is_lowercase() {
                go_upper(rune)
            } else {
                rune
            }
        })
        .collect()
}

/// Go's `strings.Title`: a word starts after what is no letter, digit, underscore or, beyond ASCII, space.
fn title(text: &str) -> String {
    let is_separator = |rune: char| {
        if rune.is_ascii() {
            !(rune.is_ascii_alphanumeric() || rune == '_')
        } else {
            !rune.is_alphanumeric() && go_text::is_space(rune)
        }
    };
    let mut before = ' ';
    text.chars()
        .map(|rune| {
            let changed = if is_separator(before) { go_upper(rune) } else { rune };
            before = rune;
            changed
        })
        .collect()
}

fn untitle(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|rune| {
            if go_text::is_space(rune) {
                start = true;
                return rune;
            }
            let changed = if start { go_lower(rune) } else { rune };
            start = false;
            changed
        })
        .collect()
}
