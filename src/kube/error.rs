//! What went wrong at a cluster, classified once.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use super::refusal::{Cause, FieldConflict, Refusal};
use crate::outcome::Recovery;
use crate::time::Ended;

/// What was asked of the API: a verb and whom it was about, such as `get apps/v1 Deployment shop/web`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `get`, `list`, `watch`, `create`, `replace`, `patch`, `apply`, `delete`, `read logs`, `read`.
    pub verb: &'static str,
    /// The object, the kind or the path.
    pub object: String,
}

/// An error of the Kubernetes room. Refusals carry the API's own words, unchanged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum KubeError {
    /// The kubeconfig, or the proxy beside it, cannot be used.
    #[error("{place}: {reason}")]
    Kubeconfig {
        /// Where: `kubeconfig`, `context "admin"`, `cluster "prod"`, `user "ci"`, `proxy`.
        place: String,
        /// Why, without anything secret.
        reason: String,
    },
    /// No credential could be had.
    #[error("no credential from {source_name}")]
    Login {
        /// What was asked: `plugin "aws"`, `token file "/run/token"`, `OpenID Connect issuer https://…`.
        source_name: String,
        /// Why, without anything secret.
        reason: String,
        /// Whether it may work when it is tried again.
        passing: bool,
    },
    /// No answer came.
    #[error("{asked}: no answer from {server}")]
    Unreachable {
        /// What was asked.
        asked: Asked,
        /// The server of the kubeconfig.
        server: String,
        /// Each way that was tried and what became of it, the first way first.
        tried: Vec<(String, String)>,
        /// Whether the request may have arrived, so that what it did is unknown.
        perhaps_sent: bool,
    },
    /// There is a server, and it is not to be trusted or does not trust us.
    #[error("{server}: no TLS")]
    Tls {
        /// The server of the kubeconfig.
        server: String,
        /// Why.
        problem: TlsProblem,
    },
    /// The server does not know who asks.
    #[error("{asked}: unauthorised")]
    Unauthorised {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
        /// The client certificate that was shown has expired, or is not valid yet, by this machine's clock.
        certificate: Option<Expired>,
    },
    /// The server knows who asks, and that one may not.
    #[error("{asked}: forbidden")]
    Forbidden {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The API has no such kind, not even after it was asked again.
    #[error("{asked}: no such kind")]
    NotFoundKind {
        /// What was asked.
        asked: Asked,
    },
    /// What is written to, or the namespace of what is created, does not exist.
    #[error("{asked}: not found")]
    NotFound {
        /// What was asked.
        asked: Asked,
        /// What the API said; `kind` and `name` are those of what is missing.
        refusal: Box<Refusal>,
    },
    /// What was to be created is there.
    #[error("{asked}: already exists")]
    AlreadyExists {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// A server-side apply met fields of other managers.
    #[error("{asked}: {} fields have other managers", conflicts.len())]
    Conflict {
        /// What was asked.
        asked: Asked,
        /// Whose they are.
        conflicts: Vec<FieldConflict>,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The object has changed since it was read, or is another one: its version or its uid differs.
    #[error("{asked}: the object has changed")]
    Changed {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The object is not valid.
    #[error("{asked}: not valid")]
    Invalid {
        /// What was asked.
        asked: Asked,
        /// Field by field, where the API said so.
        causes: Vec<Cause>,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// Fields were changed that never change.
    #[error("{asked}: {} fields cannot be changed", causes.len())]
    Immutable {
        /// What was asked.
        asked: Asked,
        /// Those fields.
        causes: Vec<Cause>,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// A quota of the namespace has no room.
    #[error("{asked}: quota exceeded")]
    Quota {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The namespace is being deleted.
    #[error("{asked}: the namespace is being deleted")]
    Terminating {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// An admission webhook refuses, or cannot be asked.
    #[error("{asked}: admission webhook {name}")]
    Webhook {
        /// What was asked.
        asked: Asked,
        /// Name of the webhook.
        name: String,
        /// Which of the two.
        webhook: Webhook,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The place in the history from which a list or watch was to go on is no longer kept.
    #[error("{asked}: the resource version is too old")]
    Gone {
        /// What was asked.
        asked: Asked,
    },
    /// The object is larger than the API takes.
    #[error("{asked}: too large")]
    TooLarge {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The server took longer than one request may take.
    #[error("{asked}: no answer within {} s", limit.as_secs())]
    TimedOut {
        /// What was asked.
        asked: Asked,
        /// How long that is.
        limit: Duration,
        /// Whether the request may have arrived, so that what it did is unknown.
        perhaps_sent: bool,
    },
    /// The server has too much to do, or a part of it is not there.
    #[error("{asked}: the server is busy")]
    Busy {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// Another refusal.
    #[error("{asked}: {} {}", refusal.code, refusal.reason)]
    Refused {
        /// What was asked.
        asked: Asked,
        /// What the API said.
        refusal: Box<Refusal>,
    },
    /// The answer is none of a Kubernetes API.
    #[error("{asked}: the answer cannot be read")]
    Answer {
        /// What was asked.
        asked: Asked,
        /// Why.
        reason: String,
    },
    /// The operation was stopped or ran out of time before the request was sent, or while it was under way.
    #[error("{asked}: {ended}")]
    Ended {
        /// What was asked.
        asked: Asked,
        /// Which of the two.
        ended: Ended,
        /// Whether the request may have arrived, so that what it did is unknown.
        perhaps_sent: bool,
    },
}

/// Why there is no TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsProblem {
    /// None of the trusted authorities has signed the server's certificate.
    UnknownAuthority,
    /// The server's certificate has expired, or is not valid yet, by this machine's clock.
    Expired(Expired),
    /// The server's certificate is for other names.
    OtherName {
        /// The name that was wanted.
        wanted: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// The server refused the client's certificate or ended the handshake, with this alert.
    Alert(String),
    /// What answers speaks no TLS.
    NoTls,
    /// Anything else, in the words of the TLS library.
    Other(String),
}

/// A certificate outside of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// From when it is valid, where known.
    pub from: Option<OffsetDateTime>,
    /// Until when it is valid, where known.
    pub until: Option<OffsetDateTime>,
    /// This machine's clock.
    pub now: OffsetDateTime,
}

/// What is the matter with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// It refuses the object.
    Denies,
    /// It could not be asked: its server is not ready.
    Unready,
}

// === impl KubeError ===

impl KubeError {
    /// What may be done about it. The field of a rejection is a path in the object, or `kubeconfig`,
    /// `context`, `proxy` for what is wrong with those.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Kubeconfig { place, .. } => {
                Recovery::Rejected(Some(match place.split_whitespace().next() {
                    Some(word @ ("context" | "proxy")) => word.to_owned(),
                    _ => "kubeconfig".to_owned(),
                }))
            }
            Self::Tls { problem: TlsProblem::UnknownAuthority | TlsProblem::OtherName { .. }, .. } => {
                Recovery::Rejected(Some("kubeconfig".to_owned()))
            }
            Self::Login { passing: true, .. } => Recovery::Retry(None),
            Self::Login { .. } | Self::Unauthorised { .. } | Self::Forbidden { .. } => Recovery::Denied,
            Self::Unreachable { .. }
            | Self::Changed { .. }
            | Self::Gone { .. }
            | Self::TimedOut { .. }
            | Self::Terminating { .. }
            | Self::Webhook { webhook: Webhook::Unready, .. } => Recovery::Retry(None),
            Self::Busy { refusal, .. } => Recovery::Retry(refusal.retry_after),
            Self::Invalid { causes, .. } | Self::Immutable { causes, .. } => Recovery::Rejected(
                causes.first().map(|cause| cause.field.clone()).filter(|field| !field.is_empty()),
            ),
            Self::Conflict { conflicts, .. } => {
                Recovery::Rejected(conflicts.first().map(|conflict| conflict.field.clone()))
            }
            Self::NotFoundKind { .. }
            | Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::Quota { .. }
            | Self::TooLarge { .. }
            | Self::Webhook { .. } => Recovery::Rejected(None),
            Self::Refused { refusal, .. } if refusal.code >= 500 => Recovery::Retry(refusal.retry_after),
            Self::Refused { .. } => Recovery::Rejected(None),
            Self::Tls { .. } | Self::Answer { .. } | Self::Ended { .. } => Recovery::Fatal,
        }
    }

    /// What the API said, where it said anything.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Unauthorised { refusal, .. }
            | Self::Forbidden { refusal, .. }
            | Self::NotFound { refusal, .. }
            | Self::AlreadyExists { refusal, .. }
            | Self::Conflict { refusal, .. }
            | Self::Changed { refusal, .. }
            | Self::Invalid { refusal, .. }
            | Self::Immutable { refusal, .. }
            | Self::Quota { refusal, .. }
            | Self::Terminating { refusal, .. }
            | Self::Webhook { refusal, .. }
            | Self::TooLarge { refusal, .. }
            | Self::Busy { refusal, .. }
            | Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// Whether a write may have happened although there is an error: the object must be looked at.
    pub fn perhaps_done(&self) -> bool {
        match self {
            Self::Unreachable { perhaps_sent, .. }
            | Self::TimedOut { perhaps_sent, .. }
            | Self::Ended { perhaps_sent, .. } => *perhaps_sent,
            // A gateway's or the store's own timeout: the write may still go through.
            Self::Refused { refusal, .. } | Self::Busy { refusal, .. } => refusal.code >= 500,
            Self::Answer { .. } => true,
            _ => false,
        }
    }
}

impl Asked {
    pub(super) fn new(verb: &'static str, object: &(impl ToString + ?Sized)) -> Self {
        Self { verb, object: object.to_string() }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb, self.object)
    }
}
