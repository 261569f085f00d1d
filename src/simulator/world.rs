//! Everything that is, behind one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::azure::{self, Author, Azure};
use super::charts::{self, Charts};
use super::clock::Clock;
use super::faults::{Action, Mishap, Script};
use super::guest::{self, Guests};
use super::kubernetes::Kubernetes;
use super::ledger::{Arrival, Counter, Ledger, Line};
use super::login;
use super::machine::Machines;
use super::message::{Answer, Refusal, Request};
use super::quirks::Quirks;
use super::serve::Side;
use super::settings::Servers;
use super::token::Tokens;

/// The whole state of a simulator.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) script: Script,
    pub(crate) quirks: Quirks,
    pub(crate) tokens: Tokens,
    pub(crate) azure: Azure,
    pub(crate) machines: Machines,
    pub(crate) guests: Guests,
    pub(crate) charts: Charts,
    pub(crate) kubernetes: Kubernetes,
    pub(crate) servers: Servers,
}

/// The world as the servers share it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

/// A request that has been received and not yet been carried out.
pub(crate) struct Received {
    /// None where it is not noted.
    line: Option<Line>,
    counter: Counter,
    mishap: Mishap,
}

/// What the connection shall do about a request.
pub(crate) enum Reply {
    /// Write this answer.
    Answer(Answer),
    /// Close without a word.
    Cut,
    /// Say nothing.
    Hang,
}

impl Shared {
    /// A world in which nothing has been made yet.
    pub(crate) fn new(clock: Clock, servers: Servers) -> Self {
        Self(Arc::new(Mutex::new(World {
            clock,
            ledger: Ledger::default(),
            script: Script::default(),
            quirks: Quirks::default(),
            tokens: Tokens::default(),
            azure: Azure::default(),
            machines: Machines::default(),
            guests: Guests::default(),
            charts: Charts::default(),
            kubernetes: Kubernetes::default(),
            servers,
        })))
    }

    /// The world. A panic under the lock leaves it as it was; the next request goes on with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Counts a request and decides what goes wrong with it.
    pub(crate) fn receive(&mut self, request: &Request, side: Side) -> Received {
        let counter = match side {
            Side::Charts => Counter::Charts,
            _ if login::is_login(request) => Counter::Logins,
            _ => Counter::Resources,
        };
        let number = (counter == Counter::Resources).then(|| self.ledger.next());
        let line = self.ledger.arrived(&Arrival {
            counter,
            method: &request.method,
            path: &request.path,
            query: &request.query,
            at: self.clock.stamp(),
        });
        let mishap = self.script.strike(number, &request.method, &request.path);
        Received { line: Some(line), counter, mishap }
    }

    /// The same for a request to a Kubernetes API, which has no part in the numbers of Azure.
    pub(crate) fn receive_api(&mut self, request: &Request) -> Received {
        let line = (request.method != "GET").then(|| {
            self.ledger.arrived(&Arrival {
                counter: Counter::Kubernetes,
                method: &request.method,
                path: &request.path,
                query: &request.query,
                at: self.clock.stamp(),
            })
        });
        let mishap = self.script.strike(None, &request.method, &request.path);
        Received { line, counter: Counter::Kubernetes, mishap }
    }

    /// Carries out what was received by a Kubernetes API.
    pub(crate) fn carry_out_api(
        &mut self,
        received: &Received,
        act: impl FnOnce(&mut Self) -> Answer,
    ) -> Reply {
        let mishap = &received.mishap;
        let reply = match &mishap.end {
            Some(Action::CutBefore) => Reply::Cut,
            Some(Action::Hang) => Reply::Hang,
            Some(Action::CutAfter) => {
                act(self);
                Reply::Cut
            }
            Some(Action::Answer(spoken)) => {
                if spoken.acted {
                    act(self);
                }
                let status = serde_json::json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": spoken.status,
                    "reason": spoken.code, "message": spoken.message,
                });
                Reply::Answer(Answer::json(spoken.status, status))
            }
            _ => Reply::Answer(act(self)),
        };
        if let Some(line) = received.line {
            let status = if let Reply::Answer(answer) = &reply { answer.status } else { 0 };
            self.ledger.ended(line, status, mishap.name);
        }
        reply
    }

    /// Carries a received request out, or does to it what the script says.
    pub(crate) fn carry_out(&mut self, request: &Request, received: &Received) -> Reply {
        self.settle();
        let mishap = &received.mishap;
        let reply = match &mishap.end {
            None => Reply::Answer(self.act(request, received)),
            Some(Action::CutBefore) => Reply::Cut,
            Some(Action::Hang) => Reply::Hang,
            Some(Action::CutAfter) => {
                self.act(request, received);
                Reply::Cut
            }
            Some(Action::Answer(spoken)) => {
                if spoken.acted {
                    self.act(request, received);
                }
                let mut answer = if spoken.code.is_empty() {
                    Answer::empty(spoken.status)
                } else {
                    Refusal::new(spoken.status, &spoken.code, spoken.message.clone()).answer()
                };
                if let Some(seconds) = spoken.retry_after {
                    answer = answer.with("Retry-After", seconds.to_string());
                }
                answer
                    .headers
                    .extend(spoken.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
                Reply::Answer(azure::dressed(answer))
            }
            Some(Action::Throttle(throttle)) => Reply::Answer(azure::throttled(throttle.retry_after)),
            Some(Action::ExpireToken) => {
                self.tokens.expire_all(self.clock.now());
                Reply::Answer(self.act(request, received))
            }
            // Delays and endings of operations never end an exchange.
            Some(Action::Delay(_) | Action::Operation(_)) => Reply::Answer(self.act(request, received)),
        };
        let status = if let Reply::Answer(answer) = &reply { answer.status } else { 0 };
        if let Some(line) = received.line {
            self.ledger.ended(line, status, mishap.name);
        }
        reply
    }

    /// Lets everything happen that was due.
    pub(crate) fn settle(&mut self) {
        self.azure.settle(&self.clock);
        guest::cloud::settle(&mut self.guests, &mut self.azure, &self.clock);
    }

    fn act(&mut self, request: &Request, received: &Received) -> Answer {
        match received.counter {
            Counter::Charts => return charts::handle(self, request),
            Counter::Logins => return login::answer(self, request),
            Counter::Resources | Counter::Kubernetes => {}
        }
        azure::handle(
            self,
            request,
            &azure::Circumstances { author: Author::Client, ending: received.mishap.operation.clone() },
        )
    }
}

impl Received {
    /// How long to wait before the request is carried out.
    pub(crate) fn delay(&self) -> Duration {
        self.mishap.delay
    }
}
