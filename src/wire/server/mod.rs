//! The service that hosts call, procedure by procedure.
//!
//! Every procedure up to 6.9 is answered; lists, actions and state stores, of which there is nothing in
//! the schema, are not implemented.

mod data;
mod ephemeral;
mod offer;
mod provider;
mod resources;

use std::sync::Arc;

use futures::stream::Empty;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::answer::Answer;
use super::guard::Calls;
use super::proto::tfplugin6::provider_server::Provider;
#[allow(clippy::wildcard_imports, reason = "each procedure has a module of its own")]
use super::proto::tfplugin6::*;
use crate::diagnostics::Diagnostic;
use crate::lifecycle::Service;

/// A provider, served.
pub(super) struct Server {
    service: Arc<dyn Service>,
    calls: Calls,
}

impl Server {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Self { service, calls: Calls::default() }
    }

    async fn run<Asked, A: Answer, F>(
        &self,
        procedure: &'static str,
        request: Request<Asked>,
        work: impl FnOnce(Arc<dyn Service>, Asked, CancellationToken) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<A, Diagnostic>> + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        self.calls.run(procedure, |stop| work(service, request.into_inner(), stop)).await
    }
}

type Answered<T> = Result<Response<T>, Status>;

/// What there is nothing of in this provider.
fn absent<T>() -> Answered<T> {
    Err(Status::unimplemented("the provider has no lists, actions and state stores"))
}

#[tonic::async_trait]
impl Provider for Server {
    // === What is on offer ===

    async fn get_metadata(
        &self,
        request: Request<get_metadata::Request>,
    ) -> Answered<get_metadata::Response> {
        self.run("GetMetadata", request, offer::metadata).await
    }

    async fn get_provider_schema(
        &self,
        request: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        self.run("GetProviderSchema", request, offer::schema).await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<get_resource_identity_schemas::Request>,
    ) -> Answered<get_resource_identity_schemas::Response> {
        self.run("GetResourceIdentitySchemas", request, offer::identities).await
    }

    async fn get_functions(
        &self,
        request: Request<get_functions::Request>,
    ) -> Answered<get_functions::Response> {
        self.run("GetFunctions", request, offer::functions).await
    }

    // === The provider itself ===

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answered<validate_provider_config::Response> {
        self.run("ValidateProviderConfig", request, provider::validate).await
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answered<configure_provider::Response> {
        self.calls.resume();
        self.run("ConfigureProvider", request, provider::configure).await
    }

    async fn stop_provider(
        &self,
        _request: Request<stop_provider::Request>,
    ) -> Answered<stop_provider::Response> {
        tracing::info!("the host asks all calls to stop");
        self.calls.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }

    // === Managed resources ===

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answered<validate_resource_config::Response> {
        self.run("ValidateResourceConfig", request, resources::validate).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answered<upgrade_resource_state::Response> {
        self.run("UpgradeResourceState", request, resources::upgrade).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Answered<upgrade_resource_identity::Response> {
        self.run("UpgradeResourceIdentity", request, resources::upgrade_identity).await
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answered<read_resource::Response> {
        self.run("ReadResource", request, resources::read).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answered<plan_resource_change::Response> {
        self.run("PlanResourceChange", request, resources::plan).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answered<apply_resource_change::Response> {
        self.run("ApplyResourceChange", request, resources::apply).await
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answered<import_resource_state::Response> {
        self.run("ImportResourceState", request, resources::import).await
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> Answered<move_resource_state::Response> {
        self.run("MoveResourceState", request, resources::take_over).await
    }

    // === Data sources, functions, ephemeral resources ===

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answered<validate_data_resource_config::Response> {
        self.run("ValidateDataResourceConfig", request, data::validate).await
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answered<read_data_source::Response> {
        self.run("ReadDataSource", request, data::read).await
    }

    async fn call_function(
        &self,
        request: Request<call_function::Request>,
    ) -> Answered<call_function::Response> {
        self.run("CallFunction", request, data::call).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<validate_ephemeral_resource_config::Request>,
    ) -> Answered<validate_ephemeral_resource_config::Response> {
        self.run("ValidateEphemeralResourceConfig", request, ephemeral::validate).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<open_ephemeral_resource::Request>,
    ) -> Answered<open_ephemeral_resource::Response> {
        self.run("OpenEphemeralResource", request, ephemeral::open).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<renew_ephemeral_resource::Request>,
    ) -> Answered<renew_ephemeral_resource::Response> {
        self.run("RenewEphemeralResource", request, ephemeral::renew).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<close_ephemeral_resource::Request>,
    ) -> Answered<close_ephemeral_resource::Response> {
        self.run("CloseEphemeralResource", request, ephemeral::close).await
    }

    // === What there is none of ===

    type ListResourceStream = Empty<Result<list_resource::Event, Status>>;
    type InvokeActionStream = Empty<Result<invoke_action::Event, Status>>;
    type ReadStateBytesStream = Empty<Result<read_state_bytes::Response, Status>>;

    async fn generate_resource_config(
        &self,
        _request: Request<generate_resource_config::Request>,
    ) -> Answered<generate_resource_config::Response> {
        absent()
    }

    async fn list_resource(
        &self,
        _request: Request<list_resource::Request>,
    ) -> Answered<Self::ListResourceStream> {
        absent()
    }

    async fn validate_list_resource_config(
        &self,
        _request: Request<validate_list_resource_config::Request>,
    ) -> Answered<validate_list_resource_config::Response> {
        absent()
    }

    async fn validate_action_config(
        &self,
        _request: Request<validate_action_config::Request>,
    ) -> Answered<validate_action_config::Response> {
        absent()
    }

    async fn plan_action(&self, _request: Request<plan_action::Request>) -> Answered<plan_action::Response> {
        absent()
    }

    async fn invoke_action(
        &self,
        _request: Request<invoke_action::Request>,
    ) -> Answered<Self::InvokeActionStream> {
        absent()
    }

    async fn validate_state_store_config(
        &self,
        _request: Request<validate_state_store::Request>,
    ) -> Answered<validate_state_store::Response> {
        absent()
    }

    async fn configure_state_store(
        &self,
        _request: Request<configure_state_store::Request>,
    ) -> Answered<configure_state_store::Response> {
        absent()
    }

    async fn read_state_bytes(
        &self,
        _request: Request<read_state_bytes::Request>,
    ) -> Answered<Self::ReadStateBytesStream> {
        absent()
    }

    async fn write_state_bytes(
        &self,
        _request: Request<Streaming<write_state_bytes::RequestChunk>>,
    ) -> Answered<write_state_bytes::Response> {
        absent()
    }

    async fn lock_state(&self, _request: Request<lock_state::Request>) -> Answered<lock_state::Response> {
        absent()
    }

    async fn unlock_state(
        &self,
        _request: Request<unlock_state::Request>,
    ) -> Answered<unlock_state::Response> {
        absent()
    }

    async fn get_states(&self, _request: Request<get_states::Request>) -> Answered<get_states::Response> {
        absent()
    }

    async fn delete_state(
        &self,
        _request: Request<delete_state::Request>,
    ) -> Answered<delete_state::Response> {
        absent()
    }
}
