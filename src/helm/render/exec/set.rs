//! The named templates that a text can call: those of the chart, and those that a `tpl` adds for itself.

use crate::helm::render::hash::FastMap;
use crate::helm::render::parse::Tree;
use crate::helm::render::text::Str;
use std::rc::Rc;
use std::sync::Arc;

/// Templates by name, over those of the enclosing set.
#[derive(Debug, Default)]
pub(crate) struct Set {
    own: FastMap<Str, Arc<Tree>>,
    outer: Option<Rc<Set>>,
}

impl Set {
    /// An empty set that sees another.
    pub(crate) fn within(outer: Rc<Self>) -> Self {
        Self { own: FastMap::default(), outer: Some(outer) }
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&Arc<Tree>> {
        self.own.get(name).or_else(|| self.outer.as_ref()?.get(name))
    }

    /// The templates of this set alone.
    pub(crate) fn trees(&self) -> impl Iterator<Item = &Arc<Tree>> {
        self.own.values()
    }

    /// Adds the trees of a file. An empty template does not replace one that is there.
    pub(crate) fn add(&mut self, trees: &[Arc<Tree>]) {
        for tree in trees {
            if tree.root.is_empty() && self.get(tree.name.bytes()).is_some() {
                continue;
            }
            self.own.insert(tree.name.clone(), tree.clone());
        }
    }
}
