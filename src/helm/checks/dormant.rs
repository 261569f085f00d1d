//! What dependencies that are switched off would say: globals that only they read are no mistake.

use super::Chart;
use crate::helm::chart::called;
use crate::helm::render::ChartInput;
use crate::helm::value::{Map, Value};

/// Collects the templates of the dependencies that are off, and the templates among their values.
pub(super) fn texts(chart: &ChartInput, loaded: &Chart, user: &Map, found: &mut Vec<String>) {
    for one in &loaded.declared.metadata.dependencies {
        let name = called(one);
        let there = loaded.dependencies.iter().filter(|sub| sub.name() == one.name);
        if let Some(on) = chart.dependencies.iter().find(|sub| sub.metadata.name == name) {
            let empty = Map::new();
            let user = user.get(name).and_then(Value::as_map).unwrap_or(&empty);
            there.for_each(|sub| texts(on, sub, user, found));
            continue;
        }
        there.for_each(|sub| templates(sub, found));
        for values in [loaded.values.get(name), user.get(name)].into_iter().flatten() {
            actions(values, found);
        }
    }
}

fn templates(chart: &Chart, found: &mut Vec<String>) {
    found.extend(chart.templates.iter().map(|file| String::from_utf8_lossy(&file.data).into_owned()));
    chart.dependencies.iter().for_each(|sub| templates(sub, found));
}

fn actions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("{{") => found.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| actions(item, found)),
        Value::Map(map) => map.values().for_each(|value| actions(value, found)),
        _ => {}
    }
}

/// Whether one of the texts has a name as a whole word.
pub(super) fn name(texts: &[String], name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    texts.iter().any(|text| {
        text.match_indices(name)
            .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
    })
}
