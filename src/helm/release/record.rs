//! One revision of a release.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::hook::StoredHook;
use super::stamp;
use super::status::Status;

/// One revision of a release, as Helm 4 stores it. Values and objects in it may be secret: `Debug` shows
/// neither.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The release's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When, and how far.
    #[serde(deserialize_with = "or_default")]
    pub info: Info,
    /// The chart, as [`super::stored_chart`] gives it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub chart: Value,
    /// The values that the user gave: an object, or null.
    #[serde(skip_serializing_if = "is_nothing")]
    pub config: Value,
    /// The text of its objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// Its hooks.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub hooks: Vec<StoredHook>,
    /// The revision, from 1.
    pub version: u32,
    /// The release's namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// How its objects were written.
    #[serde(skip_serializing_if = "ApplyMethod::is_unset")]
    pub apply_method: ApplyMethod,
    /// The user's labels; they lie beside the record, not in it.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// What only others know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// When a revision was, and how far it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// When the release's first revision was.
    #[serde(with = "stamp", skip_serializing_if = "Option::is_none")]
    pub first_deployed: Option<OffsetDateTime>,
    /// When this revision was.
    #[serde(with = "stamp", skip_serializing_if = "Option::is_none")]
    pub last_deployed: Option<OffsetDateTime>,
    /// When it was removed.
    #[serde(with = "stamp", skip_serializing_if = "Option::is_none")]
    pub deleted: Option<OffsetDateTime>,
    /// One line about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How far it came.
    pub status: Status,
    /// The revision that it goes back to; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub rollback_revision: u32,
    /// NOTES.txt.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// What only others know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How the objects of a revision were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplyMethod {
    /// By the server's apply.
    #[serde(rename = "ssa")]
    ServerSide,
    /// By patches that the client made.
    #[serde(rename = "csa")]
    ClientSide,
    /// Helm 3 did not say; it knew only patches.
    #[default]
    #[serde(rename = "", other)]
    Unset,
}

impl ApplyMethod {
    /// Whether the next revision is written by the server's apply, when nobody says otherwise.
    pub const fn is_server_side(self) -> bool {
        matches!(self, Self::ServerSide)
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    fn is_unset(&self) -> bool {
        *self == Self::Unset
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(revision: &u32) -> bool {
    *revision == 0
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// Null is what Go writes for nothing.
fn or_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl Record {
    /// Name and version of its chart, such as `bud-0.1.0`, as far as the record says them.
    pub fn chart_name(&self) -> String {
        let text = |key: &str| self.chart["metadata"][key].as_str().unwrap_or_default();
        format!("{}-{}", text("name"), text("version"))
    }

    /// The version of what the chart installs.
    pub fn app_version(&self) -> Option<&str> {
        self.chart["metadata"]["appVersion"].as_str()
    }

    /// Sets status and description.
    pub fn set(&mut self, status: Status, description: impl Into<String>) {
        self.info.status = status;
        self.info.description = description.into();
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Record")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("version", &self.version)
            .field("status", &self.info.status)
            .finish_non_exhaustive()
    }
}
