//! A release rendered without a cluster: what `helm template` does, and what a plan needs of it.

use std::collections::BTreeMap;

use crate::helm::chart::{Chart, Crd, PrepareError, Prepared, SchemaCheck, prepare};
use crate::helm::manifest::{self, BadManifest, Hook, Manifest};
use crate::helm::render::{
    Capabilities, ChartInput, Engine, Limits, Outside, Release, RenderError, RenderInput, Touched, Watched,
};
use crate::helm::value::Map;
use crate::helm::version;

/// Whether the notes of dependencies are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubchartNotes {
    /// Only the chart's own are.
    Leave,
    /// All are, one after another.
    Tell,
}

/// How a release is rendered.
#[derive(Clone, Debug)]
pub struct TemplateOptions {
    /// `.Release`.
    pub release: Release,
    /// `.Capabilities`.
    pub capabilities: Capabilities,
    /// Whether values are held against schemas.
    pub schema: SchemaCheck,
    /// Whose notes are told.
    pub notes: SubchartNotes,
    /// What templates may use up.
    pub limits: Limits,
}

/// A rendered release.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Its objects in the order of installation.
    pub manifests: Vec<Manifest>,
    /// Its hooks, by kind.
    pub hooks: Vec<Hook>,
    /// What lies in `crds/`; not among the objects.
    pub crds: Vec<Crd>,
    /// NOTES.txt.
    pub notes: String,
    /// The values that the templates saw.
    pub values: Map,
    /// What Helm would print beside the result.
    pub warnings: Vec<String>,
    /// What each template asked of the outside world, by its path; empty where nobody kept it.
    pub touched: BTreeMap<String, Touched>,
}

/// A rendered release with what was seen while it was rendered.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The release.
    pub rendered: Rendered,
    /// The chart with the dependencies that took part.
    pub chart: ChartInput,
    /// What its templates read, and what they left unfilled.
    pub watched: Watched,
}

/// Why there is no render, in Helm's words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// A release cannot be called that.
    #[error(
        "release name check failed: invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    )]
    Name,
    /// A release must be called something.
    #[error("release name check failed: no name provided")]
    NoName,
    /// Chart and values do not go together.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The chart is for other clusters.
    #[error("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}")]
    KubeVersion {
        /// What the chart asks for.
        range: String,
        /// What the cluster is.
        version: String,
    },
    /// A template failed.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A template gave what is no object.
    #[error(transparent)]
    Manifest(#[from] BadManifest),
}

impl TemplateError {
    /// Whether Helm would have a render to show for `--debug`, and says so.
    pub const fn has_output(&self) -> bool {
        matches!(self, Self::KubeVersion { .. } | Self::Render(_) | Self::Manifest(_))
    }
}

/// Renders a release.
pub fn template(
    engine: &Engine,
    chart: Chart,
    values: &Map,
    options: &TemplateOptions,
    outside: &mut Outside<'_>,
) -> Result<Rendered, TemplateError> {
    let prepared = ready(chart, values, options)?;
    let files = engine.render(&input(&prepared, options), outside)?;
    let (mut rendered, _) = rendered(prepared, files, options)?;
    rendered.touched = touched(outside);
    Ok(rendered)
}

/// Renders a release for its checks: slower, and the same.
pub fn template_watched(
    engine: &Engine,
    chart: Chart,
    values: &Map,
    options: &TemplateOptions,
    outside: &mut Outside<'_>,
) -> Result<Examined, TemplateError> {
    let prepared = ready(chart, values, options)?;
    let mut watched = engine.render_watched(&input(&prepared, options), outside)?;
    let files = std::mem::take(&mut watched.files);
    let (mut rendered, chart) = rendered(prepared, files, options)?;
    rendered.touched = touched(outside);
    Ok(Examined { rendered, chart, watched })
}

/// A chart that may be rendered.
fn ready(chart: Chart, values: &Map, options: &TemplateOptions) -> Result<Prepared, TemplateError> {
    check_name(&options.release.name)?;
    let prepared = prepare(chart, values, options.schema)?;
    let range = &prepared.chart.metadata.kube_version;
    let cluster = &options.capabilities.kube_version;
    let shown = if cluster.normalized.is_empty() { &cluster.version } else { &cluster.normalized };
    if !range.is_empty() && !version::compatible(range, shown) {
        return Err(TemplateError::KubeVersion { range: range.clone(), version: cluster.version.clone() });
    }
    Ok(prepared)
}

fn input<'a>(prepared: &'a Prepared, options: &'a TemplateOptions) -> RenderInput<'a> {
    RenderInput {
        chart: &prepared.chart,
        values: &prepared.values,
        release: &options.release,
        capabilities: &options.capabilities,
        limits: options.limits,
    }
}

/// The release that rendered files are, and its chart.
fn rendered(
    prepared: Prepared,
    mut files: BTreeMap<String, String>,
    options: &TemplateOptions,
) -> Result<(Rendered, ChartInput), TemplateError> {
    let own_notes = format!("{}/templates/NOTES.txt", prepared.chart.metadata.name);
    let mut notes = String::new();
    files.retain(|path, text| {
        if !path.ends_with("NOTES.txt") {
            return true;
        }
        if options.notes == SubchartNotes::Tell || *path == own_notes {
            if !notes.is_empty() {
                notes.push('\n');
            }
            notes.push_str(text);
        }
        false
    });
    let sorted = manifest::sort(&files)?;
    let rendered = Rendered {
        manifests: sorted.manifests,
        hooks: sorted.hooks,
        crds: prepared.crds,
        notes,
        values: prepared.values,
        warnings: prepared.warnings,
        touched: BTreeMap::new(),
    };
    Ok((rendered, prepared.chart))
}

fn touched(outside: &Outside<'_>) -> BTreeMap<String, Touched> {
    outside.draws.as_ref().map(|draws| draws.touched().clone()).unwrap_or_default()
}

/// Names of releases are names of the DNS, shorter so that charts can put something behind them.
fn check_name(name: &str) -> Result<(), TemplateError> {
    if name.is_empty() {
        return Err(TemplateError::NoName);
    }
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label = |part: &str| {
        let bytes = part.as_bytes();
        let ends = |byte: Option<&u8>| byte.is_some_and(|byte| inner(*byte));
        ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
    };
    if name.len() > 53 || !name.split('.').all(label) { Err(TemplateError::Name) } else { Ok(()) }
}
