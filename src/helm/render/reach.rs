//! How far a walk through values goes: `set` can put a map into itself, and Go's walks then never end.

use std::cell::Cell;
use std::rc::Rc;

/// How deep values may lie in values.
const DEEPEST: usize = 1000;
/// How many values one walk looks at.
const MOST: usize = 500_000;

/// What is left of a walk. Where nothing is, the walk stops without a word: no chart that means well has
/// values as deep, and Go itself would crash.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    depth: usize,
    left: Rc<Cell<usize>>,
}

impl Default for Reach {
    fn default() -> Self {
        Self { depth: DEEPEST, left: Rc::new(Cell::new(MOST)) }
    }
}

impl Reach {
    /// One value further; nothing where that is too far.
    pub(crate) fn deeper(&self) -> Option<Self> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        Some(Self { depth: self.depth.checked_sub(1)?, left: Rc::clone(&self.left) })
    }
}
