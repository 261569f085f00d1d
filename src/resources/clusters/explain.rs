//! A cluster's errors in words for the user. The API's own words are kept.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

use crate::diagnostics::Diagnostic;
use crate::helm::action::ActionError;
use crate::kube::{Asked, Expired, KubeError, Refusal, TlsProblem, Webhook};
use crate::time::Ended;
use crate::value::Path;

/// What went wrong, why, and what to do. `doing`: what the provider was about, such as `Reading the release`.
pub(in crate::resources) fn explain(error: &KubeError, doing: &str) -> Diagnostic {
    let (summary, why, advice) = words(error);
    let diagnostic = Diagnostic::error(summary, format!("{doing}: {why}\n\n{advice}"));
    if connection(error) { diagnostic.at(Path::of("kubeconfig")) } else { diagnostic }
}

/// Whether the cluster could not be asked, and what was tried: refresh keeps the state then (hosts.md HB3).
pub(in crate::resources) fn unseen(error: &KubeError) -> Option<String> {
    let refused = matches!(error, KubeError::Forbidden { .. });
    let passing = matches!(
        error,
        KubeError::TimedOut { .. }
            | KubeError::Busy { .. }
            | KubeError::Answer { .. }
            | KubeError::Ended { ended: Ended::Deadline, .. }
    );
    (connection(error) || passing || refused).then(|| {
        let (_, why, _) = words(error);
        why
    })
}

/// The same for an action.
pub(in crate::resources) fn unseen_action(error: &ActionError) -> Option<String> {
    match error {
        ActionError::Kube(error) => unseen(error),
        ActionError::Ended(Ended::Deadline) => Some("The cluster did not answer in time.".to_owned()),
        _ => None,
    }
}

/// Whether it is about the way to the cluster and not about an object.
fn connection(error: &KubeError) -> bool {
    matches!(
        error,
        KubeError::Kubeconfig { .. }
            | KubeError::Login { .. }
            | KubeError::Unreachable { .. }
            | KubeError::Tls { .. }
            | KubeError::Unauthorised { .. }
    )
}

/// Summary, why, and what to do.
fn words(error: &KubeError) -> (&'static str, String, String) {
    let plain = |summary, why: String, advice: &str| (summary, why, advice.to_owned());
    match error {
        KubeError::Kubeconfig { place, reason } => plain(
            "Bad kubeconfig",
            format!("{place}: {reason}."),
            "Correct the kubeconfig; kubectl --kubeconfig FILE config view shows how it is read.",
        ),
        KubeError::Login { source_name, reason, .. } => plain(
            "No login for the cluster",
            format!("No credential could be had from {source_name}: {reason}."),
            "Log in again as the kubeconfig asks for, or use one with another way to log in.",
        ),
        KubeError::Unreachable { asked, server, tried, .. } => {
            let ways: Vec<String> = tried.iter().map(|(way, what)| format!("  {way}: {what}")).collect();
            plain(
                "Cluster cannot be reached",
                format!("No answer to {asked} from {server}. Tried:\n{}", ways.join("\n")),
                "Check that the cluster runs and that its API's port is open from here: for a bud_network api_sources \
                 opens 6443, and proxy_url of the provider block is a way around.",
            )
        }
        KubeError::Tls { server, problem } => tls(server, problem),
        KubeError::Unauthorised { certificate: Some(expired), asked, .. } => plain(
            "Credentials have expired",
            format!("The cluster refused {asked}: the client certificate {}.", validity(expired)),
            "Renew the kubeconfig. A bud_cluster renews its own when it is applied.",
        ),
        KubeError::Unauthorised { asked, refusal, .. } => plain(
            "Cluster does not accept the login",
            format!("The cluster refused {asked}: {}", said(refusal)),
            "The token or certificate of the kubeconfig is not valid there, or not any more. Renew it.",
        ),
        KubeError::Forbidden { asked, refusal } => plain(
            "Not allowed",
            format!("The cluster knows the user of the kubeconfig and refused {asked}: {}", said(refusal)),
            "Give that user the right by a Role or ClusterRole, or use a kubeconfig of another one.",
        ),
        _ => object(error),
    }
}

/// What is about an object.
fn object(error: &KubeError) -> (&'static str, String, String) {
    let of = |asked: &Asked, refusal: &Refusal| format!("{asked}: {}", said(refusal));
    let (summary, why, advice) = match error {
        KubeError::NotFoundKind { asked } => (
            "Unknown kind",
            format!("{asked}: the cluster has no such kind."),
            "Install what defines it first, or correct apiVersion and kind.",
        ),
        KubeError::NotFound { asked, refusal } if refusal.kind == "namespaces" => (
            "Namespace does not exist",
            of(asked, refusal),
            "Set create_namespace = true, or make the namespace first.",
        ),
        KubeError::NotFound { asked, refusal } => {
            ("Object does not exist", of(asked, refusal), "It may have been removed meanwhile. Plan again.")
        }
        KubeError::AlreadyExists { asked, refusal } => {
            ("Object exists already", of(asked, refusal), "Remove it, or give one of the two another name.")
        }
        KubeError::Conflict { asked, conflicts, .. } => {
            let fields: Vec<String> = conflicts
                .iter()
                .map(|one| format!("  {} is managed by {}", one.field, one.manager))
                .collect();
            (
                "Fields belong to another manager",
                format!("{asked}:\n{}", fields.join("\n")),
                "Let that manager go, take the field out of the chart's values, or set force_update = true to take the \
                 fields over.",
            )
        }
        KubeError::Changed { asked, refusal } => {
            ("Object has changed meanwhile", of(asked, refusal), "Somebody else works on it. Apply again.")
        }
        KubeError::Invalid { asked, causes, refusal } => {
            let fields: Vec<String> =
                causes.iter().map(|one| format!("  {}: {}", one.field, one.message)).collect();
            let why = if fields.is_empty() { said(refusal) } else { format!("\n{}", fields.join("\n")) };
            ("Object is not valid", format!("{asked}: {why}"), "Correct the chart or its values.")
        }
        KubeError::Immutable { asked, causes, .. } => {
            let fields: Vec<String> =
                causes.iter().map(|one| format!("  {}: {}", one.field, one.message)).collect();
            (
                "Field cannot be changed",
                format!("{asked}:\n{}", fields.join("\n")),
                "Go back to the old value, remove the object by hand, or set force_update = true to have it made anew: \
                 what it runs stops meanwhile.",
            )
        }
        KubeError::Quota { asked, refusal } => (
            "Quota exceeded",
            of(asked, refusal),
            "Raise the namespace's ResourceQuota, or ask for less in the chart's values.",
        ),
        KubeError::Terminating { asked, refusal } => (
            "Namespace is being deleted",
            of(asked, refusal),
            "Wait until it is gone; kubectl get namespace shows what holds it.",
        ),
        KubeError::Webhook { asked, name, webhook: Webhook::Denies, refusal } => (
            "Admission webhook refuses",
            format!("{asked}: {name} says: {}", said(refusal)),
            "Change what it refuses, or ask whoever runs that webhook.",
        ),
        KubeError::Webhook { asked, name, webhook: Webhook::Unready, refusal } => (
            "Admission webhook is not ready",
            format!("{asked}: {name} could not be asked: {}", said(refusal)),
            "Apply again when its pods are ready; a release that brings the webhook belongs before this one (depends_on).",
        ),
        KubeError::TooLarge { asked, refusal } => {
            ("Object too large", of(asked, refusal), "The API takes about one MiB for an object. Split it.")
        }
        KubeError::Busy { asked, refusal } => {
            ("Cluster is busy", of(asked, refusal), "Apply again; if it stays so, look at the API server.")
        }
        KubeError::TimedOut { asked, limit, .. } => (
            "Cluster did not answer in time",
            format!("{asked}: no answer within {} s.", limit.as_secs()),
            "Apply again; if it stays so, look at the API server.",
        ),
        KubeError::Ended { asked, ended, .. } => {
            return ended_words(*ended, &asked.to_string());
        }
        KubeError::Answer { asked, reason } => (
            "Not a Kubernetes API",
            format!("{asked}: {reason}."),
            "Check the server's address in the kubeconfig, and proxies in between.",
        ),
        KubeError::Gone { asked } => {
            ("History is too short", format!("{asked}: the place is no longer kept."), "Apply again.")
        }
        other => {
            let why = other.refusal().map_or_else(String::new, |refusal| format!(": {}", said(refusal)));
            ("Cluster refuses", format!("{other}{why}"), "Correct what the API names.")
        }
    };
    (summary, why, advice.to_owned())
}

/// A run that was stopped, or whose time was over.
pub(in crate::resources) fn ended_words(ended: Ended, doing: &str) -> (&'static str, String, String) {
    match ended {
        Ended::Stopped => (
            "Stopped",
            format!("The run was cancelled during {doing}."),
            "What exists is kept in the state. Apply again to go on.".to_owned(),
        ),
        Ended::Deadline => (
            "Time is over",
            format!("The operation's time was over during {doing}."),
            "Raise timeouts, or look at what it waited for.".to_owned(),
        ),
    }
}

fn tls(server: &str, problem: &TlsProblem) -> (&'static str, String, String) {
    let (summary, why, advice) = match problem {
        TlsProblem::UnknownAuthority => (
            "Cluster is not trusted",
            format!("{server}: no authority of the kubeconfig has signed its certificate."),
            "The kubeconfig is for another cluster, or its certificate-authority is out of date.",
        ),
        TlsProblem::Expired(expired) => (
            "Cluster's certificate has expired",
            format!("{server}: its certificate {}.", validity(expired)),
            "Renew the cluster's certificates, and check this machine's clock.",
        ),
        TlsProblem::OtherName { wanted, presented } => (
            "Cluster's certificate is for other names",
            format!("{server}: {wanted} is not among {}.", presented.join(", ")),
            "Use one of these names as server, or set tls-server-name in the kubeconfig.",
        ),
        TlsProblem::Alert(alert) => (
            "Cluster refuses the certificate",
            format!("{server} ended the handshake: {alert}."),
            "The client certificate of the kubeconfig is not accepted there. Renew it.",
        ),
        TlsProblem::NoTls => {
            ("Not a Kubernetes API", format!("{server} speaks no TLS."), "Check the server's address.")
        }
        TlsProblem::Other(other) => ("No TLS", format!("{server}: {other}."), "Check the kubeconfig."),
    };
    (summary, why, advice.to_owned())
}

/// The API's own words.
fn said(refusal: &Refusal) -> String {
    if refusal.message.is_empty() {
        format!("{} {}", refusal.code, refusal.reason)
    } else {
        refusal.message.clone()
    }
}

fn validity(expired: &Expired) -> String {
    let shown = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
    match (expired.until, expired.from) {
        (Some(until), _) if until < expired.now => format!("was valid until {}", shown(until)),
        (_, Some(from)) if from > expired.now => format!("is valid from {} only", shown(from)),
        (Some(until), _) => format!("is valid until {}", shown(until)),
        _ => "is out of its time".to_owned(),
    }
}
