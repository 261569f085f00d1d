//! What a run tells: shown with its times as it comes, and waited for.

use std::sync::Mutex;
use std::time::Instant;

use bud::node::install::{InstallError, Installed};
use bud::node::progress::{Event, Progress, State};
use tokio::sync::Notify;

/// Keeps what it is told, and says when it was told this.
pub(crate) struct Told {
    began: Instant,
    events: Mutex<Vec<Event>>,
    awaited: Option<(&'static str, &'static str)>,
    came: Notify,
}

impl Told {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), events: Mutex::default(), awaited: None, came: Notify::new() }
    }

    /// The same, waiting for a phase to tell what begins so.
    pub(crate) fn awaiting(phase: &'static str, beginning: &'static str) -> Self {
        Self { awaited: Some((phase, beginning)), ..Self::new() }
    }

    pub(crate) async fn came(&self) {
        self.came.notified().await;
    }

    /// The details of a phase's events.
    pub(crate) fn details(&self, phase: &str, state: State) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let of_phase = events.iter().filter(|event| event.phase == phase && event.state == state);
        of_phase.map(|event| event.detail.clone()).collect()
    }

    pub(crate) fn phases(&self, state: State) -> Vec<&'static str> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event.state == state).map(|event| event.phase).collect()
    }

    /// Shows how a run ended.
    pub(crate) fn end(&self, done: &Result<Installed, InstallError>) {
        match done {
            Ok(installed) => self.show(&format!("done: {}, is_new = {}", installed.system, installed.is_new)),
            Err(error) => self.show(&format!("{error}\n           what to do: {}", error.fault.advice())),
        }
    }

    fn show(&self, text: &str) {
        println!("{:8.1} s {text}", self.began.elapsed().as_secs_f64());
    }
}

impl Progress for Told {
    fn tell(&self, event: &Event) {
        let state = format!("{:?}", event.state).to_lowercase();
        self.show(&format!("{:8} {state:9} {}", event.phase, event.detail));
        self.events.lock().unwrap().push(event.clone());
        if self.awaited.is_some_and(|(phase, word)| event.phase == phase && event.detail.starts_with(word)) {
            self.came.notify_one();
        }
    }
}
