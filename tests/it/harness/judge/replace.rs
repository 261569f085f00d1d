//! What a host makes of a plan: which action it is, and which of the paths that ask for a
//! replacement count.

use bud::value::{Path, Step, Value};

use super::super::alike::alike;
use super::super::schema::{Attributes, Block};
use super::Violations;

/// What a host does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Create,
    Update,
    Replace,
    Delete,
}

/// The paths at which something changes, of those that the provider says force a replacement; a path
/// that leads nowhere is a fault.
pub(crate) fn replace_paths(
    block: &Block,
    prior: &Value,
    planned: &Value,
    paths: &[Path],
) -> (Vec<Path>, Violations) {
    let mut kept = Vec::new();
    let mut found = Violations::new();
    if prior.is_null() {
        return (kept, found);
    }
    for path in paths {
        match (follow(prior, path), follow(planned, path)) {
            (None, None) => {
                found.push(format!("{path}: \"requires replacement\" on a non-existent attribute path"));
            }
            (before, after) => {
                let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
                let changes = !after.is_wholly_known() || !same(block, path, before, after);
                if changes || is_write_only(&block.attributes, &path.0) {
                    kept.push(path.clone());
                }
            }
        }
    }
    (kept, found)
}

/// The action that follows from a plan of an object that shall exist.
pub(crate) fn action(block: &Block, prior: &Value, planned: &Value, replace: &[Path]) -> Action {
    if prior.is_null() {
        Action::Create
    } else if replace.iter().any(|path| is_write_only(&block.attributes, &path.0)) {
        Action::Replace
    } else if planned.is_wholly_known() && alike(&block.kind(), prior, planned) {
        Action::Nothing
    } else if replace.is_empty() {
        Action::Update
    } else {
        Action::Replace
    }
}

/// The value at a path; none where the path does not exist. Steps into sets are impossible, which
/// shows here as an element that is compared by its place: the judge of paths refuses those below.
fn follow<'value>(value: &'value Value, path: &Path) -> Option<&'value Value> {
    path.0.iter().try_fold(value, |value, step| match (step, value) {
        (_, Value::Unknown(_)) => Some(value),
        (Step::Attribute(name) | Step::Key(name), Value::Map(entries)) => entries.get(name),
        (Step::Index(index), Value::List(elements)) => elements.get(*index),
        _ => None,
    })
}

fn same(block: &Block, path: &Path, before: &Value, after: &Value) -> bool {
    use bud::value::Kind;
    let kind = path.0.iter().try_fold(block.kind(), |kind, step| match (step, kind) {
        (Step::Attribute(name), Kind::Object(attributes)) => attributes.get(name).cloned(),
        (Step::Key(_), Kind::Map(element)) | (Step::Index(_), Kind::List(element)) => Some(*element),
        _ => None,
    });
    // A path that the types do not know, such as one into a set, can only be compared as it is.
    kind.map_or(before == after, |kind| alike(&kind, before, after))
}

/// Whether the path names a write-only attribute, whose change no value can show.
fn is_write_only(attributes: &Attributes, steps: &[Step]) -> bool {
    let Some((at, Step::Attribute(name))) =
        steps.iter().enumerate().find(|(_, step)| matches!(step, Step::Attribute(_)))
    else {
        return false;
    };
    let rest = &steps[at + 1..];
    attributes.get(name).is_some_and(|attribute| match &attribute.nested {
        Some(nested) if !rest.is_empty() => is_write_only(&nested.attributes, rest),
        _ => attribute.write_only,
    })
}

#[cfg(test)]
mod tests {
    use bud::value::Kind;

    use super::super::super::schema::Nesting;
    use super::super::super::schema::sample::{block, computed, nested, required, write_only};
    use super::*;

    fn network() -> Block {
        block([
            ("name", required(Kind::String)),
            ("id", computed(Kind::String)),
            ("password", write_only(Kind::String)),
            ("subnets", nested(Nesting::Map, [("range", required(Kind::String))])),
        ])
    }

    fn object(name: &str, id: Value, range: &str) -> Value {
        let subnets = Value::object([("a", Value::object([("range", Value::string(range))]))]);
        Value::object([
            ("name", Value::string(name)),
            ("id", id),
            ("password", Value::Null),
            ("subnets", subnets),
        ])
    }

    #[test]
    fn only_paths_at_which_something_changes_count() {
        let [prior, planned] = [object("a", Value::string("1"), "r"), object("a", Value::unknown(), "s")];
        let range = Path::of("subnets").key("a").attribute("range");
        let paths = [Path::of("name"), Path::of("id"), range.clone()];
        let (kept, found) = replace_paths(&network(), &prior, &planned, &paths);
        assert_eq!(found, Violations::new());
        assert_eq!(kept, [Path::of("id"), range]);
        assert_eq!(
            replace_paths(&network(), &Value::Null, &planned, &paths),
            (Vec::new(), Violations::new())
        );
    }

    #[test]
    fn a_path_that_leads_nowhere_is_a_fault() {
        let prior = object("a", Value::string("1"), "r");
        let nowhere = [Path::of("nmae"), Path::of("name").index(0)];
        let (kept, found) = replace_paths(&network(), &prior, &prior, &nowhere);
        assert!(kept.is_empty());
        assert_eq!(
            found,
            [
                "nmae: \"requires replacement\" on a non-existent attribute path",
                "name[0]: \"requires replacement\" on a non-existent attribute path"
            ]
        );
        // An element that only comes or only goes is there in one of the two, which is enough.
        let comes = Path::of("subnets").key("b");
        let mut planned = prior.clone();
        planned.set("subnets", Value::object([("b", Value::Null)]));
        assert_eq!(replace_paths(&network(), &prior, &planned, &[comes]).1, Violations::new());
    }

    #[test]
    fn a_write_only_path_always_replaces() {
        let prior = object("a", Value::string("1"), "r");
        let (kept, _) = replace_paths(&network(), &prior, &prior, &[Path::of("password")]);
        assert_eq!(action(&network(), &prior, &prior, &kept), Action::Replace);
    }

    #[test]
    fn the_action_follows_from_what_differs() {
        let prior = object("a", Value::string("1"), "r");
        let network = network();
        assert_eq!(action(&network, &Value::Null, &prior, &[]), Action::Create);
        assert_eq!(action(&network, &prior, &prior, &[]), Action::Nothing);
        let unknown = object("a", Value::unknown(), "r");
        assert_eq!(action(&network, &prior, &unknown, &[]), Action::Update);
        assert_eq!(action(&network, &prior, &unknown, &[Path::of("id")]), Action::Replace);
    }
}
