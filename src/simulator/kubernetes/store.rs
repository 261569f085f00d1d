//! Objects by revision, and what has happened to them, for watches.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

/// How many changes are remembered; a watch from before them is told that it is too old.
const MEMORY: usize = 4096;

/// Where an object is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: String,
    pub(crate) plural: String,
    /// Empty for what belongs to no namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    /// A key.
    pub(crate) fn new(group: &str, plural: &str, namespace: &str, name: &str) -> Self {
        let own = str::to_owned;
        Self { group: own(group), plural: own(plural), namespace: own(namespace), name: own(name) }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Value>>,
    /// The object after it; where it was removed, as it was last.
    pub(crate) object: Arc<Value>,
    pub(crate) removed: bool,
}

/// All objects.
#[derive(Debug)]
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    log: VecDeque<Change>,
    revision: u64,
    forgotten: u64,
    seen: watch::Sender<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            log: VecDeque::new(),
            revision: 1,
            forgotten: 1,
            seen: watch::Sender::new(1),
        }
    }
}

impl Store {
    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Is told of every change.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.seen.subscribe()
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// The objects of a kind, in all namespaces where none is given.
    pub(crate) fn list(&self, group: &str, plural: &str, namespace: &str) -> Vec<(&Key, &Arc<Value>)> {
        let first = Key::new(group, plural, namespace, "");
        self.objects
            .range(first..)
            .take_while(|(key, _)| {
                key.group == group
                    && key.plural == plural
                    && (namespace.is_empty() || key.namespace == namespace)
            })
            .collect()
    }

    /// Everything.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// Keeps an object in the place of the one before, under a new revision.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        super::defaults::bare(&mut object);
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let object = Arc::new(object);
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        self.note(key, before, Arc::clone(&object), false);
        object
    }

    /// Removes an object.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.objects.remove(key)?;
        self.revision += 1;
        let mut last = Value::clone(&before);
        last["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let last = Arc::new(last);
        self.note(key.clone(), Some(before), Arc::clone(&last), true);
        Some(last)
    }

    fn note(&mut self, key: Key, before: Option<Arc<Value>>, object: Arc<Value>, removed: bool) {
        self.log.push_back(Change { revision: self.revision, key, before, object, removed });
        if self.log.len() > MEMORY
            && let Some(old) = self.log.pop_front()
        {
            self.forgotten = old.revision;
        }
        self.seen.send_replace(self.revision);
    }

    /// What happened after a revision; none where that is forgotten.
    pub(crate) fn since(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        let known = revision >= self.forgotten;
        known.then(|| {
            let first = self.log.partition_point(|change| change.revision <= revision);
            self.log.range(first..)
        })
    }
}
