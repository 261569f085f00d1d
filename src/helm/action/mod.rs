//! What is done with a release: install, upgrade, rollback, uninstall, as Helm 4 does them.
//!
//! [`install`] and [`upgrade`] bring a release to what is desired, whatever an earlier run left behind;
//! every action may be cut off at any request, and the next one goes on from there. `deploy` is what install,
//! upgrade and rollback share. A living client of ours holds a lease, so that two never work on one release.
//!
//! What this room does not know: how charts are fetched and rendered, Terraform.
//!
//! Source: Helm 4.3, `pkg/action`, `pkg/kube`.

mod ahead;
mod apply;
mod crds;
mod deploy;
pub mod drift;
mod error;
mod failure;
mod hooks;
mod install;
mod lease;
mod managers;
mod namespace;
mod objects;
mod observer;
mod options;
mod ownership;
mod prune;
pub mod ready;
mod recover;
mod recreate;
mod rollback;
mod strategic;
mod uninstall;
mod wait;
mod work;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use ahead::{Fixed, fixed_fields, strangers};
pub use error::{ActionError, Stranger, Unready};
pub use failure::Culprit;
pub use install::{install, upgrade};
pub use observer::{Event, Observer, Phase, Silent};
pub use options::{
    Cleanup, Crds, FailFast, Force, Hooks, Interrupted, Method, Namespace, OnFailure, Options, Ownership,
    Pods, Removal, Wait,
};
pub use recover::{Intent, intent};
pub use rollback::rollback;
pub use uninstall::{Removed, uninstall};

use crate::helm::release::{History, Record, Store};
use crate::helm::render::Drawn;
use crate::helm::template::Rendered;
use crate::kube::Client;

/// A release as it shall be. Its values and objects may be secret: `Debug` shows neither.
#[derive(Clone)]
pub struct Desired {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart, as [`crate::helm::release::stored_chart`] gives it.
    pub chart: Value,
    /// The values that the user gave.
    pub config: Value,
    /// What its chart renders to.
    pub rendered: Rendered,
    /// The user's labels of the record; `null` as a value removes one, as in Helm.
    pub labels: BTreeMap<String, String>,
    /// One line about the revision; Helm's own where this is empty.
    pub description: Option<String>,
    /// What it drew from chance and the clock, where that is to be kept and is not kept yet.
    pub drawn: Option<Drawn>,
}

/// What an action came to. Its objects may be secret: `Debug` does not show them.
#[derive(Clone)]
pub struct Outcome {
    /// The revision.
    pub record: Record,
    /// The objects that were written, as the cluster answered. Secret data is in them.
    pub objects: Vec<Value>,
    /// What the user should know beside success.
    pub warnings: Vec<String>,
}

/// An action that did not come to its end.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: ActionError,
    /// What exists now, as far as it is known; empty where nothing was written.
    pub left: Option<Outcome>,
    /// What the user should know beside the error.
    pub warnings: Vec<String>,
}

impl fmt::Debug for Desired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Desired");
        let shown = shown.field("name", &self.name).field("namespace", &self.namespace);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Outcome");
        let shown = shown.field("record", &self.record).field("warnings", &self.warnings);
        shown.finish_non_exhaustive()
    }
}

impl From<ActionError> for Box<Failed> {
    fn from(error: ActionError) -> Self {
        Box::new(Failed { error, left: None, warnings: Vec::new() })
    }
}

/// All revisions of a release: one request.
///
/// # Errors
/// A record that cannot be read, and the API's.
pub async fn history(client: &Client, namespace: &str, name: &str) -> Result<History, ActionError> {
    Ok(Store::new(client, namespace, name).history().await?)
}

/// All revisions of a release and what it drew: one request.
///
/// # Errors
/// As [`history`].
pub async fn look(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<(History, Option<Drawn>), ActionError> {
    Ok(Store::new(client, namespace, name).look().await?)
}
