//! What a render is given: the chart, the release, the cluster's capabilities, and the outside world.

use super::drawn::Draws;
use crate::helm::value::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// All that a render of one release depends on, the outside world aside.
#[derive(Debug, Clone, Copy)]
pub struct RenderInput<'a> {
    /// The chart with its enabled dependencies.
    pub chart: &'a ChartInput,
    /// The coalesced values of the whole tree: a subchart's values stand under its name.
    pub values: &'a Map,
    /// `.Release`.
    pub release: &'a Release,
    /// `.Capabilities`.
    pub capabilities: &'a Capabilities,
    /// What a template may use up.
    pub limits: Limits,
}

/// A chart as the engine sees it, dependencies already resolved, disabled ones left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChartInput {
    /// `.Chart`; its name (after `alias`) is the name of the chart.
    pub metadata: ChartMetadata,
    /// Files below `templates/`, names as `templates/x.yaml`.
    pub templates: Vec<ChartFile>,
    /// What `.Files` can see, names relative to the chart.
    pub files: Vec<ChartFile>,
    /// The enabled dependencies, in Helm's order.
    pub dependencies: Vec<ChartInput>,
}

/// One file of a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartFile {
    /// Its path relative to its chart, with `/`.
    pub name: String,
    /// Its bytes.
    pub data: std::sync::Arc<[u8]>,
}

/// Chart.yaml, as `.Chart` shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChartMetadata {
    /// The name, or the alias that the parent gave.
    pub name: String,
    /// The home page.
    pub home: String,
    /// Where the sources are.
    pub sources: Vec<String>,
    /// The chart's version.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who looks after it.
    pub maintainers: Vec<Maintainer>,
    /// An image's URL.
    pub icon: String,
    /// `v1` or `v2`.
    pub api_version: String,
    /// The condition of the chart itself (v1).
    pub condition: String,
    /// The tags of the chart itself (v1).
    pub tags: String,
    /// The version of what the chart installs.
    pub app_version: String,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// Free pairs; `None` where Chart.yaml has none.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The range of Kubernetes versions.
    pub kube_version: String,
    /// The declared dependencies.
    pub dependencies: Vec<Dependency>,
    /// `application`, `library` or empty.
    pub chart_type: String,
}

/// Who looks after a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// Name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Page.
    pub url: String,
}

/// A declared dependency, as `.Chart.Dependencies` shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dependency {
    /// Name of the chart.
    pub name: String,
    /// Version or range.
    pub version: String,
    /// Where it is from.
    pub repository: String,
    /// Value paths that switch it.
    pub condition: String,
    /// Groups that switch it.
    pub tags: Vec<String>,
    /// Whether it is on.
    pub enabled: bool,
    /// `import-values`.
    pub import_values: Vec<Value>,
    /// Its other name.
    pub alias: String,
}

/// `.Release`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Whether it exists already.
    pub is_upgrade: bool,
    /// Whether it is new.
    pub is_install: bool,
    /// From 1.
    pub revision: i64,
}

/// `.Capabilities`: what the cluster can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The cluster's version.
    pub kube_version: KubeVersion,
    /// All `group/version` and `group/version/Kind`, in the order that the cluster (or Helm) gives.
    pub api_versions: Vec<String>,
    /// The version of Helm that is reported, as `v4.3.1`.
    pub helm_version: String,
}

/// A Kubernetes version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KubeVersion {
    /// In full, as `v1.33.4-gke.1245000`.
    pub version: String,
    /// Without suffixes, as `v1.33.4`: what it prints as.
    pub normalized: String,
    /// As `1`.
    pub major: String,
    /// As `33`.
    pub minor: String,
}

/// What a template may use up before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nested calls of one named template, as Helm limits `include`.
    pub includes: usize,
    /// Nested templates of any name, together with nested `tpl`.
    pub depth: usize,
    /// Actions and iterations of one render.
    pub steps: u64,
    /// Bytes of all texts, and of any single string.
    pub bytes: usize,
}

impl Limits {
    /// The stack, in bytes, of a thread that renders within the default limits: templates may nest as deep
    /// as those allow. Only what is used of it is taken from the system.
    pub const STACK: usize = 512 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self { includes: 1000, depth: 1100, steps: 200_000_000, bytes: 512 << 20 }
    }
}

/// Where random bytes come from.
pub trait Chance: Debug {
    /// Fills the whole buffer.
    fn fill(&mut self, buffer: &mut [u8]);
}

/// What time it is.
pub trait Clock: Debug {
    /// Seconds and nanoseconds since 1970 in UTC.
    fn now(&self) -> (i64, u32);
    /// Nanoseconds on a clock that is never set, which Go shows behind the text of `now`; none where the same
    /// time must have the same text.
    fn monotonic(&self) -> Option<i64> {
        None
    }
    /// The local time zone's name as IANA calls it.
    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

/// Names of hosts.
pub trait Dns: Debug {
    /// The addresses of a host in the resolver's order; empty where there is none.
    fn addresses(&self, host: &str) -> Vec<String>;
}

/// Objects of the cluster.
pub trait Lookup: Debug {
    /// An object, or with an empty name a list object; `None` where there is no such object.
    fn object(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Map>, LookupError>;
}

/// Why the cluster could not be asked, in words that end up in the render's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LookupError(pub String);

/// The world outside of a render.
#[derive(Debug)]
pub struct Outside<'a> {
    /// Randomness.
    pub chance: &'a mut dyn Chance,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Host names; without it `getHostByName` is an empty string, as in Helm without `--enable-dns`.
    pub dns: Option<&'a dyn Dns>,
    /// The cluster; without it `lookup` is an empty map, as in `helm template`.
    pub lookup: Option<&'a mut dyn Lookup>,
    /// What is drawn again and what is drawn anew; without it nobody keeps what templates draw and ask.
    pub draws: Option<&'a mut Draws>,
}
