//! The tables of a document while it is read: where the next key goes, and which keys are taken.

use super::cursor::Trouble;
use super::write::dotted;
use crate::helm::render::datum::{Datum, List, ListKind, Map, MapKind, Pairs};
use crate::helm::render::go::quote;
use crate::helm::render::text::Str;
use std::collections::HashSet;

/// A key with all that is before its last dot.
type Key = Vec<String>;

pub(super) struct Tables {
    root: Map,
    /// The table that keys go to.
    pub(super) context: Key,
    /// The key whose value is being read.
    pub(super) key: String,
    /// The line of the key that was read last.
    pub(super) line: usize,
    /// Tables that keys below them have made.
    implied: HashSet<Key>,
    /// Keys whose values are lists.
    lists: HashSet<Key>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self {
            root: Map::new(MapKind::Any, Pairs::new()),
            context: Key::new(),
            key: String::new(),
            line: 1,
            implied: HashSet::new(),
            lists: HashSet::new(),
        }
    }

    pub(super) fn root(self) -> Map {
        self.root
    }

    /// The key that is being read, as errors name it.
    pub(super) fn last_key(&self) -> String {
        match (self.context.is_empty(), self.key.is_empty()) {
            (_, true) => dotted(&self.context),
            (true, false) => self.key.clone(),
            (false, false) => format!("{}.{}", dotted(&self.context), self.key),
        }
    }

    fn wrong(&self, message: String) -> Trouble {
        Trouble::new(self.line, message)
    }

    fn is_taken(&self, key: &[String]) -> Trouble {
        self.wrong(format!("Key '{}' has already been defined.", dotted(key)))
    }

    /// The table behind a value: of a list of tables the last one.
    fn table(value: &Datum) -> Option<Map> {
        match value {
            Datum::Map(map) => Some(map.clone()),
            Datum::List(list) if list.kind() == ListKind::Maps => match list.items().last() {
                Some(Datum::Map(map)) => Some(map.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Goes into a table, making it and all above it as needed; `in_list` makes it a new one of a list.
    pub(super) fn enter(&mut self, key: &[String], in_list: bool) -> Result<(), Trouble> {
        let Some((last, above)) = key.split_last() else { return Ok(()) };
        let mut table = self.root.clone();
        let mut path = Key::new();
        for part in above {
            path.push(part.clone());
            let found = table.get(part.as_bytes());
            let value = found.unwrap_or_else(|| {
                self.implied.insert(path.clone());
                let made = Datum::map(Pairs::new());
                table.pairs_mut().insert(Str::from(part.as_str()), made.clone());
                made
            });
            table = Self::table(&value).ok_or_else(|| {
                self.wrong(format!("Key '{}' was already created as a hash.", dotted(&path)))
            })?;
        }
        self.context = path;
        if in_list {
            let name = Str::from(last.as_str());
            let found = table.get(last.as_bytes());
            let list = found.unwrap_or_else(|| Datum::List(List::new(ListKind::Maps, Vec::new())));
            match &list {
                Datum::List(tables) if tables.kind() == ListKind::Maps => {
                    tables.items_mut().push(Datum::map(Pairs::new()));
                }
                _ => {
                    let message =
                        format!("Key '{}' was already created and cannot be used as an array.", dotted(key));
                    return Err(self.wrong(message));
                }
            }
            table.pairs_mut().insert(name, list);
        } else {
            self.set(last, Datum::map(Pairs::new()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Enters a table for a part of a dotted key, which does not count as its definition.
    pub(super) fn imply(&mut self, part: &str) -> Result<(), Trouble> {
        let key = self.path(part);
        self.implied.insert(key.clone());
        self.enter(&key, false)
    }

    /// Enters the table of a value in braces.
    pub(super) fn enter_inline(&mut self, in_list: bool) -> Result<(), Trouble> {
        let key = self.path(&self.key);
        self.key.clear();
        self.context.clone_from(&key);
        self.implied.insert(key.clone());
        self.enter(&key, in_list)
    }

    fn path(&self, key: &str) -> Key {
        let mut path = self.context.clone();
        path.push(key.to_owned());
        path
    }

    /// Gives a key of the current table its value.
    pub(super) fn set(&mut self, key: &str, value: Datum) -> Result<(), Trouble> {
        let mut table = self.root.clone();
        for (depth, part) in self.context.iter().enumerate() {
            let found = table.get(part.as_bytes()).as_ref().and_then(Self::table);
            table = found.ok_or_else(|| self.is_taken(&self.context[..=depth]))?;
        }
        let path = self.path(key);
        if table.has(key.as_bytes()) {
            let was_implied = self.implied.remove(&path);
            if !was_implied {
                return Err(self.is_taken(&path));
            }
            // A table that was implied stays what the keys below it made of it.
            if !self.lists.contains(&path) {
                return Ok(());
            }
        }
        table.pairs_mut().insert(Str::from(key), value);
        Ok(())
    }

    /// Remembers whether the value of the current key is a list.
    pub(super) fn note(&mut self, is_list: bool) {
        // An empty key counts as the table it is in, as in the original.
        let path = match (self.key.is_empty(), self.context.is_empty()) {
            (true, false) => self.context.clone(),
            _ => self.path(&self.key),
        };
        if is_list {
            self.lists.insert(path);
        } else {
            self.lists.remove(&path);
        }
    }

    /// Puts a value into a table in braces that stands for itself.
    pub(super) fn put(&self, table: &Map, above: &[String], value: Datum) -> Result<(), Trouble> {
        let mut table = table.clone();
        for part in above {
            let found = table.get(part.as_bytes());
            let next = found.unwrap_or_else(|| {
                let made = Datum::map(Pairs::new());
                table.pairs_mut().insert(Str::from(part.as_str()), made.clone());
                made
            });
            let Datum::Map(next) = next else {
                let context = quote(dotted(&self.context).as_bytes());
                return Err(self.wrong(format!("{context} is not a table")));
            };
            table = next;
        }
        table.pairs_mut().insert(Str::from(self.key.as_str()), value);
        Ok(())
    }
}
