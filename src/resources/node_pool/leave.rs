//! Leaving a cluster: the one place that is asked before any machine is stopped or deleted (B1, HB2).
//!
//! A machine that carries no tag `bud:cluster` is no member and needs nothing. A member has to be
//! drained and taken out of its cluster first, which this release cannot do: it refuses.

use crate::cloud::NodeSeen;
use crate::diagnostics::Diagnostic;
use crate::value::Path;

/// What is about to happen to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It stops for a while.
    Stop,
    /// It is deleted and comes again.
    Remake,
    /// It goes for good.
    Remove,
    /// Its whole pool is replaced at a user's request.
    Replace,
    /// Its whole pool goes.
    Destroy,
}

impl Doing {
    fn words(self) -> &'static str {
        match self {
            Self::Stop => "be stopped and changed",
            Self::Remake => "be made anew",
            Self::Remove => "be deleted",
            Self::Replace => "be deleted with its whole pool and made anew",
            Self::Destroy => "be deleted with its pool",
        }
    }
}

/// Takes the machine out of its cluster, if it is in one.
///
/// # Errors
/// The diagnostic that says why it cannot leave; nothing has been done to it then.
pub(super) fn leave(node: &NodeSeen, doing: Doing) -> Result<(), Diagnostic> {
    let Some(cluster) = node.machine.as_ref().and(node.cluster.as_ref()) else { return Ok(()) };
    let name = cluster.split(' ').next().unwrap_or_default();
    let advice = match doing {
        Doing::Replace => {
            "A pool with members is not replaced as a whole. Use replace_nodes for single nodes, or make a second pool."
        }
        _ => {
            "Drain it, take it out of its cluster and remove the machine's tag bud:cluster, then apply again. If the \
             cluster is to go as well, destroy it first."
        }
    };
    let attribute = match doing {
        Doing::Stop => Some("sku"),
        Doing::Remake => Some("replace_nodes"),
        Doing::Remove => Some("node_count"),
        Doing::Replace | Doing::Destroy => None,
    };
    let diagnostic = Diagnostic::error(
        "Node is a member of a cluster",
        format!(
            "The machine {:?} would {}, and it is a member of the cluster {name:?}, which this release cannot make it \
             leave. Nothing was done to it. {advice}",
            node.name,
            doing.words()
        ),
    );
    Err(match attribute {
        Some(attribute) => diagnostic.at(Path::of(attribute)),
        None => diagnostic,
    })
}
