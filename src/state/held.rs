//! What exists already while an operation is still running.

use std::sync::{Arc, Mutex, PoisonError};

use super::Private;
use crate::value::Value;

/// The state that goes back to the host whatever happens next: error, panic, timeout or stop. Cheap to
/// clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<Mutex<Option<(Value, Private)>>>);

impl Held {
    /// Holds a state from here on.
    pub fn put(&self, state: Value, private: Private) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, private));
    }

    /// Lets go: the world certainly refused the first request, so nothing exists.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is held now.
    #[must_use]
    pub fn now(&self) -> Option<(Value, Private)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
