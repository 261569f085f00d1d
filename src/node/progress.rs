//! What happens to a node while it happens: one event for each step of a phase, and the lines that they make.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::time::now;

/// One thing that happened to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The node.
    pub node: String,
    /// The phase: `tcp`, `banner`, `auth`, `facts`, `boot`, `kexec`, `disk`, `install`, `reboot` …
    pub phase: &'static str,
    /// How far it is.
    pub state: State,
    /// What is done, what was seen last, or why it failed. Never a secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It begins.
    Started,
    /// It goes on.
    Running,
    /// An earlier run has done it.
    Resumed,
    /// It is done.
    Finished,
    /// It failed, and with it the node's run.
    Failed,
}

/// Somebody who is told.
pub trait Progress: Send + Sync {
    /// Takes an event. It must not wait for anything slow.
    fn tell(&self, event: &Event);
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn tell(&self, _: &Event) {}
}

/// A file that gets one line of JSON for each event, with the time in `at`. Several processes may append to
/// the same file: each line is written at once.
#[derive(Debug)]
pub struct Lines<W>(Mutex<W>);

impl<W: Write + Send> Lines<W> {
    /// Writes to this.
    pub fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    #[serde(flatten)]
    event: &'a Event,
}

impl<W: Write + Send> Progress for Lines<W> {
    fn tell(&self, event: &Event) {
        let at = now().format(&Rfc3339).unwrap_or_default();
        let Ok(mut line) = serde_json::to_vec(&Line { at, event }) else { return };
        line.push(b'\n');
        // A progress file that cannot be written is no reason to leave a machine half installed.
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writer.write_all(&line).and_then(|()| writer.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_json() {
        let lines = Lines::new(Vec::new());
        let mut event = Event {
            node: "gpu-0".to_owned(),
            phase: "disk",
            state: State::Started,
            detail: "a\nb \"c\"".to_owned(),
        };
        lines.tell(&event);
        event.state = State::Finished;
        event.detail = String::new();
        lines.tell(&event);
        let text = String::from_utf8(lines.0.into_inner().unwrap()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0]["detail"], "a\nb \"c\"");
        assert_eq!(lines[0]["state"], "started");
        assert!(lines[0]["at"].as_str().unwrap().ends_with('Z'), "{text}");
        assert!(lines[1].get("detail").is_none(), "{text}");
    }
}
