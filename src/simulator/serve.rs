//! HTTP on a socket: reads a request, asks the world, writes the answer or cuts the connection.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock::pause;
use super::control;
use super::message::{Answer, Request};
use super::world::{Reply, Shared};

/// Azure's own limit for the body of a request.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// The same for what is pushed as a chart, which Azure never sees.
const LARGEST_CHART: usize = 64 * 1024 * 1024;

/// What a listening socket serves.
#[derive(Clone)]
pub(crate) enum Door {
    /// Azure over https.
    Https(Arc<rustls::ServerConfig>),
    /// Azure over http.
    Http,
    /// Charts over https.
    ChartsHttps(Arc<rustls::ServerConfig>),
    /// Charts over http.
    ChartsHttp,
    /// The control endpoint.
    Control,
}

/// The tasks of a simulator and how to end them.
#[derive(Clone, Default)]
pub(crate) struct Life {
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// Serves until the simulator stops.
pub(crate) async fn serve(listener: TcpListener, door: Door, world: Shared, life: Life) {
    loop {
        let accepted = tokio::select! {
            () = life.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Answers are small and clients wait for them.
        let _ = stream.set_nodelay(true);
        let (door, world, stop) = (door.clone(), world.clone(), life.stop.clone());
        life.tasks.spawn(async move {
            let connection = async {
                match door {
                    Door::Https(config) => greet(stream, config, Side::Azure, world).await,
                    Door::ChartsHttps(config) => greet(stream, config, Side::Charts, world).await,
                    Door::Http => converse(stream, "http", Side::Azure, world).await,
                    Door::ChartsHttp => converse(stream, "http", Side::Charts, world).await,
                    Door::Control => converse(stream, "http", Side::Control, world).await,
                }
            };
            tokio::select! { () = stop.cancelled() => {}, () = connection => {} }
        });
    }
}

/// Which server a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Azure,
    Charts,
    Control,
}

async fn greet(stream: tokio::net::TcpStream, config: Arc<rustls::ServerConfig>, side: Side, world: Shared) {
    // A client that does not trust us just goes away.
    if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
        converse(stream, "https", side, world).await;
    }
}

/// The service's way to have its connection closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut by the fault script")]
struct Cut;

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    scheme: &'static str,
    side: Side,
    world: Shared,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let world = world.clone();
        async move {
            let request = match read(request, scheme, side).await {
                Ok(request) => request,
                Err(answer) => return Ok(written(answer)),
            };
            match side {
                Side::Control => Ok(written(control::handle(&world, &request))),
                Side::Azure | Side::Charts => exchange(&world, &request, side).await.map(written),
            }
        }
    });
    // The error of a connection that was cut, by either side, has nobody to go to.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(world: &Shared, request: &Request, side: Side) -> Result<Answer, Cut> {
    let received = world.lock().receive(request, side);
    if !received.delay().is_zero() {
        pause(received.delay()).await;
    }
    let reply = world.lock().carry_out(request, &received);
    match reply {
        Reply::Answer(answer) => Ok(answer),
        Reply::Cut => Err(Cut),
        Reply::Hang => std::future::pending().await,
    }
}

async fn read(request: hyper::Request<Incoming>, scheme: &str, side: Side) -> Result<Request, Answer> {
    let (head, body) = request.into_parts();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let host = headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.as_str());
    let Some(host) = host.or_else(|| head.uri.authority().map(hyper::http::uri::Authority::as_str)) else {
        return Err(Answer::empty(400));
    };
    let origin = format!("{scheme}://{host}");
    let largest = if side == Side::Azure { LARGEST_BODY } else { LARGEST_CHART };
    let body = Limited::new(body, largest).collect().await.map_err(|_| Answer::empty(413))?.to_bytes();
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
        origin,
    })
}

fn written(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let json = |value: serde_json::Value| {
        ("application/json; charset=utf-8".to_owned(), Bytes::from(value.to_string()))
    };
    let (kind, body) = answer.content.or_else(|| answer.body.map(json)).unwrap_or_default();
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    if !body.is_empty() {
        response = response.header("Content-Type", kind);
    }
    // Only a header of a fault script can be unwritable; then the script gets a plain 500.
    response.body(Full::new(body)).unwrap_or_else(|_| {
        let mut broken = hyper::Response::new(Full::default());
        *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
