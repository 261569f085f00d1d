//! The objects of a release, read once for all checks.

use super::finding::{Finding, Place};
use super::selection::Check;
use crate::helm::manifest::HookEvent;
use crate::helm::template::Rendered;
use crate::helm::value::{Map, Value};
use crate::helm::yaml;

/// One object of a release.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// The template that it comes from.
    pub(super) template: &'a str,
    pub(super) api_version: String,
    pub(super) kind: String,
    /// Empty where the kind has none.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) value: Value,
    /// When it is created, if it is a hook.
    pub(super) events: Option<&'a [HookEvent]>,
}

/// All of them: what is installed, then the hooks.
#[derive(Debug)]
pub(super) struct Objects<'a>(pub(super) Vec<Object<'a>>);

/// Kinds that lie in no namespace.
const CLUSTER: [&str; 22] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "ClusterIssuer",
    "ClusterPolicy",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

impl<'a> Objects<'a> {
    pub(super) fn read(rendered: &'a Rendered, namespace: &str) -> Self {
        let mut found = Vec::new();
        for one in &rendered.manifests {
            add(&one.path, &one.content, None, namespace, &mut found);
        }
        for hook in &rendered.hooks {
            add(&hook.path, &hook.manifest, Some(&hook.events), namespace, &mut found);
        }
        Self(found)
    }

    /// Those that are installed with the release.
    pub(super) fn installed(&self) -> impl Iterator<Item = &Object<'a>> {
        self.0.iter().filter(|object| object.events.is_none())
    }
}

fn add<'a>(
    template: &'a str,
    text: &'a str,
    events: Option<&'a [HookEvent]>,
    namespace: &str,
    found: &mut Vec<Object<'a>>,
) {
    // Rendering has read it before.
    let Ok(value) = yaml::read(text.as_bytes()) else { return };
    let is_list = value.as_map().is_some_and(|map| {
        map.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"))
    });
    let items =
        if is_list { value.as_map().and_then(|map| map.get("items")).and_then(Value::as_list) } else { None };
    let values = match items {
        Some(items) => items.to_vec(),
        None => vec![value],
    };
    for value in values {
        let word = |path: &[&str]| at(&value, path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = word(&["kind"]);
        let own = word(&["metadata", "namespace"]);
        let namespace = if CLUSTER.contains(&kind.as_str()) {
            String::new()
        } else if own.is_empty() {
            namespace.to_owned()
        } else {
            own
        };
        let (api_version, name) = (word(&["apiVersion"]), word(&["metadata", "name"]));
        if !kind.is_empty() {
            found.push(Object { template, api_version, kind, namespace, name, value, events });
        }
    }
}

/// What stands at a path of keys.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.as_map()?.get(*key))
}

/// A whole number, however it is written.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        // Counts are small.
        #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i64),
        _ => None,
    }
}

impl Object<'_> {
    /// The group of its API; empty for the core.
    pub(super) fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// What stands at a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        at(&self.value, path)
    }

    /// The text at a path of keys.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// A field of it, as a place.
    pub(super) fn place(&self, field: &str) -> Place {
        Place::Object {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            field: field.to_owned(),
            template: self.template.to_owned(),
        }
    }

    /// Kind and name in a sentence.
    pub(super) fn called(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// A finding about a field of it.
    pub(super) fn finding(
        &self,
        check: Check,
        field: &str,
        what: String,
        why: &str,
        advice: &str,
    ) -> Finding {
        Finding { check, place: self.place(field), what, why: why.to_owned(), advice: advice.to_owned() }
    }

    /// What the pods of a workload are made of.
    pub(super) fn pod(&self) -> Option<&Map> {
        let path: &[&str] = match self.kind.as_str() {
            "Pod" => &["spec"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        };
        self.at(path)?.as_map()
    }
}
