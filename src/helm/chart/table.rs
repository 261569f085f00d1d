//! Values while they are being coalesced: tables that are shared, as Go's maps are.
//!
//! Helm copies globals one level deep only, so that what a chart adds to a deeper global table is seen by
//! its parent and its siblings. Only shared tables give the same result.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::helm::value::{Map, Value};

/// A shared table.
pub(super) type Table = Rc<RefCell<BTreeMap<Rc<str>, Node>>>;

/// One value.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Nothing: it deletes.
    Null,
    /// Anything that is not merged.
    Leaf(Rc<Value>),
    /// What is merged.
    Table(Table),
}

impl Node {
    pub(super) fn new(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Map(map) => Self::Table(table(map)),
            other => Self::Leaf(Rc::new(other.clone())),
        }
    }

    pub(super) fn table(&self) -> Option<&Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value, if it is one.
    pub(super) fn truth(&self) -> Option<bool> {
        if let Self::Leaf(value) = self { value.as_bool() } else { None }
    }

    /// A copy in which no table is shared.
    pub(super) fn copy(&self) -> Self {
        match self {
            Self::Table(table) => Self::Table(copy(table)),
            other => other.clone(),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Leaf(value) => value.as_ref().clone(),
            Self::Table(table) => Value::Map(map(table)),
        }
    }

    /// As Go prints a value in a warning.
    pub(super) fn shown(&self) -> String {
        shown(&self.value())
    }
}

/// A table of its own with the given values.
pub(super) fn table(map: &Map) -> Table {
    Rc::new(RefCell::new(map.iter().map(|(key, value)| (Rc::from(key.as_str()), Node::new(value))).collect()))
}

/// A table with nothing in it.
pub(super) fn empty() -> Table {
    Rc::default()
}

/// A copy in which no table is shared.
pub(super) fn copy(table: &Table) -> Table {
    // The tree is cloned as it stands, which is faster than to build another from its pairs.
    let mut pairs = table.borrow().clone();
    for node in pairs.values_mut() {
        if let Node::Table(inner) = node {
            *inner = copy(inner);
        }
    }
    Rc::new(RefCell::new(pairs))
}

/// A copy whose inner tables are still shared.
pub(super) fn shallow(table: &Table) -> Table {
    Rc::new(RefCell::new(table.borrow().clone()))
}

/// The values as plain data.
pub(super) fn map(table: &Table) -> Map {
    table.borrow().iter().map(|(key, node)| (key.to_string(), node.value())).collect()
}

/// What stands under a key.
pub(super) fn get(table: &Table, key: &str) -> Option<Node> {
    table.borrow().get(key).cloned()
}

/// Puts a value under a key.
pub(super) fn put(table: &Table, key: &str, node: Node) {
    table.borrow_mut().insert(Rc::from(key), node);
}

/// The table at the end of a path with dots, and an error that names where it ends.
pub(super) fn at(table: &Table, path: &str) -> Result<Table, String> {
    let mut found = Rc::clone(table);
    for part in path.split('.') {
        let Some(Node::Table(next)) = get(&found, part) else {
            return Err(format!("{part:?} is not a table"));
        };
        found = next;
    }
    Ok(found)
}

/// The value at the end of a path with dots, if it is there and no table.
pub(super) fn value_at(table: &Table, path: &str) -> Option<Node> {
    let (table, key) = match path.rsplit_once('.') {
        Some((front, key)) => (at(table, front).ok()?, key),
        None => (Rc::clone(table), path),
    };
    get(&table, key).filter(|node| node.table().is_none())
}

/// Takes away what is null, at every depth.
pub(super) fn clean(table: &Table) {
    table.borrow_mut().retain(|_, node| !node.is_null());
    for node in table.borrow().values() {
        if let Node::Table(inner) = node {
            clean(inner);
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::List(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
    }
}
