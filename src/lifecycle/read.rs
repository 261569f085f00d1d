//! Refresh: gone is gone, unseen keeps the state.

use tokio_util::sync::CancellationToken;

use super::{Managed, Read, ReadDone, patience};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::outcome::Presence;
use crate::state::Private;
use crate::value::Value;

/// Answers `ReadResource`.
pub async fn read(managed: &dyn Managed, request: Read, stop: CancellationToken) -> ReadDone {
    let patience = patience(&request.state, "read", managed.limits(&request.state).read, stop);
    let mut private = Private::read(&request.private);
    let kept = |state: Value, diagnostics: Diagnostics| ReadDone {
        state,
        private: request.private.clone(),
        identity: request.identity.clone(),
        diagnostics,
    };
    match managed.read(&request.state, &mut private, &patience).await {
        Ok(Presence::Here(state)) => {
            let private = private.write();
            let identity = managed.resource_identity(&state);
            ReadDone {
                identity: if request.identity.is_null() { identity } else { request.identity },
                // Bytes that say the same stay the same, also those of an earlier version.
                private: if Private::read(&request.private).write() == private {
                    request.private
                } else {
                    private
                },
                state,
                diagnostics: Diagnostics::none(),
            }
        }
        Ok(Presence::Gone) => ReadDone {
            state: Value::Null,
            private: Vec::new(),
            identity: Value::Null,
            diagnostics: Diagnostics::none(),
        },
        Ok(Presence::Unseen(reason)) => {
            let warning = Diagnostic::warning(
                "Object could not be looked at",
                format!("Its last known state is kept. {reason}"),
            );
            kept(request.state.clone(), warning.into())
        }
        Err(diagnostic) => kept(request.state.clone(), diagnostic.into()),
    }
}
