//! A release as it is installed: with its real values, and with draws that stay.

use super::declaration::ReleaseSpec;
use super::hidden::Built;
use super::postrender;
use super::rendering::{Job, problem};
use crate::diagnostics::Diagnostic;
use crate::helm::outside::{SystemChance, SystemClock};
use crate::helm::release::Record;
use crate::helm::render::{Drawn, Draws, Lookup, Outside};
use crate::helm::stable::settle;
use crate::helm::template::{Rendered, template};
use crate::resources::chart::on_a_large_stack;
use crate::time::Patience;

/// Renders, and says what was drawn where that is to be kept and differs from what is kept. `previous` is the
/// revision that runs.
pub(super) async fn render(
    job: &Job,
    spec: &ReleaseSpec,
    built: &Built,
    previous: Option<&Record>,
    kept: Option<Drawn>,
    patience: &Patience,
) -> Result<(Rendered, Option<Drawn>), Diagnostic> {
    let stable = spec.random == "stable";
    // What a release drew that is not there any more is no reason for the next.
    let kept = kept.filter(|_| stable && previous.is_some());
    let (job, values, previous, before) =
        (job.with(built), built.values.clone(), previous.cloned(), kept.clone().unwrap_or_default());
    let mut lookup = job.lookup();
    let (rendered, drawn) = on_a_large_stack(move || {
        let mut once = |draws: &mut Draws| {
            let lookup = lookup.as_mut().map(|lookup| lookup as &mut dyn Lookup);
            let mut chance = SystemChance;
            let mut outside =
                Outside { chance: &mut chance, clock: &SystemClock, dns: None, lookup, draws: Some(draws) };
            template(&job.engine, job.chart.chart.clone(), &values, &job.options, &mut outside)
        };
        settle(previous.as_ref(), before, &mut once).map_err(|error| problem(&error))
    })
    .await?;
    let drawn =
        (stable && kept.as_ref() != Some(&drawn) && !(drawn.is_empty() && kept.is_none())).then_some(drawn);
    let rendered = match &spec.postrender {
        Some(program) => postrender::run(program, rendered, patience).await?,
        None => rendered,
    };
    Ok((rendered, drawn))
}
