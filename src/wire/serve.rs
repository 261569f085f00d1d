//! The life of the process as a provider: from the handshake to the exit.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server as Grpc;

use super::handshake::{self, Host};
use super::plugin::Plugin;
use super::proto::health::health_server::HealthServer;
use super::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use super::proto::plugin::grpc_controller_server::GrpcControllerServer;
use super::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::ProviderServer;
use super::server::Server;
use super::tls::{self, TlsError};
use super::transport::{Connections, Socket};
use super::{guard, log};
use crate::lifecycle::Service;

/// The largest message: the hosts' own limit for providers. tonic's default is smaller than a state.
const LARGEST: usize = 256 << 20;

/// How long open calls may delay an exit that the host asked for; it kills us after 2 s.
const LAST_WORDS: Duration = Duration::from_millis(80);

/// How long a host that is gone may stay away before we exit: it was killed, and nobody will ask us to.
const ABANDONED: Duration = Duration::from_secs(10);

/// The provider's address at the two registries, which is how hosts know it.
const ADDRESSES: [&str; 2] =
    ["registry.terraform.io/budecosystem/bud", "registry.opentofu.org/budecosystem/bud"];

/// Looks a variable of the environment up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No thread, no socket, no stdout.
    #[error("the provider cannot be reached")]
    Io(#[from] io::Error),
    /// No encryption, although the host wants it.
    #[error("the connection cannot be encrypted")]
    Tls(#[from] TlsError),
    /// The server broke down.
    #[error("the connection cannot be served")]
    Grpc(#[from] tonic::transport::Error),
}

/// Serves the host that started this process, until it says that it is done. The provider is made after
/// the handshake, so that nothing delays that.
pub fn serve(provider: fn() -> Arc<dyn Service>, environment: Environment<'_>) -> ExitCode {
    let Some(host) = Host::read(environment) else {
        handshake::explain();
        return ExitCode::FAILURE;
    };
    run(environment, under_host(provider, host))
}

/// Serves every host that attaches, without encryption, until the process is told to end; prints how to
/// attach.
pub fn serve_attachable(provider: fn() -> Arc<dyn Service>, environment: Environment<'_>) -> ExitCode {
    run(environment, attachable(provider))
}

fn run(environment: Environment<'_>, work: impl Future<Output = Result<(), ServeError>>) -> ExitCode {
    log::install(log::level(environment));
    guard::log_panics();
    let ended = runtime().map_err(ServeError::from).and_then(|runtime| {
        let ended = runtime.block_on(work);
        // What still runs was asked to stop, and was waited for as long as there is time.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(cause, "{error}");
            ExitCode::FAILURE
        }
    }
}

/// A small runtime: the work is waiting for others, and a host starts several of us.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

async fn under_host(provider: fn() -> Arc<dyn Service>, host: Host) -> Result<(), ServeError> {
    ignore_interrupts()?;
    let terminated = terminated()?;
    if !host.speaks_ours {
        tracing::warn!("the host does not offer version 6 of the plugin protocol, the only one there is");
    }
    let socket = bind(&host).await?;
    let tls = match &host.certificate {
        Some(pem) => Some(tls::mutual(pem, OffsetDateTime::now_utc())?),
        None => None,
    };
    let address = socket.address().clone();
    let certificate = tls.as_ref().map(|tls| tls.certificate.clone());
    let (connections, folder, open) = socket.accept(tls.map(|tls| tls.config));
    handshake::announce(&host.line(&address, certificate.as_deref()))?;

    let end = CancellationToken::new();
    let left = end.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = open.abandoned(ABANDONED) => {}
            () = terminated => {}
        }
        left.cancel();
    });
    serve_on(provider(), connections, end).await?;
    drop(folder);
    Ok(())
}

async fn attachable(provider: fn() -> Arc<dyn Service>) -> Result<(), ServeError> {
    let ended = told_to_end()?;
    let socket = bind_in_temporary().await?;
    let address = socket.address().clone();
    let (connections, folder, _) = socket.accept(None);
    handshake::announce(&handshake::reattach(&ADDRESSES, std::process::id(), &address))?;
    let end = CancellationToken::new();
    let told = end.clone();
    tokio::spawn(async move {
        ended.await;
        told.cancel();
    });
    serve_on(provider(), connections, end).await?;
    drop(folder);
    Ok(())
}

/// Serves the connections until the token ends it: then open calls have a moment for their last words.
pub(super) async fn serve_on(
    service: Arc<dyn Service>,
    connections: Connections,
    end: CancellationToken,
) -> Result<(), ServeError> {
    let provider = ProviderServer::new(Server::new(service)).max_decoding_message_size(LARGEST);
    let plugin = Plugin::new(end.clone());
    let served = Grpc::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(plugin.clone()))
        .add_service(GrpcStdioServer::new(plugin.clone()))
        .add_service(GrpcBrokerServer::new(plugin.clone()))
        .add_service(HealthServer::new(plugin))
        .serve_with_incoming_shutdown(connections, end.clone().cancelled_owned());
    let mut served = std::pin::pin!(served);
    tokio::select! {
        ended = served.as_mut() => return Ok(ended?),
        () = end.cancelled() => {}
    }
    match tokio::time::timeout(LAST_WORDS, served).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}

#[cfg(unix)]
async fn bind(host: &Host) -> io::Result<Socket> {
    match &host.folder {
        Some(folder) => Socket::unix(folder),
        None => bind_in_temporary().await,
    }
}

#[cfg(not(unix))]
async fn bind(host: &Host) -> io::Result<Socket> {
    Socket::tcp(host.ports.clone()).await
}

#[cfg(unix)]
#[allow(clippy::unused_async, reason = "the other systems have to wait")]
async fn bind_in_temporary() -> io::Result<Socket> {
    Socket::unix(&std::env::temp_dir())
}

#[cfg(not(unix))]
async fn bind_in_temporary() -> io::Result<Socket> {
    Socket::tcp(0..=0).await
}

/// Control-C reaches the whole process group: the host then stops us in order, and an apply that runs
/// must live to tell what it made.
#[cfg(unix)]
fn ignore_interrupts() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // The handler stays for the life of the process, also when nobody listens.
    signal(SignalKind::interrupt()).map(drop)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "unix systems may refuse")]
fn ignore_interrupts() -> io::Result<()> {
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    Ok(())
}

/// The wish of a supervisor that the process ends, which does so at once but not without its socket.
#[cfg(unix)]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "unix systems may refuse")]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}

/// The wish of a person or a supervisor that the process ends.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "unix systems may refuse")]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
