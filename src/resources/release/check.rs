//! What is wrong with a release before any cluster is asked. Unknown parts are passed over.

use super::options;
use super::ready_when::Condition;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::chart::read_values;
use crate::resources::chart_place;
use crate::schema::Draft;
use crate::value::{Path, Value};

/// Checks a configuration.
pub(super) fn check(config: &Value, diagnostics: &mut Diagnostics) {
    chart_place::check(config, &["repository_password", "repository_password_wo"], diagnostics);
    crate::resources::chart::check_rendering(config, diagnostics);
    names(config, diagnostics);
    together(config, diagnostics);
    pairs(config, diagnostics);
    conditions(config, diagnostics);
    if let Some(text) = config.get("timeout").as_str()
        && let Err(problem) = options::timeout(text)
    {
        diagnostics.push(problem);
    }
    if let Some(text) = config.get("values_wo").as_str()
        && let Err(error) = read_values(text.as_bytes())
    {
        // The text of the error may quote what is secret: its place alone is told.
        let _ = error;
        diagnostics.push(
            Diagnostic::error(
                "Values are no YAML mapping",
                "values_wo is no YAML mapping. Build it with yamlencode({ … }).",
            )
            .at(Path::of("values_wo")),
        );
    }
    let timeouts = Draft::nested(config.get("timeouts"), Path::of("timeouts"));
    for name in ["create", "read", "update", "delete"] {
        let _: Option<std::time::Duration> = timeouts.get(name, diagnostics);
    }
}

/// Names of releases are names of the DNS, shorter so that charts can put something behind them; namespaces are
/// labels of it.
fn names(config: &Value, diagnostics: &mut Diagnostics) {
    let label = |text: &str, dots: bool| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let part = |part: &str| {
            let bytes = part.as_bytes();
            let ends = |byte: Option<&u8>| byte.is_some_and(|byte| inner(*byte));
            ends(bytes.first())
                && ends(bytes.last())
                && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
        };
        if dots { text.split('.').all(part) } else { part(text) }
    };
    if let Some(name) = config.get("name").as_str()
        && (name.len() > 53 || !label(name, true))
    {
        let detail = format!(
            "{name:?} cannot be the name of a release. It has {} characters of at most 53, and consists of lower-case \
             letters, digits, - and ., with a letter or digit at both ends.",
            name.chars().count()
        );
        diagnostics.push(Diagnostic::error("Bad name", detail).at(Path::of("name")));
    }
    if let Some(namespace) = config.get("namespace").as_str()
        && (namespace.len() > 63 || !label(namespace, false))
    {
        let detail = format!(
            "{namespace:?} cannot be a namespace. It has at most 63 characters, and consists of lower-case letters, \
             digits and -, with a letter or digit at both ends."
        );
        diagnostics.push(Diagnostic::error("Bad namespace", detail).at(Path::of("namespace")));
    }
}

/// Arguments that say the opposite of each other.
fn together(config: &Value, diagnostics: &mut Diagnostics) {
    let mut conflict = |one: &str, other: &str, why: &str| {
        let detail = format!("{one} and {other} do not go together: {why}");
        diagnostics.push(Diagnostic::error("Conflicting arguments", detail).at(Path::of(one)));
    };
    let truth = |name: &str| config.get(name).as_bool() == Some(true);
    if truth("skip_crds") && matches!(config.get("crds").as_str(), Some("create" | "create_replace")) {
        conflict("skip_crds", "crds", "skip_crds means crds = \"skip\". Remove skip_crds.");
    }
    if !config.get("repository_password").is_null() && !config.get("repository_password_wo").is_null() {
        conflict("repository_password_wo", "repository_password", "both are the password. Remove one.");
    }
    if truth("devel") && !config.get("version").is_null() {
        // As in Helm, the version wins: no reason for an error.
        diagnostics.push(
            Diagnostic::warning("Argument without effect", "devel counts only where no version is given.")
                .at(Path::of("devel")),
        );
    }
    if config.get("max_history").is_null() {
        return;
    }
    if let Value::Number(number) = config.get("max_history")
        && number.as_i64().is_none_or(|number| !(0..=i64::from(u32::MAX)).contains(&number))
    {
        let detail =
            format!("max_history is {number}. It is a whole number that is not negative; 0 keeps all.");
        diagnostics.push(Diagnostic::error("Bad number", detail).at(Path::of("max_history")));
    }
}

/// Write-only values and the numbers that say when they are taken.
fn pairs(config: &Value, diagnostics: &mut Diagnostics) {
    for (number, values) in [("values_wo_version", "values_wo"), ("set_wo_revision", "set_wo")] {
        if !config.get(number).is_null() && config.get(values).is_null() {
            let detail = format!("{number} says when {values} is taken anew, and there is no {values}.");
            diagnostics.push(Diagnostic::error("Argument missing", detail).at(Path::of(values)));
        }
    }
}

fn conditions(config: &Value, diagnostics: &mut Diagnostics) {
    for (index, text) in config.get("ready_when").as_list().unwrap_or_default().iter().enumerate() {
        let Some(text) = text.as_str() else { continue };
        if let Err(problem) = Condition::parse(text) {
            let detail = format!(
                "{text:?}: {problem}. Write a kind, labels in brackets if needed, a path and what it is compared with, \
                 such as Node[gpu=on]:status.allocatable.nvidia\\.com/gpu>=1."
            );
            diagnostics
                .push(Diagnostic::error("Bad condition", detail).at(Path::of("ready_when").index(index)));
        }
    }
}
