//! What a resource must answer, in values.

use std::time::Duration;

use async_trait::async_trait;

use super::Move;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::outcome::Presence;
use crate::schema::Resource;
use crate::state::{Held, Identity, Private};
use crate::time::Patience;
use crate::value::{Path, Value};

/// Time limits where the configuration gives none.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Create.
    pub create: Duration,
    /// Refresh.
    pub read: Duration,
    /// Update.
    pub update: Duration,
    /// Delete.
    pub delete: Duration,
}

/// A plan in the making. `planned` starts as the configuration with declared defaults, remembered and
/// computed values laid in; the resource settles the rest.
#[derive(Debug)]
pub struct Planning {
    /// State before, null on create.
    pub prior: Value,
    /// The configuration.
    pub config: Value,
    /// The plan so far.
    pub planned: Value,
    /// Bytes kept beside the prior state.
    pub private: Private,
    /// Attributes that replace the object, beside those declared so.
    pub replace: Vec<Path>,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

impl Planning {
    /// Whether the object is made by this plan.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.prior.is_null()
    }

    /// Whether an attribute's planned value differs from the prior one.
    #[must_use]
    pub fn changes(&self, name: &str) -> bool {
        self.planned.get(name) != self.prior.get(name)
    }
}

/// What a create or an update came to.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The new state.
    pub state: Value,
    /// What to tell beside success.
    pub diagnostics: Diagnostics,
}

impl From<Value> for Applied {
    fn from(state: Value) -> Self {
        Self { state, diagnostics: Diagnostics::none() }
    }
}

/// One resource type.
///
/// Expected flow: `validate` with unknown values and no world; `plan` any number of times; then one of
/// `create`, `update` and `delete`; `read` at any time in between. Guarantees by the caller: the values
/// conform to the schema, `planned` is wholly known in the applied part except for computed attributes,
/// `create` runs once at a time for each object. Assumptions: `create` calls [`Held::put`] before
/// anything may exist. Errors: diagnostics on the attribute; what is held is returned beside them.
#[async_trait]
pub trait Managed: Send + Sync {
    /// Its declaration.
    fn schema(&self) -> &Resource;

    /// Its time limits, which may depend on the object as it is planned, or as it is where it goes.
    fn limits(&self, object: &Value) -> Limits;

    /// Checks a configuration, of which any part may be unknown.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Settles a plan.
    async fn plan(&self, planning: &mut Planning, patience: &Patience);

    /// What the object will be found by; absent while a part is unknown.
    fn identity_of(&self, state: &Value) -> Option<Identity>;

    /// The identity for the hosts, null while it is not wholly known.
    fn resource_identity(&self, state: &Value) -> Value;

    /// Looks at the object.
    async fn read(
        &self,
        state: &Value,
        private: &mut Private,
        patience: &Patience,
    ) -> Result<Presence<Value>, Diagnostic>;

    /// Makes the object. `config` is the configuration: write-only values stand nowhere else.
    async fn create(
        &self,
        planned: &Value,
        config: &Value,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics>;

    /// Changes the object in place. `config` as for `create`.
    async fn update(
        &self,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: &Private,
        held: &Held,
        patience: &Patience,
    ) -> Result<Applied, Diagnostics>;

    /// Removes the object; warnings are returned beside success. `create_follows`: the Create half of a
    /// replacement with the same identity comes next.
    async fn delete(
        &self,
        prior: &Value,
        private: &Private,
        create_follows: bool,
        patience: &Patience,
    ) -> Result<Diagnostics, Diagnostics>;

    /// Finds an object by its import id, or by its identity where the id is empty.
    async fn import(
        &self,
        id: &str,
        identity: &Value,
        patience: &Patience,
    ) -> Result<(Value, Private), Diagnostics>;

    /// Takes over the state of an object of another type, for a `moved` block; nothing where that type
    /// cannot become this one.
    fn take_over(&self, _from: &Move) -> Option<Result<(Value, Private), Diagnostics>> {
        None
    }

    /// Brings a state that an earlier version stored to the present one. `version` is older than ours.
    fn upgrade(&self, _version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostic> {
        Ok(state)
    }
}
