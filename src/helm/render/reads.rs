//! What the templates read of the values: who watches a map, and the account of it after a render.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::datum::{Datum, Map, MapKind, Pairs};
use super::text::Str;
use crate::helm::value::{Map as PlainMap, Value};

/// What was read of one map. Maps are shared by reference, so that a map is watched wherever it is handed.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    keys: RefCell<BTreeSet<Str>>,
    all: Cell<bool>,
    deep: Cell<bool>,
}

impl Watch {
    /// Somebody asked for a key, which may not be there.
    pub(crate) fn read(&self, key: &[u8]) {
        if !self.keys.borrow().contains(key) {
            self.keys.borrow_mut().insert(Str::new(key));
        }
    }

    /// Somebody looked at every pair.
    pub(crate) fn read_all(&self) {
        self.all.set(true);
    }

    /// Notes that everything below is read; whether that is new.
    pub(crate) fn read_deep(&self) -> bool {
        self.all.set(true);
        !self.deep.replace(true)
    }
}

/// What was read of a table of values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueReads {
    /// The keys that were asked for by name, there or not.
    pub keys: BTreeSet<String>,
    /// Whether somebody looked at every pair.
    pub all: bool,
    /// What was there before the render.
    pub present: BTreeMap<String, Inner>,
}

/// What stood under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inner {
    /// Neither a table nor a list.
    Leaf,
    /// A table.
    Table(ValueReads),
    /// A list.
    List(Vec<Inner>),
}

/// A place where a template printed what it had not, as Go says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The file that was being rendered.
    pub file: String,
    /// Where in its text, if the file itself printed it; `<no value>` still counts there.
    pub offset: Option<usize>,
    /// The template that printed.
    pub template: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 0.
    pub column: usize,
    /// What it printed the value of.
    pub expression: String,
    /// What was printed.
    pub text: String,
}

/// The values before a render, their maps held so that their watches can be asked afterwards.
#[derive(Debug)]
pub(crate) struct Before {
    map: Map,
    inner: BTreeMap<String, Held>,
}

#[derive(Debug)]
enum Held {
    Leaf,
    Table(Before),
    List(Vec<Held>),
}

impl Before {
    pub(crate) fn of(map: &Map) -> Self {
        let held = |(key, value): (&Str, &Datum)| (key.to_string(), Held::of(value));
        Self { map: map.clone(), inner: map.unread_pairs().iter().map(held).collect() }
    }

    /// What has been read by now.
    pub(crate) fn reads(&self) -> ValueReads {
        let mut reads = ValueReads::default();
        if let Some(watch) = self.map.watch() {
            reads.all = watch.all.get();
            reads.keys = watch.keys.borrow().iter().map(ToString::to_string).collect();
        }
        reads.present = self.inner.iter().map(|(key, held)| (key.clone(), held.reads())).collect();
        reads
    }
}

impl Held {
    fn of(value: &Datum) -> Self {
        match value {
            Datum::Map(map) => Self::Table(Before::of(map)),
            Datum::List(list) => Self::List(list.items().iter().map(Self::of).collect()),
            _ => Self::Leaf,
        }
    }

    fn reads(&self) -> Inner {
        match self {
            Self::Leaf => Inner::Leaf,
            Self::Table(before) => Inner::Table(before.reads()),
            Self::List(items) => Inner::List(items.iter().map(Self::reads).collect()),
        }
    }
}

/// A map of values in which every map is watched.
pub(crate) fn watched_map(map: &PlainMap, kind: MapKind) -> Map {
    let pairs: Pairs = map.iter().map(|(key, value)| (Str::from(key.as_str()), watched(value))).collect();
    Map::watched(kind, pairs)
}

fn watched(value: &Value) -> Datum {
    match value {
        Value::Map(map) => Datum::Map(watched_map(map, MapKind::Any)),
        Value::List(list) => Datum::list(list.iter().map(watched).collect()),
        plain => Datum::from(plain),
    }
}

/// All texts among the values that hold actions, and so are meant for `tpl`.
pub(crate) fn texts(map: &PlainMap, found: &mut BTreeSet<Vec<u8>>) {
    fn text(value: &Value, found: &mut BTreeSet<Vec<u8>>) {
        match value {
            Value::String(text) if text.contains("{{") => {
                found.insert(text.as_bytes().to_vec());
            }
            Value::List(list) => list.iter().for_each(|value| text(value, found)),
            Value::Map(map) => texts(map, found),
            _ => {}
        }
    }
    for value in map.values() {
        text(value, found);
    }
}
