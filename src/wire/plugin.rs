//! What a plugin host itself calls: the end, and streams that stay open until then.

use std::pin::Pin;

use futures::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::proto::health::health_check_response::ServingStatus;
use super::proto::health::health_server::Health;
use super::proto::health::{HealthCheckRequest, HealthCheckResponse};
use super::proto::plugin::grpc_broker_server::GrpcBroker;
use super::proto::plugin::grpc_controller_server::GrpcController;
use super::proto::plugin::grpc_stdio_server::GrpcStdio;
use super::proto::plugin::{ConnInfo, Empty, StdioData};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The services beside the provider's. The token ends the server, and with it the streams.
#[derive(Clone)]
pub(super) struct Plugin {
    end: CancellationToken,
}

impl Plugin {
    pub(super) fn new(end: CancellationToken) -> Self {
        Self { end }
    }

    /// A stream on which nothing comes, held open until the end together with what it belongs to.
    fn quiet<T: Send + 'static>(&self, held: impl Send + 'static) -> Answers<T> {
        let end = self.end.clone();
        let ended = async move {
            end.cancelled().await;
            drop(held);
        };
        Box::pin(stream::once(ended).filter_map(|()| std::future::ready(None)))
    }
}

#[tonic::async_trait]
impl GrpcController for Plugin {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("the host asks the provider to exit");
        self.end.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Plugin {
    type StreamStdioStream = Answers<StdioData>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(self.quiet(())))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Plugin {
    type StartStreamStream = Answers<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(Response::new(self.quiet(request.into_inner())))
    }
}

#[tonic::async_trait]
impl Health for Plugin {
    type WatchStream = Answers<HealthCheckResponse>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            "" | "plugin" | "tfplugin6.Provider" => {
                Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
            }
            _ => Err(Status::not_found("there is no such service")),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let status = match self.check(request).await {
            Ok(_) => ServingStatus::Serving,
            // Watching may begin before there is a service.
            Err(_) => ServingStatus::ServiceUnknown,
        };
        let now = stream::iter([Ok(HealthCheckResponse { status: status.into() })]);
        Ok(Response::new(Box::pin(now.chain(self.quiet(())))))
    }
}
