//! Label and field selectors.

use serde_json::Value;

use super::failure::Failure;

/// What a list or watch is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, String, bool)>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    /// Whether the label's value must be, or must not be, one of those; none: whether it must be there at all.
    values: Option<Vec<String>>,
    wanted: bool,
}

impl Selector {
    /// Reads the two parameters of a query.
    pub(crate) fn read(labels: &str, fields: &str) -> Result<Self, Failure> {
        Ok(Self { labels: read_labels(labels)?, fields: read_fields(fields)? })
    }

    /// Whether an object is meant.
    pub(crate) fn fits(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|one| one.fits(labels))
            && self.fields.iter().all(|(path, value, wanted)| {
                let found = path.split('.').fold(object, |at, name| &at[name]);
                let found = match found {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                (&found == value) == *wanted
            })
    }
}

impl Requirement {
    fn fits(&self, labels: &Value) -> bool {
        let found = labels[&self.key].as_str();
        match &self.values {
            None => found.is_some() == self.wanted,
            Some(values) => {
                let hit = found.is_some_and(|found| values.iter().any(|one| one == found));
                hit == self.wanted
            }
        }
    }
}

fn read_fields(text: &str) -> Result<Vec<(String, String, bool)>, Failure> {
    let terms = text.split(',').filter(|term| !term.is_empty());
    terms
        .map(|term| {
            let (split, wanted) = match term.split_once("!=") {
                Some(split) => (Some(split), false),
                None => (term.split_once("==").or_else(|| term.split_once('=')), true),
            };
            let (path, value) = split.ok_or_else(|| {
                Failure::bad(format!("invalid field selector {text:?}: can't understand {term:?}"))
            })?;
            Ok((path.to_owned(), value.to_owned(), wanted))
        })
        .collect()
}

fn read_labels(text: &str) -> Result<Vec<Requirement>, Failure> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut depth = 0;
        let end = rest
            .char_indices()
            .find(|(_, char)| {
                depth += i32::from(*char == '(') - i32::from(*char == ')');
                *char == ',' && depth == 0
            })
            .map_or(rest.len(), |(index, _)| index);
        all.push(
            read_label(rest[..end].trim()).ok_or_else(|| {
                Failure::bad(format!("unable to parse requirement: found '{}'", &rest[..end]))
            })?,
        );
        rest = rest.get(end + 1..).unwrap_or_default().trim();
    }
    Ok(all)
}

fn read_label(term: &str) -> Option<Requirement> {
    let one = |key: &str, values: Option<Vec<String>>, wanted| {
        let key = key.trim().to_owned();
        (!key.is_empty() && !key.contains(' ')).then_some(Requirement { key, values, wanted })
    };
    if let Some(key) = term.strip_prefix('!') {
        return one(key, None, false);
    }
    if let Some((head, list)) = term.split_once('(') {
        let values = list.strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let key = words.next()?;
        return match words.next()? {
            "in" => one(key, Some(values), true),
            "notin" => one(key, Some(values), false),
            _ => None,
        };
    }
    if let Some((key, value)) = term.split_once("!=") {
        return one(key, Some(vec![value.trim().to_owned()]), false);
    }
    match term.split_once("==").or_else(|| term.split_once('=')) {
        Some((key, value)) => one(key, Some(vec![value.trim().to_owned()]), true),
        None => one(term, None, true),
    }
}

/// Whether a `LabelSelector` of an object means these labels. An empty one means all, an absent one none.
pub(crate) fn selects(selector: &Value, labels: &Value) -> bool {
    if !selector.is_object() {
        return false;
    }
    let equal =
        selector["matchLabels"].as_object().into_iter().flatten().all(|(key, value)| &labels[key] == value);
    let fits = |one: &Value| {
        let found = &labels[one["key"].as_str().unwrap_or_default()];
        let listed = one["values"].as_array().is_some_and(|values| values.contains(found));
        match one["operator"].as_str() {
            Some("In") => listed,
            Some("NotIn") => !listed,
            Some("Exists") => !found.is_null(),
            Some("DoesNotExist") => found.is_null(),
            _ => false,
        }
    };
    equal && selector["matchExpressions"].as_array().into_iter().flatten().all(fits)
}

/// Whether a plain map of labels, as a Service has it, means these labels.
pub(crate) fn map_selects(selector: &Value, labels: &Value) -> bool {
    selector
        .as_object()
        .is_some_and(|map| !map.is_empty() && map.iter().all(|(key, value)| &labels[key] == value))
}
