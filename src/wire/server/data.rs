//! Data sources and functions: what only reads and computes.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;
use crate::schema::{DataSource, Function, ProviderSchema};
use crate::value::Value;
use crate::wire::fault::Fault;
use crate::wire::guard::about;
use crate::wire::proto::tfplugin6::{
    DynamicValue, FunctionError, call_function, read_data_source, validate_data_resource_config,
};
use crate::wire::{decode, encode};

/// The declaration of a data source.
fn declared<'schema>(
    schema: &'schema ProviderSchema,
    type_name: &str,
) -> Result<&'schema DataSource, Diagnostic> {
    about(type_name);
    schema.data_sources.get(type_name).ok_or_else(|| {
        Diagnostic::error(
            "Unknown data source",
            format!("This version of the provider has no data source of the type {type_name:?}."),
        )
    })
}

pub(super) async fn validate(
    service: Arc<dyn Service>,
    request: validate_data_resource_config::Request,
    _: CancellationToken,
) -> Result<validate_data_resource_config::Response, Diagnostic> {
    let source = declared(service.schema(), &request.type_name)?;
    let config = decode::value(request.config.as_ref(), &source.block.kind()).map_err(Fault::received)?;
    let found = service.validate_data_source(&request.type_name, config).await;
    Ok(validate_data_resource_config::Response { diagnostics: encode::diagnostics(found) })
}

pub(super) async fn read(
    service: Arc<dyn Service>,
    request: read_data_source::Request,
    stop: CancellationToken,
) -> Result<read_data_source::Response, Diagnostic> {
    let kind = declared(service.schema(), &request.type_name)?.block.kind();
    let config = decode::value(request.config.as_ref(), &kind).map_err(Fault::received)?;
    let (state, found) = service.read_data(&request.type_name, config, stop).await;
    let state = Some(encode::value(&state, &kind).map_err(Fault::answered)?);
    Ok(read_data_source::Response { state, diagnostics: encode::diagnostics(found), deferred: None })
}

pub(super) async fn call(
    service: Arc<dyn Service>,
    request: call_function::Request,
    _: CancellationToken,
) -> Result<call_function::Response, Diagnostic> {
    about(&request.name);
    let Some(function) = service.schema().functions.get(request.name.as_str()) else {
        return Ok(refused(format!("The provider has no function {:?}.", request.name), None));
    };
    let arguments = match arguments(function, &request.arguments) {
        Ok(arguments) => arguments,
        Err(refusal) => return Ok(refusal),
    };
    match service.call(&request.name, arguments).await {
        Ok(value) => {
            let result = Some(encode::value(&value, &function.returns).map_err(Fault::answered)?);
            Ok(call_function::Response { result, error: None })
        }
        Err(refusal) => Ok(refused(refusal.text, Some(refusal.argument))),
    }
}

fn arguments(function: &Function, given: &[DynamicValue]) -> Result<Vec<Value>, call_function::Response> {
    let (expected, found) = (function.parameters.len(), given.len());
    if expected != found {
        let text = format!("The function takes {expected} arguments, and {found} are given.");
        return Err(refused(text, Some(found.min(expected.saturating_sub(1)))));
    }
    let mut arguments = Vec::with_capacity(found);
    for (index, (message, parameter)) in given.iter().zip(&function.parameters).enumerate() {
        // One host sends null as an empty message, the other as a value: both are null here.
        let value = decode::value(Some(message), &parameter.kind).map_err(|fault| {
            let place = if fault.path.0.is_empty() { String::new() } else { format!(" at {}", fault.path) };
            refused(format!("The value cannot be used{place}: {}.", fault.problem), Some(index))
        })?;
        arguments.push(value);
    }
    Ok(arguments)
}

fn refused(text: String, argument: Option<usize>) -> call_function::Response {
    let function_argument = argument.and_then(|argument| i64::try_from(argument).ok());
    call_function::Response { result: None, error: Some(FunctionError { text, function_argument }) }
}
