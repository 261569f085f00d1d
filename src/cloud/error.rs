//! What went wrong in a cloud, classified once.

use std::time::Duration;

use crate::outcome::Recovery;
use crate::time::Ended;

/// A cloud's own refusal: what it answered, unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status, 200 where the failure stood in the body of an operation.
    pub status: u16,
    /// The cloud's error code, such as `InUseSubnetCannotBeDeleted`; empty where it gave none.
    pub code: String,
    /// The cloud's message.
    pub message: String,
    /// Field that the cloud names, if any.
    pub target: Option<String>,
    /// Inner errors, as (code, message).
    pub details: Vec<(String, String)>,
    /// How long the cloud asks to wait.
    pub retry_after: Option<Duration>,
    /// The id by which the cloud's support finds the request.
    pub request_id: Option<String>,
}

/// An error of a cloud room.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CloudError {
    /// The cloud answered, and the answer is a refusal.
    #[error("{method} {url}: {} {}", answer.status, answer.code)]
    Refused {
        /// HTTP method of the request that was refused.
        method: String,
        /// Address of the request, without query values that are secret.
        url: String,
        /// What the cloud said.
        answer: Box<Answer>,
        /// What may be done about it, decided where the cloud's codes are known.
        recovery: Recovery,
    },
    /// No answer came: name not found, refused, reset, bad certificate.
    #[error("{method} {url}: no answer")]
    Unreachable {
        /// HTTP method.
        method: String,
        /// Address.
        url: String,
        /// What the connection said.
        reason: String,
        /// Whether the request may have reached the cloud, so that what it did is unknown.
        perhaps_sent: bool,
    },
    /// No token could be had.
    #[error("no access token from {source_name}")]
    Login {
        /// Which credential was tried, in the user's words, such as `client secret`.
        source_name: String,
        /// The provider argument to look at, such as `client_secret`.
        argument: Option<&'static str>,
        /// What the authority said: code and message.
        reason: String,
        /// Whether the authority could not be reached at all.
        unreachable: bool,
    },
    /// No credential is configured.
    #[error("no credentials")]
    NoCredentials {
        /// What was looked for, in order.
        tried: Vec<String>,
    },
    /// An argument of the provider block is missing or cannot be used (bad file, bad address).
    #[error("provider argument {argument} cannot be used")]
    Setting {
        /// The argument, such as `azure.ca_file`.
        argument: &'static str,
        /// Why.
        reason: String,
    },
    /// Something is in the way that we did not make.
    #[error("{id} exists and is not ours")]
    Stranger {
        /// The cloud's id of what is there.
        id: String,
        /// Why it does not count as ours, in words.
        reason: String,
    },
    /// Things in an owned group that this resource did not make stand in the way of its removal.
    #[error("{id} holds {} foreign objects", objects.len())]
    Occupied {
        /// The group that cannot be removed.
        id: String,
        /// The ids of what is in it.
        objects: Vec<String>,
        /// Names of the pools whose nodes these objects belong to, by their tags.
        pools: Vec<String>,
    },
    /// Rules that were not made by us are in the group, and they shall be an error.
    #[error("{group} holds {} foreign rules", rules.len())]
    ForeignRules {
        /// The group's id.
        group: String,
        /// Names of the rules.
        rules: Vec<String>,
    },
    /// A counter of the account is at its limit.
    #[error("quota {name} in {location}: limit {limit}, used {used}, needed {needed}")]
    Quota {
        /// The cloud's name of the counter.
        name: String,
        /// The cloud's words for it.
        title: String,
        /// Region.
        location: String,
        /// Most allowed.
        limit: u64,
        /// In use when it was refused.
        used: u64,
        /// What one machine or address more takes of it.
        needed: u64,
        /// What the cloud said.
        answer: Box<Answer>,
    },
    /// No offer has capacity now.
    #[error("no capacity for {node}")]
    NoCapacity {
        /// Name of the node.
        node: String,
        /// Each offer in words, and what the cloud said to it.
        tried: Vec<(String, Answer)>,
    },
    /// An operation did not end in time, or the run was stopped while it went on.
    #[error("waiting for {what}: {why}")]
    Waited {
        /// What was waited for.
        what: String,
        /// The last thing seen, such as `provisioningState Updating`.
        last_seen: String,
        /// Deadline or stop.
        why: Ended,
    },
    /// The answer cannot be understood.
    #[error("{url}: answer not understood")]
    Garbled {
        /// Address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl CloudError {
    /// What may be done about it.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Refused { recovery, .. } => recovery.clone(),
            Self::Unreachable { .. } => Recovery::Retry(None),
            Self::Login { unreachable: true, .. } => Recovery::Retry(None),
            Self::Login { .. } | Self::NoCredentials { .. } => Recovery::Denied,
            Self::Setting { argument, .. } => Recovery::Rejected(Some((*argument).to_owned())),
            Self::Stranger { .. }
            | Self::Occupied { .. }
            | Self::ForeignRules { .. }
            | Self::Quota { .. }
            | Self::NoCapacity { .. }
            | Self::Waited { .. }
            | Self::Garbled { .. } => Recovery::Fatal,
        }
    }
}
