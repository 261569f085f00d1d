//! A server's sockets: TLS with certificates of clients, requests, and watches that go on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::super::clock::pause;
use super::super::message::{Answer, Request};
use super::super::serve::Life;
use super::super::world::{Reply, Shared};
use super::api::{Outcome, Watch};
use super::authority::{User, named};
use super::reading::{bookmark, shown};
use super::store::Change;
use super::table;

/// The server's own limit for the body of a request.
const LARGEST_BODY: usize = 3 * 1024 * 1024;
/// Between two bookmarks of a watch in which nothing happens.
const BOOKMARK: Duration = Duration::from_secs(60);

/// Which server of which cluster a connection leads to.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) cluster: String,
    pub(crate) config: Arc<rustls::ServerConfig>,
    /// Ends its connections.
    pub(crate) ends: CancellationToken,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The service's way to have its connection closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut by the fault script")]
struct Cut;

/// Serves until the server or the simulator stops.
pub(crate) async fn serve(listener: TcpListener, door: Door, world: Shared, life: Life) {
    loop {
        let accepted = tokio::select! {
            () = life.stop.cancelled() => return,
            () = door.ends.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Answers are small and clients wait for them.
        let _ = stream.set_nodelay(true);
        let (door, world, stop) = (door.clone(), world.clone(), life.stop.clone());
        life.tasks.spawn(async move {
            let connection = converse(stream, &door, &world);
            tokio::select! { () = stop.cancelled() => {}, () = door.ends.cancelled() => {}, () = connection => {} }
        });
    }
}

async fn converse(stream: tokio::net::TcpStream, door: &Door, world: &Shared) {
    // A client that does not trust us, or whose certificate is of somebody else, goes away.
    let Ok(stream) = TlsAcceptor::from(Arc::clone(&door.config)).accept(stream).await else { return };
    let user = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(named);
    let service =
        service_fn(|request: hyper::Request<Incoming>| exchange(request, door, world, user.clone()));
    // The error of a connection that was cut, by either side, has nobody to go to.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(
    request: hyper::Request<Incoming>,
    door: &Door,
    world: &Shared,
    user: Option<User>,
) -> Result<hyper::Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let headers = head.headers.iter();
    let headers = headers
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(written(Answer::empty(413)));
    };
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_bytes(),
        origin: String::new(),
    };
    let received = world.lock().receive_api(&request);
    if !received.delay().is_zero() {
        pause(received.delay()).await;
    }
    let mut watch = None;
    let reply = world.lock().carry_out_api(&received, |world| {
        let Some(cluster) = world.kubernetes.cluster_mut(&door.cluster) else { return Answer::empty(503) };
        match super::api::handle(cluster, &request, user, &world.clock) {
            Outcome::Answer(answer) => answer,
            Outcome::Watch(begun) => {
                watch = Some(begun);
                Answer::empty(200)
            }
        }
    });
    match (reply, watch) {
        (Reply::Answer(_), Some(watch)) => Ok(streamed(*watch, door.clone(), world.clone())),
        (Reply::Answer(answer), None) => Ok(written(answer)),
        (Reply::Cut, _) => Err(Cut),
        (Reply::Hang, _) => std::future::pending().await,
    }
}

fn written(answer: Answer) -> hyper::Response<Body> {
    let json = |value: serde_json::Value| ("application/json".to_owned(), Bytes::from(value.to_string()));
    let (kind, body) = answer.content.or_else(|| answer.body.map(json)).unwrap_or_default();
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    if !kind.is_empty() {
        response = response.header("Content-Type", kind);
    }
    response.body(Full::new(body).boxed_unsync()).unwrap_or_default()
}

/// Where a watch stands.
struct Standing {
    watch: Watch,
    door: Door,
    world: Shared,
    changes: tokio::sync::watch::Receiver<u64>,
    until: tokio::time::Instant,
    over: bool,
}

fn streamed(watch: Watch, door: Door, world: Shared) -> hyper::Response<Body> {
    let changes = world.lock().kubernetes.cluster_mut(&door.cluster).map(|cluster| cluster.store.listen());
    let Some(changes) = changes else { return written(Answer::empty(503)) };
    let until = tokio::time::Instant::now() + Duration::from_secs(watch.seconds.clamp(1, 3600));
    let standing = Standing { watch, door, world, changes, until, over: false };
    let frames = futures::stream::unfold(standing, |mut standing| async move {
        let bytes = standing.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(bytes)), standing))
    });
    let response = hyper::Response::builder().header("Content-Type", "application/json");
    response.body(StreamBody::new(frames).boxed_unsync()).unwrap_or_default()
}

impl Standing {
    /// The next lines, or the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let first = std::mem::take(&mut self.watch.first);
        if !first.is_empty() {
            self.over = first.iter().any(|event| event["type"] == "ERROR");
            return Some(lines(&first));
        }
        loop {
            let events = self.look();
            if !events.is_empty() {
                return Some(lines(&events));
            }
            let left = self.until.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return None;
            }
            let wait = tokio::time::timeout(left.min(BOOKMARK), self.changes.changed()).await;
            match wait {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) if self.watch.bookmarks => {
                    return Some(lines(&[bookmark(&self.watch.target.kind, self.watch.revision, false)]));
                }
                Err(_) => {}
            }
        }
    }

    /// What has happened since.
    fn look(&mut self) -> Vec<serde_json::Value> {
        let mut world = self.world.lock();
        let world = &mut *world;
        let Some(cluster) = world.kubernetes.cluster_mut(&self.door.cluster) else {
            self.until = tokio::time::Instant::now();
            return Vec::new();
        };
        self.changes.mark_unchanged();
        let now = cluster.store.revision();
        let target = &self.watch.target;
        let mut events = Vec::new();
        let Some(changes) = cluster.store.since(self.watch.revision) else {
            self.over = true;
            let status = super::failure::Failure::new(410, "Expired", "too old resource version").body();
            return vec![serde_json::json!({ "type": "ERROR", "object": status })];
        };
        for change in changes {
            let meant = change.key.group == target.kind.group
                && change.key.plural == target.kind.plural
                && (target.namespace.is_empty() || change.key.namespace == target.namespace);
            if let Some(class) = meant.then(|| self.class(change)).flatten() {
                let object = shown(&target.kind, &change.object);
                let object =
                    if self.watch.as_table { table::of(&target.kind, &object, &world.clock) } else { object };
                events.push(serde_json::json!({ "type": class, "object": object }));
            }
        }
        self.watch.revision = now.max(self.watch.revision);
        events
    }

    /// What a change is to somebody who sees only what the selector means.
    fn class(&self, change: &Change) -> Option<&'static str> {
        let before = change.before.as_ref().is_some_and(|object| self.watch.selector.fits(object));
        let after = !change.removed && self.watch.selector.fits(&change.object);
        match (before, after) {
            (false, true) => Some("ADDED"),
            (true, true) => Some("MODIFIED"),
            (true, false) => Some("DELETED"),
            (false, false) => None,
        }
    }
}

fn lines(events: &[serde_json::Value]) -> Bytes {
    events.iter().map(|event| format!("{event}\n")).collect::<Vec<_>>().concat().into()
}
