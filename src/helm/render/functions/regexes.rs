//! Sprig's regular expressions, with RE2's syntax.

use super::{Function, Outcome, Param, int, ok, plain, text, utf8, world};
use crate::helm::re2::Expression;
use crate::helm::render::datum::{Datum, List, ListKind};
use crate::helm::render::exec::{Failure, Machine};
use crate::helm::render::text::{self as go_text, Str};
use std::rc::Rc;

use Param::{Int, Str as S};

pub(super) const TABLE: &[Function] = &[
    world("regexMatch", &[S, S], |machine, args| {
        // A bad expression matches nothing here.
        let found = compiled(machine, &args[0]).is_ok_and(|regex| regex.is_match(text(&args[1])));
        Ok(Datum::Bool(found))
    }),
    world("mustRegexMatch", &[S, S], |machine, args| {
        Ok(Datum::Bool(must(machine, &args[0])?.is_match(text(&args[1]))))
    }),
    world("regexFind", &[S, S], |machine, args| find(&*panicking(machine, &args[0])?, &args[1])),
    world("mustRegexFind", &[S, S], |machine, args| find(&*must(machine, &args[0])?, &args[1])),
    world("regexFindAll", &[S, S, Int], |machine, args| Ok(find_all(&*panicking(machine, &args[0])?, args))),
    world("mustRegexFindAll", &[S, S, Int], |machine, args| Ok(find_all(&*must(machine, &args[0])?, args))),
    world("regexReplaceAll", &[S, S, S], |machine, args| {
        replace(&*panicking(machine, &args[0])?, args, false)
    }),
    world("mustRegexReplaceAll", &[S, S, S], |machine, args| {
        replace(&*must(machine, &args[0])?, args, false)
    }),
    world("regexReplaceAllLiteral", &[S, S, S], |machine, args| {
        replace(&*panicking(machine, &args[0])?, args, true)
    }),
    world("mustRegexReplaceAllLiteral", &[S, S, S], |machine, args| {
        replace(&*must(machine, &args[0])?, args, true)
    }),
    world("regexSplit", &[S, S, Int], |machine, args| Ok(split(&*panicking(machine, &args[0])?, args))),
    world("mustRegexSplit", &[S, S, Int], |machine, args| Ok(split(&*must(machine, &args[0])?, args))),
    plain("regexQuoteMeta", &[S], quote_meta),
];

fn quote_meta(args: &[Datum]) -> Outcome {
    let mut out = Vec::new();
    for byte in text(&args[0]) {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    ok(out)
}

/// The expression, compiled once per render; else Go's words for what is wrong.
fn compiled(machine: &mut Machine<'_, '_>, expression: &Datum) -> Result<Rc<Expression>, String> {
    let key = Str::new(text(expression));
    if let Some(known) = machine.regexes.get(&key) {
        return known.clone();
    }
    let result = Expression::new(text(expression)).map(Rc::new).map_err(|fault| fault.to_string());
    machine.regexes.insert(key, result.clone());
    result
}

fn must(machine: &mut Machine<'_, '_>, expression: &Datum) -> Result<Rc<Expression>, Failure> {
    compiled(machine, expression).map_err(Failure::text)
}

/// Go's `MustCompile` panics with the expression.
fn panicking(machine: &mut Machine<'_, '_>, expression: &Datum) -> Result<Rc<Expression>, Failure> {
    compiled(machine, expression).map_err(|problem| {
        let source = utf8(expression);
        let is_plain =
            |rune: char| !matches!(rune, '`' | '\u{7f}' | '\u{feff}') && (rune >= ' ' || rune == '\t');
        let quoted = if source.chars().all(is_plain) {
            format!("`{source}`")
        } else {
            crate::helm::render::go::quote(source.as_bytes())
        };
        Failure::text(format!("regexp: Compile({quoted}): {problem}"))
    })
}

fn find(regex: &Expression, subject: &Datum) -> Result<Datum, Failure> {
    Ok(Datum::str(regex.find(text(subject)).map_or(b"".as_slice(), |found| found.as_bytes())))
}

fn find_all(regex: &Expression, args: &[Datum]) -> Datum {
    let limit = usize::try_from(int(&args[2])).unwrap_or(usize::MAX);
    let found: Vec<Datum> =
        matches(regex, text(&args[1])).take(limit).map(|found| Datum::str(found.as_bytes())).collect();
    if found.is_empty() {
        return Datum::List(List::nil(ListKind::Strings));
    }
    Datum::List(List::new(ListKind::Strings, found))
}

/// Whether a place is inside a rune, where Go looks for no match.
fn splits_rune(subject: &[u8], at: usize) -> bool {
    (1..=at.min(3)).any(|back| go_text::decode(&subject[at - back..]).1 > back)
}

/// All matches as Go gives them: an empty one right after another match does not count.
fn matches<'r, 'h>(
    regex: &'r Expression,
    subject: &'h [u8],
) -> impl Iterator<Item = regex::bytes::Match<'h>> + use<'r, 'h> {
    let mut end = None;
    regex.find_iter(subject).filter(move |found| {
        if found.is_empty() && splits_rune(subject, found.start()) {
            return false;
        }
        let counts = !(found.is_empty() && end == Some(found.start()));
        end = Some(found.end());
        counts
    })
}

fn replace(regex: &Expression, args: &[Datum], literal: bool) -> Result<Datum, Failure> {
    let (subject, template) = (text(&args[1]), text(&args[2]));
    let mut out = Vec::with_capacity(subject.len());
    let mut copied = 0;
    let mut last_end = None;
    for captures in regex.captures_iter(subject) {
        let Some(whole) = captures.get(0) else { continue };
        let start = whole.start();
        if whole.is_empty() && (last_end == Some(start) || splits_rune(subject, start)) {
            continue;
        }
        last_end = Some(whole.end());
        out.extend_from_slice(&subject[copied..whole.start()]);
        copied = whole.end();
        if literal {
            out.extend_from_slice(template);
        } else {
            expand(&mut out, template, regex, &captures);
        }
        if out.len() > super::MOST * 4 {
            return Err(Failure::limit("the text would have too many bytes"));
        }
    }
    out.extend_from_slice(&subject[copied..]);
    Ok(Datum::Str(Str::from(out)))
}

/// Go's `Expand`: `$1`, `${1}`, `$name` with the longest name, `$$`.
fn expand(out: &mut Vec<u8>, template: &[u8], regex: &Expression, captures: &regex::bytes::Captures<'_>) {
    let mut rest = template;
    while let Some(at) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'$') {
            out.push(b'$');
            rest = &rest[1..];
            continue;
        }
        let braced = rest.first() == Some(&b'{');
        let body = if braced { &rest[1..] } else { rest };
        let length: usize = go_text::runes(body)
            .take_while(|(rune, _)| *rune == '_' || rune.is_alphanumeric())
            .map(|(_, raw)| raw.len())
            .sum();
        let closed = !braced || body.get(length) == Some(&b'}');
        if length == 0 || !closed {
            out.push(b'$');
            continue;
        }
        let name = String::from_utf8_lossy(&body[..length]);
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => regex.named(captures, &name),
        };
        if let Some(group) = group {
            out.extend_from_slice(group.as_bytes());
        }
        rest = &body[length + usize::from(braced)..];
    }
    out.extend_from_slice(rest);
}

fn split(regex: &Expression, args: &[Datum]) -> Datum {
    let (subject, limit) = (text(&args[1]), int(&args[2]));
    if limit == 0 {
        return Datum::List(List::nil(ListKind::Strings));
    }
    if !regex.source().is_empty() && subject.is_empty() {
        return Datum::strings([b""]);
    }
    let limit = usize::try_from(limit).ok();
    let mut parts: Vec<&[u8]> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for found in matches(regex, subject) {
        if limit.is_some_and(|limit| parts.len() == limit - 1) {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(&subject[begin..end]);
        }
        begin = found.end();
    }
    if end != subject.len() {
        parts.push(&subject[begin..]);
    }
    Datum::strings(parts)
}
