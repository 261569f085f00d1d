//! `ready_when`: what must hold in the cluster before a release is done.
//!
//! `Kind[labels]:path>=value`: at least one object of the kind with these labels has it. The kind is `Node`,
//! `Pod`, or with its API `apps/v1/Deployment`; the path is that of a field, dots inside a key are written
//! `\.`; comparisons are `=`, `!=`, `>=`, `<=`, `>` and `<`, by amount where both sides are amounts of
//! Kubernetes; a path alone means that the field is there.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;

use crate::kube::wait::{Objects, Verdict, Waited};
use crate::kube::{Client, Kind, KubeError, Selector};
use crate::outcome::Presence;
use crate::time::Patience;

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    text: String,
    api_version: Option<String>,
    kind: String,
    labels: Option<String>,
    path: Vec<String>,
    test: Option<(Comparison, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Different,
    AtLeast,
    AtMost,
    More,
    Less,
}

/// Two characters first, so that `>=` is not read as `>`.
const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!=", Comparison::Different),
    ("=", Comparison::Equal),
    (">", Comparison::More),
    ("<", Comparison::Less),
];

/// Why a condition does not hold yet, or cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotYet {
    /// The cluster has no such kind.
    #[error("the cluster has no kind {0}")]
    NoKind(String),
    /// The time is over.
    #[error("{seen} after {} s", after.as_secs())]
    Time {
        /// What was seen last.
        seen: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The API's word.
    #[error(transparent)]
    Kube(#[from] KubeError),
}

impl Condition {
    /// Reads a condition.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (object, rest) = split_object(text)?;
        let (object, labels) = match object.split_once('[') {
            Some((kind, labels)) => {
                let labels = labels.strip_suffix(']').ok_or("a bracket is not closed")?;
                (kind, Some(labels.trim().to_owned()).filter(|labels| !labels.is_empty()))
            }
            None => (object, None),
        };
        let object = object.trim();
        let (api_version, kind) = match object.rsplit_once('/') {
            Some((api_version, kind)) => (Some(api_version.to_owned()), kind),
            None => (None, object),
        };
        if !kind.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return Err("it begins with no kind");
        }
        let found = rest.char_indices().find_map(|(at, _)| {
            COMPARISONS.iter().find(|(sign, _)| rest[at..].starts_with(sign)).map(|one| (at, one))
        });
        let (path, test) = match found {
            Some((at, (sign, comparison))) => {
                let value = rest[at + sign.len()..].trim();
                if value.is_empty() {
                    return Err("nothing stands behind the comparison");
                }
                (&rest[..at], Some((*comparison, value.trim_matches('"').to_owned())))
            }
            None => (rest, None),
        };
        let path = split_path(path.trim().trim_start_matches('.'));
        if path.iter().any(String::is_empty) {
            return Err("its path has an empty part");
        }
        Ok(Self { text: text.to_owned(), api_version, kind: kind.to_owned(), labels, path, test })
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Waits until an object has it.
    pub(super) async fn wait(
        &self,
        client: &Client,
        limit: Duration,
        patience: &Patience,
    ) -> Result<(), NotYet> {
        let kind = self.kind_in(client).await?;
        let chosen = self.labels.as_ref().map_or_else(Selector::default, Selector::labels);
        let patience = patience.at_most(limit);
        let judge = |objects: &Objects| {
            if objects.values().any(|object| self.holds(object)) { Verdict::Holds } else { Verdict::NotYet }
        };
        match client.wait_for_all(&kind, None, &chosen, &patience, judge).await? {
            Waited::Holds(_) => Ok(()),
            Waited::Never { last, .. } | Waited::Ended { last, error: None, .. } => {
                Err(NotYet::Time { seen: self.seen(&last), after: limit })
            }
            Waited::Ended { error: Some(error), .. } => Err(NotYet::Kube(*error)),
        }
    }

    async fn kind_in(&self, client: &Client) -> Result<Kind, NotYet> {
        let missing = || NotYet::NoKind(self.kind.clone());
        if let Some(api_version) = &self.api_version {
            return match client.kind(api_version, &self.kind).await? {
                Presence::Here(kind) => Ok(kind),
                _ => Err(missing()),
            };
        }
        let mut kinds = client.kinds().await?;
        // Kinds that several groups have: the core one and then the one of Kubernetes itself come first.
        kinds.retain(|kind| kind.kind == self.kind);
        kinds.sort_by_key(|kind| (!kind.group.is_empty(), kind.group.contains('.')));
        kinds.into_iter().next().ok_or_else(missing)
    }

    fn field<'a>(&self, object: &'a Json) -> &'a Json {
        self.path.iter().fold(object, |value, key| match value {
            Json::Array(list) => key.parse::<usize>().ok().and_then(|at| list.get(at)).unwrap_or(&Json::Null),
            _ => &value[key.as_str()],
        })
    }

    fn holds(&self, object: &Json) -> bool {
        let field = self.field(object);
        let Some((comparison, wanted)) = &self.test else { return !field.is_null() };
        let Some(has) = shown(field) else { return *comparison == Comparison::Different };
        let order = match (amount(&has), amount(wanted)) {
            (Some(has), Some(wanted)) => has.partial_cmp(&wanted),
            _ => Some(has.as_str().cmp(wanted.as_str())),
        };
        let Some(order) = order else { return false };
        match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Different => order.is_ne(),
            Comparison::AtLeast => order.is_ge(),
            Comparison::AtMost => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::Less => order.is_lt(),
        }
    }

    /// What there is instead.
    fn seen(&self, objects: &Objects) -> String {
        if objects.is_empty() {
            return format!("there is no {} with these labels", self.kind);
        }
        let found: BTreeMap<&str, String> = objects
            .iter()
            .map(|((_, name), object)| {
                (name.as_str(), shown(self.field(object)).unwrap_or_else(|| "nothing".to_owned()))
            })
            .collect();
        let few: Vec<String> = found.iter().take(5).map(|(name, value)| format!("{name}: {value}")).collect();
        format!("none of {} {} has it ({})", objects.len(), self.kind, few.join(", "))
    }
}

/// What stands before the colon that is in no bracket.
fn split_object(text: &str) -> Result<(&str, &str), &'static str> {
    let end = text.find(']').map_or(0, |at| at);
    let colon = text[end..].find(':').map(|at| at + end).ok_or("there is no colon behind the kind")?;
    Ok((text[..colon].trim(), &text[colon + 1..]))
}

/// The keys of a path; a dot with a backslash before it belongs to a key.
fn split_path(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'.') => {
                letters.next();
                keys.last_mut().into_iter().for_each(|key| key.push('.'));
            }
            '.' => keys.push(String::new()),
            letter => keys.last_mut().into_iter().for_each(|key| key.push(letter)),
        }
    }
    keys
}

fn shown(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// An amount of Kubernetes, such as `250m`, `1.5` or `4Gi` (resource.Quantity).
fn amount(text: &str) -> Option<f64> {
    let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let factor = match &text[end..] {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(condition: &str, object: &Json) -> bool {
        Condition::parse(condition).unwrap().holds(object)
    }

    #[test]
    fn conditions_are_read_with_labels_and_keys_that_have_dots() {
        let one = Condition::parse("Node[gpu=on]:status.allocatable.nvidia\\.com/gpu>=1").unwrap();
        assert_eq!(one.path, ["status", "allocatable", "nvidia.com/gpu"]);
        assert_eq!((one.kind.as_str(), one.labels.as_deref()), ("Node", Some("gpu=on")));
        let two = Condition::parse("apps/v1/Deployment[a:b in (c)]:spec.replicas").unwrap();
        assert_eq!(
            (two.api_version.as_deref(), two.labels.as_deref()),
            (Some("apps/v1"), Some("a:b in (c)"))
        );
        for bad in ["Node", "node:a", "Node[a:b", "Node:a>=", "Node:a..b", "Node:"] {
            assert!(Condition::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_compared_by_what_they_are_worth() {
        let node = json!({ "status": { "allocatable": { "nvidia.com/gpu": "8", "memory": "64Gi", "cpu": "7900m" },
            "phase": "Running", "list": [{ "a": 1 }] } });
        assert!(holds("Node:status.allocatable.nvidia\\.com/gpu>=8", &node));
        assert!(!holds("Node:status.allocatable.nvidia\\.com/gpu>8", &node));
        assert!(holds("Node:status.allocatable.memory>1000Mi", &node));
        assert!(holds("Node:status.allocatable.cpu<8", &node));
        assert!(holds("Node:status.phase=Running", &node));
        assert!(holds("Node:status.list.0.a=1", &node));
        assert!(holds("Node:status.none!=x", &node));
        assert!(!holds("Node:status.none>=0", &node));
        assert!(holds("Node:status.phase", &node) && !holds("Node:status.none", &node));
    }
}
