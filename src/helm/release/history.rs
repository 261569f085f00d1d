//! All revisions of one release.

use super::record::Record;
use super::status::Status;

/// The revisions of a release, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History(Vec<Record>);

impl History {
    /// Takes records of one release, in any order.
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by_key(|record| record.version);
        Self(records)
    }

    /// All of them, the oldest first.
    pub fn records(&self) -> &[Record] {
        &self.0
    }

    /// Whether there was never such a release, or nothing is left of it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest.
    pub fn last(&self) -> Option<&Record> {
        self.0.last()
    }

    /// The newest that runs. Two may say so where a client was cut off.
    pub fn deployed(&self) -> Option<&Record> {
        self.0.iter().rev().find(|record| record.info.status == Status::Deployed)
    }

    /// One of them.
    pub fn get(&self, revision: u32) -> Option<&Record> {
        self.0.iter().find(|record| record.version == revision)
    }

    /// The newest that has run as a whole, but for this revision: what a failure is undone to.
    pub fn last_good(&self, but: u32) -> Option<&Record> {
        self.0.iter().rev().find(|record| record.info.status.has_run() && record.version != but)
    }

    /// Whether any revision has ever run as a whole since the release was last removed. While none has, what
    /// is done is still the installation: charts that ask `.Release.IsInstall` must see it so.
    pub fn has_run(&self) -> bool {
        let alive = self.0.iter().rev().take_while(|record| record.info.status != Status::Uninstalled);
        alive.into_iter().any(|record| record.info.status.has_run())
    }

    /// The number of the next revision.
    pub fn next_revision(&self) -> u32 {
        self.last().map_or(1, |last| last.version + 1)
    }

    /// The revisions whose objects may exist: from the one that runs to the newest. A failed revision may
    /// have left objects that no other names.
    pub fn present(&self) -> &[Record] {
        let running = self.0.iter().rposition(|record| record.info.status == Status::Deployed);
        let removed = self.0.iter().rposition(|record| record.info.status == Status::Uninstalled);
        match (running, removed) {
            (Some(running), removed) if removed.is_none_or(|removed| removed < running) => &self.0[running..],
            (_, Some(removed)) => &self.0[removed + 1..],
            _ => &self.0,
        }
    }

    /// What is pruned once the objects of the newest revision are written and those of earlier ones that it
    /// no longer names are gone, the oldest first; 0 keeps all. The newest and the one that runs always stay.
    pub fn surplus(&self, max_history: u32) -> Vec<u32> {
        let most = usize::try_from(max_history).unwrap_or(usize::MAX);
        if most == 0 {
            return Vec::new();
        }
        let stay = [self.deployed().map(|record| record.version), self.last().map(|record| record.version)];
        let others =
            self.0.iter().map(|record| record.version).filter(|version| !stay.contains(&Some(*version)));
        others.take(self.0.len().saturating_sub(most)).collect()
    }
}
