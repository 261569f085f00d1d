//! Ephemeral resources: opened anew by every run, neither renewed nor closed.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;
use crate::schema::{Ephemeral, ProviderSchema};
use crate::wire::fault::Fault;
use crate::wire::guard::about;
use crate::wire::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource,
    validate_ephemeral_resource_config,
};
use crate::wire::{decode, encode};

/// The declaration of an ephemeral resource.
fn declared<'schema>(
    schema: &'schema ProviderSchema,
    type_name: &str,
) -> Result<&'schema Ephemeral, Diagnostic> {
    about(type_name);
    schema.ephemerals.get(type_name).ok_or_else(|| {
        Diagnostic::error(
            "Unknown ephemeral resource type",
            format!("This version of the provider has no ephemeral resource of the type {type_name:?}."),
        )
    })
}

pub(super) async fn validate(
    service: Arc<dyn Service>,
    request: validate_ephemeral_resource_config::Request,
    _: CancellationToken,
) -> Result<validate_ephemeral_resource_config::Response, Diagnostic> {
    let ephemeral = declared(service.schema(), &request.type_name)?;
    let config = decode::value(request.config.as_ref(), &ephemeral.block.kind()).map_err(Fault::received)?;
    let found = service.validate_ephemeral(&request.type_name, config).await;
    Ok(validate_ephemeral_resource_config::Response { diagnostics: encode::diagnostics(found) })
}

pub(super) async fn open(
    service: Arc<dyn Service>,
    request: open_ephemeral_resource::Request,
    stop: CancellationToken,
) -> Result<open_ephemeral_resource::Response, Diagnostic> {
    let kind = declared(service.schema(), &request.type_name)?.block.kind();
    let config = decode::value(request.config.as_ref(), &kind).map_err(Fault::received)?;
    let (result, found) = service.open(&request.type_name, config, stop).await;
    let result = Some(encode::value(&result, &kind).map_err(Fault::answered)?);
    let diagnostics = encode::diagnostics(found);
    Ok(open_ephemeral_resource::Response { result, diagnostics, ..Default::default() })
}

pub(super) async fn renew(
    service: Arc<dyn Service>,
    request: renew_ephemeral_resource::Request,
    _: CancellationToken,
) -> Result<renew_ephemeral_resource::Response, Diagnostic> {
    declared(service.schema(), &request.type_name)?;
    Ok(renew_ephemeral_resource::Response::default())
}

pub(super) async fn close(
    service: Arc<dyn Service>,
    request: close_ephemeral_resource::Request,
    _: CancellationToken,
) -> Result<close_ephemeral_resource::Response, Diagnostic> {
    declared(service.schema(), &request.type_name)?;
    Ok(close_ephemeral_resource::Response::default())
}
