//! k3s comes up on a node, or says why it does not.

use std::time::Duration;

use crate::node::install::Input;
use crate::outcome::Recovery;
use crate::time::{Ended, Patience};

use super::error::{K3sError, K3sFault};
use super::node::Node;
use super::step::K3S;

/// How long one look waits on the node.
const LOOK: Duration = Duration::from_secs(30);

/// Waits until k3s runs, until the patience ends. A connection that is lost meanwhile is made anew.
///
/// # Errors
/// [`K3sFault::NotUp`] with the last lines of its log: at once where systemd has given it up, else when the time is over.
pub async fn up(node: Node<'_>, patience: &Patience) -> Result<(), K3sError> {
    let work = async {
        let mut last = None;
        loop {
            let fault = match look(node, patience).await {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            // What was seen last says more than that the time is over.
            if patience.check() == Err(Ended::Deadline) {
                return Err(last.unwrap_or(fault));
            }
            if !passing(&fault) {
                return Err(fault);
            }
            let fault = last.insert(fault);
            if let Err(ended) = patience.pause(node.deadlines.pause).await {
                return Err(if ended == Ended::Deadline { fault.clone() } else { ended.into() });
            }
        }
    };
    node.told(work.await)
}

async fn look(node: Node<'_>, patience: &Patience) -> Result<(), K3sFault> {
    let login = node.login(patience).await?;
    // The last word comes before the patience ends.
    let seconds = LOOK.min(patience.left() / 2).as_secs();
    let input = Input::new().line("seconds", &seconds.to_string());
    let answers = login.step(K3S, input, LOOK + node.deadlines.step, patience).await?;
    match answers.get("state").unwrap_or_default() {
        "active" => Ok(()),
        "left" => Err(K3sFault::HasLeft),
        state => Err(K3sFault::NotUp {
            state: state.to_owned(),
            restarts: answers.number("restarts").unwrap_or_default(),
            log: answers.all("log").collect::<Vec<_>>().join("\n"),
        }),
    }
}

/// Whether it may come up by itself: systemd tries again, and a server that waits for etcd is on its way.
fn passing(fault: &K3sFault) -> bool {
    match fault {
        K3sFault::NotUp { state, .. } => state != "failed",
        K3sFault::Node(fault) => matches!(fault.recovery(), Recovery::Retry(_)),
        _ => false,
    }
}
