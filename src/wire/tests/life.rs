//! From the first connection to the exit.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::host::serve;
use crate::wire::proto::health::HealthCheckRequest;
use crate::wire::proto::health::health_client::HealthClient;
use crate::wire::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use crate::wire::proto::plugin::grpc_controller_client::GrpcControllerClient;
use crate::wire::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use crate::wire::proto::plugin::{ConnInfo, Empty};
use crate::wire::transport::Socket;

/// The promised time. A busy machine may spoil a try, a slow exit spoils all of them.
async fn is_quick(exit: impl AsyncFn() -> Duration) {
    let mut took = Vec::new();
    for _ in 0..10 {
        took.push(exit().await);
        if took.last().is_some_and(|took| *took < Duration::from_millis(100)) {
            return;
        }
    }
    panic!("{took:?}");
}

#[tokio::test]
async fn the_streams_stay_open_until_shutdown_and_then_it_is_quick() {
    is_quick(shutdown).await;
}

async fn shutdown() -> Duration {
    let served = serve(None);
    let channel = served.connect().await;
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap().into_inner();
    let calls = futures::stream::pending::<ConnInfo>();
    let mut broker = GrpcBrokerClient::new(channel.clone()).start_stream(calls).await.unwrap().into_inner();
    let quiet = tokio::time::timeout(Duration::from_millis(50), stdio.message()).await;
    assert!(quiet.is_err(), "the stream must stay open");

    let start = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    assert!(stdio.message().await.unwrap().is_none());
    assert!(broker.message().await.unwrap().is_none());
    served.task.await.unwrap().unwrap();
    let took = start.elapsed();
    assert!(!served.path.exists() && !served.path.parent().unwrap().exists());
    took
}

#[tokio::test]
async fn a_call_that_hangs_does_not_delay_the_exit() {
    is_quick(exit_beside_a_hanging_call).await;
}

async fn exit_beside_a_hanging_call() -> Duration {
    use crate::wire::proto::tfplugin6::apply_resource_change::Request;
    let served = serve(None);
    let mut client = served.provider().await;
    let hangs = super::procedures::planned("slow");
    let call = tokio::spawn(async move {
        client
            .apply_resource_change(Request {
                type_name: "echo_thing".into(),
                planned_state: hangs,
                ..Request::default()
            })
            .await
    });
    tokio::time::timeout(Duration::from_millis(100), async {
        while !call.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect_err("the call must hang");
    let start = Instant::now();
    served.end.cancel();
    served.task.await.unwrap().unwrap();
    start.elapsed()
}

#[tokio::test]
async fn the_plugin_is_healthy() {
    let served = serve(None);
    let mut health = HealthClient::new(served.connect().await);
    let ask = |service: &str| HealthCheckRequest { service: service.into() };
    assert_eq!(health.check(ask("plugin")).await.unwrap().into_inner().status, 1);
    assert_eq!(health.check(ask("other")).await.unwrap_err().code(), tonic::Code::NotFound);
    let mut watched = health.watch(ask("plugin")).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status, 1);
}

#[tokio::test]
async fn nobody_else_may_enter_the_sockets_folder() {
    let served = serve(None);
    let folder = std::fs::metadata(served.path.parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_long_folder_is_avoided() {
    let inside = tempfile::tempdir().unwrap();
    let long = inside.path().join("x".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let socket = Socket::unix(&long).unwrap();
    assert!(socket.address().text.starts_with("/tmp/bud-"), "{:?}", socket.address());
}

#[tokio::test]
async fn systems_without_unix_sockets_use_a_port_of_the_loopback_interface() {
    let socket = Socket::tcp(0..=0).await.unwrap();
    let address = socket.address();
    assert!(address.network == "tcp" && address.text.starts_with("127.0.0.1:"), "{address:?}");
    let (_, taken) = address.text.split_once(':').unwrap();
    let taken: u16 = taken.parse().unwrap();
    assert!(Socket::tcp(taken..=taken).await.is_err());
}

#[tokio::test]
async fn a_host_that_is_gone_is_noticed() {
    let inside = tempfile::tempdir().unwrap();
    let socket = Socket::unix(inside.path()).unwrap();
    let path = socket.address().text.clone();
    let (mut connections, _folder, open) = socket.accept(None);
    let abandoned = tokio::spawn(open.abandoned(Duration::from_millis(20)));
    tokio::time::timeout(Duration::from_millis(60), async {
        while !abandoned.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect_err("nobody came yet");
    let host = tokio::net::UnixStream::connect(&path).await.unwrap();
    let connection = futures::StreamExt::next(&mut connections).await.unwrap().unwrap();
    drop((host, connection));
    tokio::time::timeout(Duration::from_secs(5), abandoned).await.unwrap().unwrap();
}
