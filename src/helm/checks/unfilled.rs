//! What templates left unfilled: Go's complaints about formats, and values that were not there.

use std::sync::LazyLock;

use regex::Regex;

use super::Subject;
use super::finding::Finding;
use super::objects::{Object, Objects};
use super::selection::Check;
use crate::helm::manifest::documents;
use crate::helm::render::Unfilled;
use crate::helm::value::Value;
use crate::helm::yaml;

/// What Go prints in the place of an absent value, and Helm takes out again.
const NO_VALUE: &str = "<no value>";

/// A complaint of Go's formats, as `%!d(string=x)`. A shell's `date +%!` is none.
static COMPLAINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let why =
        r"(?:<nil>|NOVERB|MISSING|BADINDEX|BADWIDTH|BADPREC)\)|EXTRA [^\n]*\)|PANIC=|[\[\]*.\w]+(?: \{\})?=";
    Regex::new(&format!(r"%!.?\((?:{why})")).ok()
});

pub(super) fn check(subject: &Subject<'_>, objects: &Objects<'_>, found: &mut Vec<Finding>) {
    let watched = &subject.examined.watched;
    for object in &objects.0 {
        complaints(object, &watched.places, found);
    }
    for (file, text) in watched.unfilled.iter().filter(|(file, _)| !file.ends_with("NOTES.txt")) {
        absent(subject.namespace, file, text, &watched.places, found);
    }
}

fn complaints(object: &Object<'_>, places: &[Unfilled], found: &mut Vec<Finding>) {
    let Some(pattern) = COMPLAINT.as_ref() else { return };
    let mut fields = Vec::new();
    fields_with(&object.value, "", &|text| pattern.is_match(text), &mut fields);
    for (field, text) in fields {
        let said = shown(pattern, &text);
        let place = places.iter().find(|place| place.file == object.template && place.text.contains(&said));
        let place = place.map(|place| format!(" {}", printed(place))).unwrap_or_default();
        found.push(object.finding(
            Check::UnfilledOutput,
            &field,
            format!("The value holds {said:?}, which is how Go says that a format could not be filled{place}."),
            "It reaches the cluster as it stands here.",
            "Give printf what its verbs ask for: %v for anything, %d for whole numbers, which values from files are \
             only behind int.",
        ));
    }
}

/// The complaint, shortened to what tells it apart.
fn shown(pattern: &Regex, text: &str) -> String {
    let Some(found) = pattern.find(text) else { return String::new() };
    let rest = &text[found.start()..];
    let end = rest.find(')').map_or(rest.len(), |end| end + 1);
    let line = rest.find('\n').unwrap_or(rest.len());
    rest[..end.min(line)].to_owned()
}

fn printed(place: &Unfilled) -> String {
    let Unfilled { template, line, column, expression, .. } = place;
    format!("(printed by {template}:{line}:{column}, {expression})")
}

fn absent(namespace: &str, file: &str, text: &str, places: &[Unfilled], found: &mut Vec<Finding>) {
    let mut inexact =
        places.iter().filter(|place| place.file == file && place.text == NO_VALUE && place.offset.is_none());
    for document in documents(text) {
        let start = document.as_ptr().addr() - text.as_ptr().addr();
        let mut by_place: Vec<(usize, Option<&Unfilled>)> = Vec::new();
        for (at, _) in document.match_indices(NO_VALUE) {
            let exact = places.iter().find(|place| {
                place.file == file && place.text == NO_VALUE && place.offset == Some(start + at)
            });
            let place = exact.or_else(|| inexact.next());
            let line = document[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let is_comment = document[line..at].trim_start().starts_with('#');
            let is_same = |other: &(usize, Option<&Unfilled>)| match (other.1, place) {
                (Some(one), Some(two)) => {
                    (&one.template, one.line, one.column) == (&two.template, two.line, two.column)
                }
                (None, None) => true,
                _ => false,
            };
            if !is_comment && !by_place.iter().any(is_same) {
                by_place.push((at, place));
            }
        }
        for (at, place) in by_place {
            // Only this one is left in, so that its field can be found.
            let (before, behind) = (&document[..at], &document[at + NO_VALUE.len()..]);
            let alone = format!("{}{NO_VALUE}{}", before.replace(NO_VALUE, ""), behind.replace(NO_VALUE, ""));
            let Some(object) = head(namespace, file, &alone) else { continue };
            let mut fields = Vec::new();
            fields_with(&object.value, "", &|text| text.contains(NO_VALUE), &mut fields);
            let field = fields.into_iter().next().map(|(field, _)| field).unwrap_or_default();
            let by = place.map(|place| format!(" {}", printed(place))).unwrap_or_default();
            found.push(Finding {
                check: Check::UnfilledOutput,
                place: object.place(&field),
                what: format!("A value that is not there is printed here{by}."),
                why: "Helm takes Go's \"<no value>\" out again, so that nothing stands in its place."
                    .to_owned(),
                advice:
                    "Give the value, or let the template say what holds without it: default, required or if."
                        .to_owned(),
            });
        }
    }
}

/// The object that a document is; without a kind it is none.
fn head<'a>(namespace: &str, file: &'a str, document: &str) -> Option<Object<'a>> {
    let value = yaml::read(document.as_bytes())
        .or_else(|_| yaml::read(document.replace(NO_VALUE, "").as_bytes()))
        .ok()?;
    let word = |path: &[&str]| {
        super::objects::at(&value, path).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let own = word(&["metadata", "namespace"]);
    Some(Object {
        template: file,
        api_version: word(&["apiVersion"]),
        kind: Some(word(&["kind"])).filter(|kind| !kind.is_empty())?,
        namespace: if own.is_empty() { namespace.to_owned() } else { own },
        name: word(&["metadata", "name"]),
        value,
        events: None,
    })
}

/// The paths of texts that fit, with the texts.
fn fields_with(value: &Value, path: &str, fits: &dyn Fn(&str) -> bool, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if fits(text) => found.push((path.to_owned(), text.clone())),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                fields_with(item, &format!("{path}[{index}]"), fits, found);
            }
        }
        Value::Map(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if fits(key) {
                    found.push((path.clone(), key.clone()));
                }
                fields_with(value, &path, fits, found);
            }
        }
        _ => {}
    }
}
