//! The client of the resource manager: one way to send, which retries what passes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::endpoints::Endpoints;
use super::error_codes::{self, Meaning};
use super::http::{NoAnswer, Reply, Transport};
use super::login::Login;
use super::queue::Queues;
use super::request::{Call, RESOURCES, shown};
use super::retry::{self, Chance};
use super::settings::Settings;
use crate::cloud::{Answer, CloudError};
use crate::outcome::Recovery;
use crate::secret::Secret;
use crate::time::{Ended, Patience};

/// How long Azure may not know a group that it has just made.
const FRESH: Duration = Duration::from_secs(120);
/// How long Azure is waited for to free the network card of a machine that failed: it says 180 s.
const RESERVED: Duration = Duration::from_secs(300);
/// How long the registration of a resource provider may take.
const REGISTRATION: Duration = Duration::from_secs(600);
/// How often an address outside of the resource manager is tried.
const OUTSIDE_TRIES: u32 = 4;

/// A call that failed, and whether the world may have changed nevertheless.
#[derive(Debug)]
pub(super) struct Failed {
    /// What went wrong.
    pub(super) error: CloudError,
    /// Whether one of the tries may have been carried out.
    pub(super) perhaps_done: bool,
}

impl From<Failed> for CloudError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl From<CloudError> for Failed {
    /// An error from beside the request itself: nothing was done by it.
    fn from(error: CloudError) -> Self {
        Self { error, perhaps_done: false }
    }
}

/// A success.
#[derive(Clone, Debug)]
pub(super) struct Success {
    /// The address that answered.
    pub(super) url: Url,
    /// Status and headers.
    pub(super) reply: Reply,
    /// The body, null where there is none.
    pub(super) body: Value,
}

/// What is to be done after one try.
enum Next {
    Done(Success),
    Again(Duration),
    Fail(CloudError),
}

/// What the tries of one call remember.
struct Tries {
    count: u32,
    started: Instant,
    token_renewed: bool,
    registered: bool,
    perhaps_done: bool,
    last_seen: String,
    /// Address and words of a connection that failed, where that was the last thing seen.
    cut: Option<(String, String)>,
}

impl Tries {
    fn none() -> Self {
        Self {
            count: 0,
            started: Instant::now(),
            token_renewed: false,
            registered: false,
            perhaps_done: false,
            last_seen: "nothing sent yet".to_owned(),
            cut: None,
        }
    }
}

/// The client of one subscription.
pub(super) struct Client {
    /// The subscription in which everything is made.
    pub(super) subscription: String,
    /// Where requests go.
    pub(super) endpoints: Endpoints,
    /// One queue for each network and group.
    pub(super) queues: Queues,
    /// Jitter.
    pub(super) chance: Chance,
    transport: Arc<Transport>,
    login: Login,
    register: bool,
    registered: Mutex<BTreeSet<String>>,
    answered_once: AtomicBool,
    correlation: String,
}

impl Client {
    /// Contacts nothing.
    pub(super) fn new(settings: Settings) -> Result<Self, CloudError> {
        let endpoints = Endpoints::of(&settings)?;
        let subscription = settings.subscription_id.clone().filter(|id| !id.is_empty()).ok_or_else(|| {
            CloudError::Setting {
                argument: "azure.subscription_id",
                reason: "every request to Azure names a subscription".to_owned(),
            }
        })?;
        if subscription.contains(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')) {
            return Err(CloudError::Setting {
                argument: "azure.subscription_id",
                reason: format!("{subscription:?} is no subscription id"),
            });
        }
        let transport = Arc::new(Transport::new(settings.ca_file.clone()));
        Ok(Self {
            subscription,
            queues: Queues::default(),
            chance: retry::dice(),
            register: settings.register_providers.unwrap_or(true),
            registered: Mutex::new(BTreeSet::new()),
            answered_once: AtomicBool::new(false),
            correlation: uuid::Uuid::new_v4().to_string(),
            login: Login::new(settings, endpoints.clone(), Arc::clone(&transport)),
            transport,
            endpoints,
        })
    }

    /// The account's token, for those beside the resource manager that take it.
    pub(super) async fn access_token(&self, patience: &Patience) -> Result<Secret, CloudError> {
        self.login.token(patience).await
    }

    /// Sends a call until it is answered for good. All our calls may be repeated: they say what shall
    /// be, not what shall be added.
    pub(super) async fn send(&self, call: &Call, patience: &Patience) -> Result<Success, Failed> {
        let mut tries = Tries::none();
        loop {
            let next = match patience.check() {
                Ok(()) => self.attempt(call, &mut tries, patience).await,
                Err(why) => Next::Fail(self.ended(call, &tries, why)),
            };
            match next {
                Next::Done(success) => return Ok(success),
                Next::Fail(error) => return Err(Failed { error, perhaps_done: tries.perhaps_done }),
                Next::Again(pause) => {
                    if let Err(why) = patience.pause(pause).await {
                        let error = self.ended(call, &tries, why);
                        return Err(Failed { error, perhaps_done: tries.perhaps_done });
                    }
                }
            }
        }
    }

    /// One try.
    async fn attempt(&self, call: &Call, tries: &mut Tries, patience: &Patience) -> Next {
        let token = match self.login.token(patience).await {
            Ok(token) => token,
            Err(error) => return Next::Fail(error),
        };
        // The login may have taken the rest of the time.
        if let Err(why) = patience.check() {
            return Next::Fail(self.ended(call, tries, why));
        }
        tries.count += 1;
        let mut request = call.request(&self.endpoints);
        let url = request.url().clone();
        if !self.endpoints.is_manager(&url) {
            let reason = "it is not at the resource manager's address, so that it must not see our token";
            return Next::Fail(CloudError::Garbled { url: shown(&url), reason: reason.to_owned() });
        }
        let id = uuid::Uuid::new_v4().to_string();
        request.insert_header("x-ms-client-request-id", id.clone());
        request.insert_header("x-ms-correlation-request-id", self.correlation.clone());
        request.insert_header("authorization", format!("Bearer {}", token.expose()));
        let (method, shown_url) = (call.method, shown(&url));
        if tracing::enabled!(tracing::Level::TRACE)
            && let Some(body) = call.shown_body()
        {
            tracing::trace!(%method, url = shown_url, body = %body, "request body");
        }
        let begun = Instant::now();
        let answer = patience.finish(self.transport.exchange(&request)).await;
        let took = begun.elapsed().as_millis();
        match answer {
            Err(why) => {
                tracing::debug!(%method, url = shown_url, client_request_id = id, took, "no answer before the end");
                tries.perhaps_done = true;
                tries.cut = None;
                "a request that was not answered in time".clone_into(&mut tries.last_seen);
                Next::Fail(self.ended(call, tries, why))
            }
            Ok(Err(error)) => {
                tracing::debug!(%method, url = shown_url, client_request_id = id, took, tries = tries.count, %error, "no answer");
                self.unanswered(call, &shown_url, tries, error, patience)
            }
            Ok(Ok(reply)) => {
                self.answered_once.store(true, Ordering::Relaxed);
                tries.cut = None;
                let request_id = reply.header("x-ms-request-id").unwrap_or_default();
                tracing::debug!(%method, url = shown_url, status = reply.status, request_id, client_request_id = id, took, tries = tries.count, "answer");
                tracing::trace!(body = %String::from_utf8_lossy(&reply.body), request_id, "answer body");
                if (200..300).contains(&reply.status) {
                    return understood(url, &shown_url, reply);
                }
                let answer = error_codes::read(&reply);
                if error_codes::wants_new_token(&answer) && !tries.token_renewed {
                    tries.token_renewed = true;
                    self.login.forget(&token).await;
                    return Next::Again(Duration::ZERO);
                }
                self.refused(call, shown_url, tries, answer, patience).await
            }
        }
    }

    /// Reads an address outside of the resource manager, without our token; nothing where there is
    /// nothing.
    pub(super) async fn outside(&self, url: &Url, patience: &Patience) -> Result<Option<Bytes>, CloudError> {
        let request = azure_core::Request::new(url.clone(), azure_core::Method::Get);
        let shown_url = shown(url);
        let over = |why: Ended| CloudError::Waited {
            what: format!("GET {shown_url}"),
            last_seen: "no answer".to_owned(),
            why,
        };
        for tries in 1.. {
            let asked = match patience.finish(self.transport.exchange(&request)).await.map_err(over)? {
                Ok(reply) if (200..300).contains(&reply.status) => return Ok(Some(reply.body)),
                Ok(reply) if matches!(reply.status, 404 | 409) => return Ok(None),
                Ok(reply) => {
                    let answer = error_codes::read(&reply);
                    let Recovery::Retry(asked) = error_codes::recovery(&answer) else {
                        return Err(refusal(&Call::follow(url.clone()), shown_url, answer));
                    };
                    if tries >= OUTSIDE_TRIES {
                        return Err(refusal(&Call::follow(url.clone()), shown_url, answer));
                    }
                    asked
                }
                Err(NoAnswer::Trust(reason)) => {
                    return Err(CloudError::Setting { argument: "azure.ca_file", reason });
                }
                Err(NoAnswer::Cut { reason, perhaps_sent }) if tries >= OUTSIDE_TRIES => {
                    let method = "GET".to_owned();
                    return Err(CloudError::Unreachable { method, url: shown_url, reason, perhaps_sent });
                }
                Err(NoAnswer::Cut { .. }) => None,
            };
            patience.pause(retry::pause(tries, asked, &self.chance)).await.map_err(over)?;
        }
        Ok(None)
    }

    /// After a try without an answer.
    fn unanswered(
        &self,
        call: &Call,
        url: &str,
        tries: &mut Tries,
        error: NoAnswer,
        patience: &Patience,
    ) -> Next {
        let (reason, perhaps_sent) = match error {
            NoAnswer::Trust(reason) => {
                return Next::Fail(CloudError::Setting { argument: "azure.ca_file", reason });
            }
            NoAnswer::Cut { reason, perhaps_sent } => (reason, perhaps_sent),
        };
        tries.perhaps_done |= perhaps_sent;
        tries.last_seen.clone_from(&reason);
        tries.cut = Some((url.to_owned(), reason));
        let pause = retry::pause(tries.count, None, &self.chance);
        // Where the time ends before the next try, that try would only cover up what is known already.
        let last = retry::give_up_on_stranger(tries.count, tries.started.elapsed())
            || (pause >= patience.left() && patience.check() != Err(Ended::Stopped));
        match self.unreachable(call, tries).filter(|_| last) {
            Some(error) => Next::Fail(error),
            None => Next::Again(pause),
        }
    }

    /// The error of an endpoint that has not answered once in this process and has just failed again.
    fn unreachable(&self, call: &Call, tries: &Tries) -> Option<CloudError> {
        let (url, reason) = tries.cut.clone().filter(|_| !self.answered_once.load(Ordering::Relaxed))?;
        let (method, perhaps_sent) = (call.method.to_string(), tries.perhaps_done);
        Some(CloudError::Unreachable { method, url, reason, perhaps_sent })
    }

    /// The error of a wait that ended: the time is not to blame where nothing ever answered.
    fn ended(&self, call: &Call, tries: &Tries, why: Ended) -> CloudError {
        let unreachable = self.unreachable(call, tries).filter(|_| why == Ended::Deadline);
        unreachable.unwrap_or_else(|| CloudError::Waited {
            what: format!("{} {}", call.method, call.path),
            last_seen: tries.last_seen.clone(),
            why,
        })
    }

    /// After a try that was refused.
    async fn refused(
        &self,
        call: &Call,
        url: String,
        tries: &mut Tries,
        answer: Answer,
        patience: &Patience,
    ) -> Next {
        tries.last_seen = format!("HTTP {} {}", answer.status, answer.code);
        // A server that failed may have done its work first.
        tries.perhaps_done |= answer.status >= 500 || answer.status == 408;
        if answer.code.eq_ignore_ascii_case("MissingSubscriptionRegistration")
            && self.register
            && !tries.registered
        {
            tries.registered = true;
            return match Box::pin(self.register_provider(&call.path, patience)).await {
                Ok(()) => Next::Again(Duration::ZERO),
                Err(error) => Next::Fail(error),
            };
        }
        let recovery = error_codes::recovery(&answer);
        let fresh = call.fresh_parent && error_codes::is_missing(&answer) && tries.started.elapsed() < FRESH;
        let asked = match &recovery {
            // A card is freed after 180 s; one that is not will not be.
            Recovery::Retry(_) if error_codes::is_reserved(&answer) && tries.started.elapsed() > RESERVED => {
                return Next::Fail(refusal(call, url, answer));
            }
            Recovery::Retry(asked) => *asked,
            _ if fresh => answer.retry_after,
            _ => return Next::Fail(refusal(call, url, answer)),
        };
        let pause = retry::pause(tries.count, asked, &self.chance);
        // Waiting for longer than there is would end without the cloud's own words.
        if pause >= patience.left() && patience.check().is_ok() {
            return Next::Fail(refusal(call, url, answer));
        }
        Next::Again(pause)
    }

    /// Registers the resource provider that a path belongs to, once for all callers, and waits for it.
    async fn register_provider(&self, path: &str, patience: &Patience) -> Result<(), CloudError> {
        let namespace = namespace(path);
        let mut registered =
            patience.finish(self.registered.lock()).await.map_err(|why| CloudError::Waited {
                what: format!("the registration of {namespace}"),
                last_seen: "another registration".to_owned(),
                why,
            })?;
        if !registered.insert(namespace.to_owned()) {
            return Ok(());
        }
        tracing::info!(namespace, "registering the resource provider in the subscription");
        let provider = format!("/subscriptions/{}/providers/{namespace}", self.subscription);
        let mut state = self.send(&Call::post(&format!("{provider}/register"), RESOURCES), patience).await?;
        let end = Instant::now() + REGISTRATION;
        let mut polls = 0;
        loop {
            let seen: azure_mgmt_resources::package_resources_2021_04::models::Provider =
                serde_json::from_value(state.body).map_err(|error| CloudError::Garbled {
                    url: shown(&state.url),
                    reason: error.to_string(),
                })?;
            let seen = seen.registration_state.unwrap_or_default();
            if seen.eq_ignore_ascii_case("Registered") || Instant::now() >= end {
                return Ok(());
            }
            polls += 1;
            let pause = Duration::from_secs(10).min(Duration::from_millis(500) * polls);
            patience.pause(pause).await.map_err(|why| CloudError::Waited {
                what: format!("the registration of {namespace}"),
                last_seen: format!("registrationState {seen}"),
                why,
            })?;
            state = self.send(&Call::get(&provider, RESOURCES), patience).await?;
        }
    }
}

/// The namespace of the provider in a path; resource groups are always there, so it is the network's.
fn namespace(path: &str) -> &str {
    let mut segments = path.split('/');
    segments
        .find(|segment| segment.eq_ignore_ascii_case("providers"))
        .and_then(|_| segments.next())
        .unwrap_or("Microsoft.Network")
}

/// Reads a success.
fn understood(url: Url, shown_url: &str, reply: Reply) -> Next {
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return Next::Done(Success { url, reply, body: Value::Null });
    }
    match serde_json::from_slice(&reply.body) {
        Ok(body) => Next::Done(Success { url, reply, body }),
        Err(error) => {
            Next::Fail(CloudError::Garbled { url: shown_url.to_owned(), reason: format!("no JSON: {error}") })
        }
    }
}

/// A refusal with what may be done about it.
pub(super) fn refusal(call: &Call, url: String, answer: Answer) -> CloudError {
    CloudError::Refused {
        method: call.method.to_string(),
        url,
        recovery: error_codes::recovery(&answer),
        answer: Box::new(answer),
    }
}

/// The answer in a refusal.
pub(super) fn answer_of(error: &CloudError) -> Option<&Answer> {
    match error {
        CloudError::Refused { answer, .. } => Some(answer),
        _ => None,
    }
}

/// What the cloud meant by an error, if it said anything.
pub(super) fn meaning_of(error: &CloudError) -> Option<Meaning> {
    answer_of(error).map(error_codes::meaning_of)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
