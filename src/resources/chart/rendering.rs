//! Values and rendering of a chart that is here.

use std::collections::BTreeMap;

use super::declaration::{ChartDependency, ChartMetadata, ChartSpec, ChartStatus};
use super::explain;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::chart::set::{self, Kind};
use crate::helm::chart::{Chart, SchemaCheck, merge, read_values};
use crate::helm::fetch::Fetched;
use crate::helm::manifest::{self, TestHooks};
use crate::helm::outside::{FixedClock, SeededChance};
use crate::helm::render::{Capabilities, Engine, KubeVersion, Limits, Outside, Release};
use crate::helm::template::{SubchartNotes, TemplateOptions, template};
use crate::helm::value::Map;
use crate::helm::yaml;
use crate::value::{Path, Value};

/// Runs a render on a thread of its own, whose stack is large enough for whatever the limits allow.
pub(in crate::resources) async fn on_a_large_stack<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Diagnostic> + Send + 'static,
) -> Result<T, Diagnostic> {
    let (done, result) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("render".into()).stack_size(Limits::STACK);
    thread
        .spawn(move || {
            // Nobody listens any more where the run was stopped.
            let _ = done.send(work());
        })
        .map_err(|error| Diagnostic::error("No thread to render on", format!("{error}.")))?;
    result.await.map_err(|_| Diagnostic::bug("Rendering the chart ended without a result."))?
}

/// What a configuration shows without the chart.
pub(in crate::resources) fn check(config: &Value, diagnostics: &mut Diagnostics) {
    for (index, value) in config.get("values").as_list().unwrap_or_default().iter().enumerate() {
        if let Some(Err(problem)) = value.as_str().map(|text| document(index, text)) {
            diagnostics.push(problem);
        }
    }
    if let Some(Err(problem)) = config.get("kube_version").as_str().map(kubernetes) {
        diagnostics.push(problem);
    }
}

/// One document of `values`.
pub(in crate::resources) fn document(index: usize, text: &str) -> Result<Map, Diagnostic> {
    read_values(text.as_bytes()).map_err(|error| {
        Diagnostic::error("Values are no YAML mapping", format!("{error}."))
            .at(Path::of("values").index(index))
    })
}

pub(in crate::resources) fn kubernetes(version: &str) -> Result<KubeVersion, Diagnostic> {
    KubeVersion::parse(version).map_err(|error| {
        Diagnostic::error("Bad version of Kubernetes", format!("{version:?}: {error}."))
            .at(Path::of("kube_version"))
    })
}

/// The user's values in Helm's order.
fn values(spec: &ChartSpec) -> Result<Map, Diagnostic> {
    let mut values = Map::new();
    for (index, text) in spec.values.iter().flatten().enumerate() {
        merge(&mut values, document(index, text)?);
    }
    for (index, one) in spec.set.iter().flatten().enumerate() {
        let line = format!("{}={}", one.name, one.value);
        let done = match one.r#type.as_str() {
            "string" => set::set(&line, &mut values, Kind::Text),
            "literal" => set::set_literal(&line, &mut values),
            _ => set::set(&line, &mut values, Kind::Typed),
        };
        done.map_err(|error| {
            Diagnostic::error("Value cannot be set", format!("{}: {error}.", one.name))
                .at(Path::of("set").index(index))
        })?;
    }
    Ok(values)
}

/// What comes out, and what Helm would print beside it.
pub(super) fn status(
    engine: &Engine,
    spec: &ChartSpec,
    fetched: Fetched,
) -> Result<(ChartStatus, Vec<String>), Diagnostic> {
    let Fetched { chart, digest, .. } = fetched;
    let mut status = ChartStatus {
        metadata: metadata(&chart),
        chart_digest: digest,
        default_values: own_values(&chart),
        computed_values: None,
        manifest: None,
        manifests: None,
        crds: None,
        notes: None,
    };
    if spec.skip_render {
        return Ok((status, Vec::new()));
    }
    let values = values(spec)?;
    let mut capabilities = Capabilities::without_cluster();
    if let Some(version) = &spec.kube_version {
        capabilities.kube_version = kubernetes(version)?;
    }
    capabilities.api_versions.extend(spec.api_versions.iter().flatten().cloned());
    let options = TemplateOptions {
        release: Release {
            name: spec.name.clone().unwrap_or_else(|| chart.name().to_owned()),
            namespace: spec.namespace.clone(),
            is_upgrade: spec.is_upgrade,
            is_install: !spec.is_upgrade,
            revision: 1,
        },
        capabilities,
        schema: SchemaCheck::Check,
        notes: SubchartNotes::Tell,
        limits: Limits::default(),
    };
    let mut chance = SeededChance::new(b"bud_chart");
    let mut outside =
        Outside { chance: &mut chance, clock: &FixedClock(0), dns: None, lookup: None, draws: None };
    let rendered = template(engine, chart, &values, &options, &mut outside)
        .map_err(|error| explain::template(&error))?;
    let crds: BTreeMap<String, String> = rendered
        .crds
        .iter()
        .map(|crd| (crd.path.clone(), String::from_utf8_lossy(&crd.data).into_owned()))
        .collect();
    let included = if spec.include_crds { Some(&crds) } else { None };
    let included = included.into_iter().flatten().map(|(path, text)| (path.as_str(), text.as_str()));
    let whole = manifest::manifest(included, &rendered.manifests);
    status.manifest = Some(manifest::template(&whole, &rendered.hooks, TestHooks::Print));
    let mut manifests: BTreeMap<String, String> = BTreeMap::new();
    let objects = rendered.manifests.iter().map(|one| (&one.path, &one.content));
    for (path, text) in objects.chain(rendered.hooks.iter().map(|hook| (&hook.path, &hook.manifest))) {
        let file = manifests.entry(path.clone()).or_default();
        file.push_str("---\n");
        file.push_str(text.trim_end_matches('\n'));
        file.push('\n');
    }
    status.manifests = Some(manifests);
    status.crds = Some(crds);
    status.notes = Some(rendered.notes);
    status.computed_values = Some(yaml::write(&crate::helm::value::Value::Map(rendered.values)));
    Ok((status, rendered.warnings))
}

/// values.yaml as it is written.
fn own_values(chart: &Chart) -> String {
    let file = chart.raw.iter().find(|file| file.name == "values.yaml");
    file.map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

fn metadata(chart: &Chart) -> ChartMetadata {
    let known = &chart.declared.metadata;
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    ChartMetadata {
        name: known.name.clone(),
        version: known.version.clone(),
        app_version: text(&known.app_version),
        description: text(&known.description),
        r#type: text(&known.chart_type).unwrap_or_else(|| "application".to_owned()),
        kube_version: text(&known.kube_version),
        deprecated: known.deprecated,
        dependencies: known
            .dependencies
            .iter()
            .map(|one| ChartDependency {
                name: one.name.clone(),
                version: one.version.clone(),
                repository: one.repository.clone(),
                condition: text(&one.condition),
                alias: text(&one.alias),
            })
            .collect(),
    }
}
