//! Go's own functions: comparison, indexing, printing, escaping.

use super::{Function, Param, Run, many};
use crate::helm::render::datum::{Datum, List};
use crate::helm::render::exec::Slot;
use crate::helm::render::go;
use crate::helm::render::text::{self, Str};

const fn slots(
    name: &'static str,
    params: &'static [Param],
    run: fn(&[Slot]) -> Result<Slot, String>,
) -> Function {
    Function { name, params, variadic: false, run: Run::Slots(run) }
}

const fn more_slots(
    name: &'static str,
    params: &'static [Param],
    run: fn(&[Slot]) -> Result<Slot, String>,
) -> Function {
    Function { name, params, variadic: true, run: Run::Slots(run) }
}

const ANYTHING: &[Param] = &[Param::Any];
const VALUES: &[Param] = &[Param::Value, Param::Value];

pub(super) const TABLE: &[Function] = &[
    Function { name: "and", params: VALUES, variadic: true, run: Run::ShortCircuit { stop_at: false } },
    Function { name: "or", params: VALUES, variadic: true, run: Run::ShortCircuit { stop_at: true } },
    slots("not", &[Param::Value], |args| truth_slot(!args[0].as_datum().is_true())),
    more_slots("eq", VALUES, |args| equal(args).and_then(truth_slot)),
    slots("ne", VALUES, |args| equal(args).and_then(|equal| truth_slot(!equal))),
    slots("lt", VALUES, |args| less(args).and_then(truth_slot)),
    slots("le", VALUES, |args| less_or_equal(args).and_then(truth_slot)),
    slots("gt", VALUES, |args| less_or_equal(args).and_then(|less| truth_slot(!less))),
    slots("ge", VALUES, |args| less(args).and_then(|less| truth_slot(!less))),
    slots("len", &[Param::Value], length),
    more_slots("index", VALUES, index),
    more_slots("call", VALUES, |args| match args[0].as_datum() {
        Datum::Nil => Err("call of nil".to_owned()),
        datum => Err(format!("non-function of type {}", datum.type_name())),
    }),
    many("print", ANYTHING, |args| Ok(Datum::Str(Str::from(go::sprint(args))))),
    many("println", ANYTHING, |args| Ok(Datum::Str(Str::from(go::sprintln(args))))),
    many("printf", &[Param::Str, Param::Any], |args| {
        Ok(Datum::Str(Str::from(go::sprintf(super::text(&args[0]), &args[1..]))))
    }),
    many("html", ANYTHING, |args| super::ok(escape_html(&joined(args)))),
    many("js", ANYTHING, |args| super::ok(escape_js(&joined(args)))),
    many("urlquery", ANYTHING, |args| super::ok(super::urls::query_escape(&joined(args)))),
];

fn truth_slot(truth: bool) -> Result<Slot, String> {
    Ok(Slot::Own(Datum::Bool(truth)))
}

fn joined(args: &[Datum]) -> Vec<u8> {
    let shown: Vec<Datum> = args
        .iter()
        .map(|arg| if matches!(arg, Datum::Nil) { Datum::str("<no value>") } else { arg.clone() })
        .collect();
    go::sprint(&shown)
}

/// Go's basic kinds.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Invalid,
    Bool,
    Int,
    Uint,
    Float,
    Str,
}

fn kind(datum: &Datum) -> Kind {
    match datum {
        Datum::Bool(_) => Kind::Bool,
        Datum::Int(_) | Datum::Int64(_) | Datum::Duration(_) | Datum::Named(..) => Kind::Int,
        Datum::Uint8(_) | Datum::Uint64(_) => Kind::Uint,
        Datum::Float(_) => Kind::Float,
        Datum::Str(_) => Kind::Str,
        _ => Kind::Invalid,
    }
}

fn equal(args: &[Slot]) -> Result<bool, String> {
    let first = args[0].as_datum();
    if args.len() < 2 {
        return Err("missing argument for comparison".to_owned());
    }
    for other in &args[1..] {
        if equal_two(first, other.as_datum())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What Go shows under `%s`, where numbers are complained of.
fn as_text(datum: &Datum) -> String {
    String::from_utf8_lossy(&go::sprintf(b"%s", std::slice::from_ref(datum))).into_owned()
}

fn equal_two(a: &Datum, b: &Datum) -> Result<bool, String> {
    let (first, second) = (kind(a), kind(b));
    if first != second {
        if let (Some(signed), Some(unsigned)) = (a.as_int(), b.as_uint()) {
            return Ok(u64::try_from(signed) == Ok(unsigned));
        }
        if let (Some(unsigned), Some(signed)) = (a.as_uint(), b.as_int()) {
            return Ok(u64::try_from(signed) == Ok(unsigned));
        }
        if matches!(a, Datum::Nil) || matches!(b, Datum::Nil) {
            return Ok(false);
        }
        return Err(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()));
    }
    Ok(match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => a == b,
        (Datum::Float(a), Datum::Float(b)) => a == b,
        (Datum::Str(a), Datum::Str(b)) => a == b,
        (Datum::Nil, Datum::Nil) => true,
        _ if first == Kind::Int => a.as_int() == b.as_int(),
        _ if first == Kind::Uint => a.as_uint() == b.as_uint(),
        _ => {
            let nil = |datum: &Datum| match datum {
                Datum::Nil => true,
                Datum::List(list) => list.is_nil(),
                Datum::Map(map) => map.is_nil(),
                _ => false,
            };
            let untyped = matches!(a, Datum::Nil) || matches!(b, Datum::Nil);
            if !untyped && a.kind_name() != b.kind_name() {
                let shown = String::from_utf8_lossy(&go::sprint(std::slice::from_ref(b))).into_owned();
                return Err(format!(
                    "non-comparable types {}: {}, {}: {shown}",
                    as_text(a),
                    a.type_name(),
                    b.type_name()
                ));
            }
            if nil(a) || nil(b) {
                return Ok(nil(a) == nil(b));
            }
            if matches!(b.kind_name(), "map" | "slice") {
                return Err(format!("non-comparable type {}: {}", as_text(b), b.type_name()));
            }
            a.deep_equal(b)
        }
    })
}

fn less(args: &[Slot]) -> Result<bool, String> {
    let (a, b) = (args[0].as_datum(), args[1].as_datum());
    let bad = || Err("invalid type for comparison".to_owned());
    let (first, second) = (kind(a), kind(b));
    if first == Kind::Invalid || second == Kind::Invalid {
        return bad();
    }
    if first != second {
        if let (Some(signed), Some(unsigned)) = (a.as_int(), b.as_uint()) {
            return Ok(u64::try_from(signed).map_or(true, |signed| signed < unsigned));
        }
        if let (Some(unsigned), Some(signed)) = (a.as_uint(), b.as_int()) {
            return Ok(u64::try_from(signed).is_ok_and(|signed| unsigned < signed));
        }
        return Err(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()));
    }
    match (a, b) {
        (Datum::Float(a), Datum::Float(b)) => Ok(a < b),
        (Datum::Str(a), Datum::Str(b)) => Ok(a < b),
        _ if first == Kind::Int => Ok(a.as_int() < b.as_int()),
        _ if first == Kind::Uint => Ok(a.as_uint() < b.as_uint()),
        _ => bad(),
    }
}

fn less_or_equal(args: &[Slot]) -> Result<bool, String> {
    Ok(less(args)? || equal(args)?)
}

fn length(args: &[Slot]) -> Result<Slot, String> {
    let count = match args[0].as_datum() {
        Datum::Str(text) | Datum::Bytes(text) => text.len(),
        Datum::List(list) => list.len(),
        Datum::Map(map) => map.len(),
        Datum::Nil if matches!(args[0], Slot::Invalid) => {
            return Err("reflect: call of reflect.Value.Type on zero Value".to_owned());
        }
        Datum::Nil => return Err("len of nil pointer".to_owned()),
        datum => return Err(format!("len of type {}", datum.type_name())),
    };
    Ok(Slot::Own(Datum::Int(i64::try_from(count).unwrap_or(i64::MAX))))
}

fn position(index: &Datum, count: usize) -> Result<usize, String> {
    let number = match index {
        Datum::Nil => return Err("cannot index slice/array with nil".to_owned()),
        index => index
            .as_int()
            .map(i128::from)
            .or_else(|| index.as_uint().map(i128::from))
            .ok_or_else(|| format!("cannot index slice/array with type {}", index.type_name()))?,
    };
    match usize::try_from(number) {
        Ok(at) if at < count => Ok(at),
        Ok(at) if at == count => Err("reflect: slice index out of range".to_owned()),
        _ => Err(format!("index out of range: {number}")),
    }
}

fn index(args: &[Slot]) -> Result<Slot, String> {
    let mut item = args[0].clone().bare();
    if matches!(item, Slot::Invalid) {
        return Err("index of untyped nil".to_owned());
    }
    for index in &args[1..] {
        let index = index.as_datum();
        item = match item.as_datum() {
            Datum::Nil => return Err("index of nil pointer".to_owned()),
            Datum::Str(text) => {
                let at = position(index, text.len())
                    .map_err(|problem| problem.replace("slice index", "string index"))?;
                Slot::Own(Datum::Uint8(text.bytes()[at]))
            }
            Datum::Bytes(bytes) => Slot::Own(Datum::Uint8(bytes.bytes()[position(index, bytes.len())?])),
            Datum::List(list) => {
                let at = position(index, list.len())?;
                let element = list_item(list, at);
                if list.kind().holds_any() { Slot::Any(element) } else { Slot::Own(element) }
            }
            Datum::Map(map) => {
                let key = match index {
                    Datum::Str(key) => key,
                    Datum::Nil => return Err("value is nil; should be of type string".to_owned()),
                    other => return Err(format!("value has type {}; should be string", other.type_name())),
                };
                let element = map.get(key.bytes()).unwrap_or_else(|| map.kind().zero());
                if map.kind().holds_any() { Slot::Any(element) } else { Slot::Own(element) }
            }
            other => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(item)
}

fn list_item(list: &List, at: usize) -> Datum {
    list.items().get(at).cloned().unwrap_or(Datum::Nil)
}

fn escape_html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(*byte),
        }
    }
    out
}

fn escape_js(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (rune, raw) in text::runes(bytes) {
        match rune {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => {
                out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes());
            }
            rune if rune.is_ascii() || go::is_print(rune) => out.extend_from_slice(raw),
            rune => out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes()),
        }
    }
    out
}
