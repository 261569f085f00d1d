//! `chart-check`: mistakes in charts and values that need no cluster to be seen.

use std::collections::BTreeMap;
use std::process::ExitCode;

use bud::helm::checks::{Finding, Selection, examine};
use bud::helm::outside::{SeededChance, SystemClock};
use bud::helm::render::{Engine, Outside};
use clap::Args;

use super::chart::Place;
use super::release::{Failed, ReleaseArguments, on_a_large_stack};

/// The charts, and how they are rendered.
#[derive(Args)]
pub(super) struct ChartCheck {
    /// Folders, archives or addresses (oci://, https://), or names in --repo
    #[arg(required = true)]
    charts: Vec<String>,
    /// Names of the checks to carry out, or with a minus in front those to leave out
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    checks: Vec<String>,
    /// Name of the release
    #[arg(long, default_value = "release-name")]
    name: String,
    #[command(flatten)]
    release: ReleaseArguments,
    #[command(flatten)]
    place: Place,
}

impl ChartCheck {
    /// Runs the command: 0 without findings, 1 with, 2 where a chart cannot be rendered.
    pub(super) fn run(&self) -> ExitCode {
        let selection = match Selection::parse(self.checks.iter().map(String::as_str)) {
            Ok(selection) => selection,
            Err(error) => {
                super::say(&format!("Error: {error}"));
                return ExitCode::from(2);
            }
        };
        let engine = Engine::new();
        let (mut count, mut failed) = (0, false);
        for chart in &self.charts {
            // One chart needs no name before its findings.
            let front = if self.charts.len() > 1 { format!("{chart}: ") } else { String::new() };
            match on_a_large_stack(|| self.check(chart, &engine, &selection)) {
                Ok(found) => {
                    count += found.len();
                    for finding in &found {
                        super::out(&format!("{front}{finding}\n"));
                    }
                }
                Err(Failed(error)) => {
                    failed = true;
                    super::say(&format!("Error: {front}{error}"));
                }
            }
        }
        if failed {
            return ExitCode::from(2);
        }
        let told = super::out(&match count {
            0 => "No findings.".to_owned(),
            1 => "1 finding.".to_owned(),
            count => format!("{count} findings."),
        });
        if count > 0 { ExitCode::FAILURE } else { told }
    }

    fn check(&self, chart: &str, engine: &Engine, selection: &Selection) -> Result<Vec<Finding>, Failed> {
        let values = self.release.values()?;
        let options = self.release.options(&self.name)?;
        let chart = self.place.chart(chart)?;
        let mut chance = SeededChance::new(b"chart-check");
        let mut outside =
            Outside { chance: &mut chance, clock: &SystemClock, dns: None, lookup: None, draws: None };
        let (rendered, found) =
            examine(engine, &chart, &values, &options, &mut outside, &BTreeMap::new(), selection)?;
        for warning in &rendered.warnings {
            super::say(warning);
        }
        Ok(found)
    }
}
