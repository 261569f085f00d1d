//! What the provider offers: schemas and names.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;
use crate::wire::proto::tfplugin6::{
    get_functions, get_metadata, get_provider_schema, get_resource_identity_schemas,
};
use crate::wire::schema as messages;

pub(super) async fn metadata(
    service: Arc<dyn Service>,
    _: get_metadata::Request,
    _: CancellationToken,
) -> Result<get_metadata::Response, Diagnostic> {
    Ok(messages::names(service.schema()))
}

pub(super) async fn schema(
    service: Arc<dyn Service>,
    _: get_provider_schema::Request,
    _: CancellationToken,
) -> Result<get_provider_schema::Response, Diagnostic> {
    Ok(messages::everything(service.schema()))
}

pub(super) async fn identities(
    service: Arc<dyn Service>,
    _: get_resource_identity_schemas::Request,
    _: CancellationToken,
) -> Result<get_resource_identity_schemas::Response, Diagnostic> {
    Ok(messages::identities(service.schema()))
}

pub(super) async fn functions(
    service: Arc<dyn Service>,
    _: get_functions::Request,
    _: CancellationToken,
) -> Result<get_functions::Response, Diagnostic> {
    let functions = messages::functions(service.schema());
    Ok(get_functions::Response { functions, diagnostics: Vec::new() })
}
