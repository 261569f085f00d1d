//! What every step of an action needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::error::ActionError;
use super::lease::Left;
use super::observer::{Event, Observer, Phase};
use super::options::Hooks;
use crate::helm::release::Store;
use crate::kube::{Client, Validation};
use crate::time::{Ended, Patience};

/// One action on one release.
pub(super) struct Work<'a> {
    /// Bounded by the patience.
    pub(super) client: Client,
    pub(super) patience: Patience,
    pub(super) store: Store,
    pub(super) observer: &'a dyn Observer,
    pub(super) name: String,
    pub(super) namespace: String,
    /// How long one wait may take.
    pub(super) timeout: Duration,
    pub(super) hooks: Hooks,
    pub(super) validation: Validation,
    pub(super) warnings: Vec<String>,
    /// Whether the newest record may say that something is under way.
    pub(super) unsettled: bool,
    /// Set once somebody else has taken the lease.
    pub(super) lost: Option<Arc<AtomicBool>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        client: &Client,
        namespace: &str,
        name: &str,
        observer: &'a dyn Observer,
        patience: &Patience,
    ) -> Self {
        let client = client.within(patience);
        Self {
            store: Store::new(&client, namespace, name),
            client,
            patience: patience.clone(),
            observer,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            timeout: Duration::from_secs(300),
            hooks: Hooks::Run,
            validation: Validation::Strict,
            warnings: Vec::new(),
            unsettled: false,
            lost: None,
        }
    }

    /// Asked before anything new is begun.
    pub(super) fn check(&self) -> Result<(), ActionError> {
        if self.is_lost() {
            // This process was held up for longer than a lease lasts.
            let (name, holder) = (self.name.clone(), "another client".to_owned());
            return Err(ActionError::Held { name, holder, since: None });
        }
        Ok(self.patience.check()?)
    }

    /// How the holder of the lease leaves the release.
    pub(super) fn left(&self) -> Left {
        if self.unsettled { Left::Unfinished } else { Left::Finished }
    }

    pub(super) fn phase(&self, phase: Phase) {
        self.observer.saw(Event::Phase(phase));
    }

    /// The patience of one wait.
    pub(super) fn one_wait(&self) -> Patience {
        self.patience.at_most(self.timeout)
    }

    /// Whether somebody else works on the release by now.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost.load(Ordering::Relaxed))
    }

    /// Whether the run was stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.patience.check() == Err(Ended::Stopped)
    }
}
