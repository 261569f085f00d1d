//! What goes back to the host whatever becomes of an action: the state as it is known at that moment.

use std::sync::Mutex;
use std::sync::PoisonError;

use super::outputs;
use crate::helm::action::{Event, Observer};
use crate::state::{Held, Private};
use crate::value::Value;

/// Holds the state of a release while an action works on it.
pub(super) struct Watching<'a> {
    held: &'a Held,
    private: Private,
    state: Mutex<Value>,
    wrote: std::sync::atomic::AtomicBool,
}

impl<'a> Watching<'a> {
    /// `state` is what is held from the first request that writes.
    pub(super) fn new(held: &'a Held, state: Value, private: Private) -> Self {
        Self { held, private, state: Mutex::new(state), wrote: std::sync::atomic::AtomicBool::new(false) }
    }

    /// Whether anything may have been written.
    pub(super) fn wrote(&self) -> bool {
        self.wrote.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Observer for Watching<'_> {
    fn saw(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Writing => self.wrote.store(true, std::sync::atomic::Ordering::Relaxed),
            Event::Stored(record) => outputs::stamp(&mut state, record),
            Event::Phase(phase) => {
                tracing::debug!(?phase, "release");
                return;
            }
            Event::Hook { event, object } => {
                tracing::debug!(event, object, "hook");
                return;
            }
            Event::Waiting { left, object, reason } => {
                tracing::debug!(left, object, reason, "waiting");
                return;
            }
            Event::Log { .. } => return,
        }
        self.held.put(state.clone(), self.private.clone());
    }
}
