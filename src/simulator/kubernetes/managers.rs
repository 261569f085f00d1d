//! Who manages which fields of an object (`metadata.managedFields`), and conflicts between managers.

use serde_json::{Value, json};

use super::failure::Failure;
use super::fields::{Set, common, difference, paths, prune, set_of, union, without};
use super::kinds::Kind;
use super::patch;

/// Who writes, and how.
#[derive(Clone, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    /// Empty for the object itself.
    pub(crate) subresource: &'a str,
    /// Date of the write.
    pub(crate) now: &'a str,
}

/// What no manager owns.
fn unowned() -> Set {
    let set = json!({
        "f:apiVersion": {}, "f:kind": {},
        "f:metadata": {
            "f:name": {}, "f:namespace": {}, "f:creationTimestamp": {}, "f:selfLink": {}, "f:uid": {},
            "f:resourceVersion": {}, "f:generation": {}, "f:managedFields": {}, "f:generateName": {},
            "f:deletionTimestamp": {}, "f:deletionGracePeriodSeconds": {},
        },
    });
    if let Value::Object(set) = set { set } else { Set::new() }
}

fn owned(set: &Set) -> Set {
    let mut set = without(set, &unowned());
    // A map that holds nothing of anybody's.
    if set.get("f:metadata").is_some_and(|under| under.as_object().is_some_and(Set::is_empty)) {
        set.remove("f:metadata");
    }
    set
}

fn entries(object: &Value) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

fn fields(entry: &Value) -> Set {
    entry["fieldsV1"].as_object().cloned().unwrap_or_default()
}

fn is(entry: &Value, writer: &Writer<'_>, operation: &str) -> bool {
    entry["manager"] == writer.manager
        && entry["operation"] == operation
        && entry["subresource"].as_str().unwrap_or_default() == writer.subresource
}

fn entry(writer: &Writer<'_>, operation: &str, kind: &Kind, set: &Set) -> Value {
    let mut entry = json!({
        "manager": writer.manager, "operation": operation, "apiVersion": kind.api_version(),
        "time": writer.now, "fieldsType": "FieldsV1", "fieldsV1": set,
    });
    if !writer.subresource.is_empty() {
        entry["subresource"] = json!(writer.subresource);
    }
    entry
}

/// Takes leaves from everybody but the ones at a place; those who have nothing left go.
fn take(entries: &mut Vec<Value>, set: &Set, but: impl Fn(&Value) -> bool) {
    for entry in entries.iter_mut().filter(|entry| !but(entry)) {
        entry["fieldsV1"] = Value::Object(without(&fields(entry), set));
    }
    entries.retain(|entry| !fields(entry).is_empty());
}

fn write(object: &mut Value, entries: Vec<Value>) {
    if entries.is_empty() {
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
    } else {
        object["metadata"]["managedFields"] = Value::Array(entries);
    }
}

/// Notes a write that is no apply: who changed a field owns it from then on.
pub(crate) fn updated(before: Option<&Value>, after: &mut Value, kind: &Kind, writer: &Writer<'_>) {
    let mut entries = before.map(entries).unwrap_or_default();
    // Whoever sends an empty list forgets all managers.
    if before.is_some() && after["metadata"]["managedFields"].as_array().is_some_and(Vec::is_empty) {
        entries.clear();
    }
    let nothing = json!({});
    let changed = owned(&difference(before.unwrap_or(&nothing), after, &kind.shape));
    if changed.is_empty() {
        write(after, entries);
        return;
    }
    let here = set_of(after, &kind.shape);
    let mine = owned(&common(&changed, &here));
    take(&mut entries, &changed, |_| false);
    if !mine.is_empty() {
        match entries.iter_mut().find(|entry| is(entry, writer, "Update")) {
            Some(known) => {
                known["fieldsV1"] = Value::Object(union(&fields(known), &mine));
                known["time"] = json!(writer.now);
            }
            None => entries.push(entry(writer, "Update", kind, &mine)),
        }
    }
    write(after, entries);
}

/// Applies a configuration: what it says is so, what its manager said before and says no more goes, and what
/// others own and would change is a conflict unless it is forced.
pub(crate) fn apply(
    live: &Value,
    config: &Value,
    kind: &Kind,
    writer: &Writer<'_>,
    force: bool,
) -> Result<Value, Failure> {
    let shape = &kind.shape;
    let mut entries = entries(live);
    let set = owned(&set_of(config, shape));
    let before = entries.iter().find(|entry| is(entry, writer, "Apply")).map(fields).unwrap_or_default();

    let mut object = live.clone();
    let mut config = config.clone();
    if let Some(metadata) = config["metadata"].as_object_mut() {
        for name in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"] {
            metadata.remove(name);
        }
    }
    patch::applied(&mut object, &config, shape);

    let changed = difference(live, &object, shape);
    let mut conflicts = Vec::new();
    let others: Vec<Set> = entries.iter().filter(|entry| !is(entry, writer, "Apply")).map(fields).collect();
    let foreign: Vec<Value> = entries.iter().filter(|entry| !is(entry, writer, "Apply")).cloned().collect();
    for (theirs, entry) in others.iter().zip(&foreign) {
        let both = common(&common(theirs, &set), &changed);
        let hit = paths(&both, "");
        if !hit.is_empty() {
            conflicts.push((entry.clone(), both, hit));
        }
    }
    if !conflicts.is_empty() && !force {
        return Err(refused(&conflicts));
    }
    for (_, both, _) in &conflicts {
        take(&mut entries, both, |entry| is(entry, writer, "Apply"));
    }

    let dropped = without(&before, &set);
    let kept = entries
        .iter()
        .filter(|entry| !is(entry, writer, "Apply"))
        .fold(set.clone(), |all, entry| union(&all, &fields(entry)));
    prune(&mut object, &without(&dropped, &kept), shape);

    match entries.iter_mut().find(|entry| is(entry, writer, "Apply")) {
        Some(known) => {
            if fields(known) != set || known["apiVersion"] != kind.api_version() {
                *known = entry(writer, "Apply", kind, &set);
            }
        }
        None => entries.push(entry(writer, "Apply", kind, &set)),
    }
    entries.retain(|entry| !fields(entry).is_empty());
    write(&mut object, entries);
    Ok(object)
}

fn refused(conflicts: &[(Value, Set, Vec<String>)]) -> Failure {
    let who = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let mut who = format!("conflict with \"{}\"", text("manager"));
        if entry["subresource"].is_string() {
            who += &format!(" with subresource \"{}\"", text("subresource"));
        }
        if entry["operation"] == "Update" {
            who += &format!(" using {}", text("apiVersion"));
        }
        who
    };
    let mut causes = Vec::new();
    let mut words = Vec::new();
    for (entry, _, hit) in conflicts {
        for field in hit {
            causes.push(json!({ "reason": "FieldManagerConflict", "message": who(entry), "field": field }));
        }
        words.push(match &hit[..] {
            [one] => format!("{}: {one}", who(entry)),
            many => format!(
                "{}:\n{}",
                who(entry).replacen("conflict", "conflicts", 1),
                many.iter().map(|one| format!("- {one}")).collect::<Vec<_>>().join("\n")
            ),
        });
    }
    let many = causes.len();
    let (word, said) = if many == 1 { ("conflict", ": ") } else { ("conflicts", ": ") };
    let message = format!("Apply failed with {many} {word}{said}{}", words.join("\n"));
    Failure::new(409, "Conflict", message).with(json!({ "causes": causes }))
}
