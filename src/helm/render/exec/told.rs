//! Where a template hands on what the cluster's list of APIs holds, in another way than by asking for one of them:
//! what it makes of it changes with every definition that anybody installs.

use super::{Machine, Slot};
use crate::helm::render::datum::{Datum, ListKind, Object};

/// Functions that pass on what they are given without looking inside.
const PASSING: [&str; 14] = [
    "dict", "list", "tuple", "set", "include", "tpl", "default", "coalesce", "ternary", "get", "hasKey",
    "kindIs", "typeOf", "empty",
];

/// Functions that look at all that a map holds.
const WHOLE: [&str; 22] = [
    "toJson",
    "mustToJson",
    "toPrettyJson",
    "mustToPrettyJson",
    "toRawJson",
    "mustToRawJson",
    "toYaml",
    "mustToYaml",
    "toYamlPretty",
    "toToml",
    "print",
    "println",
    "printf",
    "html",
    "js",
    "urlquery",
    "toString",
    "quote",
    "squote",
    "cat",
    "join",
    "values",
];

impl Machine<'_, '_> {
    /// A function is called with these.
    pub(super) fn told(&mut self, function: &str, values: &[Slot]) {
        if self.outside.draws.is_none() || PASSING.contains(&function) {
            return;
        }
        let whole = WHOLE.contains(&function);
        if values.iter().any(|value| holds(value.as_datum(), whole)) {
            self.tell_all();
        }
    }

    /// A value is written, or gone through.
    pub(super) fn told_value(&mut self, value: &Datum) {
        if self.outside.draws.is_some() && holds(value, true) {
            self.tell_all();
        }
    }

    fn tell_all(&mut self) {
        if let Some(draws) = &mut self.outside.draws {
            draws.touch(|touched| (touched.version, touched.apis) = (true, true));
        }
    }
}

/// Whether a value is the list, or what holds it; `whole` looks into what every template is given, too.
fn holds(value: &Datum, whole: bool) -> bool {
    let listed = |datum: &Datum| match datum {
        Datum::List(list) => list.kind() == ListKind::Versions,
        Datum::Object(object) => matches!(&**object, Object::Capabilities { .. }),
        _ => false,
    };
    match value {
        Datum::Map(map) if whole => map.get(b"Capabilities").is_some_and(|datum| listed(&datum)),
        datum => listed(datum),
    }
}
