//! `template`: what `helm template` prints, rendered without Helm.

use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use bud::helm::manifest::{self, TestHooks};
use bud::helm::outside::{SystemChance, SystemClock};
use bud::helm::render::{Engine, Outside};
use bud::helm::template::{Rendered, template};
use clap::Args;

use super::chart::Place;
use super::release::{Failed, ReleaseArguments, on_a_large_stack};

/// The arguments that `helm template` has as well.
#[derive(Args)]
pub(super) struct Template {
    /// Name of the release and the chart, or the chart alone
    #[arg(num_args = 1..=2, required = true)]
    names: Vec<String>,
    #[command(flatten)]
    release: ReleaseArguments,
    /// Print what lies in crds/ as well
    #[arg(long)]
    include_crds: bool,
    /// Leave hooks out
    #[arg(long)]
    no_hooks: bool,
    /// Leave tests out
    #[arg(long)]
    skip_tests: bool,
    /// Print only these templates
    #[arg(short, long, value_delimiter = ',')]
    show_only: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Template {
    /// Loads and renders the chart.
    pub(super) fn render(&self) -> Result<Rendered, Failed> {
        let (name, path) = match self.names.as_slice() {
            [chart] => ("release-name", chart),
            [name, chart, ..] => (name.as_str(), chart),
            [] => return Err(Failed("\"helm template\" requires at least 1 argument".to_owned())),
        };
        let values = self.release.values()?;
        let options = self.release.options(name)?;
        let chart = self.place.chart(path)?;
        let mut chance = SystemChance;
        let mut outside =
            Outside { chance: &mut chance, clock: &SystemClock, dns: None, lookup: None, draws: None };
        // The process ends soon: taking thousands of trees apart before that would be 5 % of its time.
        let engine = ManuallyDrop::new(Engine::new());
        template(&engine, chart, &values, &options, &mut outside).map_err(Failed::from)
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
        let printed = on_a_large_stack(|| {
            self.render().and_then(|rendered| {
                let rendered = ManuallyDrop::new(rendered);
                for warning in &rendered.warnings {
                    super::say(warning);
                }
                self.text(&rendered)
            })
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
