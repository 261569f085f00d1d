//! Import: one object by its id or its identity.

use tokio_util::sync::CancellationToken;

use super::{Import, ImportDone, Managed, patience};
use crate::diagnostics::Diagnostics;
use crate::value::Value;

/// Answers `ImportResourceState`.
///
/// # Errors
/// What kept the object from being found.
pub async fn import(
    managed: &dyn Managed,
    request: &Import,
    stop: CancellationToken,
) -> Result<ImportDone, Diagnostics> {
    let patience = patience(&Value::Null, "read", managed.limits(&Value::Null).read, stop);
    let (state, private) = managed.import(&request.id, &request.identity, &patience).await?;
    let identity = managed.resource_identity(&state);
    Ok(ImportDone { state, private: private.write(), identity, diagnostics: Diagnostics::none() })
}
