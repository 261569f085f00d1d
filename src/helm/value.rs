//! Plain data as charts and clusters hold it: what YAML, JSON and `--set` can say.

use std::collections::BTreeMap;

/// A mapping with its keys sorted as Helm prints and ranges over them.
pub type Map = BTreeMap<String, Value>;

/// One value of a `values.yaml`, a `--set` or an object of the cluster.
///
/// Numbers keep the kind that Helm would give them, because templates can see it (`kindOf`, `%T`): all
/// numbers of YAML files are `Float`, as Helm reads YAML through JSON; `--set` and the cluster give `Int`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing: `null`, `~` or an empty YAML value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// Go's int64: numbers of `--set` and of the Kubernetes API.
    Int(i64),
    /// Go's float64: numbers of YAML and JSON files.
    Float(f64),
    /// A text.
    String(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping with string keys.
    Map(Map),
}

impl Value {
    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The mapping to change, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The sequence, if it is one.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(list)
    }
}
