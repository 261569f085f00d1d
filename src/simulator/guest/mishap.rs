//! Machine faults: the part of a fault script about steps.

use serde::Deserialize;

use super::super::glob;

/// One thing that goes wrong at a step of a machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepRule {
    /// Name of the machine, `*` for any run of characters; absent: all.
    #[serde(default)]
    machine: Option<String>,
    /// Name of the step, likewise. The file copy's steps are `compare` and `place`.
    #[serde(default)]
    step: Option<String>,
    /// The first of the matching steps that is hit, from 1.
    #[serde(default)]
    nth: Option<u64>,
    /// How many are hit from then on, 1 by default; 0 for all.
    #[serde(default)]
    times: Option<u64>,
    r#do: Blow,
    #[serde(skip)]
    seen: u64,
}

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Blow {
    /// The connection is cut; nothing was done.
    CutBefore,
    /// The step is done, then the connection is cut without an answer.
    CutAfter,
    /// No answer, ever; nothing was done.
    Hang,
    /// The machine loses its power and starts again: before the step, half-way through it, after it.
    KillBefore,
    KillWithin,
    KillAfter,
    /// The machine loses its power, and somebody has to start it.
    PowerOffBefore,
    PowerOffAfter,
    /// The kernel that this step starts from the running one does nothing.
    KernelHangs,
    /// The boot loader does not take the entry that this step lays down.
    EntryIsLost,
}

impl Blow {
    /// Its name in the ledger.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CutBefore => "cut_before",
            Self::CutAfter => "cut_after",
            Self::Hang => "hang",
            Self::KillBefore => "kill_before",
            Self::KillWithin => "kill_within",
            Self::KillAfter => "kill_after",
            Self::PowerOffBefore => "power_off_before",
            Self::PowerOffAfter => "power_off_after",
            Self::KernelHangs => "kernel_hangs",
            Self::EntryIsLost => "entry_is_lost",
        }
    }
}

impl StepRule {
    /// Counts a step and says what happens to it.
    pub(crate) fn strike(&mut self, machine: &str, step: &str) -> Option<Blow> {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| glob::matches(pattern, text))
        };
        if !fits(&self.machine, machine) || !fits(&self.step, step) {
            return None;
        }
        self.seen += 1;
        let (first, times) = (self.nth.unwrap_or(1), self.times.unwrap_or(1));
        let hit = self.seen >= first && (times == 0 || self.seen < first.saturating_add(times));
        hit.then_some(self.r#do)
    }

    /// What is wrong with the rule itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.nth == Some(0) { Err("steps are counted from 1".to_owned()) } else { Ok(()) }
    }
}
