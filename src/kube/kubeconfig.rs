//! Kubeconfigs: several become one.

use std::collections::{BTreeMap, BTreeSet};

use serde_norway::{Mapping, Value};

use super::yaml;

/// Why kubeconfigs cannot be merged. Documents are counted from 0 in the fields, from 1 in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeconfigError {
    /// It cannot be read.
    #[error("kubeconfig {number} is not valid YAML (line {line}, column {column})", number = .document + 1)]
    Syntax {
        /// Which one.
        document: usize,
        /// Line, 0 where it is not known.
        line: usize,
        /// Column, 0 where it is not known.
        column: usize,
    },
    /// It is something else than a kubeconfig.
    #[error("kubeconfig {number} is not an object of kind Config and apiVersion v1", number = .document + 1)]
    OtherKind {
        /// Which one.
        document: usize,
    },
    /// One of its lists is none, or has an entry that is no object with a name.
    #[error("{section} of kubeconfig {number} is not a list of named entries", number = .document + 1)]
    Unnamed {
        /// Which one.
        document: usize,
        /// Which list.
        section: &'static str,
    },
    /// A name stands twice in one list.
    #[error("{section} of kubeconfig {number} names {name:?} twice", number = .document + 1)]
    Twice {
        /// Which one.
        document: usize,
        /// Which list.
        section: &'static str,
        /// The name.
        name: String,
    },
}

impl KubeconfigError {
    /// Which of the kubeconfigs is meant, counted from 0.
    #[must_use]
    pub fn document(&self) -> usize {
        match self {
            Self::Syntax { document, .. }
            | Self::OtherKind { document }
            | Self::Unnamed { document, .. }
            | Self::Twice { document, .. } => *document,
        }
    }
}

/// The lists of a kubeconfig whose entries have names.
const CLUSTERS: &str = "clusters";
const CONTEXTS: &str = "contexts";
const USERS: &str = "users";

/// One named entry, whole: `name`, the object itself, and whatever stands beside them.
type Entry = Mapping;

/// A kubeconfig, read or being put together.
#[derive(Default)]
struct Config {
    clusters: Vec<Entry>,
    contexts: Vec<Entry>,
    users: Vec<Entry>,
    current_context: String,
    /// Everything else at the top level.
    other: Mapping,
}

/// Merges kubeconfigs as `kubectl` does with several files: what is named first wins, and the current
/// context is that of the first which has one. Fields that are not known here are kept.
///
/// It differs in one point. Two clusters (or users, or contexts) of one name and different content are
/// two of them: k3s calls everything `default`, and `kubectl` would lose the second. The later one is
/// renamed to `<name>-<host of its API server>`, then `-2`, `-3` …, and the contexts of its kubeconfig
/// follow. Entries of one name and equal content are one. An empty text is an empty kubeconfig.
///
/// # Errors
/// When a text is no kubeconfig. No error holds anything secret.
pub fn merge(kubeconfigs: &[String]) -> Result<String, KubeconfigError> {
    let mut merged = Config::default();
    for (document, text) in kubeconfigs.iter().enumerate() {
        if !text.trim().is_empty() {
            merged.take_in(Config::parse(text, document)?);
        }
    }
    Ok(yaml::document(&merged.into_mapping()))
}

// === impl Config ===

impl Config {
    fn parse(text: &str, document: usize) -> Result<Self, KubeconfigError> {
        // The YAML crate's own texts can quote the input, so only the place of the fault is passed on.
        let syntax = |error: &serde_norway::Error| {
            let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
            KubeconfigError::Syntax { document, line, column }
        };
        let mut value: Value = serde_norway::from_str(text).map_err(|error| syntax(&error))?;
        value.apply_merge().map_err(|error| syntax(&error))?;
        let other_kind = KubeconfigError::OtherKind { document };
        let mut other = match value {
            Value::Mapping(mapping) => mapping,
            Value::Null => Mapping::new(),
            _ => return Err(other_kind),
        };
        for (key, expected) in [("kind", "Config"), ("apiVersion", "v1")] {
            let found = other.shift_remove(key);
            if found.is_some_and(|found| !found.is_null() && found.as_str() != Some(expected)) {
                return Err(other_kind);
            }
        }
        let current_context =
            other.shift_remove("current-context").as_ref().and_then(text_of).unwrap_or_default();
        Ok(Self {
            clusters: take_list(&mut other, document, CLUSTERS)?,
            contexts: take_list(&mut other, document, CONTEXTS)?,
            users: take_list(&mut other, document, USERS)?,
            current_context,
            other,
        })
    }

    /// Adds what another kubeconfig has more.
    fn take_in(&mut self, config: Self) {
        let hosts: BTreeMap<String, String> =
            config.clusters.iter().map(|cluster| (name(cluster), host(cluster))).collect();
        let host_of = |context: &Entry| {
            reference(context, "cluster").and_then(|cluster| hosts.get(&cluster).cloned()).unwrap_or_default()
        };
        let mut host_of_user: BTreeMap<String, String> = BTreeMap::new();
        for context in &config.contexts {
            if let Some(user) = reference(context, "user") {
                host_of_user.entry(user).or_insert_with(|| host_of(context));
            }
        }

        let clusters = place_all(&mut self.clusters, config.clusters, host);
        let users = place_all(&mut self.users, config.users, |user| {
            host_of_user.get(&name(user)).cloned().unwrap_or_default()
        });
        // Hosts are looked up under the names that the contexts' own kubeconfig gave its clusters.
        let context_hosts: BTreeMap<String, String> =
            config.contexts.iter().map(|context| (name(context), host_of(context))).collect();
        let mut contexts = config.contexts;
        for context in &mut contexts {
            follow(context, "cluster", &clusters);
            follow(context, "user", &users);
        }
        let contexts = place_all(&mut self.contexts, contexts, |context| {
            context_hosts.get(&name(context)).cloned().unwrap_or_default()
        });

        if self.current_context.is_empty() {
            let current = config.current_context;
            self.current_context = contexts.get(&current).cloned().unwrap_or(current);
        }
        add_missing(&mut self.other, config.other);
    }

    fn into_mapping(self) -> Mapping {
        let list = |entries: Vec<Entry>| Value::Sequence(entries.into_iter().map(Value::Mapping).collect());
        let known: [(&str, Value); 6] = [
            ("apiVersion", "v1".into()),
            ("kind", "Config".into()),
            (CLUSTERS, list(self.clusters)),
            (CONTEXTS, list(self.contexts)),
            ("current-context", self.current_context.into()),
            (USERS, list(self.users)),
        ];
        known.into_iter().map(|(key, value)| (Value::from(key), value)).chain(self.other).collect()
    }
}

// === entries ===

fn take_list(
    other: &mut Mapping,
    document: usize,
    section: &'static str,
) -> Result<Vec<Entry>, KubeconfigError> {
    let unnamed = || KubeconfigError::Unnamed { document, section };
    let items = match other.shift_remove(section) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Sequence(items)) => items,
        Some(_) => return Err(unnamed()),
    };
    let mut names = BTreeSet::new();
    items
        .into_iter()
        .map(|item| {
            let Value::Mapping(mut entry) = item else { return Err(unnamed()) };
            let name = entry.get("name").and_then(text_of).ok_or_else(unnamed)?;
            if !names.insert(name.clone()) {
                return Err(KubeconfigError::Twice { document, section, name });
            }
            entry.insert("name".into(), name.into());
            Ok(entry)
        })
        .collect()
}

/// Adds the entries of one kubeconfig and answers under which name each of them is now found.
fn place_all(
    into: &mut Vec<Entry>,
    entries: Vec<Entry>,
    host: impl Fn(&Entry) -> String,
) -> BTreeMap<String, String> {
    let own: BTreeSet<String> = entries.iter().map(name).collect();
    let mut renamed = BTreeMap::new();
    for entry in entries {
        let (before, host) = (name(&entry), host(&entry));
        renamed.insert(before, place(into, entry, &host, &own));
    }
    renamed
}

/// Adds one entry under the first name that is free, or finds its equal.
fn place(into: &mut Vec<Entry>, mut entry: Entry, host: &str, own: &BTreeSet<String>) -> String {
    let first = name(&entry);
    let second = if host.is_empty() { first.clone() } else { format!("{first}-{host}") };
    let numbered = (2_u64..).map(|number| format!("{second}-{number}"));
    for candidate in [first.clone(), second.clone()].into_iter().chain(numbered) {
        // A name that another entry of the same kubeconfig brings along stays free for it.
        if candidate != first && own.contains(&candidate) {
            continue;
        }
        entry.insert("name".into(), candidate.clone().into());
        match into.iter().find(|present| name(present) == candidate) {
            None => {
                into.push(entry);
                return candidate;
            }
            Some(present) if *present == entry => return candidate,
            Some(_) => {}
        }
    }
    first
}

/// The name of an entry, which every entry has since it was read.
fn name(entry: &Entry) -> String {
    entry.get("name").and_then(text_of).unwrap_or_default()
}

/// The text of a scalar. `kubectl` takes numbers and truth values for strings where it expects one.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The host of a cluster's API server, empty where there is none.
fn host(cluster: &Entry) -> String {
    let server = cluster.get("cluster").and_then(|cluster| cluster.get("server")).and_then(Value::as_str);
    let url = server.and_then(|server| url::Url::parse(server).ok());
    let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    host.trim_matches(['[', ']']).to_owned()
}

/// What a context names as its cluster or user.
fn reference(context: &Entry, field: &str) -> Option<String> {
    context.get("context").and_then(|context| context.get(field)).and_then(text_of)
}

/// Lets a context name its cluster or user as it is called now.
fn follow(context: &mut Entry, field: &str, renamed: &BTreeMap<String, String>) {
    let now = reference(context, field).and_then(|before| renamed.get(&before).cloned());
    if let (Some(now), Some(Value::Mapping(inner))) = (now, context.get_mut("context")) {
        inner.insert(field.into(), now.into());
    }
}

/// Fills in what is missing, at every depth; lists of named things (extensions) by name.
fn add_missing(into: &mut Mapping, from: Mapping) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Mapping(present)), Value::Mapping(more)) => add_missing(present, more),
            (Some(Value::Sequence(present)), Value::Sequence(more)) => {
                let named = |value: &Value| value.get("name").and_then(text_of);
                let known: BTreeSet<_> = present.iter().filter_map(named).collect();
                present.extend(
                    more.into_iter().filter(|one| named(one).is_some_and(|one| !known.contains(&one))),
                );
            }
            (Some(_), _) => {}
        }
    }
}

#[cfg(test)]
#[path = "kubeconfig_tests.rs"]
mod tests;
