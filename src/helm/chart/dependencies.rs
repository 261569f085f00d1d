//! Which dependencies take part: versions, aliases, tags, conditions, and values that they export.

use std::rc::Rc;

use super::coalesce::{Mismatch, Nulls, Tree, coalesce, lay};
use super::load::Chart;
use super::metadata::called;
use super::table::{self, Node, Table};
use crate::helm::render::{ChartFile, ChartMetadata, Dependency};
use crate::helm::value::{Map, Value};
use crate::helm::version::compatible;
use std::sync::Arc;

/// A chart whose dependencies are being decided.
#[derive(Clone, Debug)]
pub(super) struct Working {
    pub(super) metadata: ChartMetadata,
    has_dependencies: bool,
    pub(super) values: Table,
    pub(super) dependencies: Vec<Working>,
    pub(super) templates: Vec<ChartFile>,
    pub(super) files: Vec<ChartFile>,
    pub(super) schema: Option<Arc<[u8]>>,
}

impl Working {
    pub(super) fn new(chart: Chart) -> Self {
        Self {
            values: table::table(&chart.values),
            metadata: chart.declared.metadata,
            has_dependencies: chart.declared.has_dependencies,
            dependencies: chart.dependencies.into_iter().map(Self::new).collect(),
            templates: chart.templates,
            files: chart.files,
            schema: chart.schema,
        }
    }

    pub(super) fn tree(&self) -> Tree {
        Tree {
            name: self.metadata.name.clone(),
            values: Rc::clone(&self.values),
            dependencies: self.dependencies.iter().map(Self::tree).collect(),
        }
    }
}

/// Settles the dependencies of a chart, and lays what they export under its values.
pub(super) fn settle(chart: &mut Working, user: &Table, warnings: &mut Vec<String>) -> Result<(), Mismatch> {
    enable(chart, user, "", warnings)?;
    import(chart, warnings)
}

fn enable(chart: &mut Working, user: &Table, path: &str, warnings: &mut Vec<String>) -> Result<(), Mismatch> {
    if !chart.has_dependencies {
        return Ok(());
    }
    let mut present: Vec<Option<Working>> =
        std::mem::take(&mut chart.dependencies).into_iter().map(Some).collect();
    let asked = &mut chart.metadata.dependencies;
    let is_meant = |dependency: &Dependency, one: &Option<Working>| {
        one.as_ref().is_some_and(|one| {
            dependency.name == one.metadata.name && compatible(&dependency.version, &one.metadata.version)
        })
    };
    let found: Vec<Option<usize>> =
        asked.iter().map(|dependency| present.iter().position(|one| is_meant(dependency, one))).collect();
    let mut taking_part: Vec<Working> = present
        .iter_mut()
        .filter(|one| !asked.iter().any(|dependency| is_meant(dependency, one)))
        .filter_map(Option::take)
        .collect();
    for (nth, dependency) in asked.iter_mut().enumerate() {
        if let Some(at) = found[nth] {
            // One chart may take part under several names; the last one takes it instead of a copy.
            let is_last = !found[nth + 1..].contains(&Some(at));
            let one = if is_last { present[at].take() } else { present[at].clone() };
            taking_part.extend(one.map(|mut one| {
                called(dependency).clone_into(&mut one.metadata.name);
                one
            }));
        }
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
        dependency.enabled = true;
    }
    chart.dependencies = taking_part;

    if is_settled(chart, user) {
        return Ok(());
    }
    let values = coalesce(&chart.tree(), user, Nulls::Delete, warnings)?;
    let asked = &mut chart.metadata.dependencies;
    by_tags(asked, &values, warnings);
    by_conditions(asked, &values, path, warnings);
    let off: Vec<String> = asked.iter().filter(|one| !one.enabled).map(|one| one.name.clone()).collect();
    chart.dependencies.retain(|one| !off.contains(&one.metadata.name));
    chart.metadata.dependencies.retain(|one| !off.contains(&one.name));
    for sub in &mut chart.dependencies {
        let path = format!("{path}{}.", sub.metadata.name);
        enable(sub, &values, &path, warnings)?;
    }
    // With none left the list counts as not being there.
    chart.has_dependencies = !chart.metadata.dependencies.is_empty();
    Ok(())
}

/// Whether no value can switch a dependency off and laying the values together says nothing: the chart's
/// libraries, in most cases. Their values are then not laid together only to be thrown away.
fn is_settled(chart: &Working, user: &Table) -> bool {
    let user = user.borrow();
    let values = chart.values.borrow();
    let is_free = |name: &str| !user.contains_key(name) && !values.contains_key(name);
    let is_library = |one: &Working| {
        !one.has_dependencies
            && one.dependencies.is_empty()
            && one.values.borrow().is_empty()
            && is_free(&one.metadata.name)
    };
    !chart.metadata.dependencies.is_empty()
        && chart.metadata.dependencies.iter().all(|one| one.condition.is_empty() && one.tags.is_empty())
        && chart.dependencies.iter().all(is_library)
        // What the library is given of the globals stands alone there, so that tables cannot meet others.
        && [user.get("global"), values.get("global")].into_iter().flatten().all(|node| node.table().is_some())
        && values.iter().all(|(key, below)| match (user.get(key), below) {
            (None, _) | (Some(Node::Leaf(_)), Node::Leaf(_)) => true,
            (Some(Node::Table(above)), Node::Table(below)) => agree(above, below),
            _ => false,
        })
}

/// Whether tables stand on tables and other values on other values, without a null.
fn agree(above: &Table, below: &Table) -> bool {
    let above = above.borrow();
    below.borrow().iter().all(|(key, below)| match (above.get(key), below) {
        (None, _) | (Some(Node::Leaf(_)), Node::Leaf(_)) => true,
        (Some(Node::Table(above)), Node::Table(below)) => agree(above, below),
        _ => false,
    })
}

fn by_tags(asked: &mut [Dependency], values: &Table, warnings: &mut Vec<String>) {
    let Ok(tags) = table::at(values, "tags") else { return };
    for dependency in asked {
        let (mut on, mut off) = (false, false);
        for tag in &dependency.tags {
            match table::get(&tags, tag).map(|node| node.truth()) {
                Some(Some(true)) => on = true,
                Some(Some(false)) => off = true,
                Some(None) => {
                    warnings.push(format!("returned non-bool value tag={tag} chart={}", dependency.name));
                }
                None => {}
            }
        }
        dependency.enabled = on || !off;
    }
}

fn by_conditions(asked: &mut [Dependency], values: &Table, path: &str, warnings: &mut Vec<String>) {
    for dependency in asked {
        for condition in dependency.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
            if let Some(node) = table::value_at(values, &format!("{path}{condition}")) {
                match node.truth() {
                    Some(truth) => {
                        dependency.enabled = truth;
                        break;
                    }
                    None => warnings
                        .push(format!("returned non-bool value path={condition} chart={}", dependency.name)),
                }
            }
        }
    }
}

/// Dependencies first, so that what they import can be imported again.
fn import(chart: &mut Working, warnings: &mut Vec<String>) -> Result<(), Mismatch> {
    for sub in &mut chart.dependencies {
        import(sub, warnings)?;
    }
    if !chart.has_dependencies {
        return Ok(());
    }
    let values = coalesce(&chart.tree(), &table::empty(), Nulls::Keep, warnings)?;
    let imported = table::empty();
    for dependency in &mut chart.metadata.dependencies {
        let mut settled = Vec::new();
        for import in &dependency.import_values {
            let (child, parent) = match import {
                Value::Map(pair) => (printed(pair, "child"), printed(pair, "parent")),
                Value::String(name) => (format!("exports.{name}"), ".".to_owned()),
                _ => continue,
            };
            settled.push(Value::Map(Map::from([
                ("child".to_owned(), Value::from(child.as_str())),
                ("parent".to_owned(), Value::from(parent.as_str())),
            ])));
            let table = match table::at(&values, &format!("{}.{child}", dependency.name)) {
                Ok(table) => table,
                Err(error) => {
                    warnings.push(format!(
                        "ImportValues missing table from chart chart={} error={error}",
                        dependency.name
                    ));
                    continue;
                }
            };
            let placed = placed(&parent, table);
            lay(&imported, &placed, Nulls::Keep, warnings);
        }
        dependency.import_values = settled;
    }
    if !imported.borrow().is_empty() {
        let copy = table::copy(&values);
        lay(&copy, &imported, Nulls::Keep, warnings);
        chart.values = copy;
        return Ok(());
    }
    chart.values = values;
    Ok(())
}

/// A table under the path at which the parent wants it.
fn placed(path: &str, table: Table) -> Table {
    if path == "." {
        return table;
    }
    path.split('.').rev().fold(table, |inner, part| {
        let outer = table::empty();
        table::put(&outer, part, Node::Table(inner));
        outer
    })
}

/// A value of an import as Go prints it.
fn printed(pair: &Map, key: &str) -> String {
    Node::new(pair.get(key).unwrap_or(&Value::Null)).shown()
}
