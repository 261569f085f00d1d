//! How far each node is, from the events that the provider has written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The phases of a node on its way into a cluster, in their order; two ways into the installer are one step.
const STEPS: [&[&str]; 10] = [
    &["tcp"],
    &["banner"],
    &["auth"],
    &["facts"],
    &["boot", "kexec"],
    &["disk"],
    &["install"],
    &["reboot"],
    &["k3s"],
    &["ready"],
];

/// How many steps there are.
pub(super) const LAST: u64 = STEPS.len() as u64;

/// One line of the file. Further keys are for others.
#[derive(Deserialize)]
struct Event {
    at: String,
    node: String,
    phase: String,
    state: String,
    #[serde(default)]
    detail: String,
}

/// Where a node is.
pub(super) struct Row {
    /// The node.
    pub(super) node: String,
    /// Its phase.
    pub(super) phase: String,
    /// `started`, `running`, `resumed`, `finished` or `failed`.
    pub(super) state: String,
    /// What was said last.
    pub(super) detail: String,
    /// How many steps are behind it.
    pub(super) done: u64,
    began: Option<OffsetDateTime>,
    at: Option<OffsetDateTime>,
}

impl Row {
    /// Seconds from its first event to its last.
    pub(super) fn seconds(&self) -> i64 {
        match (self.began, self.at) {
            (Some(began), Some(at)) => (at - began).whole_seconds(),
            _ => 0,
        }
    }

    /// Whether it has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.state == "failed"
    }

    /// All of it in one line.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{:>5}s {} {} {}", self.seconds(), self.node, self.phase, self.state);
        if !self.detail.is_empty() {
            let _ = write!(line, ": {}", self.detail.replace('\n', " "));
        }
        line
    }
}

/// Every node of which something was said.
#[derive(Default)]
pub(super) struct Board(BTreeMap<String, Row>);

impl Board {
    /// Takes a line. What is no event is passed over: another version may write more.
    pub(super) fn take(&mut self, line: &str) {
        self.take_one(line);
    }

    /// Takes a line and tells which node it was about.
    pub(super) fn take_one(&mut self, line: &str) -> Option<String> {
        let event: Event = serde_json::from_str(line).ok()?;
        let at = OffsetDateTime::parse(&event.at, &Rfc3339).ok();
        let step = STEPS.iter().position(|step| step.contains(&event.phase.as_str()));
        let row = self.0.entry(event.node.clone()).or_insert_with(|| Row {
            node: event.node.clone(),
            phase: String::new(),
            state: String::new(),
            detail: String::new(),
            done: 0,
            began: at,
            at,
        });
        if let Some(step) = step {
            let step = step as u64;
            row.done = if matches!(event.state.as_str(), "finished" | "resumed") { step + 1 } else { step };
        }
        (row.phase, row.state, row.detail, row.at) = (event.phase, event.state, event.detail, at);
        Some(event.node)
    }

    /// A node's row.
    pub(super) fn row(&self, node: &str) -> Option<&Row> {
        self.0.get(node)
    }

    /// Whether a node has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.0.values().any(Row::has_failed)
    }

    /// Everything, a line for each node.
    pub(super) fn table(&self) -> String {
        let lines: Vec<String> =
            self.0.values().map(|row| format!("{:>2}/{LAST} {}", row.done, row.line())).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(lines: &[&str]) -> Board {
        let mut board = Board::default();
        for line in lines {
            board.take(line);
        }
        board
    }

    #[test]
    fn a_row_is_where_the_last_event_left_the_node() {
        let board = board(&[
            r#"{"at":"2026-11-28T07:00:00Z","node":"b-0","phase":"facts","state":"started"}"#,
            r#"{"at":"2026-11-28T07:00:01Z","node":"a-0","phase":"facts","state":"finished","detail":"Ubuntu"}"#,
            "not ours",
            r#"{"at":"2026-11-28T07:00:42Z","node":"a-0","phase":"kexec","state":"running","detail":"out\nof reach","more":1}"#,
            r#"{"at":"2026-11-28T07:01:30Z","node":"b-0","phase":"ready","state":"finished"}"#,
        ]);
        assert_eq!(
            board.table(),
            " 4/10    41s a-0 kexec running: out of reach\n10/10    90s b-0 ready finished"
        );
        assert!(!board.has_failed());
    }

    #[test]
    fn a_failed_node_is_told_and_one_that_goes_on_is_not() {
        let failed =
            r#"{"at":"2026-11-28T07:00:00Z","node":"a-0","phase":"disk","state":"failed","detail":"in use"}"#;
        assert!(board(&[failed]).has_failed());
        let resumed = r#"{"at":"2026-11-28T07:09:00Z","node":"a-0","phase":"disk","state":"resumed"}"#;
        let board = board(&[failed, resumed]);
        assert!(!board.has_failed());
        assert_eq!(board.row("a-0").unwrap().done, 6);
    }

    #[test]
    fn a_phase_that_is_not_known_leaves_the_bar_where_it_is() {
        let board = board(&[
            r#"{"at":"2026-11-28T07:00:00Z","node":"a-0","phase":"install","state":"finished"}"#,
            r#"{"at":"2026-11-28T07:00:05Z","node":"a-0","phase":"evict","state":"running"}"#,
        ]);
        assert_eq!(board.row("a-0").unwrap().done, 7);
    }
}
