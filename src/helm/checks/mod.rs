//! What can be said about a release before anything is installed: mistakes that Helm renders without a word.
//!
//! Pure: a chart, the user's values and what they render to go in, findings come out. No cluster is asked;
//! what needs one is not here. What this room does not know: Terraform, the command line.

mod access_modes;
mod apis;
mod dependencies;
mod dormant;
mod duplicates;
mod finding;
mod gpu;
mod objects;
mod replicas;
mod selection;
mod spelling;
mod unfilled;
mod unread;

pub use finding::{Finding, Place};
pub use selection::{Check, Selection, UnknownCheck};

use std::collections::BTreeMap;

use crate::helm::chart::Chart;
use crate::helm::render::{Engine, KubeVersion, Outside};
use crate::helm::template::{Examined, Rendered, TemplateError, TemplateOptions, template_watched};
use crate::helm::value::Map;
use objects::Objects;

/// What the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The chart as it was loaded.
    pub chart: &'a Chart,
    /// What the user gave, without any default.
    pub values: &'a Map,
    /// The namespace of the release.
    pub namespace: &'a str,
    /// The version of Kubernetes that it is for.
    pub kube_version: &'a KubeVersion,
    /// The storage classes of the cluster with their provisioners, the default one under the empty name; empty
    /// where no cluster was asked.
    pub classes: &'a BTreeMap<String, String>,
    /// What chart and values render to.
    pub examined: &'a Examined,
}

/// Carries out the checks that are chosen. The findings stand in the order of the checks.
pub fn check(subject: &Subject<'_>, selection: &Selection) -> Vec<Finding> {
    let objects = Objects::read(&subject.examined.rendered, subject.namespace);
    let mut found = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| selection.has(*check)) {
        match check {
            Check::UnreadValues => unread::check(subject, &mut found),
            Check::UnfilledOutput => unfilled::check(subject, &objects, &mut found),
            Check::Dependencies => dependencies::check(subject.chart, &mut found),
            Check::FixedReplicas => replicas::check(&objects, &mut found),
            Check::DuplicateObjects => duplicates::check(&objects, &mut found),
            Check::GpuOwners => gpu::check(&objects, &mut found),
            Check::RemovedApis => apis::check(&objects, subject.kube_version, &mut found),
            Check::AccessModes => access_modes::check(&objects, subject.classes, &mut found),
        }
    }
    found
}

/// Renders a release and checks it: the release is the same as without the checks. `classes` are the storage
/// classes of the cluster, as [`Subject::classes`] says.
pub fn examine(
    engine: &Engine,
    chart: &Chart,
    values: &Map,
    options: &TemplateOptions,
    outside: &mut Outside<'_>,
    classes: &BTreeMap<String, String>,
    selection: &Selection,
) -> Result<(Rendered, Vec<Finding>), TemplateError> {
    let examined = template_watched(engine, chart.clone(), values, options, outside)?;
    let subject = Subject {
        chart,
        values,
        namespace: &options.release.namespace,
        kube_version: &options.capabilities.kube_version,
        classes,
        examined: &examined,
    };
    let found = check(&subject, selection);
    Ok((examined.rendered, found))
}

#[cfg(test)]
mod tests;
