//! How each kind of answer carries a refusal. Diagnostics are always preferred to a status of gRPC: of
//! those the user sees only a code.

use super::encode;
use super::proto::tfplugin6 as proto;
use crate::diagnostics::Diagnostic;

/// An answer that can say why there is none.
pub(super) trait Answer: Send + 'static {
    /// The answer with nothing but the diagnostic.
    fn refusal(diagnostic: Diagnostic) -> Self;
}

macro_rules! with_diagnostics {
    ($($procedure:ident)*) => {$(
        impl Answer for proto::$procedure::Response {
            fn refusal(diagnostic: Diagnostic) -> Self {
                let mut answer = Self::default();
                answer.diagnostics.push(encode::diagnostic(diagnostic));
                answer
            }
        }
    )*};
}

with_diagnostics! {
    get_metadata get_provider_schema get_resource_identity_schemas get_functions
    validate_provider_config configure_provider
    validate_resource_config upgrade_resource_state upgrade_resource_identity read_resource
    plan_resource_change apply_resource_change import_resource_state move_resource_state
    validate_data_resource_config read_data_source
    validate_ephemeral_resource_config open_ephemeral_resource renew_ephemeral_resource
    close_ephemeral_resource
}

impl Answer for proto::call_function::Response {
    fn refusal(diagnostic: Diagnostic) -> Self {
        let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
        Self { result: None, error: Some(proto::FunctionError { text, function_argument: None }) }
    }
}
