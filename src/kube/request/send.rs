//! Sending: one login, a limit for each request, and again where that is harmless.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::{Response, StatusCode};
use kube::client::Body;

use super::super::client::Client;
use super::super::connect::{Open, Silence};
use super::super::error::{Asked, KubeError};
use super::super::refusal::Refusal;
use super::{Again, Answer, Request};

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;

/// The first pause before a request is sent again; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest pause that a server may ask for here; with more to wait for, the caller decides.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The largest answer that is read, in bytes: far above a list of every object of a large cluster.
const LARGEST: usize = 512 << 20;

/// What is to be done about a failed attempt.
enum Verdict {
    /// Once more, not before this time.
    Again(KubeError, Option<Duration>),
    /// It stays so.
    Final(KubeError),
}

/// How much of an answer is read before it is handed out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it: an answer that ends early may be asked for again.
    Whole,
    /// Nothing: it comes as it comes.
    Nothing,
}

/// An answer, as far as it is read.
enum Read {
    Whole(Answer),
    Open(Body),
}

// No function takes a closure here: futures that hold async closures cannot be seen to be `Send`.
impl Client {
    /// Sends a request and reads the whole answer, which is a success.
    pub(in crate::kube) async fn ask(&self, request: &Request) -> Result<Answer, KubeError> {
        match self.send(request, Reading::Whole).await? {
            Read::Whole(answer) => Ok(answer),
            Read::Open(_) => {
                let reason = "it was not read".to_owned();
                Err(KubeError::Answer { asked: request.asked.clone(), reason })
            }
        }
    }

    /// Sends a request and hands the body of the answer out as it comes.
    pub(in crate::kube) async fn stream(&self, request: &Request) -> Result<Body, KubeError> {
        match self.send(request, Reading::Nothing).await? {
            Read::Open(body) => Ok(body),
            Read::Whole(answer) => Ok(Body::from(answer.body.to_vec())),
        }
    }

    async fn send(&self, request: &Request, reading: Reading) -> Result<Read, KubeError> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            self.patience.check().map_err(|ended| ended_error(&request.asked, ended, attempt > 1))?;
            let under_way = tokio::time::timeout(request.limit, self.attempt(request, reading, &mut renewed));
            let answer = match self.patience.finish(under_way).await {
                Err(ended) => return Err(ended_error(&request.asked, ended, true)),
                Ok(Err(_)) => Err(Verdict::Final(KubeError::TimedOut {
                    asked: request.asked.clone(),
                    limit: request.limit,
                    perhaps_sent: true,
                })),
                Ok(Ok(answer)) => answer,
            };
            let (error, wait) = match answer {
                Ok(answer) => return Ok(answer),
                Err(Verdict::Final(error)) => return Err(error),
                Err(Verdict::Again(error, wait)) => (error, wait.unwrap_or(pause)),
            };
            if attempt >= ATTEMPTS || wait > LONGEST_PAUSE {
                return Err(error);
            }
            tracing::debug!(%error, attempt, "kubernetes: again");
            // The deadline ends the pause; what went wrong says more than that there is no time left.
            if self.patience.pause(wait).await.is_err() {
                return Err(error);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        reading: Reading,
        renewed: &mut bool,
    ) -> Result<Read, Verdict> {
        loop {
            // A plugin that failed has been given its time; running it again at once would only take it twice.
            let open = self.session().open().await.map_err(Verdict::Final)?;
            let response = match open.send(self.session(), Self::wire(request)?).await {
                Ok(response) => response,
                Err(silence) => return Err(self.silence(request, silence)),
            };
            warnings(&response);
            if response.status().is_success() {
                return self.read(request, reading, response).await.map_err(|error| {
                    match (&error, request.again) {
                        (KubeError::Unreachable { .. }, Again::Harmless) => Verdict::Again(error, None),
                        _ => Verdict::Final(error),
                    }
                });
            }
            if response.status() == StatusCode::UNAUTHORIZED
                && !*renewed
                && self.session().refused(&open).await
            {
                *renewed = true;
                continue;
            }
            return Err(self.refused(request, &open, response).await);
        }
    }

    async fn read(
        &self,
        request: &Request,
        reading: Reading,
        response: Response<Body>,
    ) -> Result<Read, KubeError> {
        if reading == Reading::Nothing {
            return Ok(Read::Open(response.into_body()));
        }
        let content_type = header(&response, &CONTENT_TYPE);
        let body = self.read_all(response, &request.asked).await?;
        Ok(Read::Whole(Answer { content_type, body }))
    }

    fn wire(request: &Request) -> Result<hyper::Request<Body>, Verdict> {
        let mut wire = hyper::Request::builder()
            .method(request.method.clone())
            .uri(request.url.as_str())
            .header(USER_AGENT, concat!("terraform-provider-bud/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, request.accept);
        let body = match &request.body {
            None => Body::empty(),
            Some((content_type, bytes)) => {
                wire = wire.header(CONTENT_TYPE, *content_type);
                Body::from(bytes.clone())
            }
        };
        wire.body(body).map_err(|error| {
            Verdict::Final(KubeError::Answer { asked: request.asked.clone(), reason: error.to_string() })
        })
    }

    fn silence(&self, request: &Request, silence: Silence) -> Verdict {
        match silence {
            Silence::Error(error) => Verdict::Final(error),
            Silence::Unreachable { tried, perhaps_sent, slow } => {
                let error = KubeError::Unreachable {
                    asked: request.asked.clone(),
                    server: self.session().target.server_name_for_people(),
                    tried,
                    perhaps_sent,
                };
                if slow || (perhaps_sent && request.again == Again::OnlyUnsent) {
                    Verdict::Final(error)
                } else {
                    Verdict::Again(error, None)
                }
            }
        }
    }

    /// What an answer that is no success means.
    async fn refused(&self, request: &Request, open: &Open, response: Response<Body>) -> Verdict {
        let code = response.status().as_u16();
        let wait = header(&response, &RETRY_AFTER).parse().ok().map(Duration::from_secs);
        let body = self.read_all(response, &request.asked).await.unwrap_or_default();
        let refusal = Refusal::read(code, wait, &body);
        let wait = refusal.retry_after;
        // 429 and a 503 with a time to wait are said before anything is done. A 503 or 504 without one may come
        // from something between the server and us, or from a server that began.
        let untouched = code == 429 || (code == 503 && wait.is_some());
        let busy = matches!(code, 429 | 502 | 503 | 504);
        let mut error = refusal.into_error(request.asked.clone());
        if let KubeError::Unauthorised { certificate, .. } = &mut error {
            *certificate = open.expired();
        }
        if untouched || (busy && request.again == Again::Harmless) {
            Verdict::Again(error, wait)
        } else {
            Verdict::Final(error)
        }
    }

    async fn read_all(
        &self,
        response: Response<Body>,
        asked: &Asked,
    ) -> Result<hyper::body::Bytes, KubeError> {
        match Limited::new(response.into_body(), LARGEST).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(KubeError::Answer {
                asked: asked.clone(),
                reason: format!("it is larger than {} MiB", LARGEST >> 20),
            }),
            Err(error) => Err(KubeError::Unreachable {
                asked: asked.clone(),
                server: self.server(),
                tried: vec![("the answer".to_owned(), format!("it ended early: {error}"))],
                perhaps_sent: true,
            }),
        }
    }
}

/// What the server says beside its answer, such as that an API goes away.
fn warnings(response: &Response<Body>) {
    for warning in response.headers().get_all("warning") {
        if let Ok(text) = warning.to_str() {
            tracing::warn!(text, "kubernetes");
        }
    }
}

fn header(response: &Response<Body>, name: &hyper::header::HeaderName) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn ended_error(asked: &Asked, ended: crate::time::Ended, perhaps_sent: bool) -> KubeError {
    KubeError::Ended { asked: asked.clone(), ended, perhaps_sent }
}
