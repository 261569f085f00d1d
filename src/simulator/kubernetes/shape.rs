//! What the fields of objects are: names, types, and how lists merge.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// One line for each structure, as `scripts/kubernetes-shapes` writes it.
const BUILT_IN: &str = include_str!("shapes.txt");

/// The shape of a value.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text,
    Integer,
    Number,
    Boolean,
    /// An integer or a text.
    Either,
    /// Anything, owned as a whole.
    Any,
    /// Anything, whose fields are owned one by one.
    Open,
    /// A structure by name.
    Named(String),
    /// A structure of a definition.
    Fields(Arc<BTreeMap<String, Field>>),
    /// A structure that is owned as a whole.
    Whole(Box<Shape>),
    Map(Box<Shape>),
    List {
        way: Way,
        /// The key that a strategic merge patch merges by; empty: by value.
        merge: Option<String>,
        of: Box<Shape>,
    },
}

/// How a list is owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Way {
    Whole,
    Set,
    Keys(Vec<String>),
}

/// A field of a structure.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

type Structures = HashMap<&'static str, BTreeMap<String, Field>>;

fn structures() -> &'static Structures {
    static ALL: OnceLock<Structures> = OnceLock::new();
    ALL.get_or_init(|| {
        BUILT_IN
            .lines()
            .filter_map(|line| {
                let (name, fields) = line.split_once(' ')?;
                let fields = fields.split(' ').filter_map(|field| {
                    let (name, shape) = field.split_once('=')?;
                    let required = name.ends_with('!');
                    let shape = read(shape);
                    Some((name.trim_end_matches('!').to_owned(), Field { required, shape }))
                });
                Some((name, fields.collect()))
            })
            .collect()
    })
}

fn read(text: &str) -> Shape {
    let rest = text.get(1..).unwrap_or_default();
    match text.chars().next() {
        Some('s') => Shape::Text,
        Some('i') => Shape::Integer,
        Some('n') => Shape::Number,
        Some('b') => Shape::Boolean,
        Some('q') => Shape::Either,
        Some('*') => Shape::Named(rest.to_owned()),
        Some('A') => Shape::Whole(Box::new(read(rest))),
        Some('m') => Shape::Map(Box::new(read(rest))),
        Some('a') => list(Way::Whole, rest),
        Some('e') => list(Way::Set, rest),
        Some('k') => {
            let (keys, rest) = rest.trim_start_matches('(').split_once(')').unwrap_or_default();
            list(Way::Keys(keys.split(',').map(str::to_owned).collect()), rest)
        }
        _ => Shape::Any,
    }
}

fn list(way: Way, rest: &str) -> Shape {
    let merged = rest.strip_prefix("p(").and_then(|rest| rest.split_once(')'));
    let (merge, rest) = merged.map_or((None, rest), |(key, rest)| (Some(key.to_owned()), rest));
    Shape::List { way, merge, of: Box::new(read(rest)) }
}

impl Shape {
    /// The shape of a structural schema.
    pub(crate) fn of_schema(schema: &Value, root: bool) -> Self {
        if schema["x-kubernetes-int-or-string"] == true {
            return Self::Either;
        }
        let shape = match schema["type"].as_str() {
            Some("string") => Self::Text,
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => {
                let way = match schema["x-kubernetes-list-type"].as_str() {
                    Some("set") => Way::Set,
                    Some("map") => Way::Keys(
                        schema["x-kubernetes-list-map-keys"]
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(Value::as_str)
                            .map(str::to_owned)
                            .collect(),
                    ),
                    _ => Way::Whole,
                };
                Self::List { way, merge: None, of: Box::new(Self::of_schema(&schema["items"], false)) }
            }
            _ if schema["x-kubernetes-preserve-unknown-fields"] == true => Self::Open,
            Some("object") if schema["additionalProperties"].is_object() => {
                Self::Map(Box::new(Self::of_schema(&schema["additionalProperties"], false)))
            }
            Some("object") => {
                let required: Vec<&str> =
                    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let mut fields: BTreeMap<String, Field> = schema["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, inner)| {
                        let required = required.contains(&name.as_str());
                        (name.clone(), Field { required, shape: Self::of_schema(inner, false) })
                    })
                    .collect();
                if root {
                    let optional = |shape| Field { required: false, shape };
                    fields.insert("apiVersion".to_owned(), optional(Self::Text));
                    fields.insert("kind".to_owned(), optional(Self::Text));
                    let meta = Self::Named("am.apis.meta.v1.ObjectMeta".to_owned());
                    fields.insert("metadata".to_owned(), optional(meta));
                }
                Self::Fields(Arc::new(fields))
            }
            _ => Self::Open,
        };
        let whole = schema["x-kubernetes-map-type"] == "atomic";
        if whole { Self::Whole(Box::new(shape)) } else { shape }
    }

    /// The fields, where it is a structure.
    pub(crate) fn fields(&self) -> Option<&BTreeMap<String, Field>> {
        match self {
            Self::Named(name) => structures().get(name.as_str()),
            Self::Fields(fields) => Some(fields),
            Self::Whole(inner) => inner.fields(),
            _ => None,
        }
    }

    /// The shape of what is under a name; `Any` where it is not known.
    pub(crate) fn under(&self, name: &str) -> &Self {
        match self {
            Self::Map(of) => of,
            Self::Open => &Self::Open,
            Self::Whole(inner) => inner.under(name),
            _ => self.fields().and_then(|fields| fields.get(name)).map_or(&Self::Any, |field| &field.shape),
        }
    }

    /// Whether a value of it is owned field by field.
    pub(crate) fn is_granular(&self) -> bool {
        match self {
            Self::Named(_) => self.fields().is_some(),
            Self::Fields(_) | Self::Map(_) | Self::Open => true,
            _ => false,
        }
    }
}

/// The element of a keyed list that has the keys of another.
pub(crate) fn same_keys(keys: &[String], one: &Value, other: &Value) -> bool {
    keys.iter().all(|key| key_of(one, key) == key_of(other, key))
}

/// The value of a key; what is absent is what the field is by default.
pub(crate) fn key_of(item: &Value, key: &str) -> Value {
    match (&item[key], key) {
        (Value::Null, "protocol") => Value::from("TCP"),
        (value, _) => value.clone(),
    }
}
