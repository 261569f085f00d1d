//! Values to YAML, JSON and TOML, and back; versions.

use super::{Function, Outcome, Param, ok, plain, text, utf8};
use crate::helm::render::datum::{Datum, Object, Pairs};
use crate::helm::render::go::quote;
use crate::helm::render::json::{self, Layout};
use crate::helm::render::text::Str;
use crate::helm::render::toml;
use crate::helm::value::Value;
use crate::helm::version::{BadRange, Range, Version};
use crate::helm::yaml;
use std::rc::Rc;

use Param::{Any, Str as S};

pub(super) const TABLE: &[Function] = &[
    plain("toYaml", &[Any], |args| ok(to_yaml(&args[0]).unwrap_or_default())),
    plain("mustToYaml", &[Any], |args| to_yaml(&args[0]).map(Datum::str)),
    plain("toYamlPretty", &[Any], |args| match json::plain(&args[0]) {
        Ok(value) => ok(trimmed(yaml::write_pretty(&value))),
        Err(_) => ok(""),
    }),
    plain("fromYaml", &[S], |args| Ok(from_yaml(text(&args[0])).unwrap_or_else(error_map))),
    plain("fromYamlArray", &[S], |args| {
        Ok(from_yaml_list(text(&args[0])).unwrap_or_else(|error| Datum::list(vec![Datum::str(error)])))
    }),
    plain("toJson", &[Any], |args| ok(json::write(&args[0], Layout::Compact).unwrap_or_default())),
    plain("mustToJson", &[Any], |args| json::write(&args[0], Layout::Compact).map(Datum::str)),
    plain("toPrettyJson", &[Any], |args| ok(json::write(&args[0], Layout::Indented).unwrap_or_default())),
    plain("mustToPrettyJson", &[Any], |args| json::write(&args[0], Layout::Indented).map(Datum::str)),
    // Sprig panics with the error of the must-form.
    plain("toRawJson", &[Any], |args| json::write(&args[0], Layout::Raw).map(Datum::str)),
    plain("mustToRawJson", &[Any], |args| json::write(&args[0], Layout::Raw).map(Datum::str)),
    plain("fromJson", &[S], |args| Ok(json::read_map(text(&args[0])).unwrap_or_else(error_map))),
    plain("mustFromJson", &[S], |args| json::read(text(&args[0]))),
    plain("fromJsonArray", &[S], |args| {
        let list = json::read_list(text(&args[0]));
        Ok(list.unwrap_or_else(|error| Datum::list(vec![Datum::str(error)])))
    }),
    plain("toToml", &[Any], |args| ok(toml::write(&args[0]).unwrap_or_else(|error| error))),
    plain("mustToToml", &[Any], |args| toml::write(&args[0]).map(Datum::str)),
    plain("fromToml", &[S], |args| Ok(toml::read(text(&args[0])).unwrap_or_else(error_map))),
    plain("semver", &[S], |args| {
        let version = Version::parse(&utf8(&args[0])).map_err(|error| error.to_string())?;
        Ok(Datum::Object(Rc::new(Object::Version(version))))
    }),
    plain("semverCompare", &[S, S], |args| {
        let range = Range::parse(&utf8(&args[0])).map_err(|error| match error {
            BadRange::Form(group) => format!("improper constraint: {}", quote(group.as_bytes())),
            error => error.to_string(),
        })?;
        let version = Version::parse(&utf8(&args[1])).map_err(|error| error.to_string())?;
        Ok(Datum::Bool(range.contains(&version)))
    }),
];

/// Helm's `toYaml`, with its error.
pub(super) fn to_yaml(datum: &Datum) -> Result<String, String> {
    let value = json::plain(datum).map_err(|error| format!("error marshaling into JSON: {error}"))?;
    yaml::write_through_json(&value).map(trimmed).map_err(|error| error.to_string())
}

/// Without the newline at the end.
fn trimmed(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

fn error_map(error: String) -> Datum {
    Datum::map(Pairs::from([(Str::from("Error"), Datum::str(error))]))
}

fn read(text: &[u8]) -> Result<Datum, String> {
    yaml::read(text).map(|value: Value| Datum::from(&value)).map_err(|error| error.message)
}

fn wrong(found: &Datum, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", json::mismatch(found, wanted))
}

fn from_yaml(text: &[u8]) -> Outcome {
    match read(text)? {
        // Null leaves the empty map that Helm starts with.
        Datum::Nil => Ok(Datum::map(Pairs::new())),
        map @ Datum::Map(_) => Ok(map),
        other => Err(wrong(&other, "map[string]interface {}")),
    }
}

fn from_yaml_list(text: &[u8]) -> Outcome {
    match read(text)? {
        Datum::Nil => Ok(Datum::list(Vec::new())),
        list @ Datum::List(_) => Ok(list),
        other => Err(wrong(&other, "[]interface {}")),
    }
}
