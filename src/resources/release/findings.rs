//! Findings of the plan-time checks as the user reads them.

use super::declaration::ReleaseSpec;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::checks::{Check, Finding, Place};
use crate::value::Path;

/// Tells what was found: one diagnostic for each check, on the argument that it speaks of.
pub(super) fn tell(findings: &[Finding], spec: &ReleaseSpec, diagnostics: &mut Diagnostics) {
    let hard = spec.checks == "error" || spec.lint;
    for check in Check::ALL {
        let of_check: Vec<&Finding> = findings.iter().filter(|finding| finding.check == check).collect();
        let Some(first) = of_check.first() else { continue };
        let lines: Vec<String> =
            of_check.iter().map(|one| format!("  {}: {} {}", one.place, one.what, one.why)).collect();
        let detail =
            format!("{}\n\n{} Set checks = \"off\" to leave the checks out.", lines.join("\n"), first.advice);
        let path = match first.place {
            Place::Value { .. } => Path::of("values"),
            _ => Path::of("chart"),
        };
        let summary = summary(check);
        let diagnostic =
            if hard { Diagnostic::error(summary, detail) } else { Diagnostic::warning(summary, detail) };
        diagnostics.push(diagnostic.at(path));
    }
}

/// The class of the problem.
fn summary(check: Check) -> &'static str {
    match check {
        Check::UnreadValues => "Values that no template reads",
        Check::UnfilledOutput => "Output that was not filled in",
        Check::Dependencies => "Dependencies are not what Chart.yaml asks for",
        Check::FixedReplicas => "Replicas fixed beside an autoscaler",
        Check::DuplicateObjects => "Objects rendered twice",
        Check::GpuOwners => "Two owners of the same GPUs",
        Check::RemovedApis => "APIs that the cluster does not have",
        Check::AccessModes => "Claims that no volume will satisfy",
    }
}
