//! What Azure's error codes mean for us, in one table, and how its error bodies are read.

use std::time::Duration;

use serde_json::Value;

use super::http::Reply;
use crate::cloud::Answer;
use crate::outcome::Recovery;

/// What a code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Another operation is in the way; it will pass.
    Busy,
    /// A fault inside Azure that usually passes.
    Hiccup,
    /// The credentials do not allow it.
    Denied,
    /// The input is refused.
    Rejected,
    /// Something still uses the object.
    InUse,
    /// There is no room for such a machine now; another kind or zone may have some.
    Capacity,
    /// The object, or the group around it, does not exist.
    Missing,
    /// Nothing that a retry or another input would mend.
    Final,
}

/// The table. Compared without regard to case.
const MEANINGS: &[(&str, Meaning)] = &[
    ("AnotherOperationInProgress", Meaning::Busy),
    ("CanceledAndSupersededDueToAnotherOperation", Meaning::Busy),
    ("Conflict", Meaning::Busy),
    ("NicReservedForAnotherVm", Meaning::Busy),
    ("OperationPreempted", Meaning::Busy),
    ("PutOperationInProgress", Meaning::Busy),
    ("ReferencedResourceNotProvisioned", Meaning::Busy),
    ("ResourceGroupBeingDeleted", Meaning::Busy),
    ("RetryableError", Meaning::Busy),
    ("RetryableErrorDueToAnotherOperation", Meaning::Busy),
    ("SubscriptionRequestsThrottled", Meaning::Busy),
    ("TooManyRequests", Meaning::Busy),
    ("GatewayTimeout", Meaning::Hiccup),
    ("InternalError", Meaning::Hiccup),
    ("InternalServerError", Meaning::Hiccup),
    ("OperationTimedOut", Meaning::Hiccup),
    ("ServerTimeout", Meaning::Hiccup),
    ("ServiceUnavailable", Meaning::Hiccup),
    ("AuthenticationFailed", Meaning::Denied),
    ("AuthorizationFailed", Meaning::Denied),
    ("DisallowedOperation", Meaning::Denied),
    ("ExpiredAuthenticationToken", Meaning::Denied),
    ("InvalidAuthenticationToken", Meaning::Denied),
    ("InvalidAuthenticationTokenTenant", Meaning::Denied),
    ("InvalidSubscriptionId", Meaning::Denied),
    ("LinkedAuthorizationFailed", Meaning::Denied),
    ("ReadOnlyDisabledSubscription", Meaning::Denied),
    ("RequestDisallowedByPolicy", Meaning::Denied),
    ("ScopeLocked", Meaning::Denied),
    ("SubscriptionNotFound", Meaning::Denied),
    ("InUseNetworkSecurityGroupCannotBeDeleted", Meaning::InUse),
    ("InUseSubnetCannotBeDeleted", Meaning::InUse),
    ("CannotDeleteNatGatewayAssociatedToSubnet", Meaning::InUse),
    ("NicInUse", Meaning::InUse),
    ("PublicIPAddressCannotBeDeleted", Meaning::InUse),
    ("ResourceGroupDeletionBlocked", Meaning::InUse),
    ("AllocationFailed", Meaning::Capacity),
    ("OverconstrainedAllocationRequest", Meaning::Capacity),
    ("OverconstrainedZonalAllocationRequest", Meaning::Capacity),
    ("SkuNotAvailable", Meaning::Capacity),
    ("ZonalAllocationFailed", Meaning::Capacity),
    ("NotFound", Meaning::Missing),
    ("ParentResourceNotFound", Meaning::Missing),
    ("ResourceGroupNotFound", Meaning::Missing),
    ("ResourceNotFound", Meaning::Missing),
    ("InvalidAddressPrefixFormat", Meaning::Rejected),
    ("InvalidCIDRNotation", Meaning::Rejected),
    ("InvalidParameter", Meaning::Rejected),
    ("InvalidRequestContent", Meaning::Rejected),
    ("InvalidRequestFormat", Meaning::Rejected),
    ("InvalidResourceReference", Meaning::Rejected),
    ("InvalidTagNameCharacters", Meaning::Rejected),
    ("LocationNotAvailableForResourceType", Meaning::Rejected),
    ("NetcfgInvalidSubnet", Meaning::Rejected),
    ("NetcfgSubnetRangeOutsideVnet", Meaning::Rejected),
    ("NetcfgSubnetRangesOverlap", Meaning::Rejected),
    ("SecurityRuleConflict", Meaning::Rejected),
    ("SecurityRuleInvalidAddressPrefix", Meaning::Rejected),
    ("InvalidResourceGroupLocation", Meaning::Final),
    ("MissingSubscriptionRegistration", Meaning::Final),
    ("NoRegisteredProviderFound", Meaning::Final),
    ("OperationNotAllowed", Meaning::Final),
    ("PropertyChangeNotAllowed", Meaning::Final),
    ("PublicIPCountLimitReached", Meaning::Final),
    ("QuotaExceeded", Meaning::Final),
    ("StaticPublicIPCountLimitReached", Meaning::Final),
];

/// Codes that only wrap what their details say.
const WRAPPERS: &[&str] = &["Canceled", "RetryableError", "DeploymentFailed"];

/// What a code means, if the table knows it.
pub(super) fn meaning(code: &str) -> Option<Meaning> {
    MEANINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, meaning)| *meaning)
}

/// What an answer means: its own code, or where that only wraps, the codes inside; else the status.
pub(super) fn meaning_of(answer: &Answer) -> Meaning {
    let inner = || answer.details.iter().find_map(|(code, _)| meaning(code));
    let wraps = WRAPPERS.iter().any(|code| code.eq_ignore_ascii_case(&answer.code));
    let named =
        if wraps { inner().or_else(|| meaning(&answer.code)) } else { meaning(&answer.code).or_else(inner) };
    match (answer.status, named) {
        // A throttled operation may carry any code.
        (429, _) => Meaning::Busy,
        (_, Some(meaning)) => meaning,
        (408 | 500 | 502 | 503 | 504, None) => Meaning::Hiccup,
        (401 | 403, None) => Meaning::Denied,
        (400, None) => Meaning::Rejected,
        _ => Meaning::Final,
    }
}

/// What may be done about an answer.
pub(super) fn recovery(answer: &Answer) -> Recovery {
    match meaning_of(answer) {
        Meaning::Busy | Meaning::Hiccup => Recovery::Retry(answer.retry_after),
        Meaning::Denied => Recovery::Denied,
        Meaning::Rejected => Recovery::Rejected(answer.target.clone()),
        Meaning::InUse | Meaning::Capacity | Meaning::Missing | Meaning::Final => Recovery::Fatal,
    }
}

/// Whether the answer is Azure's word that the object does not exist. A subscription that cannot be
/// found, or a 404 that is not Azure's, proves nothing.
pub(super) fn is_missing(answer: &Answer) -> bool {
    answer.status == 404 && meaning(&answer.code) == Some(Meaning::Missing)
}

/// Whether the answer is the refusal of more than a counter allows. Azure has no code of its own for
/// that with machines, so that the counter itself must be asked.
pub(super) fn may_be_quota(answer: &Answer) -> bool {
    const CODES: &[&str] = &[
        "OperationNotAllowed",
        "QuotaExceeded",
        "PublicIPCountLimitReached",
        "StaticPublicIPCountLimitReached",
        "StandardSkuPublicIpCountLimitReached",
        "IPv4StandardSkuPublicIpCountLimitReached",
        "IPv6StandardSkuPublicIpCountLimitReached",
    ];
    answer.status != 429 && CODES.iter().any(|code| code.eq_ignore_ascii_case(&answer.code))
}

/// Whether the answer says that a network card is kept for a machine that failed or goes.
pub(super) fn is_reserved(answer: &Answer) -> bool {
    let is = |code: &str| code.eq_ignore_ascii_case("NicReservedForAnotherVm");
    is(&answer.code) || answer.details.iter().any(|(code, _)| is(code))
}

/// Whether the answer asks for another token.
pub(super) fn wants_new_token(answer: &Answer) -> bool {
    answer.status == 401
        && ["ExpiredAuthenticationToken", "InvalidAuthenticationToken", "AuthenticationFailed", ""]
            .iter()
            .any(|code| code.eq_ignore_ascii_case(&answer.code))
}

/// Reads an answer that is a refusal.
pub(super) fn read(reply: &Reply) -> Answer {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    let mut answer = read_body(&body);
    answer.status = reply.status;
    if answer.code.is_empty() {
        reply.header("x-ms-error-code").unwrap_or_default().clone_into(&mut answer.code);
    }
    if answer.message.is_empty() && !body.is_object() {
        let text = String::from_utf8_lossy(&reply.body);
        answer.message = text.trim().chars().take(300).collect();
    }
    answer.retry_after = retry_after(reply);
    answer.request_id = reply.header("x-ms-request-id").map(str::to_owned);
    answer
}

/// The error in a body: wrapped in `error`, with capitals, or bare. Status and headers stay empty.
pub(super) fn read_body(body: &Value) -> Answer {
    let error = ["error", "Error"]
        .iter()
        .find_map(|key| body.get(key).filter(|inner| inner.is_object()))
        .unwrap_or(body);
    let text = |value: &Value, keys: [&str; 2]| {
        keys.iter().find_map(|key| value.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    let details = ["details", "Details"]
        .iter()
        .find_map(|key| error.get(key)?.as_array())
        .map(|list| {
            list.iter().map(|one| (text(one, ["code", "Code"]), text(one, ["message", "Message"]))).collect()
        })
        .unwrap_or_default();
    let target = text(error, ["target", "Target"]);
    Answer {
        status: 0,
        code: text(error, ["code", "Code"]),
        message: text(error, ["message", "Message"]),
        target: (!target.is_empty()).then_some(target),
        details,
        retry_after: None,
        request_id: None,
    }
}

/// How long the answer asks to wait: seconds, or none where it gives a date or nothing.
pub(super) fn retry_after(reply: &Reply) -> Option<Duration> {
    reply.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap())
            })
            .collect();
        Reply { status, headers, body: body.to_owned().into() }
    }

    #[test]
    fn three_shapes_of_an_error_are_read() {
        let inner =
            json!({"code": "C", "message": "M", "target": "t", "details": [{"code": "D", "message": "N"}]});
        let capitals =
            json!({"Code": "C", "Message": "M", "Target": "t", "Details": [{"Code": "D", "Message": "N"}]});
        for body in [json!({"error": inner}), inner.clone(), json!({"Error": capitals}), capitals.clone()] {
            let answer = read(&reply(409, &[("x-ms-request-id", "r")], &body.to_string()));
            assert_eq!(
                (answer.status, answer.code.as_str(), answer.message.as_str()),
                (409, "C", "M"),
                "{body}"
            );
            assert_eq!(answer.target.as_deref(), Some("t"));
            assert_eq!(answer.details, [("D".to_owned(), "N".to_owned())]);
            assert_eq!(answer.request_id.as_deref(), Some("r"));
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_kept_as_text() {
        let answer =
            read(&reply(502, &[("x-ms-error-code", "Bad"), ("retry-after", "7")], "<html>gateway</html>"));
        assert_eq!((answer.code.as_str(), answer.message.as_str()), ("Bad", "<html>gateway</html>"));
        assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    }

    fn answer(status: u16, code: &str, details: &[&str]) -> Answer {
        Answer {
            status,
            code: code.to_owned(),
            message: String::new(),
            target: Some("field".to_owned()),
            details: details.iter().map(|code| ((*code).to_owned(), String::new())).collect(),
            retry_after: None,
            request_id: None,
        }
    }

    #[test]
    fn codes_decide_before_the_status() {
        let again = Recovery::Retry(None);
        assert_eq!(recovery(&answer(200, "RetryableError", &["ReferencedResourceNotProvisioned"])), again);
        assert_eq!(recovery(&answer(400, "ReferencedResourceNotProvisioned", &[])), again);
        assert_eq!(
            recovery(&answer(200, "Canceled", &["CanceledAndSupersededDueToAnotherOperation"])),
            again
        );
        assert_eq!(recovery(&answer(200, "Canceled", &[])), Recovery::Fatal);
        assert_eq!(recovery(&answer(429, "OperationNotAllowed", &[])), again);
        assert_eq!(recovery(&answer(409, "OperationNotAllowed", &[])), Recovery::Fatal);
        assert_eq!(recovery(&answer(503, "", &[])), again);
        assert_eq!(recovery(&answer(404, "SubscriptionNotFound", &[])), Recovery::Denied);
        assert_eq!(recovery(&answer(403, "Whatever", &[])), Recovery::Denied);
        assert_eq!(
            recovery(&answer(400, "securityruleconflict", &[])),
            Recovery::Rejected(Some("field".to_owned()))
        );
    }

    #[test]
    fn only_azures_own_not_found_is_absence() {
        assert!(is_missing(&answer(404, "ResourceNotFound", &[])));
        assert!(is_missing(&answer(404, "ResourceGroupNotFound", &[])));
        for (status, code) in
            [(404, "SubscriptionNotFound"), (404, ""), (404, "PlatformImageNotFound"), (400, "NotFound")]
        {
            assert!(!is_missing(&answer(status, code, &[])), "{status} {code}");
        }
    }

    #[test]
    fn the_table_names_each_code_once() {
        for (index, (code, _)) in MEANINGS.iter().enumerate() {
            assert!(!MEANINGS[..index].iter().any(|(other, _)| other.eq_ignore_ascii_case(code)), "{code}");
        }
    }
}
