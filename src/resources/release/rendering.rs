//! A release rendered: with stand-ins for what must not be seen or is not known yet, and as it is installed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::charts::Loaded;
use super::declaration::ReleaseSpec;
use super::hidden::Built;
use super::lookup::ClusterLookup;
use crate::diagnostics::Diagnostic;
use crate::helm::chart::SchemaCheck;
use crate::helm::checks::{Finding, Selection, examine};
use crate::helm::outside::{FixedClock, SeededChance};
use crate::helm::render::{Capabilities, Draws, Engine, KubeVersion, Limits, Lookup, Outside, Release};
use crate::helm::template::{Rendered, SubchartNotes, TemplateError, TemplateOptions, template};
use crate::kube::{Client, KubeError};
use crate::resources::chart::{kubernetes_version, on_a_large_stack, template_problem};

/// Everything that a render needs but values.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) engine: Arc<Engine>,
    pub(super) chart: Arc<Loaded>,
    pub(super) options: TemplateOptions,
    /// The cluster that templates may ask.
    pub(super) cluster: Option<Client>,
    /// Its storage classes with their provisioners, as far as a check wants them.
    pub(super) classes: BTreeMap<String, String>,
}

/// What stands in for chance and clock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StandIn {
    /// The same in every render, so that two are comparable.
    Usual,
    /// Something else, to see what hangs on it.
    Other,
}

/// Whether the checks look at a render.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    Carry,
    Skip,
}

impl Job {
    /// Renders with stand-ins for chance and clock: the same in plan and apply.
    pub(super) async fn stand_in(
        &self,
        built: &Built,
        stand_in: StandIn,
        checks: Checks,
    ) -> Result<(Rendered, Vec<Finding>), Diagnostic> {
        let (job, values) = (self.with(built), built.values.clone());
        let mut lookup = self.lookup();
        on_a_large_stack(move || {
            let (seed, time) = match stand_in {
                StandIn::Usual => (b"stand-in".as_slice(), 0),
                StandIn::Other => (b"other stand-in".as_slice(), 1_000_000_000),
            };
            let mut chance = SeededChance::new(seed);
            let clock = FixedClock(time);
            let lookup = lookup.as_mut().map(|lookup| lookup as &mut dyn Lookup);
            let mut draws = Draws::default();
            let mut outside =
                Outside { chance: &mut chance, clock: &clock, dns: None, lookup, draws: Some(&mut draws) };
            let (engine, chart, options) = (&job.engine, &job.chart.chart, &job.options);
            let done = match checks {
                Checks::Skip => template(engine, chart.clone(), &values, options, &mut outside)
                    .map(|rendered| (rendered, Vec::new())),
                Checks::Carry => examine(
                    engine,
                    chart,
                    &values,
                    options,
                    &mut outside,
                    &job.classes,
                    &Selection::default(),
                ),
            };
            done.map_err(|error| problem(&error))
        })
        .await
    }

    /// The same with the defaults that an upgrade keeps.
    pub(super) fn with(&self, built: &Built) -> Self {
        let mut job = self.clone();
        if let Some(defaults) = &built.defaults {
            let mut chart = self.chart.chart.clone();
            chart.values.clone_from(defaults);
            job.chart = Arc::new(Loaded { chart, digest: self.chart.digest.clone() });
        }
        job
    }

    pub(super) fn lookup(&self) -> Option<ClusterLookup> {
        self.cluster.clone().map(ClusterLookup::new)
    }
}

/// Why there is no render, in words.
pub(super) fn problem(error: &TemplateError) -> Diagnostic {
    template_problem(error)
}

/// How a release is rendered. `revision` is the one that it will be.
pub(super) fn options(
    spec: &ReleaseSpec,
    capabilities: Capabilities,
    revision: u32,
    is_upgrade: bool,
) -> TemplateOptions {
    TemplateOptions {
        release: Release {
            name: spec.name.clone(),
            namespace: spec.namespace.clone(),
            is_upgrade,
            is_install: !is_upgrade,
            revision: i64::from(revision),
        },
        capabilities,
        schema: SchemaCheck::Check,
        notes: if spec.render_subchart_notes { SubchartNotes::Tell } else { SubchartNotes::Leave },
        limits: Limits::default(),
    }
}

/// What is taken for granted of a cluster that cannot be asked.
pub(super) fn assumed(spec: &ReleaseSpec) -> Result<Capabilities, Diagnostic> {
    let mut capabilities = Capabilities::without_cluster();
    if let Some(version) = &spec.kube_version {
        capabilities.kube_version = kubernetes_version(version)?;
    }
    capabilities.api_versions.extend(spec.api_versions.iter().flatten().cloned());
    Ok(capabilities)
}

/// What a cluster says of itself.
pub(super) async fn live(client: &Client, spec: &ReleaseSpec) -> Result<Capabilities, KubeError> {
    let version = client.version().await?;
    let mut api_versions: Vec<String> = client.api_versions().await?.into_iter().collect();
    api_versions.extend(spec.api_versions.iter().flatten().cloned());
    let kube_version = KubeVersion::parse(&version.git_version).unwrap_or(KubeVersion {
        normalized: version.git_version.clone(),
        version: version.git_version,
        major: version.major.clone(),
        minor: version.minor.clone(),
    });
    // Helm takes these two as the server says them, `36+` included.
    let kube_version = KubeVersion { major: version.major, minor: version.minor, ..kube_version };
    Ok(Capabilities { kube_version, api_versions, ..Capabilities::without_cluster() })
}
