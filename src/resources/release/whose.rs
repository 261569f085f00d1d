//! Whose a release is that exists already under the name of one that shall be made.

use std::collections::BTreeMap;

use crate::diagnostics::Diagnostic;
use crate::helm::release::{History, Record, Status};
use crate::value::Path;

/// The label of a record that holds the id which the create drew.
pub(super) const OWNER: &str = "bud.studio/owner";
/// The label of a record that holds the environment.
pub(super) const ENVIRONMENT: &str = "bud.studio/environment";

/// Who made what is there.
#[derive(Debug)]
pub(super) enum Whose<'a> {
    /// There is nothing.
    Nobody,
    /// A create of ours that did not come to its end.
    Unfinished(&'a Record),
    /// A create of ours that came to its end, and whose state was lost.
    Ours(&'a Record),
    /// Somebody else's.
    Theirs(&'a Record),
}

/// Whose a release is. Without an environment only what is unfinished is known to be ours.
pub(super) fn whose<'a>(history: &'a History, environment: Option<&str>) -> Whose<'a> {
    let Some(last) = history.last() else { return Whose::Nobody };
    let marked = history.records().iter().any(|record| record.labels.contains_key(OWNER));
    let theirs = last.labels.get(ENVIRONMENT).map(String::as_str);
    let same = theirs == environment.map(label).as_deref();
    if last.labels.get(OWNER).is_some_and(String::is_empty) {
        // Let go by a destroy whose create follows.
        return Whose::Unfinished(last);
    }
    match (marked, same, last.info.status) {
        (true, true, Status::Deployed) if environment.is_some() => Whose::Ours(last),
        (true, true, status) if status != Status::Deployed => Whose::Unfinished(last),
        _ => Whose::Theirs(last),
    }
}

/// Whether a release that stands is one that a create of ours made, and that may be let go before the next create.
pub(super) fn perhaps_let_go(history: &History, environment: Option<&str>) -> bool {
    let Some(last) = history.last() else { return false };
    let theirs = last.labels.get(ENVIRONMENT).map(String::as_str);
    last.info.status == Status::Deployed
        && last.labels.contains_key(OWNER)
        && theirs == environment.map(label).as_deref()
}

/// The labels of our records.
pub(super) fn labels(owner: &str, environment: Option<&str>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([(OWNER.to_owned(), owner.to_owned())]);
    // "null" takes a label away that an earlier revision had.
    labels.insert(ENVIRONMENT.to_owned(), environment.map_or_else(|| "null".to_owned(), label));
    labels
}

/// A text as the value of a label: as it is where that is allowed, else with what is not allowed replaced.
fn label(text: &str) -> String {
    let mut label: String = text
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
        .take(63)
        .collect();
    while label.ends_with(|letter: char| !letter.is_ascii_alphanumeric()) {
        label.pop();
    }
    label.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned()
}

/// A release of that name that is somebody else's.
pub(super) fn taken(record: &Record) -> Diagnostic {
    let (namespace, name, status) = (&record.namespace, &record.name, record.info.status);
    let way = match status {
        Status::Uninstalled => {
            "Helm was told to keep its history when it was removed. Set replace = true to use the name again."
                .to_owned()
        }
        _ => format!(
            "Bring it in with\n  import {{\n    to = bud_release.NAME\n    id = \"{namespace}/{name}\"\n  }}\nor set \
             upgrade_install = true to take it over."
        ),
    };
    Diagnostic::error(
        "Release exists already",
        format!(
            "Release {name} in namespace {namespace} exists (revision {}, {status}), and this configuration has not \
             made it.\n\n{way}",
            record.version
        ),
    )
    .at(Path::of("name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::release::Info;

    fn history(status: Status, labels: BTreeMap<String, String>) -> History {
        let info = Info { status, ..Info::default() };
        History::new(vec![Record { version: 1, info, labels, ..Record::default() }])
    }

    #[test]
    fn only_what_carries_our_marks_is_ours() {
        let bare = BTreeMap::new;
        assert!(matches!(whose(&History::default(), None), Whose::Nobody));
        assert!(matches!(whose(&history(Status::Failed, bare()), Some("ci")), Whose::Theirs(_)));
        let marked = |environment: Option<&str>| {
            let mut labels = labels("id", environment);
            labels.retain(|_, value| value != "null");
            labels
        };
        assert!(matches!(whose(&history(Status::Failed, marked(None)), None), Whose::Unfinished(_)));
        assert!(matches!(
            whose(&history(Status::PendingInstall, marked(Some("ci"))), Some("ci")),
            Whose::Unfinished(_)
        ));
        assert!(matches!(whose(&history(Status::Deployed, marked(Some("ci"))), Some("ci")), Whose::Ours(_)));
        // A finished one of a configuration without an environment may be anybody's.
        assert!(matches!(whose(&history(Status::Deployed, marked(None)), None), Whose::Theirs(_)));
        assert!(matches!(whose(&history(Status::Failed, marked(Some("dev"))), Some("ci")), Whose::Theirs(_)));
    }

    #[test]
    fn an_environment_becomes_a_label_that_a_cluster_takes() {
        assert_eq!(label("ci-4711"), "ci-4711");
        assert_eq!(label(" feature/über "), "feature--ber");
        assert_eq!(label(&"x".repeat(80)).len(), 63);
    }
}
