//! How objects are written and deleted.

use serde_json::Value;

/// Who writes, and how strictly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// Field manager, such as `helm`; up to 128 characters.
    pub manager: String,
    /// Whether anything is written at all.
    pub dry_run: DryRun,
    /// What the server does about fields that it does not know.
    pub validation: Validation,
}

/// Whether a write is only tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// It is written.
    #[default]
    Off,
    /// The server does everything but writing, admission included.
    Server,
}

/// What the server does about unknown and doubled fields; its own default is to warn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// Drops them in silence.
    Ignore,
    /// Drops them and warns.
    #[default]
    Warn,
    /// Refuses the object.
    Strict,
}

/// A server-side apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    /// Who writes.
    pub writing: Writing,
    /// What happens to fields that somebody else manages.
    pub conflicts: Conflicts,
}

/// What a server-side apply does about fields that somebody else manages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// Refuses, with [`super::KubeError::Conflict`].
    #[default]
    Refuse,
    /// Takes them over.
    Force,
}

/// A change of a part of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// JSON merge patch (RFC 7386).
    Merge(Value),
    /// Kubernetes' own, which knows the keys of lists; only kinds that are built in understand it.
    Strategic(Value),
    /// JSON patch (RFC 6902): a list of operations.
    Json(Value),
}

/// How an object is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// What becomes of what it owns.
    pub propagation: Propagation,
    /// Deletes only the object of this uid, so that a namesake made since then stays.
    pub uid: Option<String>,
    /// How long its containers may go on, in seconds; the object's own time where this is empty.
    pub grace_seconds: Option<u32>,
}

/// What becomes of what a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// It goes after the object.
    #[default]
    Background,
    /// It goes first, the object stays until then.
    Foreground,
    /// It stays, without an owner.
    Orphan,
}

impl Writing {
    /// Writes as this manager, with the server's own strictness.
    pub fn by(manager: impl Into<String>) -> Self {
        Self { manager: manager.into(), dry_run: DryRun::Off, validation: Validation::Warn }
    }

    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("fieldManager", self.manager.clone()),
            ("fieldValidation", self.validation.name().to_owned()),
        ];
        if self.dry_run == DryRun::Server {
            query.push(("dryRun", "All".to_owned()));
        }
        query
    }
}

impl Validation {
    fn name(self) -> &'static str {
        match self {
            Self::Ignore => "Ignore",
            Self::Warn => "Warn",
            Self::Strict => "Strict",
        }
    }
}

impl Patch {
    pub(super) fn content(&self) -> (&'static str, &Value) {
        match self {
            Self::Merge(patch) => ("application/merge-patch+json", patch),
            Self::Strategic(patch) => ("application/strategic-merge-patch+json", patch),
            Self::Json(patch) => ("application/json-patch+json", patch),
        }
    }
}

impl Deletion {
    /// The `DeleteOptions` of `meta/v1`.
    pub(super) fn options(&self) -> Value {
        let propagation = match self.propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
            Propagation::Orphan => "Orphan",
        };
        let mut options = serde_json::json!({
            "apiVersion": "meta.k8s.io/v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        });
        if let Some(uid) = &self.uid {
            options["preconditions"] = serde_json::json!({ "uid": uid });
        }
        if let Some(seconds) = self.grace_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        options
    }
}
