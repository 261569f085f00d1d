//! Ephemeral resources: the provider has none yet, so every type is unknown.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;
use crate::wire::guard::about;
use crate::wire::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource,
    validate_ephemeral_resource_config,
};

fn unknown(type_name: &str) -> Diagnostic {
    about(type_name);
    Diagnostic::error(
        "Unknown ephemeral resource type",
        format!("This version of the provider has no ephemeral resource of the type {type_name:?}."),
    )
}

pub(super) async fn validate(
    _: Arc<dyn Service>,
    request: validate_ephemeral_resource_config::Request,
    _: CancellationToken,
) -> Result<validate_ephemeral_resource_config::Response, Diagnostic> {
    Err(unknown(&request.type_name))
}

pub(super) async fn open(
    _: Arc<dyn Service>,
    request: open_ephemeral_resource::Request,
    _: CancellationToken,
) -> Result<open_ephemeral_resource::Response, Diagnostic> {
    Err(unknown(&request.type_name))
}

pub(super) async fn renew(
    _: Arc<dyn Service>,
    request: renew_ephemeral_resource::Request,
    _: CancellationToken,
) -> Result<renew_ephemeral_resource::Response, Diagnostic> {
    Err(unknown(&request.type_name))
}

pub(super) async fn close(
    _: Arc<dyn Service>,
    request: close_ephemeral_resource::Request,
    _: CancellationToken,
) -> Result<close_ephemeral_resource::Response, Diagnostic> {
    Err(unknown(&request.type_name))
}
