//! Classes of runes: `[…]`, `\d` and its like, `\p{…}`.

use super::escape::{escaped, put};
use super::fault::{CLASS_RANGE, Fault, NO_BRACKET};

/// The class behind a letter, in ASCII as in RE2.
pub(super) fn perl(text: &str) -> Option<(&'static str, &str)> {
    let class = match text.as_bytes() {
        [b'\\', b'd', ..] => "[0-9]",
        [b'\\', b'D', ..] => "[^0-9]",
        [b'\\', b's', ..] => "[\\t\\n\\x0c\\r ]",
        [b'\\', b'S', ..] => "[^\\t\\n\\x0c\\r ]",
        [b'\\', b'w', ..] => "[0-9A-Za-z_]",
        [b'\\', b'W', ..] => "[^0-9A-Za-z_]",
        _ => return None,
    };
    Some((class, &text[2..]))
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`: a category or a script of Unicode.
pub(super) fn unicode(text: &str) -> Result<Option<(String, &str)>, Fault> {
    let Some(body) = text.strip_prefix("\\p").or_else(|| text.strip_prefix("\\P")) else { return Ok(None) };
    let mut is_negated = text.starts_with("\\P");
    let (name, rest) = match body.chars().next() {
        // Nothing follows: an ordinary escape, and a bad one.
        None => return Ok(None),
        Some('{') => {
            let end = body.find('}').ok_or_else(|| Fault::new(CLASS_RANGE, text))?;
            (&body[1..end], &body[end + 1..])
        }
        Some(letter) => body.split_at(letter.len_utf8()),
    };
    let plain = name.strip_prefix('^').unwrap_or(name);
    is_negated ^= plain.len() < name.len();
    // The crate knows much more by names than categories and scripts.
    let is_name =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || " _-".contains(letter));
    let kinds = ["gc", "sc"].map(|kind| format!("{kind}={plain}"));
    let is_special = ["any", "assigned", "ascii"].contains(&plain.to_ascii_lowercase().as_str());
    let known =
        if is_special { Some(plain.to_owned()) } else { kinds.into_iter().find(|kind| is_known(kind)) };
    let Some(known) = known.filter(|_| is_name(plain)) else {
        return Err(Fault::new(CLASS_RANGE, &text[..text.len() - rest.len()]));
    };
    Ok(Some((format!("\\{}{{{known}}}", if is_negated { 'P' } else { 'p' }), rest)))
}

fn is_known(name: &str) -> bool {
    regex::Regex::new(&format!("\\p{{{name}}}")).is_ok()
}

/// `[:alnum:]` and its like, within a class.
fn posix(text: &str) -> Result<Option<(&str, &str)>, Fault> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    if !text.starts_with("[:") {
        return Ok(None);
    }
    let Some(end) = text[2..].find(":]") else { return Ok(None) };
    let (whole, rest) = text.split_at(end + 4);
    let name = &text[2..end + 2];
    if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        Ok(Some((whole, rest)))
    } else {
        Err(Fault::new(CLASS_RANGE, whole))
    }
}

/// A whole class in brackets, and what follows it.
pub(super) fn bracketed(text: &str) -> Result<(String, &str), Fault> {
    let mut out = String::from("[");
    let mut rest = &text[1..];
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut is_first = true;
    loop {
        if let Some(after) = rest.strip_prefix(']').filter(|_| !is_first) {
            out.push(']');
            return Ok((out, after));
        }
        is_first = false;
        let named = match posix(rest)? {
            Some((class, after)) => Some((class.to_owned(), after)),
            None => unicode(rest)?,
        };
        let named = named.or_else(|| perl(rest).map(|(class, after)| (class.to_owned(), after)));
        if let Some((class, after)) = named {
            out.push_str(&class);
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = single(rest, text)?;
        rest = after;
        let mut high = low;
        // A dash right before the end stands for itself.
        if rest.len() >= 2 && rest.starts_with('-') && !rest[1..].starts_with(']') {
            let (last, after) = single(&rest[1..], text)?;
            if last < low {
                return Err(Fault::new(CLASS_RANGE, &start[..start.len() - after.len()]));
            }
            (high, rest) = (last, after);
        }
        range(&mut out, low, high);
    }
}

fn single<'a>(text: &'a str, whole: &str) -> Result<(u32, &'a str), Fault> {
    if text.starts_with('\\') {
        return escaped(text);
    }
    let mut runes = text.chars();
    let rune = runes.next().ok_or_else(|| Fault::new(NO_BRACKET, whole))?;
    Ok((u32::from(rune), runes.as_str()))
}

/// Surrogates are numbers of no rune: nothing in a text is one of them.
fn range(out: &mut String, low: u32, high: u32) {
    let low = if char::from_u32(low).is_none() { 0xe000 } else { low };
    let high = if char::from_u32(high).is_none() { 0xd7ff } else { high };
    if low > high {
        return out.push_str("[^\\x00-\\x{10ffff}]");
    }
    put(out, low);
    if low < high {
        out.push('-');
        put(out, high);
    }
}
