//! Laying the values of a chart, of its parents and of the user over one another.

use std::rc::Rc;

use super::table::{self, Node, Table};

/// What all charts of a release see.
const GLOBAL: &str = "global";

/// A chart's part in this: its name, its values, its dependencies.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) values: Table,
    pub(super) dependencies: Vec<Tree>,
}

/// What becomes of null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    /// It takes away what it stands over, and goes.
    Delete,
    /// It stays, for a later coalescing.
    Keep,
}

/// A value that should be a table for a dependency, and is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("type mismatch on {name}: %!t({kind}={value})")]
pub struct Mismatch {
    /// The dependency.
    pub name: String,
    /// The value's type in Go.
    pub kind: &'static str,
    /// The value.
    pub value: String,
}

/// Lays the user's values over those of the chart and its dependencies. The user's stay as they are.
pub(super) fn coalesce(
    tree: &Tree,
    user: &Table,
    nulls: Nulls,
    warnings: &mut Vec<String>,
) -> Result<Table, Mismatch> {
    let values = table::copy(user);
    Coalescing { nulls, warnings }.chart(tree, &values, "")?;
    Ok(values)
}

/// Lays `over` over `under`, in `over`.
pub(super) fn lay(over: &Table, under: &Table, nulls: Nulls, warnings: &mut Vec<String>) {
    Coalescing { nulls, warnings }.tables(over, under, "", nulls);
}

struct Coalescing<'a> {
    nulls: Nulls,
    warnings: &'a mut Vec<String>,
}

fn within(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

impl Coalescing<'_> {
    fn chart(&mut self, tree: &Tree, values: &Table, prefix: &str) -> Result<(), Mismatch> {
        self.own_values(tree, values, prefix);
        let prefix = within(prefix, &tree.name);
        for sub in &tree.dependencies {
            let inner = match table::get(values, &sub.name) {
                None => {
                    let inner = table::empty();
                    table::put(values, &sub.name, Node::Table(Rc::clone(&inner)));
                    inner
                }
                Some(Node::Table(inner)) => inner,
                Some(other) => return Err(mismatch(&sub.name, &other)),
            };
            self.globals(&inner, values, &prefix);
            self.chart(sub, &inner, &prefix)?;
        }
        Ok(())
    }

    /// Brings a parent's globals to a dependency; the parent's win.
    fn globals(&mut self, inner: &Table, outer: &Table, prefix: &str) {
        let of = |table: &Table| match table::get(table, GLOBAL) {
            None => Some(table::empty()),
            Some(Node::Table(globals)) => Some(globals),
            Some(_) => None,
        };
        let Some(own) = of(inner) else {
            self.warnings
                .push(format!("warning: skipping globals because destination {GLOBAL} is not a table."));
            return;
        };
        let Some(above) = of(outer) else {
            self.warnings.push(format!("warning: skipping globals because source {GLOBAL} is not a table."));
            return;
        };
        // The two are the same table where a dependency is called "global"; then there is nothing to bring.
        let pairs: Vec<_> = above.borrow().iter().map(|(key, node)| (Rc::clone(key), node.clone())).collect();
        for (key, node) in pairs {
            let present = table::get(&own, &key);
            match (node, present) {
                (Node::Table(above), None) => table::put(&own, &key, Node::Table(table::shallow(&above))),
                (Node::Table(above), Some(Node::Table(present))) => {
                    let merged = table::shallow(&above);
                    self.tables(&merged, &present, &within(prefix, &key), Nulls::Keep);
                    table::put(&own, &key, Node::Table(merged));
                }
                (Node::Table(_), Some(_)) => {
                    self.warnings
                        .push(format!("Conflict: cannot merge map onto non-map for {key:?}. Skipping."));
                }
                (_, Some(Node::Table(_))) => self.warnings.push(format!("key {key} is table. Skipping")),
                (node, _) => table::put(&own, &key, node),
            }
        }
        table::put(inner, GLOBAL, Node::Table(own));
    }

    /// Lays what is there over the chart's own values.
    fn own_values(&mut self, tree: &Tree, values: &Table, prefix: &str) {
        let prefix = within(prefix, &tree.name);
        for (key, default) in tree.values.borrow().iter() {
            // Copied only where it comes to be part of the values.
            match table::get(values, key) {
                Some(Node::Null) if self.nulls == Nulls::Delete => {
                    values.borrow_mut().remove(key);
                }
                Some(Node::Table(over)) => match default {
                    Node::Table(under) => {
                        let under = &table::copy(under);
                        let is_chart = tree.dependencies.iter().any(|sub| *sub.name == **key);
                        let nulls = if is_chart { Nulls::Keep } else { self.nulls };
                        if nulls == Nulls::Delete {
                            table::clean(under);
                        }
                        self.tables(&over, under, &within(&prefix, key), nulls);
                    }
                    Node::Null => {}
                    Node::Leaf(_) => {
                        self.warnings
                            .push(format!("warning: skipped value for {prefix}.{key}: Not a table."));
                    }
                },
                Some(_) => {}
                None => {
                    let default = default.copy();
                    if self.nulls == Nulls::Delete {
                        match &default {
                            Node::Null => continue,
                            Node::Table(inner) => table::clean(inner),
                            Node::Leaf(_) => {}
                        }
                    }
                    values.borrow_mut().insert(Rc::clone(key), default);
                }
            }
        }
    }

    fn tables(&mut self, over: &Table, under: &Table, prefix: &str, nulls: Nulls) {
        if Rc::ptr_eq(over, under) {
            return;
        }
        let mut pairs: Vec<(Rc<str>, Node)> =
            under.borrow().iter().map(|(key, node)| (Rc::clone(key), node.clone())).collect();
        // What is null above counts as null below too, unless it is there: then it is taken away.
        for (key, node) in over.borrow().iter() {
            if node.is_null() && !under.borrow().contains_key(key) {
                pairs.push((Rc::clone(key), Node::Null));
            }
        }
        for (key, below) in pairs {
            let full = || within(prefix, &key);
            match table::get(over, &key) {
                None => {
                    over.borrow_mut().insert(key, below);
                }
                Some(Node::Null) => {
                    if nulls == Nulls::Delete && !below.is_null() {
                        over.borrow_mut().remove(&key);
                    }
                }
                Some(Node::Table(above)) => match below {
                    Node::Table(below) => self.tables(&above, &below, &full(), nulls),
                    Node::Null => {}
                    Node::Leaf(_) => self.warnings.push(format!(
                        "warning: destination for {} is a table. Ignoring non-table value ({})",
                        full(),
                        below.shown()
                    )),
                },
                Some(Node::Leaf(_)) => {
                    if below.table().is_some() {
                        self.warnings.push(format!(
                            "warning: cannot overwrite table with non table for {} ({})",
                            full(),
                            below.shown()
                        ));
                    }
                }
            }
        }
    }
}

fn mismatch(name: &str, node: &Node) -> Mismatch {
    use crate::helm::value::Value;
    let kind = match node {
        Node::Leaf(value) => match value.as_ref() {
            Value::Bool(_) => "bool",
            Value::Int(_) => "int64",
            Value::Float(_) => "float64",
            Value::String(_) => "string",
            Value::List(_) => "[]interface {}",
            Value::Null | Value::Map(_) => "map[string]interface {}",
        },
        _ => "<nil>",
    };
    Mismatch { name: name.to_owned(), kind, value: node.shown() }
}
