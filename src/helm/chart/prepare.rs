//! From a loaded chart and the user's values to what the renderer is given.

use std::sync::Arc;

use super::coalesce::{Mismatch, Nulls, coalesce};
use super::dependencies::{Working, settle};
use super::load::{Chart, has_extension};
use super::schema;
use super::table;
use crate::helm::render::{ChartInput, ChartMetadata};
use crate::helm::value::{Map, Value};

/// Whether values are held against the schemas of the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaCheck {
    /// They are.
    Check,
    /// As with `--skip-schema-validation`.
    Skip,
}

/// A chart that can be rendered.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The chart with the dependencies that take part.
    pub chart: ChartInput,
    /// The values of the whole tree.
    pub values: Map,
    /// What lies in `crds/`, dependencies behind their chart.
    pub crds: Vec<Crd>,
    /// What Helm would print beside the result.
    pub warnings: Vec<String>,
}

/// A file of custom resource definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crd {
    /// Its path with that of its chart, as `chart/crds/x.yaml`.
    pub path: String,
    /// Its bytes.
    pub data: Arc<[u8]>,
}

/// Why a chart cannot be rendered with these values, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Only applications can be installed.
    #[error("{0} charts are not installable")]
    NotInstallable(String),
    /// Declared dependencies are not there.
    #[error(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        .0.join(", ")
    )]
    Missing(Vec<String>),
    /// A value that should be a dependency's table.
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(Mismatch),
    /// The same, once the dependencies are settled.
    #[error(transparent)]
    Values(Mismatch),
    /// Values that a schema refuses.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(String),
}

/// The declared dependencies for which nothing lies in `charts/`.
pub fn missing_dependencies(chart: &Chart) -> Vec<String> {
    let there = |name: &str| chart.dependencies.iter().any(|sub| sub.name() == name);
    let declared = &chart.declared.metadata.dependencies;
    declared.iter().map(|one| one.name.clone()).filter(|name| !there(name)).collect()
}

/// Prepares a chart for rendering.
pub fn prepare(chart: Chart, user: &Map, check: SchemaCheck) -> Result<Prepared, PrepareError> {
    let kind = &chart.declared.metadata.chart_type;
    if !matches!(kind.as_str(), "" | "application") {
        return Err(PrepareError::NotInstallable(kind.clone()));
    }
    let missing = missing_dependencies(&chart);
    if !missing.is_empty() {
        return Err(PrepareError::Missing(missing));
    }
    let mut warnings = warnings_of(&chart);
    if chart.declared.metadata.deprecated {
        warnings.push("this chart is deprecated".to_owned());
    }
    let user = table::table(user);
    let mut working = Working::new(chart);
    settle(&mut working, &user, &mut warnings).map_err(PrepareError::Dependencies)?;
    let values =
        coalesce(&working.tree(), &user, Nulls::Delete, &mut warnings).map_err(PrepareError::Values)?;
    let values = table::map(&values);
    if check == SchemaCheck::Check {
        let complaints = against_schemas(&working, &values, &mut warnings);
        if !complaints.is_empty() {
            return Err(PrepareError::Schema(complaints));
        }
    }
    let mut crds = Vec::new();
    let name = working.metadata.name.clone();
    let chart = input(working, &name, &mut crds);
    // The same is said at each coalescing.
    let mut said = std::collections::BTreeSet::new();
    warnings.retain(|warning| said.insert(warning.clone()));
    Ok(Prepared { chart, values, crds, warnings })
}

fn warnings_of(chart: &Chart) -> Vec<String> {
    let inner = chart.dependencies.iter().flat_map(warnings_of);
    chart.warnings.iter().cloned().chain(inner).collect()
}

fn against_schemas(chart: &Working, values: &Map, warnings: &mut Vec<String>) -> String {
    let mut complaints = String::new();
    if let Some(schema) = &chart.schema
        && let Err(error) = schema::check(values, schema, warnings)
    {
        complaints.push_str(&format!("{}:\n{error}", chart.metadata.name));
    }
    for sub in &chart.dependencies {
        match values.get(&sub.metadata.name) {
            None | Some(Value::Null) => {}
            Some(Value::Map(values)) => complaints.push_str(&against_schemas(sub, values, warnings)),
            // Coalescing has refused it before.
            Some(_) => {}
        }
    }
    complaints
}

fn input(chart: Working, path: &str, crds: &mut Vec<Crd>) -> ChartInput {
    for file in &chart.files {
        let is_manifest = ["yaml", "yml", "json"]
            .iter()
            .any(|extension| has_extension(&file.name.to_ascii_lowercase(), extension));
        if file.name.starts_with("crds/") && is_manifest {
            crds.push(Crd { path: format!("{path}/{}", file.name), data: Arc::clone(&file.data) });
        }
    }
    let metadata: ChartMetadata = chart.metadata;
    let dependencies = chart.dependencies.into_iter().map(|sub| {
        let path = format!("{path}/charts/{}", sub.metadata.name);
        input(sub, &path, crds)
    });
    let dependencies = dependencies.collect();
    ChartInput { metadata, templates: chart.templates, files: chart.files, dependencies }
}
