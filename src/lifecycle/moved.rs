//! `moved` blocks: an object of another type becomes one of ours, by its state alone.

use super::{Managed, Move, MoveDone};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::Value;

/// Answers `MoveResourceState`.
#[must_use]
pub fn take_over(managed: &dyn Managed, request: &Move) -> MoveDone {
    let failed = |diagnostics| MoveDone {
        state: Value::Null,
        private: Vec::new(),
        identity: Value::Null,
        diagnostics,
    };
    match managed.take_over(request) {
        None => failed(
            Diagnostic::error(
                "Move not supported",
                format!(
                    "An object of the type {:?} of the provider {:?} cannot become one of the type {:?}. Remove the \
                     \"moved\" block; an object that exists can be brought in with an \"import\" block.",
                    request.source_type, request.provider, request.type_name
                ),
            )
            .into(),
        ),
        Some(Err(diagnostics)) => failed(diagnostics),
        Some(Ok((state, private))) => {
            let identity = managed.resource_identity(&state);
            MoveDone {
                identity: if identity.is_wholly_known() { identity } else { Value::Null },
                state,
                private: private.write(),
                diagnostics: Diagnostics::none(),
            }
        }
    }
}
