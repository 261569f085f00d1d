//! Go's `fmt`: `Sprint`, `Sprintf` and what they make of every kind of value.

use super::print_numbers::{print_float, print_int};
use super::quote;
use crate::helm::render::datum::{Datum, Object};
use crate::helm::render::text::{Str, decode, runes};

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`: as Go's source would say it.
    pub(super) sharp_v: bool,
    /// `%+v`: with the names of fields.
    pub(super) plus_v: bool,
    /// Inside a complaint, where methods are not asked.
    pub(super) erroring: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// The widest field that is honoured, as in Go.
const WIDEST: usize = 1_000_000;
/// How deep values may lie in a printed value.
const DEEPEST: usize = 1000;
/// The longest text that a value is printed as.
const LONGEST: usize = 16 << 20;

/// `fmt.Sprint`: spaces between operands when neither is a string.
pub(crate) fn sprint(args: &[Datum]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_string = false;
    for (index, arg) in args.iter().enumerate() {
        let is_string = matches!(arg, Datum::Str(_));
        if index > 0 && !is_string && !after_string {
            out.push(b' ');
        }
        print_value(&mut out, arg);
        after_string = is_string;
    }
    out
}

/// `fmt.Sprintln`.
pub(crate) fn sprintln(args: &[Datum]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        print_value(&mut out, arg);
    }
    out.push(b'\n');
    out
}

/// `%v`.
pub(crate) fn print_value(out: &mut Vec<u8>, datum: &Datum) {
    match datum {
        Datum::Str(text) => out.extend_from_slice(text.bytes()),
        datum => print(out, datum, 'v', Flags::default(), 0),
    }
}

/// `fmt.Sprintf`.
pub(crate) fn sprintf(format: &[u8], args: &[Datum]) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len());
    let mut rest = format;
    let mut next = 0;
    let mut reordered = false;
    while !rest.is_empty() {
        let Some(at) = memchr::memchr(b'%', rest) else {
            out.extend_from_slice(rest);
            break;
        };
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let mut spec = Spec { rest, next, good_index: true, after_index: false, reordered: false };
        spec.verb(&mut out, args);
        reordered |= spec.reordered;
        (rest, next) = (spec.rest, spec.next);
    }
    if !reordered && next < args.len() {
        out.extend_from_slice(b"%!(EXTRA ");
        for (index, arg) in args[next..].iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            if matches!(arg, Datum::Nil) {
                out.extend_from_slice(b"<nil>");
            } else {
                out.extend_from_slice(arg.type_name().as_bytes());
                out.push(b'=');
                print(&mut out, arg, 'v', Flags::default(), 0);
            }
        }
        out.push(b')');
    }
    out
}

/// One directive of a format while it is read.
struct Spec<'a> {
    rest: &'a [u8],
    next: usize,
    good_index: bool,
    after_index: bool,
    reordered: bool,
}

impl Spec<'_> {
    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let text = std::str::from_utf8(&self.rest[..digits]).ok()?;
        self.rest = &self.rest[digits..];
        text.parse().ok().filter(|number| *number <= WIDEST)
    }

    /// `[3]`: the argument to take.
    fn index(&mut self, count: usize) {
        if self.rest.first() != Some(&b'[') {
            return;
        }
        self.reordered = true;
        let Some(end) = memchr::memchr(b']', self.rest) else {
            self.good_index = false;
            self.rest = &self.rest[1..];
            return;
        };
        let number = std::str::from_utf8(&self.rest[1..end]).ok().and_then(|text| text.parse::<usize>().ok());
        self.rest = &self.rest[end + 1..];
        self.after_index = true;
        match number {
            Some(number) if number >= 1 && number <= count => self.next = number - 1,
            _ => self.good_index = false,
        }
    }

    fn star(&mut self, out: &mut Vec<u8>, args: &[Datum], problem: &[u8]) -> Option<i64> {
        self.rest = &self.rest[1..];
        self.after_index = false;
        let value = args.get(self.next).and_then(Datum::as_int);
        if self.next < args.len() {
            self.next += 1;
        }
        let value = value.filter(|value| value.unsigned_abs() <= WIDEST as u64);
        if value.is_none() {
            out.extend_from_slice(problem);
        }
        value
    }

    fn verb(&mut self, out: &mut Vec<u8>, args: &[Datum]) {
        let mut flags = Flags::default();
        while let Some(byte) = self.rest.first() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        self.index(args.len());
        if self.rest.first() == Some(&b'*') {
            if let Some(width) = self.star(out, args, b"%!(BADWIDTH)") {
                flags.minus |= width < 0;
                flags.width = usize::try_from(width.unsigned_abs()).ok();
            }
        } else {
            flags.width = self.number();
            if self.after_index && flags.width.is_some() {
                self.good_index = false;
            }
        }
        if self.rest.first() == Some(&b'.') {
            self.rest = &self.rest[1..];
            if self.after_index {
                self.good_index = false;
            }
            self.index(args.len());
            if self.rest.first() == Some(&b'*') {
                match self.star(out, args, b"%!(BADPREC)") {
                    Some(precision) => flags.precision = usize::try_from(precision).ok(),
                    None => flags.precision = None,
                }
            } else {
                flags.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !self.after_index {
            self.index(args.len());
        }
        if self.rest.is_empty() {
            out.extend_from_slice(b"%!(NOVERB)");
            return;
        }
        let (verb, width) = decode(self.rest);
        self.rest = &self.rest[width..];
        let mut problem = |text: &str| {
            out.extend_from_slice(format!("%!{verb}({text})").as_bytes());
        };
        if verb == '%' {
            out.push(b'%');
        } else if !self.good_index {
            problem("BADINDEX");
        } else if self.next >= args.len() {
            problem("MISSING");
        } else {
            let arg = &args[self.next];
            self.next += 1;
            if matches!(verb, 'v' | 'w') {
                // `%+v` names fields and says nothing about signs.
                flags =
                    Flags { sharp_v: flags.sharp, plus_v: flags.plus, sharp: false, plus: false, ..flags };
            }
            print_arg(out, arg, verb, flags);
        }
    }
}

fn print_arg(out: &mut Vec<u8>, arg: &Datum, verb: char, flags: Flags) {
    match (arg, verb) {
        (Datum::Nil, 'T' | 'v') => pad(out, b"<nil>", flags),
        (_, 'T') => pad(out, truncated(arg.type_name().as_bytes(), flags), flags),
        (Datum::Nil, _) => out.extend_from_slice(format!("%!{verb}(<nil>)").as_bytes()),
        _ => print(out, arg, verb, flags, 0),
    }
}

/// The value is printed with the flags of the verb that it does not know.
pub(super) fn bad_verb(out: &mut Vec<u8>, arg: &Datum, verb: char, flags: Flags) {
    out.extend_from_slice(format!("%!{verb}({}=", arg.type_name()).as_bytes());
    print(out, arg, 'v', Flags { erroring: true, ..flags }, 0);
    out.push(b')');
}

fn print(out: &mut Vec<u8>, arg: &Datum, verb: char, flags: Flags, depth: usize) {
    // A map that contains itself has no end: Go crashes here.
    if depth > DEEPEST || out.len() > LONGEST {
        return out.extend_from_slice("…".as_bytes());
    }
    if let Some(text) = method_text(arg, verb, flags) {
        return print_string(out, &text, verb, flags, arg);
    }
    if verb == 'w' {
        return bad_verb(out, arg, verb, flags);
    }
    let sharp_v = flags.sharp_v;
    match arg {
        Datum::Nil => out.extend_from_slice(if sharp_v { b"interface {}(nil)" } else { b"<nil>" }),
        Datum::Bool(truth) => match verb {
            't' | 'v' => pad(out, if *truth { b"true" } else { b"false" }, flags),
            _ => bad_verb(out, arg, verb, flags),
        },
        Datum::Int(int) | Datum::Int64(int) | Datum::Duration(int) | Datum::Named(_, int) => {
            print_int(out, arg, i128::from(*int), verb, flags);
        }
        Datum::Uint8(int) => print_int(out, arg, i128::from(*int), verb, flags),
        Datum::Uint64(int) => print_int(out, arg, i128::from(*int), verb, flags),
        Datum::Float(float) => print_float(out, arg, *float, verb, flags),
        Datum::Str(text) => print_string(out, text, verb, flags, arg),
        Datum::Bytes(bytes) => match verb {
            's' | 'q' | 'x' | 'X' => print_string(out, bytes, verb, flags, arg),
            _ => {
                let items: Vec<Datum> = bytes.bytes().iter().map(|byte| Datum::Uint8(*byte)).collect();
                print_items(out, &items, "[]byte", verb, flags, depth);
            }
        },
        Datum::List(list) => {
            if sharp_v && list.is_nil() {
                out.extend_from_slice(format!("{}(nil)", arg.type_name()).as_bytes());
            } else {
                print_items(out, &list.items(), arg.type_name(), verb, flags, depth);
            }
        }
        Datum::Map(map) => {
            if sharp_v {
                out.extend_from_slice(arg.type_name().as_bytes());
                if map.is_nil() {
                    return out.extend_from_slice(b"(nil)");
                }
                out.push(b'{');
            } else {
                out.extend_from_slice(b"map[");
            }
            for (index, (key, value)) in map.pairs().iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(if sharp_v { b", " } else { b" " });
                }
                print(out, &Datum::Str(key.clone()), verb, flags, depth + 1);
                out.push(b':');
                print(out, value, verb, flags, depth + 1);
            }
            out.push(if sharp_v { b'}' } else { b']' });
        }
        Datum::Time(time) => print_time(out, time, verb, flags),
        Datum::Object(object) => print_object(out, object, verb, flags, depth),
    }
}

/// What has a `String` method prints by it.
fn method_text(arg: &Datum, verb: char, flags: Flags) -> Option<Str> {
    if flags.erroring || flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
        return None;
    }
    match arg {
        Datum::Time(time) => Some(Str::from(time.text())),
        Datum::Named(names, number) => Some(Str::from(names.text(*number))),
        Datum::Duration(nanos) => Some(Str::from(crate::helm::render::time::duration_text(*nanos))),
        Datum::Object(object) => match &**object {
            Object::Version(version) | Object::VersionStruct(version) => Some(Str::from(version.to_string())),
            _ => None,
        },
        _ => None,
    }
}

/// A time where its `String` method is not asked: Go's source for it, or the struct that it is.
fn print_time(out: &mut Vec<u8>, time: &crate::helm::render::time::Time, verb: char, flags: Flags) {
    if flags.sharp_v && !flags.erroring {
        return pad(out, time.source().as_bytes(), flags);
    }
    let (wall, seconds) = time.words();
    out.push(b'{');
    let names = if flags.plus_v { ["wall:", "ext:", "loc:"] } else { [""; 3] };
    for (name, word) in names.iter().zip([Datum::Uint64(u64::from(wall)), Datum::Int64(seconds)]) {
        out.extend_from_slice(name.as_bytes());
        print(out, &word, verb, flags, 1);
        out.push(b' ');
    }
    out.extend_from_slice(names[2].as_bytes());
    match verb {
        'v' => pad(out, b"<nil>", flags),
        'b' | 'o' | 'd' | 'x' | 'X' => print(out, &Datum::Uint64(0), verb, flags, 1),
        'p' => pad(out, b"0x0", flags),
        _ => out.extend_from_slice(format!("%!{verb}(*time.Location=<nil>)").as_bytes()),
    }
    out.push(b'}');
}

fn print_object(out: &mut Vec<u8>, object: &Object, verb: char, flags: Flags, depth: usize) {
    let texts = |fields: &[(&'static str, &Str)]| {
        fields.iter().map(|(name, text)| (*name, Datum::Str((*text).clone()))).collect::<Vec<_>>()
    };
    let is_pointer = matches!(object, Object::Version(_) | Object::Capabilities { .. });
    if is_pointer && depth > 0 {
        return pad(out, b"0xc000000000", flags);
    }
    let fields = match object {
        Object::Version(version) | Object::VersionStruct(version) => vec![
            ("major", Datum::Uint64(version.major)),
            ("minor", Datum::Uint64(version.minor)),
            ("patch", Datum::Uint64(version.patch)),
            ("pre", Datum::str(&version.pre)),
            ("metadata", Datum::str(&version.build)),
            ("original", Datum::str(version.original())),
        ],
        Object::Certificate { cert, key } => texts(&[("Cert", cert), ("Key", key)]),
        Object::Capabilities { kube_version, api_versions, helm_version } => vec![
            ("KubeVersion", kube_version.clone()),
            ("APIVersions", api_versions.clone()),
            ("HelmVersion", helm_version.clone()),
        ],
        Object::KubeVersion { version, normalized, major, minor } => texts(&[
            ("Version", version),
            ("normalizedVersion", normalized),
            ("Major", major),
            ("Minor", minor),
        ]),
        Object::BuildInfo(fields) => {
            fields.iter().map(|(name, text)| (*name, Datum::Str(text.clone()))).collect()
        }
    };
    if is_pointer {
        out.push(b'&');
    }
    if flags.sharp_v {
        let datum = Datum::Object(std::rc::Rc::new(object.clone()));
        out.extend_from_slice(datum.type_name().trim_start_matches('*').as_bytes());
    }
    out.push(b'{');
    for (index, (name, field)) in fields.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(if flags.sharp_v { b", " } else { b" " });
        }
        if flags.sharp_v || flags.plus_v {
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
        }
        print(out, field, verb, flags, depth + 1);
    }
    out.push(b'}');
}

fn print_items(out: &mut Vec<u8>, items: &[Datum], type_name: &str, verb: char, flags: Flags, depth: usize) {
    let sharp_v = flags.sharp_v;
    if sharp_v {
        out.extend_from_slice(type_name.as_bytes());
    }
    out.push(if sharp_v { b'{' } else { b'[' });
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(if sharp_v { b", " } else { b" " });
        }
        print(out, item, verb, flags, depth + 1);
    }
    out.push(if sharp_v { b'}' } else { b']' });
}

fn print_string(out: &mut Vec<u8>, text: &Str, verb: char, flags: Flags, arg: &Datum) {
    match verb {
        'v' if flags.sharp_v => pad(out, quote(truncated(text.bytes(), flags)).as_bytes(), flags),
        'v' | 's' => pad(out, truncated(text.bytes(), flags), flags),
        'q' => {
            let text = truncated(text.bytes(), flags);
            let raw = flags.sharp && !text.contains(&b'`') && text.iter().all(|byte| *byte >= b' ');
            if raw {
                pad(out, &[b"`", text, b"`"].concat(), flags);
            } else if flags.plus {
                pad(out, ascii(&quote(text)).as_bytes(), flags);
            } else {
                pad(out, quote(text).as_bytes(), flags);
            }
        }
        'x' | 'X' => {
            let bytes = &text.bytes()[..flags.precision.map_or(text.len(), |most| most.min(text.len()))];
            let digits: Vec<String> = bytes
                .iter()
                .map(|byte| if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") })
                .collect();
            let prefix = if flags.sharp { format!("0{verb}") } else { String::new() };
            let joined = match (flags.space, flags.sharp) {
                (true, true) => digits.join(&format!(" {prefix}")),
                (true, false) => digits.join(" "),
                _ => digits.concat(),
            };
            let shown = if joined.is_empty() { joined } else { format!("{prefix}{joined}") };
            pad(out, shown.as_bytes(), flags);
        }
        _ => bad_verb(out, arg, verb, flags),
    }
}

/// `%+q`: what is not ASCII by its number.
pub(super) fn ascii(quoted: &str) -> String {
    let mut out = String::with_capacity(quoted.len());
    for rune in quoted.chars() {
        match rune as u32 {
            0..0x80 => out.push(rune),
            number @ 0x80..0x1_0000 => out.push_str(&format!("\\u{number:04x}")),
            number => out.push_str(&format!("\\U{number:08x}")),
        }
    }
    out
}

fn truncated(text: &[u8], flags: Flags) -> &[u8] {
    let Some(most) = flags.precision else { return text };
    let end: usize = runes(text).take(most).map(|(_, bytes)| bytes.len()).sum();
    &text[..end]
}

pub(super) fn pad(out: &mut Vec<u8>, text: &[u8], flags: Flags) {
    let Some(width) = flags.width else { return out.extend_from_slice(text) };
    let padding = width.saturating_sub(runes(text).count());
    if flags.minus {
        out.extend_from_slice(text);
        out.resize(out.len() + padding, b' ');
    } else {
        out.resize(out.len() + padding, if flags.zero { b'0' } else { b' ' });
        out.extend_from_slice(text);
    }
}
