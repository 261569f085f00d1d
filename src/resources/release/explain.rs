//! Why an action did not come to its end, in words: with the object, the pod, the container and their words.

use std::fmt::Write as _;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::action::{ActionError, Culprit, Stranger, Unready};
use crate::helm::release::RecordError;
use crate::resources::clusters;
use crate::time::Ended;
use crate::value::Path;

/// What went wrong with a release.
pub(super) fn explain(error: &ActionError, namespace: &str, name: &str) -> Diagnostics {
    let release = format!("release {name} in namespace {namespace}");
    Diagnostics(vec![one(error, &release, namespace, name)])
}

fn one(error: &ActionError, release: &str, namespace: &str, name: &str) -> Diagnostic {
    match error {
        ActionError::Strangers(strangers) => theirs(strangers, release),
        ActionError::Manifest { path, reason } => Diagnostic::error(
            "Template gave no object",
            format!("{path}: {reason}.\n\nCorrect the chart or its values."),
        )
        .at(Path::of("chart")),
        ActionError::NoKind { object, api_version, kind } => Diagnostic::error(
            "Unknown kind",
            format!(
                "{object} of {release}: the cluster has no kind {kind} in {api_version}.\n\nInstall what defines it first (a \
                 release with depends_on, or the chart's crds/), or switch the object off in the values."
            ),
        )
        .at(Path::of("chart")),
        ActionError::Kube(error) => clusters::explain(error, &format!("Working on {release}")),
        ActionError::Record(error) => record(error, release),
        ActionError::NotReady(all) => unready(all, release),
        ActionError::StillThere { objects, after } => Diagnostic::error(
            "Objects do not go away",
            format!(
                "These of {release} still exist after {} s:\n  {}\n\nSomething holds them, most often a finalizer or a pod that \
                 does not end. Apply again when it is gone, or raise timeout.",
                after.as_secs(),
                objects.join("\n  ")
            ),
        ),
        ActionError::Hook { event, object, source } => {
            let inner = one(source, release, namespace, name);
            let detail = format!("The {event} hook {object} of {release} did not come to its end.\n\n{}", inner.detail);
            let diagnostic = Diagnostic::error("Hook failed", detail);
            match inner.path {
                Some(path) if path == Path::of("kubeconfig") => diagnostic.at(path),
                _ => diagnostic,
            }
        }
        ActionError::Held { holder, since, .. } => {
            let since = since.map_or_else(String::new, |since| format!(", last seen at {since}"));
            Diagnostic::error(
                "Somebody else works on the release",
                format!("{holder} works on {release}{since}.\n\nWait until it is done and apply again."),
            )
        }
        ActionError::Pending { revision, status, perhaps_alive, .. } => {
            let advice = if *perhaps_alive {
                "It is so young that a client may still be at work, Helm's own for instance. Apply again when it is done."
                    .to_owned()
            } else {
                format!(
                    "It was cut off, and on_interrupted = \"fail\" makes that an error. Set on_interrupted = \"recover\", or \
                     run\n  helm rollback {name} --namespace {namespace}"
                )
            };
            Diagnostic::error(
                "Release is in the middle of an operation",
                format!("Revision {revision} of {release} is {status}.\n\n{advice}"),
            )
            .at(Path::of("on_interrupted"))
        }
        ActionError::NoRelease { .. } => Diagnostic::error(
            "Release does not exist",
            format!("There is no {release}.\n\nIt was removed outside of this configuration. Plan again."),
        ),
        ActionError::NoRevision { revision, .. } => {
            Diagnostic::error("Revision does not exist", format!("There is no revision {revision} of {release}."))
        }
        ActionError::Undoing { error, undoing } => {
            let (first, second) =
                (one(error, release, namespace, name), one(undoing, release, namespace, name));
            let detail = format!(
                "{}\n\nUndoing it (atomic) failed as well:\n{}: {}",
                first.detail, second.summary, second.detail
            );
            Diagnostic { detail, ..first }
        }
        ActionError::Undone { error, back_to } => {
            let first = one(error, release, namespace, name);
            let now = match back_to {
                Some(revision) => format!("revision {revision} runs again"),
                None => "nothing of it is left".to_owned(),
            };
            let detail = format!("{}\n\nIt was undone, as atomic asks: {now}.", first.detail);
            Diagnostic { detail, ..first }
        }
        ActionError::Ended(ended) => stopped(*ended, release),
    }
}

fn stopped(ended: Ended, release: &str) -> Diagnostic {
    let (summary, why, advice) = clusters::ended_words(ended, &format!("the work on {release}"));
    Diagnostic::error(summary, format!("{why}\n\n{advice}"))
}

fn theirs(strangers: &[Stranger], release: &str) -> Diagnostic {
    let lines: Vec<String> = strangers.iter().map(|one| format!("  {one}")).collect();
    Diagnostic::error(
        "Objects belong to others",
        format!(
            "The chart of {release} makes objects that exist and that it does not own. Nothing was written.\n{}\n\nRemove or \
             rename one of the two, or set take_ownership = true to take them over.",
            lines.join("\n")
        ),
    )
    .at(Path::of("take_ownership"))
}

fn record(error: &RecordError, release: &str) -> Diagnostic {
    let (summary, advice) = match error {
        RecordError::TooLarge { .. } => (
            "Release is too large",
            "Kubernetes holds one MiB in a Secret, where Helm keeps a release. Leave files out of the chart with \
             .helmignore, or split it.",
        ),
        RecordError::SystemLabel(_) => ("Reserved label", "Choose another label."),
        RecordError::Unreadable { .. } => (
            "Record of the release cannot be read",
            "Something else has written it. Remove that Secret if the revision is not needed any more.",
        ),
        RecordError::Kube(error) => return clusters::explain(error, &format!("Storing {release}")),
    };
    Diagnostic::error(summary, format!("{release}: {error}.\n\n{advice}"))
}

fn unready(all: &[Unready], release: &str) -> Diagnostic {
    let failed = all.iter().any(|one| one.failed);
    let mut detail = format!("Objects of {release} are not ready:\n");
    for one in all {
        // Writing into a string does not fail.
        let _ = writeln!(detail, "  {}: {}", one.object, one.reason);
        if let Some(culprit) = &one.culprit {
            below(culprit, &mut detail);
        }
    }
    detail.push_str(if failed {
        "\nWhat has failed does not become ready by waiting: correct what the events and the log name, and apply again."
    } else {
        "\nApply again to go on waiting, raise timeout, or set wait = false."
    });
    Diagnostic::error(if failed { "Objects failed" } else { "Objects are not ready in time" }, detail)
}

/// What below an object is to blame.
fn below(culprit: &Culprit, detail: &mut String) {
    let mut line = |text: String| {
        let _ = writeln!(detail, "    {text}");
    };
    if let Some(replica_set) = &culprit.replica_set {
        line(format!("replica set {replica_set}"));
    }
    if let Some(pod) = &culprit.pod {
        let container =
            culprit.container.as_ref().map_or_else(String::new, |name| format!(", container {name}"));
        line(format!("pod {pod}{container}: {}", culprit.reason));
    } else if !culprit.reason.is_empty() {
        line(culprit.reason.clone());
    }
    if !culprit.events.is_empty() {
        line("last events:".to_owned());
        culprit.events.iter().for_each(|event| line(format!("  {event}")));
    }
    if !culprit.log.is_empty() {
        line("last lines of its log:".to_owned());
        culprit.log.iter().for_each(|text| line(format!("  {text}")));
    }
}
