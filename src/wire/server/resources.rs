//! Managed resources, phase by phase.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::lifecycle::{Apply, Import, Move, Plan, Read, Service, Upgrade};
use crate::schema::{ProviderSchema, Resource};
use crate::value::Value;
use crate::wire::fault::Fault;
use crate::wire::guard::about;
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::{decode, encode};

/// The declaration of a resource.
fn declared<'schema>(
    schema: &'schema ProviderSchema,
    type_name: &str,
) -> Result<&'schema Resource, Diagnostic> {
    about(type_name);
    schema.resources.get(type_name).ok_or_else(|| {
        Diagnostic::error(
            "Unknown resource type",
            format!("This version of the provider has no resource of the type {type_name:?}."),
        )
    })
}

pub(super) async fn validate(
    service: Arc<dyn Service>,
    request: proto::validate_resource_config::Request,
    _: CancellationToken,
) -> Result<proto::validate_resource_config::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let config = decode::value(request.config.as_ref(), &resource.block.kind()).map_err(Fault::received)?;
    let write_only = request.client_capabilities.is_some_and(|host| host.write_only_attributes_allowed);
    let found = service.validate_resource(&request.type_name, config, write_only).await;
    Ok(proto::validate_resource_config::Response { diagnostics: encode::diagnostics(found) })
}

pub(super) async fn upgrade(
    service: Arc<dyn Service>,
    request: proto::upgrade_resource_state::Request,
    _: CancellationToken,
) -> Result<proto::upgrade_resource_state::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let json = decode::stored(request.raw_state).map_err(Fault::received)?;
    let (state, found) =
        service.upgrade(Upgrade { type_name: request.type_name, version: request.version, json }).await;
    // Without a state and without an error a host forgets the object and plans to make it again.
    let state = some_or_error(state, &found)?;
    let kind = resource.block.kind();
    let upgraded_state =
        state.map(|state| encode::value(&state, &kind)).transpose().map_err(Fault::answered)?;
    let diagnostics = encode::diagnostics(found);
    Ok(proto::upgrade_resource_state::Response { upgraded_state, diagnostics })
}

pub(super) async fn upgrade_identity(
    service: Arc<dyn Service>,
    request: proto::upgrade_resource_identity::Request,
    _: CancellationToken,
) -> Result<proto::upgrade_resource_identity::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let json = decode::stored(request.raw_identity).map_err(Fault::received)?;
    let (identity, found) = service.upgrade_identity(&request.type_name, request.version, json).await;
    let identity = some_or_error(identity, &found)?.unwrap_or(Value::Null);
    let upgraded_identity = encode::identity(&identity, &resource.identity).map_err(Fault::answered)?;
    let diagnostics = encode::diagnostics(found);
    Ok(proto::upgrade_resource_identity::Response { upgraded_identity, diagnostics })
}

/// An answer that may be absent or null only beside an error.
fn some_or_error(value: Option<Value>, found: &Diagnostics) -> Result<Option<Value>, Diagnostic> {
    let value = value.filter(|value| !value.is_null());
    if value.is_none() && !found.has_errors() {
        return Err(Diagnostic::bug("The stored object was lost while it was read, without an error."));
    }
    Ok(value)
}

pub(super) async fn read(
    service: Arc<dyn Service>,
    request: proto::read_resource::Request,
    stop: CancellationToken,
) -> Result<proto::read_resource::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let kind = resource.block.kind();
    let asked = Read {
        state: decode::value(request.current_state.as_ref(), &kind).map_err(Fault::received)?,
        identity: decode::identity(request.current_identity.as_ref(), &resource.identity)
            .map_err(Fault::received)?,
        type_name: request.type_name,
        private: request.private,
    };
    let done = service.read(asked, stop).await;
    Ok(proto::read_resource::Response {
        new_state: Some(encode::value(&done.state, &kind).map_err(Fault::answered)?),
        diagnostics: encode::diagnostics(done.diagnostics),
        private: done.private,
        deferred: None,
        new_identity: encode::identity(&done.identity, &resource.identity).map_err(Fault::answered)?,
    })
}

pub(super) async fn plan(
    service: Arc<dyn Service>,
    request: proto::plan_resource_change::Request,
    stop: CancellationToken,
) -> Result<proto::plan_resource_change::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let kind = resource.block.kind();
    let read = |message: &Option<proto::DynamicValue>| {
        decode::value(message.as_ref(), &kind).map_err(Fault::received)
    };
    let asked = Plan {
        prior: read(&request.prior_state)?,
        proposed: read(&request.proposed_new_state)?,
        config: read(&request.config)?,
        identity: decode::identity(request.prior_identity.as_ref(), &resource.identity)
            .map_err(Fault::received)?,
        type_name: request.type_name,
        private: request.prior_private,
    };
    let done = service.plan(asked, stop).await;
    // OpenTofu cannot store an identity that is not wholly known.
    let identity = if done.identity.is_wholly_known() { done.identity } else { Value::Null };
    Ok(proto::plan_resource_change::Response {
        planned_state: Some(encode::value(&done.planned, &kind).map_err(Fault::answered)?),
        requires_replace: done.replace.iter().map(encode::path).collect(),
        planned_private: done.private,
        diagnostics: encode::diagnostics(done.diagnostics),
        legacy_type_system: false,
        deferred: None,
        planned_identity: encode::identity(&identity, &resource.identity).map_err(Fault::answered)?,
    })
}

pub(super) async fn apply(
    service: Arc<dyn Service>,
    request: proto::apply_resource_change::Request,
    stop: CancellationToken,
) -> Result<proto::apply_resource_change::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let kind = resource.block.kind();
    let read = |message: &Option<proto::DynamicValue>| {
        decode::value(message.as_ref(), &kind).map_err(Fault::received)
    };
    let asked = Apply {
        prior: read(&request.prior_state)?,
        planned: read(&request.planned_state)?,
        config: read(&request.config)?,
        identity: decode::identity(request.planned_identity.as_ref(), &resource.identity)
            .map_err(Fault::received)?,
        type_name: request.type_name,
        private: request.planned_private,
    };
    // Kept for an answer that cannot be sent: what was made must not be forgotten.
    let fallback = if asked.prior.is_null() { asked.planned.clone().settled() } else { Value::Null };
    let mut done = service.apply(asked, stop).await;
    let new_state = encode::value(&done.state, &kind).or_else(|fault| {
        done.diagnostics.push(fault.answered());
        encode::value(&fallback, &kind).map_err(Fault::answered)
    })?;
    let new_identity = encode::identity(&done.identity, &resource.identity).unwrap_or_else(|fault| {
        done.diagnostics.push(fault.answered());
        None
    });
    Ok(proto::apply_resource_change::Response {
        new_state: Some(new_state),
        private: done.private,
        diagnostics: encode::diagnostics(done.diagnostics),
        legacy_type_system: false,
        new_identity,
    })
}

pub(super) async fn import(
    service: Arc<dyn Service>,
    request: proto::import_resource_state::Request,
    stop: CancellationToken,
) -> Result<proto::import_resource_state::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.type_name)?;
    let identity =
        decode::identity(request.identity.as_ref(), &resource.identity).map_err(Fault::received)?;
    let type_name = request.type_name.clone();
    let done = service.import(Import { type_name, id: request.id, identity }, stop).await;
    let diagnostics = encode::diagnostics(done.diagnostics);
    if done.state.is_null() {
        return Ok(proto::import_resource_state::Response { diagnostics, ..Default::default() });
    }
    let imported = proto::import_resource_state::ImportedResource {
        type_name: request.type_name,
        state: Some(encode::value(&done.state, &resource.block.kind()).map_err(Fault::answered)?),
        private: done.private,
        identity: encode::identity(&done.identity, &resource.identity).map_err(Fault::answered)?,
    };
    Ok(proto::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics,
        deferred: None,
    })
}

/// `MoveResourceState`: an object of another type or provider becomes one of ours.
pub(super) async fn take_over(
    service: Arc<dyn Service>,
    request: proto::move_resource_state::Request,
    _: CancellationToken,
) -> Result<proto::move_resource_state::Response, Diagnostic> {
    let resource = declared(service.schema(), &request.target_type_name)?;
    let asked = Move {
        provider: request.source_provider_address,
        source_type: request.source_type_name,
        version: request.source_schema_version,
        json: decode::stored(request.source_state).map_err(Fault::received)?,
        type_name: request.target_type_name,
    };
    let done = service.take_over(asked).await;
    let state = some_or_error(Some(done.state), &done.diagnostics)?;
    let kind = resource.block.kind();
    Ok(proto::move_resource_state::Response {
        target_state: state.map(|state| encode::value(&state, &kind)).transpose().map_err(Fault::answered)?,
        diagnostics: encode::diagnostics(done.diagnostics),
        target_private: done.private,
        target_identity: encode::identity(&done.identity, &resource.identity).map_err(Fault::answered)?,
    })
}
