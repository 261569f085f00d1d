//! What a data source must answer, in values, and the hosts' rules for all of them.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::defaults;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::DataSource;
use crate::time::Patience;
use crate::value::Value;

/// One type of data source.
///
/// Expected flow: `validate` with unknown values and no world, then `read` with a configuration that is
/// wholly known; the hosts put a read off while anything in it is unknown. Guarantee: two reads of the
/// same world are equal.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its declaration.
    fn schema(&self) -> &DataSource;

    /// How long a read may take.
    fn limit(&self) -> Duration;

    /// Checks a configuration, of which any part may be unknown.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Asks the world. `object` is the configuration with declared defaults; what is computed is null.
    async fn read(&self, object: &Value, patience: &Patience) -> Result<(Value, Diagnostics), Diagnostics>;
}

/// Answers `ReadDataSource`; the value is null beside errors.
pub async fn read_data(source: &dyn Source, config: &Value, stop: CancellationToken) -> (Value, Diagnostics) {
    let laid = defaults::lay(&source.schema().block.attributes, config, &Value::Null);
    let Value::Map(laid) = laid else {
        return (Value::Null, Diagnostic::bug("A data source was asked without a configuration.").into());
    };
    let asked = laid.into_iter().map(|(name, value)| match value {
        Value::Unknown(_) => (name, Value::Null),
        known => (name, known),
    });
    match source.read(&Value::Map(asked.collect()), &Patience::new(source.limit(), stop)).await {
        Ok((state, diagnostics)) if state.is_wholly_known() => (state, diagnostics),
        Ok(_) => {
            (Value::Null, Diagnostic::bug("A data source answered with values that are not known.").into())
        }
        Err(diagnostics) => (Value::Null, diagnostics),
    }
}
