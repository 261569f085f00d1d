//! What a caller is told while an action runs.

use crate::helm::release::Record;

/// Who is told. It must not block: it is called between requests.
pub trait Observer: Send + Sync {
    /// Something has happened, or is about to.
    fn saw(&self, event: Event<'_>);
}

/// What has happened, or is about to.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Right before the first request that writes: from here on something may exist.
    Writing,
    /// The record of the revision is stored.
    Stored(&'a Record),
    /// A part of the work begins.
    Phase(Phase),
    /// A hook begins.
    Hook {
        /// Its event, such as `pre-install`.
        event: &'a str,
        /// Kind and name.
        object: String,
    },
    /// What a container of a hook printed, where the hook asks for it.
    Log {
        /// The pod.
        pod: &'a str,
        /// The container.
        container: &'a str,
        /// What it printed.
        text: &'a str,
    },
    /// So many objects are not ready yet; one of them, and why.
    Waiting {
        /// How many.
        left: usize,
        /// Kind and name of one.
        object: &'a str,
        /// What it waits for.
        reason: &'a str,
    },
}

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Definitions of custom resources.
    Definitions,
    /// Objects are written.
    Objects,
    /// What left the release goes.
    Pruning,
    /// Objects become ready.
    Waiting,
    /// What failed is undone.
    Undoing,
    /// Objects are removed.
    Removing,
}

/// Nobody is told.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn saw(&self, _event: Event<'_>) {}
}
