//! What the answers to the other calls must be: refreshed, upgraded, planned and applied objects.

use bud::value::{Kind, Value};

use super::super::alike::alike;
use super::super::schema::{Attributes, Block, Nested};
use super::replace::Action;
use super::{Place, Violations, compatible, plan_valid, show};

/// The first plan of an object that shall exist, beside what the provider's diagnostics said.
pub(crate) fn planned(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Violations {
    let mut found = plan_valid(block, prior, config, planned);
    found.extend(write_only_null(block, planned));
    found
}

/// The plan of an object that shall be gone.
pub(crate) fn destroy_planned(planned: &Value) -> Violations {
    if planned.is_null() { Vec::new() } else { vec!["planned a non-null destroy value".to_owned()] }
}

/// The plan that is made again when the first one is applied.
pub(crate) fn final_plan(block: &Block, first: (Action, &Value), second: (Action, &Value)) -> Violations {
    let mut found = Violations::new();
    let settled_down = (Action::Update, Action::Nothing);
    if first.0 != second.0 && (first.0, second.0) != settled_down {
        found.push(format!("changed the planned action from {:?} to {:?}", first.0, second.0));
    }
    found.extend(compatible(block, first.1, second.1));
    found
}

/// The state after an apply. With errors, whatever is there may differ from the plan, but must be
/// storable as it is.
pub(crate) fn applied(
    block: &Block,
    action: Action,
    planned: &Value,
    state: &Value,
    with_errors: bool,
) -> Violations {
    let mut found: Violations = wholly_known(state)
        .into_iter()
        .map(|place| format!("{place}: still indicated an unknown value after apply"))
        .collect();
    found.extend(write_only_null(block, state));
    if with_errors {
        return found;
    }
    match (action, state.is_null()) {
        (Action::Delete, false) => found.push("returned a non-null object after a delete".to_owned()),
        (Action::Delete, true) => {}
        _ => found.extend(compatible(block, planned, state)),
    }
    found
}

/// A refreshed object. Nothing is said of its values: those may have drifted.
pub(crate) fn read(block: &Block, private: &[u8], state: &Value, new_private: &[u8]) -> Violations {
    let mut found: Violations =
        wholly_known(state).into_iter().map(|place| format!("{place}: unknown after a refresh")).collect();
    found.extend(write_only_null(block, state));
    if !state.is_null() && !private.is_empty() && new_private.is_empty() {
        found.push("the private bytes were not handed back and are lost".to_owned());
    }
    found
}

/// A stored object in the present version's form.
pub(crate) fn upgraded(block: &Block, state: &Value) -> Violations {
    if state.is_null() {
        // Both hosts drop the object without a word and plan a second one.
        return vec!["an upgraded state is null, the object is lost".to_owned()];
    }
    let mut found: Violations =
        wholly_known(state).into_iter().map(|place| format!("{place}: unknown after an upgrade")).collect();
    found.extend(write_only_null(block, state));
    found
}

/// The places of everything unknown.
pub(crate) fn wholly_known(value: &Value) -> Vec<String> {
    fn walk(value: &Value, place: &Place, found: &mut Vec<String>) {
        match value {
            Value::Unknown(_) => found.push(place.0.clone()),
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    walk(element, &place.element(index), found);
                }
            }
            // Keys that look like names read better as such; it is only a text.
            Value::Map(entries) => {
                entries.iter().for_each(|(key, entry)| walk(entry, &place.attribute(key), found))
            }
            Value::Typed(_, inner) => walk(inner, place, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &Place::default(), &mut found);
    found
}

/// Write-only values never leave the provider.
pub(crate) fn write_only_null(block: &Block, value: &Value) -> Violations {
    fn walk(attributes: &Attributes, value: &Value, place: &Place, found: &mut Violations) {
        for (name, attribute) in attributes {
            let (value, place) = (value.get(name), place.attribute(name));
            if attribute.write_only && !value.is_null() {
                found.push(place.says("a write-only attribute is not null"));
            } else if let Some(nested) = &attribute.nested {
                below(nested, value, &place, found);
            }
        }
    }
    fn below(nested: &Nested, value: &Value, place: &Place, found: &mut Violations) {
        use super::super::schema::Nesting;
        match value {
            Value::Map(_) if nested.nesting == Nesting::Single => {
                walk(&nested.attributes, value, place, found)
            }
            Value::Map(entries) => entries
                .iter()
                .for_each(|(key, entry)| walk(&nested.attributes, entry, &place.element(key), found)),
            Value::List(elements) => elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| walk(&nested.attributes, element, &place.element(index), found)),
            _ => {}
        }
    }
    let mut found = Violations::new();
    if value.as_map().is_some() {
        walk(&block.attributes, value, &Place::default(), &mut found);
    }
    found
}

/// An identity in a plan: OpenTofu cannot store one that is not wholly known.
pub(crate) fn identity_planned(identity: &Value) -> Violations {
    wholly_known(identity).into_iter().map(|place| format!("identity {place}: unknown in a plan")).collect()
}

/// An identity after a refresh or an update: once given, it stays.
pub(crate) fn identity_kept(kind: &Kind, before: &Value, after: &Value) -> Violations {
    if before.is_null() || alike(kind, before, after) {
        return Vec::new();
    }
    vec![format!("identity changed from {} to {}", show(before), show(after))]
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::Nesting;
    use super::super::super::schema::sample::{block, computed, nested, required, write_only};
    use super::*;

    fn secret() -> Block {
        block([
            ("name", required(Kind::String)),
            ("id", computed(Kind::String)),
            ("password", write_only(Kind::String)),
            ("users", nested(Nesting::Map, [("password", write_only(Kind::String))])),
        ])
    }

    fn object(id: Value, password: Value) -> Value {
        Value::object([
            ("name", Value::string("a")),
            ("id", id),
            ("password", password),
            ("users", Value::Null),
        ])
    }

    fn there() -> Value {
        object(Value::string("1"), Value::Null)
    }

    #[test]
    fn write_only_values_are_null_at_every_depth() {
        assert!(write_only_null(&secret(), &there()).is_empty());
        let mut leaky = object(Value::Null, Value::string("p"));
        leaky.set("users", Value::object([("u", Value::object([("password", Value::string("q"))]))]));
        let expected = [
            "password: a write-only attribute is not null",
            r#"users["u"].password: a write-only attribute is not null"#,
        ];
        assert_eq!(write_only_null(&secret(), &leaky), expected);
        assert_eq!(read(&secret(), b"", &leaky, b""), expected);
        assert_eq!(applied(&secret(), Action::Create, &leaky, &leaky, true), expected);
        assert_eq!(upgraded(&secret(), &leaky), expected);
        let config = object(Value::Null, Value::string("p"));
        assert!(planned(&secret(), &Value::Null, &config, &object(Value::unknown(), Value::Null)).is_empty());
        assert_eq!(planned(&secret(), &Value::Null, &config, &config), expected[..1]);
    }

    #[test]
    fn a_state_is_wholly_known() {
        let vague = object(Value::unknown(), Value::Null);
        assert_eq!(read(&secret(), b"", &vague, b""), ["id: unknown after a refresh"]);
        assert_eq!(upgraded(&secret(), &vague), ["id: unknown after an upgrade"]);
        let expected = ["id: still indicated an unknown value after apply"];
        assert_eq!(applied(&secret(), Action::Create, &vague, &vague, false), expected);
        assert_eq!(applied(&secret(), Action::Create, &vague, &vague, true), expected);
        assert!(applied(&secret(), Action::Create, &vague, &there(), false).is_empty());
    }

    #[test]
    fn private_bytes_are_handed_back() {
        assert!(read(&secret(), b"p", &there(), b"q").is_empty());
        assert!(read(&secret(), b"p", &Value::Null, b"").is_empty());
        let expected = ["the private bytes were not handed back and are lost"];
        assert_eq!(read(&secret(), b"p", &there(), b""), expected);
    }

    #[test]
    fn an_upgrade_never_loses_the_object() {
        assert!(upgraded(&secret(), &there()).is_empty());
        assert_eq!(upgraded(&secret(), &Value::Null), ["an upgraded state is null, the object is lost"]);
    }

    #[test]
    fn a_delete_ends_in_null_and_nothing_else_does() {
        let secret = secret();
        assert!(destroy_planned(&Value::Null).is_empty());
        assert_eq!(destroy_planned(&there()), ["planned a non-null destroy value"]);
        assert!(applied(&secret, Action::Delete, &Value::Null, &Value::Null, false).is_empty());
        let expected = ["returned a non-null object after a delete"];
        assert_eq!(applied(&secret, Action::Delete, &Value::Null, &there(), false), expected);
        let expected = ["root object was present, but now absent"];
        assert_eq!(applied(&secret, Action::Update, &there(), &Value::Null, false), expected);
        assert!(applied(&secret, Action::Update, &there(), &Value::Null, true).is_empty());
    }

    #[test]
    fn the_second_plan_says_what_the_first_one_said() {
        let secret = secret();
        let (vague, there) = (object(Value::unknown(), Value::Null), there());
        assert!(final_plan(&secret, (Action::Update, &vague), (Action::Nothing, &there)).is_empty());
        assert!(final_plan(&secret, (Action::Create, &vague), (Action::Create, &vague)).is_empty());
        assert_eq!(
            final_plan(&secret, (Action::Update, &there), (Action::Replace, &vague)),
            ["changed the planned action from Update to Replace", "id: was known, but now unknown"]
        );
        assert_eq!(
            final_plan(&secret, (Action::Nothing, &there), (Action::Update, &there)),
            ["changed the planned action from Nothing to Update"]
        );
    }

    #[test]
    fn identities_are_known_in_plans_and_stay() {
        let kind = Kind::Object([("id".to_owned(), Kind::String)].into());
        let identity = |id| Value::object([("id", id)]);
        assert!(identity_planned(&Value::Null).is_empty());
        assert!(identity_planned(&identity(Value::string("1"))).is_empty());
        assert_eq!(identity_planned(&identity(Value::unknown())), ["identity id: unknown in a plan"]);
        let [one, two] = [identity(Value::string("1")), identity(Value::string("2"))];
        assert!(identity_kept(&kind, &one, &one).is_empty());
        assert!(identity_kept(&kind, &Value::Null, &one).is_empty());
        let expected = [r#"identity changed from {id = "1"} to {id = "2"}"#];
        assert_eq!(identity_kept(&kind, &one, &two), expected);
        assert_eq!(identity_kept(&kind, &one, &Value::Null), [r#"identity changed from {id = "1"} to null"#]);
    }
}
