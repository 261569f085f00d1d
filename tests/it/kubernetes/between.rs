//! Somebody between a client and the API server, who counts requests and does something to some of them.
//!
//! Clients reach it by plain HTTP and need no login: it forwards as the administrator.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::control_plane::{ADMIN_TOKEN, ControlPlane};

/// One request, as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    /// Counted from 1.
    pub(crate) n: usize,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
}

/// What is done to a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It is forwarded.
    Forward,
    /// The connection is cut; the server never hears of it.
    CutBefore,
    /// The server answers, and the connection is cut instead of the answer.
    CutAfter,
    /// Nobody ever answers, and the server never hears of it.
    HangBefore,
    /// The server answers, and nobody ever hears of it.
    HangAfter,
    /// The answer begins and is cut after so many bytes.
    CutAt(usize),
    /// Somebody else answers: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Another path and query are asked for.
    Instead(String),
}

pub(crate) type Decide = Box<dyn Fn(&Seen) -> Act + Send + Sync>;
type Answered = Result<Response<UnsyncBoxBody<Bytes, std::io::Error>>, std::io::Error>;

/// It listens until it is dropped.
pub(crate) struct Between {
    /// `http://127.0.0.1:PORT`.
    pub(crate) server: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    decide: Mutex<Decide>,
    http: reqwest::Client,
    upstream: String,
    hanging: tokio::sync::Notify,
}

impl Between {
    /// Forwards everything, and lets `decide` say what else happens.
    pub(crate) async fn start(
        plane: &ControlPlane,
        decide: impl Fn(&Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::new(Vec::new()),
            decide: Mutex::new(Box::new(decide)),
            http,
            upstream: plane.server.clone(),
            hanging: tokio::sync::Notify::new(),
        });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(|request| Arc::clone(&shared).answer(request));
                    // An error is a connection that we cut.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { server, shared, task }
    }

    /// A kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> String {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "between",
            "clusters": [{ "name": "between", "cluster": { "server": self.server } }],
            "users": [],
            "contexts": [{ "name": "between", "context": { "cluster": "between", "user": "nobody" } }],
        })
        .to_string()
    }

    /// From now on something else happens.
    pub(crate) fn now(&self, decide: impl Fn(&Seen) -> Act + Send + Sync + 'static) {
        *self.shared.decide.lock().unwrap() = Box::new(decide);
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until a request hangs.
    pub(crate) async fn hangs(&self) {
        self.shared.hanging.notified().await;
    }

    /// Forgets them: the next one is number 1.
    pub(crate) fn count_anew(&self) {
        self.shared.seen.lock().unwrap().clear();
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn hang(&self) -> Answered {
        self.hanging.notify_one();
        std::future::pending().await
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answered {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let seen = {
            let mut all = self.seen.lock().unwrap();
            let seen = Seen { n: all.len() + 1, method: head.method.to_string(), path: path.clone() };
            all.push(seen.clone());
            seen
        };
        let act = (self.decide.lock().unwrap())(&seen);
        let cut = || Err(std::io::Error::other("cut"));
        let path = match &act {
            Act::CutBefore => return cut(),
            Act::HangBefore => return self.hang().await,
            Act::Answer(status, headers, text) => {
                let mut answer = Response::builder().status(*status);
                for (name, value) in headers {
                    answer = answer.header(*name, value);
                }
                let body = Full::new(Bytes::from(text.clone()))
                    .map_err(|never: Infallible| match never {})
                    .boxed_unsync();
                return Ok(answer.body(body).unwrap());
            }
            Act::Instead(path) => path,
            _ => &path,
        };
        let method = reqwest::Method::from_bytes(head.method.as_str().as_bytes()).unwrap();
        let mut forward =
            self.http.request(method, format!("{}{path}", self.upstream)).bearer_auth(ADMIN_TOKEN);
        for (name, value) in &head.headers {
            if !["host", "content-length", "authorization", "connection"].contains(&name.as_str()) {
                forward = forward.header(name.as_str(), value.as_bytes());
            }
        }
        let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        let answer = forward.body(body).send().await.map_err(std::io::Error::other)?;
        match act {
            Act::CutAfter => return cut(),
            Act::HangAfter => return self.hang().await,
            _ => {}
        }
        let limit = if let Act::CutAt(bytes) = act { bytes } else { usize::MAX };
        let mut reply = Response::builder().status(answer.status().as_u16());
        for (name, value) in answer.headers() {
            if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
                reply = reply.header(name.as_str(), value.as_bytes());
            }
        }
        let chunks = futures::stream::try_unfold((answer, limit), |(mut answer, left)| async move {
            if left == 0 {
                return Err(std::io::Error::other("cut"));
            }
            let Some(mut chunk) = answer.chunk().await.map_err(std::io::Error::other)? else {
                return Ok(None);
            };
            chunk.truncate(left);
            let left = left - chunk.len();
            Ok(Some((Frame::data(chunk), (answer, left))))
        });
        Ok(reply.body(StreamBody::new(chunks).boxed_unsync()).unwrap())
    }
}
