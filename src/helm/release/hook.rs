//! Hooks as a record holds them: with what became of their last run.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::stamp;
use crate::helm::manifest::Hook;

/// A hook in a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredHook {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The object's kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The template that it comes from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Its text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// When it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// What became of it last.
    pub last_run: Execution,
    /// Lower ones come first within an event.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_policies: Option<Vec<String>>,
    /// Whose logs are printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_log_policies: Option<Vec<String>>,
    /// What only others know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One run of a hook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Execution {
    /// When it began.
    #[serde(with = "stamp", skip_serializing_if = "Option::is_none")]
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "stamp", skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<OffsetDateTime>,
    /// How.
    pub phase: Phase,
}

/// How far a hook has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nobody knows.
    Unknown,
    /// It runs.
    Running,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It has not run.
    #[default]
    #[serde(rename = "", other)]
    None,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(weight: &i64) -> bool {
    *weight == 0
}

impl StoredHook {
    /// Whether it is created at this event.
    pub fn runs_at(&self, event: &str) -> bool {
        // Helm 2 called tests that should succeed `test-success`; records keep the word.
        self.events.iter().flatten().any(|one| one == event || (event == "test" && one == "test-success"))
    }

    /// Whether it is removed at this moment, in the annotation's words. Without any policy it is removed
    /// before it is created again.
    pub fn deletes_at(&self, policy: &str) -> bool {
        match self.delete_policies.as_deref() {
            None | Some([]) => policy == "before-hook-creation",
            Some(policies) => policies.iter().any(|one| one == policy),
        }
    }

    /// Whether its logs are told at this moment.
    pub fn tells_at(&self, policy: &str) -> bool {
        self.output_log_policies.iter().flatten().any(|one| one == policy)
    }
}

impl From<&Hook> for StoredHook {
    fn from(hook: &Hook) -> Self {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        Self {
            name: hook.name.clone(),
            kind: hook.kind.clone(),
            path: hook.path.clone(),
            manifest: hook.manifest.clone(),
            events: Some(hook.events.iter().map(|event| event.name().to_owned()).collect()),
            last_run: Execution::default(),
            weight: hook.weight,
            delete_policies: some(&hook.delete_policies),
            output_log_policies: some(&hook.output_log_policies),
            rest: Map::new(),
        }
    }
}
