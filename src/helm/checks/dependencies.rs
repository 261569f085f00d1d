//! Dependencies in `charts/`: the same one twice, and others than Chart.lock says.

use std::collections::BTreeMap;

use super::Chart;
use super::finding::{Finding, Place};
use super::selection::Check;
use crate::helm::render::Dependency;
use crate::helm::version::compatible;

pub(super) fn check(chart: &Chart, found: &mut Vec<Finding>) {
    inside(chart, chart.name(), true, found);
}

/// A packed chart is as its makers released it: its lock is not the user's to mend.
fn inside(chart: &Chart, path: &str, is_own: bool, found: &mut Vec<Finding>) {
    twice(chart, path, found);
    if is_own {
        locked(chart, path, found);
    }
    for sub in &chart.dependencies {
        let entry = format!("{path}/charts/{}", sub.entry);
        inside(sub, &entry, is_own && !is_archive(sub), found);
    }
}

fn is_archive(chart: &Chart) -> bool {
    std::path::Path::new(&chart.entry).extension().is_some_and(|extension| extension == "tgz")
}

fn shown(chart: &Chart) -> String {
    let form = if is_archive(chart) { "archive" } else { "folder" };
    format!("the {form} {} (version {})", chart.entry, chart.version())
}

fn finding(path: String, what: String, why: &str, advice: String) -> Finding {
    let place = Place::File { path, line: None };
    Finding { check: Check::Dependencies, place, what, why: why.to_owned(), advice }
}

fn twice(chart: &Chart, path: &str, found: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<&str, Vec<&Chart>> = BTreeMap::new();
    for sub in &chart.dependencies {
        by_name.entry(sub.name()).or_default().push(sub);
    }
    for (name, present) in by_name.into_iter().filter(|(_, present)| present.len() > 1) {
        let declared: Vec<&Dependency> =
            chart.declared.metadata.dependencies.iter().filter(|one| one.name == name).collect();
        // Two versions on purpose: each entry is what one declaration asks for, and no other.
        let fits = |one: &Dependency, sub: &Chart| compatible(&one.version, sub.version());
        let each_is_asked = present.iter().all(|sub| declared.iter().any(|one| fits(one, sub)));
        let none_is_doubtful =
            declared.iter().all(|one| present.iter().filter(|sub| fits(one, sub)).count() == 1);
        if !declared.is_empty() && each_is_asked && none_is_doubtful {
            continue;
        }
        let entries: Vec<String> = present.iter().map(|sub| shown(sub)).collect();
        let why = if declared.is_empty() || !each_is_asked {
            "Helm renders each that no declared version fits, whatever is switched off."
        } else {
            "Helm takes whichever it meets first, and the order is not defined."
        };
        found.push(finding(
            format!("{path}/charts"),
            format!("The dependency {name} is there {} times: {}.", present.len(), entries.join(", ")),
            why,
            "Keep one of them: `helm dependency build` puts archives beside folders that are there already."
                .to_owned(),
        ));
    }
}

fn locked(chart: &Chart, path: &str, found: &mut Vec<Finding>) {
    let Some(lock) = &chart.lock else { return };
    let file = if chart.declared.metadata.api_version == "v1" { "requirements.lock" } else { "Chart.lock" };
    let place = format!("{path}/{file}");
    let declared = &chart.declared.metadata.dependencies;
    let renew = "Run `helm dependency update` and keep its result.";
    for one in declared {
        let of_name: Vec<&Dependency> =
            lock.dependencies.iter().filter(|entry| entry.name == one.name).collect();
        if of_name.is_empty() {
            found.push(finding(
                place.clone(),
                format!("The dependency {} of Chart.yaml is not in the lock.", one.name),
                "`helm dependency build` refuses a lock that is out of step.",
                renew.to_owned(),
            ));
            continue;
        }
        if !of_name.iter().any(|entry| compatible(&one.version, &entry.version)) {
            let versions: Vec<&str> = of_name.iter().map(|entry| entry.version.as_str()).collect();
            found.push(finding(
                place.clone(),
                format!(
                    "Chart.yaml asks for {} in version {:?}, the lock has {}.",
                    one.name,
                    one.version,
                    versions.join(", ")
                ),
                "`helm dependency build` refuses a lock that is out of step.",
                renew.to_owned(),
            ));
        } else if !of_name.iter().any(|entry| entry.repository == one.repository) {
            found.push(finding(
                place.clone(),
                format!(
                    "Chart.yaml takes {} from {:?}, the lock from {:?}.",
                    one.name, one.repository, of_name[0].repository
                ),
                "`helm dependency build` refuses a lock that is out of step.",
                renew.to_owned(),
            ));
        }
    }
    for entry in &lock.dependencies {
        if !declared.iter().any(|one| one.name == entry.name) {
            found.push(finding(
                place.clone(),
                format!("The lock has {}, which Chart.yaml does not declare.", entry.name),
                "`helm dependency build` refuses a lock that is out of step.",
                renew.to_owned(),
            ));
            continue;
        }
        let present: Vec<&Chart> = chart.dependencies.iter().filter(|sub| sub.name() == entry.name).collect();
        if !present.is_empty() && !present.iter().any(|sub| compatible(&entry.version, sub.version())) {
            let entries: Vec<String> = present.iter().map(|sub| shown(sub)).collect();
            found.push(finding(
                place.clone(),
                format!("The lock has {} {}, charts/ has {}.", entry.name, entry.version, entries.join(", ")),
                "What is installed is not what was locked.",
                "Run `helm dependency build`, or `helm dependency update` if charts/ is right.".to_owned(),
            ));
        }
    }
}
