//! Values while a render runs: Go's `interface{}` with its static types, shared and mutable as in Go.
//!
//! `helm::value::Value` is what comes in; a [`Datum`] is what templates hold. Maps are shared by reference,
//! because `set` changes a map for everyone who holds it.

use super::reach::Reach;
use super::reads::Watch;
use super::text::Str;
use super::time::{Names, Time};
use crate::helm::value::{Map as PlainMap, Value};
use crate::helm::version::Version;
use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One value of a template.
#[derive(Debug, Clone)]
pub(crate) enum Datum {
    /// Go's nil of type `interface{}`.
    Nil,
    Bool(bool),
    /// Go's `int`.
    Int(i64),
    Int64(i64),
    /// One byte of an indexed string.
    Uint8(u8),
    Uint64(u64),
    Float(f64),
    Str(Str),
    /// Go's `[]uint8`: the content of a file.
    Bytes(Str),
    List(List),
    Map(Map),
    Time(Time),
    /// Go's `time.Duration`, in nanoseconds.
    Duration(i64),
    /// Go's `time.Month` or `time.Weekday`: an `int` that prints as its name.
    Named(Names, i64),
    Object(Rc<Object>),
}

/// A struct of Go that templates can see.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    Version(Version),
    /// A version that a method has returned: no pointer, so that methods of pointers are none of its own.
    VersionStruct(Version),
    Certificate {
        cert: Str,
        key: Str,
    },
    Capabilities {
        kube_version: Datum,
        api_versions: Datum,
        helm_version: Datum,
    },
    KubeVersion {
        version: Str,
        normalized: Str,
        major: Str,
        minor: Str,
    },
    /// Names and values of the fields, in Go's order.
    BuildInfo(Vec<(&'static str, Str)>),
}

/// What a list is in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    Any,
    Strings,
    Ints,
    Lists,
    Maps,
    Versions,
}

impl ListKind {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Strings => "[]string",
            Self::Ints => "[]int",
            Self::Lists => "[][]interface {}",
            Self::Maps => "[]map[string]interface {}",
            Self::Versions => "common.VersionSet",
        }
    }

    /// Whether what it holds has the static type `interface{}`.
    pub(crate) fn holds_any(self) -> bool {
        self == Self::Any
    }
}

/// What a map is in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapKind {
    Any,
    /// `common.Values`.
    Values,
    Strings,
    /// `engine.files`.
    Files,
}

impl MapKind {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Any => "map[string]interface {}",
            Self::Values => "common.Values",
            Self::Strings => "map[string]string",
            Self::Files => "engine.files",
        }
    }

    pub(crate) fn holds_any(self) -> bool {
        matches!(self, Self::Any | Self::Values)
    }

    /// What a missing key gives: the zero of the element's type.
    pub(crate) fn zero(self) -> Datum {
        match self {
            Self::Any | Self::Values => Datum::Nil,
            Self::Strings => Datum::Str(Str::from("")),
            Self::Files => Datum::Bytes(Str::from("")),
        }
    }
}

/// A slice of Go.
#[derive(Debug, Clone)]
pub(crate) struct List(Rc<ListCell>);

#[derive(Debug)]
struct ListCell {
    kind: ListKind,
    is_nil: bool,
    items: RefCell<Vec<Datum>>,
}

impl List {
    pub(crate) fn new(kind: ListKind, items: Vec<Datum>) -> Self {
        Self(Rc::new(ListCell { kind, is_nil: false, items: RefCell::new(items) }))
    }

    /// Go's nil slice.
    pub(crate) fn nil(kind: ListKind) -> Self {
        Self(Rc::new(ListCell { kind, is_nil: true, items: RefCell::default() }))
    }

    pub(crate) fn kind(&self) -> ListKind {
        self.0.kind
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.0.is_nil
    }

    pub(crate) fn items(&self) -> Ref<'_, Vec<Datum>> {
        self.0.items.borrow()
    }

    pub(crate) fn items_mut(&self) -> RefMut<'_, Vec<Datum>> {
        self.0.items.borrow_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.items().len()
    }
}

/// A map of Go, its keys always strings.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    kind: MapKind,
    is_nil: bool,
    cell: Rc<MapCell>,
}

#[derive(Debug, Default)]
struct MapCell {
    pairs: RefCell<Pairs>,
    /// Who wants to know what is read of it.
    watch: Option<Box<Watch>>,
}

/// The pairs of a map, sorted.
pub(crate) type Pairs = BTreeMap<Str, Datum>;

impl Map {
    pub(crate) fn new(kind: MapKind, pairs: Pairs) -> Self {
        Self::cell(kind, pairs, None)
    }

    /// A map that remembers what is read of it.
    pub(crate) fn watched(kind: MapKind, pairs: Pairs) -> Self {
        Self::cell(kind, pairs, Some(Box::default()))
    }

    fn cell(kind: MapKind, pairs: Pairs, watch: Option<Box<Watch>>) -> Self {
        Self { kind, is_nil: false, cell: Rc::new(MapCell { pairs: RefCell::new(pairs), watch }) }
    }

    /// Go's nil map.
    pub(crate) fn nil(kind: MapKind) -> Self {
        Self { kind, is_nil: true, cell: Rc::default() }
    }

    pub(crate) fn kind(&self) -> MapKind {
        self.kind
    }

    /// The same map under another type.
    pub(crate) fn with_kind(&self, kind: MapKind) -> Self {
        Self { kind, ..self.clone() }
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.is_nil
    }

    /// All pairs, which counts as a read of each.
    pub(crate) fn pairs(&self) -> Ref<'_, Pairs> {
        if let Some(watch) = &self.cell.watch {
            watch.read_all();
        }
        self.cell.pairs.borrow()
    }

    /// All pairs, for who only looks on.
    pub(crate) fn unread_pairs(&self) -> Ref<'_, Pairs> {
        self.cell.pairs.borrow()
    }

    pub(crate) fn pairs_mut(&self) -> RefMut<'_, Pairs> {
        self.cell.pairs.borrow_mut()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Datum> {
        self.read(key);
        self.cell.pairs.borrow().get(key).cloned()
    }

    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.read(key);
        self.cell.pairs.borrow().contains_key(key)
    }

    fn read(&self, key: &[u8]) {
        if let Some(watch) = &self.cell.watch {
            watch.read(key);
        }
    }

    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.cell.watch.as_deref()
    }

    pub(crate) fn len(&self) -> usize {
        self.cell.pairs.borrow().len()
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.cell, &other.cell)
    }

    /// Which map it is, among those that are alive.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.cell).addr()
    }
}

impl Datum {
    pub(crate) fn str(text: impl AsRef<[u8]>) -> Self {
        Self::Str(Str::new(text))
    }

    pub(crate) fn list(items: Vec<Datum>) -> Self {
        Self::List(List::new(ListKind::Any, items))
    }

    pub(crate) fn strings<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(List::new(ListKind::Strings, items.into_iter().map(Self::str).collect()))
    }

    pub(crate) fn map(pairs: Pairs) -> Self {
        Self::Map(Map::new(MapKind::Any, pairs))
    }

    /// The type as `%T` prints it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Str(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => list.kind().type_name(),
            Self::Map(map) => map.kind().type_name(),
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Named(names, _) => names.type_name(),
            Self::Object(object) => match &**object {
                Object::Version(_) => "*semver.Version",
                Object::VersionStruct(_) => "semver.Version",
                Object::Certificate { .. } => "sprig.certificate",
                Object::Capabilities { .. } => "*common.Capabilities",
                Object::KubeVersion { .. } => "common.KubeVersion",
                Object::BuildInfo(_) => "version.BuildInfo",
            },
        }
    }

    /// The kind as `reflect.Kind` prints it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil => "invalid",
            Self::Bytes(_) | Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Time(_) => "struct",
            Self::Duration(_) => "int64",
            Self::Named(..) => "int",
            Self::Object(object) => match &**object {
                Object::Version(_) | Object::Capabilities { .. } => "ptr",
                _ => "struct",
            },
            _ => self.type_name(),
        }
    }

    /// Whether templates take it for true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(int) | Self::Int64(int) | Self::Duration(int) | Self::Named(_, int) => *int != 0,
            Self::Uint8(int) => *int != 0,
            Self::Uint64(int) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Str(text) | Self::Bytes(text) => !text.is_empty(),
            Self::List(list) => list.len() > 0,
            Self::Map(map) => map.len() > 0,
            Self::Time(_) | Self::Object(_) => true,
        }
    }

    /// The signed integer, whatever its type.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) | Self::Int64(int) | Self::Duration(int) | Self::Named(_, int) => Some(*int),
            _ => None,
        }
    }

    /// The unsigned integer, whatever its type.
    pub(crate) fn as_uint(&self) -> Option<u64> {
        match self {
            Self::Uint8(int) => Some(u64::from(*int)),
            Self::Uint64(int) => Some(*int),
            _ => None,
        }
    }

    /// The items of whatever Go calls a slice.
    pub(crate) fn as_items(&self) -> Option<Vec<Datum>> {
        match self {
            Self::List(list) => Some(list.items().clone()),
            Self::Bytes(bytes) => Some(bytes.bytes().iter().map(|byte| Self::Uint8(*byte)).collect()),
            _ => None,
        }
    }

    /// Go's `reflect.DeepEqual`.
    pub(crate) fn deep_equal(&self, other: &Self) -> bool {
        self.equal_within(other, &Reach::default())
    }

    fn equal_within(&self, other: &Self, reach: &Reach) -> bool {
        let Some(reach) = reach.deeper() else { return true };
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b))
            | (Self::Int64(a), Self::Int64(b))
            | (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Named(a, x), Self::Named(b, y)) => a == b && x == y,
            (Self::Uint8(a), Self::Uint8(b)) => a == b,
            (Self::Uint64(a), Self::Uint64(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Str(a), Self::Str(b)) | (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.kind() == b.kind()
                    && a.is_nil() == b.is_nil()
                    && a.len() == b.len()
                    && a.items().iter().zip(b.items().iter()).all(|(a, b)| a.equal_within(b, &reach))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.is_same(b)
                    || (a.kind() == b.kind()
                        && a.is_nil() == b.is_nil()
                        && a.len() == b.len()
                        && a.pairs()
                            .iter()
                            .zip(b.pairs().iter())
                            .all(|((ka, a), (kb, b))| ka == kb && a.equal_within(b, &reach)))
            }
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b) || a.deep_equal(b),
            _ => false,
        }
    }
}

impl Object {
    fn deep_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Version(a), Self::Version(b)) | (Self::VersionStruct(a), Self::VersionStruct(b)) => {
                a.original() == b.original()
            }
            (Self::Certificate { cert: a, key: b }, Self::Certificate { cert: c, key: d }) => {
                (a, b) == (c, d)
            }
            _ => false,
        }
    }
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nil,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(int) => Self::Int64(*int),
            Value::Float(float) => Self::Float(*float),
            Value::String(text) => Self::str(text),
            Value::List(list) => Self::list(list.iter().map(Self::from).collect()),
            Value::Map(map) => Self::Map(plain_map(map, MapKind::Any)),
        }
    }
}

/// A map of values under a type of Go.
pub(crate) fn plain_map(map: &PlainMap, kind: MapKind) -> Map {
    Map::new(kind, map.iter().map(|(key, value)| (Str::from(key.as_str()), Datum::from(value))).collect())
}
