//! The conditions of `ready_when`, one after another within one wait.

use std::time::Duration;

use super::declaration::ReleaseSpec;
use super::ready_when::{Condition, NotYet};
use crate::diagnostics::Diagnostic;
use crate::kube::Client;
use crate::resources::clusters;
use crate::time::Patience;
use crate::value::Path;

/// Waits for all of them; what does not hold is the answer.
pub(super) async fn wait(
    client: &Client,
    spec: &ReleaseSpec,
    limit: Duration,
    patience: &Patience,
) -> Option<Diagnostic> {
    let patience = patience.at_most(limit);
    for (index, text) in spec.ready_when.iter().flatten().enumerate() {
        let path = || Path::of("ready_when").index(index);
        let condition = match Condition::parse(text) {
            Ok(condition) => condition,
            Err(problem) => {
                return Some(Diagnostic::error("Bad condition", format!("{text:?}: {problem}.")).at(path()));
            }
        };
        match condition.wait(client, limit, &patience).await {
            Ok(()) => {}
            Err(NotYet::Kube(error)) => return Some(clusters::explain(&error, "Waiting for ready_when")),
            Err(problem) => {
                return Some(
                    Diagnostic::error(
                        "Condition does not hold",
                        format!(
                            "{:?} does not hold: {problem}. The release itself is installed. The next apply waits again; \
                             timeout says for how long.",
                            condition.text()
                        ),
                    )
                    .at(path()),
                );
            }
        }
    }
    None
}
