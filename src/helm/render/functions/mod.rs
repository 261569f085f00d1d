//! The functions that templates can call: Go's own, Sprig's and Helm's, with the types of their parameters.

mod builtins;
mod certificates;
mod dates;
mod defaults;
mod dicts;
mod encoding;
mod hashes;
mod helm;
mod lists;
mod methods;
mod numbers;
mod passwords;
mod paths;
mod random;
mod regexes;
mod strings;
mod urls;
mod words;

use super::datum::{Datum, Map};
use super::exec::{Failure, Machine, Slot};
use super::hash::FastMap;
use super::text::Str;
use std::fmt;
use std::sync::LazyLock;

pub(crate) use methods::{Method, find_method};

/// The static type of a parameter in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    Any,
    /// `reflect.Value`: what the argument is, with its interface.
    Value,
    Str,
    Int,
    Uint32,
    Float,
    Bool,
    Map,
    List,
    Time,
    /// `time.Duration`; a constant counts nanoseconds.
    Duration,
    Certificate,
    Version,
}

pub(crate) type Outcome = Result<Datum, String>;

/// How a function is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// A pure function.
    Plain(fn(&[Datum]) -> Outcome),
    /// A pure function that sees static types.
    Slots(fn(&[Slot]) -> Result<Slot, String>),
    /// A function that needs the render or the outside world.
    World(fn(&mut Machine<'_, '_>, &[Datum]) -> Result<Datum, Failure>),
    /// `and` and `or`: the first value whose truth is this one.
    ShortCircuit { stop_at: bool },
}

/// One function of the language.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    /// Whether the last parameter may stand any number of times, none included.
    pub(crate) variadic: bool,
    pub(crate) run: Run,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.name)
    }
}

const fn plain(name: &'static str, params: &'static [Param], run: fn(&[Datum]) -> Outcome) -> Function {
    Function { name, params, variadic: false, run: Run::Plain(run) }
}

const fn many(name: &'static str, params: &'static [Param], run: fn(&[Datum]) -> Outcome) -> Function {
    Function { name, params, variadic: true, run: Run::Plain(run) }
}

const fn world(
    name: &'static str,
    params: &'static [Param],
    run: fn(&mut Machine<'_, '_>, &[Datum]) -> Result<Datum, Failure>,
) -> Function {
    Function { name, params, variadic: false, run: Run::World(run) }
}

static BY_NAME: LazyLock<FastMap<&'static [u8], &'static Function>> = LazyLock::new(|| {
    // Later tables win: Helm replaces some of Sprig's functions, and Sprig's `slice` hides Go's.
    [
        builtins::TABLE,
        strings::TABLE,
        words::TABLE,
        lists::TABLE,
        dicts::TABLE,
        defaults::TABLE,
        numbers::TABLE,
        encoding::TABLE,
        dates::TABLE,
        hashes::TABLE,
        passwords::TABLE,
        certificates::TABLE,
        random::TABLE,
        regexes::TABLE,
        paths::TABLE,
        urls::TABLE,
        helm::TABLE,
    ]
    .into_iter()
    .flatten()
    .map(|function| (function.name.as_bytes(), function))
    .collect()
});

/// The function of a name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// The most items that a function makes, and bytes that it repeats, before it is refused.
const MOST: usize = 64 << 20;

// What a parameter's type guarantees, taken out of its datum. A zero value stands for what cannot be.

fn text(datum: &Datum) -> &[u8] {
    match datum {
        Datum::Str(text) => text.bytes(),
        _ => b"",
    }
}

fn utf8(datum: &Datum) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text(datum))
}

fn int(datum: &Datum) -> i64 {
    datum.as_int().unwrap_or(0)
}

fn truth(datum: &Datum) -> bool {
    matches!(datum, Datum::Bool(true))
}

fn dict(datum: &Datum) -> Option<&Map> {
    if let Datum::Map(map) = datum { Some(map) } else { None }
}

fn ok(text: impl AsRef<[u8]>) -> Outcome {
    Ok(Datum::str(text))
}

/// Sprig's `strval`: the text of anything.
fn strval(datum: &Datum) -> Str {
    match datum {
        Datum::Str(text) | Datum::Bytes(text) => text.clone(),
        datum => Str::from(super::go::sprint(std::slice::from_ref(datum))),
    }
}

/// The text of anything, for other parts of the render.
pub(crate) fn text_of(datum: &Datum) -> Str {
    strval(datum)
}

/// Sprig's `strslice`: the texts of a list without its nils.
fn strslice(datum: &Datum) -> Vec<Str> {
    match datum.as_items() {
        Some(items) => items.iter().filter(|item| !matches!(item, Datum::Nil)).map(strval).collect(),
        None if matches!(datum, Datum::Nil) => Vec::new(),
        None => vec![strval(datum)],
    }
}
