//! The headers that every answer of Azure Resource Manager carries.

use uuid::Uuid;

use super::super::message::{Answer, Refusal};

/// Puts the ids and the other headers of each answer on it.
pub(crate) fn dressed(answer: Answer) -> Answer {
    let id = Uuid::new_v4().to_string();
    let routing = format!("LOOPBACK:20240301T000000Z:{id}");
    answer
        .with("x-ms-request-id", id.clone())
        .with("x-ms-correlation-request-id", id)
        .with("x-ms-routing-request-id", routing)
        .with("x-ms-ratelimit-remaining-subscription-reads", "11999")
        .with("x-ms-ratelimit-remaining-subscription-writes", "1199")
        .with("Cache-Control", "no-cache")
        .with("Pragma", "no-cache")
        .with("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        .with("X-Content-Type-Options", "nosniff")
}

/// 429 as the subscription's limits answer it.
pub(crate) fn throttled(retry_after: Option<u64>) -> Answer {
    let shown = retry_after.unwrap_or(60);
    let message = format!(
        "The request is being throttled as the limit has been reached for operation. Please try again after \
         '{shown}' seconds."
    );
    let answer = Refusal::new(429, "TooManyRequests", message).answer();
    dressed(match retry_after {
        Some(seconds) => answer.with("Retry-After", seconds.to_string()),
        None => answer,
    })
}
