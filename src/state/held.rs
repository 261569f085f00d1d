//! What exists already while an operation is still running.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Private;
use crate::value::Value;

/// The state that goes back to the host whatever happens next: error, panic, timeout or stop. Cheap to
/// clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<Mutex<Option<Holding>>>);

/// A state as it was put, or whoever knows it at any time.
#[derive(Clone)]
enum Holding {
    Put(Box<(Value, Private)>),
    Followed(Arc<dyn Fn() -> (Value, Private) + Send + Sync>),
}

impl fmt::Debug for Holding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(held) => held.fmt(formatter),
            Self::Followed(_) => formatter.write_str("(followed)"),
        }
    }
}

impl Held {
    /// Holds a state from here on.
    pub fn put(&self, state: Value, private: Private) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Holding::Put(Box::new((state, private))));
    }

    /// Asks for the state when it is needed: for what changes in many small steps.
    pub fn follow(&self, source: impl Fn() -> (Value, Private) + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Holding::Followed(Arc::new(source)));
    }

    /// Lets go: the world certainly refused the first request, so nothing exists.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is held now.
    #[must_use]
    pub fn now(&self) -> Option<(Value, Private)> {
        let holding = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        holding.map(|holding| match holding {
            Holding::Put(held) => *held,
            Holding::Followed(source) => source(),
        })
    }
}
