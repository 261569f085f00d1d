//! What an ephemeral resource must answer, in values, and the hosts' rules for all of them.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::defaults;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::Ephemeral;
use crate::time::Patience;
use crate::value::Value;

/// One type of ephemeral resource: what it gives is never stored, and is asked for anew by every plan and apply.
///
/// Expected flow: `validate` with unknown values and no world, then `open` with a configuration that is wholly
/// known; the hosts put it off while anything in it is unknown. A plan opens too: opening changes nothing. Nothing is
/// renewed and nothing has to be closed.
#[async_trait]
pub trait Opening: Send + Sync {
    /// Its declaration.
    fn schema(&self) -> &Ephemeral;

    /// How long opening may take.
    fn limit(&self) -> Duration;

    /// Checks a configuration, of which any part may be unknown.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Asks the world. `object` is the configuration with declared defaults; what is computed is null.
    async fn open(&self, object: &Value, patience: &Patience) -> Result<Value, Diagnostics>;
}

/// Answers `OpenEphemeralResource`; the value is null beside errors.
pub async fn open(opening: &dyn Opening, config: &Value, stop: CancellationToken) -> (Value, Diagnostics) {
    let laid = defaults::lay(&opening.schema().block.attributes, config, &Value::Null);
    let Value::Map(laid) = laid else {
        return (Value::Null, Diagnostic::bug("An ephemeral resource has no configuration.").into());
    };
    let asked = laid.into_iter().map(|(name, value)| match value {
        Value::Unknown(_) => (name, Value::Null),
        known => (name, known),
    });
    match opening.open(&Value::Map(asked.collect()), &Patience::new(opening.limit(), stop)).await {
        Ok(opened) if opened.is_wholly_known() => (opened, Diagnostics::none()),
        Ok(_) => {
            let problem = "An ephemeral resource answered with values that are not known.";
            (Value::Null, Diagnostic::bug(problem).into())
        }
        Err(diagnostics) => (Value::Null, diagnostics),
    }
}
