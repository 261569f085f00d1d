//! A refusal of the API, and what class of problem it is.

use std::time::Duration;

use serde_json::Value;

use super::error::{Asked, KubeError, Webhook};

/// What the API answered: its `Status`, unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub code: u16,
    /// Reason, such as `AlreadyExists`; empty where it gave none.
    pub reason: String,
    /// Its own words.
    pub message: String,
    /// Plural of the kind that it is about, such as `namespaces`; empty where it gave none.
    pub kind: String,
    /// Name of the object that it is about; empty where it gave none.
    pub name: String,
    /// Field by field.
    pub causes: Vec<Cause>,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
}

/// One reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Such as `FieldValueInvalid`.
    pub reason: String,
    /// Its own words.
    pub message: String,
    /// Path of the field, such as `spec.ports[0].port`; empty where there is none.
    pub field: String,
}

/// A field that somebody else manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// Who: the field manager's name, or the API's words where they hold none.
    pub manager: String,
    /// Path of the field, such as `.spec.replicas`.
    pub field: String,
}

// === impl Refusal ===

impl Refusal {
    /// Reads the body of an answer that is no success; a body that is no `Status` becomes the message.
    pub(super) fn read(code: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(status) if status["kind"] == "Status" => Self { code, ..Self::of(&status, retry_after) },
            _ => {
                let text = String::from_utf8_lossy(&body[..body.len().min(MESSAGE)]).trim().to_owned();
                Self { code, message: text, retry_after, ..Self::default() }
            }
        }
    }

    /// Reads a `Status` object.
    pub(super) fn of(status: &Value, retry_after: Option<Duration>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let details = &status["details"];
        let cause = |cause: &Value| Cause {
            reason: text(&cause["reason"]),
            message: text(&cause["message"]),
            field: text(&cause["field"]),
        };
        let seconds = details["retryAfterSeconds"].as_u64().filter(|seconds| *seconds > 0);
        Self {
            code: status["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default(),
            reason: text(&status["reason"]),
            message: text(&status["message"]),
            kind: text(&details["kind"]),
            name: text(&details["name"]),
            causes: details["causes"].as_array().into_iter().flatten().map(cause).collect(),
            retry_after: retry_after.or(seconds.map(Duration::from_secs)),
        }
    }

    /// Whether the API says of one object that it is not there, and not of a whole path.
    pub(super) fn is_absence(&self) -> bool {
        self.code == 404 && self.reason == "NotFound" && !self.name.is_empty()
    }

    /// The error that it is. A status 401 is classified where the credential is known.
    pub(super) fn into_error(self, asked: Asked) -> KubeError {
        if let Some((name, webhook)) = self.webhook() {
            return KubeError::Webhook { asked, name, webhook, refusal: Box::new(self) };
        }
        let terminating = self.causes.iter().any(|cause| cause.reason == "NamespaceTerminating");
        let immutable: Vec<Cause> =
            self.causes.iter().filter(|cause| cause.is_immutability()).cloned().collect();
        let conflicts: Vec<FieldConflict> = self.causes.iter().filter_map(FieldConflict::of).collect();
        let (code, reason) = (self.code, self.reason.clone());
        let refusal = Box::new(self);
        match (code, reason.as_str()) {
            (401, _) => KubeError::Unauthorised { asked, refusal, certificate: None },
            (403, _) if terminating => KubeError::Terminating { asked, refusal },
            (403, _) if refusal.message.contains(QUOTA) => KubeError::Quota { asked, refusal },
            (403, _) => KubeError::Forbidden { asked, refusal },
            (404, _) if refusal.name.is_empty() => KubeError::NotFoundKind { asked },
            (404, _) => KubeError::NotFound { asked, refusal },
            (409, "AlreadyExists") => KubeError::AlreadyExists { asked, refusal },
            (409, _) if !conflicts.is_empty() => KubeError::Conflict { asked, conflicts, refusal },
            (409, "Conflict") => KubeError::Changed { asked, refusal },
            (410, _) => KubeError::Gone { asked },
            (413, _) => KubeError::TooLarge { asked, refusal },
            (422, _) if !immutable.is_empty() => KubeError::Immutable { asked, causes: immutable, refusal },
            (400 | 422, _) => KubeError::Invalid { asked, causes: refusal.causes.clone(), refusal },
            (429 | 503 | 504, _) => KubeError::Busy { asked, refusal },
            _ => KubeError::Refused { asked, refusal },
        }
    }

    /// The webhook that it comes from, which the API names in its words only
    /// (kubernetes 1.36, apiserver/pkg/admission/plugin/webhook/{errors/statuserror.go,request}).
    fn webhook(&self) -> Option<(String, Webhook)> {
        let named = |before: &str| {
            let rest = self.message.split_once(before)?.1;
            Some(rest.split_once('"')?.0.to_owned())
        };
        if self.code < 500 {
            return Some((named("admission webhook \"")?, Webhook::Denies));
        }
        Some((named("failed calling webhook \"")?, Webhook::Unready))
    }
}

/// The longest message that is taken from a body which is no `Status`, in bytes.
const MESSAGE: usize = 2_048;

/// What the quota plugin says; it is a plain 403 otherwise
/// (kubernetes 1.36, apiserver/pkg/admission/plugin/resourcequota/controller.go).
const QUOTA: &str = "exceeded quota: ";

/// What is said of a field that cannot be changed, whose reason is `FieldValueInvalid` or
/// `FieldValueForbidden` like that of any other mistake (kubernetes 1.36, apimachinery/pkg/api/validation/
/// objectmeta.go; pkg/apis/apps/validation for stateful sets; pkg/apis/core/validation
/// for pods and claims; pkg/apis/rbac/validation).
const IMMUTABLE: [&str; 7] = [
    "field is immutable",
    "may not change once set",
    "may not be changed",
    "updates to statefulset spec for fields other than",
    "spec is immutable",
    "pod updates may not change fields other than",
    "cannot change roleRef",
];

impl Cause {
    fn is_immutability(&self) -> bool {
        IMMUTABLE.iter().any(|words| self.message.contains(words))
    }
}

impl FieldConflict {
    /// A cause of a conflict of managers: `conflict with "kubectl" using apps/v1`.
    fn of(cause: &Cause) -> Option<Self> {
        let manager = cause.message.split('"').nth(1).unwrap_or(&cause.message).to_owned();
        (cause.reason == "FieldManagerConflict").then(|| Self { manager, field: cause.field.clone() })
    }
}
