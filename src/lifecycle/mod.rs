//! What the hosts ask of a provider, phase by phase, in values.
//!
//! Invariants: this room knows neither gRPC nor any cloud. [`Service`] is what `wire` serves; each
//! request and answer is the protocol's, with values decoded by the schema's types.

mod apply;
mod defaults;
mod ephemeral;
mod import;
mod managed;
mod moved;
mod plan;
mod read;
mod source;
mod upgrade;
mod validate;

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::schema::ProviderSchema;
use crate::time::Patience;
use crate::value::{Path, Value};

pub use apply::apply;
pub use ephemeral::{Opening, open};
pub use import::import;
pub use managed::{Applied, Limits, Managed, Planning};
pub use moved::take_over;
pub use plan::plan;
pub use read::read;
pub use source::{Source, read_data};
pub use upgrade::upgrade;
pub use validate::check;

/// The patience of one operation: what the object's `timeouts` say of it, else the given limit.
fn patience(object: &Value, operation: &str, limit: Duration, stop: CancellationToken) -> Patience {
    let configured = object.get("timeouts").get(operation).as_str().and_then(crate::value::parse_duration);
    Patience::new(configured.unwrap_or(limit), stop)
}

/// Opaque bytes that the host keeps beside a state.
pub type PrivateBytes = Vec<u8>;

/// `UpgradeResourceState`: a stored state as the host's JSON, of any version up to ours.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// Resource type.
    pub type_name: String,
    /// Version under which it was stored.
    pub version: i64,
    /// The state's JSON.
    pub json: Vec<u8>,
}

/// `ReadResource`.
#[derive(Clone, Debug)]
pub struct Read {
    /// Resource type.
    pub type_name: String,
    /// The state.
    pub state: Value,
    /// Bytes kept beside it.
    pub private: PrivateBytes,
    /// Identity, null where the host has none.
    pub identity: Value,
}

/// Answer to [`Read`]; a null state says that the object is gone.
#[derive(Clone, Debug)]
pub struct ReadDone {
    /// The refreshed state.
    pub state: Value,
    /// Bytes to keep.
    pub private: PrivateBytes,
    /// Identity, null where there is none.
    pub identity: Value,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

/// `PlanResourceChange`. A null prior state is a create, a null proposed state a delete.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Resource type.
    pub type_name: String,
    /// State before.
    pub prior: Value,
    /// What the host proposes.
    pub proposed: Value,
    /// The configuration.
    pub config: Value,
    /// Bytes kept beside the state.
    pub private: PrivateBytes,
    /// Identity before.
    pub identity: Value,
}

/// Answer to [`Plan`].
#[derive(Clone, Debug)]
pub struct PlanDone {
    /// The planned state.
    pub planned: Value,
    /// Attributes whose change replaces the object.
    pub replace: Vec<Path>,
    /// Bytes that come back with the apply.
    pub private: PrivateBytes,
    /// Identity; null where it is not wholly known.
    pub identity: Value,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

/// `ApplyResourceChange`. A null prior state is a create, a null planned state a delete.
#[derive(Clone, Debug)]
pub struct Apply {
    /// Resource type.
    pub type_name: String,
    /// State before.
    pub prior: Value,
    /// The plan.
    pub planned: Value,
    /// The configuration, null on delete.
    pub config: Value,
    /// Bytes of the plan.
    pub private: PrivateBytes,
    /// Identity of the plan.
    pub identity: Value,
}

/// Answer to [`Apply`] and state of what exists, also beside errors.
#[derive(Clone, Debug)]
pub struct ApplyDone {
    /// The new state; null with errors keeps the prior one.
    pub state: Value,
    /// Bytes to keep.
    pub private: PrivateBytes,
    /// Identity, null where there is none.
    pub identity: Value,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

/// `ImportResourceState`: by id, or by identity where the id is empty.
#[derive(Clone, Debug)]
pub struct Import {
    /// Resource type.
    pub type_name: String,
    /// Id, empty with an identity.
    pub id: String,
    /// Identity, null with an id.
    pub identity: Value,
}

/// Answer to [`Import`]: a null state only beside errors.
#[derive(Clone, Debug)]
pub struct ImportDone {
    /// What is known of the object before it is read.
    pub state: Value,
    /// Bytes to keep.
    pub private: PrivateBytes,
    /// Identity.
    pub identity: Value,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

/// `MoveResourceState`: the state of an object of another type, perhaps of another provider.
#[derive(Clone, Debug)]
pub struct Move {
    /// Address of the provider that stored it, as `registry.terraform.io/hashicorp/helm`.
    pub provider: String,
    /// Its type there.
    pub source_type: String,
    /// Version of its schema there.
    pub version: i64,
    /// The state's JSON.
    pub json: Vec<u8>,
    /// The type that it becomes.
    pub type_name: String,
}

/// Answer to [`Move`]: a null state only beside errors.
#[derive(Clone, Debug)]
pub struct MoveDone {
    /// The state of the new type.
    pub state: Value,
    /// Bytes to keep.
    pub private: PrivateBytes,
    /// Identity, null where it is not wholly known.
    pub identity: Value,
    /// What to tell.
    pub diagnostics: Diagnostics,
}

/// A function's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong, in full sentences.
    pub text: String,
    /// Which argument, counted from 0.
    pub argument: usize,
}

/// The provider as the wire sees it. All methods may run at the same time; `stop` ends the work of
/// one call early, and the call then still answers with what exists.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Everything on offer. Cheap after the first call.
    fn schema(&self) -> &ProviderSchema;
    /// `ValidateProviderConfig`: values may be unknown.
    async fn validate_provider(&self, config: Value) -> Diagnostics;
    /// `ConfigureProvider`: values may be unknown while planning. May be called again (reattach).
    async fn configure(&self, host_version: &str, config: Value) -> Diagnostics;
    /// `ValidateResourceConfig`.
    async fn validate_resource(
        &self,
        type_name: &str,
        config: Value,
        write_only_allowed: bool,
    ) -> Diagnostics;
    /// `ValidateDataResourceConfig`.
    async fn validate_data_source(&self, type_name: &str, config: Value) -> Diagnostics;
    /// `UpgradeResourceState`; absent only beside errors.
    async fn upgrade(&self, request: Upgrade) -> (Option<Value>, Diagnostics);
    /// `UpgradeResourceIdentity`; absent only beside errors.
    async fn upgrade_identity(
        &self,
        type_name: &str,
        version: i64,
        json: Vec<u8>,
    ) -> (Option<Value>, Diagnostics);
    /// `ReadResource`.
    async fn read(&self, request: Read, stop: CancellationToken) -> ReadDone;
    /// `PlanResourceChange`.
    async fn plan(&self, request: Plan, stop: CancellationToken) -> PlanDone;
    /// `ApplyResourceChange`. Catches its own panics, so that the held state is returned.
    async fn apply(&self, request: Apply, stop: CancellationToken) -> ApplyDone;
    /// `ImportResourceState`.
    async fn import(&self, request: Import, stop: CancellationToken) -> ImportDone;
    /// `MoveResourceState`.
    async fn take_over(&self, request: Move) -> MoveDone;
    /// `ReadDataSource`.
    async fn read_data(
        &self,
        type_name: &str,
        config: Value,
        stop: CancellationToken,
    ) -> (Value, Diagnostics);
    /// `ValidateEphemeralResourceConfig`.
    async fn validate_ephemeral(&self, type_name: &str, config: Value) -> Diagnostics;
    /// `OpenEphemeralResource`.
    async fn open(&self, type_name: &str, config: Value, stop: CancellationToken) -> (Value, Diagnostics);
    /// `CallFunction`; arguments are decoded by the declared types.
    async fn call(&self, name: &str, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}
