//! Replicas that a workload fixes although an autoscaler sets them.

use super::finding::Finding;
use super::objects::{Object, Objects, whole};
use super::selection::Check;

pub(super) fn check(objects: &Objects<'_>, found: &mut Vec<Finding>) {
    for scaler in objects.installed() {
        let Some(target) = Target::of(scaler) else { continue };
        for workload in objects.installed().filter(|workload| target.is(scaler, workload)) {
            let Some(replicas) = workload.at(&["spec", "replicas"]).and_then(whole) else { continue };
            // None at all switches a scaler off, and an autoscaler without room changes nothing.
            if replicas == 0 || (target.least == Some(replicas) && target.most == Some(replicas)) {
                continue;
            }
            found.push(workload.finding(
                Check::FixedReplicas,
                "spec.replicas",
                format!("It fixes {replicas} replicas, and {} scales it.", scaler.called()),
                "Every upgrade sets the number back, whatever the load is, until the autoscaler acts again.",
                "Leave spec.replicas out where the autoscaler is on.",
            ));
        }
    }
}

/// What an autoscaler scales, and within which bounds.
struct Target<'a> {
    group: &'a str,
    kind: &'a str,
    name: &'a str,
    least: Option<i64>,
    most: Option<i64>,
}

impl<'a> Target<'a> {
    fn of(scaler: &'a Object<'_>) -> Option<Self> {
        let (least, most, default) = match (scaler.group(), scaler.kind.as_str()) {
            ("autoscaling", "HorizontalPodAutoscaler") => ("minReplicas", "maxReplicas", 1),
            ("keda.sh", "ScaledObject") => ("minReplicaCount", "maxReplicaCount", 0),
            _ => return None,
        };
        let text = |key: &str| scaler.text_at(&["spec", "scaleTargetRef", key]);
        let number = |key: &str| scaler.at(&["spec", key]).and_then(whole);
        Some(Self {
            group: text("apiVersion")
                .and_then(|version| version.rsplit_once('/'))
                .map_or("apps", |(group, _)| group),
            kind: text("kind").unwrap_or("Deployment"),
            name: text("name")?,
            least: number(least).or(Some(default)),
            most: number(most),
        })
    }

    fn is(&self, scaler: &Object<'_>, workload: &Object<'_>) -> bool {
        let old = |group: &str| matches!(group, "apps" | "extensions" | "");
        workload.kind == self.kind
            && workload.name == self.name
            && workload.namespace == scaler.namespace
            && (workload.group() == self.group || (old(workload.group()) && old(self.group)))
    }
}
