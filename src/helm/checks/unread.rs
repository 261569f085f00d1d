//! Values that no template reads: the user gave them, and nothing in the chart asks for them.

use std::collections::BTreeSet;

use super::finding::{Finding, Place};
use super::selection::Check;
use super::spelling::nearest;
use super::{Chart, Subject, dormant};
use crate::helm::chart::called;
use crate::helm::render::{ChartInput, Inner, ValueReads};
use crate::helm::value::{Map, Value};

/// What all charts of a release see.
const GLOBAL: &str = "global";

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(reads) = &subject.examined.watched.reads else { return };
    let mut elsewhere = Vec::new();
    asked(reads, "", &mut elsewhere);
    let mut switches = Switches::default();
    switches.of(subject.chart, "");
    let mut dormant = Vec::new();
    dormant::texts(&subject.examined.chart, subject.chart, subject.values, &mut dormant);
    let mut walk = Walk { switches, elsewhere, dormant, found };
    let scope = Scope { chart: &subject.examined.chart, loaded: Some(subject.chart) };
    walk.table(subject.values, &Path::default(), &[reads], Some(&scope));
}

/// A path of values, as text.
#[derive(Clone, Debug, Default)]
struct Path {
    /// With dots and brackets.
    shown: String,
    /// Without indices, as a condition names it; nothing within lists.
    plain: Option<String>,
}

impl Path {
    fn key(&self, key: &str) -> Self {
        let escaped = key.replace('.', "\\.");
        let join =
            |front: &str, key: &str| if front.is_empty() { key.to_owned() } else { format!("{front}.{key}") };
        let is_root = self.shown.is_empty();
        let plain =
            if is_root { Some(key.to_owned()) } else { self.plain.as_deref().map(|plain| join(plain, key)) };
        Self { shown: join(&self.shown, &escaped), plain }
    }

    fn index(&self, index: usize) -> Self {
        Self { shown: format!("{}[{index}]", self.shown), plain: None }
    }
}

/// What Helm itself reads of values: conditions, tags, and what dependencies export.
#[derive(Debug, Default)]
struct Switches {
    conditions: BTreeSet<String>,
    tags: BTreeSet<String>,
    exports: Vec<String>,
}

impl Switches {
    /// Collects those of a chart whose values stand behind a prefix.
    fn of(&mut self, chart: &Chart, prefix: &str) {
        for one in &chart.declared.metadata.dependencies {
            let name = called(one);
            let conditions = one.condition.split(',').map(str::trim).filter(|text| !text.is_empty());
            self.conditions.extend(conditions.map(|condition| format!("{prefix}{condition}")));
            self.tags.extend(one.tags.iter().cloned());
            for import in &one.import_values {
                match import {
                    Value::String(export) => self.exports.push(format!("{prefix}{name}.exports.{export}")),
                    Value::Map(pair) => {
                        let child = pair.get("child").and_then(Value::as_str).unwrap_or_default();
                        self.exports.push(format!("{prefix}{name}.{child}"));
                    }
                    _ => {}
                }
            }
            for sub in chart.dependencies.iter().filter(|sub| sub.name() == one.name) {
                self.of(sub, &format!("{prefix}{name}."));
            }
        }
        let declared = &chart.declared.metadata.dependencies;
        for sub in chart.dependencies.iter().filter(|sub| !declared.iter().any(|one| one.name == sub.name()))
        {
            self.of(sub, &format!("{prefix}{}.", sub.name()));
        }
    }

    /// Whether Helm reads what stands there.
    fn read(&self, path: &str) -> bool {
        let below =
            |whole: &str| path == whole || path.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'));
        self.conditions.contains(path) || self.exports.iter().any(|export| below(export))
    }

    /// Whether Helm reads something below.
    fn pass(&self, path: &str) -> bool {
        let above = |whole: &String| whole.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.conditions.iter().any(above) || self.exports.iter().any(above)
    }
}

/// A chart of the release whose values are looked at.
struct Scope<'a> {
    /// With the dependencies that take part.
    chart: &'a ChartInput,
    /// With all of them; nothing where it could not be told which chart this is.
    loaded: Option<&'a Chart>,
}

impl<'a> Scope<'a> {
    /// The names under which dependencies have their values, on or off.
    fn declared(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.loaded.into_iter().flat_map(|chart| &chart.declared.metadata.dependencies).map(called)
    }

    fn inner(&self, name: &str) -> Option<Self> {
        let chart = self.chart.dependencies.iter().find(|sub| sub.metadata.name == name)?;
        let loaded = self.loaded.and_then(|chart| {
            let declared = chart.declared.metadata.dependencies.iter().find(|one| called(one) == name);
            let name = declared.map_or(name, |one| &one.name);
            chart.dependencies.iter().find(|sub| sub.name() == name)
        });
        Some(Self { chart, loaded })
    }
}

struct Walk<'w> {
    switches: Switches,
    /// Every path that a template asks for.
    elsewhere: Vec<(String, String)>,
    /// The texts of what is switched off.
    dormant: Vec<String>,
    found: &'w mut Vec<Finding>,
}

impl Walk<'_> {
    /// Goes over a table of the user's. `tables` are the places where its values ended up.
    fn table(&mut self, user: &Map, path: &Path, tables: &[&ValueReads], scope: Option<&Scope<'_>>) {
        for (key, value) in user {
            let path = path.key(key);
            let plain = path.plain.clone().unwrap_or_default();
            if let Some(scope) = scope {
                if let Some(inner) = scope.inner(key) {
                    if let Value::Map(user) = value {
                        self.table(user, &path, &below(tables, key), Some(&inner));
                    }
                    continue;
                }
                // What is switched off keeps its values for another day.
                if scope.declared().any(|name| name == key) {
                    continue;
                }
                if key == GLOBAL {
                    let all: Vec<&ValueReads> =
                        tables.iter().flat_map(|table| globals(table, scope.chart)).collect();
                    if let Value::Map(user) = value {
                        self.table(user, &path, &all, None);
                    }
                    continue;
                }
            }
            if self.switches.read(&plain) {
                continue;
            }
            if plain == "tags" && !self.switches.tags.is_empty() {
                self.tags(value, &path);
                continue;
            }
            if tables.iter().any(|table| table.all || table.keys.contains(key)) {
                self.inner(value, &path, &standing(tables, key));
            } else if let (true, Value::Map(user)) = (self.switches.pass(&plain), value) {
                self.table(user, &path, &[], None);
            } else {
                self.report(key, &path, tables, scope);
            }
        }
    }

    /// Goes on below a value that is read. What nobody looked into went somewhere as a whole.
    fn inner(&mut self, user: &Value, path: &Path, places: &[&Inner]) {
        match user {
            Value::Map(user) => {
                let tables: Vec<&ValueReads> = places.iter().filter_map(|inner| table(inner)).collect();
                let is_opaque = |table: &&ValueReads| !table.all && table.keys.is_empty();
                if !tables.is_empty() && !tables.iter().any(is_opaque) {
                    self.table(user, path, &tables, None);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let items: Vec<&Inner> = places
                        .iter()
                        .filter_map(
                            |inner| if let Inner::List(items) = inner { items.get(index) } else { None },
                        )
                        .collect();
                    self.inner(item, &path.index(index), &items);
                }
            }
            _ => {}
        }
    }

    fn tags(&mut self, value: &Value, path: &Path) {
        let Value::Map(tags) = value else { return };
        let known: Vec<String> = self.switches.tags.iter().cloned().collect();
        for tag in tags.keys().filter(|tag| !known.contains(tag)) {
            let meant = nearest(tag, known.iter().map(String::as_str));
            self.push(
                &path.key(tag).shown,
                format!("No dependency has the tag {tag:?}."),
                meant.map(|meant| format!("Most likely {meant:?} is meant.")),
            );
        }
    }

    fn report(&mut self, key: &str, path: &Path, tables: &[&ValueReads], scope: Option<&Scope<'_>>) {
        // A global may be for a dependency that is off.
        let is_global = path.shown.split('.').any(|part| part == GLOBAL);
        if is_global && dormant::name(&self.dormant, key) {
            return;
        }
        let declared: Vec<&str> = scope.iter().flat_map(|scope| scope.declared()).collect();
        let keys = tables.iter().flat_map(|table| &table.keys).map(String::as_str);
        let mut advice = nearest(key, keys.chain(declared.iter().copied()))
            .map(|meant| format!("Most likely {meant:?} is meant."));
        if advice.is_none() {
            let same =
                self.elsewhere.iter().filter(|(name, _)| name == key && key.len() > 3).map(|(_, path)| path);
            let shortest = same.min_by_key(|path| (path.matches('.').count(), path.len()));
            advice = shortest.map(|path| format!("Templates read {path:?}: perhaps it belongs there."));
        }
        self.push(&path.shown, "No template reads it.".to_owned(), advice);
    }

    fn push(&mut self, path: &str, what: String, advice: Option<String>) {
        self.found.push(Finding {
            check: Check::UnreadValues,
            place: Place::Value { path: path.to_owned() },
            what,
            why: "It changes nothing.".to_owned(),
            advice: advice
                .unwrap_or_else(|| "Take it out, or compare it with the chart's values.yaml.".to_owned()),
        });
    }
}

fn table(inner: &Inner) -> Option<&ValueReads> {
    if let Inner::Table(table) = inner { Some(table) } else { None }
}

/// What stands under a key, wherever that key is read.
fn standing<'a>(tables: &[&'a ValueReads], key: &str) -> Vec<&'a Inner> {
    let reading = tables.iter().filter(|table| table.all || table.keys.contains(key));
    reading.filter_map(|table| table.present.get(key)).collect()
}

/// The tables under a key, read or not.
fn below<'a>(tables: &[&'a ValueReads], key: &str) -> Vec<&'a ValueReads> {
    tables.iter().filter_map(|one| one.present.get(key).and_then(table)).collect()
}

/// The globals of a chart and of all charts in it.
fn globals<'a>(values: &'a ValueReads, chart: &ChartInput) -> Vec<&'a ValueReads> {
    let mut found = below(&[values], GLOBAL);
    for sub in &chart.dependencies {
        if let Some(inner) = values.present.get(&sub.metadata.name).and_then(table) {
            found.extend(globals(inner, sub));
        }
    }
    found
}

/// Every key that is asked for, with its path.
fn asked(reads: &ValueReads, front: &str, found: &mut Vec<(String, String)>) {
    let path = |key: &str| if front.is_empty() { key.to_owned() } else { format!("{front}.{key}") };
    found.extend(reads.keys.iter().map(|key| (key.clone(), path(key))));
    for (key, inner) in &reads.present {
        if let Inner::Table(table) = inner {
            asked(table, &path(key), found);
        }
    }
}
