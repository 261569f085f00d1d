//! The provider's own configuration.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;
use crate::wire::fault::Fault;
use crate::wire::proto::tfplugin6::{configure_provider, validate_provider_config};
use crate::wire::{decode, encode};

pub(super) async fn validate(
    service: Arc<dyn Service>,
    request: validate_provider_config::Request,
    _: CancellationToken,
) -> Result<validate_provider_config::Response, Diagnostic> {
    let kind = service.schema().provider.kind();
    let config = decode::value(request.config.as_ref(), &kind).map_err(Fault::received)?;
    let found = service.validate_provider(config).await;
    Ok(validate_provider_config::Response { diagnostics: encode::diagnostics(found) })
}

pub(super) async fn configure(
    service: Arc<dyn Service>,
    request: configure_provider::Request,
    _: CancellationToken,
) -> Result<configure_provider::Response, Diagnostic> {
    let kind = service.schema().provider.kind();
    let config = decode::value(request.config.as_ref(), &kind).map_err(Fault::received)?;
    let found = service.configure(&request.terraform_version, config).await;
    Ok(configure_provider::Response { diagnostics: encode::diagnostics(found) })
}
