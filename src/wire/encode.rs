//! From values, diagnostics and paths to the protocol's messages.

use super::decode::identity_kind;
use super::fault::Fault;
use super::msgpack;
use super::proto::tfplugin6 as proto;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::schema::IdentityAttribute;
use crate::value::{Kind, Path, Step, Value};

/// A value as a message.
///
/// # Errors
/// [`Fault`] where it is not of the type.
pub fn value(value: &Value, kind: &Kind) -> Result<proto::DynamicValue, Fault> {
    Ok(proto::DynamicValue { msgpack: msgpack::write(value, kind)?, json: Vec::new() })
}

/// An identity as a message, absent where there is none.
///
/// # Errors
/// [`Fault`] where it is not of the type.
pub fn identity(
    identity: &Value,
    attributes: &[IdentityAttribute],
) -> Result<Option<proto::ResourceIdentityData>, Fault> {
    if identity.is_null() {
        return Ok(None);
    }
    let data = value(identity, &identity_kind(attributes))?;
    Ok(Some(proto::ResourceIdentityData { identity_data: Some(data) }))
}

/// Diagnostics as messages, in their order.
#[must_use]
pub fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.0.into_iter().map(diagnostic).collect()
}

/// One diagnostic as a message.
#[must_use]
pub fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    // The hosts mark a line for a top-level attribute only: deeper, the text must say the place itself.
    let detail = match &diagnostic.path {
        Some(path) if path.0.len() > 1 && !diagnostic.detail.contains(&path.to_string()) => {
            format!("{path}: {}", diagnostic.detail)
        }
        _ => diagnostic.detail,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail,
        // An empty path would be shown as a place that does not exist.
        attribute: diagnostic
            .path
            .as_ref()
            .filter(|path| !path.0.is_empty())
            .map(|whole| path(&markable(whole))),
    }
}

/// As much of a path as the hosts find a line for: an attribute of the block, or one element of it. Below that
/// they look for the last name at the top of the block, and mark the line of whatever has the same name there.
fn markable(path: &Path) -> Path {
    let deeper = path.0.iter().skip(1).take(1).filter(|step| !matches!(step, Step::Attribute(_)));
    Path(path.0.iter().take(1).chain(deeper).cloned().collect())
}

/// A path as a message.
#[must_use]
pub fn path(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path.0.iter().map(|step| proto::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        }),
    });
    proto::AttributePath { steps: steps.collect() }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Path, diagnostic, markable};

    /// Both hosts showed neither attribute nor line for a path below the first step.
    #[test]
    fn a_place_inside_of_an_attribute_is_named_in_the_text() {
        let deep = Path::of("rules").key("ssh").attribute("ports").index(0);
        let shown = diagnostic(Diagnostic::error("Bad port", "\"x\" is no port.").at(deep.clone()));
        assert_eq!(shown.detail, "rules[\"ssh\"].ports[0]: \"x\" is no port.");
        let said =
            diagnostic(Diagnostic::error("Null element", format!("The element {deep} is null.")).at(deep));
        assert_eq!(said.detail, "The element rules[\"ssh\"].ports[0] is null.");
        let top = diagnostic(Diagnostic::error("Bad name", "No.").at(Path::of("name")));
        assert_eq!(top.detail, "No.");
    }

    /// A fault in `data_disks[1].name` was shown on the line of the pool's own `name`.
    #[test]
    fn the_line_that_is_marked_is_that_of_the_attribute_or_of_its_element() {
        let list = Path::of("data_disks").index(1);
        assert_eq!(markable(&list.clone().attribute("name")), list);
        let map = Path::of("rules").key("ssh");
        assert_eq!(markable(&map.clone().attribute("ports").index(0)), map);
        assert_eq!(markable(&Path::of("timeouts").attribute("create")), Path::of("timeouts"));
        assert_eq!(markable(&Path::of("name")), Path::of("name"));
    }
}
