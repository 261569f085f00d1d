//! `template`: what `helm template` prints, rendered without Helm.

use std::io::Write as _;
use std::process::ExitCode;

use bud::helm::chart::SchemaCheck;
use bud::helm::fetch::ValueOptions;
use bud::helm::manifest::{self, TestHooks};
use bud::helm::outside::{SystemChance, SystemClock};
use bud::helm::render::{Capabilities, Engine, KubeVersion, Limits, Outside, Release};
use bud::helm::template::{Rendered, SubchartNotes, TemplateError, TemplateOptions, template};
use clap::Args;

/// The arguments that `helm template` has as well.
#[derive(Args)]
pub(super) struct Template {
    /// Name of the release and the chart, or the chart alone
    #[arg(num_args = 1..=2, required = true)]
    names: Vec<String>,
    /// Values files, later ones over earlier ones
    #[arg(short = 'f', long = "values", value_delimiter = ',')]
    values: Vec<String>,
    /// Values as `key=value,…`
    #[arg(long)]
    set: Vec<String>,
    /// Values that are texts
    #[arg(long)]
    set_string: Vec<String>,
    /// Values out of files
    #[arg(long)]
    set_file: Vec<String>,
    /// Values as JSON
    #[arg(long)]
    set_json: Vec<String>,
    /// Values taken as they are
    #[arg(long)]
    set_literal: Vec<String>,
    /// Namespace of the release
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// Version of Kubernetes to render for
    #[arg(long)]
    kube_version: Option<String>,
    /// What the cluster can do beside the usual
    #[arg(short, long, value_delimiter = ',')]
    api_versions: Vec<String>,
    /// Render as an upgrade
    #[arg(long)]
    is_upgrade: bool,
    /// Print what lies in crds/ as well
    #[arg(long)]
    include_crds: bool,
    /// Leave hooks out
    #[arg(long)]
    no_hooks: bool,
    /// Leave tests out
    #[arg(long)]
    skip_tests: bool,
    /// Do not hold values against schemas
    #[arg(long)]
    skip_schema_validation: bool,
    /// Print only these templates
    #[arg(short, long, value_delimiter = ',')]
    show_only: Vec<String>,
    #[command(flatten)]
    place: super::chart::Place,
}

/// Why nothing was printed.
pub(super) struct Failed(pub(super) String);

impl Template {
    /// Loads and renders the chart.
    pub(super) fn render(&self) -> Result<Rendered, Failed> {
        let failed = |error: &dyn std::fmt::Display| Failed(error.to_string());
        let (name, path) = match self.names.as_slice() {
            [chart] => ("release-name", chart),
            [name, chart, ..] => (name.as_str(), chart),
            [] => return Err(Failed("\"helm template\" requires at least 1 argument".to_owned())),
        };
        let options = ValueOptions {
            files: self.values.clone(),
            json: self.set_json.clone(),
            set: self.set.clone(),
            text: self.set_string.clone(),
            file: self.set_file.clone(),
            literal: self.set_literal.clone(),
        };
        let values = options.read().map_err(|error| failed(&error))?;
        let mut capabilities = Capabilities::without_cluster();
        if let Some(version) = &self.kube_version {
            capabilities.kube_version = KubeVersion::parse(version).map_err(|error| failed(&error))?;
        }
        capabilities.api_versions.extend(self.api_versions.iter().cloned());
        let chart = self.place.chart(path)?;
        let options = TemplateOptions {
            release: Release {
                name: name.to_owned(),
                namespace: self.namespace.clone(),
                is_upgrade: self.is_upgrade,
                is_install: !self.is_upgrade,
                revision: 1,
            },
            capabilities,
            schema: if self.skip_schema_validation { SchemaCheck::Skip } else { SchemaCheck::Check },
            notes: SubchartNotes::Leave,
            limits: Limits::default(),
        };
        let mut chance = SystemChance;
        let mut outside = Outside { chance: &mut chance, clock: &SystemClock, dns: None, lookup: None };
        template(&Engine::new(), chart, &values, &options, &mut outside).map_err(|error: TemplateError| {
            Failed(if error.has_output() {
                format!("{error}\n\nUse --debug flag to render out invalid YAML")
            } else {
                error.to_string()
            })
        })
    }

    /// The text that Helm prints.
    pub(super) fn text(&self, rendered: &Rendered) -> Result<String, Failed> {
        let crds: Vec<(String, String)> = if self.include_crds {
            let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
            rendered.crds.iter().map(|crd| (crd.path.clone(), text(&crd.data))).collect()
        } else {
            Vec::new()
        };
        let crds = crds.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let whole = manifest::manifest(crds, &rendered.manifests);
        let hooks = if self.no_hooks { &[] } else { rendered.hooks.as_slice() };
        let tests = if self.skip_tests { TestHooks::Skip } else { TestHooks::Print };
        let text = manifest::template(&whole, hooks, tests);
        if self.show_only.is_empty() {
            return Ok(text);
        }
        manifest::show_only(&text, &self.show_only).map_err(|error| Failed(error.to_string()))
    }

    /// Runs the command.
    pub(super) fn run(&self) -> ExitCode {
        // Templates nest a thousand deep before they are refused, which a usual stack does not hold.
        let printed = std::thread::scope(|scope| {
            let work = || {
                self.render().and_then(|rendered| {
                    for warning in &rendered.warnings {
                        super::say(warning);
                    }
                    self.text(&rendered)
                })
            };
            match std::thread::Builder::new().stack_size(Limits::STACK).spawn_scoped(scope, work) {
                Ok(thread) => {
                    thread.join().unwrap_or_else(|_| Err(Failed("the render broke off".to_owned())))
                }
                Err(error) => Err(Failed(format!("no thread: {error}"))),
            }
        });
        match printed {
            Ok(text) if std::io::stdout().write_all(text.as_bytes()).is_ok() => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(Failed(error)) => {
                super::say(&format!("Error: {error}"));
                ExitCode::FAILURE
            }
        }
    }
}
